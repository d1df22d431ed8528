"""Fits the weigher: python -m checker.evaluate.fit [--out FILE] [labelled.jsonl ...]

Rows are (claim, rule version) pairs with the relation known: example sentences of the rules, each withheld from its own
comparison, contrast statements, and labelled articles run through the real pipeline. Folds are grouped by rule, so that
every figure printed is for rules the trees have not seen. Examples and phrasings are hidden from part of the rows, because a new
rule pack may have none. Thresholds are given: what they cost in precision and recall shows on whole articles only.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from checker.evaluate.contrast import fitted_on
from checker.ingest import article_from_text
from checker.judge.assess import Candidate, Compared, compare, entail
from checker.judge.features import NAMES, RuleSides
from checker.judge.weigh import CLASSES, export
from checker.pipeline import Checker, Query, make_checker, version_for
from checker.types import Example, Relation, Rule

OUT = Path(__file__).parents[1] / "judge" / "weigher.json"
#: Share of rows whose rule is compared without its examples.
_BARE = 0.35
#: Share of rows without the entailer's word, as where it is not installed; and how many rules of a claim it reads here.
_UNREAD, _READ = 0.15, 4
#: A sentence written on its own weighs less than one out of an article: that is what will be asked.
_ALONE = 0.4
_FOLDS = 5
_BINS = 10
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


@dataclass(frozen=True, slots=True)
class _Told:
    """A sentence whose relation to a rule is known; `example` where it is one of the rule's own."""

    rule: Rule
    text: str
    relation: Relation
    lang: str
    day: date
    example: Example | None = None


def examples(checker: Checker) -> Iterator[_Told]:
    """Example sentences of the rules."""
    for rule in checker.book.rules:
        for e in rule.examples:
            yield _Told(rule, e.text, e.relation, e.lang, e.on or checker.today, e)


def held_out(checker: Checker, sentences: Iterable[Sequence[Any]]) -> Iterator[_Told]:
    """Sentences that the entailer was not trained on (`held.json` of train_entailer)."""
    rows = {v.row or r.id: (r, v) for r in checker.book.rules for v in r.versions}
    own = {(r.id, e.text): e for r in checker.book.rules for e in r.examples}
    for row, lang, text, kind in sentences:
        rule, version = rows[row]
        example = own.get((rule.id, text))
        day = example.on if example else version.start if version.end and version.end <= checker.today else None
        yield _Told(rule, text, CLASSES[kind], lang, day or checker.today, example)


def contrasts(checker: Checker, statements: Iterable[Mapping[str, Any]]) -> Iterator[_Told]:
    """Asserted contrast statements of the rules to be fitted on; the others test. Places are not weighed but ruled out."""
    relations = {
        "supported": Relation.SUPPORTS,
        "contradicted": Relation.CONTRADICTS,
        "not-covered": Relation.SILENT,
    }
    rules = {r.id: r for r in checker.book.rules}
    for s in statements:
        if s["stance"] == "asserts" and s["changed"] != "place" and s["rule"] in rules and fitted_on(s["rule"]):
            yield _Told(rules[s["rule"]], s["text"], relations[s["verdict"]], s["lang"][:2], checker.today)


def told_rows(checker: Checker, told: Iterable[_Told], dice: random.Random) -> Iterator[Row]:
    """Each sentence against its own rule and against rules near to it."""
    for number, one in enumerate(told):
        queries = checker.queries(article_from_text(one.text), one.day)
        if not queries:
            continue
        query = max(queries, key=lambda q: len(q.claim.span))
        found = checker.candidates(query, one.example)
        own = next((c for c in found if c.rule.id == one.rule.id), None)
        if own is None:
            continue
        version = version_for(one.rule, one.day)
        sides = own.sides[version]
        kept = [replace(own, sides={version: _even(sides, one.example, dice) if one.example else sides})]
        for other in [c for c in found if c.rule.id != one.rule.id][:3]:
            current = version_for(other.rule, one.day)
            kept.append(replace(other, sides={current: other.sides[current]}))
        for row in _rows(checker, query, kept, dice):
            itself = row.rule.id == one.rule.id
            relation = one.relation if itself else Relation.SILENT
            yield Row(row.values, relation, one.rule.id, _ALONE * (1.0 if itself else 0.5), False, one.lang)
        if number % 250 == 249:
            _say(f"{number + 1} sentences")


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
    from checker.evaluate.score import labelled_article, locate, meets

    for data in labelled:
        article = labelled_article(data)
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
        shown.append(
            replace(c, sides={v: replace(s, examples=(), phrasings={}) if bare else s for v, s in c.sides.items()})
        )
    compared = compare(query.side, shown, checker.book.index.idf_of)
    first = {c.rule.id for c in shown[:_READ]}
    near = [i for i, c in enumerate(compared) if c.rule.id in first]
    if checker.entailer is None or not near or dice.random() < _UNREAD:
        return compared
    rows = entail(compared, near, query.reading, query.side.chinese, checker.entailer)
    for i, values in zip(near, rows, strict=True):
        compared[i] = replace(compared[i], values=values)
    return compared


def fit(rows: Sequence[Row], thresholds: Mapping[str, float]) -> dict[str, Any]:
    """The weigher as plain data, calibrated on held-out folds; prints the figures."""
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
    data["thresholds"] = dict(thresholds)
    _report(rows, y, weight, probabilities)
    data["reliability"] = _reliability(rows, y, weight, probabilities)
    return data


def _reliability(rows: Sequence[Row], y: Any, weight: Any, probabilities: Any) -> dict[str, Any]:
    """How often what was given a probability came true, on held-out folds, by language: bins and expected error."""
    lang = np.array([r.lang for r in rows])
    found: dict[str, Any] = {}
    for name in ("zh", "en"):
        p = probabilities[lang == name][:, 1:].ravel()
        true = (y[lang == name][:, None] == np.array([1, 2])).ravel().astype(float)
        w = np.repeat(weight[lang == name], 2)
        bins = np.minimum((p * _BINS).astype(int), _BINS - 1)
        table = [
            [round(float(np.average(v[bins == b], weights=w[bins == b])), 4) for v in (p, true)]
            + [int((bins == b).sum())]
            for b in range(_BINS)
            if (bins == b).any()
        ]
        share = [float(w[bins == b].sum() / w.sum()) for b in range(_BINS) if (bins == b).any()]
        error = sum(part * abs(said - came) for part, (said, came, _) in zip(share, table, strict=True))
        found[name] = {"bins": table, "expected error": round(error, 4)}
        _say(f"{name}: expected calibration error {error:.3f}; said, came true, rows: {table}")
    return found


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
    from checker.evaluate.contrast import read_contrasts
    from checker.evaluate.score import read_labelled

    parser = argparse.ArgumentParser(description="Fit the weigher on rule examples and labelled articles.")
    parser.add_argument("labelled", nargs="*", type=Path)
    parser.add_argument("--contrast", nargs="*", type=Path, default=[], help="contrast statements (corpora/contrast)")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--contradicts", type=float, default=0.6, help="probability from which a rule contradicts")
    parser.add_argument("--unnamed", type=float, default=0.75, help="the same where no comparison names the difference")
    parser.add_argument("--supports", type=float, default=0.3, help="probability from which a rule supports")
    parser.add_argument("--today", type=date.fromisoformat, default=None)
    parser.add_argument(
        "--held",
        type=Path,
        help="held.json of train_entailer: sentences the entailer was not trained on, instead of all examples",
    )
    parser.add_argument("--encoder", help="another sentence encoder, as for checker check")
    parser.add_argument("--entailer", help="another NLI cross-encoder")
    parser.add_argument("--rows", type=Path, help="keep the rows here (npz) for experiments")
    options = parser.parse_args(arguments)
    checker = make_checker(today=options.today, encoder=options.encoder, entailer=options.entailer)
    dice = random.Random(0)
    if options.held:
        told = held_out(checker, json.loads(options.held.read_text(encoding="utf-8")))
    else:
        told = examples(checker)
    rows = list(told_rows(checker, told, dice))
    for path in options.contrast:
        rows += told_rows(checker, contrasts(checker, read_contrasts(path)), dice)
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
    data = fit(
        rows,
        {
            "contradicts": options.contradicts,
            "unnamed": options.unnamed,
            "supports": options.supports,
            "related": 0.5,
            "lead": 0.3,
        },
    )
    options.out.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    _say(f"{options.out}: {options.out.stat().st_size:,} bytes, thresholds {data['thresholds']}")


if __name__ == "__main__":
    main()
