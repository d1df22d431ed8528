"""What a sentence says, in typed pieces: who and what (concepts, words), what of it (signed predicates), how much, when.

`analyse` is the only reader of the logic lexicon. It is shallow on purpose: no parser, so that English, simplified and
traditional Chinese are read by the same few rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from checker.text.dates import find_dates
from checker.text.lexicon import Lexicon, Sense, lexicon, symbols
from checker.text.quantity import find_quantities
from checker.text.script import fold, is_chinese
from checker.text.segment import clauses
from checker.text.words import tokens
from checker.types import DateMention, QuantityMention, Span

#: A negation reaches the first predicate among the next so many symbols (ideographs or words), else the next word.
_REACH_ZH, _REACH_EN = 10, 5
_Found = tuple[Span, tuple[Sense, ...]]
_LEGAL = re.compile(
    r"《[^》]{2,60}》(?:第[零〇一二三四五六七八九十百\d]+[条章款项])?|第[零〇一二三四五六七八九十百\d]+(?:条|款|项|章|节|号)(?:[（(][一二三四五六七八九十\d]+[)）])?"
    r"|[\u4e00-\u9fff]{2,6}[〔\[（(]\d{4}[〕\])）]\s?\d+号|[Aa]rt(?:icle|icles|s)?\.?\s?\d+(?:\s?(?:-|–|to|and)\s?\d+)?|[Cc]hapter\s\d+|\bNo\.?\s?\d+|\border\s\d+",
)
_MARKER = re.compile(r"^\s*(?:[(（]?\d{1,2}[)）.、](?!\d)|\d{1,2}\s(?=[\u4e00-\u9fff])|[#*\-•·]+)\s*")


@dataclass(frozen=True, slots=True)
class Term:
    """A unit of meaning. `key` is a concept, population or axis id, or the word itself; `sign` is -1 when negated."""

    key: str
    kind: str  # concept, population, predicate, word
    sign: int
    span: Span
    clause: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """A sentence in pieces; all spans are relative to `text`."""

    text: str
    folded: str
    chinese: bool
    terms: tuple[Term, ...]
    inside: frozenset[str]  # plain words that stand inside the names of concepts
    quantities: tuple[QuantityMention, ...]
    dates: tuple[DateMention, ...]
    legal: tuple[str, ...]
    modality: Mapping[str, Span]  # each modality with the words that say it
    quantifiers: frozenset[str]
    clauses: tuple[Span, ...]
    negations: int

    @property
    def populations(self) -> frozenset[str]:
        """Ids of the groups of people it names."""
        return frozenset(t.key for t in self.terms if t.kind == "population")

    @property
    def keys(self) -> frozenset[str]:
        """All term keys, axes marked as such."""
        return frozenset(t.key if t.kind != "predicate" else f"axis:{t.key}" for t in self.terms)


def analyse(text: str, day: date | None = None, book: Lexicon | None = None) -> Analysis:
    """Read a sentence (or a few). `day` resolves relative dates."""
    vocabulary = book or lexicon()
    folded = fold(text)
    chinese = is_chinese(folded)
    legal = [Span(m.start(), m.end()) for m in _LEGAL.finditer(folded)]
    dates = find_dates(folded, chinese, day)
    marker = _MARKER.match(folded)
    taken = [*legal, *(d.span for d in dates), *([Span(0, marker.end())] if marker else [])]
    quantities = find_quantities(folded, chinese, taken)
    pieces = clauses(folded, Span(0, len(folded)))
    words = tokens(folded, chinese, vocabulary)
    starts = {span.start for _, span in words}
    ends = {span.end for _, span in words}
    units = symbols(folded)
    senses = _merge(list(vocabulary.things.find(units)), list(vocabulary.sayings.find(units)))
    senses = [
        (span, found)
        for span, found in senses
        if not chinese
        or len(span) > 1
        or not folded[span.start] > "\u2fff"
        or (span.start in starts and span.end in ends and _whole(span, words))
    ]
    terms, negations = _terms(senses, words, pieces, chinese, vocabulary, taken, quantities)
    return Analysis(
        text=text,
        folded=folded,
        chinese=chinese,
        terms=tuple(terms),
        inside=frozenset(_inside(terms, words, chinese, vocabulary)),
        quantities=tuple(quantities),
        dates=tuple(dates),
        legal=tuple(folded[s.start : s.end] for s in legal),
        modality=_modality(senses),
        quantifiers=frozenset(
            s.kind for _, found in senses for s in found if s.kind in ("universal", "exclusive", "partial")
        ),
        clauses=tuple(pieces),
        negations=negations,
    )


def _inside(
    terms: Sequence[Term], words: Sequence[tuple[str, Span]], chinese: bool, vocabulary: Lexicon
) -> Iterator[str]:
    named = [t.span for t in terms if t.kind in ("concept", "population")]
    for word, span in words:
        if (
            word not in vocabulary.stopwords
            and (len(word) > 1 or not chinese)
            and any(n.start <= span.start and span.end <= n.end and n != span for n in named)
        ):
            yield word


def _modality(senses: Sequence[tuple[Span, tuple[Sense, ...]]]) -> dict[str, Span]:
    """The modalities of a sentence; a negation right before one turns it (并非必须: need not, not may: must not)."""
    found: dict[str, Span] = {}
    for i, (span, values) in enumerate(senses):
        for sense in values:
            if sense.kind == "modality":
                turned = i > 0 and _negates(senses[i - 1], span)
                key = _TURNED.get(sense.key, sense.key) if turned else sense.key
                found.setdefault(key, Span(senses[i - 1][0].start, span.end) if turned else span)
    return found


def _merge(things: list[_Found], sayings: list[_Found]) -> list[_Found]:
    """Things and sayings in reading order. Inside the name of a thing only a predicate at its end says something (门诊报销, not 参保人员)."""
    kept = []
    for span, found in sayings:
        name = next(((s, f) for s, f in things if s.start <= span.start and span.end <= s.end), None)
        if name is None or (name[0].end == span.end and name[1][0].kind == "concept" and name[0] != span):
            kept.append((span, found))
    return sorted([*things, *kept], key=lambda pair: (pair[0].start, pair[0].end))


_TURNED = {"must": "need-not", "may": "must-not"}


def _negates(before: tuple[Span, tuple[Sense, ...]], span: Span) -> bool:
    return 0 <= span.start - before[0].end <= 1 and any(s.kind == "negation" for s in before[1])


def _whole(span: Span, words: Sequence[tuple[str, Span]]) -> bool:
    return any(s == span for _, s in words)


def _clause_of(at: int, pieces: Sequence[Span]) -> int:
    for i, piece in enumerate(pieces):
        if at < piece.end:
            return i
    return max(len(pieces) - 1, 0)


def _terms(
    senses: Sequence[tuple[Span, tuple[Sense, ...]]],
    words: Sequence[tuple[str, Span]],
    pieces: Sequence[Span],
    chinese: bool,
    vocabulary: Lexicon,
    taken: Sequence[Span],
    quantities: Sequence[QuantityMention],
) -> tuple[list[Term], int]:
    covered: list[Span] = []
    terms: list[Term] = []
    negations: list[Span] = []
    for i, (span, found) in enumerate(senses):
        clause = _clause_of(span.start, pieces)
        obliges = (
            i + 1 < len(senses)
            and _negates(senses[i], senses[i + 1][0])
            and any(s.key == "must" for s in senses[i + 1][1])
        )
        for sense in found:
            if sense.kind in ("concept", "population", "predicate"):
                terms.append(Term(sense.key, sense.kind, sense.sign if sense.kind == "predicate" else 1, span, clause))
                if not any(span.overlaps(c) for c in covered):
                    covered.append(span)
        if any((s.kind == "negation" and not obliges) or s.key == "must-not" for s in found):
            negations.append(span)
        if not any(s.kind in ("concept", "population", "predicate") for s in found):
            covered.append(span)
    blocked = [*covered, *taken, *(q.span for q in quantities)]
    blocked.sort(key=lambda s: s.start)
    for word, span in words:
        if word in vocabulary.stopwords or (chinese and len(word) < 2 and not word.isascii()):
            continue
        if any(span.overlaps(b) for b in blocked):
            continue
        terms.append(Term(word, "word", 1, span, _clause_of(span.start, pieces)))
    terms.sort(key=lambda t: (t.span.start, t.kind != "predicate"))
    signs = [t.sign for t in terms]
    reach = _REACH_ZH if chinese else _REACH_EN
    for at in negations:
        _flip(at, False, terms, signs, pieces, reach, chinese, words)
    for i, term in enumerate(list(terms)):
        if term.kind == "predicate" and (term.key, signs[i]) in _TAKES_AWAY:
            _flip(term.span, True, terms, signs, pieces, reach, chinese, words)
    return [
        t if t.sign == s else Term(t.key, t.kind, s, t.span, t.clause) for t, s in zip(terms, signs, strict=True)
    ], len(negations)


#: Predicates that undo what they are said of: 取消…报销, stop receiving.
_TAKES_AWAY = frozenset({("existence", -1), ("suspend", 1)})


def _flip(
    at: Span,
    predicates_only: bool,
    terms: Sequence[Term],
    signs: list[int],
    pieces: Sequence[Span],
    reach: int,
    chinese: bool,
    words: Sequence[tuple[str, Span]],
) -> None:
    """Apply one negation: to the first predicate in reach (all its senses), else to the next word. Taking away (取消, end) turns a predicate only."""
    clause = _clause_of(at.start, pieces)
    ahead = [i for i, t in enumerate(terms) if t.span.start >= at.end and t.clause == clause]

    def distance(term: Term) -> int:
        if chinese:
            return term.span.start - at.end
        return sum(1 for _, s in words if at.end <= s.start < term.span.start)

    target = next((terms[i].span for i in ahead if terms[i].kind == "predicate" and distance(terms[i]) <= reach), None)
    if target is None and predicates_only:  # 门诊报销被取消: what is taken away stands before
        target = next(
            (
                t.span
                for t in reversed(terms)
                if t.kind == "predicate" and t.clause == clause and t.span.end <= at.start
            ),
            None,
        )
    elif target is None:
        target = next((terms[i].span for i in ahead if distance(terms[i]) <= reach), None)
    for i, term in enumerate(terms):
        if term.span == target:
            signs[i] = -signs[i]
