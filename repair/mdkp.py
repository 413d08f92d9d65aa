"""Knapsack points made feasible by dropping and adding items, and bettered by adding and swapping them."""

from __future__ import annotations

import numpy as np

from ..algorithms.ties import argmax_random_ties
from ..core import AnyArray, Bits, Clock, Float, RepairFailed
from ..core.margins import min_improvement, row_tolerances
from ..problems.mdkp import Mdkp, MdkpLinear
from .dispatch import improve, over, repair


@repair.register
def repair_mdkp(formulation: MdkpLinear, x: Bits, rng: np.random.Generator, clock: Clock | None = None) -> Bits:
    """Drop the item of least profit per overloaded share until no row is overloaded, then add what still fits.

    Dropped is the chosen item with the least ``p_j / sum_i w_ij / c_i`` over the overloaded rows i; added are items of
    positive profit by falling ``p_j / sum_i w_ij / c_i`` over all rows.

    x and the answer have shape (n,).

    References
    ----------
    H. Pirkul (1987), A heuristic solution procedure for the multiconstraint zero-one knapsack problem,
    doi:10.1002/1520-6750(198704)34:2<161::AID-NAV3220340203>3.0.CO;2-A, and Chu and Beasley (1998),
    doi:10.1023/A:1009642405419, whose surrogate multipliers are replaced by 1 / c_i here.

    Raises
    ------
    RepairFailed
        The clock was over before the rows were kept.
    """
    knapsack = _Knapsack(formulation.problem)
    x = np.array(x, dtype=np.uint8)
    if knapsack.is_feasible(x):
        return x
    is_over = over(clock)
    while True:
        overloaded = knapsack.overloaded(x)
        if not overloaded.any():
            break
        if is_over():
            raise RepairFailed("the overloaded rows were not emptied in time")
        shares = knapsack.shares[overloaded].sum(axis=0)
        can_help = (x == 1) & (shares > 0)
        utility = np.where(can_help, _ratio(knapsack.profits, shares), np.inf)
        x[argmax_random_ties(-utility, rng)] = 0
    _add(knapsack, x, rng)
    return x


@improve.register
def improve_mdkp(formulation: MdkpLinear, x: Bits, rng: np.random.Generator, clock: Clock | None = None) -> Bits:
    """Add items by pseudo-utility, and swap chosen items in turn for the best one outside that fits; until neither.

    It ends early, with what it has, when the clock is over.

    x and the answer have shape (n,).
    """
    knapsack = _Knapsack(formulation.problem)
    x = np.array(x, dtype=np.uint8)
    x[knapsack.profits < 0] = 0
    least = min_improvement(knapsack.profits)
    is_over = over(clock)
    swapped = True
    while swapped:
        _add(knapsack, x, rng)
        swapped = False
        for out in np.flatnonzero(x).tolist():
            if is_over():
                return x
            into = _partner(knapsack, x, out, least, rng)
            if into is not None:
                x[out], x[into], swapped = 0, 1, True
    return x


class _Knapsack:
    """The instance as floats, with each weight as share of its row's capacity."""

    def __init__(self, problem: Mdkp) -> None:
        self.profits = problem.profits.astype(np.float64)
        self.weights = problem.weights.astype(np.float64)
        self.capacities = problem.capacities.astype(np.float64)
        self.tolerances = row_tolerances(problem.weights, upper=self.capacities)
        # half the tolerance, so that what was added one by one also passes the sum in another order
        self.limits = self.capacities + 0.5 * self.tolerances
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = self.weights / self.capacities[:, None]
        self.shares: Float = np.where(self.weights > 0, shares, 0.0)

    def overloaded(self, x: Bits) -> AnyArray:
        return np.asarray(self.weights @ x - self.capacities > self.tolerances)

    def is_feasible(self, x: Bits) -> bool:
        return not self.overloaded(x).any()


def _ratio(profits: Float, shares: Float) -> Float:
    """Profit per share of capacity; a share of 0 makes it infinite, an infinite share (capacity 0) makes it 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = profits / shares
    return np.where(shares == 0, np.inf, np.where(np.isinf(shares), np.minimum(profits, 0.0), ratio))


def _add(knapsack: _Knapsack, x: Bits, rng: np.random.Generator) -> None:
    """Add items of positive profit in place, by falling pseudo-utility, each that fits."""
    utility = _ratio(knapsack.profits, knapsack.shares.sum(axis=0))
    order = np.lexsort((rng.permutation(x.size), -utility))
    load = knapsack.weights @ x
    for j in order[(x[order] == 0) & (knapsack.profits[order] > 0)]:
        if (load + knapsack.weights[:, j] <= knapsack.limits).all():
            x[j] = 1
            load += knapsack.weights[:, j]


def _partner(knapsack: _Knapsack, x: Bits, out: int, least: float, rng: np.random.Generator) -> int | None:
    """The most profitable item outside that fits in place of ``out`` and gains at least ``least``."""
    better = np.flatnonzero((x == 0) & (knapsack.profits >= knapsack.profits[out] + least))
    if not better.size:
        return None
    room = knapsack.limits - knapsack.weights @ x + knapsack.weights[:, out]
    fits = (knapsack.weights[:, better] <= room[:, None]).all(axis=0)
    if not fits.any():
        return None
    return int(better[argmax_random_ties(np.where(fits, knapsack.profits[better], -np.inf), rng)])
