"""Hybrid tabu search for fleets: tabu moves between routes, and changed routes put in order by any route solver.

Every so many moves each changed route of few stops that is in time is a TSPTW of its own, handed to the route solver
that the settings name; its answer is taken only if it is better. What it earned is counted. Route solvers that are
pipelines (encoder and sampler) are registered by ``experiments/route_orders.py``; this room knows those without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ....algorithms.fleet import FleetData, FleetSearch
from ....algorithms.window_dp import solve_windows
from ....core import SOLVERS, AnyArray, Budget, Clock, Int, Problem, UnsupportedError, unknown_name
from ....core.margins import ROUNDING
from ....core.tunable import Range, tunable
from ....problems.route_build import savings_routes, sweep_runs
from ....problems.tsptw import Tsptw
from ....problems.vehicles import Cvrp, Vrptw, solution_of
from ...base import Outcome, Report
from ..construct.start import start_solution
from ..incumbent import Incumbent

#: An order of a small tour, or None; called with the tour and a seed.
RouteOrder = Callable[[Tsptw, int], "Int | None"]
Start = Literal["savings", "sweep", "single"]
#: Makers of route solvers by name; each takes the settings' name of a sampler and its reads.
ROUTE_SOLVERS: dict[str, Callable[[int], RouteOrder]] = {}


def register_route_solver(name: str) -> Callable[[Callable[[int], RouteOrder]], Callable[[int], RouteOrder]]:
    """Decorator: the function under it makes the route solver of this name from a number of reads."""

    def add(make: Callable[[int], RouteOrder]) -> Callable[[int], RouteOrder]:
        ROUTE_SOLVERS[name] = make
        return make

    return add


@register_route_solver("none")
def no_order(reads: int) -> RouteOrder:
    """Routes stay in the order that the moves between routes left."""
    return lambda problem, seed: None


@register_route_solver("tsptw-dp")
def exact_order(reads: int) -> RouteOrder:
    """The best order, by dynamic programming: the control that no sampler can beat."""
    return lambda problem, seed: solve_windows(problem, max_labels=20_000).order


@SOLVERS.register("hybrid-tabu")
@dataclass(frozen=True)
class HybridTabu:
    """Tabu search over routes with strategic oscillation, whose routes a sampler (or a control) puts in order.

    Parameters
    ----------
    routes : who orders changed routes: ``tsptw-dp`` (exact), ``none``, or a pipeline: ``sa`` (annealing on the position
        QUBO, then repair) and ``random`` (as many uniform points of the same bits, then the same repair).
    every : moves between two calls of the route solver.
    most_stops : longest route that is handed over; late routes never are.
    reads : of each call of a pipeline.
    descends : whether changed routes are also put in order by a classical descent, before the route solver.
    start : savings, sweep, or a route for every customer.
    iterations : moves where no time limit is given.

    References
    ----------
    arXiv:2404.13203 and arXiv:2501.12652 (hybrid quantum tabu search), arXiv:2503.24285 (with time windows): the
    structure; prices, tenures, shakes and the exchange of tails are ours.

    Examples
    --------
    >>> problem = Cvrp([[0, 2, 3, 9], [2, 0, 2, 8], [3, 2, 0, 8], [9, 8, 8, 0]], [0, 1, 1, 1], 2)
    >>> outcome = HybridTabu(routes="tsptw-dp", iterations=20).solve(problem, budget=Budget(), seed=0)
    >>> problem.objective(outcome.solution), outcome.bound
    (24, None)
    """

    routes: str = "tsptw-dp"
    every: int = tunable(5, Range(1, 20))
    most_stops: int = 9
    reads: int = tunable(20, Range(5, 100, "log"))
    descends: bool = True
    start: Start = "savings"
    iterations: int = tunable(500, Range(50, 2000, "log"))

    def __post_init__(self) -> None:
        for name in ("every", "most_stops", "reads", "iterations"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        if self.start not in ("savings", "sweep", "single"):
            raise ValueError(f"start must be savings, sweep or single, got {self.start!r}")

    def refusal(self, problem: Problem) -> str:
        """Why it is not for this problem, with what is; empty if it is."""
        if not isinstance(problem, Cvrp | Vrptw):
            return f"hybrid-tabu must have a cvrp or vrptw instance, got {problem.kind}; use tsptw-dp or cpsat"
        return ""

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """The best routes within the budget, and what the route solver earned.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        ValueError
            An unknown route solver.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        assert isinstance(problem, Cvrp | Vrptw)
        if self.routes not in ROUTE_SOLVERS:
            raise unknown_name("route solver", self.routes, ROUTE_SOLVERS)
        clock = Clock(budget.seconds)
        incumbent = Incumbent(problem, clock, budget.target, report)
        run = _Run(self, problem, incumbent, np.random.default_rng(seed))
        if run.search.best is None:  # a limit that ends the search early costs no answer
            start = start_solution(problem)
            if start is not None:
                incumbent.offer(start)
        steps = 0
        while problem.num_customers and not (clock.is_over or incumbent.is_target_met):
            if clock.remaining is None and steps >= self.iterations:
                break
            steps += 1
            run.step(steps)
        run.note()
        info = {"engine": "qopt hybrid-tabu", "is_replayable": budget.seconds is None, "moves": steps, **run.info}
        return incumbent.outcome(bound=None, is_proven=False, info=info)


@dataclass(eq=False)
class _Run:
    """Running state: the search, the answers of the route solver so far, and what they earned."""

    settings: HybridTabu
    problem: Cvrp | Vrptw
    incumbent: Incumbent
    rng: np.random.Generator
    answers: dict[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict)
    calls: int = 0
    better: int = 0
    earned: float = 0.0

    def __post_init__(self) -> None:
        self.data = FleetData.of(self.problem)
        self.order = ROUTE_SOLVERS[self.settings.routes](self.settings.reads)
        start = self._start()
        self.search = FleetSearch(self.data, start, self.problem.route_limit, self.rng)
        self.started = self.search.best_cost
        self.pending: set[int] = set(range(len(self.search.routes)))

    def _start(self) -> list[tuple[int, ...]]:
        n = self.problem.num_customers
        if self.settings.start == "savings":
            return [tuple(route) for route in savings_routes(self.problem)]
        routes: list[tuple[int, ...]] = []
        if self.settings.start == "sweep":
            free = set(range(1, n + 1))
            for run in sorted(sweep_runs(self.problem), key=lambda run: (-len(run), run)):
                if free >= set(run):
                    routes.append(tuple(run))
                    free -= set(run)
        served = {v for route in routes for v in route}
        return routes + [(v,) for v in range(1, n + 1) if v not in served]

    def step(self, count: int) -> None:
        """One move; then the descent, and when it is time the route solver, on the routes that changed."""
        self.search.iterate()
        if self.settings.descends:
            for slot in sorted(self.search.changed):
                self._replace(slot, self.data.improved(self.search.routes[slot]))
        self.pending |= self.search.changed
        self.search.changed.clear()
        if count % self.settings.every == 0:
            for slot in sorted(self.pending):
                self._hand_over(slot)
            self.pending.clear()
        self.note()

    def note(self) -> None:
        """Report the best routes."""
        if self.search.best is not None:
            objective = self.incumbent.objective
            if objective is None or self.search.best_cost < float(objective) - ROUNDING:
                self.incumbent.offer(solution_of(self.search.best))

    def _replace(self, slot: int, route: tuple[int, ...]) -> None:
        if route != self.search.routes[slot]:
            self.search.replace(slot, route)

    def _hand_over(self, slot: int) -> None:
        """A changed route that is in time to the route solver; the answer is taken if it is shorter."""
        route = self.search.routes[slot]
        if not 2 <= len(route) <= self.settings.most_stops or self.data.measure([route])[2] > self.data.tolerance:
            return
        if route not in self.answers:
            self.calls += 1
            self.answers[route] = self._ordered(route)
        found = self.answers[route]
        if found == route:
            return
        old, new = (self._price(r) for r in (route, found))
        if new < old - ROUNDING:
            self.better += 1
            self.earned += old - new
            self.search.replace(slot, found)

    def _price(self, route: tuple[int, ...]) -> float:
        distance, excess, warp = self.data.measure([route])
        return distance + self.search.alpha * excess + self.search.beta * warp

    def _ordered(self, route: tuple[int, ...]) -> tuple[int, ...]:
        order = self.order(route_tour(self.problem, route), int(self.rng.integers(2**31)))
        return route if order is None else tuple(route[k - 1] for k in order.tolist())

    @property
    def info(self) -> dict[str, Any]:
        """Counts of the run, as JSON."""
        return {
            "routes_by": self.settings.routes,
            "route_calls": self.calls,
            "route_better": self.better,
            "route_earned": self.earned,
            "started": self.started if np.isfinite(self.started) else None,
        }


def route_tour(problem: Cvrp | Vrptw, route: tuple[int, ...] | AnyArray) -> Tsptw:
    """The tour through the stops of one route as an instance of its own: customers 1..k are the stops in order.

    ``route`` has shape (k,).
    """
    nodes = np.concatenate([[0], np.asarray(route)]).astype(np.int64)
    travel = problem.travel[np.ix_(nodes, nodes)]
    if problem.windows is not None:
        windows = problem.windows[nodes]
    else:
        windows = np.tile([0.0, float(np.ceil(travel.max(axis=1).sum()))], (len(nodes), 1))
    return Tsptw(travel, windows)
