"""Symmetric TSP by edges: a bit says whether an edge lies on the tour; n(n-1)/2 bits, linear cost, n degree rows.

Degree rows alone allow several small cycles. The rows against them are lazy: ``separate`` finds those that points
break, by connected components; it does not look for minimum cuts, so it may miss rows broken by fractional points.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from ..core import AnyArray, BinaryProgram, Bits, Int, Rows, Size, Solution, UnsupportedError, permutation_solution
from ..core.unique import unique_rows

if TYPE_CHECKING:
    from .tsp import Tsp

#: An edge counts as present in a fractional point above this.
SUPPORT = 1e-7


@dataclass(frozen=True, eq=False)
class TspEdges:
    """Tours as edge sets: ``min sum_e d_e x_e`` with two edges at every city and no cycle through fewer cities.

    Bit of the edge {i, j}, i < j, in the order (0,1), (0,2), ..., (n-2,n-1). A set of edges denotes a tour only if it
    is one cycle through all cities; ``decode`` gives None for all others.

    Raises
    ------
    UnsupportedError
        The distances are asymmetric, or there are fewer than 3 cities.

    References
    ----------
    G. Dantzig, R. Fulkerson, S. Johnson (1954), Solution of a large-scale traveling-salesman problem,
    doi:10.1287/opre.2.4.393; the rows in the cut form x(delta(S)) >= 2.

    Examples
    --------
    >>> from .tsp import Tsp
    >>> form = TspEdges(Tsp([[0, 1, 2, 3], [1, 0, 4, 5], [2, 4, 0, 6], [3, 5, 6, 0]]))
    >>> form.encode([0, 1, 3, 2]).tolist(), form.decode([1, 1, 0, 0, 1, 1]).tolist()
    ([1, 1, 0, 0, 1, 1], [0, 1, 3, 2])
    """

    problem: Tsp

    name: ClassVar[str] = "edges"
    is_surrogate: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check(self.problem)

    @cached_property
    def ends(self) -> tuple[Int, Int]:
        """Lower and higher city of each edge, shapes (n(n-1)/2,)."""
        low, high = np.triu_indices(self.problem.num_cities, 1)
        return low.astype(np.int64), high.astype(np.int64)

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import csr_array

        low, high = self.ends
        n, count = self.problem.num_cities, len(low)
        edge = np.arange(count)
        A = csr_array((np.ones(2 * count), (np.concatenate([low, high]), np.concatenate([edge, edge]))), (n, count))
        rows = Rows(A, np.full(n, 2.0), np.full(n, 2.0), tuple(f"degree[{i}]" for i in range(n)))
        names = tuple(f"x[{i},{j}]" for i, j in zip(low.tolist(), high.tolist()))
        return BinaryProgram(self.problem.distances[low, high], None, 0.0, rows, names)

    def decode(self, x: AnyArray) -> Solution | None:
        """Tour from city 0, shape (n,), of edge bits, shape (n (n - 1) / 2,); None unless they are one closed tour."""
        low, high = self.ends
        chosen = np.flatnonzero(np.asarray(x))
        n = self.problem.num_cities
        if len(chosen) != n or (np.bincount(np.concatenate([low[chosen], high[chosen]]), minlength=n) != 2).any():
            return None
        near = np.concatenate([np.stack([low[chosen], high[chosen]]), np.stack([high[chosen], low[chosen]])], axis=1)
        pairs = near[1][np.lexsort((near[1], near[0]))].reshape(n, 2).tolist()  # the two neighbours of each city
        tour, previous, city = [0], -1, 0
        while True:
            first, second = pairs[city]
            previous, city = city, second if first == previous else first
            if city == 0:
                break
            tour.append(city)
        return np.array(tour, dtype=np.int64) if len(tour) == n else None

    def encode(self, solution: Solution) -> Bits:
        """Edge bits, shape (n (n - 1) / 2,), of a tour, shape (n,); its direction is lost."""
        n = self.problem.num_cities
        tour = permutation_solution(solution, n, self.problem.kind)
        x = np.zeros(n * (n - 1) // 2, dtype=np.uint8)
        x[edge_index(tour, np.roll(tour, -1), n)] = 1
        return x

    def complete(self, X: AnyArray) -> Bits:
        """X itself, shape (k, n (n - 1) / 2): there are no auxiliary bits."""
        return np.atleast_2d(np.asarray(X, dtype=np.uint8))

    def separate(self, X: AnyArray) -> Rows | None:
        """Rows ``x(delta(S)) >= 2`` of the connected components S of each point's support, 2 <= |S| <= n - 2.

        Points have shape (k, n (n - 1) / 2).

        Points may be fractional. Single cities are left to the degree rows, which already demand as much. A set and
        its complement are one row; it is named after the side without city 0.

        Raises
        ------
        ValueError
            The points have another number of bits.
        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        points = np.atleast_2d(np.asarray(X))
        n, (low, high) = self.problem.num_cities, self.ends
        if points.shape[1] != len(low):
            raise ValueError(f"points must have shape (k, {len(low)}), got {points.shape}")
        points = points > SUPPORT
        points = points[unique_rows(points).first]
        k, edge = np.nonzero(points)
        graph = csr_array((np.ones(len(k)), (k * n + low[edge], k * n + high[edge])), shape=(len(points) * n,) * 2)
        labels = connected_components(graph, directed=False)[1].reshape(-1, n)
        sides: dict[bytes, npt.NDArray[np.bool_]] = {}
        for row in labels:
            parts, sizes = np.unique(row, return_counts=True)
            for label in parts[(sizes >= 2) & (sizes <= n - 2)]:
                side = row == label
                side = ~side if side[0] else side
                sides[np.packbits(side).tobytes()] = side
        if not sides:
            return None
        masks = np.array([sides[key] for key in sorted(sides)])
        crossing = masks[:, low] != masks[:, high]
        names = tuple(_cut_name(np.flatnonzero(mask)) for mask in masks)
        return Rows(csr_array(crossing, dtype=np.float64), np.full(len(masks), 2.0), np.full(len(masks), np.inf), names)

    @classmethod
    def size(cls, problem: Tsp) -> Size:
        """One variable an undirected edge, one row a city; the lazy subtour rows are not counted."""
        _check(problem)
        n = problem.num_cities
        return Size(n * (n - 1) // 2, n, int(np.count_nonzero(problem.distances)) // 2 + n * (n - 1))


def edge_index(i: AnyArray, j: AnyArray, n: int) -> Int:
    """Index of the edges {i, j} among the n(n-1)/2, elementwise: in the shape of i and j.

    Examples
    --------
    >>> edge_index(np.array([0, 2, 3]), np.array([1, 1, 2]), 4).tolist()
    [0, 3, 5]
    """
    low, high = np.minimum(i, j), np.maximum(i, j)
    return np.asarray(low * (2 * n - low - 1) // 2 + high - low - 1, dtype=np.int64)


def _check(problem: Tsp) -> None:
    if not problem.is_symmetric:
        raise UnsupportedError("edges must have symmetric distances, got an asymmetric tsp; use positions")
    if problem.num_cities < 3:
        raise UnsupportedError(f"edges must have at least 3 cities, got {problem.num_cities}; use positions")


def _cut_name(cities: Int) -> str:
    """The same set always has the same name; long ones are shortened, with a checksum."""
    if len(cities) <= 12:
        return f"cut[{','.join(str(city) for city in cities)}]"
    start = ",".join(str(city) for city in cities[:6])
    return f"cut[{start},...;{len(cities)} cities;{zlib.crc32(cities.tobytes()):08x}]"
