"""TSPTW by positions: bit x[v,t] says that customer v is the t-th stop, only where the window presolve allows it.

No bit for times: windows act through pairs that exclude each other, and lazy rows forbid late stretches.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..core import AnyArray, BinaryProgram, Bits, Int, Rows, Size, Solution
from .permutation import refuse_too_large
from .windows import Mask, late_stretch

if TYPE_CHECKING:
    from .tsptw import Tsptw


@dataclass(frozen=True, eq=False)
class TsptwPositions:
    """Orders as permutation matrices in the pruned domain, with pairs that the windows exclude.

    Minimises ``sum travel[u,v] x[u,t] x[v,t+1]`` and the arcs at the depot, with one bit at every customer and at every
    position, and ``x[v,t] + x[u,s] <= 1`` where u must precede v but s > t, or v cannot follow u and s = t + 1. The
    bits are the allowed (v, t) in the order of v, then t. Late stretches that no pair excludes are lazy rows.

    References
    ----------
    Precedence by windows as in Y. Dumas et al. (1995), An optimal algorithm for the TSPTW, doi:10.1287/opre.43.2.367;
    position bits with their pairs: S. Yarkoni et al. and O. Salehi et al. (2022), arXiv:2106.09056, who square rows
    with integer times instead.

    Examples
    --------
    >>> from .tsptw import Tsptw
    >>> form = TsptwPositions(Tsptw([[0, 2, 2], [2, 0, 2], [2, 2, 0]], [[0, 20], [0, 9], [2, 5]]))
    >>> form.encode([2, 1]).tolist(), form.decode([1, 0, 0, 1]).tolist(), form.program.costs([[1, 0, 0, 1]]).tolist()
    ([0, 1, 1, 0], [1, 2], [6.0])
    """

    problem: Tsptw

    name: ClassVar[str] = "positions"
    is_surrogate: ClassVar[bool] = False
    has_pairs: ClassVar[bool] = True

    @cached_property
    def places(self) -> tuple[Int, Int]:
        """Customer (from 1) and position (from 1) of each bit."""
        customer, place = np.nonzero(self.problem.presolve.positions)
        return customer.astype(np.int64) + 1, place.astype(np.int64) + 1

    @cached_property
    def bit_of(self) -> Int:
        """Bit of customer v at position t, -1 where there is none; shape (n, n), both from 0."""
        table = np.full(self.problem.presolve.positions.shape, -1, dtype=np.int64)
        table[self.problem.presolve.positions] = np.arange(len(self.places[0]))
        return table

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import csr_array, vstack

        size = self.size(self.problem)
        refuse_too_large(size, f"tsptw by positions of {self.problem.num_customers} customers", "use edges")
        n, travel = self.problem.num_customers, self.problem.travel
        customer, place = self.places
        c = np.where(place == 1, travel[0, customer], 0.0) + np.where(place == n, travel[customer, 0], 0.0)
        first, second, values = self._steps()
        count = len(customer)
        bits = np.arange(count)
        stops = csr_array((np.ones(count), (customer - 1, bits)), shape=(n, count))
        positions = csr_array((np.ones(count), (place - 1, bits)), shape=(n, count))
        names = [f"customer[{v}]" for v in range(1, n + 1)] + [f"position[{t}]" for t in range(1, n + 1)]
        i, j = self._pairs() if self.has_pairs else (bits[:0], bits[:0])
        row = np.repeat(np.arange(len(i)), 2)
        pairs = csr_array((np.ones(2 * len(i)), (row, np.stack([i, j], axis=1).ravel())), shape=(len(i), count))
        labels = [f"{v},{t}" for v, t in zip(customer.tolist(), place.tolist())]
        names += [f"pair[{labels[a]};{labels[b]}]" for a, b in zip(i.tolist(), j.tolist())]
        lower = np.concatenate([np.ones(2 * n), np.full(len(i), -np.inf)])
        rows = Rows(vstack([stops, positions, pairs], format="csr"), lower, np.ones(2 * n + len(i)), tuple(names))
        products = csr_array((values, (first, second)), shape=(count, count))
        return BinaryProgram(c, products, 0.0, rows, tuple(f"x[{label}]" for label in labels))

    def _steps(self) -> tuple[Int, Int, AnyArray]:
        """Bits (u, t), (v, t + 1) of allowed arcs with their travel; both shape (k,)."""
        u, v = np.nonzero(_costly(self.problem))
        table = self.bit_of
        first, second = table[u][:, :-1], table[v][:, 1:]
        both = (first >= 0) & (second >= 0)
        values = np.broadcast_to(self.problem.travel[u + 1, v + 1][:, None], both.shape)
        return first[both], second[both], values[both].astype(np.float64)

    def _pairs(self) -> tuple[Int, Int]:
        """Bits that the windows exclude together, each pair once."""
        before, table = self.problem.presolve.before[1:, 1:], self.bit_of
        firsts, seconds = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for u, v in zip(*np.nonzero(before)):  # v at t, u at s > t
            early, late = table[v], table[u]
            t, s = np.nonzero((early >= 0)[:, None] & (late >= 0) & np.triu(np.ones((len(early),) * 2, dtype=bool), 1))
            firsts.append(early[t])
            seconds.append(late[s])
        u, v = np.nonzero(_broken_arcs(self.problem))
        first, second = table[u][:, :-1], table[v][:, 1:]
        both = (first >= 0) & (second >= 0)
        return np.concatenate([*firsts, first[both]]), np.concatenate([*seconds, second[both]])

    def decode(self, x: AnyArray) -> Solution | None:
        """Order of the customers, shape (n,), of bits, shape (allowed places,); None unless each has one place."""
        bits = np.asarray(x)
        customer, place = self.places
        n = self.problem.num_customers
        chosen = np.flatnonzero(bits)
        if len(chosen) != n or (bits[chosen] != 1).any():
            return None
        order = np.zeros(n, dtype=np.int64)
        order[place[chosen] - 1] = customer[chosen]
        return order if len(np.unique(customer[chosen])) == n and order.all() else None

    def encode(self, solution: Solution) -> Bits:
        """The point, shape (allowed places,), of an order, shape (n,).

        Raises
        ------
        ValueError
            Not an order of the customers, or one that the windows exclude (it has no bits).
        """
        from .tsptw import order_solution

        order = order_solution(solution, self.problem.num_customers)
        bits = self.bit_of[order - 1, np.arange(len(order))]
        if (bits < 0).any():
            k = int(np.argmax(bits < 0))
            raise ValueError(f"customer {order[k]} must not stand at position {k + 1}: its window excludes it")
        x = np.zeros(len(self.places[0]), dtype=np.uint8)
        x[bits] = 1
        return x

    def complete(self, X: AnyArray) -> Bits:
        """X itself, shape (k, allowed places): there are no auxiliary bits."""
        return np.atleast_2d(np.asarray(X, dtype=np.uint8))

    def separate(self, X: AnyArray) -> Rows | None:
        """Rows ``sum_k x[v_k,k] <= m - 1`` against the shortest late stretch of m stops in each order that is late.

        Points have shape (k, allowed places).
        """
        from scipy.sparse import csr_array

        problem = self.problem
        found: dict[str, Int] = {}
        for x in np.unique(np.atleast_2d(np.asarray(X)), axis=0):
            order = self.decode(x)
            stretch = None if order is None else late_stretch(*_timed(problem), order, problem.tolerance)
            if order is None or stretch is None:
                continue
            k = np.arange(max(stretch[0], 1), min(stretch[1], len(order)) + 1)  # stops of the stretch, depot apart
            bits = self.bit_of[order[k - 1] - 1, k - 1]
            found[stretch_name(int(k[0]), order[k - 1])] = bits
        if not found:
            return None
        names = sorted(found)
        columns = np.concatenate([found[name] for name in names])
        row = np.repeat(np.arange(len(names)), [len(found[name]) for name in names])
        A = csr_array((np.ones(len(row)), (row, columns)), shape=(len(names), len(self.places[0])))
        upper = np.array([len(found[name]) - 1.0 for name in names])
        return Rows(A, np.full(len(names), -np.inf), upper, tuple(names))

    @classmethod
    def size(cls, problem: Tsptw) -> Size:
        """One variable a place that windows allow a customer; rows and terms counted from the data."""
        allowed = problem.presolve.positions.astype(np.int64)
        n = problem.num_customers
        count = int(allowed.sum())
        steps = allowed[:, :-1] @ allowed[:, 1:].T  # how often v can stand right behind u
        pairs = 0
        if cls.has_pairs:
            behind = np.cumsum(allowed[:, ::-1], axis=1)[:, ::-1] - allowed  # positions of u behind t
            pairs = int(((behind @ allowed.T) * problem.presolve.before[1:, 1:]).sum())
            pairs += int(steps[_broken_arcs(problem)].sum())
        travel = problem.travel
        leave, back = travel[0, 1:] * allowed[:, :1].sum(axis=1), travel[1:, 0] * allowed[:, -1:].sum(axis=1)
        ends = int(np.count_nonzero(leave + back)) if n == 1 else int(np.count_nonzero(leave) + np.count_nonzero(back))
        products = int(steps[_costly(problem)].sum())
        return Size(count, 2 * n + pairs, products + ends + 2 * count + 2 * pairs)


@dataclass(frozen=True, eq=False)
class TsptwCuts(TsptwPositions):
    """Positions in the pruned domain whose windows are lazy rows alone: no pairs beforehand, exact in the limit."""

    name: ClassVar[str] = "cuts"
    has_pairs: ClassVar[bool] = False


@dataclass(frozen=True, eq=False)
class TsptwOrder(TsptwPositions):
    """Positions where the makespan counts: the cost is travel without waiting, so it only ranks (a surrogate)."""

    is_surrogate: ClassVar[bool] = True


def stretch_name(first: int, stops: Int) -> str:
    """The same stretch at the same place always has the same name; long ones are shortened, with a checksum.

    Stops have shape (m,).
    """
    if len(stops) <= 12:
        return f"late[{first}:{','.join(map(str, stops.tolist()))}]"
    start = ",".join(map(str, stops[:6].tolist()))
    return f"late[{first}:{start},...;{len(stops)} stops;{zlib.crc32(stops.tobytes()):08x}]"


def _timed(problem: Tsptw) -> tuple[AnyArray, AnyArray]:
    return problem.travel, problem.windows


def _costly(problem: Tsptw) -> Mask:
    """Arcs between customers that are allowed and cost something, shape (n, n)."""
    mask: Mask = problem.presolve.arcs[1:, 1:] & (problem.travel[1:, 1:] != 0)
    return mask


def _broken_arcs(problem: Tsptw) -> Mask:
    """Arcs (u, v) that are impossible though v need not precede u: somebody must stand between them."""
    found = problem.presolve
    mask: Mask = ~found.arcs[1:, 1:] & ~found.before[1:, 1:].T
    np.fill_diagonal(mask, False)
    return mask
