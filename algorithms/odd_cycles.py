"""Violated odd-cycle inequalities of a fractional cut: triangles by enumeration, all cycles by shortest paths.

``x(F) - x(C - F) <= |F| - 1`` for a cycle C and an odd part F of it: a cut meets a cycle an even number of times.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Float, Int

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Graphs with more paths of two edges than this leave their triangles to the shortest paths.
_MAX_WEDGES = 20_000_000
#: Sources of shortest paths handled at once, so that distances and predecessors stay small.
_SOURCE_CHUNK = 256


@dataclass(frozen=True, eq=False)
class CycleRows:
    """Odd-cycle inequalities ``sum_k signs[k] x[edges[k]] <= right_side`` in compressed rows.

    Parameters
    ----------
    starts : shape (rows + 1,), where each row's entries begin.
    edges, signs : edge of each entry, and +1 in F, -1 outside.
    right_sides : |F| - 1 of each row.
    excess : by how much each row was violated when found.
    """

    starts: Int
    edges: Int
    signs: Float
    right_sides: Float
    excess: Float

    def __len__(self) -> int:
        return int(self.right_sides.size)

    @staticmethod
    def empty() -> CycleRows:
        """No rows at all."""
        nothing = np.zeros(0)
        return CycleRows(np.zeros(1, np.int64), nothing.astype(np.int64), nothing, nothing, nothing)

    @staticmethod
    def of_length(edges: Int, signs: Float, excess: Float) -> CycleRows:
        """Rows of cycles of one length: edges and signs of shape (rows, length)."""
        rows, length = edges.shape
        right_sides = (signs > 0).sum(axis=1) - 1.0
        return CycleRows(np.arange(rows + 1) * length, edges.ravel(), signs.ravel(), right_sides, excess)

    def joined(self, other: CycleRows) -> CycleRows:
        """These rows, then the other ones."""
        return CycleRows(
            np.concatenate([self.starts, self.starts[-1] + other.starts[1:]]),
            np.concatenate([self.edges, other.edges]),
            np.concatenate([self.signs, other.signs]),
            np.concatenate([self.right_sides, other.right_sides]),
            np.concatenate([self.excess, other.excess]),
        )

    def kept(self, rows: np.ndarray) -> CycleRows:
        """The rows of an index array or mask. The array has shape (k,), the mask (rows,)."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        entries = np.repeat(self.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1])
        return CycleRows(starts, self.edges[entries], self.signs[entries], self.right_sides[rows], self.excess[rows])

    def most_violated(self, count: int) -> CycleRows:
        """The ``count`` rows of largest excess, largest first; of equal ones those that stand first."""
        return self.kept(np.argsort(-self.excess, kind="stable")[:count])

    def matrix(self, num_edges: int) -> csr_array:
        """Coefficients, shape (rows, num_edges): +1 and -1 on the edges of each cycle."""
        from scipy.sparse import csr_array

        return csr_array((self.signs, self.edges, self.starts), shape=(len(self), num_edges))


def triangles(num_nodes: int, edges: Int) -> Int:
    """Edge numbers of every triangle, shape (t, 3), of a graph with edges (m, 2), u < v; empty if it has too many.

    Each path u < v < w of two edges is completed by looking up (u, w) among the sorted edges.

    Examples
    --------
    >>> triangles(4, np.array([[0, 1], [0, 2], [1, 2], [2, 3]])).tolist()
    [[0, 2, 1]]
    """
    keys = edges[:, 0] * num_nodes + edges[:, 1]
    order = np.argsort(keys)
    keys = keys[order]
    low, high = keys // num_nodes, keys % num_nodes
    first = np.searchsorted(low, np.arange(num_nodes + 1))
    branches = first[high + 1] - first[high]  # edges that go on from the upper end
    if not 0 < branches.sum() <= _MAX_WEDGES:
        return np.zeros((0, 3), dtype=np.int64)
    start = np.repeat(np.arange(len(keys)), branches)
    onward = np.arange(start.size) - np.repeat(np.cumsum(branches) - branches, branches) + first[high[start]]
    closing = low[start] * num_nodes + high[onward]
    place = np.minimum(np.searchsorted(keys, closing), len(keys) - 1)
    is_closed = keys[place] == closing
    found: Int = order[np.stack([start[is_closed], onward[is_closed], place[is_closed]], axis=1)]
    return found


_TRIANGLE_SIGNS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=np.float64)


def violated_triangles(corners: Int, x: Float, tolerance: float) -> CycleRows:
    """Violated inequalities among the four kinds of each triangle (t, 3) of edge numbers."""
    excess = x[corners] @ _TRIANGLE_SIGNS.T - np.array([2.0, 0.0, 0.0, 0.0])
    triangle, kind = np.nonzero(excess > tolerance)
    return CycleRows.of_length(corners[triangle], _TRIANGLE_SIGNS[kind], excess[triangle, kind])


def violated_odd_cycles(num_nodes: int, edges: Int, x: Float, tolerance: float, deadline: float = np.inf) -> CycleRows:
    """A most violated odd cycle through each node that has one, repeats removed; none found means that none exists.

    In the doubled graph an edge uv joins equal copies at length x and different copies at length 1 - x; a path from a
    node to its other copy of length below 1 is a closed walk with ``|F| - x(F) + x(C - F) < 1``, F odd. Past the
    deadline (of ``time.perf_counter``) the nodes not yet looked at are left out.

    Edges have shape (m, 2) and x shape (m,).
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    n, (u, v) = num_nodes, edges.T
    # lengths of 0 would read as missing arcs
    same, other = np.maximum(x, 1e-12), np.maximum(1.0 - x, 1e-12)
    tails = np.concatenate([u, u + n, u, u + n])
    heads = np.concatenate([v, v + n, v + n, v])
    lengths = np.concatenate([same, same, other, other])
    doubled = csr_array(
        (np.tile(lengths, 2), (np.concatenate([tails, heads]), np.concatenate([heads, tails]))), shape=(2 * n, 2 * n)
    )
    numbers = {(a, b): k for k, (a, b) in enumerate(edges.tolist())}
    cycles: dict[tuple[tuple[int, bool], ...], float] = {}
    sources = np.flatnonzero(np.bincount(edges.ravel(), minlength=n) >= 2)
    for begin in range(0, sources.size, _SOURCE_CHUNK):
        if time.perf_counter() > deadline:
            break
        chunk = sources[begin : begin + _SOURCE_CHUNK]
        distances, before = dijkstra(doubled, indices=chunk, return_predecessors=True, limit=1.0 - tolerance)
        for row in np.flatnonzero(distances[np.arange(chunk.size), chunk + n] < 1.0 - tolerance):
            cycle = _simple_cycle(before[row], int(chunk[row]), n, numbers)
            signed = np.array([edge for edge, _ in cycle]), np.array([crosses for _, crosses in cycle])
            cycles[cycle] = 1.0 - float(np.where(signed[1], 1.0 - x[signed[0]], x[signed[0]]).sum())
    return _compressed({cycle: excess for cycle, excess in cycles.items() if excess > tolerance})


def _simple_cycle(
    before: Int, source: int, n: int, numbers: dict[tuple[int, int], int]
) -> tuple[tuple[int, bool], ...]:
    """(edge, is in F) of a simple odd cycle within the walk from ``source`` to its other copy, sorted by edge.

    The first node met again closes the cycle: on a shortest path its two visits are on different copies, so F is odd,
    and the part is no longer than the whole.
    """
    path = [source + n]
    seen = {source: 0}
    while True:
        path.append(int(before[path[-1]]))
        node = path[-1] % n
        if node in seen:
            walk = path[seen[node] :]
            break
        seen[node] = len(path) - 1
    steps = [(min(a % n, b % n), max(a % n, b % n), (a < n) != (b < n)) for a, b in itertools.pairwise(walk)]
    return tuple(sorted((numbers[low, high], crosses) for low, high, crosses in steps))


def _compressed(cycles: dict[tuple[tuple[int, bool], ...], float]) -> CycleRows:
    if not cycles:
        return CycleRows.empty()
    entries = [entry for cycle in cycles for entry in cycle]
    in_part = np.array([crosses for _, crosses in entries])
    starts = np.concatenate([[0], np.cumsum([len(cycle) for cycle in cycles])])
    right_sides = np.add.reduceat(in_part.astype(np.float64), starts[:-1]) - 1.0
    numbers = np.array([edge for edge, _ in entries], dtype=np.int64)
    return CycleRows(starts, numbers, np.where(in_part, 1.0, -1.0), right_sides, np.array(list(cycles.values())))
