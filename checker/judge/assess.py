"""From related rules to weighed evidence: every version of every candidate rule against the claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checker.judge.compare import Finding
from checker.judge.features import RuleSides, features, with_entailment
from checker.judge.side import Idf, Side
from checker.judge.weigh import Weigher
from checker.models.entailer import Entailer
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


def assess(
    claim: Side,
    candidates: Sequence[Candidate],
    weigher: Weigher,
    idf: Idf,
    reading: str = "",
    entailer: Entailer | None = None,
) -> list[Assessment]:
    """Weigh every version of every candidate; those that may decide once more with what the entailer says of them.

    `reading` is the claim as it is to be understood, with what its context adds.
    """
    compared = compare(claim, candidates, idf)
    probabilities: Any = weigher.probabilities([c.values for c in compared])
    if entailer is not None and len(compared):
        chosen = shortlist(compared, probabilities)
        rows = entail(compared, chosen, reading, claim.chinese, entailer)
        probabilities[chosen] = weigher.probabilities(rows)
    return [
        Assessment(c.rule, c.rule.versions[c.version], float(p[1]), float(p[2]), c.findings)
        for c, p in zip(compared, probabilities, strict=True)
    ]


def shortlist(compared: Sequence[Compared], probabilities: Any) -> list[int]:
    """Numbers of the versions worth the entailer's time: those that may decide, and always the best."""
    decides = 1.0 - probabilities[:, 0]
    order = [int(i) for i in decides.argsort()[::-1][:_MOST]]
    return [i for n, i in enumerate(order) if n == 0 or decides[i] >= _MAY_DECIDE]


def entail(
    compared: Sequence[Compared], chosen: Sequence[int], reading: str, chinese: bool, entailer: Entailer
) -> list[tuple[float, ...]]:
    """Features of the chosen versions with the entailer's word."""
    lang = "zh" if chinese else "en"
    said = entailer.score([(compared[i].rule.versions[compared[i].version].statement[lang], reading) for i in chosen])
    return [with_entailment(compared[i].values, float(p[1]), float(p[2])) for i, p in zip(chosen, said, strict=True)]


#: The entailer reads at most so many versions a claim, and none that decides with less than this probability.
_MOST = 4
_MAY_DECIDE = 0.08


def strongest(findings: Sequence[Finding], relation: Relation) -> Finding | None:
    """The finding that speaks loudest for a relation; hard differences (figures, dates) before words."""

    def weight(finding: Finding) -> float:
        value = finding.conflict if relation is Relation.CONTRADICTS else finding.agree
        return value + (0.2 if finding.reason in (Reason.QUANTITY, Reason.PERIOD) and value > 0.5 else 0.0)

    best = max(findings, key=weight, default=None)
    return best if best is not None and weight(best) > 0.35 else None
