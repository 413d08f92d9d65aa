"""Greedy rules of the kinds that choose items: knapsacks and market share."""

from __future__ import annotations

import numpy as np

from ....core import Solution
from ....core.margins import ROUNDING, row_tolerances
from ....problems.market_share import MarketShare
from ....problems.mdkp import Mdkp
from ....problems.multi_knapsack import MultiKnapsack
from .default import construct


@construct.register
def construct_mdkp(problem: Mdkp) -> Solution:
    """Items by falling pseudo-utility ``p_j / sum_i w_ij / c_i``, each taken where it still fits.

    Examples
    --------
    >>> construct(Mdkp([6, 5, 4], [[3, 2, 2]], [4])).tolist()
    [0, 1, 1]
    """
    weights = np.asarray(problem.weights, dtype=np.float64)
    left = np.array(problem.capacities, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(weights > 0, weights / left[:, None], 0.0).sum(axis=0)
        utility = problem.profits / share  # items without weight: infinite, so they come first
    chosen = np.zeros(problem.profits.size, dtype=np.int64)
    # half the tolerance of decimal rows, so that what was added one by one also passes the sum in another order
    room = left + 0.5 * row_tolerances(problem.weights, upper=left)
    for j in np.argsort(-utility, kind="stable").tolist():
        if problem.profits[j] > 0 and (weights[:, j] <= room).all():
            chosen[j] = 1
            room -= weights[:, j]
    return chosen


@construct.register
def construct_market_share(problem: MarketShare) -> Solution:
    """Steepest 1-flip descent of the summed deviations from an empty division.

    Examples
    --------
    >>> construct(MarketShare([[3, 5, 2]], [5])).tolist()
    [0, 1, 0]
    """
    demands = np.asarray(problem.demands, dtype=np.float64)
    chosen = np.zeros(demands.shape[1], dtype=np.int64)
    deviation = -np.asarray(problem.targets, dtype=np.float64)
    while chosen.size:
        direction = 1 - 2 * chosen
        change = np.abs(deviation[:, None] + demands * direction).sum(axis=0) - np.abs(deviation).sum()
        j = int(change.argmin())
        if change[j] > -ROUNDING:
            break
        deviation += demands[:, j] * direction[j]
        chosen[j] ^= 1
    return chosen


@construct.register
def construct_multi_knapsack(problem: MultiKnapsack) -> Solution | None:
    """Required items first, heaviest first, then the others by falling profit per weight; each into its best knapsack.

    Best is the largest gain (profit less the joint risk with what is packed), then the least room left. None where a
    required item does not fit any more.

    Examples
    --------
    >>> construct(MultiKnapsack(profits=[6, 5, 4], weights=[3, 2, 2], capacities=[3, 2], required=[0, 0, 1])).tolist()
    [0, 1, 2]
    """
    n = problem.num_items
    weights = np.asarray(problem.weights, dtype=np.float64)
    profits = np.asarray(problem.profit_matrix, dtype=np.float64).reshape(n, problem.num_knapsacks)
    risk = np.zeros((n, n)) if problem.risk is None else np.asarray(problem.risk, dtype=np.float64)
    required = np.zeros(n, dtype=bool) if problem.required is None else problem.required == 1
    with np.errstate(divide="ignore", invalid="ignore"):
        density = profits.max(axis=1, initial=-np.inf) / weights
    order = np.lexsort((np.where(required, -weights, -density), ~required))
    place = np.zeros(n, dtype=np.int64)
    room = np.array(problem.capacities, dtype=np.float64)
    for i in order.tolist():
        gain = profits[i] - risk[i, i] - 2.0 * risk[i] @ (place > 0)
        options = [k for k in range(room.size) if weights[i] <= room[k] and (required[i] or gain[k] > 0)]
        if options:
            best = max(options, key=lambda k: (gain[k], -room[k]))
            place[i] = best + 1
            room[best] -= weights[i]
    return None if problem.violations(place) else place
