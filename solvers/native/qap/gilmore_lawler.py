"""Branch and bound for QAP under the Gilmore-Lawler bound; the search itself is in ``lawler.py``.

Decimal matrices are scaled to integers and refused where that is not exact. Measured on two cores: nug15, chr18a and
tai12b take seconds, instances like esc16a or nug20 end at a time limit with an honest bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....algorithms.scaling import Scaled, scale_to_integers
from ....core import SOLVERS, Budget, Clock, Int, Problem, UnsupportedError
from ....core.margins import scaled_margin
from ....problems.qap import Qap
from ...base import Outcome, Report
from ..incumbent import Incumbent
from .branch_and_bound import solve_qap

#: One level of nodes holds n**2 children of n**2 entries each; beyond this the root alone takes minutes.
MAX_FACILITIES = 60
#: Objectives from here on would not be exact in the search's float64.
_LARGEST_OBJECTIVE = 2.0**50


@SOLVERS.register("gilmore-lawler")
@dataclass(frozen=True)
class GilmoreLawler:
    """Native QAP branch and bound, with a tabu search for its first incumbent.

    Examples
    --------
    >>> problem = Qap([[0, 5, 2], [5, 0, 3], [2, 3, 0]], [[0, 1, 4], [1, 0, 2], [4, 2, 0]])
    >>> outcome = GilmoreLawler().solve(problem, budget=Budget(), seed=0)
    >>> problem.objective(outcome.solution), outcome.bound, outcome.is_optimal
    (38, 38, True)
    """

    def refusal(self, problem: Problem) -> str:
        """Why it is not for this problem, with what is; empty if it is."""
        if not isinstance(problem, Qap):
            return f"gilmore-lawler must have a qap instance, got {problem.kind}; use cpsat"
        n = problem.num_facilities
        if n > MAX_FACILITIES:
            return f"gilmore-lawler must have at most {MAX_FACILITIES} facilities, got {n}; use sa"
        flow, distance = _scaled(problem)
        if not (flow.is_exact and distance.is_exact):
            return "gilmore-lawler must have matrices that scale to integers exactly, got longer decimals; round them"
        largest = float(np.abs(flow.integers).sum()) * float(np.abs(distance.integers).max(initial=0))
        if largest >= _LARGEST_OBJECTIVE:
            return f"gilmore-lawler must have objectives below 2**50, got up to {largest:.3g}; divide the matrices"
        return ""

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """Best permutation and the global lower bound within the budget.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        ArithmeticError
            A value of the search is not that of the permutation.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        assert isinstance(problem, Qap)
        clock = Clock(budget.seconds)
        incumbent = Incumbent(problem, clock, budget.target, report)
        flow, distance = _scaled(problem)
        factor = flow.factor * distance.factor

        def on_incumbent(permutation: Int) -> bool:
            return incumbent.offer(permutation)

        result = solve_qap(
            flow.integers, distance.integers, seconds=clock.remaining, on_incumbent=on_incumbent, seed=seed
        )
        incumbent.offer(result.permutation)
        objective = incumbent.objective
        if objective is None or abs(result.value / factor - objective) > scaled_margin(objective):
            raise ArithmeticError(f"the search's value {result.value / factor} must be the recomputed {objective}")
        is_cut = not result.is_proven and not incumbent.is_target_met
        info = {
            "engine": "qopt gilmore-lawler",
            "is_replayable": budget.seconds is None or not is_cut,
            "nodes": result.nodes,
        }
        return incumbent.outcome(bound=result.bound / factor, is_proven=result.is_proven, info=info)


def _scaled(problem: Qap) -> tuple[Scaled, Scaled]:
    return scale_to_integers(problem.flow), scale_to_integers(problem.distance)
