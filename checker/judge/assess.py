"""From related rules to weighed evidence: every version of every candidate rule against the claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checker.judge.compare import Finding
from checker.judge.features import RuleSides, features
from checker.judge.side import Idf, Side
from checker.judge.weigh import Weigher
from checker.types import Comparison, Reason, Relation, Rule, Version


@dataclass(frozen=True, slots=True)
class Assessment:
    """A rule version weighed against a claim."""

    rule: Rule
    version: Version
    supports: float
    contradicts: float
    findings: tuple[Finding, ...]

    @property
    def silent(self) -> float:
        """Probability that the version does not decide the claim."""
        return 1.0 - self.supports - self.contradicts

    def comparisons(self) -> tuple[Comparison, ...]:
        """What the comparators found, as evidence shows it."""
        found = []
        for finding in self.findings:
            if finding.conflict > 0:
                found.append(
                    Comparison(finding.reason, Relation.CONTRADICTS, finding.conflict, finding.claimed, finding.ruled)
                )
            if finding.agree > 0:
                found.append(
                    Comparison(finding.reason, Relation.SUPPORTS, finding.agree, finding.claimed, finding.ruled)
                )
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule to weigh: the sides of its versions in the claim's language, and how it was retrieved."""

    rule: Rule
    sides: Mapping[int, RuleSides]  # by version number
    retrieval: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Compared:
    """A rule version with the numbers it will be weighed by."""

    rule: Rule
    version: int
    values: tuple[float, ...]
    findings: tuple[Finding, ...]


def compare(claim: Side, candidates: Sequence[Candidate], idf: Idf) -> list[Compared]:
    """Run the comparators on every version of every candidate."""
    found = []
    for candidate in candidates:
        for number, sides in candidate.sides.items():
            weighed = features(claim, sides, idf, candidate.retrieval)
            found.append(Compared(candidate.rule, number, weighed.values, weighed.findings))
    return found


def assess(claim: Side, candidates: Sequence[Candidate], weigher: Weigher, idf: Idf) -> list[Assessment]:
    """Weigh every version of every candidate in one pass."""
    compared = compare(claim, candidates, idf)
    probabilities: Any = weigher.probabilities([c.values for c in compared])
    return [
        Assessment(c.rule, c.rule.versions[c.version], float(p[1]), float(p[2]), c.findings)
        for c, p in zip(compared, probabilities, strict=True)
    ]


def strongest(findings: Sequence[Finding], relation: Relation) -> Finding | None:
    """The finding that speaks loudest for a relation; hard differences (figures, dates) before words."""

    def weight(finding: Finding) -> float:
        value = finding.conflict if relation is Relation.CONTRADICTS else finding.agree
        return value + (0.2 if finding.reason in (Reason.QUANTITY, Reason.PERIOD) and value > 0.5 else 0.0)

    best = max(findings, key=weight, default=None)
    return best if best is not None and weight(best) > 0.35 else None
