"""HiGHS on a mixed-integer linear model of the problem: a proven bound, lazy rows in rounds, answers checked.

Products are linearised and refused where they are many. HiGHS is reached through scipy, which takes no start, no seed
and reports no incumbent on the way; so the kind's greedy solution stands beside it. One thread, deterministic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....core import SOLVERS, Budget, Clock, Problem, Rows, UnsupportedError, signed
from ...base import Outcome, Report
from ..construct.start import start_solution
from ..incumbent import Incumbent
from .model import MilpModel, milp_model, milp_refusal

#: HiGHS works to 1e-6 a row; where claims are made the objective is an integer, so a wide margin costs nothing.
_MARGIN = 1e-3

_OPTIMAL, _LIMIT, _INFEASIBLE = 0, 1, 2  # status codes of scipy.optimize.milp


@SOLVERS.register("milp")
@dataclass(frozen=True)
class Milp:
    """Exact search by HiGHS on a linear model, with rounds of subtour rows for TSP.

    Parameters
    ----------
    has_start : whether the kind's greedy solution counts as the first incumbent (HiGHS itself does not see it).

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
        model = milp_model(problem)
        run = _Run(model, clock)
        start = start_solution(problem) if self.has_start else None
        is_finished = start is not None and incumbent.offer(start)
        if not is_finished:
            run.relax()
            is_finished = run.solve(incumbent)
        info: dict[str, Any] = {
            "engine": f"HiGHS (scipy {_scipy_version()})",
            "status": run.message,
            "is_replayable": is_finished,
            "lazy_rows": run.num_lazy,
            "solves": run.num_solves,
            "is_exact": model.is_exact,
        }
        if run.is_infeasible and model.is_exact:
            return Outcome(solution=None, is_infeasible=True, info=info)
        bound = None
        if model.is_exact and math.isfinite(run.bound):
            bound = signed(problem, run.bound / model.factor + model.offset)
        return incumbent.outcome(bound=bound, is_proven=is_finished, info=info)


class _Run:
    """Running state: the rows so far, the best proven bound (an integer of the model's objective), and counts."""

    def __init__(self, model: MilpModel, clock: Clock) -> None:
        self._model = model
        self._clock = clock
        self._A, self._lower, self._upper = model.A, model.lower, model.upper
        self.bound = -math.inf
        self.is_infeasible = False
        self.message = "not started"
        self.num_lazy = 0
        self.num_solves = 0

    def relax(self) -> None:
        """Rounds of lazy rows on the linear relaxation, which is cheap, before integers are asked for."""
        while not self._clock.is_over:
            answer = self._call(np.zeros(self._model.c.size))
            if answer.status == _INFEASIBLE:
                self.is_infeasible = True
                return
            rows = None if answer.x is None or answer.status != _OPTIMAL else self._model.separate(answer.x[None])
            if rows is None:
                return
            self._add(rows)

    def solve(self, incumbent: Incumbent) -> bool:
        """Rounds of lazy rows on the integer model; whether the search came to its end."""
        while not self._clock.is_over and not self.is_infeasible:
            answer = self._call(self._model.is_integer.astype(np.float64))
            if answer.status == _INFEASIBLE:
                self.is_infeasible = True
                return True
            if answer.status not in (_OPTIMAL, _LIMIT):
                raise ArithmeticError(f"HiGHS must solve the model, but says: {answer.message}; rescale the instance")
            if answer.x is not None:
                values = np.rint(answer.x).astype(np.int64)
                rows = self._model.separate(values[None])
                if rows is None:
                    self._offer(values, incumbent)
                    return bool(answer.status == _OPTIMAL)
                self._add(rows)
            if answer.status == _LIMIT:
                return False
        return self.is_infeasible

    def _offer(self, values: Any, incumbent: Incumbent) -> None:
        solution = self._model.solution_of(values)
        if solution is None:
            raise ArithmeticError("HiGHS's values must denote a solution, but they denote none; report this bug")
        incumbent.offer(solution)

    def _call(self, integrality: Any) -> Any:
        """One call of HiGHS; its dual bound is kept, rounded up to an integer less its tolerances."""
        from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

        model = self._model
        self.num_solves += 1
        if not model.c.size:  # scipy refuses a model without columns
            holds = bool(((self._lower <= 0) & (self._upper >= 0)).all())
            self.message, self.bound = "no variables", 0.0
            return OptimizeResult(status=_OPTIMAL if holds else _INFEASIBLE, x=np.zeros(0))
        options: dict[str, Any] = {"mip_rel_gap": 0.0}
        if self._clock.remaining is not None:
            options["time_limit"] = max(self._clock.remaining, 1e-3)
        rows = LinearConstraint(self._A, self._lower, self._upper) if self._A.shape[0] else ()
        answer = milp(model.c, integrality=integrality, bounds=Bounds(0, model.top), constraints=rows, options=options)
        self.message = str(answer.message)
        bound = getattr(answer, "mip_dual_bound", None)
        if answer.status == _OPTIMAL and not integrality.any():
            bound = answer.fun
        if bound is not None and math.isfinite(bound):
            self.bound = max(self.bound, math.ceil(bound - _MARGIN - 1e-9 * abs(bound)))
        return answer

    def _add(self, rows: Rows) -> None:
        from scipy.sparse import vstack

        self._A = vstack([self._A, rows.A], format="csr")
        self._lower = np.concatenate([self._lower, rows.lower])
        self._upper = np.concatenate([self._upper, rows.upper])
        self.num_lazy += len(rows)


def _scipy_version() -> str:
    import scipy

    return str(scipy.__version__)
