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
class _Tree:
    feature: Any  # int, -1 at a leaf
    threshold: Any
    missing_left: Any
    left: Any
    right: Any
    value: Any


class Weigher:
    """Probabilities that a rule version is silent on, supports or contradicts a claim."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.names: tuple[str, ...] = tuple(data["names"])
        self.thresholds: Mapping[str, float] = data["thresholds"]
        self._base = np.array(data["base"], dtype=np.float64)
        self._slope, self._intercept = (
            np.array(part, dtype=np.float64) for part in data["calibration"]
        )  # (3, 3), (3,)
        self._rounds = [
            [
                _Tree(
                    np.array(t["f"]),
                    np.array(t["t"], dtype=np.float64),
                    np.array(t["m"], dtype=bool),
                    np.array(t["l"]),
                    np.array(t["r"]),
                    np.array(t["v"], dtype=np.float64),
                )
                for t in round_
            ]
            for round_ in data["trees"]
        ]

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
        raw = np.tile(self._base, (len(x), 1))
        for trees in self._rounds:
            for k, tree in enumerate(trees):
                raw[:, k] += _apply(tree, x)
        scaled = raw @ self._slope.T + self._intercept
        scaled -= scaled.max(axis=1, keepdims=True)
        weights = np.exp(scaled)
        return weights / weights.sum(axis=1, keepdims=True)


def _apply(tree: _Tree, x: Any) -> Any:
    """Leaf values of all rows at once."""
    node = np.zeros(len(x), dtype=np.int64)
    while True:
        feature = tree.feature[node]
        inner = feature >= 0
        if not inner.any():
            return tree.value[node]
        value = x[np.arange(len(x)), np.where(inner, feature, 0)]
        nan = np.isnan(value)
        left = np.where(nan, tree.missing_left[node], value <= tree.threshold[node])
        node = np.where(inner, np.where(left, tree.left[node], tree.right[node]), node)


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
