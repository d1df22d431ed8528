"""The gold articles: spans verbatim, rules that exist, labels that are legal, and enough of each."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from checker.evaluate.score import read_labelled
from checker.rulebook import load_rules

CORPORA = Path(__file__).parents[1] / "corpora"
GOLD = sorted((CORPORA / "gold").glob("*.jsonl"))
TRAINING = sorted((CORPORA / "training").glob("*.jsonl"))
KINDS = {"false-assertion", "debunk", "correct", "outdated", "local", "off-topic", "mixed"}


@pytest.fixture(scope="module")
def rows():
    return {v.row for r in load_rules(()) for v in r.versions} | {r.id for r in load_rules(())}


@pytest.mark.parametrize("path", [*GOLD, *TRAINING], ids=lambda p: p.stem)
def test_labels_are_legal(path, rows):
    seen = set()
    for article in read_labelled(path):
        assert article["id"] not in seen
        seen.add(article["id"])
        assert article["kind"] in KINDS
        assert article["lang"] in {"zh-Hans", "zh-Hant", "en"}
        for claim in article["claims"]:
            assert article["text"].count(claim["span"]) == 1, (article["id"], claim["span"])
            assert set(claim["rule_ids"]) <= rows, (article["id"], claim["rule_ids"])
            if claim["verdict"] in ("contradicted", "outdated"):
                assert claim["rule_ids"], (article["id"], claim["span"])


def test_there_are_enough_statements():
    count = Counter()
    for path in GOLD:
        for line in path.read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            count["all"] += len(article["claims"])
            count[article["lang"]] += len(article["claims"])
    assert count["all"] >= 600
    assert count["en"] >= 200
    assert count["zh-Hant"] >= 60


def test_contrast_statements_are_legal(rows):
    from checker.evaluate.contrast import contrast_files, read_contrasts

    groups, texts, count = {}, set(), 0
    for path in contrast_files():
        for row in read_contrasts(path):
            count += 1
            assert row["rule"] in rows
            assert row["lang"] in {"zh-Hans", "zh-Hant", "en"}
            assert row["stance"] in {"asserts", "refutes"}
            assert row["verdict"] in {"supported", "contradicted", "not-covered"}
            assert row["text"] not in texts, row["text"]
            texts.add(row["text"])
            groups.setdefault(row["group"], []).append(row)
    assert count >= 2000
    for name, group in groups.items():
        assert sum(row["changed"] == "base" for row in group) == 1, name
        assert len({row["rule"] for row in group}) == 1, name
