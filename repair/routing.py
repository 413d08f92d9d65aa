"""Routing from broken points: what a point says of order or clusters is kept, then lateness and load are mended.

Tours: series of swaps (``algorithms/tour_windows.py``); where these fail, the narrow dynamic program, which also tells
when no tour exists. Fleets: tabu moves at a price until every route is feasible.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..algorithms.fleet import FleetData, descend_fleet, search_fleet
from ..algorithms.segments import Roads
from ..algorithms.tour_windows import WindowTour, remove_lateness
from ..algorithms.window_dp import solve_windows
from ..core import AnyArray, Bits, Int, RepairFailed
from ..problems.route_pool import best_sequence, inserted_route
from ..problems.tsptw import Tsptw
from ..problems.tsptw_edges import TsptwArrival, TsptwEdges, arc_ends
from ..problems.tsptw_positions import TsptwPositions
from ..problems.tsptw_times import TsptwTimes
from ..problems.vehicle_forms import AssignThenRoute, SetPartitioning, SetPartitioningPool
from ..problems.vehicles import Fleet, routes_of, solution_of
from .dispatch import improve, repair
from .nearest import is_feasible, nearest_feasible

#: Starts of the swaps, then labels a layer of the dynamic program behind them.
STARTS, LABELS = 3, 50_000
#: Moves of a fleet's repair.
REPAIR_MOVES = 3_000


@repair.register
def repair_positions(formulation: TsptwPositions, x: Bits, rng: np.random.Generator) -> Bits:
    """Customers by the mean of their positions, those without one in the middle of what their windows allow.

    x and the answer have shape (n,).
    """
    bits = np.asarray(x, dtype=np.uint8)
    if is_feasible(formulation, bits):
        return bits
    customer, place = formulation.places
    return formulation.encode(
        _mended(formulation.problem, _mean_order(formulation.problem, customer, place, bits), rng)
    )


@repair.register
def repair_times(formulation: TsptwTimes, x: Bits, rng: np.random.Generator) -> Bits:
    """Customers by the mean of their times, those without one in the middle of their window.

    x and the answer have shape (n,).
    """
    bits = np.asarray(formulation.complete(np.asarray(x, dtype=np.uint8)[None])[0])
    if is_feasible(formulation, bits):
        return bits
    customer, time = formulation.slots
    order = _mean_order(formulation.problem, customer, time, bits[: len(customer)])
    return formulation.encode(_mended(formulation.problem, order, rng))


@repair.register(TsptwEdges)
@repair.register(TsptwArrival)
def repair_arcs(formulation: TsptwEdges | TsptwArrival, x: Bits, rng: np.random.Generator) -> Bits:
    """Chosen arcs stay, cheapest first, while they form paths; the paths follow one another by their latest starts.

    x and the answer have shape (n,).
    """
    bits = np.asarray(formulation.complete(np.asarray(x, dtype=np.uint8)[None])[0])
    if is_feasible(formulation, bits):
        return bits
    return formulation.encode(_mended(formulation.problem, _path_order(formulation.problem, bits), rng))


@repair.register
def repair_pool(formulation: SetPartitioningPool, x: Bits, rng: np.random.Generator) -> Bits:
    """The nearest feasible choice of the pool: a heuristic pool does not hold what other repairs would build.

    x and the answer have shape (n,).
    """
    return nearest_feasible(formulation, x, rng)


@repair.register
def repair_sets(formulation: SetPartitioning, x: Bits, rng: np.random.Generator) -> Bits:
    """Chosen routes stay, longest first, while they share no customer; the others drive alone until they are merged.

    x and the answer have shape (n,).
    """
    bits = np.asarray(x, dtype=np.uint8)
    if is_feasible(formulation, bits):
        return bits
    routes: list[list[int]] = []
    free = set(range(1, formulation.problem.num_customers + 1))
    pool = formulation.problem.pool.routes
    for k in sorted(np.flatnonzero(bits).tolist(), key=lambda k: (-len(pool[k]), k)):
        if free >= set(pool[k].tolist()):
            routes.append(pool[k].tolist())
            free -= set(routes[-1])
    return formulation.encode(_mended_fleet(formulation.problem, routes + [[v] for v in sorted(free)], rng))


@repair.register
def repair_clusters(formulation: AssignThenRoute, x: Bits, rng: np.random.Generator) -> Bits:
    """Customers with one vehicle stay there; the others drive alone until they are merged.

    x and the answer have shape (n,).
    """
    bits = np.asarray(x, dtype=np.uint8)
    if is_feasible(formulation, bits):
        return bits
    table = bits.reshape(formulation.problem.num_customers, formulation.num_vehicles)
    is_one = table.sum(axis=1) == 1
    groups = [np.flatnonzero(column.astype(bool) & is_one) + 1 for column in table.T]
    routes = [_sequence(formulation.problem, group.tolist()) for group in groups if len(group)]
    routes += [[v] for v in (np.flatnonzero(~is_one) + 1).tolist()]
    return formulation.encode(_mended_fleet(formulation.problem, routes, rng, slots=formulation.num_vehicles))


@improve.register(TsptwPositions)
@improve.register(TsptwTimes)
@improve.register(TsptwEdges)
@improve.register(TsptwArrival)
def improve_tour(formulation: Any, x: Bits, rng: np.random.Generator) -> Bits:
    """Swaps, Or-opt and 2-opt within the windows until none lowers the objective. x and the answer have shape (n,).

    Raises
    ------
    ValueError
        ``x`` denotes no feasible tour.
    """
    order = formulation.decode(x)
    if order is None or formulation.problem.violations(order):
        raise ValueError(f"x must denote a feasible tour to be improved ({formulation.name}); repair it first")
    tour = _tour(formulation.problem, order)
    tour.descend()
    better = formulation.problem.objective(tour.order) < formulation.problem.objective(order)
    return np.asarray(formulation.encode(tour.order) if better else x, dtype=np.uint8)


@improve.register
def improve_clusters(formulation: AssignThenRoute, x: Bits, rng: np.random.Generator) -> Bits:
    """Moves between routes and within them until none makes the routes better. x and the answer have shape (n,)."""
    return _improved(formulation, x, rng, formulation.num_vehicles)


@improve.register
def improve_sets(formulation: SetPartitioning, x: Bits, rng: np.random.Generator) -> Bits:
    """Moves between and within routes where every route has a column; bit flips on a heuristic pool.

    x and the answer have shape (n,).
    """
    if isinstance(formulation, SetPartitioningPool):
        from .flips import flip_descent

        return flip_descent(formulation, x, rng)
    return _improved(formulation, x, rng, formulation.problem.route_limit)


def _mean_order(problem: Tsptw, customer: Int, value: Int, bits: Bits) -> Int:
    """Customers by the mean value of their chosen bits, or of all their bits where none is chosen."""
    m = len(problem.travel)
    count = np.bincount(customer, bits, minlength=m)
    total = np.bincount(customer, bits * value, minlength=m)
    every = np.bincount(customer, value, minlength=m) / np.maximum(np.bincount(customer, minlength=m), 1)
    key = np.where(count > 0, total / np.maximum(count, 1), every)
    return np.asarray(np.lexsort((problem.windows[1:, 1], key[1:])) + 1)


def _path_order(problem: Tsptw, bits: Bits) -> Int:
    """One order from arcs: paths grown from the chosen arcs, the depot's at the ends, the others by latest start."""
    tails, heads = arc_ends(problem)
    chosen = np.flatnonzero(bits[: len(tails)])
    chosen = chosen[np.argsort(problem.travel[tails[chosen], heads[chosen]], kind="stable")]
    path = {v: [v] for v in range(1, problem.num_customers + 1)}  # by first customer
    home = {v: v for v in path}
    first, last = 0, 0
    for u, v in zip(tails[chosen].tolist(), heads[chosen].tolist()):
        if u == 0:
            first = first or v
        elif v == 0:
            last = last or u
        elif v in path and path[home[u]][-1] == u and home[u] != v:
            path[home[u]] += path.pop(v)
            home.update(dict.fromkeys(path[home[u]], home[u]))
    ends = problem.windows[:, 1]

    def key(start: int) -> tuple[bool, bool, float]:
        return start != home.get(first, -1), start == home.get(last, -1) and start != home.get(first, -1), ends[start]

    return np.array([v for start in sorted(path, key=key) for v in path[start]], dtype=np.int64)


def _tour(problem: Tsptw, order: AnyArray) -> WindowTour:
    roads = Roads.of(problem.travel, problem.travel, problem.windows)
    return WindowTour(roads, order, is_makespan=problem.objective_kind == "makespan")


def _mended(problem: Tsptw, order: Int, rng: np.random.Generator) -> Int:
    """A feasible order near the given one.

    Raises
    ------
    RepairFailed
        None exists, or none was found.
    """
    if problem.presolve.conflict:
        raise RepairFailed(f"no feasible tour exists: {problem.presolve.conflict}")
    starts = [order, np.argsort(problem.windows[1:, 1], kind="stable") + 1]
    for start in [*starts, *(rng.permutation(order) for _ in range(STARTS))]:
        tour = _tour(problem, start)
        if remove_lateness(tour, rng, most=10 * len(order) + 50) and not problem.violations(tour.order):
            return tour.order
    found = solve_windows(problem, max_labels=LABELS)
    if found.order is not None:
        return found.order
    if found.is_complete:
        raise RepairFailed("no feasible tour exists: the windows conflict, as dynamic programming over all sets shows")
    raise RepairFailed(f"no tour was found by swaps, nor among {LABELS:,} labels a layer; solve it by tsptw-dp")


def _sequence(problem: Fleet, members: list[int]) -> list[int]:
    """A good order of one vehicle's customers, feasible or not."""
    found = best_sequence(problem, members) if len(members) <= 8 else inserted_route(problem, members)
    if found is not None:
        return found[1]
    ends = None if problem.windows is None else problem.windows[:, 1]
    return members if ends is None else sorted(members, key=lambda v: (ends[v], v))


def _mended_fleet(
    problem: Fleet, routes: list[list[int]], rng: np.random.Generator, *, slots: int | None = None
) -> Int:
    """Feasible routes near the given ones, as a solution.

    Raises
    ------
    RepairFailed
        None was found.
    """
    limit = problem.route_limit if slots is None else slots
    start = [tuple(route) for route in routes]
    best, _ = search_fleet(FleetData.of(problem), start, limit, rng, iterations=REPAIR_MOVES, until_feasible=True)
    if best is None:
        raise RepairFailed(f"no feasible routes were found in {REPAIR_MOVES} tabu moves; solve it by cpsat or pyvrp")
    return solution_of(best)


def _improved(formulation: Any, x: Bits, rng: np.random.Generator, slots: int) -> Bits:
    solution = formulation.decode(x)
    problem = formulation.problem
    if solution is None or problem.violations(solution):
        raise ValueError(f"x must denote feasible routes to be improved ({formulation.name}); repair it first")
    start = [tuple(route.tolist()) for route in routes_of(solution, problem.num_customers)]
    better = solution_of(descend_fleet(FleetData.of(problem), start, slots))
    return np.asarray(formulation.encode(better) if problem.objective(better) < problem.objective(solution) else x)
