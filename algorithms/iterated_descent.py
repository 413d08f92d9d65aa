"""Iterated local search for the TSP: 2-opt and Or-opt over neighbour lists, then local double-bridge kicks.

Symmetric distances take the fast way (only cities whose surroundings changed are looked at again, one to three thousand
kicks a second); asymmetric ones the full neighbourhood of ``tours.improve_tour`` after every kick.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import AnyArray, Int
from .tour_construction import tour_length
from .tours import improve_tour

_NUM_NEIGHBOURS = 10
_LONGEST_SEGMENT = 3
#: Cities above which neither whole rows are sorted nor lists made of the distances.
_MANY = 1000
#: Pieces that a kick exchanges are at most this long, so that its repair stays local.
_LONGEST_PIECE = 50
#: Called with every better tour; True stops the search.
OnBetter = Callable[[Int], bool]


def iterated_descent(
    distances: AnyArray,
    tour: Int,
    rng: np.random.Generator,
    *,
    num_kicks: int | None,
    is_over: Callable[[], bool],
    on_better: OnBetter,
) -> None:
    """Hand ever better tours to ``on_better`` until it says True, time is over, or ``num_kicks`` kicks were tried.

    Parameters
    ----------
    distances : shape (n, n); integers make every comparison exact.
    tour : start, shape (n,).
    num_kicks : None for no limit.

    References
    ----------
    H. R. Lourenco, O. C. Martin, T. Stutzle (2003), Iterated local search, doi:10.1007/0-306-48056-5_11; J. L. Bentley
    (1992), Fast algorithms for geometric traveling salesman problems, doi:10.1287/ijoc.4.4.387 (neighbour lists and
    don't-look bits); the kick that exchanges two neighbouring pieces is the local double bridge.
    """
    n = len(tour)
    is_symmetric = bool(np.array_equal(distances, np.asarray(distances).T))
    if n < 5 or not is_symmetric:
        _full_descent(distances, tour, rng, num_kicks if n >= 5 else 0, is_over, on_better)
        return
    search = _Descent(distances, tour)
    search.run(list(range(n)), is_over)
    if on_better(np.array(search.tour)):
        return
    kick = 0
    while not is_over() and (num_kicks is None or kick < num_kicks):
        kick += 1
        before = list(search.tour)
        change, touched = search.kick(rng)
        change += search.run(touched, is_over)
        if change > search.tolerance:
            search.reset(before)
        elif change < -search.tolerance and on_better(np.array(search.tour)):
            return


def _full_descent(
    distances: AnyArray,
    tour: Int,
    rng: np.random.Generator,
    num_kicks: int | None,
    is_over: Callable[[], bool],
    on_better: OnBetter,
) -> None:
    """The same by steepest descent over all moves, for asymmetric distances and a handful of cities."""
    best = improve_tour(distances, tour, is_over)
    length = tour_length(distances, best)
    stop = on_better(best)
    kick = 0
    while not stop and not is_over() and (num_kicks is None or kick < num_kicks):
        kick += 1
        i, j, k = _piece_bounds(len(best), rng)
        rotated = np.roll(best, -int(rng.integers(len(best))))
        kicked = np.concatenate([rotated[:i], rotated[j:k], rotated[i:j], rotated[k:]])
        tried = improve_tour(distances, kicked, is_over)
        tried_length = tour_length(distances, tried)
        if tried_length <= length:
            stop = tried_length < length and on_better(tried)
            best, length = tried, tried_length


def _piece_bounds(n: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Positions 1 <= i < j < k <= n - 1 of two neighbouring pieces, each at most ``_LONGEST_PIECE`` long."""
    first, second = (int(v) for v in rng.integers(1, min(_LONGEST_PIECE, (n - 2) // 2) + 1, 2))
    start = int(rng.integers(1, n - first - second))
    return start, start + first, start + first + second


def _nearest(D: AnyArray, width: int) -> Int:
    """The nearest other cities of each, nearest first, shape (n, width)."""
    n = len(D)
    apart = D.copy()
    np.fill_diagonal(apart, D.max(initial=0) + 1)
    if n <= _MANY:
        return np.argsort(apart, axis=1, kind="stable")[:, :width]
    near = np.sort(np.argpartition(apart, width, axis=1)[:, :width], axis=1)
    order = np.argsort(np.take_along_axis(apart, near, axis=1), axis=1, kind="stable")
    return np.take_along_axis(near, order, axis=1)


class _Descent:
    """Running state: tour and positions as lists, which are several times faster here than arrays."""

    def __init__(self, distances: AnyArray, tour: Int) -> None:
        D = np.asarray(distances)
        n = len(D)
        width = min(_NUM_NEIGHBOURS, n - 1)
        self.near: list[list[int]] = _nearest(D, width).tolist()
        # rows of views are slower to read than lists, but those of thousands of cities take seconds to make
        self.d: Any = D.tolist() if n <= _MANY else [memoryview(row) for row in np.ascontiguousarray(D)]
        self.tolerance = 0 if D.dtype.kind == "i" else 1e-10 * float(np.abs(D).max())
        self.reset(tour.tolist())

    def reset(self, tour: list[int]) -> None:
        self.tour = tour
        self.position = [0] * len(tour)
        for place, city in enumerate(tour):
            self.position[city] = place

    def kick(self, rng: np.random.Generator) -> tuple[Any, list[int]]:
        """Exchange two neighbouring pieces; the change of length and the cities at the cuts."""
        tour, d = self.tour, self.d
        i, j, k = _piece_bounds(len(tour), rng)
        a, b, c, e, f, g = tour[i - 1], tour[i], tour[j - 1], tour[j], tour[k - 1], tour[k % len(tour)]
        tour[i:k] = tour[j:k] + tour[i:j]
        for place in range(i, k):
            self.position[tour[place]] = place
        return d[a][e] + d[f][b] + d[c][g] - d[a][b] - d[c][e] - d[f][g], [a, b, c, e, f, g]

    def run(self, queue: list[int], is_over: Callable[[], bool]) -> Any:
        """First improvement over the queued cities and those that moves touch; the change of length."""
        total: Any = 0
        is_queued = set(queue)
        steps = 0
        while queue:
            city = queue.pop()
            is_queued.discard(city)
            steps += 1
            if steps % 256 == 0 and is_over():
                break
            gain, touched = self._two_opt(city)
            if not touched:
                gain, touched = self._or_opt(city)
            if touched:
                total -= gain
                for other in touched:
                    if other not in is_queued:
                        is_queued.add(other)
                        queue.append(other)
        return total

    def _two_opt(self, a: int) -> tuple[Any, list[int]]:
        """Exchange the edge behind or before a for one to a near city."""
        tour, position, d = self.tour, self.position, self.d
        n = len(tour)
        row = d[a]
        for step in (1, -1):
            b = tour[(position[a] + step) % n]
            length = row[b]
            for c in self.near[a]:
                if row[c] >= length:
                    break
                e = tour[(position[c] + step) % n]
                gain = length + d[c][e] - row[c] - d[b][e]
                if gain > self.tolerance:
                    if step == 1:
                        self._reverse(b, c)
                    else:
                        self._reverse(c, b)
                    return gain, [a, b, c, e]
        return 0, []

    def _or_opt(self, a: int) -> tuple[Any, list[int]]:
        """Move up to three cities that begin or end at a next to a near city."""
        tour, position, d = self.tour, self.position, self.d
        n = len(tour)
        for length in range(1, min(_LONGEST_SEGMENT, n - 3) + 1):
            for step in (1, -1):  # a is the first or the last of the segment
                z = tour[(position[a] + step * (length - 1)) % n]
                p, q = tour[(position[a] - step) % n], tour[(position[z] + step) % n]
                removal = d[p][a] + d[z][q] - d[p][q]
                for c in self.near[a]:
                    if d[a][c] >= removal:
                        break
                    if (position[c] - position[a]) * step % n < length:
                        continue  # inside the segment
                    for side in (1, -1):
                        e = tour[(position[c] + side) % n]
                        if (position[e] - position[a]) * step % n < length:
                            continue
                        gain = removal + d[c][e] - d[a][c] - d[z][e]
                        if gain > self.tolerance:
                            first, last = (a, z) if step == 1 else (z, a)
                            low = c if side == 1 else e
                            # reversed, the path ends with its first city beside high
                            self._move(first, last, low, is_reversed=(c == low) == (a == last))
                            return gain, [p, q, a, z, c, e]
                if length == 1:
                    break
        return 0, []

    def _move(self, first: int, last: int, low: int, is_reversed: bool) -> None:
        """Put the path first..last behind ``low``, perhaps reversed, by up to three reversals.

        p S (q..low) high becomes p (low..q) S' high, then p (q..low) S' high, then p (q..low) S high, S' reversed S.
        """
        tour, position = self.tour, self.position
        p, q = tour[position[first] - 1], tour[(position[last] + 1) % len(tour)]
        self._reverse(first, low)
        self._reverse_behind(p, low, q)
        if not is_reversed:
            self._reverse_behind(low, last, first)

    def _reverse_behind(self, previous: int, first: int, last: int) -> None:
        """Reverse the path that begins with ``first`` beside ``previous``; the tour may stand mirrored in its list."""
        if self.tour[(self.position[previous] + 1) % len(self.tour)] == first:
            self._reverse(first, last)
        else:
            self._reverse(last, first)

    def _reverse(self, first: int, last: int) -> None:
        """Reverse the path from ``first`` on to ``last``, or what is left of the tour, whichever is shorter."""
        tour, position = self.tour, self.position
        n = len(tour)
        i, j = position[first], position[last]
        inside = (j - i) % n + 1
        if 2 * inside > n:
            i, j, inside = (j + 1) % n, (i - 1) % n, n - inside
        for _ in range(inside // 2):
            u, v = tour[i], tour[j]
            tour[i], tour[j] = v, u
            position[v], position[u] = i, j
            i += 1
            if i == n:
                i = 0
            j -= 1
            if j < 0:
                j = n - 1
