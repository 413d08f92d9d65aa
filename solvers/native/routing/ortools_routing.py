"""OR-Tools routing: guided local search for tours with time windows and for fleets; proves nothing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....core import SOLVERS, Budget, Clock, Problem, Solution, UnsupportedError
from ....problems.vehicles import Cvrp, Vrptw, routes_of
from ...base import Outcome, Report
from ..construct.start import start_solution
from ..incumbent import Incumbent
from .scaled import ScaledRouting, keeps, native_solution, routing_refusal, scaled_routing


@SOLVERS.register("routing", requires=("ortools",), extra="test")
@dataclass(frozen=True)
class OrToolsRouting:
    """Guided local search of OR-Tools' routing library for tsptw, cvrp and vrptw.

    Parameters
    ----------
    seconds : of the search where the budget says none; guided local search has no end of its own.
    """

    seconds: float = 5.0

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise ValueError(f"seconds must be > 0, got {self.seconds}")

    def refusal(self, problem: Problem) -> str:
        """Why it is not for this problem, with what is; empty if it is."""
        return routing_refusal(problem, "routing")

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """The best routes within the budget; the seed changes nothing.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        import ortools

        clock = Clock(budget.seconds)
        incumbent = Incumbent(problem, clock, budget.target, report)
        engine = f"ortools {ortools.__version__} routing, guided local search"
        info = {"engine": engine, "is_replayable": False}
        scaled = scaled_routing(problem)
        if scaled.num_nodes == 1:
            incumbent.offer(native_solution(problem, []))
        else:
            self._run(problem, scaled, incumbent, clock)
        if incumbent.solution is None and not clock.is_over:  # its cheapest insertion found nothing to begin with
            start = start_solution(problem)
            if start is not None and not incumbent.offer(start):
                self._run(problem, scaled, incumbent, clock, start)
        return incumbent.outcome(bound=None, is_proven=False, info=info)

    def _run(
        self,
        problem: Problem,
        scaled: ScaledRouting,
        incumbent: Incumbent,
        clock: Clock,
        start: Solution | None = None,
    ) -> None:
        """One search, from its own first routes or from ``start``."""
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2

        manager = pywrapcp.RoutingIndexManager(scaled.num_nodes, scaled.vehicles, 0)
        routing = pywrapcp.RoutingModel(manager)
        try:
            _add_rules(routing, manager, scaled)
        except Exception as error:
            if "CP Solver fail" not in str(error):
                raise
            return  # a window or a load that no vehicle keeps, told by a bare Exception; nothing found, nothing claimed
        settings = pywrapcp.DefaultRoutingSearchParameters()
        settings.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        settings.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        seconds = self.seconds if clock.remaining is None else clock.remaining
        settings.time_limit.FromMilliseconds(max(1, int(1000 * seconds)))
        errors: list[Exception] = []

        def on_optimum() -> None:
            """An exception cannot cross the C++ frames, so it waits for the end of the search."""
            routes = []
            for vehicle in range(scaled.vehicles):
                route, index = [], routing.NextVar(routing.Start(vehicle)).Value()
                while not routing.IsEnd(index):
                    route.append(manager.IndexToNode(index))
                    index = routing.NextVar(index).Value()
                routes.append(route)
            try:
                solution = native_solution(problem, [route for route in routes if route])
                stop = keeps(problem, scaled, solution) and incumbent.offer(solution)
            except Exception as error:
                errors.append(error)
                stop = True
            if stop:
                routing.solver().FinishCurrentSearch()

        routing.AddAtSolutionCallback(on_optimum)
        first = None
        if start is not None:
            routing.CloseModelWithParameters(settings)
            first = routing.ReadAssignmentFromRoutes(_stops(problem, start), True)
            if first is None:
                return
        with _noted_interrupts() as noted:
            routing.AddSearchMonitor(routing.solver().CustomLimit(lambda: bool(errors or noted)))
            if first is None:
                routing.SolveWithParameters(settings)
            else:
                routing.SolveFromAssignmentWithParameters(first, settings)
        if errors:
            raise errors[0]


@contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Ctrl-C is noted in the list that this gives, and told afterwards: raised in a callback it would be lost in C++.

    Raises
    ------
    KeyboardInterrupt
        One was noted.
    """
    noted: list[int] = []
    is_deaf = signal.getsignal(signal.SIGINT) in (None, signal.SIG_IGN)
    if is_deaf or threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
    if noted:
        raise KeyboardInterrupt


def _stops(problem: Problem, solution: Solution) -> list[list[int]]:
    """The stops of each route; a tour is one route."""
    if isinstance(problem, Cvrp | Vrptw):
        return [route.tolist() for route in routes_of(solution, problem.num_customers)]
    return [np.asarray(solution).tolist()]


def _add_rules(routing: Any, manager: Any, scaled: ScaledRouting) -> None:
    """Costs, loads and times of the instance."""
    if not scaled.is_makespan:
        routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(scaled.distances.tolist()))
    if scaled.fixed:
        routing.SetFixedCostOfAllVehicles(scaled.fixed)
    if scaled.demands is not None:
        loads = routing.RegisterUnaryTransitVector(scaled.demands.tolist())
        routing.AddDimension(loads, 0, scaled.capacity, True, "load")
    if scaled.windows is None:
        return
    horizon = int(scaled.windows[:, 1].max()) + int(scaled.travel.max()) + 1
    times = routing.RegisterTransitMatrix(scaled.travel.tolist())
    routing.AddDimension(times, horizon, horizon, False, "time")
    clock = routing.GetDimensionOrDie("time")
    early, late = scaled.windows[0].tolist()
    for v in range(1, scaled.num_nodes):
        clock.CumulVar(manager.NodeToIndex(v)).SetRange(*scaled.windows[v].tolist())
    for vehicle in range(scaled.vehicles):
        clock.CumulVar(routing.Start(vehicle)).SetRange(early, early)
        clock.CumulVar(routing.End(vehicle)).SetRange(early, max(early, late))
        if scaled.is_makespan:
            routing.AddVariableMinimizedByFinalizer(clock.CumulVar(routing.End(vehicle)))
    if scaled.is_makespan:
        clock.SetSpanCostCoefficientForAllVehicles(1)
