"""Numbers as printed, in digits, Chinese characters or English words, to exact decimals."""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "壹": 1,
    "贰": 2,
    "叁": 3,
    "肆": 4,
    "伍": 5,
    "陆": 6,
    "柒": 7,
    "捌": 8,
    "玖": 9,
}
_TENS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
ZH_NUMERAL = "[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟点]"
ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_WORD_VALUES = (
    {w: i for i, w in enumerate(_ONES)}
    | {
        w: 10 * i
        for i, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
    }
    | {"dozen": 12}
)
_SCALES = {
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "m": 10**6,
    "bn": 10**9,
    "mn": 10**6,
    "tn": 10**12,
    "k": 10**3,
}
_WORD = "|".join(
    sorted([*_WORD_VALUES, "hundred", "thousand", "million", "billion", "trillion"], key=len, reverse=True)
)
#: "one hundred and fifty-eight", "a million", "two and a half"
EN_WORDS = rf"(?:\b(?:an?\s+(?=hundred|thousand|million|billion|dozen))?(?:{_WORD})(?:(?:[\s-]+(?:and\s+)?)(?:{_WORD}))*\b(?:\s+and\s+a\s+half)?)"


def chinese_number(text: str) -> Decimal | None:
    """The value of a Chinese numeral, with decimals (三点五) and clipped ends (六万五, 一千二); None if it is not one.

    >>> chinese_number("一万二千"), chinese_number("六万五"), chinese_number("三点五"), chinese_number("一百零八")
    (Decimal('12000'), Decimal('65000'), Decimal('3.5'), Decimal('108'))
    """
    whole, point, decimals = text.partition("点")
    if point:
        base = chinese_number(whole)
        digits = [_DIGITS.get(c) for c in decimals.rstrip("万亿")]
        if base is None or not digits or None in digits:
            return None
        value = base + Decimal("0." + "".join(str(d) for d in digits))
        for char in decimals[len(digits) :]:
            value *= _MYRIADS[char]
        return value
    if not whole or any(c not in _DIGITS and c not in _TENS and c not in _MYRIADS for c in whole):
        return None
    if all(c in _DIGITS for c in whole):
        return Decimal("".join(str(_DIGITS[c]) for c in whole))
    total = section = 0
    digit: int | None = None
    unit = 1
    for char in whole:
        if char in _DIGITS:
            digit = _DIGITS[char]
            if digit == 0:
                unit = 1  # after a 零 the next digit counts ones, not a clipped unit
        elif char in _TENS:
            section += (1 if digit is None else digit) * _TENS[char]
            unit, digit = _TENS[char], None
        else:
            total = (
                (total + section + (digit or 0)) * _MYRIADS[char]
                if char == "亿"
                else total + (section + (digit or 0)) * _MYRIADS[char]
            )
            section, unit, digit = 0, _MYRIADS[char], None
    if digit is not None:
        section += digit * (unit // 10 if unit >= 100 and whole[-2:-1] not in "零〇" else 1)
    return Decimal(total + section)


def english_number(text: str) -> Decimal | None:
    """The value of an English number in words; None if it is not one.

    >>> english_number("one hundred and fifty-eight"), english_number("two and a half"), english_number("three million")
    (Decimal('158'), Decimal('2.5'), Decimal('3000000'))
    """
    half = Decimal("0.5") if re.search(r"\band a half$", text) else Decimal(0)
    total = current = 0
    seen = False
    for word in re.findall(r"[a-z]+", text.lower().removesuffix("and a half")):
        if word in ("and", "a", "an"):
            current = current or (1 if word != "and" else 0)
        elif word in _WORD_VALUES:
            value = _WORD_VALUES[word]
            current = current * value if word == "dozen" and current else (0 if not seen else current) + value
            seen = True
        elif word == "hundred":
            current, seen = max(current, 1) * 100, True
        elif word in _SCALES:
            total, current, seen = total + max(current, 1) * _SCALES[word], 0, True
        else:
            return None
    return Decimal(total + current) + half if seen else None


def arabic_number(text: str, scale: str = "") -> tuple[Decimal, Decimal]:
    """The value of digits with an optional scale (万, 亿, million, bn ...) and the place value of the last digit given.

    >>> arabic_number("6.5", "万")
    (Decimal('65000.0'), Decimal('1000.0'))
    """
    value = Decimal(text.replace(",", ""))
    step = Decimal(1).scaleb(int(value.as_tuple().exponent)) if "." in text else Decimal(1)
    factor = Decimal(1)
    for char in scale:
        if char in _MYRIADS or char in _TENS:
            factor *= _MYRIADS.get(char) or _TENS[char]
    factor = Decimal(_SCALES[scale.lower()]) if scale.lower() in _SCALES else factor
    return value * factor, step * factor
