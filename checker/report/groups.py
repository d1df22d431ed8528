"""The order in which a reader wants findings: what is wrong first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checker.types import Label, Stance, Verdict

#: Group names in reading order; keys of words.UI.
GROUPS = ("flagged", "refuted", "other", "supported", "uncovered")


def group_of(verdict: Verdict) -> str:
    """The group a finding is shown in."""
    if verdict.flagged:
        return "flagged"
    if verdict.label in (Label.NOT_COVERED, Label.OUT_OF_SCOPE):
        return "uncovered"
    if verdict.claim.stance is Stance.REFUTED:
        return "refuted"
    if verdict.label is Label.SUPPORTED and verdict.claim.stance is Stance.ASSERTED:
        return "supported"
    return "other"


def grouped(verdicts: Iterable[Verdict]) -> dict[str, Sequence[Verdict]]:
    """Findings by group, groups in reading order, findings in the order of the article; empty groups left out."""
    found: dict[str, list[Verdict]] = {name: [] for name in GROUPS}
    for verdict in verdicts:
        found[group_of(verdict)].append(verdict)
    return {name: rows for name, rows in found.items() if rows}
