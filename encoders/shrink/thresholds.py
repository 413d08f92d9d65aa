"""Which correlations are strong enough to merge on: seven rules on the absolute values of the candidates.

Relative rules never exclude the strongest candidate; ``decay`` is absolute and may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np

from ...core.arrays import Float

ThresholdRule = Literal["proportional", "mean", "median", "quantile", "clustering", "decay", "none"]

#: Start and factor of the decaying threshold (authors' code of arXiv:2506.14250).
_DECAY_START, _DECAY = 0.8, 0.9
#: Share or quantile where none is given.
DEFAULT_LEVEL = 0.8


def threshold(rule: ThresholdRule, strengths: Float, *, level: float = DEFAULT_LEVEL, step: int = 0) -> float:
    """Least absolute correlation to merge on, of candidates with these absolute values, shape (p,).

    ``proportional``: level times the largest; ``mean``; ``median``; ``quantile``: of order ``level``; ``clustering``:
    mean of the two centres of 2-means; ``decay``: ``0.8 * 0.9**step``; ``none``: 0. No candidates: 0.

    References
    ----------
    The rules of the authors' code of arXiv:2506.14250; there the value is computed and not applied.

    Examples
    --------
    >>> strengths = np.array([0.1, 0.2, 0.9, 1.0])
    >>> [round(threshold(rule, strengths), 3) for rule in ("proportional", "mean", "clustering", "decay")]
    [0.8, 0.55, 0.55, 0.8]
    """
    if not strengths.size:
        return 0.0
    return float(_RULES[rule](strengths, level, step))


def _two_means(strengths: Float) -> float:
    """Mean of the centres of the best split of sorted values into two groups: exact, so that no seed is needed."""
    v = np.sort(strengths)
    if v[0] == v[-1]:
        return float(v[0])
    count = np.arange(1, v.size)
    total, square = np.cumsum(v), np.cumsum(v**2)
    left, right = total[:-1] / count, (total[-1] - total[:-1]) / (v.size - count)
    spread = square[-1] - count * left**2 - (v.size - count) * right**2
    best = int(np.argmin(spread))
    return float(left[best] + right[best]) / 2.0


_RULES: Mapping[ThresholdRule, Callable[[Float, float, int], float]] = MappingProxyType(
    {
        "proportional": lambda strengths, level, step: level * float(strengths.max()),
        "mean": lambda strengths, level, step: float(strengths.mean()),
        "median": lambda strengths, level, step: float(np.median(strengths)),
        "quantile": lambda strengths, level, step: float(np.quantile(strengths, level)),
        "clustering": lambda strengths, level, step: _two_means(strengths),
        "decay": lambda strengths, level, step: _DECAY_START * _DECAY**step,
        "none": lambda strengths, level, step: 0.0,
    }
)
