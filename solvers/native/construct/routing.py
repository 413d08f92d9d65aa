"""Greedy rules of routing: a tour by latest start mended by swaps, and routes by savings."""

from __future__ import annotations

import numpy as np

from ....algorithms.fleet import FleetData, search_fleet
from ....algorithms.segments import Roads
from ....algorithms.tour_windows import WindowTour, remove_lateness
from ....core import Solution
from ....problems.route_build import savings_routes
from ....problems.tsptw import Tsptw
from ....problems.vehicles import Cvrp, Vrptw, solution_of
from .default import construct

#: Tabu moves a customer, and in all, that may bring routes under their limit.
_MOVES_EACH, _MOVES = 50, 2_000


@construct.register
def construct_tsptw(problem: Tsptw) -> Solution | None:
    """Customers by latest start, lateness removed by swaps, then a descent.

    Examples
    --------
    >>> construct(Tsptw([[0, 2, 3], [2, 0, 2], [3, 2, 0]], [[0, 20], [0, 9], [6, 9]])).tolist()
    [1, 2]
    """
    if problem.presolve.conflict:
        return None
    roads = Roads.of(problem.travel, problem.travel, problem.windows)
    order = np.argsort(problem.windows[1:, 1], kind="stable") + 1
    tour = WindowTour(roads, order, is_makespan=problem.objective_kind == "makespan")
    if not remove_lateness(tour, np.random.default_rng(0)):
        return None
    tour.descend()
    return None if problem.violations(tour.order) else tour.order


@construct.register(Cvrp)
@construct.register(Vrptw)
def construct_fleet(problem: Cvrp | Vrptw) -> Solution | None:
    """Routes by savings, each in a locally best order; tabu moves where there are more than allowed.

    Examples
    --------
    >>> construct(Cvrp([[0, 2, 3], [2, 0, 2], [3, 2, 0]], [0, 1, 1], 2)).tolist()
    [1, 2]
    """
    data = FleetData.of(problem)
    routes = [data.improved(tuple(route)) for route in savings_routes(problem)]
    solution = solution_of(routes)
    if not problem.violations(solution):
        return solution
    rng, moves = np.random.default_rng(0), min(_MOVES, _MOVES_EACH * problem.num_customers)
    best, _ = search_fleet(data, routes, problem.route_limit, rng, iterations=moves, until_feasible=True)
    return None if best is None or problem.violations(solution_of(best)) else solution_of(best)
