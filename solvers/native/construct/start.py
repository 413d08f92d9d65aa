"""The start that exact solvers are given: the kind's greedy solution, tours and assignments improved by exchanges."""

from __future__ import annotations

from collections.abc import Callable

from ....algorithms.exchanges import exchange_descent
from ....algorithms.tours import improve_tour
from ....core import Problem, Solution
from ....problems.qap import Qap
from ....problems.tsp import Tsp
from .default import construct, construct_refusal

#: Beyond this, descent takes longer than what it saves.
_MAX_IMPROVED = 300


def start_solution(problem: Problem, is_over: Callable[[], bool] = lambda: False) -> Solution | None:
    """A solution without violations, quickly for what exact solvers take; None where there is no rule.

    Parameters
    ----------
    is_over : ends the improvement early; the greedy solution itself is always made.
    """
    if construct_refusal(problem):
        return None
    solution = construct(problem)
    if solution is None:
        return None
    if isinstance(problem, Tsp) and problem.num_cities <= _MAX_IMPROVED:
        return improve_tour(problem.distances, solution, is_over)
    if isinstance(problem, Qap) and problem.num_facilities <= _MAX_IMPROVED:
        return exchange_descent(problem.flow, problem.distance, solution, is_over)
    return solution
