"""HiGHS on a mixed-integer linear model of the problem: a start, a proven bound, lazy rows in rounds, answers checked.

Products are linearised and refused where they are many. The search begins at the kind's start (a tour after a second of
local search) and hands out its incumbents as they come. One thread, deterministic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....core import SOLVERS, Budget, Clock, Float, Problem, Rows, UnsupportedError, signed
from ....core.margins import rounded_up
from ...base import Outcome, Report
from ..construct.start import building_late, start_within, unstarted
from ..incumbent import Incumbent
from .highs import Highs, HighsAnswer, HighsStatus
from .model import MilpModel, milp_model, milp_refusal, milp_seconds

#: HiGHS works to 1e-6 a row; where claims are made the objective is an integer, so a wide margin costs nothing.
_MARGIN = 1e-3


@SOLVERS.register("milp")
@dataclass(frozen=True)
class Milp:
    """Exact search by HiGHS on a linear model, with rounds of subtour rows for TSP.

    Parameters
    ----------
    has_start : whether the kind's start counts as the first incumbent, and HiGHS begins with it.

    References
    ----------
    Q. Huangfu, J. A. J. Hall (2018), Parallelizing the dual revised simplex method, doi:10.1007/s12532-017-0130-5.

    Examples
    --------
    >>> from qopt.problems.mdkp import Mdkp
    >>> outcome = Milp().solve(Mdkp([6, 5, 4], [[3, 2, 2]], [4]), budget=Budget(), seed=0)
    >>> outcome.solution.tolist(), outcome.bound, outcome.is_optimal
    ([0, 1, 1], 9, True)
    """

    has_start: bool = True

    def refusal(self, problem: Problem) -> str:
        """Why the model would be too large, with the numbers; empty if it fits."""
        return milp_refusal(problem)

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """Best solution, bound and proof within the budget; the seed changes nothing.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        ArithmeticError
            HiGHS's answer disagrees with the instance's own data.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        clock = Clock(budget.seconds)
        incumbent = Incumbent(problem, clock, budget.target, report)
        start = start_within(problem, clock, budget.seconds) if self.has_start else None
        if (start is not None and incumbent.offer(start)) or clock.is_over:
            return incumbent.outcome(bound=None, is_proven=False, info=unstarted(budget))
        late = building_late(milp_seconds(problem), clock, has_start=start is not None)
        if late:
            return incumbent.outcome(bound=None, is_proven=False, info=unstarted(budget, late))
        model = milp_model(problem)
        run = _Run(problem, model, clock, incumbent.tell_bound)
        run.relax()
        is_finished = run.solve(incumbent)
        info = {
            "engine": _engine(),
            "status": run.message,
            "is_replayable": is_finished or budget.seconds is None,
            "lazy_rows": run.num_lazy,
            "solves": run.num_solves,
            "is_exact": model.is_exact,
        }
        if run.is_infeasible and model.is_exact:
            return incumbent.infeasible(info)
        bound = None
        if model.is_exact and math.isfinite(run.bound):
            bound = signed(problem, run.bound / model.factor + model.offset)
        return incumbent.outcome(bound=bound, is_proven=is_finished, info=info)


def rounded_bound(bound: float) -> int:
    """The least integer that a bound of HiGHS proves for an integral objective, its tolerances taken off.

    Examples
    --------
    >>> rounded_bound(5.0000004), rounded_bound(4.9999996), rounded_bound(5.01)
    (5, 5, 6)
    """
    return rounded_up(bound, _MARGIN)


class _Run:
    """Running state: the rows so far, the best proven bound (an integer of the model's objective), and counts."""

    def __init__(self, problem: Problem, model: MilpModel, clock: Clock, tell_bound: Callable[[float], None]) -> None:
        self._tell_bound = tell_bound
        self._problem = problem
        self._model = model
        self._clock = clock
        self._highs = Highs(model) if model.c.size else None
        self.bound = -math.inf
        self.is_infeasible = False
        self.message = "not started"
        self.num_lazy = 0
        self.num_solves = 0

    def relax(self) -> None:
        """Rounds of lazy rows on the linear relaxation, which is cheap, before integers are asked for."""
        while self._highs is not None and not self._clock.is_over:
            answer = self._noted(self._highs.relaxed(self._clock.remaining))
            if answer.status is HighsStatus.INFEASIBLE:
                self.is_infeasible = True
            if answer.status is not HighsStatus.OPTIMAL or answer.point is None:
                return
            rows = self._model.separate(answer.point[None])
            if rows is None:
                return
            self._add(rows)

    def solve(self, incumbent: Incumbent) -> bool:
        """Rounds of lazy rows on the integer model; whether the search came to its end."""
        if self._highs is None:
            return self._solve_empty(incumbent)
        while not self._clock.is_over and not self.is_infeasible and not incumbent.is_target_met:
            start = None if incumbent.solution is None else self._model.values_of(incumbent.solution)

            def on_point(point: Float) -> bool:
                values = np.rint(point).astype(np.int64)
                return self._model.separate(values[None]) is None and self._offer(values, incumbent)

            answer = self._noted(self._highs.integer(self._clock.remaining, start, on_point))
            if answer.status is HighsStatus.INFEASIBLE:
                self.is_infeasible = True
                return True
            if answer.status is HighsStatus.FAILED:
                if not self._model.is_exact and incumbent.solution is not None:
                    return False
                raise ArithmeticError(f"HiGHS must solve the model, but says: {answer.message}; rescale the instance")
            if answer.point is not None:
                values = np.rint(answer.point).astype(np.int64)
                rows = self._model.separate(values[None])
                if rows is None:
                    self._offer(values, incumbent)
                    return answer.status is HighsStatus.OPTIMAL
                self._add(rows)
            if answer.status is HighsStatus.LIMIT:
                return False
        return self.is_infeasible

    def _solve_empty(self, incumbent: Incumbent) -> bool:
        """A model without columns, which HiGHS does not take."""
        self.message, self.bound = "no variables", 0.0
        self.is_infeasible = not bool(((self._model.lower <= 0) & (self._model.upper >= 0)).all())
        if not self.is_infeasible:
            self._offer(np.zeros(0, dtype=np.int64), incumbent)
        return True

    def _offer(self, values: Any, incumbent: Incumbent) -> bool:
        solution = self._model.solution_of(values)
        if solution is None or self._problem.violations(solution):
            if not self._model.is_exact:
                return False  # the rows are decimals or large, and HiGHS holds them to its tolerance alone
            raise ArithmeticError("HiGHS's values must denote a solution, but they denote none; report this bug")
        return incumbent.offer(solution)

    def _noted(self, answer: HighsAnswer) -> HighsAnswer:
        """Count a call and keep its bound."""
        self.num_solves += 1
        self.message = answer.message
        if answer.bound is not None and math.isfinite(answer.bound):
            self.bound = max(self.bound, rounded_bound(answer.bound))
            if self._model.is_exact:
                self._tell_bound(signed(self._problem, self.bound / self._model.factor + self._model.offset))
        return answer

    def _add(self, rows: Rows) -> None:
        assert self._highs is not None
        self._highs.add(rows)
        self.num_lazy += len(rows)


def _engine() -> str:
    from importlib.metadata import version

    return f"HiGHS {version('highspy')}"
