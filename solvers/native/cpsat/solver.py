"""CP-SAT (OR-Tools) on the model of the problem's kind: incumbents as they come, a proven bound, and the proof.

Every solution is recomputed on the instance's own data. Bounds are claimed only where the model's integers stand for
the data exactly. It proves TSP to some 50 cities, MDKP to some 100 items and QAP to about 8 facilities in a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....algorithms.cpsat_search import Search, SearchResult, SearchStatus, search, whole_bound
from ....core import SOLVERS, Budget, Clock, Int, Problem, Rows, UnsupportedError, signed
from ...base import Outcome, Report
from ..construct.start import building_late, start_within, unstarted
from ..incumbent import Incumbent
from .model import KindModel, cpsat_model, cpsat_refusal, cpsat_seconds


@SOLVERS.register("cpsat", requires=("ortools",), extra="test")
@dataclass(frozen=True)
class CpSat:
    """Exact search by OR-Tools CP-SAT with a model for each kind.

    Parameters
    ----------
    workers : parallel searches. 0: all cores under a time limit, one without (only one worker is replayable).
    has_hint : whether the kind's greedy solution is the first incumbent, and handed over as a hint.

    Examples
    --------
    >>> from qopt.problems.mdkp import Mdkp
    >>> outcome = CpSat().solve(Mdkp([6, 5, 4], [[3, 2, 2]], [4]), budget=Budget(), seed=0)
    >>> outcome.solution.tolist(), outcome.bound, outcome.is_optimal
    ([0, 1, 1], 9, True)
    """

    workers: int = 0
    has_hint: bool = True

    def __post_init__(self) -> None:
        Search(workers=self.workers)  # checks the field

    def refusal(self, problem: Problem) -> str:
        """Why the model would be too large, with the numbers; empty if it fits."""
        return cpsat_refusal(problem)

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """Best solution, bound and proof within the budget.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        ArithmeticError
            CP-SAT's answer disagrees with the instance's own data.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        clock = Clock(budget.seconds)
        incumbent = Incumbent(problem, clock, budget.target, report)
        start = start_within(problem, clock, budget.seconds) if self.has_hint else None
        if (start is not None and incumbent.offer(start)) or clock.is_over:
            return incumbent.outcome(bound=None, is_proven=False, info=unstarted(budget))
        late = building_late(cpsat_seconds(problem), clock, has_start=start is not None)
        if late:
            return incumbent.outcome(bound=None, is_proven=False, info=unstarted(budget, late))
        built = cpsat_model(problem)
        if start is not None:
            for variable, value in zip(built.variables, built.values_of(start).tolist()):
                built.model.add_hint(variable, value)
        while True:
            result, broken = self._search(problem, built, incumbent, clock, seed)
            if broken is None or result.status is not SearchStatus.OPTIMAL or clock.is_over:
                break
            _add_rows(built, broken)  # the optimum breaks lazy rows: its value is a bound, but no answer
        return self._outcome(problem, built, incumbent, result, is_open=broken is not None)

    def _search(
        self, problem: Problem, built: KindModel, incumbent: Incumbent, clock: Clock, seed: int
    ) -> tuple[SearchResult, Rows | None]:
        """One search; the lazy rows that its last solution breaks."""
        broken: list[Rows | None] = [None]

        def on_values(values: Int) -> bool:
            broken[0] = built.separate(values)
            if broken[0] is not None:
                return False
            solution = built.solution_of(values)
            if solution is None or problem.violations(solution):
                if not built.is_exact:
                    return False  # rounded rows, or sums beyond CP-SAT's reach: the values denote none
                raise ArithmeticError("CP-SAT's values must denote a solution, but they denote none; report this bug")
            return incumbent.offer(solution)

        def on_bound(bound: float) -> None:
            if built.is_exact:
                incumbent.tell_bound(signed(problem, whole_bound(bound) / built.factor + built.offset))

        settings = Search(clock.remaining, seed, self.workers)
        result = search(built.model, built.variables, settings, on_values, on_bound)
        return result, broken[0]

    @staticmethod
    def _outcome(
        problem: Problem, built: KindModel, incumbent: Incumbent, result: SearchResult, *, is_open: bool
    ) -> Outcome:
        """What may be claimed; ``is_open``: lazy rows are still broken, so that the optimum is a bound alone."""
        info = search_info(result, is_exact=built.is_exact)
        if result.status is SearchStatus.INFEASIBLE and built.is_exact:
            return incumbent.infeasible(info)
        cost_bound = None if result.bound is None else result.bound / built.factor + built.offset
        bound = signed(problem, cost_bound) if built.is_exact and cost_bound is not None else None
        is_proven = result.status is SearchStatus.OPTIMAL and not is_open
        outcome = incumbent.outcome(bound=bound, is_proven=is_proven, info=info)
        if built.is_exact and is_proven and not outcome.is_optimal:
            raise ArithmeticError(
                f"CP-SAT's proven optimum {bound} must equal the recomputed {incumbent.objective}; report this bug"
            )
        return outcome


def search_info(result: SearchResult, *, is_exact: bool) -> dict[str, Any]:
    """What a search says about itself, as JSON."""
    import ortools

    return {
        "engine": f"ortools {ortools.__version__} CP-SAT",
        "status": result.status.value,
        "is_replayable": result.is_replayable,
        "workers": result.num_workers,
        "branches": result.branches,
        "conflicts": result.conflicts,
        "is_exact": is_exact,
    }


def _add_rows(built: KindModel, rows: Rows) -> None:
    """Add lazy rows of integers to the model.

    Raises
    ------
    UnsupportedError
        A row has decimals.
    """
    from ....core.light_ortools import cp_model

    if (rows.A.data % 1).any():
        raise UnsupportedError("lazy rows must have integer coefficients for CP-SAT; use milp")
    for i in range(len(rows)):
        part = slice(int(rows.A.indptr[i]), int(rows.A.indptr[i + 1]))
        literals = [built.variables[j] for j in rows.A.indices[part].tolist()]
        activity = cp_model.LinearExpr.weighted_sum(literals, rows.A.data[part].astype(np.int64).tolist())
        if np.isfinite(rows.lower[i]):
            built.model.add(activity >= int(np.ceil(rows.lower[i])))
        if np.isfinite(rows.upper[i]):
            built.model.add(activity <= int(np.floor(rows.upper[i])))
