"""Robust tabu search for QAP of any size: one long trajectory, all exchanges looked at in every step. No bound.

A step costs O(n^2): the table of changes is kept up to date. Measured on one core: 12,000 steps a second at 60
facilities, 2,000 at 150.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ....algorithms.exchanges import ExchangeTable
from ....core import SOLVERS, Budget, Float, Int, Problem, UnsupportedError
from ....core.tunable import Range, tunable
from ....problems.qap import Qap
from ...base import Outcome, Report
from ..construct.permutations import construct_qap
from ..trajectory import Trajectory

#: Several tables of n**2 numbers; beyond this a step takes longer than 50 ms.
MAX_FACILITIES = 2_000
#: Tenures are drawn from 0..8 n, small ones more often; a place not seen for 5 n**2 steps is tried again.
_TENURE, _PATIENCE = 8, 5


@SOLVERS.register("robust-tabu")
@dataclass(frozen=True)
class RobustTabu:
    """Tabu search over pair exchanges, from the greedy assignment.

    Parameters
    ----------
    num_steps : where no time limit is given; under one it uses the time.

    References
    ----------
    E. Taillard (1991), Robust taboo search for the quadratic assignment problem, doi:10.1016/S0167-8191(05)80147-4.
    Tenures are the cube of a uniform number times 8 n, as in his later program.

    Examples
    --------
    >>> problem = Qap([[0, 5, 2], [5, 0, 3], [2, 3, 0]], [[0, 1, 4], [1, 0, 2], [4, 2, 0]])
    >>> outcome = RobustTabu(num_steps=10).solve(problem, budget=Budget(), seed=0)
    >>> problem.objective(outcome.solution), outcome.bound
    (38, None)
    """

    num_steps: int = tunable(20_000, Range(1000, 200_000, "log"))

    def __post_init__(self) -> None:
        if self.num_steps < 1:
            raise ValueError(f"num_steps must be >= 1, got {self.num_steps}")

    def refusal(self, problem: Problem) -> str:
        """Why it is not for this problem, with what is; empty if it is."""
        if not isinstance(problem, Qap):
            return f"robust-tabu must have a qap instance, got {problem.kind}; use sa or cpsat"
        n = problem.num_facilities
        return "" if n <= MAX_FACILITIES else f"robust-tabu must have at most {MAX_FACILITIES} facilities, got {n}"

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """The best permutation within the budget.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        assert isinstance(problem, Qap)
        F, D = (np.asarray(matrix, dtype=np.float64) for matrix in (problem.flow, problem.distance))
        search = Trajectory(partial(robust_tabu, (F, D)), self.num_steps, "qopt robust tabu")
        return search.run(problem, construct_qap, budget=budget, seed=seed, report=report)


def robust_tabu(
    matrices: tuple[Float, Float],
    start: Int,
    rng: np.random.Generator,
    *,
    num_steps: int | None,
    is_over: Callable[[], bool],
    on_better: Callable[[Int], bool],
) -> bool:
    """Hand ever better permutations to ``on_better``; whether it said that this is enough.

    Parameters
    ----------
    matrices : flow and distance, shape (n, n) each; below two facilities there is nothing to exchange.
    num_steps : None for as many as ``is_over`` lets it.
    """
    flow, distance = matrices
    n = len(flow)
    if n < 2:
        return False
    table = ExchangeTable(flow, distance, start)
    value = best = float((flow * table.placed).sum())
    least = 1e-12 * float(np.abs(flow).sum() * np.abs(distance).max(initial=0.0))
    # by facility and the facility whose location it would take: until which step that is tabu
    until = -np.arange(1.0, n * n + 1).reshape(n, n)
    no_exchange = np.tril(np.full((n, n), np.inf))
    step = 0
    while not is_over() and (num_steps is None or step < num_steps):
        step += 1
        change = table.deltas() + no_exchange
        is_tabu = until > step
        is_tabu &= is_tabu.T
        is_old = until < step - _PATIENCE * n * n
        is_wanted = (change < best - value - least) | (is_old & is_old.T)
        allowed = np.where(is_wanted, change, np.inf)
        if not np.isfinite(allowed.min()):
            allowed = np.where(is_tabu, np.inf, change)
            if not np.isfinite(allowed.min()):
                allowed = change
        r, s = divmod(int(allowed.argmin()), n)
        value += float(change[r, s])
        table.exchange(r, s)
        until[:, [r, s]] = until[:, [s, r]]
        tenures = step + _TENURE * n * rng.random(2) ** 3
        until[r, s], until[s, r] = tenures  # back to the location that the other one has now
        if value < best - least:
            best = value
            if on_better(table.permutation.copy()):
                return True
    return False
