"""Feasible points by cost, counted: of samples, of uniform points, or of all points there are.

A tally answers what a comparison of samplers needs: how many points reach a cost, and which cost a share of them
reaches. Weights are counts, or the probabilities of a state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import Float
from ..core.margins import scaled_margin

#: Points from which integer costs are counted by their number instead of being sorted.
LEAST_COUNTED = 1000


@dataclass(frozen=True, eq=False)
class CostTally:
    """Weight of the feasible points of each cost, out of a total weight that infeasible points share.

    Parameters
    ----------
    costs : ascending, shape (k,).
    weights : of the points of each cost, shape (k,).
    total : weight of all points, feasible or not.
    """

    costs: Float = field(default_factory=lambda: np.zeros(0))
    weights: Float = field(default_factory=lambda: np.zeros(0))
    total: float = 0.0

    @staticmethod
    def of(costs: npt.ArrayLike, weights: npt.ArrayLike | None, total: float) -> CostTally:
        """Tally of feasible points, shape (k,), in any order, equal costs put together; weights None counts each once.

        Examples
        --------
        >>> CostTally.of([2.0, 1.0, 2.0], [1, 1, 3], 10).weights.tolist()
        [1.0, 4.0]
        """
        points = np.asarray(costs, dtype=np.float64)
        own = None if weights is None else np.asarray(weights, dtype=np.float64)
        by_number = _by_number(points, own)
        if by_number is not None:
            return CostTally(*by_number, float(total))
        if own is None:
            values, counts = np.unique(points, return_counts=True)
            return CostTally(values, counts.astype(np.float64), float(total))
        values, inverse = np.unique(points, return_inverse=True)
        sums = np.zeros(values.size)
        np.add.at(sums, inverse, own)
        return CostTally(values, sums, float(total))

    def joined(self, other: CostTally) -> CostTally:
        """Both tallies together."""
        costs = np.concatenate([self.costs, other.costs])
        weights = np.concatenate([self.weights, other.weights])
        return CostTally.of(costs, weights, self.total + other.total)

    def reaching(self, cost: float) -> float:
        """Weight of feasible points that cost no more than that, within the margin of sums in different orders."""
        if not math.isfinite(cost):
            return float(self.weights.sum())
        limit = cost + scaled_margin(cost)
        return float(self.weights[: np.searchsorted(self.costs, limit, side="right")].sum())

    def share(self, cost: float) -> float:
        """Probability that one point is feasible and costs no more than that."""
        return min(1.0, self.reaching(cost) / self.total) if self.total else 0.0

    def cost_of_share(self, share: float) -> float | None:
        """Least cost that at least that share of all points reach; None where too few are feasible."""
        reached = np.cumsum(self.weights)
        at = int(np.searchsorted(reached, share * self.total * (1 - 1e-12)))
        return float(self.costs[at]) if at < self.costs.size else None

    @property
    def best(self) -> float | None:
        """Lowest cost of a feasible point; None without one."""
        return float(self.costs[0]) if self.costs.size else None


def _by_number(costs: Float, weights: Float | None) -> tuple[Float, Float] | None:
    """Costs and weights by counting, where the costs are integers of no wider range than there are points."""
    if costs.size < LEAST_COUNTED or not np.isfinite(costs[0]):
        return None
    low, high = float(costs.min()), float(costs.max())
    if high - low > costs.size or low % 1 or (costs % 1).any():
        return None
    numbers = (costs - low).astype(np.int64)
    counts = np.bincount(numbers)
    sums = counts.astype(np.float64) if weights is None else np.bincount(numbers, weights=weights)
    at = np.flatnonzero(counts)
    return low + at.astype(np.float64), sums[at].astype(np.float64)


#: No points at all.
EMPTY = CostTally()
