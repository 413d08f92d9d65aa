"""PyVRP: iterated local search for vehicle routing, the strongest open peer; finds good routes, proves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ....core import SOLVERS, Budget, Clock, Problem, UnsupportedError
from ....core.tunable import Range, tunable
from ....problems.tsptw import Tsptw
from ...base import Outcome, Report
from ..incumbent import Incumbent
from .scaled import ScaledRouting, keeps, native_solution, routing_refusal, scaled_routing


@SOLVERS.register("pyvrp", requires=("pyvrp",), extra="vrp")
@dataclass(frozen=True)
class PyVrp:
    """Iterated local search of PyVRP for cvrp, vrptw and tsptw.

    Parameters
    ----------
    iterations : of the search where no time limit is given.

    References
    ----------
    N. A. Wouda, L. Lan, W. Kool (2024), PyVRP: a high-performance VRP solver package, doi:10.1287/ijoc.2023.0055.
    """

    iterations: int = tunable(2_000, Range(200, 20_000, "log"))

    def __post_init__(self) -> None:
        if self.iterations < 1:
            raise ValueError(f"iterations must be >= 1, got {self.iterations}")

    def refusal(self, problem: Problem) -> str:
        """Why it is not for this problem, with what is; empty if it is."""
        if isinstance(problem, Tsptw) and problem.objective_kind == "makespan":
            return "pyvrp must have a sum of distances as objective, got makespan; use tsptw-dp or routing"
        return routing_refusal(problem, "pyvrp")

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """The best routes within the budget; replayable where no time limit is given.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        from importlib.metadata import version

        clock = Clock(budget.seconds)
        incumbent = Incumbent(problem, clock, budget.target, report)
        info = {"engine": f"pyvrp {version('pyvrp')}", "is_replayable": budget.seconds is None}
        scaled = scaled_routing(problem)
        if scaled.num_nodes == 1:
            incumbent.offer(native_solution(problem, []))
            return incumbent.outcome(bound=None, is_proven=False, info=info)
        steps = self._run(problem, scaled, incumbent, clock, seed)
        return incumbent.outcome(bound=None, is_proven=False, info={**info, "iterations": steps})

    def _run(self, problem: Problem, scaled: ScaledRouting, incumbent: Incumbent, clock: Clock, seed: int) -> int:
        from pyvrp import IteratedLocalSearchCallbacks, IteratedLocalSearchParams, SolveParams

        limit = self.iterations if clock.remaining is None else None
        steps = 0

        def stop(_: int) -> bool:
            nonlocal steps
            steps += 1
            return incumbent.is_target_met or clock.is_over or (limit is not None and steps > limit)

        def offer(best: Any) -> None:
            if best.is_feasible():
                routes = [[a.idx + 1 for a in route.schedule() if a.is_client()] for route in best.routes()]
                solution = native_solution(problem, [route for route in routes if route])
                if keeps(problem, scaled, solution):
                    incumbent.offer(solution)

        class Watch(IteratedLocalSearchCallbacks):
            def on_best(self, best: Any) -> None:
                offer(best)

        params = SolveParams(ils=IteratedLocalSearchParams(callbacks=Watch()))
        result = _model(scaled).solve(stop, seed=seed, collect_stats=False, display=False, params=params)
        offer(result.best)
        return steps - 1


def _model(scaled: ScaledRouting) -> Any:
    from pyvrp import Model

    model: Any = Model()
    places = [model.add_location(0, 0) for _ in range(scaled.num_nodes)]
    window = {} if scaled.windows is None else dict(zip(("tw_early", "tw_late"), scaled.windows[0].tolist()))
    depot = model.add_depot(places[0], **window)
    capacity = {} if scaled.demands is None else {"capacity": [scaled.capacity]}
    model.add_vehicle_type(
        scaled.vehicles, start_depot=depot, end_depot=depot, fixed_cost=scaled.fixed, **window, **capacity
    )
    for v in range(1, scaled.num_nodes):
        load = {} if scaled.demands is None else {"delivery": [int(scaled.demands[v])]}
        span = {} if scaled.windows is None else dict(zip(("tw_early", "tw_late"), scaled.windows[v].tolist()))
        model.add_client(places[v], **load, **span)
    for u, (lengths, times) in enumerate(zip(scaled.distances.tolist(), scaled.travel.tolist())):
        for v, (length, time) in enumerate(zip(lengths, times)):
            if u != v:
                model.add_edge(places[u], places[v], length, 0 if scaled.windows is None else time)
    return model
