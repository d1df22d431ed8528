"""The pinned gate: what `checker eval` says of the gold articles, in the tests too."""

from __future__ import annotations

import json

from checker.evaluate.gate import gold_folder, run_gate


def test_the_gold_articles_are_judged_as_well_as_when_they_were_pinned(checker):
    outcome = run_gate(checker, update=False, allow_regression=False, errors=False, say=lambda _: None)
    assert outcome.passed, outcome.misses
    assert outcome.score.figures(None)["false flags on refuted"] == 0


def test_something_is_pinned():
    baseline = json.loads((gold_folder() / "baseline.json").read_text(encoding="utf-8"))
    assert set(baseline["floors"]) == {"all", "zh", "en"}
    assert all(floor > 0 for floors in baseline["floors"].values() for floor in floors.values())
