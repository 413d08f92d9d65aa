"""Local search on tours: 2-opt and Or-opt until neither helps; symmetric and asymmetric distances.

Every move of one city or segment is evaluated for all its partners at once. No neighbour lists: meant for up to a few
thousand cities.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from ..core import AnyArray, Float, Int
from ..core.margins import scaled_margin

#: Longest segment that Or-opt moves; longer where distances are asymmetric, since there 2-opt seldom pays.
MAX_SEGMENT, MAX_SEGMENT_ASYMMETRIC = 3, 10


def improve_tour(distances: AnyArray, tour: Int, is_over: Callable[[], bool] = lambda: False) -> Int:
    """A tour that no 2-opt move and no Or-opt move shortens, never longer than the given one.

    2-opt reverses a stretch, and counts what the reversal costs where distances are asymmetric. Or-opt moves up to
    three cities (ten where asymmetric) elsewhere, either way round. Cities wait in a queue; each takes its best move,
    and the ends of the edges that changed queue up again. It ends when the whole queue brought nothing, or when
    ``is_over`` says so, with the tour it has.

    Distances have shape (n, n), tours (n,).

    References
    ----------
    G. A. Croes (1958), A method for solving traveling-salesman problems, doi:10.1287/opre.6.6.791. I. Or (1976),
    Traveling salesman-type combinatorial problems, PhD thesis, Northwestern University. Queue as in J. L. Bentley
    (1992), Fast algorithms for geometric traveling salesman problems, doi:10.1287/ijoc.4.4.387, without his neighbour
    lists and with the cost of reversal added.

    Examples
    --------
    >>> d = np.abs(np.subtract.outer([0, 3, 1, 2], [0, 3, 1, 2]))
    >>> tour = improve_tour(d, np.array([0, 1, 2, 3]))
    >>> int(d[tour, np.roll(tour, -1)].sum())
    6
    """
    d = np.asarray(distances, dtype=np.float64)
    if len(tour) < 4 and (len(tour) < 3 or np.array_equal(d, d.T)):
        return np.array(tour, dtype=np.int64)
    search = _Search(d, np.array(tour, dtype=np.int64), distances.dtype.kind in "iu")
    while True:
        queue = deque(search.tour.tolist())
        waiting = set(queue)
        moved = False
        while queue:
            if is_over():
                return search.tour
            city = queue.popleft()
            waiting.discard(city)
            touched = search.two_opt(city) or search.or_opt(city)
            moved |= bool(touched)
            for other in touched:
                if other not in waiting:
                    waiting.add(other)
                    queue.append(other)
        if not moved:
            return search.tour


class _Search:
    """The tour of one run, as an array that every move may rotate, with the lengths of its edges."""

    def __init__(self, d: Float, tour: Int, is_integer: bool) -> None:
        self.d = d
        self.is_symmetric = bool(np.array_equal(d, d.T))
        self.to = d if self.is_symmetric else np.ascontiguousarray(d.T)  # to[a, b] = d[b, a], read along rows
        self.least = 0.5 if is_integer else scaled_margin(float(np.abs(d).max()))
        self.longest = min(MAX_SEGMENT if self.is_symmetric else MAX_SEGMENT_ASYMMETRIC, len(tour) - 2)
        self._set(tour)

    def _set(self, tour: Int) -> None:
        self.tour = tour
        self.edges = self.d[tour, np.concatenate([tour[1:], tour[:1]])]

    def _from(self, city: int) -> tuple[Int, Float]:
        """Tour and edge lengths, rotated so that the city stands first."""
        start = int(np.argmax(self.tour == city))
        t = np.concatenate([self.tour[start:], self.tour[:start]])
        return t, np.concatenate([self.edges[start:], self.edges[:start]])

    def two_opt(self, city: int) -> list[int]:
        """Reverse the best stretch behind the city; the cities whose edges changed, none when nothing is saved.

        With the city at position 0, edges (0, 1) and (j, j+1) become (0, j) and (1, j+1) for the stretch 1..j.
        """
        t, edges = self._from(city)
        ends, after = t[1:], np.concatenate([t[2:], t[:1]])
        delta = self.d[t[0]][ends] + self.d[t[1]][after] - edges[0] - edges[1:]
        if not self.is_symmetric:
            forward, backward = edges[1:-1], self.d[t[2:], t[1:-1]]
            delta[1:] += np.cumsum(backward - forward)
        j = int(delta.argmin())
        if delta[j] > -self.least:
            return []
        touched = [int(t[0]), int(t[1]), int(ends[j]), int(after[j])]
        t[1 : j + 2] = t[1 : j + 2][::-1].copy()
        self._set(t)
        return touched

    def or_opt(self, city: int) -> list[int]:
        """Move the best segment that starts at the city to its best place; the cities whose edges changed."""
        t, edges = self._from(city)
        before = t[-1]
        into_first, from_first = self.to[city][t], self.d[city][t]  # distance of every city to and from the first
        best, move = -self.least, (0, 0, False)
        turned = 0.0
        for length in range(1, self.longest + 1):
            last, behind = t[length - 1], t[length]
            if length > 1:
                turned += self.d[last, t[length - 2]] - edges[length - 2]
            saved = edges[-1] + edges[length - 1] - self.d[before, behind]
            base = -edges[length:-1] - saved  # the segment goes between neighbours of the rest
            delta = into_first[length:-1] + self.d[last][t[length + 1 :]] + base
            k = int(delta.argmin())
            if delta[k] <= best:
                best, move = float(delta[k]), (length, k, False)
            if length > 1:
                delta = self.to[last][t[length:-1]] + from_first[length + 1 :] + base + turned
                k = int(delta.argmin())
                if delta[k] <= best:
                    best, move = float(delta[k]), (length, k, True)
        length, k, is_turned = move
        if not length:
            return []
        rest, segment = t[length:], t[:length]
        touched = [int(c) for c in (before, segment[0], segment[-1], rest[0], rest[k], rest[k + 1])]
        self._set(np.concatenate([rest[: k + 1], segment[::-1] if is_turned else segment, rest[k + 1 :]]))
        return touched
