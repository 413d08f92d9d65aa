"""The greedy solution of a problem's kind, in one pass and without randomness: the yardstick that costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from ...core import SOLVERS, Budget, Clock, Problem, UnsupportedError
from ..base import Outcome, Report
from .construct.default import construct, construct_refusal
from .incumbent import Incumbent


@SOLVERS.register("greedy")
@dataclass(frozen=True)
class Greedy:
    """Deterministic greedy rule of each kind: pseudo-utility, least degree, cheapest insertion, ...

    Examples
    --------
    >>> from qopt.problems.mdkp import Mdkp
    >>> outcome = Greedy().solve(Mdkp([6, 5, 4], [[3, 2, 2]], [4]), budget=Budget(), seed=0)
    >>> outcome.solution.tolist(), outcome.bound
    ([0, 1, 1], None)
    """

    def refusal(self, problem: Problem) -> str:
        """Why the kind's rule cannot run; empty if it can."""
        return construct_refusal(problem)

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """The greedy solution; the seed changes nothing, and there is no bound.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        incumbent = Incumbent(problem, Clock(budget.seconds), budget.target, report)
        solution = construct(problem)
        if solution is not None:
            incumbent.offer(solution)
        return incumbent.outcome(bound=None, is_proven=False, info={"engine": "greedy", "is_replayable": True})
