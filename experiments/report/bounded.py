"""Mean of values in 0..1 with an interval that holds its level at any number of runs, and runs for a wished precision.

A bootstrap of few runs promises too much (all runs at 1 give an interval of width 0); a bet against each candidate mean
does not. Limits: values must be independent draws of one distribution, such as instances of one generator.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ...core import Float
from ..metrics import Interval

#: Candidate means that are tried.
GRID = 1001
#: Most of the capital that a bet may risk.
RISK = 0.5


def bounded_mean(values: npt.ArrayLike, *, level: float = 0.95, seed: int = 0) -> Interval:
    """Mean of values in 0..1, with the means that a gambler's capital of ``1 / (1 - level)`` has not ruled out.

    For each candidate m, ``K+ = prod(1 + lambda_t (x_t - m))`` and ``K- = prod(1 - lambda_t (x_t - m))``, with
    lambda_t from the values before t; m stays while ``(K+ + K-) / 2 < 1 / (1 - level)``. Both are martingales under
    mean m, so by Ville's inequality the interval misses the mean with chance at most 1 - level, however many values.
    ``values`` has shape (n,).

    Raises
    ------
    ValueError
        A value lies outside 0..1.

    References
    ----------
    Waudby-Smith, Ramdas (2023), Estimating means of bounded random variables by betting, JRSS B, arXiv:2010.09686. The
    order of the values is drawn once, since rows come sorted.

    Examples
    --------
    >>> found = bounded_mean([1.0] * 20)
    >>> found.value, found.high, 0.6 < found.low < 0.9
    (1.0, 1.0, True)
    """
    x = np.asarray(values, dtype=np.float64)
    if not x.size:
        return Interval(math.nan, math.nan, math.nan)
    if x.min() < 0 or x.max() > 1:
        raise ValueError(f"values must lie in 0..1, got {x.min():g} to {x.max():g}")
    x = np.random.default_rng(seed).permutation(x)
    m = np.linspace(0.0, 1.0, GRID)
    up, down = np.zeros(GRID), np.zeros(GRID)
    with np.errstate(divide="ignore"):
        most_up, most_down = RISK / m, RISK / (1 - m)
        for bet, value in zip(_bets(x, level), x.tolist(), strict=True):
            up += np.log1p(np.minimum(bet, most_up) * (value - m))
            down += np.log1p(-np.minimum(bet, most_down) * (value - m))
    capital = np.logaddexp(up, down) - math.log(2)
    kept = m[capital < -math.log(1 - level)]
    mean = float(x.mean())
    step = 1 / (GRID - 1)  # the grid's own width is given away to the interval
    low, high = (float(kept.min()) - step, float(kept.max()) + step) if kept.size else (mean, mean)
    return Interval(mean, max(0.0, min(low, mean)), min(1.0, max(high, mean)))


def _bets(x: Float, level: float) -> Float:
    """``sqrt(2 ln(2 / alpha) / (n var_t))``, the variance of the values before each, with one made-up value at 1/2."""
    count = np.arange(1, len(x) + 1)
    before = np.concatenate([[0.5], (0.5 + np.cumsum(x)[:-1]) / count[1:]])
    spread = np.concatenate([[0.25], (0.25 + np.cumsum((x - before) ** 2)[:-1]) / count[1:]])
    bets: Float = np.sqrt(2 * math.log(2 / (1 - level)) / (len(x) * np.maximum(spread, 1e-6)))
    return bets


def runs_needed(precision: float, *, level: float = 0.95) -> int:
    """Independent runs after which a mean utility is within ``precision`` with chance ``level``, whatever its law.

    ``ln(2 / (1 - level)) / (2 precision^2)``, Hoeffding's inequality.

    Raises
    ------
    ValueError
        ``precision`` is not between 0 and 1.

    Examples
    --------
    >>> runs_needed(0.1), runs_needed(0.05)
    (185, 738)
    """
    if not 1e-6 <= precision < 1:
        raise ValueError(f"precision must be between 1e-6 and 1, got {precision!r}")
    return math.ceil(math.log(2 / (1 - level)) / (2 * precision**2))
