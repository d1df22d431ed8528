"""The pinned gate: figures on our gold articles may not fall below their floors, and the corpus may not change unpinned."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checker.evaluate.score import Score, add_report, labelled_article, read_labelled
from checker.pipeline import Checker
from checker.types import CheckerError

#: Figures with a floor, per language.
PINNED = ("precision", "recall", "recall ruled", "refuted seen", "label accuracy", "stance accuracy")
#: A floor may be missed by this much before it counts: one statement of a few hundred.
_SLACK = 0.004


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gate found."""

    score: Score
    misses: tuple[str, ...]
    notes: tuple[str, ...]
    errors: bool

    @property
    def passed(self) -> bool:
        return not self.misses

    def render(self, format_: str) -> str:
        """The figures, then what misses its floor."""
        if format_ == "json":
            return (
                json.dumps(
                    {
                        "passed": self.passed,
                        "misses": self.misses,
                        "notes": self.notes,
                        "figures": json.loads(self.score.render("json")),
                    },
                    ensure_ascii=False,
                    indent=2,
                )
                + "\n"
            )
        lines = [
            self.score.render("text", self.errors),
            *self.notes,
            *self.misses,
            "passed" if self.passed else "FAILED",
        ]
        return "\n".join(lines) + "\n"


def gold_folder() -> Path:
    """corpora/gold of the source checkout (or of the folder we are in).

    Raises:
        CheckerError: there is none: the corpora are not part of an installed package.
    """
    for root in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (root / "corpora" / "gold").is_dir():
            return root / "corpora" / "gold"
    raise CheckerError("corpora/gold is not here: run this in a source checkout, or name a FILE")


def run_gate(
    checker: Checker, update: bool, allow_regression: bool, errors: bool, say: Callable[[str], None]
) -> Outcome:
    """Score the gold articles against `baseline.json`; with `update` pin what was reached."""
    folder = gold_folder()
    files = sorted(folder.glob("*.jsonl"))
    score = Score()
    for path in files:
        say(f"{path.name} ...")
        for row in read_labelled(path):
            add_report(score, row, checker.check(labelled_article(row)))
    baseline_path = folder / "baseline.json"
    baseline: dict[str, Any] = (
        json.loads(baseline_path.read_text(encoding="utf-8")) if baseline_path.exists() else {"floors": {}}
    )
    digest = hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()
    figures = {lang: score.figures(None if lang == "all" else lang) for lang in ("all", "zh", "en")}
    notes: list[str] = []
    worst = baseline.get("false flags on refuted")
    if update:
        floors, notes = _raise_floors(baseline["floors"], figures, allow_regression)
        data = {
            "corpus": digest,
            "articles": score.articles,
            "statements": len(score.statements),
            "false flags on refuted": int(figures["all"]["false flags on refuted"]),
            "floors": floors,
        }
        if worst is not None and not allow_regression:
            data["false flags on refuted"] = min(worst, data["false flags on refuted"])
        baseline = data
        baseline_path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    misses: list[str] = []
    for lang, floors in baseline["floors"].items():
        for name, floor in floors.items():
            if figures[lang][name] < floor - _SLACK:
                misses.append(f"{lang} {name}: {figures[lang][name]:.3f} is under the floor {floor:.3f}")
    worst = baseline.get("false flags on refuted")
    if worst is not None and figures["all"]["false flags on refuted"] > worst:
        misses.append(
            f"false flags on refuted statements: {figures['all']['false flags on refuted']:.0f}, allowed {worst}"
        )
    if baseline.get("corpus") not in (None, digest) and not update:
        misses.append("the gold corpus has changed: look at the figures and pin it with --update")
    return Outcome(score, tuple(misses), tuple(notes), errors)


def _raise_floors(
    old: dict[str, dict[str, float]], figures: dict[str, dict[str, float]], lower: bool
) -> tuple[dict[str, dict[str, float]], list[str]]:
    floors: dict[str, dict[str, float]] = {}
    notes = []
    for lang, row in figures.items():
        floors[lang] = {}
        for name in PINNED:
            reached, before = round(row[name], 3), old.get(lang, {}).get(name)
            keep = before is not None and reached < before and not lower
            floors[lang][name] = before if keep and before is not None else reached
            if before is not None and reached < before:
                notes.append(
                    f"{lang} {name}: reached {reached:.3f}, floor {'kept at' if keep else 'LOWERED from'} {before:.3f}"
                )
    return floors, notes
