"""TSPTW by arcs: bit y[u,v] says that v directly follows u, only for arcs that the window presolve allows.

``edges`` keeps the windows by lazy rows (subtours, late stretches); ``arrival`` by integer times in bits of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..core import AnyArray, BinaryProgram, Bits, Float, Int, Rows, Size, Solution, UnsupportedError
from .permutation import refuse_too_large
from .time_grid import common_factor
from .tsptw_positions import stretch_name
from .windows import late_stretch

if TYPE_CHECKING:
    from .tsptw import Tsptw

#: An arc counts as present in a fractional point above this.
SUPPORT = 1e-7


@dataclass(frozen=True, eq=False)
class TsptwEdges:
    """Tours as arc sets: ``min sum travel[u,v] y[u,v]`` with one arc into and one out of every node, depot included.

    Lazy rows: ``y(arcs inside S) <= |S| - 1`` for sets of customers without a way out, and ``sum y <= m - 1`` over the
    m arcs of a stretch that is late from wherever it starts. Bits are the allowed arcs in the order of u, then v.

    References
    ----------
    N. Ascheuer, M. Fischetti, M. Groetschel (2001), doi:10.1007/PL00011432: infeasible path constraints; theirs are
    lifted over the paths' permutations, these are not.

    Examples
    --------
    >>> from .tsptw import Tsptw
    >>> form = TsptwEdges(Tsptw([[0, 2, 2], [2, 0, 2], [2, 2, 0]], [[0, 20], [0, 9], [2, 5]]))
    >>> form.program.names
    ('y[0,1]', 'y[0,2]', 'y[1,0]', 'y[1,2]', 'y[2,0]', 'y[2,1]')
    >>> form.decode([1, 0, 0, 1, 1, 0]).tolist()
    [1, 2]
    """

    problem: Tsptw

    name: ClassVar[str] = "edges"
    is_surrogate: ClassVar[bool] = False

    @cached_property
    def arcs(self) -> tuple[Int, Int]:
        """Tail and head of each bit."""
        return arc_ends(self.problem)

    @cached_property
    def program(self) -> BinaryProgram:
        tails, heads = self.arcs
        refuse_too_large(self.size(self.problem), "tsptw by edges", "use positions")
        cost = np.asarray(self.problem.travel[tails, heads], dtype=np.float64)
        return BinaryProgram(cost, None, 0.0, degree_rows(self.problem), arc_names(tails, heads))

    def decode(self, x: AnyArray) -> Solution | None:
        """Order of the customers, shape (n,), of arc bits, shape (arcs,); None unless they are one tour."""
        return tour_of(self.problem, np.asarray(x))

    def encode(self, solution: Solution) -> Bits:
        """Arc bits, shape (arcs,), of an order, shape (n,)."""
        return arc_bits(self.problem, solution)

    def complete(self, X: AnyArray) -> Bits:
        """X itself, shape (k, arcs): there are no auxiliary bits."""
        return np.atleast_2d(np.asarray(X, dtype=np.uint8))

    def separate(self, X: AnyArray) -> Rows | None:
        """Subtour rows of each point's support, and a row against the first late stretch of each whole tour.

        Points have shape (k, arcs).
        """
        return broken_rows(self.problem, np.atleast_2d(np.asarray(X)))

    @classmethod
    def size(cls, problem: Tsptw) -> Size:
        """One variable an arc that windows allow, two rows a node; lazy rows are not counted."""
        tails, heads = arc_ends(problem)
        rows = 2 * len(problem.travel) if problem.num_customers else 0
        return Size(len(tails), rows, int(np.count_nonzero(problem.travel[tails, heads])) + 2 * len(tails))


@dataclass(frozen=True, eq=False)
class TsptwArrival:
    """Arcs with arrival times: ``a[v] >= a[u] + travel[u,v]`` where y[u,v] = 1, within the tightened windows.

    ``a[v] = e_v + sum_j w_j b[v,j]`` covers e_v..l_v; the weights are 1, 2, 4, ... and a smaller last one. Times are
    scaled to integers. The row is ``a[v] - a[u] >= travel[u,v] - M (1 - y[u,v])`` with the least M that frees it. With
    makespan the cost is a[return], else travel. ``complete`` sets the earliest times. Subtours without travel time are
    lazy rows; all others the times exclude.

    Raises
    ------
    UnsupportedError
        The times are no decimals of a common grid.

    References
    ----------
    C. E. Miller, A. W. Tucker, R. A. Zemlin (1960), doi:10.1145/321043.321046, with times for the order numbers.
    """

    problem: Tsptw

    name: ClassVar[str] = "arrival"
    is_surrogate: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _grid(self.problem)

    @cached_property
    def grid(self) -> tuple[Int, Int, Int, float]:
        """Integer travel (n + 1, n + 1), first and last times (n + 1,) (entry 0: the return), and the factor."""
        return _grid(self.problem)

    @cached_property
    def clocks(self) -> list[Int]:
        """Weights of the time bits of each node; entry 0 is the return."""
        _, first, last, _ = self.grid
        return [_weights(int(span)) for span in np.maximum(last - first, 0).tolist()]

    @cached_property
    def offsets(self) -> Int:
        """Where the time bits of each node begin, and the end; shape (n + 2,)."""
        start = len(arc_ends(self.problem)[0])
        return np.concatenate([[start], start + np.cumsum([len(w) for w in self.clocks])]).astype(np.int64)

    @cached_property
    def program(self) -> BinaryProgram:
        refuse_too_large(self.size(self.problem), "tsptw by arrival", "use positions")
        tails, heads = arc_ends(self.problem)
        _, first, _, factor = self.grid
        count = int(self.offsets[-1])
        c, offset = np.zeros(count), 0.0
        if self.problem.objective_kind == "travel":
            c[: len(tails)] = self.problem.travel[tails, heads]
        else:
            c[self._bits(0)] = self.clocks[0] / factor
            offset = float(first[0]) / factor
        names = [*arc_names(tails, heads)]
        names += [f"a[{v},{j}]" for v, weights in enumerate(self.clocks) for j in range(len(weights))]
        return BinaryProgram(c, None, offset, self._rows(), tuple(names))

    def _bits(self, v: int) -> Int:
        return np.arange(self.offsets[v], self.offsets[v + 1])

    def _rows(self) -> Rows:
        from scipy.sparse import coo_array, csr_array, vstack

        degrees = degree_rows(self.problem)
        tails, heads = arc_ends(self.problem)
        travel, first, last, _ = self.grid
        row: list[Int] = []
        column: list[Int] = []
        value: list[Float] = []
        lower: list[float] = []
        names: list[str] = []
        for k, (u, v) in enumerate(zip(tails.tolist(), heads.tolist())):
            least = int(first[v] - (last[u] if u else first_departure(self)))
            big = int(travel[u, v]) - least
            if big <= 0:
                continue  # the windows alone keep it
            parts = [(self._bits(v), self.clocks[v]), (np.array([k]), np.array([-big]))]
            parts += [(self._bits(u), -self.clocks[u])] if u else []
            for bits, weights in parts:
                row.append(np.full(len(bits), len(lower)))
                column.append(bits)
                value.append(weights.astype(np.float64))
            start = int(first[u]) if u else first_departure(self)
            lower.append(float(travel[u, v] - big + start - first[v]))
            names.append(f"time[{u},{v}]")
        shape = (len(lower), int(self.offsets[-1]))
        entries = [np.concatenate(x) if x else np.zeros(0) for x in (value, row, column)]
        times = coo_array((entries[0], (entries[1], entries[2])), shape=shape)
        padded = csr_array((degrees.A.data, degrees.A.indices, degrees.A.indptr), shape=(len(degrees), shape[1]))
        A = vstack([padded, times], format="csr")
        return Rows(
            A,
            np.concatenate([degrees.lower, np.array(lower)]),
            np.concatenate([degrees.upper, np.full(len(lower), np.inf)]),
            (*degrees.names, *names),
        )

    def decode(self, x: AnyArray) -> Solution | None:
        """Order of the customers, shape (n,), of the arc bits that come first in x; None unless they are one tour."""
        return tour_of(self.problem, np.asarray(x)[: len(arc_ends(self.problem)[0])])

    def encode(self, solution: Solution) -> Bits:
        """Arc bits, then those of the arrival times, which are set as ``complete`` sets them; shape (m,)."""
        arcs = arc_bits(self.problem, solution)
        x = np.concatenate([arcs, np.zeros(int(self.offsets[-1]) - len(arcs), dtype=np.uint8)])
        return np.asarray(self.complete(x[None])[0])

    def complete(self, X: AnyArray) -> Bits:
        """Points, shape (k, m), with each time at its earliest under the chosen arcs, cut at the window's end."""
        points = np.array(np.atleast_2d(X), dtype=np.uint8)
        tails, heads = arc_ends(self.problem)
        travel, first, last, _ = self.grid
        for x in points:
            chosen = np.flatnonzero(x[: len(tails)])
            times = first.copy()
            for _ in range(len(first)):
                start = np.where(tails[chosen] == 0, first_departure(self), times[tails[chosen]])
                later = times.copy()
                np.maximum.at(later, heads[chosen], start + travel[tails[chosen], heads[chosen]])
                later = np.maximum(np.minimum(later, last), first)
                if np.array_equal(later, times):
                    break
                times = later
            for v, weights in enumerate(self.clocks):
                x[self._bits(v)] = _digits(int(times[v] - first[v]), weights)
        return points

    def separate(self, X: AnyArray) -> Rows | None:
        """Subtour rows, and those against late tours that the times let pass (an instance proven to have none).

        Points have shape (k, m), the arc bits first.
        """
        from scipy.sparse import csr_array

        points = np.atleast_2d(np.asarray(X))
        found = broken_rows(self.problem, points[:, : len(arc_ends(self.problem)[0])])
        if found is None:
            return None
        A = csr_array((found.A.data, found.A.indices, found.A.indptr), shape=(len(found), points.shape[1]))
        return Rows(A, found.lower, found.upper, found.names)

    @classmethod
    def size(cls, problem: Tsptw) -> Size:
        """Arcs and the bits of arrival times; rows and terms counted on the rows themselves."""
        form = cls(problem)
        rows = form._rows()
        count = int(form.offsets[-1])
        if problem.objective_kind == "travel":
            tails, heads = arc_ends(problem)
            costs = int(np.count_nonzero(problem.travel[tails, heads]))
        else:
            costs = len(form.clocks[0])
        return Size(count, len(rows), costs + int(rows.A.nnz))


def first_departure(form: TsptwArrival) -> int:
    """When the depot is left, on the grid."""
    return int(np.rint(float(form.problem.windows[0, 0]) * form.grid[3]))


def _grid(problem: Tsptw) -> tuple[Int, Int, Int, float]:
    factor = common_factor(np.concatenate([problem.travel.ravel(), problem.windows.ravel()]))
    if factor is None:
        raise UnsupportedError("arrival must have times with few decimals, got irrational ones; use positions")
    travel = np.rint(problem.travel * factor).astype(np.int64)
    found = problem.presolve
    first, last = (np.rint(np.asarray(t) * factor).astype(np.int64) for t in (found.earliest, found.latest))
    inward = np.flatnonzero(found.arcs[:, 0])
    if len(inward):
        first[0] = max(int(first[0]), int((first[inward] + travel[inward, 0]).min()))
    last[0] = max(int(np.rint(float(problem.windows[0, 1]) * factor)), int(first[0]))
    return travel, first, np.maximum(first, last), factor


def _weights(span: int) -> Int:
    """Weights 1, 2, 4, ... and a last one such that their sums cover 0..span."""
    weights: list[int] = []
    while span > 0:
        step = min(1 << len(weights), span)
        weights.append(step)
        span -= step
    return np.array(weights, dtype=np.int64)


def _digits(value: int, weights: Int) -> Bits:
    """Bits whose weights sum to the value, largest weight first."""
    bits = np.zeros(len(weights), dtype=np.uint8)
    for j in np.argsort(-weights, kind="stable").tolist():
        if weights[j] <= value:
            bits[j], value = 1, value - int(weights[j])
    return bits


def arc_ends(problem: Tsptw) -> tuple[Int, Int]:
    """Tails and heads, shape (arcs,) each, of the arcs that presolve allows."""
    tails, heads = np.nonzero(problem.presolve.arcs)
    return tails.astype(np.int64), heads.astype(np.int64)


def arc_names(tails: Int, heads: Int) -> tuple[str, ...]:
    """Names ``y[u,v]`` of arcs with these ends, shape (arcs,) each."""
    return tuple(f"y[{u},{v}]" for u, v in zip(tails.tolist(), heads.tolist()))


def degree_rows(problem: Tsptw) -> Rows:
    """One arc out of and one into every node; no rows where there is no customer."""
    from scipy.sparse import csr_array

    tails, heads = arc_ends(problem)
    m, arc = (len(problem.travel) if problem.num_customers else 0), np.arange(len(tails))
    A = csr_array((np.ones(2 * len(arc)), (np.concatenate([tails, m + heads]), np.tile(arc, 2))), (2 * m, len(arc)))
    names = tuple([f"out[{v}]" for v in range(m)] + [f"in[{v}]" for v in range(m)])
    return Rows(A, np.ones(2 * m), np.ones(2 * m), names)


def tour_of(problem: Tsptw, x: AnyArray) -> Solution | None:
    """The order, shape (n,), that arc bits, shape (arcs,), denote; None where they are not one tour of all nodes."""
    tails, heads = arc_ends(problem)
    m = len(problem.travel)
    chosen = np.flatnonzero(x)
    if m == 1:
        return np.zeros(0, dtype=np.int64)
    if len(chosen) != m or len(np.unique(tails[chosen])) != m or len(np.unique(heads[chosen])) != m:
        return None
    after = np.empty(m, dtype=np.int64)
    after[tails[chosen]] = heads[chosen]
    order: list[int] = []
    node = int(after[0])
    while node != 0 and len(order) < m:
        order.append(node)
        node = int(after[node])
    return np.array(order, dtype=np.int64) if len(order) == m - 1 else None


def arc_bits(problem: Tsptw, solution: Solution) -> Bits:
    """Bits, shape (arcs,), of the arcs of an order, shape (n,).

    Raises
    ------
    ValueError
        Not an order of the customers, or one with an arc that the windows exclude.
    """
    from .tsptw import order_solution

    order = order_solution(solution, problem.num_customers)
    tails, heads = arc_ends(problem)
    x = np.zeros(len(tails), dtype=np.uint8)
    if not len(order):
        return x
    stops = np.concatenate([[0], order, [0]])
    allowed = problem.presolve.arcs[stops[:-1], stops[1:]]
    if not allowed.all():
        k = int(np.argmin(allowed))
        raise ValueError(f"the arc {stops[k]} -> {stops[k + 1]} must not be used: the windows exclude it")
    m = len(problem.travel)
    index = np.full(m * m, -1, dtype=np.int64)
    index[tails * m + heads] = np.arange(len(tails))
    x[index[stops[:-1] * m + stops[1:]]] = 1
    return x


def broken_rows(problem: Tsptw, points: AnyArray) -> Rows | None:
    """Subtour and late-stretch rows over the arc bits that the points (k, arcs) break; None where there are none."""
    from scipy.sparse import csr_array

    tails, heads = arc_ends(problem)
    found: dict[str, tuple[Int, float]] = {}
    for x in np.unique(points, axis=0):
        for inside in _components(problem, x):
            arcs = np.flatnonzero(inside[tails] & inside[heads])
            if x[arcs].sum() > inside.sum() - 1 + SUPPORT:
                nodes = np.flatnonzero(inside)
                found[stretch_name(0, nodes).replace("late[0:", "cut[")] = (arcs, float(len(nodes) - 1))
        order = tour_of(problem, x) if np.isin(x, (0, 1)).all() else None
        stretch = None if order is None else late_stretch(problem.travel, problem.windows, order, problem.tolerance)
        if order is not None and stretch is not None:
            stops = np.concatenate([[0], order, [0]])[stretch[0] : stretch[1] + 1]
            bits = [int(np.flatnonzero((tails == u) & (heads == v))[0]) for u, v in pairwise(stops.tolist())]
            found[stretch_name(0, stops).replace("late[0:", "late[")] = (np.array(bits), float(len(bits) - 1))
    if not found:
        return None
    names = sorted(found)
    columns = np.concatenate([found[name][0] for name in names])
    row = np.repeat(np.arange(len(names)), [len(found[name][0]) for name in names])
    A = csr_array((np.ones(len(row)), (row, columns)), shape=(len(names), len(tails)))
    return Rows(A, np.full(len(names), -np.inf), np.array([found[name][1] for name in names]), tuple(names))


def _components(problem: Tsptw, x: AnyArray) -> list[AnyArray]:
    """Connected sets of at least two customers in the support of a point that the depot is not in."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    tails, heads = arc_ends(problem)
    m = len(problem.travel)
    used = np.flatnonzero(x > SUPPORT)
    graph = csr_array((np.ones(len(used)), (tails[used], heads[used])), shape=(m, m))
    labels = connected_components(graph, directed=False)[1]
    parts = [labels == label for label in np.unique(labels)]
    return [part for part in parts if not part[0] and part.sum() >= 2]
