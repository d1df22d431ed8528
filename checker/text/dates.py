"""Dates in Chinese and English text, resolved against the article's day: 2024年1月, 明年7月起, 民国113年, from 1 July 2026."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from checker.text.numerals import ZH_NUMERAL, chinese_number
from checker.types import DateMention, DateRole, Span

_MONTHS = (
    {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
    | {name.lower(): i for i, name in enumerate(calendar.month_abbr) if name}
    | {"sept": 9}
)
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ZH_NUM = rf"(?:\d{{1,2}}|{ZH_NUMERAL}{{1,3}})"
_RELATIVE = {
    "今年": 0,
    "本年": 0,
    "当年": 0,
    "去年": -1,
    "上年": -1,
    "前年": -2,
    "明年": 1,
    "来年": 1,
    "次年": 1,
    "后年": 2,
}
_ZH = re.compile(
    rf"(?:(?P<year>(?:19|20)\d\d)\s?(?:年度?|学年)|(?P<zhyear>[一二][〇零一二三四五六七八九]{{3}})年|(?P<minguo>民国\s?(?P<mnum>\d{{2,3}}|{ZH_NUMERAL}{{1,5}})年)|(?P<relative>{'|'.join(_RELATIVE)}))"
    rf"(?:\s?(?P<month>{_ZH_NUM})\s?月份?(?:\s?(?P<day>{_ZH_NUM})\s?[日号])?|(?P<part>上半年|下半年|年初|年底|年末|初|底|末|春季|秋季|[一二三四]季度))?"
    rf"|(?P<iso>(?P<iy>(?:19|20)\d\d)[-/.](?P<im>\d{{1,2}})(?:[-/.](?P<id>\d{{1,2}}))?(?![\d%]))"
    rf"|(?<![个\d.])(?P<month2>{_ZH_NUM})\s?月(?:份|\s?(?P<day2>{_ZH_NUM})\s?[日号]|(?=起|开始|底|初|以来|之后|后|前))"
)
_EN = re.compile(
    rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<month>{_MONTH})\b\.?(?:,?\s+(?P<year>(?:19|20)\d\d))?"
    rf"|\b(?P<month2>{_MONTH})\b\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s?(?:yuan|percent|%|\d))(?:,?\s+(?P<year2>(?:19|20)\d\d))?"
    rf"|\b(?P<month3>{_MONTH})\b\.?,?\s+(?:of\s+)?(?P<year3>(?:19|20)\d\d)"
    rf"|\b(?P<relative>this|last|next)\s+year\b"
    rf"|(?<=\b(?:in|by|of)\s)(?P<month4>january|february|march|april|june|july|august|september|october|november|december)\b"
    rf"|(?<=\bsince\s)(?P<month5>january|february|march|april|june|july|august|september|october|november|december)\b"
    rf"|(?P<iso>(?P<iy>(?:19|20)\d\d)[-/](?P<im>\d{{1,2}})[-/](?P<id>\d{{1,2}}))"
    r"|\b(?P<part>(?:early|late|mid|end[- ]?(?:of)?|the end of|the start of|spring|summer|autumn|fall|winter|h1|h2|q[1-4])[- ])?(?P<year4>(?:19|20)\d\d)\b(?!\s?(?:yuan|rmb|%|percent|people|items|drugs|cases|[-–]?\s?day)))",
    re.IGNORECASE,
)
_ZH_FROM_BEFORE = re.compile(r"(?:自|从|将于|于|定于|拟于|推迟到|推迟至|延后到|提前到|提前至)\s?$")
_ZH_FROM_AFTER = re.compile(r"^\s?[，,]?\s?(?:起|开始|以后|之后|以来|后|正式|施行|实施|执行|生效|落地|启动|始)")
_ZH_UNTIL_BEFORE = re.compile(r"(?:截至|截止|截止到|直到|到|至|延长至|延至|延期至)\s?$")
_ZH_UNTIL_AFTER = re.compile(r"^\s?(?:前|之前|以前|为止|止|底前|年底前)")
_EN_FROM = re.compile(
    r"(?:from|since|starting(?: in| on| from)?|beginning(?: in| on)?|effective(?: from| on)?|as of|(?:takes?|took|taking) effect (?:on|in|from)|into force (?:on|in)|in force since|in effect since|after|launch(?:ed|es)? (?:on|in)|(?:postponed|delayed|pushed back|brought forward) (?:to|until))\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_EN_UNTIL = re.compile(
    r"(?:by|until|till|before|through|up to|no later than|as at|deadline of|extended to)\s+(?:the\s+)?(?:end of\s+)?$",
    re.IGNORECASE,
)


def find_dates(folded: str, chinese: bool, day: date | None) -> list[DateMention]:
    """The dates of a folded text in reading order, as ranges of days. Without `day`, relative ones are left out.

    A month or day without its year belongs to the year of `day`.
    """
    found = []
    for match in (_ZH if chinese else _EN).finditer(folded):
        got = match.groupdict()
        days = _zh_days(got, day) if chinese else _en_days(got, day)
        if days is None:
            continue
        span = Span(match.start(), match.end())
        before, after = folded[max(0, span.start - 24) : span.start], folded[span.end : span.end + 8]
        found.append(DateMention(span, *days, _role(before, after, chinese)))
    return list(_spread_roles(found, folded))


def _role(before: str, after: str, chinese: bool) -> DateRole:
    if chinese:
        if _ZH_UNTIL_AFTER.search(after) or (
            _ZH_UNTIL_BEFORE.search(before) and not _ZH_FROM_AFTER.search(after) and not _ZH_FROM_BEFORE.search(before)
        ):
            return DateRole.UNTIL
        return DateRole.FROM if _ZH_FROM_AFTER.search(after) or _ZH_FROM_BEFORE.search(before) else DateRole.AT
    if _EN_FROM.search(before):
        return DateRole.FROM
    return DateRole.UNTIL if _EN_UNTIL.search(before) else DateRole.AT


def _spread_roles(found: list[DateMention], folded: str) -> Iterator[DateMention]:
    """In 2016年至2021年 the first date begins and the second ends."""
    for i, mention in enumerate(found):
        following = found[i + 1] if i + 1 < len(found) else None
        if following and re.fullmatch(
            r"\s?(?:至|到|-|—|–|~|～|to|through|until)\s?", folded[mention.span.end : following.span.start]
        ):
            mention = replace(mention, role=DateRole.FROM)
            found[i + 1] = replace(following, role=DateRole.UNTIL)
        yield found[i] if mention.role is found[i].role else mention


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if text.isdigit():
        return int(text)
    value = chinese_number(text)
    return int(value) if value is not None else None


def _range(year: int | None, month: int | None = None, day: int | None = None) -> tuple[date, date] | None:
    try:
        if year is None or not 1949 <= year <= 2100:
            return None
        if month is None:
            return date(year, 1, 1), date(year, 12, 31)
        last = calendar.monthrange(year, month)[1]
        return (
            (date(year, month, day), date(year, month, day)) if day else (date(year, month, 1), date(year, month, last))
        )
    except ValueError:
        return None


def _zh_days(got: dict[str, str | None], today: date | None) -> tuple[date, date] | None:
    if got["iso"]:
        return _range(_number(got["iy"]), _number(got["im"]), _number(got["id"]))
    if got["month2"]:
        return _range(today.year, _number(got["month2"]), _number(got["day2"])) if today else None
    if got["relative"]:
        if today is None:
            return None
        year: int | None = today.year + _RELATIVE[got["relative"]]
    elif got["minguo"]:
        number = _number(got["mnum"])
        year = None if number is None else number + 1911
    elif got["zhyear"]:
        year = int("".join(str("〇一二三四五六七八九".find("〇" if c == "零" else c)) for c in got["zhyear"]))
    else:
        year = _number(got["year"])
    part = got["part"]
    if part and year:
        first, last = _PARTS.get(part, (1, 12))
        start, end = _range(year, first), _range(year, last)
        return (start[0], end[1]) if start and end else None
    return _range(year, _number(got["month"]), _number(got["day"]))


_PARTS = {
    "上半年": (1, 6),
    "下半年": (7, 12),
    "年初": (1, 3),
    "初": (1, 3),
    "年底": (12, 12),
    "年末": (12, 12),
    "底": (12, 12),
    "末": (12, 12),
    "春季": (2, 7),
    "秋季": (8, 12),
    "一季度": (1, 3),
    "二季度": (4, 6),
    "三季度": (7, 9),
    "四季度": (10, 12),
}


def _en_days(got: dict[str, str | None], today: date | None) -> tuple[date, date] | None:
    if got["iso"]:
        return _range(_number(got["iy"]), _number(got["im"]), _number(got["id"]))
    if got["relative"]:
        return _range(today.year + {"this": 0, "last": -1, "next": 1}[got["relative"].lower()]) if today else None
    name = got["month"] or got["month2"] or got["month3"] or got["month4"] or got["month5"]
    year = _number(got["year"] or got["year2"] or got["year3"] or got["year4"])
    if name is None:
        return _range(year)
    if year is None and today is not None:
        year = today.year
    return _range(year, _MONTHS[name.lower()], _number(got["day"] or got["day2"]))
