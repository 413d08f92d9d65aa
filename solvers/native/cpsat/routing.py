"""CP-SAT models of routing: a circuit with times for one tour, several circuits with loads and times for a fleet.

Times and loads are scaled to integers; where that is not exact, no bound is claimed and times are rounded so that what
the model calls feasible is feasible. Neither is one claimed where times or loads span more than CP-SAT's word is taken
for (algorithms/cpsat_limits.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ....algorithms.cpsat_limits import MAX_CONDITIONAL_SUM, MAX_COST_SUM
from ....algorithms.scaling import in_common_units, scale_to_integers
from ....core import Int, Solution
from ....problems.tsptw import Tsptw
from ....problems.vehicles import Cvrp, Vrptw, routes_of, solution_of
from ....problems.windows import Mask
from .model import KindModel, cpsat_model, cpsat_refusal

MAX_ARCS = 40_000


@cpsat_refusal.register
def refusal_tsptw(problem: Tsptw) -> str:
    """Why a circuit of so many arcs is not built; empty if it is."""
    arcs = int(problem.presolve.arcs.sum())
    return (
        "" if arcs <= MAX_ARCS else f"CP-SAT circuits must have at most {MAX_ARCS:,} arcs, got {arcs:,}; use tsptw-dp"
    )


@cpsat_refusal.register(Cvrp)
@cpsat_refusal.register(Vrptw)
def refusal_fleet(problem: Cvrp | Vrptw) -> str:
    """Why the circuit is not built, for its arcs or for demands without a common unit; empty if it is."""
    arcs = problem.num_customers * (problem.num_customers + 1)
    if arcs > MAX_ARCS:
        return f"CP-SAT circuits must have at most {MAX_ARCS:,} arcs, got {arcs:,}; use routing or pyvrp"
    if scale_to_integers(np.append(problem.demands, problem.capacity)).is_exact:
        return ""
    return "CP-SAT must have demands with few decimals, got irrational ones; use routing or pyvrp"


@cpsat_model.register
def model_tsptw(problem: Tsptw) -> KindModel:
    """Literals of the allowed arcs in one circuit, a time a customer, and its time of return."""
    from ....core.light_ortools import cp_model

    model = cp_model.CpModel()
    m = len(problem.travel)
    found = problem.presolve
    tails, heads = (np.zeros(0, dtype=np.int64),) * 2 if m == 1 else np.nonzero(found.arcs)
    literals = [model.new_bool_var("") for _ in range(len(tails))]
    if m > 1 and not len(tails):
        model.add_bool_or([])  # no arc keeps the windows: the empty clause, since a circuit of none is refused
    elif m > 1:
        model.add_circuit([(u, v, x) for u, v, x in zip(tails.tolist(), heads.tolist(), literals)])
    clock = _Clock(model, problem.travel, problem.windows, np.asarray(found.earliest), np.asarray(found.latest))
    if found.conflict:
        model.add_bool_or([])
    clock.link(tails, heads, literals)
    if problem.objective_kind == "makespan":
        model.minimize(clock.back)
        factor, is_exact = clock.factor, clock.is_exact
    else:
        scaled = scale_to_integers(problem.travel[tails, heads], largest_sum=MAX_COST_SUM)
        model.minimize(cp_model.LinearExpr.weighted_sum(literals, scaled.integers.tolist()))
        factor, is_exact = scaled.factor, scaled.is_exact and clock.is_exact

    def solution(values: Int) -> Solution:
        after = np.zeros(m, dtype=np.int64)
        after[tails[values == 1]] = heads[values == 1]
        order = np.zeros(m - 1, dtype=np.int64)
        node = 0
        for k in range(m - 1):
            order[k] = node = int(after[node])
        return order

    def values_of(order: Solution) -> Int:
        return _arc_values(m, tails, heads, [order])

    return KindModel(model, literals, solution, values_of, factor, is_exact=is_exact)


@cpsat_model.register(Cvrp)
@cpsat_model.register(Vrptw)
def model_fleet(problem: Cvrp | Vrptw) -> KindModel:
    """Literals of the arcs in circuits through the depot, loads and, where there are windows, times."""
    from ....core.light_ortools import cp_model

    model = cp_model.CpModel()
    m = len(problem.distances)
    scaled = in_common_units(scale_to_integers(np.append(problem.demands, problem.capacity)))
    demand, capacity = scaled.integers[:-1].tolist(), int(scaled.integers[-1])
    tails, heads = np.nonzero(_fleet_arcs(problem))
    literals = [model.new_bool_var("") for _ in range(len(tails))]
    if m > 1 and not len(tails):
        model.add_bool_or([])
    elif m > 1:
        model.add_multiple_circuit([(u, v, x) for u, v, x in zip(tails.tolist(), heads.tolist(), literals)])
        first = [x for u, x in zip(tails.tolist(), literals) if u == 0]
        least = -(-sum(demand) // capacity) if capacity else 0
        model.add(cp_model.LinearExpr.sum(first) <= problem.route_limit)
        model.add(cp_model.LinearExpr.sum(first) >= least)
    loads = [model.new_int_var(min(q, capacity), capacity, "") if v else None for v, q in enumerate(demand)]
    if any(q > capacity for q in demand):
        model.add_bool_or([])
    for u, v, x in zip(tails.tolist(), heads.tolist(), literals):
        if u and v:
            model.add(loads[v] >= loads[u] + demand[v]).only_enforce_if(x)
    is_exact = sum(max(0, capacity - q) for q in demand) < MAX_CONDITIONAL_SUM
    if problem.windows is not None:
        early, late = problem.windows[:, 0], problem.windows[:, 1]
        clock = _Clock(model, problem.travel, problem.windows, early, late)
        clock.link(tails, heads, literals)
        is_exact = is_exact and clock.is_exact
    cost = problem.distances[tails, heads] + problem.route_cost * (tails == 0)
    costs = scale_to_integers(cost, largest_sum=MAX_COST_SUM)
    model.minimize(cp_model.LinearExpr.weighted_sum(literals, costs.integers.tolist()))

    def solution(values: Int) -> Solution:
        chosen = values == 1
        after = np.zeros(m, dtype=np.int64)
        inner = chosen & (tails > 0)
        after[tails[inner]] = heads[inner]
        routes = []
        for start in heads[chosen & (tails == 0)].tolist():
            route = []
            node = start
            while node:
                route.append(node)
                node = int(after[node])
            routes.append(route)
        return solution_of(routes)

    def values_of(solution: Solution) -> Int:
        return _arc_values(m, tails, heads, routes_of(solution, m - 1))

    return KindModel(model, literals, solution, values_of, costs.factor, is_exact=is_exact and costs.is_exact)


class _Clock:
    """Times of service as integer variables of a model."""

    def __init__(self, model: Any, travel: Any, windows: Any, early: Any, late: Any) -> None:
        m = len(travel)
        scaled = in_common_units(scale_to_integers(np.concatenate([np.ravel(travel), np.ravel(windows)])))
        self.model, self.factor, self.is_exact = model, scaled.factor, scaled.is_exact
        if scaled.is_exact:
            self.travel = scaled.integers[: m * m].reshape(m, m)
            first, last = (
                np.rint(np.asarray(x, dtype=np.float64) * scaled.factor).astype(np.int64) for x in (early, late)
            )
        else:  # rounded to the safe side: what the model lets pass is in time
            self.factor = 1000.0
            self.travel = np.ceil(np.asarray(travel, dtype=np.float64) * 1000).astype(np.int64)
            first = np.ceil(np.asarray(early, dtype=np.float64) * 1000).astype(np.int64)
            last = np.floor(np.asarray(late, dtype=np.float64) * 1000).astype(np.int64)
        # nobody who goes on as soon as it may is later than this, so that wide horizons do not count
        last = np.minimum(last, first.max() + self.travel.max(axis=1).sum())
        self.is_exact &= float(np.maximum(0, last - first).sum(dtype=np.float64)) < MAX_CONDITIONAL_SUM
        self.start = int(first[0])
        self.times = [None] + [
            model.new_int_var(a, max(a, b), "") for a, b in zip(first[1:].tolist(), last[1:].tolist())
        ]
        self.back = model.new_int_var(self.start, max(self.start, int(last[0])), "")
        if (first > last).any():
            model.add_bool_or([])

    def link(self, tails: Int, heads: Int, literals: list[Any]) -> None:
        """Where an arc is used, its head is served no sooner than its tail and the travel allow."""
        for u, v, x in zip(tails.tolist(), heads.tolist(), literals):
            leave = self.times[u] if u else self.start
            self.model.add((self.times[v] if v else self.back) >= leave + int(self.travel[u, v])).only_enforce_if(x)


def _fleet_arcs(problem: Cvrp | Vrptw) -> Mask:
    """Arcs that loads and windows allow, shape (n + 1, n + 1)."""
    m = len(problem.distances)
    arcs: Mask = ~np.eye(m, dtype=bool)
    heavy = problem.demands[:, None] + problem.demands > float(problem.capacity) + problem.load_tolerance
    heavy[0] = heavy[:, 0] = False
    arcs &= ~heavy
    if problem.windows is not None:
        early, late = problem.windows[:, 0], problem.windows[:, 1]
        arcs &= early[:, None] + problem.travel <= late + problem.tolerance
    return arcs


def _arc_values(m: int, tails: Int, heads: Int, routes: Any) -> Int:
    used = np.zeros((m, m), dtype=np.int64)
    for route in routes:
        stops = np.concatenate([[0], route, [0]]).astype(np.int64)
        used[stops[:-1], stops[1:]] = 1
    return used[tails, heads]
