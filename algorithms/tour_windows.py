"""One tour with time windows: lateness removed by series of swaps, then descent by swaps, Or-opt and 2-opt.

Every neighbourhood is evaluated at once by joining stretches; a tour of 40 stops takes about a millisecond a move.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core import AnyArray, Float, Int
from ..core.margins import ROUNDING, scaled_margin
from .segments import Roads, Stretches

#: Longest stretch that Or-opt moves.
LONGEST = 3
#: A changed pair of customers may not swap back for that many moves.
TENURE = 5
#: Moves without less lateness after which a tour is perturbed.
PATIENCE = 10


@dataclass(frozen=True, eq=False)
class _Moves:
    """A neighbourhood: time warp and cost of each move, and the moves as (kind, i, j, length)."""

    warp: Float
    cost: Float
    moves: Int


class WindowTour:
    """A tour under search: its path ``0, v_1, ..., v_n, 0`` and the stretches of all its parts.

    Parameters
    ----------
    roads : distances, times and windows.
    order : customers, shape (n,).
    is_makespan : whether the cost is the time of return.
    """

    def __init__(self, roads: Roads, order: Int, *, is_makespan: bool = False) -> None:
        self.roads = roads
        self.is_makespan = is_makespan
        self._scale = scaled_margin(float(roads.distances.max(initial=0.0)))
        self.set(np.asarray(order, dtype=np.int64))

    def set(self, order: Int) -> None:
        """Take another order of the customers, shape (n,), and compute its tables anew."""
        self.order = np.array(order)
        self.path = np.concatenate([[0], order, [0]]).astype(np.int64)
        self.parts = self.roads.table(self.path)
        whole = self.parts.take(np.array([0]), np.array([len(order) + 1]))
        self.warp, self.cost = float(whole.warp[0]), float(self._cost(whole)[0])

    def _cost(self, whole: Stretches) -> Float:
        return whole.end() if self.is_makespan else whole.distance

    @property
    def is_feasible(self) -> bool:
        return self.warp <= self._scale

    def swaps(self) -> _Moves:
        """Exchange of the customers at i < j."""
        n, end = len(self.order), len(self.order) + 1
        i, j = (x + 1 for x in np.triu_indices(n, 1))
        near = j == i + 1
        single = self.roads.single(self.path)
        head = self.roads.join(self.parts.take(0 * i, i - 1), single.take(j))
        inner = self.roads.join(head, self.parts.take(np.minimum(i + 1, j), np.maximum(j - 1, i)))
        head = Stretches(*(np.where(near, x, y) for x, y in zip(head, inner)))
        whole = self.roads.chain(head, single.take(i), self.parts.take(j + 1, 0 * i + end))
        return self._moves(whole, 0, i, j, 0 * i)

    def shifts(self) -> _Moves:
        """Stretches of up to LONGEST customers moved further back or forth: two neighbouring blocks change places."""
        n, end = len(self.order), len(self.order) + 1
        first, middle, last = [], [], []
        for length in range(1, min(LONGEST, n - 1) + 1):
            i, j = np.triu_indices(n + 1, length + 1)
            i, j = i + 1, j  # block i..i+length-1, then i+length..j
            keep = j <= n
            i, j = i[keep], j[keep]
            first += [i, i]
            middle += [i + length, j - length + 1]
            last += [j, j]
        if not first:
            return self._none()
        i, k, j = (np.concatenate(x) for x in (first, middle, last))
        keep = (k > i) & (k <= j)
        i, k, j = i[keep], k[keep], j[keep]
        whole = self.roads.chain(
            self.parts.take(0 * i, i - 1),
            self.parts.take(k, j),
            self.parts.take(i, k - 1),
            self.parts.take(j + 1, 0 * i + end),
        )
        return self._moves(whole, 1, i, j, k)

    def turns(self) -> _Moves:
        """Stretches i..j of at least two customers turned round."""
        n, end = len(self.order), len(self.order) + 1
        i, j = (x + 1 for x in np.triu_indices(n, 1))
        back = self.roads.table(self.path[::-1].copy())
        whole = self.roads.chain(
            self.parts.take(0 * i, i - 1), back.take(end - j, end - i), self.parts.take(j + 1, 0 * i + end)
        )
        return self._moves(whole, 2, i, j, 0 * i)

    def _moves(self, whole: Stretches, kind: int, i: Int, j: Int, k: Int) -> _Moves:
        return _Moves(whole.warp, self._cost(whole), np.stack([np.full(len(i), kind), i, j, k], axis=1))

    @staticmethod
    def _none() -> _Moves:
        return _Moves(np.zeros(0), np.zeros(0), np.zeros((0, 4), dtype=np.int64))

    def after(self, move: AnyArray) -> Int:
        """The order that a move gives. Shape (n,)."""
        kind, i, j, k = (int(x) for x in move)
        path = self.path.copy()
        if kind == 0:
            path[[i, j]] = path[[j, i]]
        elif kind == 1:
            path[i : j + 1] = np.concatenate([path[k : j + 1], path[i:k]])
        else:
            path[i : j + 1] = path[i : j + 1][::-1].copy()
        return path[1:-1]

    def descend(self) -> None:
        """Take the cheapest feasible move while it lowers the cost of a feasible tour."""
        least = max(self._scale, ROUNDING * abs(self.cost))
        while len(self.order) > 1:
            best: tuple[float, AnyArray] | None = None
            for found in (self.shifts(), self.swaps(), self.turns()):
                cost = np.where(found.warp <= self._scale, found.cost, np.inf)
                if len(cost) and (best is None or cost.min() < best[0]):
                    best = (float(cost.min()), found.moves[int(cost.argmin())])
            if best is None or best[0] > self.cost - least:
                return
            self.set(self.after(best[1]))


def remove_lateness(tour: WindowTour, rng: np.random.Generator, *, most: int | None = None) -> bool:
    """Make a tour feasible by series of swaps, Or-opt and 2-opt moves; whether that succeeded within ``most`` moves.

    Each move is the one of least (lateness, cost). Swaps come first; where none lowers the lateness, stretches are
    moved, and where that does not either, turned. A pair that swapped is tabu for TENURE moves unless the tour becomes
    better than the best seen; after PATIENCE moves without progress a stretch of the tour is exchanged with its
    neighbour at random. Lateness is measured as time warp, which is 0 exactly for feasible tours.

    References
    ----------
    arXiv:2503.24285 (2025): repair of annealed tours by a series of swaps; measure, order and perturbation are ours.
    """
    n = len(tour.order)
    tabu: dict[tuple[int, int], int] = {}
    best, idle = tour.warp, 0
    for step in range(50 * n if most is None else most):
        if tour.is_feasible:
            return True
        if n < 2:
            return False
        move = _next_move(tour, tabu, step, best)
        if move is None or idle >= PATIENCE:
            cuts = np.sort(rng.choice(n + 1, 3, replace=False)) if n > 2 else np.array([0, 1, 2])
            order = tour.order
            a, b, c = cuts.tolist()
            tour.set(np.concatenate([order[:a], order[b:c], order[a:b], order[c:]]))
            best, idle = min(best, tour.warp), 0
            continue
        pair = tuple(sorted((int(tour.path[move[1]]), int(tour.path[move[2]]))))
        tabu[pair[0], pair[1]] = step + TENURE
        tour.set(tour.after(move))
        idle = 0 if tour.warp < best - 1e-12 else idle + 1
        best = min(best, tour.warp)
    return tour.is_feasible


def _next_move(tour: WindowTour, tabu: dict[tuple[int, int], int], step: int, best: float) -> AnyArray | None:
    """The next move: the first neighbourhood with one that lowers the lateness, else the best of all that is free."""
    fallback: tuple[tuple[float, float], AnyArray] | None = None
    for neighbourhood in (tour.swaps, tour.shifts, tour.turns):
        found = neighbourhood()
        if not len(found.moves):
            continue
        ends = np.sort(tour.path[found.moves[:, 1:3]], axis=1)
        free = np.array([tabu.get((u, v), -1) < step for u, v in ends.tolist()])
        free |= found.warp < best - 1e-12
        warp = np.where(free, found.warp, np.inf)
        least = warp.min()
        if not np.isfinite(least):
            continue
        k = int(np.where(warp <= least + ROUNDING, found.cost, np.inf).argmin())
        key = (float(warp[k]), float(found.cost[k]))
        if key[0] < tour.warp - ROUNDING:
            return np.asarray(found.moves[k])
        if fallback is None or key < fallback[0]:
            fallback = (key, found.moves[k])
    return None if fallback is None else fallback[1]
