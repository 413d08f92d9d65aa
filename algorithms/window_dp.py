"""Exact TSPTW by dynamic programming over (visited set, last stop), whole layers at a time.

A label is (set, last, time, cost); of equal set and last stop only those are kept that are earlier or cheaper. Windows
bound the sets: presolve says who must come first, and labels from which somebody left can no longer be served are
dropped, as are those whose cost and remaining assignment duals reach the incumbent. Beyond a limit of labels the best
are kept: then what was dropped bounds the optimum from below, and it is no proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..core import AnyArray, Float, Int
from ..core.margins import ROUNDING, SOLVER
from ..problems.labels import has, num_words, undominated, with_customer
from ..problems.tsptw import Tsptw
from ..problems.windows import shortest_paths

#: Labels that are extended at once: bounds the memory of a step.
_CHUNK = 20_000


@dataclass(frozen=True, eq=False)
class DpResult:
    """What the layers gave: the best order (None: none better than the start), a proven bound, and counts.

    ``is_complete``: no label was dropped for want of room or time, so order or start is optimal, and without either
    there is no tour.
    """

    order: Int | None
    cost: float
    bound: float
    is_complete: bool
    labels: int
    widest: int


@dataclass(frozen=True, eq=False)
class _Layer:
    mask: Int  # (k, words)
    last: Int
    time: Float
    cost: Float
    parent: Int

    def take(self, index: AnyArray) -> _Layer:
        return _Layer(*(getattr(self, key)[index] for key in _KEYS))


_KEYS = ("mask", "last", "time", "cost", "parent")


def solve_windows(
    problem: Tsptw,
    *,
    upper: float = math.inf,
    max_labels: int = 400_000,
    is_over: Callable[[], bool] = lambda: False,
) -> DpResult:
    """The best tour cheaper than ``upper``, or the proof that there is none.

    Parameters
    ----------
    problem : travel or makespan.
    upper : objective of a known tour; only cheaper ones are looked for.
    max_labels : kept a layer; beyond, those of least bound.
    is_over : ends the search; what is left counts as dropped.

    References
    ----------
    Y. Dumas, J. Desrosiers, E. Gelinas, M. M. Solomon (1995), doi:10.1287/opre.43.2.367: labels and tests on windows;
    the duals of the assignment relaxation in place of their third test are ours.

    Examples
    --------
    >>> problem = Tsptw([[0, 2, 3], [2, 0, 2], [3, 2, 0]], [[0, 20], [0, 9], [6, 9]])
    >>> found = solve_windows(problem)
    >>> found.order.tolist(), found.cost, found.is_complete
    ([2, 1], 7.0, True)
    """
    return _Dp(problem, upper, max_labels, is_over).run()


class _Dp:
    """Running state of one search."""

    def __init__(self, problem: Tsptw, upper: float, max_labels: int, is_over: Callable[[], bool]) -> None:
        self.problem, self.upper, self.max_labels, self.is_over = problem, upper, max_labels, is_over
        self.n = problem.num_customers
        self.travel = np.asarray(problem.travel, dtype=np.float64)
        self.reach = np.asarray(shortest_paths(problem.travel), dtype=np.float64)
        self.early = np.asarray(problem.windows[:, 0], dtype=np.float64)
        self.late = np.asarray(problem.windows[:, 1], dtype=np.float64) + problem.tolerance
        self.is_makespan = problem.objective_kind == "makespan"
        whole = problem.travel.dtype.kind == "i" and problem.windows.dtype.kind == "i"
        size = max(1.0, float(self.travel.max(initial=0.0)), float(np.abs(self.late).max(initial=0.0)))
        self.step = 1.0 - SOLVER if whole else ROUNDING * size  # a better tour is at least that much cheaper
        self.words = num_words(self.n)
        self.arcs = problem.presolve.arcs
        self.out, self.into = (np.zeros(self.n + 1),) * 2 if self.is_makespan else _duals(self.travel, self.arcs)
        self.dropped = math.inf
        self.labels = self.widest = 0

    def run(self) -> DpResult:
        if self.problem.presolve.conflict:
            return self._result(None)
        if self.n == 0:
            order = np.zeros(0, dtype=np.int64)
            cost = float(self.problem.objective(order))
            return self._result(order if not self.problem.violations(order) and cost < self.upper else None, cost)
        zero = np.zeros(1, dtype=np.int64)
        start = _Layer(np.zeros((1, self.words), dtype=np.int64), zero, self.early[:1].copy(), np.zeros(1), zero)
        layers = [start]
        for _ in range(self.n):
            if self.is_over():
                self._drop(self._bounds(layers[-1]))
                return self._result(None)
            layers.append(self._next(layers[-1]))
            self.labels += len(layers[-1].last)
            self.widest = max(self.widest, len(layers[-1].last))
            if not len(layers[-1].last):
                return self._result(None)
        return self._close(layers)

    def _bounds(self, layer: _Layer) -> Float:
        """Lower bound on the objective through each label: cost, and duals of what is still to be left and entered."""
        if self.is_makespan:
            return np.asarray(layer.time + self.reach[layer.last, 0])
        both = self.out + self.into
        left = self.out[layer.last] + self.into[0] + both[1:].sum()
        for v in range(1, self.n + 1):
            left -= has(layer.mask, v) * both[v]
        return np.asarray(layer.cost + left)

    def _drop(self, bounds: Float) -> None:
        self.dropped = min(self.dropped, float(bounds.min(initial=math.inf)))

    def _next(self, layer: _Layer) -> _Layer:
        """All labels one stop further that may still end in a better tour, dominated ones left out."""
        found: list[_Layer] = []
        for first in range(0, len(layer.last), _CHUNK):
            piece = layer.take(np.arange(first, min(first + _CHUNK, len(layer.last))))
            if self.is_over():
                self._drop(self._bounds(piece))
                continue
            found += self._extended(piece, first)
        if not found:
            empty = np.zeros(0, dtype=np.int64)
            return _Layer(np.zeros((0, self.words), dtype=np.int64), empty, np.zeros(0), np.zeros(0), empty)
        parts = [np.concatenate([getattr(x, key) for x in found]) for key in _KEYS]
        merged = _Layer(*parts)
        merged = merged.take(undominated(merged.mask, merged.last, merged.time, merged.cost))
        if len(merged.last) <= self.max_labels:
            return merged
        bounds = self._bounds(merged)
        order = np.argsort(bounds, kind="stable")
        self._drop(bounds[order[self.max_labels :]])
        return merged.take(np.sort(order[: self.max_labels]))

    def _extended(self, layer: _Layer, offset: int) -> list[_Layer]:
        before = self.problem.presolve.before
        visited = {v: has(layer.mask, v) for v in range(1, self.n + 1)}
        found = []
        for v in range(1, self.n + 1):
            allowed = self.arcs[layer.last, v] & ~visited[v]
            for u in np.flatnonzero(before[:, v]).tolist():
                allowed &= visited[u]
            k = np.flatnonzero(allowed)
            if not len(k):
                continue
            last = layer.last[k]
            time = np.maximum(self.early[v], layer.time[k] + self.travel[last, v])
            alive = time <= self.late[v]
            for w in range(1, self.n + 1):  # who is left must still be reached in time
                if w != v:
                    alive &= visited[w][k] | (time + self.reach[v, w] <= self.late[w])
            alive &= time + self.reach[v, 0] <= self.late[0]
            k, last, time = k[alive], last[alive], time[alive]
            if not len(k):
                continue
            mask = with_customer(layer.mask[k], v)
            cost = time if self.is_makespan else layer.cost[k] + self.travel[last, v]
            new = _Layer(mask, np.full(len(k), v), time, cost, k + offset)
            if math.isfinite(self.upper):
                new = new.take(self._bounds(new) <= self.upper - self.step)
            found.append(new)
        return found

    def _close(self, layers: list[_Layer]) -> DpResult:
        final = layers[-1]
        back = final.time + self.travel[final.last, 0]
        cost = np.maximum(back, self.early[0]) if self.is_makespan else final.cost + self.travel[final.last, 0]
        cost = np.where((back <= self.late[0]) & self.arcs[final.last, 0], cost, np.inf)
        k = int(cost.argmin())
        if not cost[k] < self.upper:
            return self._result(None)
        best, stops = float(cost[k]), []
        for layer in layers[:0:-1]:
            stops.append(int(layer.last[k]))
            k = int(layer.parent[k])
        return self._result(np.array(stops[::-1], dtype=np.int64), best)

    def _result(self, order: Int | None, cost: float = math.inf) -> DpResult:
        best = min(cost, self.upper)
        return DpResult(order, cost, min(best, self.dropped), math.isinf(self.dropped), self.labels, self.widest)


def _duals(travel: Float, arcs: AnyArray) -> tuple[Float, Float]:
    """Duals (a, b) of the assignment relaxation: ``a_u + b_v <= travel[u,v]`` on every allowed arc, largest sum.

    What is left of a tour leaves its last stop and all open ones and enters all open ones and the depot, so it costs at
    least the a of the former and the b of the latter. The b are recomputed from the a, so that rounding of the linear
    program cannot make them too large.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    m = len(travel)
    tails, heads = np.nonzero(arcs)
    row = np.arange(len(tails))
    A = csr_array(
        (np.ones(2 * len(row)), (np.tile(row, 2), np.concatenate([tails, m + heads]))), shape=(len(row), 2 * m)
    )
    limit = float(travel.max(initial=0.0))
    found = linprog(-np.ones(2 * m), A_ub=A, b_ub=travel[tails, heads], bounds=(-limit, limit), method="highs")
    a = np.zeros(m) if found.x is None else np.asarray(found.x[:m], dtype=np.float64)
    b = np.where(arcs, travel - a[:, None], np.inf).min(axis=0, initial=np.inf)
    return a, np.where(np.isfinite(b), b, 0.0)
