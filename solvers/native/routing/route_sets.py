"""Exact vehicle routing where routes are few: all customer sets a vehicle can serve, then set partitioning by HiGHS.

The number of sets grows with the stops a route can have; small or tightly limited fleets (20 customers in 4 routes) are
proven in seconds, where arcs and circuits need minutes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ....algorithms.fleet import FleetData, search_fleet
from ....algorithms.scaling import scale_to_integers
from ....core import SOLVERS, Budget, Clock, Int, Problem, Solution, UnsupportedError
from ....problems.route_pool import RoutePool, complete_pool
from ....problems.vehicles import Cvrp, Vrptw, routes_of, solution_of
from ...base import Outcome, Report
from ..construct.start import start_solution
from ..incumbent import Incumbent
from ..milp.highs import Highs, HighsAnswer, HighsStatus
from ..milp.model import MilpModel

_ENGINE = "qopt route-sets, HiGHS"
#: Tabu moves of the start, at most.
_MOVES = 200


@SOLVERS.register("route-sets")
@dataclass(frozen=True)
class RouteSets:
    """Set partitioning over every feasible customer set: optimum and proof for cvrp and vrptw with short routes.

    Parameters
    ----------
    max_labels, max_sets : of the enumeration; beyond, the instance is refused while it is solved.

    Examples
    --------
    >>> problem = Cvrp([[0, 2, 3], [2, 0, 2], [3, 2, 0]], [0, 1, 1], 2)
    >>> outcome = RouteSets().solve(problem, budget=Budget(), seed=0)
    >>> outcome.solution.tolist(), outcome.bound, outcome.is_optimal
    ([1, 2], 7, True)
    """

    max_labels: int = 4_000_000
    max_sets: int = 200_000

    def __post_init__(self) -> None:
        for name in ("max_labels", "max_sets"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")

    def refusal(self, problem: Problem) -> str:
        """Why it is not for this problem, with what is; empty if it may be."""
        if not isinstance(problem, Cvrp | Vrptw):
            return f"route-sets must have a cvrp or vrptw instance, got {problem.kind}; use cpsat"
        return ""

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """Best routes, bound and proof within the budget.

        Raises
        ------
        UnsupportedError
            See ``refusal``; or more sets than the limits.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        assert isinstance(problem, Cvrp | Vrptw)
        clock = Clock(budget.seconds)
        incumbent = Incumbent(problem, clock, budget.target, report)
        start = self._start(problem, seed)
        if start is not None and incumbent.offer(start):
            return incumbent.outcome(bound=None, is_proven=False, info={"engine": _ENGINE, "is_replayable": True})
        limits = {"max_labels": self.max_labels, "max_sets": self.max_sets}
        pool = complete_pool(problem, **limits, is_over=lambda: clock.is_over)
        if pool is None and clock.is_over:
            info = {"engine": _ENGINE, "status": "customer sets not all found", "is_replayable": False}
            return incumbent.outcome(bound=None, is_proven=False, info=info)
        if pool is None:
            raise UnsupportedError(
                f"route-sets must have at most {self.max_sets:,} customer sets, got more; use cpsat or pyvrp"
            )
        return self._partition(problem, pool, incumbent, clock)

    @staticmethod
    def _start(problem: Cvrp | Vrptw, seed: int) -> Solution | None:
        """The greedy routes, made better by some tabu moves: a good start leaves few columns."""
        solution = start_solution(problem)
        if solution is None:
            return None
        routes = [tuple(route.tolist()) for route in routes_of(solution, problem.num_customers)]
        rng, moves = np.random.default_rng(seed), min(_MOVES, 10 * problem.num_customers)
        best, _ = search_fleet(FleetData.of(problem), routes, problem.route_limit, rng, iterations=moves)
        return solution if best is None else solution_of(best)

    @staticmethod
    def _partition(problem: Cvrp | Vrptw, pool: RoutePool, incumbent: Incumbent, clock: Clock) -> Outcome:
        info = {"engine": _ENGINE, "is_replayable": clock.remaining is None, "routes": len(pool.routes)}
        n, count = problem.num_customers, len(pool.routes)
        if n == 0:
            incumbent.offer(np.zeros(0, dtype=np.int64))
            return incumbent.outcome(bound=0.0, is_proven=True, info=info)
        if not count:
            return incumbent.infeasible(info)
        scaled = scale_to_integers(np.round(np.array(pool.costs) + problem.route_cost, 9), largest_sum=2**50)
        upper = None
        if incumbent.objective is not None and scaled.is_exact:
            upper = round(float(incumbent.objective) * scaled.factor)
        keep = _useful(pool, scaled.integers, n, problem.route_limit, upper)
        info["kept"] = len(keep)
        if upper is not None and not len(keep):
            return incumbent.outcome(bound=float(incumbent.objective or 0), is_proven=True, info=info)
        pool = RoutePool(tuple(pool.routes[k] for k in keep), tuple(pool.costs[k] for k in keep), is_complete=False)
        answer = _solve(pool, scaled.integers[keep], n, problem.route_limit, clock)
        if answer.status is HighsStatus.INFEASIBLE and upper is None:
            return incumbent.infeasible(info)
        if answer.status is HighsStatus.INFEASIBLE:  # nothing is cheaper than the start
            return incumbent.outcome(bound=float(incumbent.objective or 0), is_proven=True, info=info)
        bound = None
        if answer.bound is not None:
            slack = 0.0 if scaled.is_exact else float(n) / 2
            least = math.ceil(answer.bound - 1e-4) - slack
            bound = (least if upper is None else min(least, upper)) / scaled.factor
        if answer.point is not None:
            incumbent.offer(solution_of([pool.routes[k] for k in np.flatnonzero(np.rint(answer.point))]))
        is_proven = answer.status is HighsStatus.OPTIMAL and scaled.is_exact
        return incumbent.outcome(bound=bound, is_proven=is_proven, info=info)


def _useful(pool: RoutePool, costs: Int, n: int, limit: int, upper: int | None) -> Int:
    """Columns that a solution cheaper than ``upper`` may hold: dual bound plus reduced cost stays below it.

    The bound is recomputed from the duals, with every column at most once, so that rounding of the linear program
    cannot make it too large; a column whose reduced cost lifts it to ``upper - 1`` or beyond is in no better solution.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    every = np.arange(len(pool.routes))
    if upper is None:
        return every
    stops = np.concatenate(pool.routes) - 1
    column = np.repeat(every, [len(route) for route in pool.routes])
    cover = csr_array((np.ones(len(stops)), (stops, column)), shape=(n, len(every)))
    count = csr_array(np.ones((1, len(every))))
    found = linprog(costs, A_ub=count, b_ub=[limit], A_eq=cover, b_eq=np.ones(n), bounds=(0, 1), method="highs")
    if found.x is None:
        return every
    price, each = np.asarray(found.eqlin.marginals), min(0.0, float(found.ineqlin.marginals[0]))
    reduced = costs - cover.T @ price - each
    bound = price.sum() + each * limit + np.minimum(reduced, 0.0).sum()
    return np.asarray(np.flatnonzero(bound + np.maximum(reduced, 0.0) <= upper - 1 + 1e-4))


def _solve(pool: RoutePool, costs: Int, n: int, limit: int, clock: Clock) -> HighsAnswer:
    from scipy.sparse import csr_array

    count = len(pool.routes)
    stops = np.concatenate(pool.routes) - 1
    column = np.repeat(np.arange(count), [len(route) for route in pool.routes])
    row, column = np.concatenate([stops, np.full(count, n)]), np.concatenate([column, np.arange(count)])
    model = MilpModel(
        c=costs.astype(np.float64),
        A=csr_array((np.ones(len(row)), (row, column)), shape=(n + 1, count)),
        lower=np.append(np.ones(n), 0.0),
        upper=np.append(np.ones(n), float(limit)),
        top=np.ones(count),
        is_integer=np.ones(count, dtype=bool),
        solution_of=np.copy,
        values_of=np.copy,
    )
    return Highs(model).integer(clock.remaining)
