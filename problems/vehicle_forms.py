"""Formulations of vehicle routing: set partitioning over a pool of routes, and assign-then-route.

A bit says that a route is driven, or that a customer belongs to a vehicle. Both have linear or quadratic costs, and no
bit for orders or times: those are settled by exact sequencing of small sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..core import AnyArray, BinaryProgram, Bits, Rows, Size, Solution, UnsupportedError
from .route_pool import best_sequence

if TYPE_CHECKING:
    from .vehicles import Fleet


@dataclass(frozen=True, eq=False)
class SetPartitioning:
    """Routes as columns: ``min sum_r c_r z_r``, every customer on exactly one chosen route, at most K routes.

    The pool holds the best feasible route of every customer set, so the program is exact.

    Raises
    ------
    UnsupportedError
        The instance has too many routes for a complete pool.

    References
    ----------
    M. L. Balinski, R. E. Quandt (1964), On an integer program for a delivery problem, doi:10.1287/opre.12.2.300.

    Examples
    --------
    >>> from .vehicles import Cvrp
    >>> form = SetPartitioning(Cvrp([[0, 2, 3], [2, 0, 2], [3, 2, 0]], [0, 1, 1], 2))
    >>> form.program.c.tolist(), form.decode([0, 0, 1]).tolist(), form.decode([1, 0, 1])
    ([4.0, 6.0, 7.0], [2, 1], None)
    """

    problem: Fleet

    name: ClassVar[str] = "set-partitioning"
    is_surrogate: ClassVar[bool] = False
    needs_all: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.needs_all and not self.problem.pool.is_complete:
            raise UnsupportedError("set-partitioning must have all routes, got too many; use its pool (a surrogate)")

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import csr_array

        problem, pool = self.problem, self.problem.pool
        n, count = problem.num_customers, len(pool.routes)
        stops = np.concatenate([*pool.routes, np.zeros(0, dtype=np.int64)])
        column = np.repeat(np.arange(count), [len(route) for route in pool.routes])
        row, upper, lower = stops - 1, np.ones(n), np.ones(n)
        names = [f"customer[{v}]" for v in range(1, n + 1)]
        if _limits(problem):
            row, column = np.concatenate([row, np.full(count, n)]), np.concatenate([column, np.arange(count)])
            upper, lower = np.append(upper, problem.route_limit), np.append(lower, -np.inf)
            names.append("routes")
        A = csr_array((np.ones(len(row)), (row, column)), shape=(len(names), count))
        cost = np.array(pool.costs, dtype=np.float64) + problem.route_cost
        labels = tuple(f"z[{','.join(map(str, route.tolist()))}]" for route in pool.routes)
        return BinaryProgram(cost, None, 0.0, Rows(A, lower, upper, tuple(names)), labels)

    def decode(self, x: AnyArray) -> Solution | None:
        """Routes of the chosen bits, shape (routes,); None unless every customer is on exactly one."""
        from .vehicles import solution_of

        chosen = [self.problem.pool.routes[k] for k in np.flatnonzero(np.asarray(x)).tolist()]
        stops = np.concatenate([*chosen, np.zeros(0, dtype=np.int64)])
        n = self.problem.num_customers
        if len(stops) != n or len(np.unique(stops)) != n:
            return None
        return solution_of(chosen)

    def encode(self, solution: Solution) -> Bits:
        """The point, shape (routes,), of a solution; the pool's order of a set stands for any other order of it.

        Raises
        ------
        ValueError
            A route of the solution has no column.
        """
        from .vehicles import routes_of

        x = np.zeros(len(self.problem.pool.routes), dtype=np.uint8)
        for route in routes_of(solution, self.problem.num_customers):
            key = frozenset(route.tolist())
            if key not in self._column:
                raise ValueError(f"the route {route.tolist()} must be in the pool of {x.size} routes; use another form")
            x[self._column[key]] = 1
        return x

    @cached_property
    def _column(self) -> dict[frozenset[int], int]:
        return {frozenset(route.tolist()): k for k, route in enumerate(self.problem.pool.routes)}

    def complete(self, X: AnyArray) -> Bits:
        """X itself, shape (k, routes): there are no auxiliary bits."""
        return np.atleast_2d(np.asarray(X, dtype=np.uint8))

    def separate(self, X: AnyArray) -> Rows | None:
        """None, whatever the points (k, routes): all rows are in the program."""
        return None

    @classmethod
    def size(cls, problem: Fleet) -> Size:
        """One variable a route of the pool, a row a customer, and one for the limit of vehicles if there is one."""
        pool, n = problem.pool, problem.num_customers
        entries = sum(len(route) for route in pool.routes)
        costs = int(np.count_nonzero(np.array(pool.costs) + problem.route_cost))
        limit = _limits(problem)
        return Size(len(pool.routes), n + limit, costs + entries + limit * len(pool.routes))


@dataclass(frozen=True, eq=False)
class SetPartitioningPool(SetPartitioning):
    """Set partitioning over a heuristic pool: what is feasible is, but better routes may be missing (a surrogate)."""

    is_surrogate: ClassVar[bool] = True
    needs_all: ClassVar[bool] = False


@dataclass(frozen=True, eq=False)
class AssignThenRoute:
    """Customers to vehicles first: bit a[v,k]; the order within a vehicle is then the best there is.

    Minimises ``sum_k sum_(u<v) (d[u,v] + d[v,u]) / 2 a[u,k] a[v,k] + sum (d[0,v] + d[v,0]) / 2 a[v,k]``, which only
    ranks clusters (a surrogate), with one vehicle for every customer and the capacity of each. Sets that
    no order serves in time are lazy rows, above MAX_EXACT_STOPS customers those for which insertion finds no order.
    K is the limit of routes, or without one twice
    the least number of vehicles.

    References
    ----------
    M. L. Fisher, R. Jaikumar (1981), doi:10.1002/net.3230110205, with distances of pairs in place of seeds.

    Examples
    --------
    >>> from .vehicles import Cvrp
    >>> form = AssignThenRoute(Cvrp([[0, 2, 3], [2, 0, 2], [3, 2, 0]], [0, 1, 1], 1, max_routes=2))
    >>> form.program.names, form.decode([0, 1, 1, 0]).tolist()
    (('a[1,0]', 'a[1,1]', 'a[2,0]', 'a[2,1]'), [2, 0, 1])
    """

    problem: Fleet

    name: ClassVar[str] = "assign-then-route"
    is_surrogate: ClassVar[bool] = True

    @property
    def num_vehicles(self) -> int:
        return _vehicles(self.problem)

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import csr_array, eye_array, kron, vstack

        n, k = self.problem.num_customers, self.num_vehicles
        together = _together(self.problem)
        products = kron(csr_array(together), eye_array(k), format="csr") if n and k else csr_array((n * k,) * 2)
        c = np.repeat(_ends(self.problem), k)
        customers = kron(eye_array(n), np.ones((1, k)), format="csr") if n and k else csr_array((n, n * k))
        loads = (
            kron(csr_array(self.problem.demands[None, 1:]), eye_array(k), format="csr")
            if n and k
            else csr_array((k, n * k))
        )
        names = [f"customer[{v}]" for v in range(1, n + 1)] + [f"capacity[{j}]" for j in range(k)]
        lower = np.concatenate([np.ones(n), np.full(k, -np.inf)])
        upper = np.concatenate([np.ones(n), np.full(k, float(self.problem.capacity))])
        rows = Rows(vstack([customers, loads], format="csr"), lower, upper, tuple(names))
        labels = tuple(f"a[{v},{j}]" for v in range(1, n + 1) for j in range(k))
        return BinaryProgram(c, products, 0.0, rows, labels)

    def decode(self, x: AnyArray) -> Solution | None:
        """Vehicles in order, each set in its best order; a set that has none goes by latest start, and violates.

        Bits have shape (customers * vehicles,); the solution is a vector with a 0 between two routes.
        """
        from .vehicles import solution_of

        table = np.asarray(x).reshape(self.problem.num_customers, self.num_vehicles)
        if (table.sum(axis=1) != 1).any():
            return None
        return solution_of([self._sequence(tuple((np.flatnonzero(column) + 1).tolist())) for column in table.T])

    @cached_property
    def _orders(self) -> dict[tuple[int, ...], tuple[bool, list[int]]]:
        return {}

    def _sequence(self, members: tuple[int, ...]) -> list[int]:
        return self._order(members)[1]

    def _order(self, members: tuple[int, ...]) -> tuple[bool, list[int]]:
        """Whether a set has a feasible order, and the order; remembered."""
        if members not in self._orders:
            found = best_sequence(self.problem, members)
            late = np.zeros(self.problem.num_customers + 1)
            if self.problem.windows is not None:
                late = self.problem.windows[:, 1]
            order = sorted(members, key=lambda v: (late[v], v)) if found is None else found[1]
            self._orders[members] = (found is not None, order)
        return self._orders[members]

    def encode(self, solution: Solution) -> Bits:
        """The point, shape (customers * vehicles,), of a solution's clusters.

        Raises
        ------
        ValueError
            More routes than vehicles, or a customer not exactly once.
        """
        from .vehicles import routes_of

        routes = routes_of(solution, self.problem.num_customers)
        x = np.zeros((self.problem.num_customers, self.num_vehicles), dtype=np.uint8)
        if len(routes) > self.num_vehicles:
            raise ValueError(f"a solution must have at most {self.num_vehicles} routes here, got {len(routes)}")
        for k, route in enumerate(routes):
            x[route - 1, k] += 1
        if (x.sum(axis=1) != 1).any():
            raise ValueError("a solution must visit every customer once to be assigned")
        return x.ravel()

    def complete(self, X: AnyArray) -> Bits:
        """X itself, shape (k, customers * vehicles): there are no auxiliary bits."""
        return np.atleast_2d(np.asarray(X, dtype=np.uint8))

    def separate(self, X: AnyArray) -> Rows | None:
        """Rows against sets that fit a vehicle and for which no order in time is found, for the vehicles they have.

        Points have shape (k, customers * vehicles).
        """
        from scipy.sparse import csr_array

        found: dict[str, tuple[Any, int]] = {}
        n, k = self.problem.num_customers, self.num_vehicles
        for x in np.unique(np.atleast_2d(np.asarray(X)), axis=0):
            table = x.reshape(n, k)
            if self.problem.windows is None or not np.isin(x, (0, 1)).all() or (table.sum(axis=1) != 1).any():
                continue
            for vehicle, column in enumerate(table.T):
                members = np.flatnonzero(column)
                load = float(self.problem.demands[members + 1].sum())
                fits = len(members) and load <= float(self.problem.capacity) + self.problem.load_tolerance
                if fits and not self._order(tuple((members + 1).tolist()))[0]:
                    stops = ",".join(map(str, (members + 1).tolist()))
                    found[f"late[{stops};{vehicle}]"] = (members * k + vehicle, len(members) - 1)
        if not found:
            return None
        names = sorted(found)
        columns = np.concatenate([found[name][0] for name in names])
        row = np.repeat(np.arange(len(names)), [len(found[name][0]) for name in names])
        A = csr_array((np.ones(len(row)), (row, columns)), shape=(len(names), n * k))
        upper = np.array([float(found[name][1]) for name in names])
        return Rows(A, np.full(len(names), -np.inf), upper, tuple(names))

    @classmethod
    def size(cls, problem: Fleet) -> Size:
        """A variable for each customer in each vehicle, a row a customer and a row a vehicle."""
        n, k = problem.num_customers, _vehicles(problem)
        ends = int(np.count_nonzero(_ends(problem)))
        products = int(np.count_nonzero(_together(problem)))
        loads = int(np.count_nonzero(problem.demands[1:]))
        return Size(n * k, n + k, k * (ends + products + loads + n))


def _limits(problem: Fleet) -> int:
    """1 where the number of routes is limited below one a customer, else 0."""
    return int(problem.route_limit < problem.num_customers)


def _vehicles(problem: Fleet) -> int:
    if problem.max_routes is not None or not problem.num_customers:
        return problem.route_limit
    if problem.windows is not None or problem.capacity <= 0:
        return problem.num_customers
    least = int(np.ceil(float(problem.demands.sum()) / float(problem.capacity)))
    return min(problem.num_customers, max(1, 2 * least))


def _ends(problem: Fleet) -> AnyArray:
    d = np.asarray(problem.distances, dtype=np.float64)
    return (d[0, 1:] + d[1:, 0]) / 2


def _together(problem: Fleet) -> AnyArray:
    """Cost of two customers in one vehicle, upper triangle, shape (n, n)."""
    d = np.asarray(problem.distances, dtype=np.float64)[1:, 1:]
    return np.triu((d + d.T) / 2, 1)
