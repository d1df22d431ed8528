"""Sentences made out of a rule's own, for training: restatements in its words, and the same with one thing turned round.

A model that never sees a rule's own words agreed with learns that closeness itself means contradiction (corpora/ERRORS.md);
these pairs, as close as can be, differ in their meaning alone.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_CUT = {"zh": re.compile(r"[；。，]"), "en": re.compile(r"[;.] |, ")}
_SHORTEST = {"zh": 8, "en": 18}  # characters a piece needs to say something
_FIGURE = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)|(?<=[\u4e00-\u9fff])\d+(?:\.\d+)?")
_FACTORS = (0.25, 0.5, 0.8, 1.2, 1.5, 2, 3)
_STEPS = (-5, -1, 1, 2, 5, 10)
_PIECES = 2


def variants(statement: str, lang: str, swaps: Mapping[str, Any], dice: random.Random) -> Iterator[tuple[str, int]]:
    """Sentences with their class (1 supports, 2 contradicts); `swaps` as in corpora/training/swaps.yaml."""
    found = _pieces(statement, lang)
    for piece in [found[0], *dice.sample(found[1:], min(_PIECES, len(found) - 1))]:
        yield dice.choice(swaps["before"][lang]) + piece, 1
        turned = _turned(dice.choice(found), lang, swaps[lang], dice)
        if turned is not None:
            yield dice.choice(swaps["before"][lang]) + turned, 2


def _pieces(statement: str, lang: str) -> list[str]:
    """The whole, its clauses, and neighbouring clauses together."""
    whole = statement.rstrip("。.")
    clauses = [part.strip() for part in _CUT[lang].split(whole)]
    mark = "，" if lang == "zh" else ", "
    both = [mark.join(pair) for pair in itertools.pairwise(clauses)]
    return list(dict.fromkeys([whole, *(p for p in [*clauses, *both] if len(p) >= _SHORTEST[lang])]))


def _turned(text: str, lang: str, swaps: Sequence[Sequence[str]], dice: random.Random) -> str | None:
    """The text with one figure or one word changed to mean something else; None where nothing can be."""
    figures = list(_FIGURE.finditer(text))
    if figures and dice.random() < 0.5:
        chosen = dice.choice(figures)
        return text[: chosen.start()] + _other_figure(chosen[0], dice) + text[chosen.end() :]
    fits = [
        (match, put)
        for find, put in swaps
        for match in re.finditer(re.escape(find) if lang == "zh" else rf"\b{re.escape(find)}\b", text)
    ]
    fits = [(m, put) for m, put in fits if not any(_holds(other, m) for other, _ in fits)]
    if not fits:
        return None
    match, put = dice.choices(fits, [3 if len(m[0]) > 1 and put else 1 for m, put in fits])[0]
    changed = (text[: match.start()] + put + text[match.end() :]).replace("  ", " ")
    return None if changed == text or "不不" in changed else changed


def _other_figure(figure: str, dice: random.Random) -> str:
    value = float(figure)
    if 1900 < value < 2100:  # a year
        new = value + dice.choice((-4, -3, -2, -1, 1, 2, 3))
    elif value <= 20 and dice.random() < 0.5:
        new = abs(value + dice.choice(_STEPS))
    else:
        new = value * dice.choice(_FACTORS)
    new = round(new) if value == int(value) and value >= 4 else round(new, 1)
    return f"{value + 1 if new in (value, 0) else new:.10g}"


def _holds(other: re.Match[str], match: re.Match[str]) -> bool:
    """Whether a longer match stands around a shorter one."""
    return other.start() <= match.start() and match.end() <= other.end() and len(other[0]) > len(match[0])
