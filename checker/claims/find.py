"""An article's claims: propositions that could be right or wrong about a rule, each with what it needs to stand alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from checker.claims.scope import Scope, article_scope, statement_scope, told_of_the_past
from checker.claims.stance import StanceReader
from checker.claims.units import Unit, find_units, main_words
from checker.text.analysis import Analysis, analyse
from checker.text.lexicon import Lexicon
from checker.types import Article, Claim

#: Shorter pieces say nothing that can be checked (words and ideographs).
_SHORTEST = 4
#: From this length a piece that names a thing or a group of our vocabulary is taken to say something of it.
_SENTENCE = 6
#: Web addresses, bare or in a Markdown link: they are full of marks that end sentences, and say nothing.
_ADDRESS = re.compile(r"https?://[^\s<>\"“”（）()\[\]，。、；]+")


def find_claims(article: Article, book: Lexicon, day: date) -> Iterator[tuple[Claim, Analysis]]:
    """Check-worthy statements of an article in reading order, each with its analysis.

    A statement is check-worthy when it says something (a predicate, a modality, a figure, a date, or a sentence's worth of
    words) of something the vocabulary or its context knows. Whether a rule decides it is for the matcher. Relative dates are read from `day`, or
    from the day of the item it stands in.
    """
    printed = article.text
    article = replace(article, text=_ADDRESS.sub(lambda found: " " * len(found.group()), printed))
    reader = StanceReader(article, book)
    scope = article_scope(article, book)
    for unit in find_units(article, book):
        text = article.text[unit.span.start : unit.span.end]
        if main_words(text) < _SHORTEST:
            continue
        published = next((i.published for i in article.items if i.span.start <= unit.span.start < i.span.end), None)
        analysis = analyse(text, published or day, book)
        if not _worthy(analysis):
            continue
        judgement = reader.stance(unit)
        where = statement_scope(
            article.text[unit.sentence.start : unit.sentence.end], _own(article, unit, scope, book), book
        )
        yield (
            Claim(
                span=unit.span,
                text=printed[unit.span.start : unit.span.end],
                lang="zh" if analysis.chinese else "en",
                stance=judgement.stance,
                context=unit.context,
                quantities=analysis.quantities,
                dates=analysis.dates,
                place=where.place,
                foreign=where.foreign,
                block=article.blocks[unit.block].kind,
                cue=judgement.cue,
                published=published,
                past=told_of_the_past(
                    article.text[unit.sentence.start : unit.span.end], unit.span.start - unit.sentence.start, book
                ),
            ),
            analysis,
        )


def _own(article: Article, unit: Unit, scope: Scope, book: Lexicon) -> Scope:
    """The scope an item of an aggregator page sets for itself by its title."""
    item = next((i for i in article.items if i.span.start <= unit.span.start < i.span.end), None)
    return statement_scope(item.title, Scope(), book) if item and item.title else scope


def _worthy(analysis: Analysis) -> bool:
    """Whether a piece says something of something. No list of verbs is complete, so a sentence about a known thing will do."""
    says = (
        any(t.kind == "predicate" for t in analysis.terms)
        or analysis.modality
        or analysis.quantities
        or analysis.negations
        or analysis.dates
        or (any(t.kind in ("concept", "population") for t in analysis.terms) and main_words(analysis.text) >= _SENTENCE)
    )
    return bool(says) and any(t.kind != "predicate" for t in analysis.terms)
