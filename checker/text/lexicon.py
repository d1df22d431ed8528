"""The vocabulary of claims_db/lexicon, read once and ready for lookup.

A phrase index finds listed expressions in a text: Chinese by characters, English by word stems, longest first. Rule
packs may bring lexicon files of their own with the same shapes; their entries are added to ours.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from checker.data import claims_db, read_yaml
from checker.text.script import fold
from checker.types import CheckerError, Span

T = TypeVar("T")
_WORD = re.compile(
    r"[a-z]+(?:['’][a-z]+)?|\d+(?:\.\d+)?|[\u2600-\u27bf\u3400-\u9fff\U0001f000-\U0001faff]|[%$¥/]", re.IGNORECASE
)
_IRREGULAR = {
    "children": "child",
    "people": "person",
    "paid": "pay",
    "kept": "keep",
    "held": "hold",
    "lost": "lose",
    "left": "leave",
    "gone": "go",
    "went": "go",
    "given": "give",
    "gave": "give",
    "taken": "take",
    "took": "take",
    "drawn": "draw",
    "drew": "draw",
    "withdrawn": "withdraw",
    "withdrew": "withdraw",
    "sold": "sell",
    "bought": "buy",
    "spent": "spend",
    "rose": "rise",
    "risen": "rise",
    "fell": "fall",
    "fallen": "fall",
    "began": "begin",
    "begun": "begin",
    "wives": "wife",
    "lent": "lend",
    "borne": "bear",
    "forbidden": "forbid",
    "may": "may",
    "women": "woman",
    "men": "man",
    "told": "tell",
    "got": "get",
    "met": "meet",
    "set": "set",
    "cut": "cut",
}


@functools.cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@functools.lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of an English word, lower case; irregular forms of policy verbs are folded first.

    >>> stem("abolished"), stem("Contributions"), stem("paid")
    ('abolish', 'contribut', 'pay')
    """
    lower = word.lower().replace("’", "'").removesuffix("'s")
    lower = _IRREGULAR.get(lower, lower)
    return str(_stemmer().stemWord(lower)) if len(lower) > 3 else lower


@dataclass(frozen=True, slots=True)
class Symbols:
    """A folded text as the sequence phrases are matched on: one symbol for each ideograph and each word stem."""

    symbols: tuple[str, ...]
    spans: tuple[Span, ...]


def symbols(folded: str) -> Symbols:
    """Cut folded text into symbols. Punctuation and spaces are dropped; offsets are those of `folded`."""
    found = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(folded)]
    return Symbols(
        tuple(stem(text) if text[0].isascii() and text[0].isalpha() else text for text, _, _ in found),
        tuple(Span(start, end) for _, start, end in found),
    )


@dataclass(slots=True)
class _Node:
    next: dict[str, _Node] = field(default_factory=dict)
    values: tuple[Any, ...] = ()


class PhraseIndex(Generic[T]):
    """Finds listed phrases in symbol sequences, leftmost and longest, without overlaps."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, phrase: str, value: T) -> None:
        """List `phrase` for `value`; a phrase may carry several values."""
        node = self._root
        sequence = symbols(fold(phrase)).symbols
        if not sequence:
            return
        for symbol in sequence:
            node = node.next.setdefault(symbol, _Node())
        if value not in node.values:
            node.values = (*node.values, value)

    def find(self, text: Symbols) -> Iterator[tuple[Span, tuple[T, ...]]]:
        """Each phrase found, with the span it covers in the folded text and its values."""
        at = 0
        sequence = text.symbols
        while at < len(sequence):
            node: _Node | None = self._root
            best = 0
            values: tuple[T, ...] = ()
            for ahead in range(at, len(sequence)):
                node = node.next.get(sequence[ahead]) if node else None
                if node is None:
                    break
                if node.values:
                    best, values = ahead + 1, node.values
            if best:
                yield Span(text.spans[at].start, text.spans[best - 1].end), values
                at = best
            else:
                at += 1


@dataclass(frozen=True, slots=True)
class Sense:
    """What a listed phrase stands for: its kind, its key, and for predicates the pole (+1, -1)."""

    kind: str  # concept, population, predicate, negation, neutral, universal, exclusive, partial, modality
    key: str
    sign: int = 1


MODALITIES = ("must-not", "need-not", "must", "may", "planned")
_QUANTIFIERS = ("universal", "exclusive", "partial")


@dataclass(frozen=True, slots=True)
class Place:
    """A province, a prefecture, or a country or system of its own."""

    id: str
    within: str | None
    foreign: bool
    names: tuple[str, ...]


class Lexicon:
    """The vocabulary, indexed. Build it with `lexicon()`; packs are merged in order."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.things: PhraseIndex[Sense] = PhraseIndex()  # concepts and populations
        self.sayings: PhraseIndex[Sense] = PhraseIndex()  # predicates and the words of logic
        self.places: PhraseIndex[Place] = PhraseIndex()
        self.markers: PhraseIndex[Place] = PhraseIndex()
        self.hant_markers: PhraseIndex[Place] = (
            PhraseIndex()
        )  # only in traditional script: 勞保 is Taiwan's, 劳保 is not
        self.scope_words: PhraseIndex[str] = PhraseIndex()  # national, mainland, generic-local
        self.cues: PhraseIndex[str] = PhraseIndex()  # stance categories
        self.broader: dict[str, tuple[str, ...]] = {}
        self.place_by_id: dict[str, Place] = {}
        self.stopwords: frozenset[str] = frozenset()
        self.user_words: list[str] = []
        self._lists: dict[str, dict[str, list[str]]] = {}
        for folder in folders:
            self._load(folder)

    def words(self, name: str) -> dict[str, list[str]]:
        """A plain list of the lexicon by name (boilerplate, worthiness ...), as {zh: [...], en: [...]}."""
        return self._lists.get(name, {"zh": [], "en": []})

    def ancestors(self, key: str) -> frozenset[str]:
        """`key` and everything broader."""
        found: set[str] = set()
        todo = [key]
        while todo:
            at = todo.pop()
            if at not in found:
                found.add(at)
                todo.extend(self.broader.get(at, ()))
        return frozenset(found)

    def _load(self, folder: Path) -> None:
        for path in sorted(folder.glob("*.yaml")):
            data = read_yaml(path)
            name = path.stem
            if name in ("units", "bounds"):
                continue
            try:
                self._read(name, data)
            except (KeyError, TypeError, AttributeError) as error:
                raise CheckerError(f"{path}: not in the shape of the built-in {name}.yaml ({error!r})") from error

    def _read(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "concepts":
            self._senses("concept", data["concepts"], "broader")
        elif name == "populations":
            self._senses("population", data["populations"], "within")
        elif name == "predicates":
            for axis, poles in data["axes"].items():
                for sign, pole in ((1, "plus"), (-1, "minus")):
                    for word in _both(poles[pole]):
                        self.sayings.add(word, Sense("predicate", axis, sign))
                    self.user_words.extend(poles[pole]["zh"])
        elif name == "logic":
            for category, words in data.items():
                kind = "modality" if category in MODALITIES else category
                for word in _both(words):
                    self.sayings.add(word, Sense(kind, category))
        elif name == "stopwords":
            self.stopwords |= {*data["zh"], *(stem(w) for w in data["en"])}
        elif name == "stance":
            for category, words in data.items():
                self._lists[category] = words
                for word in _both(words):
                    self.cues.add(word, category)
        elif name == "places":
            self._read_places(data)
        else:
            for category, words in data.items():
                self._lists[category] = words

    def _senses(self, kind: str, rows: Iterable[Mapping[str, Any]], above: str) -> None:
        for row in rows:
            self.broader[row["id"]] = tuple(dict.fromkeys([*self.broader.get(row["id"], ()), *row.get(above, [])]))
            for word in _both(row):
                self.things.add(word, Sense(kind, row["id"]))
            self.user_words.extend(row["zh"])

    def _read_places(self, data: Mapping[str, Any]) -> None:
        for rows, foreign in ((data.get("places", []), False), (data.get("foreign", []), True)):
            for row in rows:
                place = Place(row["id"], row.get("within"), foreign, tuple(_both(row)))
                self.place_by_id[place.id] = place
                for word in place.names:
                    self.places.add(word, place)
                for word in _both(row.get("markers") or {"zh": [], "en": []}):
                    self.markers.add(word, place)
                for word in row.get("hant") or []:
                    self.hant_markers.add(word, place)
        for category in ("national", "mainland", "generic_local"):
            for word in _both(data.get(category) or {"zh": [], "en": []}):
                self.scope_words.add(word, category)


def _both(row: Mapping[str, Any]) -> list[str]:
    return [*(row.get("zh") or []), *(row.get("en") or [])]


@functools.cache
def lexicon(packs: tuple[Path, ...] = ()) -> Lexicon:
    """The built-in vocabulary with the lexicon folders of `packs` merged in."""
    return Lexicon([claims_db() / "lexicon", *(p / "lexicon" for p in packs if (p / "lexicon").is_dir())])
