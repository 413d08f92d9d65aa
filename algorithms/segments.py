"""Stretches of a route as numbers that join in constant time: distance, duration, lateness and the windows they leave.

A stretch has a shortest duration, the time warp it needs (how much earlier than allowed clocks would have to be turned
back to serve all its stops), and the first and last start that need no more. Arrays of stretches join elementwise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..core import AnyArray, Float, Int


class Stretches(NamedTuple):
    """Stretches elementwise: first and last node, distance inside, duration, time warp, and starts early..late."""

    first: Int
    last: Int
    distance: Float
    duration: Float
    warp: Float
    early: Float
    late: Float

    def take(self, *index: AnyArray) -> Stretches:
        """The stretches at an index of every array."""
        parts: list[AnyArray] = [part[index] for part in self]
        return Stretches(*parts)

    def end(self) -> Float:
        """Earliest end of the last stop, its own travel not counted, where no warp is needed. Shape (k,)."""
        return np.asarray(self.early + self.duration - self.warp)


class Roads(NamedTuple):
    """What joins stretches: distances, travel times (service inside) and windows, all as floats."""

    distances: Float
    travel: Float
    early: Float
    late: Float

    @classmethod
    def of(cls, distances: AnyArray, travel: AnyArray, windows: AnyArray | None) -> Roads:
        """The roads of an instance; without windows all times are free.

        Matrices of shape (n, n), windows of shape (n, 2).
        """
        m = len(travel)
        spans = np.array([[0.0, np.inf]] * m) if windows is None else np.asarray(windows, dtype=np.float64)
        return cls(
            np.asarray(distances, dtype=np.float64), np.asarray(travel, dtype=np.float64), spans[:, 0], spans[:, 1]
        )

    def single(self, nodes: AnyArray) -> Stretches:
        """Stretches of one node each. Nodes of shape (k,)."""
        v = np.asarray(nodes, dtype=np.int64)
        zero = np.zeros(v.shape)
        return Stretches(v, v, zero, zero, zero, self.early[v], self.late[v])

    def join(self, a: Stretches, b: Stretches) -> Stretches:
        """Each stretch of a, then that of b.

        With ``s = duration_a - warp_a + travel``: waiting ``[early_b - s - late_a]+`` and warp
        ``[early_a + s - late_b]+`` add up, and the starts narrow.

        References
        ----------
        T. Vidal, T. G. Crainic, M. Gendreau, C. Prins (2013), A hybrid genetic algorithm with adaptive diversity
        management for a large class of vehicle routing problems with time windows, doi:10.1016/j.cor.2012.07.018.
        """
        travel = self.travel[a.last, b.first]
        shift = a.duration - a.warp + travel
        wait = np.maximum(b.early - shift - a.late, 0.0)
        warp = np.maximum(a.early + shift - b.late, 0.0)
        return Stretches(
            a.first,
            b.last,
            a.distance + b.distance + self.distances[a.last, b.first],
            a.duration + b.duration + travel + wait,
            a.warp + b.warp + warp,
            np.maximum(b.early - shift, a.early) - wait,
            np.minimum(b.late - shift, a.late) + warp,
        )

    def chain(self, *parts: Stretches) -> Stretches:
        """All parts joined in order."""
        total = parts[0]
        for part in parts[1:]:
            total = self.join(total, part)
        return total

    def table(self, path: Int) -> Stretches:
        """Stretches ``path[i..j]`` for all i <= j, shape (m, m); entries below the diagonal are meaningless.

        Examples
        --------
        >>> roads = Roads.of(np.ones((3, 3)), np.ones((3, 3)), np.array([[0, 9], [4, 5], [0, 3]]))
        >>> table = roads.table(np.array([0, 1, 2, 0]))
        >>> float(table.distance[0, 3]), float(table.warp[0, 3])
        (3.0, 2.0)
        """
        m = len(path)
        single = self.single(path)
        parts: list[AnyArray] = [np.zeros((m, m), dtype=part.dtype) for part in single]
        current = single
        for j in range(m):
            column = single.take(np.full(j, j))
            above: list[AnyArray] = [part[:j] for part in current]
            if j:
                above = list(self.join(Stretches(*above), column))
            current = Stretches(*[np.append(part, own[j]) for part, own in zip(above, single)])
            for part, values in zip(parts, current):
                part[: j + 1, j] = values
        return Stretches(*parts)
