"""Travelling salesman with time windows: one tour from the depot and back, every stop served within its window.

Node 0 is the depot, left at its earliest time; a solution is the order of the customers 1..n. Waiting is free and
always allowed. Travel times hold the service at their start node; triangles need not hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from ..core import PROBLEMS, AnyArray, BestKnown, Formulation, Number, Sense, Solution, frozen_number, number
from ..core.model_html import problem_html
from ..core.problem import short_repr
from .checks import number_matrix, restore
from .time_grid import common_factor, time_tolerance
from .tsptw_edges import TsptwArrival, TsptwEdges
from .tsptw_positions import TsptwCuts, TsptwOrder, TsptwPositions
from .tsptw_times import MAX_SLOTS, TsptwTimes, num_slots
from .windows import WindowPresolve, arrivals, presolve_windows

#: Presolve takes cubic time, and the matrix quadratic room.
MAX_CUSTOMERS = 1_000

TourObjective = Literal["travel", "makespan"]


@PROBLEMS.register("tsptw")
@dataclass(frozen=True, eq=False)
class Tsptw:
    """Travelling salesman with time windows: ``min sum_k travel[v_k, v_(k+1)]``, or the time of return.

    Feasible: ``t_0 = e_0, t_v = max(e_v, t_u + travel[u, v]) <= l_v`` at every customer, and at the depot at the end.

    Parameters
    ----------
    travel : shape (n + 1, n + 1), from row to column, >= 0, service included; the diagonal is ignored, stored as 0.
    windows : earliest and latest start of service, shape (n + 1, 2); those of the depot bound departure and return.
    objective_kind : ``travel`` (waiting is not counted) or ``makespan`` (the time of return).
    rounding : how travel was made from coordinates (nint, trunc1, exact), for the record only; empty: unknown.
    coordinates : shape (n + 1, 2), or None; for pictures.
    name : of the instance.
    best_known : value of the literature.

    Raises
    ------
    ValueError
        Not a square matrix of numbers >= 0, windows of another shape or with earliest > latest, too many customers.

    References
    ----------
    N. Ascheuer, M. Fischetti, M. Groetschel (2001), Solving the asymmetric travelling salesman problem with time
    windows by branch-and-cut, doi:10.1007/PL00011432. M. Lopez-Ibanez, C. Blum (2010), doi:10.1016/j.cor.2009.11.015.

    Examples
    --------
    >>> tour = Tsptw([[0, 2, 3], [2, 0, 2], [3, 2, 0]], [[0, 20], [0, 9], [6, 9]])
    >>> tour.objective([1, 2]), tour.objective([2, 1]), tour.violations([2, 1])
    (7, 7, {})
    """

    travel: AnyArray
    windows: AnyArray
    objective_kind: TourObjective = "travel"
    rounding: str = ""
    coordinates: AnyArray | None = None
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "tsptw"
    sense: ClassVar[Sense] = "min"

    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        travel, windows = time_data(self.travel, self.windows, MAX_CUSTOMERS)
        object.__setattr__(self, "travel", travel)
        object.__setattr__(self, "windows", windows)
        if self.objective_kind not in get_args(TourObjective):
            raise ValueError(f"objective_kind must be travel or makespan, got {self.objective_kind!r}")
        object.__setattr__(self, "coordinates", points_of_nodes(self.coordinates, len(travel)))

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, {f.name: f for f in fields(self)})

    @property
    def num_customers(self) -> int:
        return len(self.travel) - 1

    @property
    def size(self) -> dict[str, int]:
        return {"customers": self.num_customers}

    @property
    def conventions(self) -> dict[str, str]:
        """What is minimised, and how travel was rounded (``given``: the file holds the matrix)."""
        return {"objective": self.objective_kind, "rounding": self.rounding or "given"}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        """``positions`` (a surrogate for the makespan), ``cuts`` and ``edges`` for travel, and forms with times.

        ``arrival`` and ``time-indexed`` are there where times lie on a common decimal grid, the latter for few slots.
        """
        has_grid = common_factor(np.concatenate([self.travel.ravel(), self.windows.ravel()])) is not None
        timed: dict[str, type[Formulation]] = {"arrival": TsptwArrival} if has_grid else {}
        slots: dict[str, type[Formulation]] = (
            {"time-indexed": TsptwTimes} if has_grid and num_slots(self) <= MAX_SLOTS else {}
        )
        if self.objective_kind == "makespan":
            return {**timed, "positions": TsptwOrder, **slots}
        return {"positions": TsptwPositions, "cuts": TsptwCuts, "edges": TsptwEdges, **timed, **slots}

    @cached_property
    def tolerance(self) -> float:
        """Lateness that counts as none: 0 for integer data."""
        return time_tolerance(self.travel, self.windows)

    @cached_property
    def presolve(self) -> WindowPresolve:
        """What every feasible tour obeys; see ``windows.presolve_windows``."""
        return presolve_windows(self.travel, self.windows, self.tolerance)

    def arrivals(self, solution: Solution) -> AnyArray:
        """Start of service at each stop and the time of return, shape (n + 1,)."""
        return arrivals(self.travel, self.windows[:, 0], solution)

    def objective(self, solution: Solution) -> Number:
        """Length of the tour, or its end with ``objective_kind="makespan"``, waiting counted."""
        order = order_solution(solution, self.num_customers)
        if self.objective_kind == "makespan":
            return number(float(self.arrivals(order)[-1]))
        stops = np.concatenate([[0], order, [0]])
        return number(math.fsum(self.travel[stops[:-1], stops[1:]].tolist()))

    def violations(self, solution: Solution) -> dict[str, float]:
        """``window[v]``: lateness at customer v, ``window[0]`` at the return."""
        order = order_solution(solution, self.num_customers)
        stops = np.concatenate([order, [0]])
        late = self.arrivals(order) - self.windows[stops, 1]
        return {f"window[{stops[k]}]": float(late[k]) for k in np.flatnonzero(late > self.tolerance).tolist()}


def order_solution(solution: Any, n: int) -> Solution:
    """The order of the customers as int64 permutation of 1..n.

    Raises
    ------
    ValueError
        Not a permutation of 1..n.
    """
    order = np.asarray(solution)
    if order.shape != (n,) or not np.array_equal(np.sort(order), np.arange(1, n + 1)):
        shown = f"{order.size} values starting {order.ravel()[:6].tolist()}"
        raise ValueError(f"a tsptw solution must be the customers 1..{n}, each once, got {shown}; check the file")
    return order.astype(np.int64)


def time_data(travel: Any, windows: Any, most: int) -> tuple[AnyArray, AnyArray]:
    """Read-only travel times (n + 1, n + 1) with diagonal 0, and windows (n + 1, 2).

    Raises
    ------
    ValueError
        Shapes that do not fit, no depot, more than ``most`` customers, negative travel, or an empty window.
    """
    given = np.array(frozen_number(travel, "travel"))
    if given.ndim != 2 or given.shape[0] != given.shape[1] or not given.size:
        raise ValueError(f"travel must have shape (n + 1, n + 1) with the depot first, got {given.shape}")
    if len(given) - 1 > most:
        raise ValueError(f"customers must be at most {most}, got {len(given) - 1}; cut the instance")
    np.fill_diagonal(given, 0)
    times = number_matrix(given, "travel", shape=given.shape, minimum=0)
    spans = number_matrix(windows, "windows", shape=(len(given), 2))
    empty = np.flatnonzero(spans[:, 0] > spans[:, 1])
    if len(empty):
        v = int(empty[0])
        raise ValueError(f"windows must have earliest <= latest, got {spans[v].tolist()} (node {v}); check the file")
    return times, spans


def points_of_nodes(coordinates: Any, m: int) -> AnyArray | None:
    """Read-only coordinates (m, 2), or None.

    Raises
    ------
    ValueError
        Another shape.
    """
    if coordinates is None:
        return None
    points = frozen_number(coordinates, "coordinates")
    if points.shape != (m, 2):
        raise ValueError(f"coordinates must have shape ({m}, 2), got {points.shape}")
    return points
