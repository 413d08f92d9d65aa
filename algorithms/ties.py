"""Choosing the best of several with ties broken at random: all that descents and repairs use their generator for."""

from __future__ import annotations

import numpy as np

from ..core import AnyArray


def argmax_random_ties(values: AnyArray, rng: np.random.Generator) -> int:
    """Index of the largest value; one of them at random where there are several. Values of any shape.

    Examples
    --------
    >>> argmax_random_ties(np.array([1.0, 3.0, 2.0]), np.random.default_rng(0))
    1
    """
    first = int(values.argmax())
    equal = np.flatnonzero(values == values[first])
    return first if equal.size < 2 else int(rng.choice(equal))
