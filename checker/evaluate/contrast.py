"""Contrast statements: does the verdict change exactly when the one thing that was changed should change it?"""

from __future__ import annotations

import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker.evaluate.gate import gold_folder
from checker.evaluate.score import WRONG, share
from checker.ingest import article_from_text
from checker.pipeline import Checker
from checker.types import CheckerError, Label, Stance, Verdict

_FIELDS = ("group", "rule", "lang", "changed", "text", "stance", "verdict")


@dataclass(slots=True)
class Contrast:
    """Outcomes of contrast statements: counts by language and by what was changed."""

    right: Counter[str] = field(default_factory=Counter)
    count: Counter[str] = field(default_factory=Counter)
    pairs_right: Counter[str] = field(default_factory=Counter)
    pairs: Counter[str] = field(default_factory=Counter)
    flagged: Counter[tuple[str, str]] = field(default_factory=Counter)  # (wanted outcome, outcome)
    errors: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Shares: outcomes that are right, pairs that are consistent (all, and by language), and flags that are right."""
        found = {
            "contrast right": share(self.right["all"], self.count["all"]),
            "contrast right unseen": share(self.right["unseen"], self.count["unseen"]),
        }
        for key in sorted(self.pairs):
            found[f"contrast consistency{'' if key == 'all' else ' ' + key}"] = share(
                self.pairs_right[key], self.pairs[key]
            )
        flags = sum(n for (_, got), n in self.flagged.items() if got == "flagged")
        found["contrast precision"] = share(self.flagged["flagged", "flagged"], flags)
        due = sum(n for (wanted, _), n in self.flagged.items() if wanted == "flagged")
        found["contrast recall"] = share(self.flagged["flagged", "flagged"], due)
        return found

    def render(self, errors: bool = False) -> str:
        """The figures as a table, with the errors where wanted."""
        lines = [f"{self.count['all']} statements, {self.pairs['all']} pairs"]
        lines += [f"{name:<34} {value:.3f}" for name, value in self.figures().items()]
        lines += [f"wanted {wanted:<10} got {got:<10} {n:5}" for (wanted, got), n in sorted(self.flagged.items())]
        return "\n".join([*lines, *(self.errors if errors else ())]) + "\n"


def read_contrasts(path: Path) -> list[dict[str, Any]]:
    """The statements of a file.

    Raises:
        CheckerError: a line is not one; names file, line and field.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise CheckerError(f"{path}: line {number}: not JSON: {error}") from error
        lacking = [f for f in _FIELDS if f not in row]
        if lacking:
            raise CheckerError(f"{path}: line {number}: {lacking[0]}: missing")
        rows.append(row)
    return rows


def fitted_on(rule: str) -> bool:
    """Whether the weigher may be fitted on the contrast statements of a rule: those of every other one, by a fixed draw."""
    return zlib.crc32(rule.encode()) % 2 == 0


def contrast_files() -> list[Path]:
    """corpora/contrast of the source checkout."""
    return sorted((gold_folder().parent / "contrast").glob("*.jsonl"))


def score_contrasts(checker: Checker, rows: Sequence[dict[str, Any]], say: Callable[[str], None]) -> Contrast:
    """Every statement as an article of its own, and every variant beside its base."""
    score = Contrast()
    groups: dict[str, list[tuple[dict[str, Any], str]]] = defaultdict(list)
    for number, row in enumerate(rows):
        got = outcome(checker.check(article_from_text(row["text"])).verdicts)
        groups[row["group"]].append((row, got))
        wanted = _wanted(row)
        for key in ("all", row["lang"], *(() if fitted_on(row["rule"]) else ("unseen",))):
            score.count[key] += 1
            score.right[key] += got == wanted
        score.flagged[wanted, got] += 1
        if got != wanted:
            score.errors.append(
                f"{row['rule']} [{row['changed']}, {row['lang']}] wanted {wanted}, got {got}: {row['text']}"
            )
        if number % 250 == 249:
            say(f"{number + 1} of {len(rows)} statements")
    for group in groups.values():
        for keys, consistent in _pairs(group):
            for key in keys:
                score.pairs[key] += 1
                score.pairs_right[key] += consistent
    return score


def outcome(verdicts: Sequence[Verdict]) -> str:
    """What a reader takes away: flagged, refuted (or told as hearsay), supported, or nothing."""
    if any(v.flagged for v in verdicts):
        return "flagged"
    if any(v.label in WRONG and v.claim.stance is not Stance.ASSERTED for v in verdicts):
        return "refuted"
    if any(v.label is Label.SUPPORTED for v in verdicts):
        return "supported"
    return "nothing"


def _wanted(row: dict[str, Any]) -> str:
    if row["verdict"] == "contradicted":
        return "flagged" if row["stance"] == "asserts" else "refuted"
    return "supported" if row["verdict"] == "supported" and row["stance"] == "asserts" else "nothing"


def _pairs(group: Sequence[tuple[dict[str, Any], str]]) -> Iterator[tuple[tuple[str, ...], bool]]:
    base = next(((row, got) for row, got in group if row["changed"] == "base"), None)
    if base is None:
        return
    for row, got in group:
        if row["changed"] != "base":
            should = _wanted(row) != _wanted(base[0])
            unseen = () if fitted_on(row["rule"]) else ("unseen",)
            yield ("all", row["lang"], row["changed"], *unseen), (got != base[1]) == should
