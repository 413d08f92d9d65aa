"""The best verified solution of one run, with its trace: what every native solver reports goes through here.

Every solution is checked on the instance's own data; one that breaks it is an error of the solver, never an answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core import Clock, Number, Problem, Solution, number, signed
from ...core.margins import scaled_margin
from ..base import LiveReport, Outcome, Report
from .construct.start import start_solution


class Incumbent:
    """Running state of one solve call: best solution, objective, trace, and whether the target is met."""

    def __init__(self, problem: Problem, clock: Clock, target: float | None, report: Report | None) -> None:
        self._problem = problem
        self._clock = clock
        self._target = target
        self._report = report
        self.solution: Solution | None = None
        self.objective: Number | None = None
        self.trace: list[tuple[float, Number]] = []

    @property
    def is_target_met(self) -> bool:
        """Whether the best solution is at least as good as the budget's target."""
        if self._target is None or self.objective is None:
            return False
        return self.objective == self._target or self._is_better(self.objective, self._target)

    def offer(self, solution: Solution) -> bool:
        """Keep a solution if it is the best so far; whether the target is met.

        Raises
        ------
        ArithmeticError
            The solution breaks the instance.
        """
        broken = self._problem.violations(solution)
        if broken:
            name, amount = next(iter(broken.items()))
            raise ArithmeticError(f"the solver's solution must keep {name}, but breaks it by {amount}; report this bug")
        objective = self._problem.objective(solution)
        if self.objective is None or self._is_better(objective, self.objective):
            self.solution = np.array(solution, dtype=np.int64)
            self.objective = objective
            seconds = self._clock.elapsed
            self.trace.append((seconds, objective))
            if self._report is not None:
                self._report(seconds, objective)
        return self.is_target_met

    def tell_bound(self, bound: float) -> None:
        """Hand a bound that is proven so far, in the instance's own units, to a report that wants it."""
        if isinstance(self._report, LiveReport):
            self._report.bound(bound)

    def outcome(self, *, bound: float | None, is_proven: bool, info: dict[str, Any]) -> Outcome:
        """The Outcome of a run that found this; ``is_proven``: the solver says it is finished, and claims hold.

        The bound is taken only where the claim is consistent: a bound on the wrong side of the best solution known is
        an error, and optimal is what a bound equal to the verified objective proves.

        Raises
        ------
        ArithmeticError
            The bound contradicts the verified objective.
        """
        is_optimal = False
        if bound is not None and self.objective is not None:
            if self._is_better(self.objective, bound) and not self._is_close(bound):
                raise ArithmeticError(
                    f"the solver's bound {bound} must not be worse than its solution {self.objective}; report this bug"
                )
            is_optimal = is_proven and self._is_close(bound)
            bound = self.objective if is_optimal else bound
        return Outcome(
            solution=self.solution,
            bound=None if bound is None else number(bound),
            is_optimal=is_optimal,
            trace=tuple(self.trace),
            info=info,
        )

    def infeasible(self, info: dict[str, Any]) -> Outcome:
        """The Outcome of a run that proved that there is no solution.

        Raises
        ------
        ArithmeticError
            A solution is known: one of this run, or the greedy one.
        """
        known = self.solution if self.solution is not None else start_solution(self._problem, lambda: True)
        if known is not None and not self._problem.violations(known):
            raise ArithmeticError(
                f"the solver calls the instance infeasible, but a solution of {self._problem.objective(known)} is "
                "known; report this bug, and use another solver"
            )
        return Outcome(solution=None, is_infeasible=True, info=info)

    def _is_better(self, value: float, other: float) -> bool:
        return signed(self._problem, value) < signed(self._problem, other)

    def _is_close(self, bound: float) -> bool:
        """Whether bound and objective are one number: decimals that were summed in another order may differ a bit."""
        assert self.objective is not None
        return abs(bound - self.objective) <= scaled_margin(self.objective) + _rounding(self._problem)


def _rounding(problem: Problem) -> float:
    """What sums of an instance's decimals lose where large ones cancel: last bits of all |numbers|; 0 for integers."""
    names = getattr(problem, "__dataclass_fields__", ())
    arrays = [value for name in names if isinstance(value := getattr(problem, name), np.ndarray)]
    numbers = [array.astype(np.float64) for array in arrays if array.dtype.kind in "iuf"]
    if all(bool((array % 1 == 0).all()) for array in numbers):
        return 0.0
    return 4.0 * float(np.finfo(np.float64).eps) * sum(float(np.abs(array).sum()) for array in numbers)
