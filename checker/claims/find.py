"""An article's claims: propositions that could be right or wrong about a rule, each with what it needs to stand alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from checker.claims.scope import Scope, article_scope, statement_scope
from checker.claims.stance import StanceReader
from checker.claims.units import Unit, find_units, main_words
from checker.text.analysis import Analysis, analyse
from checker.text.lexicon import Lexicon
from checker.types import Article, Claim

#: Shorter pieces say nothing that can be checked (words and ideographs).
_SHORTEST = 4


def find_claims(article: Article, book: Lexicon, day: date) -> Iterator[tuple[Claim, Analysis]]:
    """Check-worthy statements of an article in reading order, each with its analysis.

    A statement is check-worthy when it says something (a predicate, a modality, a figure, a date) of something the
    vocabulary or its context knows. Whether a rule decides it is for the matcher. Relative dates are read from `day`, or
    from the day of the item it stands in.
    """
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
                text=text,
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
            ),
            analysis,
        )


def _own(article: Article, unit: Unit, scope: Scope, book: Lexicon) -> Scope:
    """The scope an item of an aggregator page sets for itself by its title."""
    item = next((i for i in article.items if i.span.start <= unit.span.start < i.span.end), None)
    return statement_scope(item.title, Scope(), book) if item and item.title else scope


def _worthy(analysis: Analysis) -> bool:
    says = (
        any(t.kind == "predicate" for t in analysis.terms)
        or analysis.modality
        or analysis.quantities
        or analysis.negations
        or analysis.dates
    )
    return bool(says) and any(t.kind != "predicate" for t in analysis.terms)
