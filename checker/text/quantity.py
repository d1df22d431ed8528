"""Quantities in Chinese and English text: 6.5万元, 百分之三点五, 三成, 至少15年, at least half, 1.3 billion people.

What a number counts, by which unit, and which way it limits, is read here; what it is *about* is the business of the
comparators. Years, months, weeks are folded into months and days so that 24个月 and two years are one figure. Dates,
legal locators (第24条, Article 24) and list numbers are not quantities: callers pass them as `taken`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from checker.data import claims_db, read_yaml
from checker.text.numerals import ARABIC, EN_WORDS, ZH_NUMERAL, arabic_number, chinese_number, english_number
from checker.text.script import is_han
from checker.types import Bound, Quantity, QuantityMention, Span

_SCALE = r"(?:[十百千]?万亿?|亿|千|百(?=[万元人])|(?:\s?(?:million|billion|trillion|thousand|bn|mn|tn|m|k)\b))"
_NUMBER = rf"(?:{ARABIC}(?:\s?{_SCALE})?|{ZH_NUMERAL}+)"
_RANGE_MARK = r"\s?(?:%|％|元|年|个月|天|周岁|岁|倍|万|亿)?\s?(?:[-~～—–至到]|\bto\b|\band\b)\s?"
_FRACTION = {
    "half": "50",
    "one-half": "50",
    "a third": "33.3",
    "one-third": "33.3",
    "one third": "33.3",
    "two-thirds": "66.7",
    "two thirds": "66.7",
    "a quarter": "25",
    "one-quarter": "25",
    "three-quarters": "75",
    "three quarters": "75",
    "a fifth": "20",
    "one-fifth": "20",
    "two-fifths": "40",
    "a tenth": "10",
}
_MULTIPLE = {
    "double": "2",
    "doubled": "2",
    "twice": "2",
    "triple": "3",
    "tripled": "3",
    "threefold": "3",
    "twofold": "2",
    "quadruple": "4",
}
#: Words that may stand between “every year” and the figure.
_PER_FILLER = "为缴纳可领取发放补助增加提高标准是约打定额扣除给予补贴 "
_AGE_BEFORE = re.compile(
    r"(?:\baged?\b(?:\s(?:of|from|at|to))?|\bage (?:to|at|of|from|was|is|stays at|remains|remained)|\bretir\w+(?: \w+){0,2} (?:at|from|until|by)|\bat|\bturns?|\bpast|\bover|\bunder|\breach(?:es|ing)?|\bmen at|\bwomen at)\s*(?:the age of\s*)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Unit:
    unit: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class _Grammar:
    zh: re.Pattern[str]
    en: re.Pattern[str]
    zh_units: dict[str, _Unit]
    en_units: dict[str, _Unit]
    prefixes: dict[str, _Unit]
    before: tuple[tuple[str, Bound], ...]  # longest first
    after: tuple[tuple[str, Bound], ...]
    per: tuple[tuple[str, str], ...]


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(set(words), key=len, reverse=True))


@functools.cache
def _grammar() -> _Grammar:
    folder = claims_db() / "lexicon"
    data: dict[str, Any] = read_yaml(folder / "units.yaml")
    bounds: dict[str, Any] = read_yaml(folder / "bounds.yaml")
    zh_units: dict[str, _Unit] = {}
    en_units: dict[str, _Unit] = {}
    prefixes: dict[str, _Unit] = {}
    for row in data["units"]:
        unit = _Unit(row["unit"], Decimal(row["factor"]))
        zh_units |= dict.fromkeys(row["zh"], unit)
        prefixes |= dict.fromkeys(row.get("prefix", []), unit)
        for word in row["en"]:
            en_units[word] = unit
            if word.isalpha() or " " in word:
                en_units[word + "s"] = unit
    zh_units |= {w: _Unit("#", Decimal(1)) for w in data["counters"]}
    zh_unit = _alternatives(zh_units)
    zh = re.compile(
        rf"(?P<percent>(?P<part>百分|千分|万分)之(?P<pnum>{ARABIC}|{ZH_NUMERAL}+)(?:\s?[-~至到]\s?(?:百分之)?(?P<pnum2>{ARABIC}|{ZH_NUMERAL}+))?)"
        rf"|(?P<fraction>(?P<den>{ZH_NUMERAL}+|\d+)分之(?P<num>{ZH_NUMERAL}+|\d+))"
        rf"|(?P<tenths>(?P<tnum>[一二两三四五六七八九1-9](?:\.\d)?)成(?P<thalf>半|五)?(?![立为员本功人长份品果就绩都色见名年]))"
        r"|(?P<half>(?<![前后大多下上])(?:一半|半数|过半|对半))"
        rf"|(?P<halfunit>(?:(?P<hnum>{ARABIC}|{ZH_NUMERAL}+)(?P<hunit>年|个月|天|小时|岁|倍)半)|半(?:个)?(?P<hunit2>年|月|小时)(?!来|前期))"
        rf"|(?P<plain>(?:(?P<prefix>{_alternatives(prefixes)})\s?)?(?P<n1>{_NUMBER})(?:(?P<range>{_RANGE_MARK})(?P<n2>{_NUMBER}))?\s?(?P<unit>{zh_unit})?)"
    )
    en = re.compile(
        rf"(?P<fraction>\b(?:{_alternatives(_FRACTION)})\b)(?!\s+(?:a\s+)?(?:year|month|day|hour|dozen|million|billion))"
        rf"|(?P<halfunit>\b(?:half an?|half-)\s?(?P<hunit2>year|month|hour|day)\b)"
        rf"|(?P<multiple>\b(?:{_alternatives(_MULTIPLE)})\b)"
        rf"|(?P<plain>(?:(?P<prefix>{_alternatives(prefixes)})\s?)?(?P<n1>(?<![A-Za-z0-9_.]){_NUMBER}|{EN_WORDS})(?:(?P<range>\s?(?:%|percent|years?|months?|days?)?\s?(?:-|–|~|\bto\b|\band\b)\s?)(?P<n2>{_NUMBER}(?!\w)|{EN_WORDS}))?"
        rf"[\s-]?(?P<unit>(?:{_alternatives(en_units)})(?![a-z]))?)",
        re.IGNORECASE,
    )
    kind = {"min": Bound.MIN, "max": Bound.MAX, "over": Bound.OVER, "under": Bound.UNDER, "about": Bound.ABOUT}

    def table(side: str) -> tuple[tuple[str, Bound], ...]:
        pairs = [(w, kind[name]) for name, row in bounds.items() for lang in ("zh", "en") for w in row[side][lang]]
        return tuple(sorted(pairs, key=lambda p: -len(p[0])))

    per = [(w, name) for name, row in data["per"].items() for lang in ("zh", "en") for w in row[lang]]
    return _Grammar(
        zh,
        en,
        zh_units,
        en_units,
        prefixes,
        table("before"),
        table("after"),
        tuple(sorted(per, key=lambda p: -len(p[0]))),
    )


#: Bare numbers from here on are amounts or crowds, not numbers of anything listed.
_LARGE = 10**6


def find_quantities(folded: str, chinese: bool, taken: Sequence[Span] = ()) -> list[QuantityMention]:
    """The quantities of a folded text in reading order; nothing that overlaps `taken` (dates, legal locators)."""
    grammar = _grammar()
    found: list[QuantityMention] = []
    pattern = grammar.zh if chinese else grammar.en
    at = 0
    while match := pattern.search(folded, at):
        at = max(match.end(), match.start() + 1)
        if any(Span(match.start(), match.end()).overlaps(t) for t in taken):
            continue
        mention = _read(match, folded, chinese, grammar)
        if mention is not None:
            found.append(mention)
            at = mention.span.end  # what looked like a range and is not leaves its second number to be found next
    return _with_units(found)


def _with_units(found: Sequence[QuantityMention]) -> list[QuantityMention]:
    """Large bare numbers take the unit of the large number before them: “3,491 billion yuan in and 2,976 billion out”."""
    made: list[QuantityMention] = []
    for mention in found:
        before = made[-1].quantity if made else None
        bare = mention.quantity.unit in ("", "#") and mention.quantity.value >= _LARGE
        if bare and before is not None and before.unit in ("CNY", "person") and before.value >= _LARGE:
            mention = replace(mention, quantity=replace(mention.quantity, unit=before.unit))
        made.append(mention)
    return made


def parse_declared(value: str, unit: str) -> Quantity:
    """A quantity as a curator writes it: `670` with `yuan/person/year (min)`, `13.5` with `%`."""
    amount, step = arabic_number(value)
    bound = Bound.EXACT
    for mark, kind in (
        ("(min)", Bound.MIN),
        ("(max)", Bound.MAX),
        ("(over)", Bound.OVER),
        ("(more than)", Bound.OVER),
        ("(about)", Bound.ABOUT),
    ):
        if mark in unit:
            unit, bound = unit.replace(mark, "").strip(), kind
    head = re.split(r"[/ ]", unit, maxsplit=1)[0].lower()
    grammar = _grammar()
    per = frozenset(name for word, name in grammar.per if word in unit.lower())
    scale = Decimal(1)
    for prefix, factor in (("10k", 10**4), ("亿", 10**8), ("万", 10**4)):
        if unit.startswith(prefix):
            scale, unit = Decimal(factor), unit[len(prefix) :].strip()
            head = unit.split(" ")[0].lower()
    known = grammar.en_units.get(unit.lower()) or grammar.en_units.get(head) or grammar.zh_units.get(unit)
    canonical = known or _Unit("#", Decimal(1))
    return Quantity(
        amount * canonical.factor * scale, canonical.unit, bound, None, per, step * canonical.factor * scale
    )


def _read(match: re.Match[str], folded: str, chinese: bool, grammar: _Grammar) -> QuantityMention | None:
    start, end = match.start(), match.end()
    got = match.groupdict()
    upper: Decimal | None = None
    step = Decimal("0.1")
    if got.get("percent"):
        value = _number(got["pnum"])
        upper = _number(got["pnum2"]) if got["pnum2"] else None
        factor = {"百分": Decimal(1), "千分": Decimal("0.1"), "万分": Decimal("0.01")}[got["part"]]
        unit = _Unit("%", factor)
    elif got.get("fraction") and chinese:
        top, bottom = _number(got["num"]), _number(got["den"])
        if not top or not bottom:
            return None
        value, unit = (top / bottom * 100).quantize(Decimal("0.1")), _Unit("%", Decimal(1))
    elif got.get("tenths"):
        tenths = _number(got["tnum"])
        value = None if tenths is None else tenths * 10 + (5 if got["thalf"] else 0)
        unit = _Unit("%", Decimal(1))
    elif got.get("half"):
        value, unit = Decimal(50), _Unit("%", Decimal(1))
    elif got.get("halfunit"):
        name = got.get("hunit") or got["hunit2"]
        units = grammar.zh_units if chinese else grammar.en_units
        whole = _number(got["hnum"]) if got.get("hnum") else Decimal(0)
        value = None if whole is None else whole + Decimal("0.5")
        unit = units["个月" if name == "月" else name]
    elif got.get("fraction"):
        value, unit = Decimal(_FRACTION[got["fraction"].lower()]), _Unit("%", Decimal(1))
    elif got.get("multiple"):
        value, unit = Decimal(_MULTIPLE[got["multiple"].lower()]), _Unit("x", Decimal(1))
    else:
        plain = _plain(match, folded, chinese, grammar)
        if plain is None:
            return None
        value, upper, unit, step, end = plain
    if value is None:
        return None
    bound, first, last = _bound(folded, start, end, unit.unit, chinese, grammar)
    per = _per(folded, first, last, grammar)
    quantity = Quantity(
        value * unit.factor, unit.unit, bound, None if upper is None else upper * unit.factor, per, step * unit.factor
    )
    return QuantityMention(Span(start, end), quantity)


def _plain(
    match: re.Match[str], folded: str, chinese: bool, grammar: _Grammar
) -> tuple[Decimal, Decimal | None, _Unit, Decimal, int] | None:
    raw1, raw2 = match["n1"], match["n2"]
    before = folded[max(0, match.start() - 6) : match.start()]
    word = match["unit"]
    unit = (grammar.zh_units.get(word) if chinese else grammar.en_units.get(word.lower())) if word else None
    if match["prefix"]:
        unit = grammar.prefixes[match["prefix"]]
    digits = raw1[0].isdigit()
    if not digits and chinese and not _counts(raw1, word, before, folded, match.end()):
        return None
    end = match.end() if word or raw2 else match.end("n2" if raw2 else "n1")
    if digits and re.search(r"[第#№]\s?$|[A-Za-z]$|\b[Nn]os?\.\s?$|\d[-/.]$", before):
        return None
    if chinese and word == "年" and digits and len(raw1) == 4 and raw1[:2] in ("19", "20"):
        return None
    if unit is None:
        unit = _Unit("", Decimal(1))
        year_like = digits and re.fullmatch(r"(?:19|20)\d\d", raw1)
        following = folded[match.end() :][:2]
        if (
            year_like
            or (chinese and digits and following[:1] in ("、", ".", ")", "）", "号", "条", "款", "项"))
            or re.fullmatch(r"\d{5,}", raw1)
        ):
            return None
        if not chinese and not digits and raw1.lower().split()[0] in ("one", "a", "an"):
            return None
        if not chinese and _AGE_BEFORE.search(folded[max(0, match.start() - 40) : match.start()]) and _is_age(raw1):
            unit = _Unit("age", Decimal(1))
        elif (
            not chinese
            and (noun := re.match(r"[\s-]([a-z]{3,})", folded[match.end() :], re.IGNORECASE))
            and _is_plural(noun[1])
        ):
            unit = _Unit("#", Decimal(1))
    value, step = _number_and_step(raw1)
    upper, step2 = _number_and_step(raw2) if raw2 else (None, None)
    if value is None:
        return None
    if raw2 and upper is None:
        return None
    if upper is not None:
        scale2 = re.search(rf"{_SCALE}$", raw2)
        if (
            scale2 and not re.search(rf"{_SCALE}$", raw1) and value < upper / 100
        ):  # 3-5万: the scale belongs to both ends
            factor = arabic_number("1", scale2.group().strip())[0]
            value, step = value * factor, step * factor
        lead = folded[max(0, match.start() - 9) : match.start()].lower().rstrip()
        joined = (match["range"] or "").strip().lower()
        if (
            upper <= value
            or (joined.endswith("and") and not lead.endswith("between"))
            or (joined.endswith("to") and lead.endswith("from"))
        ):
            upper, step2, end = None, None, match.end("n1")  # 60 to 55, from 50 to 55, 98 and 105: two figures
    return value, upper, unit, step2 or step, end


def _counts(raw: str, word: str | None, before: str, folded: str, end: int) -> bool:
    """Whether a Chinese numeral really counts: it has a unit, and is not part of a word (一律, 万一, 统一)."""
    if word is None:
        return (
            raw not in ("十", "百", "千", "万", "亿", "点") and len(raw) > 1 and not set(raw) <= set("一点万千百十亿")
        )
    if (
        raw in ("点", "万", "亿", "千", "百")
        or raw.startswith("点")
        or before.endswith(("第", "统", "唯", "同", "之", "逐", "单"))
    ):
        return False
    if raw == "一" and word in (
        "人",
        "名",
        "个",
        "次",
        "项",
        "种",
        "家",
        "类",
        "级",
        "档",
        "份",
        "批",
        "条",
        "省",
        "日",
        "天",
        "套",
        "张",
        "分",
        "度",
        "款",
        "门",
        "所",
        "户",
        "位",
        "块",
    ):
        return word in ("天",) and folded[end : end + 1] != "天"
    return not (word in ("分", "度", "条", "款", "级") and len(raw) == 1)


def _is_age(raw: str) -> bool:
    value = _number(raw)
    return value is not None and 14 <= value <= 100


def _is_plural(noun: str) -> bool:
    return noun.lower().endswith("s") and not noun.lower().endswith(("ss", "us", "is"))


def _number(raw: str) -> Decimal | None:
    return _number_and_step(raw)[0]


def _number_and_step(raw: str) -> tuple[Decimal | None, Decimal]:
    raw = raw.strip()
    if raw[0].isdigit():
        match = re.fullmatch(rf"({ARABIC})\s?(.*)", raw)
        assert match is not None
        return arabic_number(match[1], match[2].strip())
    if is_han(raw[0]):
        value = chinese_number(raw)
        step = Decimal(1)
        if value is not None and raw[-1] in "万亿":
            step = Decimal(10**4 if raw[-1] == "万" else 10**8)
        if "点" in raw:
            step *= Decimal(1).scaleb(-len(raw.partition("点")[2].rstrip("万亿")))
        return value, step
    return english_number(raw), Decimal(1)


def _bound(folded: str, start: int, end: int, unit: str, chinese: bool, grammar: _Grammar) -> tuple[Bound, int, int]:
    """The bound words around a number, and the range of text they and the number cover."""
    before = folded[max(0, start - 24) : start].lower()
    trimmed = before.rstrip(" 为达到是的人民币¥")
    for word, bound in grammar.before:
        if trimmed.endswith(word) and (chinese or _at_word_start(trimmed, word)):
            if word == "近" and unit in ("month", "day"):  # 近5年: the last five years
                break
            return bound, start - (len(before) - len(trimmed)) - len(word), end
    following = folded[end : end + 16].lower()
    trimmed = following.lstrip(" （(")
    for word, bound in grammar.after:
        if trimmed.startswith(word) and (chinese or not trimmed[len(word) : len(word) + 1].isalpha()):
            if word in ("起", "内", "多", "余") and not _after_ok(word, trimmed):
                continue
            return bound, start, end + (len(following) - len(trimmed)) + len(word)
    return Bound.EXACT, start, end


def _after_ok(word: str, following: str) -> bool:
    return not following.startswith(
        ("起来", "起诉", "起步价", "内部", "内容", "多次", "余额", "内地", "内镜", "多个", "多种", "多家")
    )


def _at_word_start(text: str, word: str) -> bool:
    at = len(text) - len(word) - 1
    return at < 0 or not text[at].isalpha()


def _per(folded: str, first: int, last: int, grammar: _Grammar) -> frozenset[str]:
    """What the number is reckoned by, from the words right before it and right behind it."""
    names = set()
    before = folded[max(0, first - 12) : first].lower().rstrip(_PER_FILLER)
    for word, name in grammar.per:
        if before.endswith(word) and not (word[0].isascii() and before[-len(word) - 1 : -len(word)].isalpha()):
            names.add(name)
    after = folded[last : last + 40].lower()
    found = True
    while found:
        after = after.lstrip(" ,，(（")
        found = False
        for word, name in grammar.per:
            if after.startswith(word) and not (word[-1].isascii() and after[len(word) : len(word) + 1].isalpha()):
                names.add(name)
                after = after[len(word) :]
                found = True
                break
    return frozenset(names)
