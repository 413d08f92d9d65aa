"""One run of OR-Tools' CP-SAT on a model of integers: every solution handed out, the bound rounded safely.

Replayable only with one worker and where no time limit cut it: parallel workers race. What the values mean, and whether
they are right, is the caller's to check in ``on_values``.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from ..core.arrays import Int
from ..core.margins import SOLVER

#: Called with the values of the watched variables at every solution; True stops the search.
OnValues = Callable[[Int], bool]


class SearchStatus(Enum):
    """How the search ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Search:
    """Limits of one search.

    Parameters
    ----------
    seconds : wall-clock limit; None for none.
    seed : 0..2**31-1.
    workers : parallel searches. 0: every core this process may use under a time limit, and one without a limit, since
        only one worker gives the same answer twice.
    effort : limit in CP-SAT's deterministic time, about a second of one core, but the same work on every machine: with
        one worker the same answer each time. None for none.
    """

    seconds: float | None = None
    seed: int = 0
    workers: int = 0
    effort: float | None = None

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise ValueError(f"workers must be >= 0, got {self.workers}; 0 takes all cores")
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed must lie in 0..{2**31 - 1}, got {self.seed}")

    @property
    def num_workers(self) -> int:
        """Number of workers that run."""
        if self.workers:
            return self.workers
        return num_cores() if self.seconds is not None else 1


@dataclass(frozen=True)
class SearchResult:
    """Outcome of a search: ``bound`` <= the integer objective of every solution.

    None without an objective, and where the search ended before it found anything: what CP-SAT shows as its bound then
    is where the number starts, not something it proved.
    """

    status: SearchStatus
    bound: int | None
    is_replayable: bool
    num_workers: int
    num_solutions: int
    branches: int
    conflicts: int


def num_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def _solve(solver: Any, model: Any, watcher: Any) -> Any:
    """The search in a thread of its own, so that Ctrl-C, which only the main thread hears, can end it."""
    solver.parameters.catch_sigint_signal = False
    with ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(solver.solve, model, watcher)
        try:
            return running.result()
        except BaseException:
            while not running.done():  # again, as a search that has not begun cannot be stopped
                solver.stop_search()
                time.sleep(0.01)
            raise


def search(
    model: Any,
    variables: Sequence[Any],
    settings: Search,
    on_values: OnValues,
    on_bound: Callable[[float], None] | None = None,
) -> SearchResult:
    """Run CP-SAT on ``model`` and hand the values of ``variables`` at each solution to ``on_values``.

    ``on_bound`` hears of every better bound of the objective, from a thread of the search.

    Raises
    ------
    ValueError
        CP-SAT calls the model invalid.
    KeyboardInterrupt
        Ctrl-C; the search stops, and what it had found is not an answer of the limits that were asked for.
    Exception
        Whatever ``on_values`` raised; the search stops there.
    """
    from ..core.light_ortools import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = settings.num_workers
    solver.parameters.random_seed = settings.seed
    if settings.seconds is not None:
        solver.parameters.max_time_in_seconds = max(settings.seconds, 1e-3)
    if settings.effort is not None:
        solver.parameters.max_deterministic_time = settings.effort

    class Watcher(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
        """Hands solutions on; an exception cannot cross the C++ frames, so it waits for the end of the search."""

        error: Exception | None = None
        is_stopped = False
        count = 0

        def on_solution_callback(self) -> None:
            if self.error is not None:
                return
            self.count += 1
            try:
                stop = on_values(np.array([self.value(v) for v in variables], dtype=np.int64))
            except Exception as error:
                self.error = error
                stop = True
            if stop:
                self.is_stopped = True
                self.stop_search()

    if on_bound is not None:
        solver.best_bound_callback = on_bound
    watcher = Watcher()
    code = _solve(solver, model, watcher)
    if watcher.error is not None:
        raise watcher.error
    if code == cp_model.MODEL_INVALID:
        raise ValueError(f"CP-SAT model must be valid: {model.validate()}")
    status = {
        cp_model.OPTIMAL: SearchStatus.OPTIMAL,
        cp_model.FEASIBLE: SearchStatus.FEASIBLE,
        cp_model.INFEASIBLE: SearchStatus.INFEASIBLE,
    }.get(code, SearchStatus.UNKNOWN)
    is_complete = status in (SearchStatus.OPTIMAL, SearchStatus.INFEASIBLE) or watcher.is_stopped
    is_complete = is_complete or (settings.effort is not None and settings.seconds is None)
    return SearchResult(
        status=status,
        bound=_bound(model, solver, status),
        is_replayable=settings.num_workers == 1 and is_complete,
        num_workers=settings.num_workers,
        num_solutions=watcher.count,
        branches=int(solver.num_branches),
        conflicts=int(solver.num_conflicts),
    )


def _bound(model: Any, solver: Any, status: SearchStatus) -> int | None:
    """The proven bound as an integer: the objective is one, so the float is rounded up, less its rounding error."""
    if status in (SearchStatus.INFEASIBLE, SearchStatus.UNKNOWN) or not model.has_objective():
        return None
    bound = float(solver.best_objective_bound)
    if not math.isfinite(bound) or abs(bound) >= 2**53:
        return None
    return whole_bound(bound)


def whole_bound(bound: float) -> int:
    """The integer that CP-SAT's bound stands for: a float made from one, so that only its last bits may be off.

    The margin of a double objective would be far too wide here: at -1.74e11 it made a proven optimum a bound 174 below.

    Examples
    --------
    >>> whole_bound(-174000000000.0), whole_bound(4.9999999), whole_bound(4.01)
    (-174000000000, 5, 5)
    """
    return math.ceil(bound - SOLVER - 32 * sys.float_info.epsilon * abs(bound))


__all__ = ["OnValues", "Search", "SearchResult", "SearchStatus", "num_cores", "search", "whole_bound"]
