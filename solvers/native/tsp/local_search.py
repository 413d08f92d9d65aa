"""Local search for TSP beyond the reach of exact solvers: good tours in seconds, no bound.

Three engines: our own iterated descent (seeded, replayable without a time limit), the package ``fast-tsp`` (best tours
per second; symmetric only, no seed), and OR-Tools routing with guided local search. Measured in 5 s each, gap to the
optimum in percent: kroB200 0, 0, 5.3; lin318 1.2, 0, 3.9; pr1002 0.6, 0, 10.1.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from ....algorithms.iterated_descent import iterated_descent
from ....algorithms.scaling import scale_to_integers
from ....algorithms.tour_construction import cheapest_insertion
from ....core import SOLVERS, AnyArray, Budget, Clock, Int, MissingDependencyError, Problem, UnsupportedError
from ....core.tunable import Range, tunable
from ....problems.tsp import Tsp
from ...base import Outcome, Report
from ..incumbent import Incumbent

EngineName = Literal["iterated", "fast-tsp", "routing"]

#: Largest distance that fast-tsp holds.
_UINT16 = 65_535


@SOLVERS.register("local-search")
@dataclass(frozen=True)
class LocalSearch:
    """Iterated local search for TSP, or one of two external engines.

    Parameters
    ----------
    engine : ``iterated``, ``fast-tsp`` or ``routing``.
    num_kicks : of ``iterated`` where no time limit is given; under one it uses the time.
    num_optima : local optima that ``routing`` visits where no time limit is given. ``fast-tsp`` then ends when it has
        converged.

    Examples
    --------
    >>> problem = Tsp([[0, 1, 2, 9], [1, 0, 9, 2], [2, 9, 0, 1], [9, 2, 1, 0]])
    >>> outcome = LocalSearch().solve(problem, budget=Budget(), seed=0)
    >>> problem.objective(outcome.solution), outcome.bound
    (6, None)
    """

    engine: EngineName = "iterated"
    num_kicks: int = tunable(10_000, Range(100, 100_000, "log"))
    num_optima: int = 100

    def __post_init__(self) -> None:
        if self.engine not in _ENGINES:
            raise ValueError(f"engine must be one of {', '.join(_ENGINES)}, got {self.engine!r}")
        for name in ("num_kicks", "num_optima"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")

    def refusal(self, problem: Problem) -> str:
        """Why it is not for this problem, with what is; empty if it is."""
        if not isinstance(problem, Tsp):
            return f"local-search must have a tsp instance, got {problem.kind}; use sa or cpsat"
        if self.engine == "fast-tsp":
            if not problem.is_symmetric:
                return "local-search with fast-tsp must have symmetric distances; use --solver.engine iterated"
            if importlib.util.find_spec("fast_tsp") is None:
                return str(MissingDependencyError("fast-tsp", "tsp"))
        return ""

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """The best tour within the budget. A seed relabels the cities, so that each gives another run.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        assert isinstance(problem, Tsp)
        clock = Clock(budget.seconds)
        incumbent = Incumbent(problem, clock, budget.target, report)
        rng = np.random.default_rng(seed)
        n = problem.num_cities
        if n < 4:
            return self._small(problem, incumbent)
        label = rng.permutation(n)
        distances = _whole(problem.distances[np.ix_(label, label)])

        def on_better(tour: Int) -> bool:
            return incumbent.offer(label[tour])

        run = _Task(self, distances, clock, rng, on_better)
        info = {"engine": _ENGINES[self.engine](run), "is_replayable": self._is_replayable(budget)}
        return incumbent.outcome(bound=None, is_proven=False, info=info)

    def _is_replayable(self, budget: Budget) -> bool:
        return budget.seconds is None and self.engine != "fast-tsp"

    @staticmethod
    def _small(problem: Tsp, incumbent: Incumbent) -> Outcome:
        tours = [np.arange(problem.num_cities)]
        tours.append(tours[0][::-1])
        for tour in tours:
            incumbent.offer(tour)
        return incumbent.outcome(bound=None, is_proven=False, info={"engine": "enumeration", "is_replayable": True})


@dataclass(frozen=True, eq=False)
class _Task:
    """One run of an engine on nonnegative whole distances; every better tour goes to ``on_better``."""

    settings: LocalSearch
    distances: Int
    clock: Clock
    rng: np.random.Generator
    on_better: Callable[[Int], bool]


def _whole(distances: AnyArray) -> Int:
    """Nonnegative integers that order tours as the distances do, to within rounding; the diagonal is 0."""
    n = len(distances)
    whole = scale_to_integers(distances).integers
    off_diagonal = ~np.eye(n, dtype=bool)
    return np.where(off_diagonal, whole - min(0, int(whole[off_diagonal].min())), 0)


def _iterated(task: _Task) -> str:
    is_limited = task.clock.remaining is not None
    iterated_descent(
        task.distances,
        cheapest_insertion(task.distances, lambda: task.clock.is_over),
        task.rng,
        num_kicks=None if is_limited else task.settings.num_kicks,
        is_over=lambda: task.clock.is_over,
        on_better=task.on_better,
    )
    return "qopt iterated descent"


def _fast_tsp(task: _Task) -> str:
    import fast_tsp

    largest = int(task.distances.max())
    shrunk = task.distances if largest <= _UINT16 else np.rint(task.distances * (_UINT16 / largest)).astype(np.int64)
    remaining = task.clock.remaining
    if remaining is None:
        tour = fast_tsp.find_tour(shrunk.tolist(), math.inf, stop_when_converged=True)
    else:
        tour = fast_tsp.find_tour(shrunk.tolist(), max(0.01, remaining))
    task.on_better(np.array(tour, dtype=np.int64))
    return f"fast-tsp {fast_tsp.__version__}"


def _routing(task: _Task) -> str:
    import ortools
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    n = len(task.distances)
    manager = pywrapcp.RoutingIndexManager(n, 1, 0)
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(task.distances.tolist()))
    settings = pywrapcp.DefaultRoutingSearchParameters()
    settings.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PATH_CHEAPEST_ARC
    settings.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    remaining = task.clock.remaining
    if remaining is None:
        settings.solution_limit = task.settings.num_optima
    else:
        settings.time_limit.FromMilliseconds(max(1, int(1000 * remaining)))
    errors: list[Exception] = []

    def on_optimum() -> None:
        """An exception cannot cross the C++ frames, so it waits for the end of the search."""
        tour, index = [], routing.Start(0)
        while not routing.IsEnd(index):
            tour.append(manager.IndexToNode(index))
            index = routing.NextVar(index).Value()
        try:
            stop = task.on_better(np.array(tour, dtype=np.int64))
        except Exception as error:
            errors.append(error)
            stop = True
        if stop:
            routing.solver().FinishCurrentSearch()

    routing.AddAtSolutionCallback(on_optimum)
    routing.SolveWithParameters(settings)
    if errors:
        raise errors[0]
    return f"ortools {ortools.__version__} routing, guided local search"


_ENGINES: Mapping[str, Callable[[_Task], str]] = MappingProxyType(
    {"iterated": _iterated, "fast-tsp": _fast_tsp, "routing": _routing}
)
