"""The start that exact solvers are given: the kind's greedy solution, tours and assignments after a local search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....algorithms.exchanges import exchange_descent
from ....algorithms.iterated_descent import iterated_descent
from ....algorithms.scaling import scale_to_integers
from ....core import Budget, Clock, Problem, Solution, UnsupportedError
from ....problems.qap import Qap
from ....problems.tsp import Tsp
from .default import construct, construct_refusal

#: Beyond this, descent takes longer than what it saves.
_MAX_IMPROVED = 300
#: What the start may take of a time limit.
_SHARE = 0.2
#: Seconds that building a model may take whatever the limit, where there is no other answer.
GRACE_SECONDS = 1.0
#: Kicks a city: enough for the optimum of nearly all instances that an exact search can prove.
_KICKS, _KICKS_ASYMMETRIC = 30, 3


def start_within(problem: Problem, clock: Clock, seconds: float | None) -> Solution | None:
    """``start_solution`` within a share of the run's time limit."""
    return start_solution(problem, lambda: seconds is not None and clock.elapsed > _SHARE * seconds)


def building_late(needed: float, clock: Clock, *, has_start: bool) -> str:
    """Why no model is built any more, in words; empty where it is.

    Parameters
    ----------
    needed : seconds that building takes.
    has_start : a start is at hand, which is then the answer; without one up to a second more is taken.

    Raises
    ------
    UnsupportedError
        There is neither time nor a start.
    """
    left = clock.remaining
    if left is None or needed <= (left if has_start else max(left, GRACE_SECONDS)):
        return ""
    late = f"building the model takes about {needed:.1f} s"
    if has_start:
        return late
    raise UnsupportedError(f"{late}, and must end within the {left:.2g} s left; raise --time-limit, or use --solver sa")


def unstarted(budget: Budget, reason: str = "") -> dict[str, Any]:
    """What a solver says about itself that handed back its start and made no search."""
    status = f"not started: {reason}" if reason else "not started"
    return {"engine": "greedy", "status": status, "is_replayable": budget.seconds is None}


def start_solution(problem: Problem, is_over: Callable[[], bool] = lambda: False) -> Solution | None:
    """A solution without violations, quickly for what exact solvers take; None where there is no rule.

    Parameters
    ----------
    is_over : ends the improvement early; the greedy solution itself is always made.
    """
    if construct_refusal(problem):
        return None
    solution = construct(problem)
    if solution is None or is_over():
        return solution
    if isinstance(problem, Tsp) and 3 <= problem.num_cities <= _MAX_IMPROVED:
        return _improved_tour(problem, solution, is_over)
    if isinstance(problem, Qap) and problem.num_facilities <= _MAX_IMPROVED:
        return exchange_descent(problem.flow, problem.distance, solution, is_over)
    return solution


def _improved_tour(problem: Tsp, tour: Solution, is_over: Callable[[], bool]) -> Solution:
    """The best tour of an iterated local search with one fixed seed."""
    best = [tour]

    def on_better(better: Solution) -> bool:
        best[0] = better
        return False

    iterated_descent(
        scale_to_integers(problem.distances).integers,
        tour,
        np.random.default_rng(0),
        num_kicks=(_KICKS if problem.is_symmetric else _KICKS_ASYMMETRIC) * problem.num_cities,
        is_over=is_over,
        on_better=on_better,
    )
    return min(tour, best[0], key=problem.objective)
