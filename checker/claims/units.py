"""Sentences to propositions: the smallest pieces that say something on their own, with what they inherit.

A long sentence is cut at its commas where a piece that already says something ends and the next begins anew; a condition
stays with what depends on it. What a piece does not name itself (its subject, mostly) stands in the pieces before it, in
the sentence before, in its heading, its table header or the title: that is its context, nearest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checker.text.lexicon import Lexicon, symbols
from checker.text.script import fold, is_chinese, is_han
from checker.text.segment import clauses, sentences
from checker.types import Article, Span

#: Sentences up to this length stay whole (ideographs, or words times two).
_WHOLE = 34
#: A piece shorter than this is joined to its neighbour.
_PIECE = 8
_CONDITION = re.compile(
    r"^(?:如果|若|如|凡|之后每|每当|每满|每连续|一旦|只要|只有|除|对于|对|当|自|从|根据|按照|按|为了|由于|因|虽然|尽管|无论|不论|但凡|截至|截止|(?:if|when|once|unless|although|while|after|before|since|because|under|according|in|from|for|as|by|with|where|who|which|even)\b)",
    re.IGNORECASE,
)
_PRESUPPOSED = re.compile(r"^.{5,60}?(?:以后|之后|后)[，,]|^(?:after|now that|once|since)\b.{8,120}?,", re.IGNORECASE)
_DEPENDS = re.compile(r"(?:的|时|后|前|期间|情况下|之日起|规定|显示|指出|表示|认为|称|说)[，,：:]?$")
_COMPLETE = re.compile(r"(?:是|都)[^，,]+的[，,]?$")  # 余额是个人的， waits for nothing


@dataclass(frozen=True, slots=True)
class Unit:
    """A proposition of an article: where it stands, its sentence, and its context."""

    span: Span
    sentence: Span
    block: int
    order: int  # position among all units
    context: tuple[str, ...]


def find_units(article: Article, book: Lexicon) -> Iterator[Unit]:
    """The propositions of an article in reading order."""
    order = 0
    heading = ""
    lead = ""
    previous = ""
    for number, block in enumerate(article.blocks):
        text = article.text[block.span.start : block.span.end]
        if block.kind == "heading":
            previous = lead = ""
        inherited = [block.label] if block.label else []
        for sentence in sentences(article.text, block.span.start, block.span.end):
            pieces = [
                part
                for piece in _propositions(article.text, sentence, book)
                for part in _quotations(article.text, piece, book)
            ]
            for i, piece in enumerate(pieces):
                before = article.text[sentence.start : piece.start].strip()
                context = [before] if i else []
                context += [
                    c
                    for c in (
                        *inherited,
                        previous if i == 0 else "",
                        lead,
                        heading if block.kind != "heading" else "",
                        _title_for(article, piece),
                    )
                    if c
                ]
                yield Unit(piece, sentence, number, order, tuple(dict.fromkeys(context)))
                order += 1
            previous = article.text[sentence.start : sentence.end]
        if block.kind == "heading":
            heading = text
        elif text.endswith(("：", ":")):
            lead = text
        elif block.kind not in ("item", "cell"):
            lead = ""


def _title_for(article: Article, piece: Span) -> str:
    for item in article.items:
        if item.span.start <= piece.start < item.span.end:
            return item.title or ""
    return article.title or ""


def _size(text: str) -> int:
    return len(text) if is_chinese(text) else 2 * len(text.split())


def _propositions(text: str, sentence: Span, book: Lexicon) -> list[Span]:
    whole = text[sentence.start : sentence.end]
    taken = _PRESUPPOSED.search(whole)
    if taken and whole.rstrip("”」\"'） )").endswith(
        ("？", "?")
    ):  # 取消以后，钱去哪了？ takes the cancelling for granted
        cut = sentence.start + taken.end()
        return [
            Span(sentence.start, cut),
            *([Span(cut, sentence.end)] if main_words(text[cut : sentence.end]) >= 3 else []),
        ]
    if _size(whole) <= _WHOLE or (any(m in whole for m in ("|", "\t")) and len(whole) < 120):
        return [sentence]
    pieces = clauses(text, sentence)
    if len(pieces) < 2:
        return [sentence]
    groups: list[list[Span]] = [[pieces[0]]]
    for piece in pieces[1:]:
        group = text[groups[-1][0].start : groups[-1][-1].end]
        last = text[groups[-1][-1].start : groups[-1][-1].end]
        words = text[piece.start : piece.end]
        opens = _CONDITION.match(last) if is_chinese(last) else _CONDITION.match(group) and len(groups[-1]) == 1
        waits = opens or (_DEPENDS.search(last) and not _COMPLETE.search(last))
        if (
            not waits
            and _says(group, book)
            and _says(words, book)
            and _size(group) >= _PIECE
            and _size(words) >= _PIECE
        ):
            groups.append([piece])
        else:
            groups[-1].append(piece)
    return [Span(g[0].start, g[-1].end) for g in groups]


_QUOTE = re.compile(r"“([^“”]{6,})”|「([^「」]{6,})」|『([^『』]{6,})』|\"([^\"]{12,})\"")


def _quotations(text: str, piece: Span, book: Lexicon) -> list[Span]:
    """A piece with the propositions it quotes as pieces of their own; what is left over goes if it says little."""
    parts: list[Span] = []
    at = piece.start
    for found in _QUOTE.finditer(text, piece.start, piece.end):
        inner = Span(*next(found.span(g) for g in range(1, 5) if found.group(g)))
        if main_words(text[inner.start : inner.end]) >= 5 and _says(text[inner.start : inner.end], book):
            parts += [Span(at, found.start()), inner]
            at = found.end()
    if not parts:
        return [piece]
    parts.append(Span(at, piece.end))
    inner_spans = set(parts[1::2])
    return [
        p
        for p in (_strip(text, s) for s in parts)
        if p is not None
        and (p in inner_spans or (main_words(text[p.start : p.end]) >= 8 and _says(text[p.start : p.end], book)))
    ]


def _strip(text: str, span: Span) -> Span | None:
    start, end = span.start, span.end
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and text[end - 1] in " ，,。：:；;、":
        end -= 1
    return Span(start, end) if end > start else None


def _says(text: str, book: Lexicon) -> bool:
    """Whether a piece says something: a predicate, a modality or a figure."""
    folded = fold(text)
    if any(c.isdigit() for c in folded):
        return True
    return any(
        s.kind in ("predicate", "modality", "negation")
        for _, found in book.sayings.find(symbols(folded))
        for s in found
    )


def main_words(text: str) -> int:
    """Ideographs plus Latin words: a length that means the same in both languages."""
    return sum(map(is_han, text)) + len(re.findall(r"[A-Za-z]+", text))
