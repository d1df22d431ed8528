"""Scripts and languages: one folded form for comparing, the printed form for showing.

`fold` keeps every offset: it maps code point by code point (full-width to ASCII, compatibility radicals to ideographs,
traditional to simplified), so a span found in the folded text is the span in the printed one.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Any

_KEEP_WIDTH = frozenset("，。；：？！（）【】「」『』、～")  # NFKC would make ASCII of these; sentence rules need them
_HAN = ("\u3400", "\u9fff")


@functools.cache
def _converter(name: str) -> Any:
    import opencc

    return opencc.OpenCC(name)


@functools.lru_cache(maxsize=65536)
def _fold_char(char: str) -> str:
    if char in _KEEP_WIDTH:
        return char
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 else char


@functools.lru_cache(maxsize=65536)
def _simplify_char(char: str) -> str:
    simple = str(_converter("t2s").convert(char))
    return simple if len(simple) == 1 else char


def fold(text: str) -> str:
    """`text` in half width and simplified script, of the same length.

    >>> fold("６.５萬元，職工醫保")
    '6.5万元，职工医保'
    """
    if text.isascii():
        return text
    narrow = "".join(map(_fold_char, text))
    if not any(map(is_han, narrow)):
        return narrow
    simple = str(_converter("t2s").convert(narrow))
    if len(simple) != len(narrow):  # a phrase rule changed the length: fall back to single characters
        simple = "".join(map(_simplify_char, narrow))
    return simple


def is_han(char: str) -> bool:
    """Whether `char` is a CJK ideograph."""
    return _HAN[0] <= char <= _HAN[1]


def is_chinese(text: str) -> bool:
    """Whether `text` reads as Chinese: Han characters carry at least as much of it as Latin words do.

    One ideograph counts as much as a word of three letters.
    """
    han = sum(map(is_han, text))
    latin = sum(1 for char in text if char.isascii() and char.isalpha())
    return han > 0 and han * 3 >= latin


def language(text: str) -> str:
    """`zh-Hans`, `zh-Hant`, `en` or `mixed`.

    Mixed is a text of which each language has at least a quarter (an ideograph counted as three letters).

    >>> language("職工醫保個人賬戶"), language("职工医保"), language("Personal accounts are kept.")
    ('zh-Hant', 'zh-Hans', 'en')
    """
    sample = text[:20000]
    han = 3 * sum(map(is_han, sample))
    latin = sum(1 for char in sample if char.isascii() and char.isalpha())
    if not han:
        return "en"
    if min(han, latin) * 4 >= han + latin:
        return "mixed"
    if latin > han:
        return "en"
    chars = "".join(filter(is_han, sample))
    traditional = sum(1 for char in chars if _simplify_char(char) != char)
    return "zh-Hant" if traditional * 12 >= len(chars) else "zh-Hans"
