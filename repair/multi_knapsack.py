"""Multiple knapsack points made feasible: each item in one knapsack, no overload, required items in, then filled up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..algorithms.ties import argmax_random_ties
from ..core import AnyArray, Bits, Clock, Float, Solution
from ..problems.multi_knapsack import MultiKnapsack, MultiKnapsackAssignment
from .dispatch import over, repair
from .nearest import nearest_feasible


@repair.register
def repair_multi_knapsack(
    formulation: MultiKnapsackAssignment, x: Bits, rng: np.random.Generator, clock: Clock | None = None
) -> Bits:
    """Keep one knapsack an item, empty overloaded knapsacks, place required items, then add what gains and fits.

    An item in several knapsacks keeps the one of most profit. From an overloaded knapsack items go by least profit per
    weight, required ones last. Required items are placed by falling weight where they fit, or where least profit has
    to make room; should that fail, the exact nearest feasible point is taken instead. Items are added by gain (risk
    included) per weight.

    x and the answer have shape (n,).

    Raises
    ------
    RepairFailed
        The required items fit in no way.
    """
    bits = np.array(x, dtype=np.uint8)
    problem = formulation.problem
    place = formulation.decode(bits)
    if place is not None and not problem.violations(place):
        return bits
    packing = _Packing(problem, _one_each(problem, bits, rng))
    packing.unload(rng)
    if not packing.place_required(rng):
        return nearest_feasible(formulation, bits, rng, clock)
    packing.fill(rng, over(clock))
    return formulation.encode(packing.place)


def _one_each(problem: MultiKnapsack, bits: Bits, rng: np.random.Generator) -> Solution:
    """Knapsack of each item: the one of most profit where it has several."""
    chosen = bits.reshape(problem.num_items, problem.num_knapsacks) == 1
    place = np.zeros(problem.num_items, dtype=np.int64)
    for item in np.flatnonzero(chosen.any(axis=1)).tolist():
        place[item] = 1 + argmax_random_ties(np.where(chosen[item], problem.profit_matrix[item], -np.inf), rng)
    return place


class _Packing:
    """A packing under change: the knapsack 1..K of each item (0: out) and the room left in each."""

    def __init__(self, problem: MultiKnapsack, place: Solution) -> None:
        self.place = place
        self.weights: Float = problem.weights.astype(np.float64)
        self.profits: Float = problem.profit_matrix.astype(np.float64)
        self.capacities: Float = problem.capacities.astype(np.float64)
        self.required: AnyArray = np.zeros(place.size, bool) if problem.required is None else problem.required == 1
        self._risk = problem.risk
        loads = np.bincount(place, self.weights, minlength=problem.num_knapsacks + 1)
        self.room: Float = self.capacities - loads[1:]

    def unload(self, rng: np.random.Generator) -> None:
        """Take items out of overloaded knapsacks, by least profit per weight, required ones last."""
        for k in np.flatnonzero(self.room < 0).tolist():
            while self._load(k) > self.capacities[k]:
                inside = np.flatnonzero((self.place == k + 1) & (self.weights > 0))
                self._take_out(int(inside[argmax_random_ties(-self._worth(inside, k), rng)]), k)

    def place_required(self, rng: np.random.Generator) -> bool:
        """Put required items in, making room where need be; False where that was in vain."""
        missing = np.flatnonzero(self.required & (self.place == 0))
        for item in missing[np.lexsort((rng.permutation(missing.size), -self.weights[missing]))].tolist():
            options = [self._making_room(item, k) for k in range(self.capacities.size)]
            costs = np.array([np.inf if out is None else self._loss(out, k) for k, out in enumerate(options)])
            if not costs.size or np.isinf(costs.min()):
                return False
            k = argmax_random_ties(self.profits[item] - costs, rng)
            for other in options[k] or []:
                self._take_out(other, k)
            self._put_in(item, k)
        return True

    def fill(self, rng: np.random.Generator, is_over: Callable[[], bool]) -> None:
        """Add items where the gain is positive and they fit, by gain per weight."""
        while not is_over():
            gain = self._gains()
            fits = (self.place == 0)[:, None] & (self.weights[:, None] <= self.room[None, :]) & (gain > 0)
            if not fits.any():
                return
            with np.errstate(divide="ignore"):
                utility = np.where(fits, gain / self.weights[:, None], -np.inf)
            item, k = divmod(argmax_random_ties(utility.ravel(), rng), self.capacities.size)
            self._put_in(item, k)

    def _gains(self) -> Float:
        """What each item would add to the objective in each knapsack."""
        if self._risk is None:
            return self.profits
        packed = (self.place > 0).astype(np.float64)
        risk = np.diag(self._risk) + 2.0 * (self._risk @ packed) - 2.0 * np.diag(self._risk) * packed
        return np.asarray(self.profits - risk[:, None])

    def _worth(self, items: AnyArray, k: int) -> Float:
        """Profit per weight in knapsack k, beyond all others for required items."""
        with np.errstate(divide="ignore"):
            worth = self.profits[items, k] / self.weights[items]
        return np.where(self.required[items], np.finfo(np.float64).max, worth)

    def _making_room(self, item: int, k: int) -> list[int] | None:
        """Items to take out of knapsack k so that ``item`` fits, cheapest first; None where it cannot fit."""
        inside = np.flatnonzero((self.place == k + 1) & ~self.required & (self.weights > 0))
        out: list[int] = []
        room = self.room[k]
        for other in inside[np.argsort(self._worth(inside, k), kind="stable")].tolist():
            if room >= self.weights[item]:
                break
            out.append(other)
            room += self.weights[other]
        return out if room >= self.weights[item] else None

    def _loss(self, items: list[int], k: int) -> float:
        return float(self.profits[items, k].sum())

    def _load(self, k: int) -> float:
        return float(self.weights[self.place == k + 1].sum())

    def _take_out(self, item: int, k: int) -> None:
        self.place[item] = 0
        self.room[k] = self.capacities[k] - self._load(k)

    def _put_in(self, item: int, k: int) -> None:
        self.place[item] = k + 1
        self.room[k] = self.capacities[k] - self._load(k)
