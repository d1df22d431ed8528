"""Fits the weigher: python -m checker.evaluate.fit [--out FILE] [labelled.jsonl ...]

Rows are (claim, rule version) pairs with the relation known: the example sentences of the rules, each withheld from its own
comparison, and labelled articles run through the real pipeline. Folds are grouped by rule, so that every figure printed is
for rules the trees have not seen. Examples are hidden from part of the rows, because a new rule pack may have none.
Thresholds are the lowest that reach the wanted precision on the held-out rows of labelled articles.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from checker.ingest import article_from_json, article_from_text
from checker.judge.assess import Candidate, Compared, compare
from checker.judge.features import NAMES, RuleSides
from checker.judge.weigh import CLASSES, export
from checker.pipeline import Checker, Query, make_checker, version_for
from checker.types import Example, Relation, Rule

OUT = Path(__file__).parents[1] / "judge" / "weigher.json"
#: Share of rows whose rule is compared without its examples.
_BARE = 0.35
_FOLDS = 5
_TREES: dict[str, Any] = {
    "max_iter": 220,
    "learning_rate": 0.05,
    "max_leaf_nodes": 10,
    "l2_regularization": 10.0,
    "min_samples_leaf": 40,
    "max_features": 0.5,
    "random_state": 0,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A training pair. `natural` rows come from articles, the others from example sentences."""

    values: tuple[float, ...]
    relation: Relation
    rule: str
    weight: float
    natural: bool
    lang: str


def example_rows(checker: Checker, rules: Sequence[Rule], dice: random.Random) -> Iterator[Row]:
    """Every example sentence against its own rule and against rules near to it."""
    for number, rule in enumerate(rules):
        for example in rule.examples:
            day = example.on or checker.today
            queries = checker.queries(article_from_text(example.text), day)
            if not queries:
                continue
            query = max(queries, key=lambda q: len(q.claim.span))
            found = checker.candidates(query, example)
            own = next((c for c in found if c.rule.id == rule.id), None)
            if own is None:
                continue
            version = version_for(rule, day)
            kept = [replace(own, sides={version: _even(own.sides[version], example, dice)})]
            for other in [c for c in found if c.rule.id != rule.id][:3]:
                current = version_for(other.rule, day)
                kept.append(replace(other, sides={current: other.sides[current]}))
            for row in _rows(checker, query, kept, dice):
                relation = example.relation if row.rule.id == rule.id else Relation.SILENT
                yield Row(row.values, relation, rule.id, 1.0 if row.rule.id == rule.id else 0.7, False, example.lang)
        if number % 25 == 24:
            _say(f"{number + 1}/{len(rules)} rules")


def _even(sides: RuleSides, withheld: Example, dice: random.Random) -> RuleSides:
    """Hide one example of every relation, not only the one withheld: how many are left must not tell which it was."""
    kept = list(sides.examples)
    for relation in Relation:
        if relation is not withheld.relation:
            same = [pair for pair in kept if pair[0] is relation]
            if same:
                kept.remove(dice.choice(same))
    return replace(sides, examples=tuple(kept))


def article_rows(checker: Checker, labelled: Iterable[dict[str, Any]], dice: random.Random) -> Iterator[Row]:
    """Claims of labelled articles against every candidate rule."""
    from checker.evaluate.score import locate, meets

    for data in labelled:
        article = article_from_json({k: data.get(k) for k in ("id", "url", "title", "published", "lang", "text")})
        day = article.published or checker.today
        spans = [(locate(article.text, c["span"]), c) for c in data["claims"]]
        for query in checker.queries(article, day):
            met = [c for where, c in spans if where is not None and meets(where, query.claim.span)]
            found = checker.candidates(query)
            kept = [
                replace(c, sides={v: s for v, s in c.sides.items() if v == version_for(c.rule, day)}) for c in found
            ]
            for row in _rows(checker, query, kept, dice):
                relation, weight = _known(row.rule, met)
                if weight:
                    yield Row(row.values, relation, row.rule.id, weight, True, query.claim.lang)


def _known(rule: Rule, claims: Sequence[dict[str, Any]]) -> tuple[Relation, float]:
    """The relation of a rule to a labelled statement, and how sure that is.

    Text that nobody labelled decides nothing; what a statement's deciding rules do not include may still bear on it.
    """
    if not claims:
        return Relation.SILENT, 0.5
    names = {rule.id, *(v.row for v in rule.versions)}
    for claim in claims:
        if names & set(claim.get("rule_ids") or ()):
            verdict = claim["verdict"]
            if claim.get("disputed") or verdict in ("misleading", "not-covered", "outdated"):
                return Relation.SILENT, 0.0
            return (Relation.CONTRADICTS, 1.5) if verdict == "contradicted" else (Relation.SUPPORTS, 1.0)
    if all(c["verdict"] == "not-covered" for c in claims):
        return Relation.SILENT, 1.0
    return Relation.SILENT, 0.3


def _rows(checker: Checker, query: Query, candidates: Sequence[Candidate], dice: random.Random) -> list[Compared]:
    shown = []
    for c in candidates:
        bare = dice.random() < _BARE
        shown.append(replace(c, sides={v: replace(s, examples=()) if bare else s for v, s in c.sides.items()}))
    return compare(query.side, shown, checker.book.index.idf_of)


def fit(rows: Sequence[Row], precision: float) -> dict[str, Any]:
    """The weigher as plain data, with calibration and thresholds from held-out folds; prints the figures."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    x = np.array([r.values for r in rows])
    y = np.array([CLASSES.index(r.relation) for r in rows])
    weight = np.array([r.weight for r in rows])
    groups = np.array([r.rule for r in rows])
    raw = np.zeros((len(rows), len(CLASSES)))
    for train, test in GroupKFold(_FOLDS).split(x, y, groups):
        model = HistGradientBoostingClassifier(**_TREES).fit(x[train], y[train], weight[train])
        raw[test] = model._raw_predict(x[test])
    calibration = LogisticRegression(C=1.0, max_iter=1000).fit(raw, y, weight)
    data = export(HistGradientBoostingClassifier(**_TREES).fit(x, y, weight), NAMES)
    data["calibration"] = [calibration.coef_.tolist(), calibration.intercept_.tolist()]
    probabilities = calibration.predict_proba(raw)
    data["thresholds"] = _thresholds(rows, y, weight, probabilities, precision)
    _report(rows, y, weight, probabilities)
    return data


def _thresholds(rows: Sequence[Row], y: Any, weight: Any, probabilities: Any, precision: float) -> dict[str, float]:
    natural = np.array([r.natural for r in rows])
    found = {}
    for name, k, wanted in (("contradicts", 2, precision), ("supports", 1, 0.6)):
        p, good, w = probabilities[natural, k], (y == k)[natural], weight[natural]
        order = np.argsort(-p)
        share = np.cumsum(w[order] * good[order]) / np.cumsum(w[order])
        reached = np.flatnonzero(share >= wanted)
        found[name] = round(float(p[order][reached[-1]]), 3) if len(reached) else 0.9
    return {**found, "related": 0.5, "lead": 0.1}


def _report(rows: Sequence[Row], y: Any, weight: Any, probabilities: Any) -> None:
    from sklearn.metrics import roc_auc_score

    lang = np.array([r.lang for r in rows])
    natural = np.array([r.natural for r in rows])
    for name, mask in (
        ("examples zh", ~natural & (lang == "zh")),
        ("examples en", ~natural & (lang == "en")),
        ("articles zh", natural & (lang == "zh")),
        ("articles en", natural & (lang == "en")),
    ):
        decided = mask & (y > 0)
        if not decided.any():
            continue
        ratio = probabilities[:, 2] / (probabilities[:, 1] + probabilities[:, 2])
        p, good, w = probabilities[mask, 2], (y == 2)[mask], weight[mask]
        order = np.argsort(-p)
        share = np.cumsum(w[order] * good[order]) / np.cumsum(w[order])
        recall = {
            wanted: float((good[order][: np.flatnonzero(share >= wanted)[-1] + 1]).sum() / good.sum())
            if (share >= wanted).any()
            else 0.0
            for wanted in (0.95, 0.9, 0.8)
        }
        _say(
            f"{name}: rows {mask.sum()}, contradicts {int((y[mask] == 2).sum())}, AUC against supports {roc_auc_score(y[decided] == 2, ratio[decided]):.3f}, AUC against all {roc_auc_score(y[mask] == 2, probabilities[mask, 2]):.3f}, "
            + ", ".join(f"recall at precision {k}: {v:.2f}" for k, v in recall.items())
        )


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module docstring."""
    from checker.evaluate.score import read_labelled

    parser = argparse.ArgumentParser(description="Fit the weigher on rule examples and labelled articles.")
    parser.add_argument("labelled", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--precision", type=float, default=0.9)
    parser.add_argument("--today", type=date.fromisoformat, default=None)
    parser.add_argument("--rows", type=Path, help="keep the rows here (npz) for experiments")
    options = parser.parse_args(arguments)
    checker = make_checker(today=options.today)
    dice = random.Random(0)
    rows = list(example_rows(checker, list(checker.book.rules), dice))
    for path in options.labelled:
        rows += article_rows(checker, read_labelled(path), dice)
    if options.rows:
        np.savez(
            options.rows,
            x=[r.values for r in rows],
            y=[CLASSES.index(r.relation) for r in rows],
            w=[r.weight for r in rows],
            g=[r.rule for r in rows],
            n=[r.natural for r in rows],
            l=[r.lang for r in rows],
        )
    data = fit(rows, options.precision)
    options.out.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    _say(f"{options.out}: {options.out.stat().st_size:,} bytes, thresholds {data['thresholds']}")


if __name__ == "__main__":
    main()
