"""Vehicle routing from one depot: ``cvrp`` (capacities) and ``vrptw`` (capacities and time windows).

Node 0 is the depot, customers are 1..n. A solution is one vector: the customers route by route, a 0 between two routes
(``[3, 1, 0, 2]``: first 3 and 1, then 2). No route is empty; how many there may be is part of the instance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from ..core import PROBLEMS, AnyArray, BestKnown, Formulation, Int, Number, Sense, Solution, number
from ..core.model_html import problem_html
from ..core.problem import short_repr
from .checks import count, number_vector, restore
from .rounding import ROUNDINGS, Rounding, rounded_distances
from .route_pool import RoutePool, route_pool
from .time_grid import grid_tolerance, time_tolerance
from .tsptw import points_of_nodes, time_data
from .vehicle_forms import AssignThenRoute, SetPartitioning, SetPartitioningPool
from .windows import arrivals

#: The matrices of more customers would not be worth their room here.
MAX_CUSTOMERS = 2_000

FleetObjective = Literal["distance", "vehicles-then-distance"]


class _Fleet:
    """What the two kinds share; data and times are those of the dataclasses below."""

    distances: AnyArray
    demands: AnyArray
    capacity: Number
    max_routes: int | None
    rounding: str
    coordinates: AnyArray | None
    name: str
    best_known: BestKnown | None
    windows: Any  # (n + 1, 2), or None where time does not count
    travel: Any  # distances, and service at the tail where there is any: what schedules add up
    tolerance: Any  # lateness that counts as none
    route_cost: Any  # what each route adds to the objective beside its distance

    def _check(self) -> None:
        n = len(self.distances) - 1
        demands = number_vector(self.demands, "demands", size=n + 1, minimum=0)
        if demands[0] != 0:
            raise ValueError(f"demands must be 0 at the depot (node 0), got {demands[0].item()}; check the file")
        if isinstance(self.capacity, bool) or not math.isfinite(self.capacity) or self.capacity < 0:
            raise ValueError(f"capacity must be a number >= 0, got {self.capacity!r}; check the instance")
        object.__setattr__(self, "demands", demands)
        object.__setattr__(self, "capacity", number(self.capacity))
        if self.max_routes is not None:
            object.__setattr__(self, "max_routes", count(self.max_routes, "max_routes"))
        if self.rounding and self.rounding not in ROUNDINGS:
            raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)} or empty, got {self.rounding!r}")
        object.__setattr__(self, "coordinates", points_of_nodes(self.coordinates, n + 1))

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, {f.name: f for f in fields(self)})  # type: ignore[arg-type]

    @property
    def num_customers(self) -> int:
        return len(self.distances) - 1

    @property
    def size(self) -> dict[str, int]:
        routes = {} if self.max_routes is None else {"routes": self.max_routes}
        return {"customers": self.num_customers, **routes}

    @property
    def conventions(self) -> dict[str, str]:
        """What is minimised, and how distances were rounded (``given``: the file holds the matrix)."""
        return {"objective": getattr(self, "objective_kind", "distance"), "rounding": self.rounding or "given"}

    @property
    def route_limit(self) -> int:
        """Routes that a solution may have: ``max_routes``, or one a customer."""
        n = self.num_customers
        return n if self.max_routes is None else min(n, self.max_routes)

    @cached_property
    def load_tolerance(self) -> float:
        """Excess load that counts as none: 0 for integer demands."""
        decimal = self.demands.dtype.kind == "f" or isinstance(self.capacity, float)
        if not decimal:
            return 0.0
        size = min(float(self.capacity), float(self.demands.sum()))
        return grid_tolerance(size, np.append(self.demands, self.capacity))

    @cached_property
    def pool(self) -> RoutePool:
        """Feasible routes: all best ones by customer set where these are few, else those of constructions."""
        return route_pool(self)  # type: ignore[arg-type]

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        """``set-partitioning`` over ``pool`` (a surrogate where the pool is not complete), ``assign-then-route``."""
        form: type[Formulation] = SetPartitioning if self.pool.is_complete else SetPartitioningPool
        return {"set-partitioning": form, "assign-then-route": AssignThenRoute}

    def objective(self, solution: Solution) -> Number:
        routes = routes_of(solution, self.num_customers)
        arcs = [(u, v) for route in routes for u, v in zip([0, *route.tolist()], [*route.tolist(), 0])]
        total = math.fsum(float(self.distances[u, v]) for u, v in arcs)
        return number(total + self.route_cost * len(routes))

    def violations(self, solution: Solution) -> dict[str, float]:
        """``unvisited[v]``, ``twice[v]``, ``routes``, ``capacity[r]``, ``window[v]`` and ``return[r]``; r from 1."""
        n = self.num_customers
        routes = routes_of(solution, n)
        visits = np.bincount(np.concatenate([*routes, np.zeros(0, dtype=np.int64)]), minlength=n + 1)
        found = {f"unvisited[{v}]": 1.0 for v in range(1, n + 1) if not visits[v]}
        found |= {f"twice[{v}]": float(visits[v] - 1) for v in range(1, n + 1) if visits[v] > 1}
        if self.max_routes is not None and len(routes) > self.max_routes:
            found["routes"] = float(len(routes) - self.max_routes)
        for r, route in enumerate(routes, start=1):
            excess = float(self.demands[route].sum() - self.capacity)
            if excess > self.load_tolerance:
                found[f"capacity[{r}]"] = excess
            if self.windows is not None:
                late = arrivals(self.travel, self.windows[:, 0], route) - self.windows[[*route, 0], 1]
                names = [*(f"window[{v}]" for v in route), f"return[{r}]"]
                for k in np.flatnonzero(late > self.tolerance).tolist():
                    found[names[k]] = max(found.get(names[k], 0.0), float(late[k]))
        return found


@PROBLEMS.register("cvrp")
@dataclass(frozen=True, eq=False)
class Cvrp(_Fleet):
    """Capacitated vehicle routing: closed routes from the depot that serve every customer, ``min sum of distances``.

    Parameters
    ----------
    distances : shape (n + 1, n + 1), from row to column, >= 0; may be asymmetric.
    demands : shape (n + 1,), >= 0, 0 at the depot.
    capacity : of each vehicle.
    max_routes : most routes; None: any number.
    rounding : how the distances were made from coordinates (nint, trunc1, exact), for the record; empty: unknown.
    coordinates : shape (n + 1, 2), or None; for pictures and angles.
    name : of the instance.
    best_known : value of the literature.

    Raises
    ------
    ValueError
        Shapes that do not fit, negative numbers, or too many customers.

    References
    ----------
    G. B. Dantzig, J. H. Ramser (1959), The truck dispatching problem, doi:10.1287/mnsc.6.1.80.

    Examples
    --------
    >>> fleet = Cvrp([[0, 2, 3], [2, 0, 2], [3, 2, 0]], [0, 1, 1], 1)
    >>> fleet.objective([1, 0, 2]), fleet.violations([1, 2])
    (10, {'capacity[1]': 1.0})
    """

    distances: AnyArray
    demands: AnyArray
    capacity: Number
    max_routes: int | None = None
    rounding: str = ""
    coordinates: AnyArray | None = None
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "cvrp"
    sense: ClassVar[Sense] = "min"

    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        m = len(self.distances) if hasattr(self.distances, "__len__") else 0
        distances, _ = time_data(self.distances, np.zeros((m, 2)), MAX_CUSTOMERS)
        object.__setattr__(self, "distances", distances)
        self._check()

    @property
    def windows(self) -> AnyArray | None:
        """Windows of the nodes (n + 1, 2); None where time does not count."""
        return None

    @property
    def travel(self) -> AnyArray:
        """Distances, and service at the tail where there is any: what schedules add up; shape (n + 1, n + 1)."""
        return self.distances

    @property
    def tolerance(self) -> float:
        """Lateness that counts as none."""
        return 0.0

    @property
    def route_cost(self) -> float:
        """What each route adds to the objective beside its distance."""
        return 0.0


@PROBLEMS.register("vrptw")
@dataclass(frozen=True, eq=False)
class Vrptw(_Fleet):
    """Vehicle routing with time windows: as cvrp, and service at every customer starts within its window.

    ``t_v = max(e_v, t_u + service_u + distances[u, v]) <= l_v`` along each route, from t_0 = e_0, the return included.

    Parameters
    ----------
    distances, demands, capacity : as in cvrp; distances are travel times too.
    windows : earliest and latest start of service, shape (n + 1, 2); those of the depot are the horizon.
    service : time of service, shape (n + 1,), 0 at the depot.
    max_routes, rounding, coordinates, name, best_known : as in cvrp.
    objective_kind : ``distance``, or ``vehicles-then-distance``: each route adds a power of ten above any distance.

    Raises
    ------
    ValueError
        As cvrp, or an empty window.

    References
    ----------
    M. M. Solomon (1987), doi:10.1287/opre.35.2.254; N. Kohl et al. (1999), 2-path cuts for the VRPTW,
    doi:10.1287/trsc.33.1.101: distances truncated to one decimal.

    Examples
    --------
    >>> distances, windows = [[0, 2, 3], [2, 0, 2], [3, 2, 0]], [[0, 20], [0, 9], [0, 3]]
    >>> fleet = Vrptw(distances, [0, 1, 1], 2, windows, [0, 1, 1])
    >>> fleet.violations([1, 2]), fleet.violations([2, 1]), fleet.objective([2, 1])
    ({'window[2]': 2.0}, {}, 7)
    """

    distances: AnyArray
    demands: AnyArray
    capacity: Number
    windows: AnyArray
    service: AnyArray
    max_routes: int | None = None
    objective_kind: FleetObjective = "distance"
    rounding: str = ""
    coordinates: AnyArray | None = None
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "vrptw"
    sense: ClassVar[Sense] = "min"

    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        distances, windows = time_data(self.distances, self.windows, MAX_CUSTOMERS)
        object.__setattr__(self, "distances", distances)
        object.__setattr__(self, "windows", windows)
        service = number_vector(self.service, "service", size=len(distances), minimum=0)
        if service[0] != 0:
            raise ValueError(f"service must be 0 at the depot (node 0), got {service[0].item()}; check the file")
        object.__setattr__(self, "service", service)
        if self.objective_kind not in get_args(FleetObjective):
            raise ValueError(f"objective_kind must be distance or vehicles-then-distance, got {self.objective_kind!r}")
        self._check()

    @cached_property
    def travel(self) -> AnyArray:
        total = self.distances + self.service[:, None]
        np.fill_diagonal(total, 0)
        total.flags.writeable = False
        return total

    @cached_property
    def tolerance(self) -> float:
        return time_tolerance(self.travel, self.windows)

    @property
    def route_cost(self) -> float:
        if self.objective_kind == "distance":
            return 0.0
        return 10.0 ** math.ceil(math.log10(max(1.0, 2.0 * float(self.distances.max(axis=1, initial=0.0).sum()))))


Fleet = Cvrp | Vrptw


def routes_of(solution: Any, n: int) -> list[Int]:
    """The routes of a solution vector, shape (stops + routes - 1,), customers in order; empty for an empty vector.

    Raises
    ------
    ValueError
        A number outside 0..n, or an empty route.

    Examples
    --------
    >>> [route.tolist() for route in routes_of([3, 1, 0, 2], 3)]
    [[3, 1], [2]]
    """
    values = np.asarray(solution)
    if values.ndim != 1 or (values.size and values.dtype.kind not in "iu" and (values != np.rint(values)).any()):
        raise ValueError(f"a routing solution must be a vector of customers with 0 between routes, got {values.shape}")
    values = values.astype(np.int64)
    if values.size and (values.min() < 0 or values.max() > n):
        bad = values[(values < 0) | (values > n)][0]
        raise ValueError(
            f"a routing solution must hold customers 1..{n} and 0 between routes, got {bad}; check the file"
        )
    routes = np.split(values, np.flatnonzero(values == 0))
    routes = [part[1:] if k else part for k, part in enumerate(routes)]
    if values.size and any(not len(route) for route in routes):
        raise ValueError("a routing solution must hold no empty route, got two zeros together or one at an end")
    return routes if values.size else []


def solution_of(routes: Any) -> Solution:
    """The solution vector of routes; empty ones are left out.

    Examples
    --------
    >>> solution_of([[3, 1], [], [2]]).tolist()
    [3, 1, 0, 2]
    """
    values: list[int] = []
    for route in routes:
        if len(route):
            values += ([0] if values else []) + [int(v) for v in route]
    return np.array(values, dtype=np.int64)


def with_rounding(problem: Fleet, rounding: Rounding) -> Fleet:
    """The same instance with its distances made anew from the coordinates; its best known value no longer holds.

    Raises
    ------
    ValueError
        The instance has no coordinates, or an unknown convention.

    Examples
    --------
    >>> fleet = Cvrp([[0, 1], [1, 0]], [0, 1], 1, coordinates=[[0, 0], [1, 1]])
    >>> with_rounding(fleet, "trunc1").distances.tolist()
    [[0.0, 1.4], [1.4, 0.0]]
    """
    if problem.coordinates is None:
        raise ValueError("coordinates must be there to round distances anew, got none; the matrix is all there is")
    distances = rounded_distances(problem.coordinates, rounding)
    return replace(problem, distances=distances, rounding=rounding, best_known=None)
