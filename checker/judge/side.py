"""A text made ready for comparing: its analysis, its weighted terms by clause, its vector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from checker.match import term_weights
from checker.text.analysis import Analysis, Term
from checker.text.lexicon import Lexicon

Idf = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison. `clauses[i]` maps the term keys of clause i to their terms."""

    analysis: Analysis
    bag: Mapping[str, float]
    clauses: tuple[Mapping[str, tuple[Term, ...]], ...]
    vector: Any
    inherited: frozenset[str] = frozenset()  # term keys a claim takes over from its context

    @property
    def chinese(self) -> bool:
        return self.analysis.chinese


def make_side(analysis: Analysis, book: Lexicon, vector: Any, inherited: Iterable[str] = ()) -> Side:
    """Group the terms of an analysis by clause."""
    count = max(1, len(analysis.clauses))
    clauses: list[dict[str, tuple[Term, ...]]] = [{} for _ in range(count)]
    for term in analysis.terms:
        clause = clauses[min(term.clause, count - 1)]
        key = key_of(term)
        clause[key] = (*clause.get(key, ()), term)
    return Side(analysis, term_weights(analysis, book), tuple(clauses), vector, frozenset(inherited))


def key_of(term: Term) -> str:
    """The key of a term in bags: the word itself, or its kind and id."""
    if term.kind == "word":
        return term.key
    return f"axis:{term.key}" if term.kind == "predicate" else f"{term.kind}:{term.key}"


def coverage(of: Mapping[str, float], by: Iterable[str], idf: Idf) -> float:
    """The share of a bag's weight that stands in `by`, 0..1."""
    keys = set(by)
    total = sum(idf(k) * w for k, w in of.items())
    return sum(idf(k) * w for k, w in of.items() if k in keys) / total if total else 0.0
