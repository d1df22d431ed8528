"""Lines to an article: blocks (title, heading, paragraph, item, cell, quote), teaser lists cut, dated items found.

Works on plain text and on the lines an HTML or PDF extractor gives, so that a page pasted as text is read like the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from checker.text.dates import find_dates
from checker.text.lexicon import lexicon
from checker.text.script import fold, is_chinese, is_han
from checker.types import Block, DateMention, Item, Span

_CREDIT = 40  # characters
#: A teaser heading only counts once this much article stands before it (characters).
_MIN_BODY = 60
_NUMBERED = re.compile(
    r"^\s*(?:[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十]{1,3}[)）]|第[一二三四五六七八九十\d]{1,3}[章节部分条][、：: ]|#{1,6}\s|Part\s\d+|\d{1,2}[.、)]\s?(?=\S))",
    re.IGNORECASE,
)
_ITEM = re.compile(r"^\s*(?:[-*•·●▪◆■]\s+|\d{1,2}[.)、]\s?|[（(]\d{1,2}[)）]|[①②③④⑤⑥⑦⑧⑨⑩]|[✅✔☑❌✗✘×🚫])")
_ENDS = re.compile(r"[。！；;.!…：:，,]\s*[”\"’)）]*$")
_DATED_STATEMENT = re.compile(
    r"自|从|起|施行|实施|截至|截止|\b(?:from|since|effective|until|before|after|by)\b", re.IGNORECASE
)
_RULE = re.compile(r"^[\s|:\-–—=+*_#]+$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page as an extractor saw it. `kind` is '' where only the text can tell."""

    text: str
    kind: str = ""
    label: str = ""


def lay_out(text: str, title: str | None) -> tuple[str, tuple[Block, ...], tuple[Item, ...], str | None]:
    """Blocks of a plain text: its text (a teaser list at its end cut off), blocks, dated items, and its title.

    A title that the text does not begin with is put in front of it, so that it is read and judged like the rest.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return compose([Line(line) for line in lines], title, keep_breaks=True)


def compose(
    lines: Sequence[Line], title: str | None, keep_breaks: bool = False
) -> tuple[str, tuple[Block, ...], tuple[Item, ...], str | None]:
    """Text, blocks, items and title from lines. Without `keep_breaks` empty lines are dropped."""
    kept = list(lines)[: _teaser_at(lines)]
    if not keep_breaks:
        kept = [line for line in kept if line.text.strip() and not _credit(line.text.strip())]
    first = next((line.text.strip() for line in kept if line.text.strip()), "")
    if (
        title
        and title.strip()
        and not _same(first, title)
        and not (first and _key(title).startswith(_key(first)) and len(_key(first)) > 10)
    ):
        kept = [Line(title.strip(), "title"), *([Line("")] if keep_breaks else []), *kept]
    blocks: list[Block] = []
    at = 0
    header = ""
    texts = [line.text for line in kept]
    found_title = title.strip() if title and title.strip() else None
    for i, line in enumerate(kept):
        bare = line.text.strip()
        if any(c.isalnum() for c in bare) and not _RULE.match(bare) and not _credit(bare):
            kind = line.kind or _kind(i, texts)
            if i == _first(texts) and (kind == "title" or _may_be_title(bare, texts, i, found_title)):
                kind = "title"
                found_title = found_title or bare.strip("#* ")
            if kind == "cell" and not line.label:
                if i + 1 < len(texts) and _RULE.match(texts[i + 1].strip() or "x"):
                    header = bare
                label = "" if header == bare else header
            else:
                label = line.label
            start = at + line.text.index(bare[0])
            blocks.append(Block(kind, Span(start, start + len(bare)), label))
        if not bare:
            header = ""
        at += len(line.text) + 1
    text = "\n".join(texts)
    return text, tuple(blocks), _items(text, blocks), found_title


def find_date(text: str) -> date | None:
    """The first full date of a text, Chinese or English, or None."""
    return next((mention.first for mention in _full_dates(text)), None)


def _full_dates(text: str) -> list[DateMention]:
    folded = fold(text)
    found = [d for chinese in (True, False) for d in find_dates(folded, chinese, None) if d.first == d.last]
    return sorted(found, key=lambda d: d.span.start)


def byline_date(text: str, blocks: Sequence[Block]) -> date | None:
    """The day of publication as a byline near the top gives it: a short line of little but a date. Running text never counts."""
    for block in blocks[: min(6, len(blocks) - 1)]:  # a line is a byline only above something
        day = _byline(text[block.span.start : block.span.end])
        if day is not None:
            return day
    return None


def is_byline(line: str) -> bool:
    """Whether a line is little but a source and a day."""
    return _byline(line) is not None


def _byline(line: str) -> date | None:
    if len(line) > 80 or _DATED_STATEMENT.search(line):
        return None
    day = find_date(line)
    if day is None:
        return None
    rest = line
    for mention in _full_dates(line):
        rest = rest.replace(line[mention.span.start : mention.span.end], "")
    words = len(re.findall(r"[A-Za-z]+", rest)) + sum(map(is_han, rest)) / 2
    return day if words <= 10 and not re.search(r"[。！？，；!?;]", rest) else None


def _items(text: str, blocks: Sequence[Block]) -> tuple[Item, ...]:
    """The dated pieces of an aggregator page: two or more bylines, each with a good stretch of text under it."""
    marks = [(i, day) for i, b in enumerate(blocks) if (day := _byline(text[b.span.start : b.span.end])) is not None]
    if len(marks) < 2:
        return ()
    items = []
    for n, (i, day) in enumerate(marks):
        stop = marks[n + 1][0] - 1 if n + 1 < len(marks) else len(blocks)
        head = i - 1 if i > 0 and len(blocks[i - 1].span) <= 80 else i
        if stop <= i + 1:
            continue
        span = Span(blocks[head].span.start, blocks[stop - 1].span.end)
        if len(span) < 120:
            continue
        items.append(Item(span, text[blocks[head].span.start : blocks[head].span.end] if head < i else None, day))
    return tuple(items) if len(items) >= 2 else ()


def _teaser_at(lines: Sequence[Line]) -> int:
    """Index of the line that opens a list of other articles, or the number of lines."""
    words = {_key(w) for lang in ("zh", "en") for w in lexicon().words("teaser")[lang]}
    before = 0
    for i, line in enumerate(lines):
        key = _key(line.text)
        if key and key in words and before >= _MIN_BODY:
            return i
        before += len(key)
    return len(lines)


def _credit(line: str) -> bool:
    """A line that credits, counts or shares, or that names one other article (“相关推荐：…”)."""
    key = fold(line).lower().strip("【[(（*# ")
    if len(line) <= 2 * _CREDIT and any(
        key.startswith((w + ":", w + "：")) for lang in ("zh", "en") for w in lexicon().words("teaser")[lang]
    ):
        return True
    if len(line) > _CREDIT:
        return False
    return any(
        key == w or key.startswith((w + ":", w + "：", w + " |", w + "|"))
        for lang in ("zh", "en")
        for w in lexicon().words("credit")[lang]
    )


def _key(text: str) -> str:
    return "".join(c for c in fold(text).lower() if c.isalnum())


def _same(a: str, b: str) -> bool:
    return _key(a) == _key(b)


def _first(texts: Sequence[str]) -> int:
    return next((i for i, t in enumerate(texts) if t.strip()), -1)


def _may_be_title(line: str, texts: Sequence[str], index: int, title: str | None) -> bool:
    if title is not None:
        return _same(line, title)
    following = sum(len(t) for t in texts[index + 1 :])
    return (
        len(line) <= (50 if is_chinese(line) else 140)
        and not line.endswith(("。", "，", ",", ";", "；"))
        and following > 2 * len(line)
    )


def _kind(index: int, texts: Sequence[str]) -> str:
    line = texts[index]
    bare = line.strip()
    if (bare.startswith("|") and bare.count("|") >= 2) or bare.count(" | ") >= 2:
        return "cell"
    if bare.startswith((">", "&gt;")):
        return "quote"
    if bare.startswith("#") or re.fullmatch(r"\*\*[^*]{2,60}\*\*[：:]?", bare):
        return "heading"
    short = len(bare) <= (30 if is_chinese(bare) else 70)
    if _NUMBERED.match(bare) and short and not _ENDS.search(bare) and _more_below(index, texts):
        return "heading"
    if _ITEM.match(bare):
        return "item"
    alone = index > 0 and not texts[index - 1].strip()
    if short and alone and not _ENDS.search(bare) and _more_below(index, texts):
        return "heading"
    return "paragraph"


def _more_below(index: int, texts: Sequence[str]) -> bool:
    below = next((t.strip() for t in texts[index + 1 :] if t.strip()), "")
    return len(below) > len(texts[index].strip())
