"""A regression forest as plain numbers: grown by scikit-learn, kept as JSON, read without it."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import Float, MissingDependencyError

NUM_TREES = 60
#: Largest value of a leaf: logarithms of seconds, and shares.
MOST_VALUE = 100.0


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees as nodes ``(feature, threshold, left, right, value)``; a leaf has feature -1."""

    trees: Sequence[Sequence[tuple[int, float, int, int, float]]]

    def __call__(self, features: Sequence[float]) -> float:
        """Mean over trees of the value at the leaf."""
        return float(np.mean([_leaf(tree, features) for tree in self.trees]))

    def check(self, num_features: int) -> None:
        """Refuse trees that do not end, look at features that are not there, or hold no usable numbers.

        Raises
        ------
        ValueError
            With the tree.
        """
        if not self.trees:
            raise ValueError("a forest without trees")
        for number, tree in enumerate(self.trees):
            for at, (feature, threshold, left, right, value) in enumerate(tree):
                is_leaf = feature < 0
                is_sound = is_leaf or (at < left < len(tree) and at < right < len(tree) and feature < num_features)
                if not is_sound or not math.isfinite(threshold) or not abs(value) <= MOST_VALUE:
                    raise ValueError(f"tree {number}, node {at}")
            if not tree:
                raise ValueError(f"tree {number} is empty")

    def to_json(self) -> list[list[list[float]]]:
        """Each tree as a list of nodes (feature, threshold, left, right, value)."""
        return [[list(node) for node in tree] for tree in self.trees]

    @staticmethod
    def from_json(trees: Sequence[Sequence[Sequence[float]]]) -> Forest:
        """The forest of nodes that ``to_json`` gave."""
        return Forest([[(int(f), float(t), int(a), int(b), float(v)) for f, t, a, b, v in tree] for tree in trees])

    @staticmethod
    def constant(value: float) -> Forest:
        """The forest that always says so."""
        return Forest([[(-1, 0.0, -1, -1, value)]])


def grow(features: npt.ArrayLike, values: npt.ArrayLike, *, seed: int) -> Forest:
    """A forest fitted to values; a constant where there are fewer than three.

    ``features`` has shape (rows, columns), ``values`` (rows,).

    Raises
    ------
    MissingDependencyError
        scikit-learn is not installed.
    """
    X, y = np.asarray(features, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if len(y) < 3 or np.ptp(y) == 0:
        return Forest.constant(float(y.mean()) if len(y) else 0.0)
    try:
        ensemble: Any = importlib.import_module("sklearn.ensemble")
    except ImportError:
        raise MissingDependencyError("scikit-learn", "portfolio") from None
    # float32 is what its trees compare with, so thresholds and features are compared in it here too
    fitted = ensemble.RandomForestRegressor(NUM_TREES, min_samples_leaf=2, random_state=seed).fit(X, y)
    return Forest([_nodes(tree.tree_) for tree in fitted.estimators_])


def _nodes(tree: Any) -> list[tuple[int, float, int, int, float]]:
    values = tree.value.reshape(tree.node_count, -1)[:, 0].tolist()
    told: Mapping[str, list[Any]] = {
        "feature": tree.feature.tolist(),
        "threshold": tree.threshold.tolist(),
        "left": tree.children_left.tolist(),
        "right": tree.children_right.tolist(),
    }
    return [
        (max(f, -1), t, left, right, v)
        for f, t, left, right, v in zip(
            told["feature"], told["threshold"], told["left"], told["right"], values, strict=True
        )
    ]


def _leaf(tree: Sequence[tuple[int, float, int, int, float]], features: Sequence[float] | Float) -> float:
    at = 0
    while tree[at][0] >= 0:
        feature, threshold, left, right, _ = tree[at]
        at = left if float(np.float32(features[feature])) <= threshold else right
    return tree[at][4]
