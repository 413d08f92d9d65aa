"""TSP by positions: bit x[i,t] says that city i is the t-th stop; city 0 is stop 0, so (n-1)^2 bits.

Complete with 2(n-1) one-hot rows, no lazy ones; costs are products of neighbouring positions, about n^3 of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..core import AnyArray, BinaryProgram, Bits, Rows, Size, Solution, permutation_solution
from .permutation import one_hot_rows, permutation_bits, permutation_of, refuse_too_large

if TYPE_CHECKING:
    from .tsp import Tsp


@dataclass(frozen=True, eq=False)
class TspPositions:
    """Tours as permutation matrices of the cities 1..n-1, city 0 first.

    Minimises ``sum_i (d[0,i] x[i,1] + d[i,0] x[i,n-1]) + sum_t sum_(i != j) d[i,j] x[i,t] x[j,t+1]``. Bit x[i,t]
    (i, t = 1..n-1) has the index ``(i-1)(n-1) + t-1``. Every direction of a symmetric tour is a point of its own.

    References
    ----------
    A. Lucas (2014), Ising formulations of many NP problems, doi:10.3389/fphy.2014.00005, section 7.2; there all n
    cities move. Fixing one removes 2n - 1 bits and the n rotations of every tour.

    Examples
    --------
    >>> from .tsp import Tsp
    >>> form = TspPositions(Tsp([[0, 1, 9], [9, 0, 1], [1, 9, 0]]))
    >>> form.program.costs(form.encode([0, 1, 2])).tolist(), form.decode([0, 1, 1, 0]).tolist()
    ([3.0], [0, 2, 1])
    """

    problem: Tsp

    name: ClassVar[str] = "positions"
    is_surrogate: ClassVar[bool] = False

    @property
    def order(self) -> int:
        """Number m = n - 1 of cities, and of positions, that are free."""
        return max(self.problem.num_cities - 1, 0)

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import csr_array

        refuse_too_large(self.size(self.problem), f"tsp by positions of {self.problem.num_cities} cities", "use edges")
        d, m = self.problem.distances, self.order
        linear = np.zeros((m, m))
        if m:
            linear[:, 0] += d[0, 1:]
            linear[:, -1] += d[1:, 0]
        i, j = np.nonzero(d[1:, 1:])  # the diagonal is stored as 0
        steps = np.arange(max(m - 1, 0))
        rows = (i[:, None] * m + steps).ravel()
        columns = (j[:, None] * m + steps + 1).ravel()
        values = np.repeat(d[1:, 1:][i, j].astype(np.float64), len(steps))
        products = csr_array((values, (rows, columns)), shape=(m * m, m * m))
        names = tuple(f"x[{i},{t}]" for i in range(1, m + 1) for t in range(1, m + 1))
        return BinaryProgram(linear.ravel(), products, 0.0, one_hot_rows(m, "city", "position"), names)

    def decode(self, x: AnyArray) -> Solution | None:
        """Tour from city 0, shape (n,), of bits, shape ((n - 1)**2,); None unless they are a permutation matrix."""
        stops = permutation_of(x, self.order)
        if stops is None:
            return None
        if not self.problem.num_cities:
            return np.zeros(0, dtype=np.int64)
        return np.concatenate([[0], np.argsort(stops) + 1]).astype(np.int64)

    def encode(self, solution: Solution) -> Bits:
        """Permutation matrix of cities 1..n-1 by position, shape ((n - 1)**2,), of a tour turned to begin at city 0."""
        tour = permutation_solution(solution, self.problem.num_cities, self.problem.kind)
        if not tour.size:
            return np.zeros(0, dtype=np.uint8)
        cities = np.roll(tour, -int(np.argmin(tour)))[1:] - 1
        return permutation_bits(np.argsort(cities))

    def complete(self, X: AnyArray) -> Bits:
        """X itself, shape (k, (n - 1)**2): there are no auxiliary bits."""
        return np.atleast_2d(np.asarray(X, dtype=np.uint8))

    def separate(self, X: AnyArray) -> Rows | None:
        """None, whatever the points, shape (k, (n - 1)**2): all rows are in the program."""
        return None

    @classmethod
    def size(cls, problem: Tsp) -> Size:
        """(n - 1)**2 variables and 2 (n - 1) rows, city 0 being fixed."""
        m = max(problem.num_cities - 1, 0)
        d = problem.distances
        if m == 0:
            return Size(0, 0, 0)
        ends = np.count_nonzero(d[0, 1:]) + np.count_nonzero(d[1:, 0]) if m > 1 else np.count_nonzero(d[0, 1] + d[1, 0])
        products = (m - 1) * int(np.count_nonzero(d[1:, 1:]))
        return Size(m * m, 2 * m, products + int(ends) + 2 * m * m)
