"""Held-Karp bound of a symmetric TSP, with a tour for the other side: optimal where the two meet.

The bound is that of the best 1-trees found (``algorithms/one_tree.py``), rounded up where the distances scale to
integers. The tour is nearest neighbour or cheapest insertion with 2-opt and Or-opt, not the 1-tree's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ....algorithms.one_tree import held_karp_bound
from ....algorithms.scaling import scale_to_integers
from ....algorithms.tour_construction import best_neighbour_tour, cheapest_insertion, tour_length
from ....algorithms.tours import improve_tour
from ....core import SOLVERS, Budget, Clock, Problem, UnsupportedError
from ....core.tunable import Range, tunable
from ....problems.tsp import Tsp
from ...base import Outcome, Report
from ..incumbent import Incumbent

MAX_CITIES = 3_000
#: Steepest descent looks at all pairs each move: above this many cities it alone would take minutes.
_MAX_IMPROVED = 1_000
#: What the tour may take of a time limit.
_TOUR_SHARE = 0.3
_ENGINE = "qopt held-karp"


@SOLVERS.register("held-karp")
@dataclass(frozen=True)
class HeldKarp:
    """Bound of a symmetric TSP by 1-tree ascent, and a locally optimal tour.

    Parameters
    ----------
    iterations : of the ascent.

    Examples
    --------
    >>> problem = Tsp([[0, 1, 2, 9], [1, 0, 9, 2], [2, 9, 0, 1], [9, 2, 1, 0]])
    >>> outcome = HeldKarp().solve(problem, budget=Budget(), seed=0)
    >>> problem.objective(outcome.solution), outcome.bound, outcome.is_optimal
    (6, 6, True)
    """

    iterations: int = tunable(1000, Range(100, 5000, "log"))

    def __post_init__(self) -> None:
        if self.iterations < 1:
            raise ValueError(f"iterations must be >= 1, got {self.iterations}")

    def refusal(self, problem: Problem) -> str:
        """Why it is not for this problem, with what is; empty if it is."""
        if not isinstance(problem, Tsp):
            return f"held-karp must have a tsp instance, got {problem.kind}; use cpsat"
        if not problem.is_symmetric:
            return "held-karp must have symmetric distances, got asymmetric ones; use milp or cpsat"
        if problem.num_cities > MAX_CITIES:
            return f"held-karp must have at most {MAX_CITIES} cities, got {problem.num_cities}; use local-search"
        return ""

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """Bound and tour within the budget; the seed changes nothing.

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
        self._offer_tours(problem, incumbent, clock, budget)
        if incumbent.is_target_met:
            return incumbent.outcome(bound=None, is_proven=False, info={"engine": _ENGINE, "is_replayable": True})
        assert incumbent.objective is not None
        scaled = scale_to_integers(problem.distances)
        distances, factor = (scaled.integers, scaled.factor) if scaled.is_exact else (problem.distances, 1.0)
        result = held_karp_bound(
            distances, iterations=self.iterations, seconds=clock.remaining, upper=float(incumbent.objective) * factor
        )
        bound = math.ceil(result.bound) if scaled.is_exact else result.bound
        info = {
            "engine": _ENGINE,
            "is_replayable": budget.seconds is None or clock.elapsed < budget.seconds,
            "iterations": len(result.trace),
            "one_tree_bound": result.bound / factor,
        }
        return incumbent.outcome(bound=bound / factor, is_proven=scaled.is_exact, info=info)

    @staticmethod
    def _offer_tours(problem: Tsp, incumbent: Incumbent, clock: Clock, budget: Budget) -> None:
        distances = np.asarray(problem.distances, dtype=np.float64)
        limit = math.inf if budget.seconds is None else _TOUR_SHARE * budget.seconds
        tour = cheapest_insertion(distances, lambda: clock.is_over)
        incumbent.offer(tour)
        if problem.num_cities <= _MAX_IMPROVED:
            tours = [tour, best_neighbour_tour(distances)]
            best = min(tours, key=lambda t: tour_length(distances, t))
            incumbent.offer(improve_tour(distances, best, lambda: clock.elapsed > limit))
