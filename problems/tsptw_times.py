"""TSPTW by time slots: bit z[v,a] says that service at v starts at time a; pairs too close in time exclude each other.

No slack and no position: for integer times with triangles that hold, its rows are the windows and distances exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..core import AnyArray, BinaryProgram, Bits, Int, Rows, Size, Solution, UnsupportedError
from ..core.margins import SOLVER
from .time_grid import common_factor
from .windows import shortest_paths

if TYPE_CHECKING:
    from .tsptw import Tsptw

#: Pairs of slots are rows of their own; more would take minutes to build.
MAX_SLOTS = 4_000
MAX_PAIRS = 2_000_000


@dataclass(frozen=True, eq=False)
class TsptwTimes:
    """Schedules of start times: one slot a customer, ``z[v,a] + z[u,b] <= 1`` where neither can reach the other.

    With d the shortest paths, slots exclude each other iff ``b < a + d[v,u]`` and ``a < b + d[u,v]``. The cost is the
    time of return, ``max_v (a_v + travel[v,0])``, as the sum of unit steps: bit r[k] says that the return is later than
    the k-th possible time. It is a surrogate: a schedule may wait without need, and then returns later than its order
    could; where travel is minimised it only ranks. The orders whose schedule breaks a triangle are lazy rows.

    Raises
    ------
    UnsupportedError
        The times are no decimals of a common grid.

    References
    ----------
    Time slots without slack, as in H. Irie et al. (2019), arXiv:1903.06322, there with states of capacity.
    """

    problem: Tsptw

    name: ClassVar[str] = "time-indexed"
    is_surrogate: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _slots(self.problem)

    @cached_property
    def slots(self) -> tuple[Int, Int]:
        """Customer and time (on the grid) of each slot."""
        return _slots(self.problem)

    @cached_property
    def _distances(self) -> AnyArray:
        return shortest_paths(_travel(self.problem))

    @cached_property
    def steps(self) -> Int:
        """Times of return in order, on the grid; the first costs nothing, each further one is a bit."""
        customer, time = self.slots
        back = _travel(self.problem)[customer, 0]
        return np.unique(time + back)

    @cached_property
    def program(self) -> BinaryProgram:
        size = self.size(self.problem)
        if size.variables > MAX_SLOTS or size.rows > MAX_PAIRS:
            raise UnsupportedError(
                f"time-indexed must have at most {MAX_SLOTS:,} bits and {MAX_PAIRS:,} rows, got {size.variables:,} and "
                f"{size.rows:,}; use positions"
            )
        steps, factor = self.steps, _factor(self.problem)
        c = np.concatenate([np.zeros(len(self.slots[0])), np.diff(steps) / factor])
        offset = float(steps[0]) / factor if len(steps) else float(self.problem.windows[0, 0])
        names = [f"z[{v},{a}]" for v, a in zip(*(x.tolist() for x in self.slots))]
        names += [f"r[{k}]" for k in range(1, len(steps))]
        return BinaryProgram(c, None, offset, self._rows(), tuple(names))

    def _rows(self) -> Rows:
        from scipy.sparse import coo_array

        customer, time = self.slots
        n, count = self.problem.num_customers, len(customer)
        i, j = self._pairs()
        needs = np.searchsorted(self.steps, time + _travel(self.problem)[customer, 0])  # return bits 1..needs
        slot = np.flatnonzero(needs > 0)
        k = len(self.steps)
        order = np.arange(max(k - 2, 0))  # r[k] <= r[k-1]: each slot needs its last bit alone
        row = np.concatenate([customer - 1, n + np.repeat(np.arange(len(i)), 2)])
        column = np.concatenate([np.arange(count), np.stack([i, j], axis=1).ravel()])
        base = n + len(i)
        row = np.concatenate([row, base + np.repeat(np.arange(len(slot)), 2)])
        column = np.concatenate([column, np.stack([slot, count + needs[slot] - 1], axis=1).ravel()])
        row = np.concatenate([row, base + len(slot) + np.repeat(order, 2)])
        column = np.concatenate([column, np.stack([count + order + 1, count + order], axis=1).ravel()])
        value = np.ones(len(row))
        value[count + 2 * len(i) + 1 :: 2] = -1.0
        total = base + len(slot) + len(order)
        A = coo_array((value, (row, column)), shape=(total, count + max(k - 1, 0)))
        names = [f"customer[{v}]" for v in range(1, n + 1)]
        label = [f"{v},{a}" for v, a in zip(customer.tolist(), time.tolist())]
        names += [f"pair[{label[a]};{label[b]}]" for a, b in zip(i.tolist(), j.tolist())]
        names += [f"return[{label[a]}]" for a in slot.tolist()] + [f"later[{q + 2}]" for q in order.tolist()]
        lower = np.concatenate([np.ones(n), np.full(total - n, -np.inf)])
        upper = np.concatenate([np.ones(n + len(i)), np.zeros(total - base)])
        return Rows(A, lower, upper, tuple(names))

    def _pairs(self) -> tuple[Int, Int]:
        """Slots of different customers too close in time for either order, i < j."""
        customer, time = self.slots
        d = self._distances
        firsts, seconds = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for i in range(len(customer)):
            j = np.arange(i + 1, len(customer))
            to, back = d[customer[i], customer[j]], d[customer[j], customer[i]]
            close = (customer[j] != customer[i]) & (time[j] < time[i] + to) & (time[i] < time[j] + back)
            seconds.append(j[close])
            firsts.append(np.full(int(close.sum()), i))
        return np.concatenate(firsts), np.concatenate(seconds)

    def decode(self, x: AnyArray) -> Solution | None:
        """Order of the customers by their times, shape (n,), of bits, shape (slots, ...); None unless each has one
        time.
        """
        customer, time = self.slots
        chosen = np.flatnonzero(np.asarray(x)[: len(customer)])
        n = self.problem.num_customers
        if len(chosen) != n or len(np.unique(customer[chosen])) != n:
            return None
        stops, times = customer[chosen], time[chosen]
        free = (times[:, None] == times) & (self._distances[np.ix_(stops, stops)] == 0)
        return np.asarray(
            stops[np.lexsort((stops, -free.sum(axis=1), times))]
        )  # of equals, who reaches more comes first

    def encode(self, solution: Solution) -> Bits:
        """The earliest schedule, shape (bits,), of an order, shape (n,).

        Raises
        ------
        ValueError
            Not an order of the customers, or one whose times leave the windows.
        """
        from .tsptw import order_solution

        order = order_solution(solution, self.problem.num_customers)
        times = np.rint(self.problem.arrivals(order)[:-1] * _factor(self.problem)).astype(np.int64)
        slot = {pair: k for k, pair in enumerate(zip(*(part.tolist() for part in self.slots)))}
        x = np.zeros(len(self.slots[0]) + max(len(self.steps) - 1, 0), dtype=np.uint8)
        for v, a in zip(order.tolist(), times.tolist()):
            if (v, a) not in slot:
                raise ValueError(f"customer {v} must be served within its window, got time {a} on the grid")
            x[slot[v, a]] = 1
        return np.asarray(self.complete(x[None])[0])

    def complete(self, X: AnyArray) -> Bits:
        """The bits of the return: all steps up to the latest one that a chosen slot needs.

        Points have shape (k, bits), those of the slots first.
        """
        points = np.array(np.atleast_2d(X), dtype=np.uint8)
        customer, time = self.slots
        count, k = len(customer), len(self.steps)
        needs = np.searchsorted(self.steps, time + _travel(self.problem)[customer, 0])
        last = (points[:, :count] * needs).max(axis=1, initial=0)
        points[:, count:] = np.arange(1, k) <= last[:, None]
        return points

    def separate(self, X: AnyArray) -> Rows | None:
        """Rows against whole schedules whose order is late: only where triangles do not hold.

        Points have shape (k, bits), those of the slots first.
        """
        from scipy.sparse import csr_array

        found: dict[str, Int] = {}
        count = len(self.slots[0])
        points = np.atleast_2d(np.asarray(X))
        for x in np.unique(points, axis=0):
            order = self.decode(x)
            if order is not None and self.problem.violations(order):
                slots = np.flatnonzero(x[:count])
                found[f"schedule[{','.join(map(str, slots.tolist()))}]"] = slots
        if not found:
            return None
        names = sorted(found)
        n = self.problem.num_customers
        row = np.repeat(np.arange(len(names)), n)
        columns = np.concatenate([found[name] for name in names])
        A = csr_array((np.ones(len(row)), (row, columns)), shape=(len(names), points.shape[1]))
        return Rows(A, np.full(len(names), -np.inf), np.full(len(names), n - 1.0), tuple(names))

    @classmethod
    def size(cls, problem: Tsptw) -> Size:
        """Slots and steps; above MAX_SLOTS only an upper estimate of the terms."""
        form = cls(problem)
        count, steps = len(form.slots[0]), len(form.steps)
        if count > MAX_SLOTS:
            return Size(
                count + max(steps - 1, 0), count * count // 2, count * count
            )  # too large to be counted or built
        pairs = len(form._pairs()[0])
        customer, time = form.slots
        needs = int(np.count_nonzero(np.searchsorted(form.steps, time + _travel(problem)[customer, 0])))
        further = needs + max(steps - 2, 0)
        terms = count + 2 * pairs + 2 * further + max(steps - 1, 0)
        return Size(count + max(steps - 1, 0), problem.num_customers + pairs + further, terms)


def _factor(problem: Tsptw) -> float:
    factor = common_factor(np.concatenate([problem.travel.ravel(), problem.windows.ravel()]))
    if factor is None:
        raise UnsupportedError("time-indexed must have times with few decimals, got irrational ones; use positions")
    return factor


def _travel(problem: Tsptw) -> Int:
    return np.rint(problem.travel * _factor(problem)).astype(np.int64)


def num_slots(problem: Tsptw) -> int:
    """Slots of all customers, counted without building them; times must lie on a common grid."""
    return int(_spans(problem)[1].sum())


def _spans(problem: Tsptw) -> tuple[Int, Int]:
    """First slot of each customer and how many there are, on the grid; shape (n,) each."""
    factor, found = _factor(problem), problem.presolve
    first = np.ceil(np.asarray(found.earliest[1:]) * factor - SOLVER).astype(np.int64)
    last = np.floor(np.asarray(found.latest[1:]) * factor + SOLVER).astype(np.int64)
    return first, np.maximum(last - first + 1, 0)


def _slots(problem: Tsptw) -> tuple[Int, Int]:
    """Customer and time of every slot within the tightened windows."""
    first, spans = _spans(problem)
    if int(spans.sum()) > 50_000_000:
        raise UnsupportedError(
            f"time-indexed must have at most 50,000,000 slots, got {int(spans.sum()):,}; use positions"
        )
    customer = np.repeat(np.arange(1, len(spans) + 1), spans)
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(spans)[:-1]]), spans) if len(spans) else customer
    return customer.astype(np.int64), (starts + np.arange(len(customer))).astype(np.int64)
