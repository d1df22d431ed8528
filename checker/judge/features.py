"""The numbers a claim and a rule version are weighed by.

All are ratios or counts that mean the same for every rule, so that weights learned on some rules hold for others: how
near the claim is to the statement, to known misstatements and to the example sentences, and what each comparator found
against each of them. What is missing (a rule without examples) is NaN, which the weigher treats as such.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from checker.judge.compare import COMPARATORS, Finding, starts
from checker.judge.side import Idf, Side, coverage
from checker.types import Reason, Relation

_NAN = math.nan
_COMPARED = (Reason.POLARITY, Reason.QUANTITY, Reason.MODALITY, Reason.SCOPE, Reason.PERIOD)


@dataclass(frozen=True, slots=True)
class RuleSides:
    """The texts of one rule version in one language. `examples` are those other than the claim itself; `phrasings` are
    vectors, shape (phrasings, size), by relation."""

    statement: Side
    misstatements: tuple[Side, ...]
    examples: tuple[tuple[Relation, Side], ...]
    phrasings: Mapping[Relation, Any]
    start: date | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """Features by name in the fixed order of `NAMES`, and the findings against the statement."""

    values: tuple[float, ...]
    findings: tuple[Finding, ...]


def features(claim: Side, rule: RuleSides, idf: Idf, retrieval: Sequence[float]) -> Weighed:
    """Compare a claim with a rule version. `retrieval` is (word score, vector score, rank, lead over the next rule)."""
    row: dict[str, float] = {}
    found = [COMPARATORS[reason](claim, rule.statement, idf) for reason in _COMPARED]
    for finding in found:
        row[f"{finding.reason}+"] = finding.agree
        row[f"{finding.reason}-"] = finding.conflict
    row["vector"] = _dot(claim, rule.statement)
    row["covered"] = coverage(claim.bag, rule.statement.bag, idf)
    row["covers"] = coverage(rule.statement.bag, claim.bag, idf)
    everything = {k for side in (rule.statement, *rule.misstatements, *(s for _, s in rule.examples)) for k in side.bag}
    row["covered by all"] = coverage(claim.bag, everything, idf)
    _against(row, "mis", claim, rule.misstatements, idf)
    for relation in Relation:
        _against(row, f"ex {relation}", claim, [s for r, s in rule.examples if r is relation], idf)
    _told(row, claim, rule)
    quantifiers = claim.analysis.quantifiers
    row["universal"] = float("universal" in quantifiers and "universal" not in rule.statement.analysis.quantifiers)
    row["exclusive"] = float("exclusive" in quantifiers and "exclusive" not in rule.statement.analysis.quantifiers)
    row["partial rule"] = float("partial" in rule.statement.analysis.quantifiers)
    row["negations"] = float(claim.analysis.negations % 2 != rule.statement.analysis.negations % 2)
    row["figures"] = float(min(3, len(claim.analysis.quantities)))
    row["rule figures"] = float(min(3, len(rule.statement.analysis.quantities)))
    hit, miss = starts(claim, rule.start)
    row["start+"], row["start-"] = float(hit), float(miss)
    row["length"] = float(min(40, len(claim.bag)))
    for name, value in zip(("words", "nearest", "rank", "lead"), retrieval, strict=True):
        row[name] = float(value)
    row |= dict.fromkeys(ENTAILED, _NAN)  # filled in for the few versions worth the time
    return Weighed(tuple(row[name] for name in NAMES), tuple(found))


def with_entailment(values: tuple[float, ...], supports: float, contradicts: float) -> tuple[float, ...]:
    """Features with the entailer's word filled in."""
    return (*values[: -len(ENTAILED)], supports, contradicts)


def _against(row: dict[str, float], name: str, claim: Side, sides: Iterable[Side], idf: Idf) -> None:
    """Similarity to the nearest of some texts of the same meaning, and what the strong comparators say against them."""
    sides = list(sides)
    if not sides:
        row |= {f"{name} {part}": _NAN for part in _PARTS}
        return
    vectors = [_dot(claim, s) for s in sides]
    row[f"{name} vector"] = max(vectors)
    row[f"{name} words"] = max((coverage(claim.bag, s.bag, idf) + coverage(s.bag, claim.bag, idf)) / 2 for s in sides)
    for reason in (Reason.POLARITY, Reason.QUANTITY):
        found = [COMPARATORS[reason](claim, s, idf) for s in sides]
        row[f"{name} {reason}+"] = max(f.agree for f in found)
        row[f"{name} {reason}-"] = max(f.conflict for f in found)


def _told(row: dict[str, float], claim: Side, rule: RuleSides) -> None:
    """How near the claim is to what is known to be told rightly and wrongly, and to which of the two it leans.

    The lean is the share of wrong tellings among all, each weighed by exp(_SHARPNESS * cosine): a soft nearest neighbour.
    """
    row |= dict.fromkeys(_TOLD, _NAN)
    if claim.vector is None or rule.statement.vector is None:
        return
    near: dict[Relation, list[float]] = {r: [_dot(claim, s) for k, s in rule.examples if k is r] for r in Relation}
    near[Relation.SUPPORTS].append(_dot(claim, rule.statement))
    near[Relation.CONTRADICTS] += [_dot(claim, s) for s in rule.misstatements]
    for relation, vectors in rule.phrasings.items():
        near[relation] += (vectors @ claim.vector).tolist()
    for relation, values in near.items():
        if values:
            best = sorted(values, reverse=True)[:_NEAREST]
            row[f"told {relation}"] = sum(best) / len(best)
    weights = {r: sum(math.exp(_SHARPNESS * v) for v in values) for r, values in near.items()}
    row["lean"] = weights[Relation.CONTRADICTS] / (weights[Relation.CONTRADICTS] + weights[Relation.SUPPORTS])
    row["lead of wrong"] = row[f"told {Relation.CONTRADICTS}"] - row[f"told {Relation.SUPPORTS}"]


#: Chosen on the gold articles' statements: 3 nearest of each kind, and how fast weight falls with distance.
_NEAREST, _SHARPNESS = 3, 12.0
_TOLD = (*(f"told {r}" for r in Relation), "lean", "lead of wrong")
#: What the entailer says of the statement and the claim; the last of NAMES.
ENTAILED = ("entails", "denies")
_PARTS = ("vector", "words", "polarity+", "polarity-", "quantity+", "quantity-")
NAMES = (
    *(f"{reason}{sign}" for reason in _COMPARED for sign in "+-"),
    "vector",
    "covered",
    "covers",
    "covered by all",
    *(f"{name} {part}" for name in ("mis", *(f"ex {r}" for r in Relation)) for part in _PARTS),
    *_TOLD,
    "universal",
    "exclusive",
    "partial rule",
    "negations",
    "figures",
    "rule figures",
    "start+",
    "start-",
    "length",
    "words",
    "nearest",
    "rank",
    "lead",
    *ENTAILED,
)


def _dot(a: Side, b: Side) -> float:
    if a.vector is None or b.vector is None:
        return _NAN
    product: Any = a.vector @ b.vector
    return float(product)
