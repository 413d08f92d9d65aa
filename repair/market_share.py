"""Market share: every completed point is feasible; better ones by flipping one or two retailers.

The descent is on the true objective for both formulations: the cost of the squares form is a surrogate, and lowering
it may raise the deviations that count.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..algorithms.ties import argmax_random_ties
from ..core import Bits, Clock, Float
from ..core.margins import min_improvement
from ..problems.market_share import MarketShare, MarketShareDeviations
from ..problems.market_share_squares import MarketShareSquares
from .dispatch import improve, over, repair

#: Most numbers held at once while pairs of flips are tried.
_CHUNK = 4_000_000


@repair.register
def repair_market_share(
    formulation: MarketShareDeviations | MarketShareSquares, x: Bits, rng: np.random.Generator
) -> Bits:
    """The point with its deviation bits set to their best values; there is nothing else to repair.

    x and the answer have shape (n,).
    """
    return np.asarray(formulation.complete(np.asarray(x, dtype=np.uint8)[None])[0])


@improve.register
def improve_market_share(
    formulation: MarketShareDeviations | MarketShareSquares,
    x: Bits,
    rng: np.random.Generator,
    clock: Clock | None = None,
) -> Bits:
    """Best flip of one retailer, or of two where one does not help, until the summed deviation is a local minimum.

    x and the answer have shape (n,).
    """
    problem = formulation.problem
    split = formulation.decode(x)
    assert split is not None
    return formulation.encode(descend(problem, split.astype(np.uint8), rng, clock).astype(np.int64))


def descend(problem: MarketShare, x: Bits, rng: np.random.Generator, clock: Clock | None = None) -> Bits:
    """Local minimum of the summed deviation under one and two flips, from x of shape (n,)."""
    demands = problem.demands.astype(np.float64)
    least = min_improvement(np.concatenate([demands.ravel(), problem.targets.ravel()]))
    x = np.array(x, dtype=np.uint8)
    n = x.size
    is_over = over(clock)
    while n and not is_over():
        residual = demands @ x - problem.targets
        steps = demands * (1.0 - 2.0 * x)
        current = float(np.abs(residual).sum())
        single = np.abs(residual[:, None] + steps).sum(axis=0)
        j = argmax_random_ties(-single, rng)
        if single[j] <= current - least:
            x[j] ^= 1
            continue
        value, pair = _best_pair(residual, steps, rng, is_over)
        if value > current - least:
            break
        x[list(pair)] ^= 1
    return x


def _best_pair(
    residual: Float, steps: Float, rng: np.random.Generator, is_over: Callable[[], bool]
) -> tuple[float, tuple[int, int]]:
    """Least summed deviation after two different flips, and the pair."""
    m, n = steps.shape
    best, pair = np.inf, (0, 0)
    rows = max(1, _CHUNK // max(1, m * n))
    for first in range(0, n, rows):
        if is_over():
            break
        block = np.arange(first, min(n, first + rows))
        after = residual[:, None, None] + steps[:, block, None] + steps[:, None, :]
        values = np.abs(after).sum(axis=0)
        values[np.arange(block.size), block] = np.inf
        k = argmax_random_ties(-values.ravel(), rng)
        if values.flat[k] < best:
            best, pair = float(values.flat[k]), (int(block[k // n]), int(k % n))
    return best, pair
