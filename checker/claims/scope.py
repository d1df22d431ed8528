"""Where a statement holds: the whole country, a province or city, or a system of its own that our rules say nothing about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from checker.text.lexicon import Lexicon, symbols
from checker.text.script import fold
from checker.types import Article

_HEAD = 3000  # characters of an article that tell what it is about
_TITLE_WEIGHT = 3
_OPENING = 6  # characters


@dataclass(frozen=True, slots=True)
class Scope:
    """A place (a jurisdiction code, or None for the whole country), and whether it is outside our rules altogether."""

    place: str | None = None
    foreign: bool = False


def article_scope(article: Article, book: Lexicon) -> Scope:
    """What an article as a whole is about.

    Foreign when it names another country or its institutions more often than ours; local when its title names a place,
    or its text names one place again and again and the whole country less.
    """
    foreign, local, national = Counter[str](), Counter[str](), 0
    for text, weight in ((article.title or "", _TITLE_WEIGHT), (article.text[:_HEAD], 1)):
        found = symbols(fold(text))
        for _, places in book.places.find(found):
            for place in places:
                (foreign if place.foreign else local)[place.id] += weight
        for _, places in book.markers.find(found):
            for place in places:
                foreign[place.id] += 2 * weight
        if article.lang == "zh-Hant":
            for _, places in book.hant_markers.find(found):
                for place in places:
                    foreign[place.id] += 2 * weight
        national += weight * sum(
            1 for _, kinds in book.scope_words.find(found) if {"national", "mainland"} & set(kinds)
        )
    top_foreign = foreign.most_common(1)
    if top_foreign and foreign.total() >= 2 and foreign.total() > 1.5 * (national + local.total()):
        return Scope(top_foreign[0][0], True)
    titled = _places(article.title or "", book)
    if len(titled) == 1 and not _national(article.title or "", book):
        return Scope(titled[0])
    top = local.most_common(1)
    if top and top[0][1] >= 3 and top[0][1] > national and top[0][1] * 2 > local.total():
        return Scope(top[0][0])
    return Scope()


def statement_scope(text: str, around: Scope, book: Lexicon) -> Scope:
    """The scope of one statement: what it names itself, else that of the article."""
    found = symbols(fold(text))
    foreign = [p for _, places in (*book.places.find(found), *book.markers.find(found)) for p in places if p.foreign]
    if foreign:
        return Scope(foreign[0].id, True)
    named = _places(text, book)
    if around.foreign and any("mainland" in kinds for _, kinds in book.scope_words.find(found)):
        return Scope(named[0] if len(named) == 1 else None)  # a paper of Hong Kong that writes of the mainland
    if _national(text, book):
        return Scope(around.place, True) if around.foreign and not named else Scope()
    if len(named) == 1:
        return Scope(named[0])
    if len(named) > 1:
        return Scope("CN-XX")
    return around


def told_of_the_past(text: str, start: int, book: Lexicon) -> bool:
    """Whether what begins at `start` of a sentence is told as how things were (“改革前，…”, “used to”).

    The words must open the sentence or stand in the statement itself, and say it of what happens: “改革前的结余” is a thing
    of today.
    """
    folded = fold(text)
    for where, kinds in book.cues.find(symbols(folded)):
        if "past" in kinds and (where.start >= start or where.start <= _OPENING):
            return not folded.startswith(("的", "之"), where.end)
    return False


def holds_in(rule_place: str, claim_place: str | None) -> bool:
    """Whether a rule's jurisdiction covers the place of a claim (a province covers its cities)."""
    if claim_place is None:
        return rule_place == "CN"
    return claim_place == rule_place or (claim_place.startswith(rule_place + "-") and rule_place != "CN")


def _places(text: str, book: Lexicon) -> list[str]:
    found = [p.id for _, places in book.places.find(symbols(fold(text))) for p in places if not p.foreign]
    unique = list(dict.fromkeys(found))
    return [p for p in unique if not any(q != p and q.startswith(p + "-") for q in unique)]  # 浙江杭州 is 杭州


def _national(text: str, book: Lexicon) -> bool:
    return any("national" in kinds for _, kinds in book.scope_words.find(symbols(fold(text))))
