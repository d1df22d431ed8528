"""Features to calibrated probabilities: a small ensemble of regression trees, read from JSON.

The trees are fitted by `checker.evaluate.fit` with scikit-learn's histogram gradient boosting on the example sentences of the
rules (never by rule: folds are grouped by rule) and written out as plain numbers, so that nothing is unpickled and
scikit-learn is not loaded to use them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from checker.types import CheckerError, Relation

#: Order of the classes in the file and in every result.
CLASSES = (Relation.SILENT, Relation.SUPPORTS, Relation.CONTRADICTS)


@dataclass(frozen=True, slots=True)
class _Forest:
    """The nodes of all trees in one table, so that every row goes down every tree in the same few steps."""

    feature: Any  # int, -1 at a leaf
    threshold: Any
    missing_left: Any
    left: Any  # numbers of nodes in the table
    right: Any
    value: Any
    roots: Any  # (trees,)
    votes: Any  # (trees, classes): 1 where a tree speaks for a class


class Weigher:
    """Probabilities that a rule version is silent on, supports or contradicts a claim."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.names: tuple[str, ...] = tuple(data["names"])
        self.thresholds: Mapping[str, float] = data["thresholds"]
        self._base = np.array(data["base"], dtype=np.float64)
        self._slope, self._intercept = (
            np.array(part, dtype=np.float64) for part in data["calibration"]
        )  # (3, 3), (3,)
        self._forest = _plant(data["trees"])

    @classmethod
    def load(cls, path: Path) -> Weigher:
        """Read a weigher.

        Raises:
            CheckerError: missing or damaged file.
        """
        try:
            return cls(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError) as error:
            raise CheckerError(f"{path}: not a weigher ({error})") from error

    def probabilities(self, rows: Sequence[Sequence[float]]) -> Any:
        """Calibrated probabilities, shape (len(rows), 3), columns as in CLASSES, rows summing to 1."""
        if len(rows) == 0:
            return np.zeros((0, len(CLASSES)))
        x = np.array(rows, dtype=np.float64)
        raw = self._base + _leaves(self._forest, x) @ self._forest.votes
        scaled = raw @ self._slope.T + self._intercept
        scaled -= scaled.max(axis=1, keepdims=True)
        weights = np.exp(scaled)
        return weights / weights.sum(axis=1, keepdims=True)


def _plant(rounds: Sequence[Sequence[Mapping[str, Any]]]) -> _Forest:
    trees = [(k, tree) for round_ in rounds for k, tree in enumerate(round_)]
    sizes = [len(tree["f"]) for _, tree in trees]
    roots = np.cumsum([0, *sizes[:-1]])
    shift = np.repeat(roots, sizes)

    def together(key: str, kind: Any) -> Any:
        return np.concatenate([np.array(tree[key], dtype=kind) for _, tree in trees])

    return _Forest(
        together("f", np.int64),
        together("t", np.float64),
        together("m", bool),
        together("l", np.int64) + shift,
        together("r", np.int64) + shift,
        together("v", np.float64),
        roots,
        np.eye(len(CLASSES))[[k for k, _ in trees]],
    )


def _leaves(forest: _Forest, x: Any) -> Any:
    """The value of the leaf that each row of `x` reaches in each tree; shape (len(x), trees)."""
    node = np.tile(forest.roots, (len(x), 1))
    row = np.arange(len(x))[:, None]
    while True:
        feature = forest.feature[node]
        inner = feature >= 0
        if not inner.any():
            return forest.value[node]
        value = x[row, np.maximum(feature, 0)]
        left = np.where(np.isnan(value), forest.missing_left[node], value <= forest.threshold[node])
        node = np.where(inner, np.where(left, forest.left[node], forest.right[node]), node)


def export(model: Any, names: Sequence[str]) -> dict[str, Any]:
    """A fitted HistGradientBoostingClassifier (three classes, numeric features) as plain data."""
    rounds: list[list[dict[str, Any]]] = []
    for predictors in model._predictors:
        rounds.append([])
        for predictor in predictors:
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(bool)
            rounds[-1].append(
                {
                    "f": np.where(leaf, -1, nodes["feature_idx"]).tolist(),
                    "t": [
                        0.0 if is_leaf else float(t) if np.isfinite(t) else 1e30
                        for t, is_leaf in zip(nodes["num_threshold"], leaf, strict=True)
                    ],
                    "m": nodes["missing_go_to_left"].astype(int).tolist(),
                    "l": nodes["left"].astype(int).tolist(),
                    "r": nodes["right"].astype(int).tolist(),
                    "v": [round(float(v), 6) for v in nodes["value"]],
                }
            )
    return {"names": list(names), "base": model._baseline_prediction.ravel().tolist(), "trees": rounds}
