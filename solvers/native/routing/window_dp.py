"""Exact TSPTW by dynamic programming (``algorithms/window_dp.py``), started by swap repair and descent.

The layers widen step by step: narrow ones find a better tour fast, which then prunes the wide one that proves it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ....algorithms.segments import Roads
from ....algorithms.tour_windows import WindowTour, remove_lateness
from ....algorithms.window_dp import DpResult, solve_windows
from ....core import SOLVERS, Budget, Clock, Problem, UnsupportedError
from ....core.margins import rounded_up
from ....problems.tsptw import Tsptw
from ...base import Outcome, Report
from ..incumbent import Incumbent

#: Labels a layer of the steps before the last.
_WIDTHS = (500, 20_000)
_ENGINE = "qopt tsptw-dp"


@SOLVERS.register("tsptw-dp")
@dataclass(frozen=True)
class TsptwDp:
    """Dynamic programming over visited sets for tours with time windows: optimum and proof where layers stay narrow.

    Parameters
    ----------
    max_labels : labels kept a layer; where there are more, the answer is the best found, with a bound.

    Examples
    --------
    >>> problem = Tsptw([[0, 2, 3], [2, 0, 2], [3, 2, 0]], [[0, 20], [0, 9], [6, 9]])
    >>> outcome = TsptwDp().solve(problem, budget=Budget(), seed=0)
    >>> outcome.solution.tolist(), outcome.bound, outcome.is_optimal
    ([1, 2], 7, True)
    """

    max_labels: int = 400_000

    def __post_init__(self) -> None:
        if self.max_labels < 1:
            raise ValueError(f"max_labels must be >= 1, got {self.max_labels}")

    def refusal(self, problem: Problem) -> str:
        """Why it is not for this problem, with what is; empty if it is."""
        if isinstance(problem, Tsptw):
            return ""
        return f"tsptw-dp must have a tsptw instance, got {problem.kind}; use cpsat"

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """Best tour, bound and proof within the budget.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        assert isinstance(problem, Tsptw)
        clock = Clock(budget.seconds)
        incumbent = Incumbent(problem, clock, budget.target, report)
        self._start(problem, incumbent, seed)
        found: DpResult | None = None
        bound, labels = -math.inf, 0
        for width in sorted({*(w for w in _WIDTHS if w < self.max_labels), self.max_labels}):
            if incumbent.is_target_met or (found is not None and (found.is_complete or clock.is_over)):
                break
            upper = math.inf if incumbent.objective is None else float(incumbent.objective)
            found = solve_windows(problem, upper=upper, max_labels=width, is_over=lambda: clock.is_over)
            labels += found.labels
            bound = max(bound, found.bound)
            if found.order is not None:
                incumbent.offer(found.order)
        is_complete = found is not None and found.is_complete
        info = {
            "engine": _ENGINE,
            "is_replayable": budget.seconds is None or not clock.is_over,
            "labels": labels,
            "widest": 0 if found is None else found.widest,
            "presolve": problem.presolve.info,
        }
        if is_complete and incumbent.objective is None:
            return Outcome(solution=None, is_infeasible=True, info=info)
        if not is_complete and incumbent.objective is not None:
            bound = min(bound, float(incumbent.objective))
        proven = None if found is None or not math.isfinite(bound) else _rounded(problem, bound)
        return incumbent.outcome(bound=proven, is_proven=is_complete, info=info)

    @staticmethod
    def _start(problem: Tsptw, incumbent: Incumbent, seed: int) -> None:
        """A tour by latest start, repaired and improved; none where the presolve proved that there is none."""
        if problem.presolve.conflict:
            return
        roads = Roads.of(problem.travel, problem.travel, problem.windows)
        order = np.argsort(problem.windows[1:, 1], kind="stable") + 1
        tour = WindowTour(roads, order, is_makespan=problem.objective_kind == "makespan")
        if remove_lateness(tour, np.random.default_rng(seed)):
            tour.descend()
            if not problem.violations(tour.order):
                incumbent.offer(tour.order)


def _rounded(problem: Tsptw, bound: float) -> float:
    """A bound on integer objectives, rounded up."""
    whole = problem.travel.dtype.kind == "i" and problem.windows.dtype.kind == "i"
    return rounded_up(bound) if whole else bound
