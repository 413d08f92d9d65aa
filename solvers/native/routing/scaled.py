"""A routing instance in integers for search engines: distances, times, windows, loads; one vehicle for a tour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....algorithms.scaling import scale_to_integers
from ....core import Int, Problem, Solution
from ....problems.tsptw import Tsptw
from ....problems.vehicles import Cvrp, Vrptw, solution_of

#: Larger numbers overflow the engines' own sums.
_LARGEST = 2**40


@dataclass(frozen=True, eq=False)
class ScaledRouting:
    """Integers that stand for an instance; where decimals do not scale they are rounded on the finest grid that fits.

    Parameters
    ----------
    distances : what counts, shape (n + 1, n + 1); zeros where the time of return counts.
    travel, windows : times; windows None where they do not count.
    demands, capacity : loads; None where they do not count.
    vehicles, fixed : most routes, and what each costs beside its distance.
    is_exact : times and loads are the instance's own; else routes that keep them may break the instance.
    """

    distances: Int
    travel: Int
    windows: Int | None
    demands: Int | None
    capacity: int
    vehicles: int
    fixed: int
    is_makespan: bool
    is_exact: bool

    @property
    def num_nodes(self) -> int:
        return len(self.distances)


def scaled_routing(problem: Problem) -> ScaledRouting:
    """The integers of a tsptw, cvrp or vrptw."""
    if isinstance(problem, Tsptw):
        distances = _grid(problem.travel, None)[0]
        travel, windows, is_exact = _times(problem.travel, problem.windows)
        is_makespan = problem.objective_kind == "makespan"
        return ScaledRouting(distances, travel, windows, None, 0, 1, 0, is_makespan, is_exact)
    assert isinstance(problem, Cvrp | Vrptw)
    distances, factor = _grid(problem.distances, problem.route_cost)
    loads = scale_to_integers(np.append(problem.demands, problem.capacity), largest_sum=_LARGEST)
    demands, capacity, is_exact = loads.integers[:-1], int(loads.integers[-1]), loads.is_exact
    travel, spans = distances, None
    if problem.windows is not None:
        travel, spans, is_timed = _times(problem.travel, problem.windows)
        is_exact = is_exact and is_timed
    return ScaledRouting(
        distances,
        travel,
        spans,
        demands,
        capacity,
        max(1, problem.route_limit),
        fixed=round(problem.route_cost * factor),
        is_makespan=False,
        is_exact=is_exact,
    )


def _grid(distances: Int, more: float | None) -> tuple[Int, float]:
    values = np.append(np.ravel(distances), 0.0 if more is None else more)
    scaled = scale_to_integers(values, largest_sum=_LARGEST)
    return scaled.integers[:-1].reshape(distances.shape), scaled.factor


def _times(travel: Int, windows: Int) -> tuple[Int, Int, bool]:
    """Travel and windows on one grid, and whether it is exact; elsewhere to the nearest, so that no window is empty."""
    scaled = scale_to_integers(np.concatenate([np.ravel(travel), np.ravel(windows)]), largest_sum=_LARGEST)
    whole = scaled.integers
    return whole[: travel.size].reshape(travel.shape), whole[travel.size :].reshape(windows.shape), scaled.is_exact


def native_solution(problem: Problem, routes: list[list[int]]) -> Solution:
    """Routes as the solution of the kind."""
    if isinstance(problem, Tsptw):
        return np.array(routes[0] if routes else [], dtype=np.int64)
    return solution_of(routes)


def routing_refusal(problem: Problem, name: str) -> str:
    """Why an engine cannot take a problem; empty if it can."""
    if not isinstance(problem, Tsptw | Cvrp | Vrptw):
        return f"{name} must have a tsptw, cvrp or vrptw instance, got {problem.kind}; use cpsat"
    return ""


def keeps(problem: Problem, scaled: ScaledRouting, solution: Solution) -> bool:
    """Whether a route of an engine is one of the instance: rounded numbers may say so wrongly, its own may not."""
    return scaled.is_exact or not problem.violations(solution)
