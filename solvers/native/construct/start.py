"""The start that exact solvers are given: the kind's greedy solution, tours improved by 2-opt and Or-opt."""

from __future__ import annotations

from ....algorithms.tours import improve_tour
from ....core import Problem, Solution
from ....problems.tsp import Tsp
from .default import construct, construct_refusal

#: Beyond this, steepest descent takes longer than what it saves.
_MAX_IMPROVED = 300


def start_solution(problem: Problem) -> Solution | None:
    """A solution without violations, quickly for what exact solvers take; None where there is no rule."""
    if construct_refusal(problem):
        return None
    solution = construct(problem)
    if isinstance(problem, Tsp) and solution is not None and problem.num_cities <= _MAX_IMPROVED:
        return improve_tour(problem.distances, solution)
    return solution
