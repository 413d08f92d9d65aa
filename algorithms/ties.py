"""Choosing the best of several with ties broken at random: all that descents and repairs use their generator for."""

from __future__ import annotations

import numpy as np

from ..core import AnyArray


def best_index(values: AnyArray, rng: np.random.Generator) -> int:
    """Index of the largest value; one of them at random where there are several.

    Examples
    --------
    >>> best_index(np.array([1.0, 3.0, 2.0]), np.random.default_rng(0))
    1
    """
    first = int(values.argmax())
    equal = np.flatnonzero(values == values[first])
    return first if equal.size < 2 else int(rng.choice(equal))


def least_step(values: AnyArray) -> float:
    """How much better a move must be to count: half a unit for integers, else a share of the values' size."""
    if not values.size or (values % 1 == 0).all():
        return 0.5
    return float(1e-9 * max(1.0, np.abs(values).sum()))
