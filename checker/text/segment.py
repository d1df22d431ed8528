"""Sentences and clauses with offsets, for Chinese and English alike."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from checker.text.script import is_chinese, is_han
from checker.types import Span

_CLOSERS = "”’」』）)]】\"'》*_"
_ZH_END = "。！？!?；;…"
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "no",
        "nos",
        "art",
        "arts",
        "vol",
        "fig",
        "al",
        "vs",
        "etc",
        "e.g",
        "i.e",
        "u.s",
        "u.k",
        "inc",
        "ltd",
        "co",
        "approx",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
    ]
)
_EN_END = re.compile(r"[.!?;]+[\"'”’)\]*_]*(?=\s|$)")
_ZH_CLAUSE = re.compile(r"[，,；;：:。！？!?]|——|—|\n")
_EN_CLAUSE = re.compile(
    r"[,;:](?=\s)|\s[–—-]\s|—|\s(?=(?:but|while|whereas|although|though|because|so that|unless|if|when|and)\s)",
    re.IGNORECASE,
)


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """Sentence spans of `text[start:end]`, trimmed, in order, never empty.

    A line break always ends a sentence; closing quotes and brackets stay with the sentence they close. A quoted
    sentence that goes on outside the quotes (“……。”他说) is one sentence.
    """
    stop = len(text) if end is None else end
    for line in _lines(text, start, stop):
        split = _zh_sentences if is_chinese(text[line.start : line.end]) else _en_sentences
        yield from split(text, line)


def clauses(text: str, span: Span) -> list[Span]:
    """The comma-level pieces of a sentence, trimmed; they tile its words. Digits keep their commas."""
    piece = text[span.start : span.end]
    pattern = _ZH_CLAUSE if is_chinese(piece) else _EN_CLAUSE
    cuts = [0]
    depth = 0
    last = 0
    for found in pattern.finditer(piece):
        depth += _depth(piece[last : found.start()])
        last = found.start()
        mark = found.group()
        inside_number = (
            mark in ",.:"
            and found.end() < len(piece)
            and piece[found.start() - 1 : found.start()].isdigit()
            and piece[found.end()].isdigit()
        )
        if depth <= 0 and not inside_number:
            cuts.append(found.end())
    cuts.append(len(piece))
    spans = (_trim(text, span.start + a, span.start + b) for a, b in itertools.pairwise(cuts))
    return [s for s in spans if s is not None and any(c.isalnum() for c in text[s.start : s.end])]


def _depth(piece: str) -> int:
    return sum(piece.count(c) for c in "（(《") - sum(piece.count(c) for c in "）)》")


def _lines(text: str, start: int, stop: int) -> Iterator[Span]:
    at = start
    while at < stop:
        cut = text.find("\n", at, stop)
        cut = stop if cut < 0 else cut
        span = _trim(text, at, cut)
        if span is not None:
            yield span
        at = cut + 1


def _trim(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if end > start else None


def _zh_sentences(text: str, line: Span) -> Iterator[Span]:
    start = at = line.start
    while at < line.end:
        if text[at] not in _ZH_END and not _latin_stop(text, at, line.end):
            at += 1
            continue
        while at < line.end and text[at] in _ZH_END + ".":
            at += 1
        closed = at
        while at < line.end and text[at] in _CLOSERS:
            at += 1
        # “……。”他说 / 「……！」的说法: what follows a closing quote without a pause belongs to the same sentence
        if at > closed and at < line.end and is_han(text[at]) and text[closed] in "”」』’":
            continue
        span = _trim(text, start, at)
        if span is not None:
            yield span
        start = at
    span = _trim(text, start, line.end)
    if span is not None:
        yield span


def _latin_stop(text: str, at: int, end: int) -> bool:
    """A full stop in the ASCII style of Chinese web pages: after an ideograph, before a space, the end or an ideograph."""
    return (
        text[at] == "."
        and at > 0
        and is_han(text[at - 1])
        and (at + 1 >= end or not text[at + 1].isalnum() or is_han(text[at + 1]))
    )


def _en_sentences(text: str, line: Span) -> Iterator[Span]:
    start = line.start
    for stop in _EN_END.finditer(text, line.start, line.end):
        before = text[start : stop.start()]
        word = before.rsplit(None, 1)[-1].lower().lstrip("(\"'“") if before.split() else ""
        if stop.group()[0] == "." and (
            word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()) or _is_marker(before)
        ):
            continue
        following = text[stop.end() : line.end].lstrip()
        if stop.group()[0] == "." and following[:1].islower():
            continue
        span = _trim(text, start, stop.end())
        if span is not None:
            yield span
        start = stop.end()
    span = _trim(text, start, line.end)
    if span is not None:
        yield span


def _is_marker(before: str) -> bool:
    """Whether the text before a full stop is only a list marker: 1. or (a)."""
    return bool(re.fullmatch(r"\s*[(（]?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[)）]?", before))
