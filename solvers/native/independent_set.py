"""Tabu search for (weighted) independent sets of hundreds to thousands of vertices: good sets in seconds, no bound.

A move puts one vertex in and its chosen neighbours out, so that the set stays independent. Each step looks at all
vertices at once; measured on one core: 25,000 steps a second at 1,000 vertices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...core import SOLVERS, Budget, Float, Problem, Solution, UnsupportedError
from ...core.margins import min_improvement
from ...core.tunable import Range, tunable
from ...problems.mis import Mis
from ..base import Outcome, Report
from .construct.graphs import construct_mis
from .trajectory import Trajectory

#: A step costs one pass over the vertices: beyond this one takes a millisecond.
MAX_VERTICES = 200_000
#: Steps a vertex stays out at least; and steps without a better set after which the search begins elsewhere.
_TENURE, _PATIENCE = 7, 20_000
#: Up to here it begins again from nothing, above from the set it has after some random moves.
_MAX_RESTARTED, _NUM_KICKS = 5_000, 50


@SOLVERS.register("mis-tabu")
@dataclass(frozen=True)
class MisTabu:
    """Multi-neighbourhood tabu search for independent sets, weighted or not, from the greedy set.

    Parameters
    ----------
    num_steps : where no time limit is given; under one it uses the time.

    References
    ----------
    Q. Wu, J.-K. Hao, F. Glover (2012), Multi-neighborhood tabu search for the maximum weight clique problem,
    doi:10.1007/s10479-012-1124-3: adding, exchanging and dropping are one move here, a vertex for its neighbours.

    Examples
    --------
    >>> outcome = MisTabu(num_steps=10).solve(Mis(4, [[0, 1], [0, 2], [0, 3]]), budget=Budget(), seed=0)
    >>> outcome.solution.tolist(), outcome.bound
    ([0, 1, 1, 1], None)
    """

    num_steps: int = tunable(100_000, Range(1000, 1_000_000, "log"))

    def __post_init__(self) -> None:
        if self.num_steps < 1:
            raise ValueError(f"num_steps must be >= 1, got {self.num_steps}")

    def refusal(self, problem: Problem) -> str:
        """Why it is not for this problem, with what is; empty if it is."""
        if not isinstance(problem, Mis):
            return f"mis-tabu must have a mis instance, got {problem.kind}; use sa or cpsat"
        n = problem.num_vertices
        return (
            "" if n <= MAX_VERTICES else f"mis-tabu must have at most {MAX_VERTICES:,} vertices, got {n:,}; use greedy"
        )

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """The best set within the budget.

        Raises
        ------
        UnsupportedError
            See ``refusal``.
        """
        refusal = self.refusal(problem)
        if refusal:
            raise UnsupportedError(refusal)
        assert isinstance(problem, Mis)
        search = Trajectory(partial(search_sets, problem), self.num_steps, "qopt tabu on independent sets")
        return search.run(problem, construct_mis, budget=budget, seed=seed, report=report)


class _Set:
    """An independent set under change: who is in, and the weight of each vertex's neighbours that are."""

    def __init__(self, problem: Mis) -> None:
        self.weights: Float = problem.vertex_weights.astype(np.float64)
        self._neighbours = problem.neighbours
        self.chosen = np.zeros(problem.num_vertices, dtype=bool)
        self.gain = self.weights.copy()  # of putting a vertex in and its neighbours out
        self.value = 0.0

    def insert(self, vertex: int) -> Solution:
        """Put a vertex in; its chosen neighbours, which leave."""
        near = self._neighbours[vertex]
        leaving = near[self.chosen[near]]
        self.value += float(self.gain[vertex])
        for other in leaving.tolist():
            self.chosen[other] = False
            self.gain[self._neighbours[other]] += self.weights[other]
        self.chosen[vertex] = True
        self.gain[near] -= self.weights[vertex]
        return leaving

    def clear(self) -> None:
        self.chosen[:] = False
        self.gain[:] = self.weights
        self.value = 0.0


def search_sets(
    problem: Mis,
    start: Solution,
    rng: np.random.Generator,
    *,
    num_steps: int | None,
    is_over: Callable[[], bool],
    on_better: Callable[[Solution], bool],
) -> bool:
    """Hand ever better independent sets to ``on_better``; whether it said that this is enough.

    Without edges nothing is searched: no vertex excludes another.

    Parameters
    ----------
    start : 0/1, shape (n,), independent.
    num_steps : None for as many as ``is_over`` lets it.
    """
    if not len(problem.edges):
        return False
    state = _Set(problem)
    n = state.chosen.size
    for vertex in np.flatnonzero(start).tolist():
        state.insert(vertex)
    best, step, since = state.value, 0, 0
    least = min_improvement(state.weights)
    until = np.zeros(n, dtype=np.int64)
    while not is_over() and (num_steps is None or step < num_steps):
        step += 1
        since += 1
        if since > _PATIENCE:
            _begin_elsewhere(state, rng)
            until[:] = 0
            since = 0
        is_open = ~state.chosen & ((until < step) | (state.gain > best - state.value + least))
        gain = np.where(is_open, state.gain, -np.inf)
        highest = gain.max()
        if not np.isfinite(highest):
            until[:] = 0
            continue
        equal = np.flatnonzero(gain == highest)
        vertex = int(equal[rng.integers(equal.size)])
        leaving = state.insert(vertex)
        until[leaving] = step + _TENURE + rng.integers(0, max(1, equal.size), size=leaving.size)
        if state.value > best + 0.5 * least:
            best, since = state.value, 0
            if on_better(state.chosen.astype(np.int64)):
                return True
    return False


def _begin_elsewhere(state: _Set, rng: np.random.Generator) -> None:
    """Nothing chosen, and moves will fill it in another order; large sets only get some random vertices."""
    n = state.chosen.size
    if n <= _MAX_RESTARTED:
        state.clear()
        return
    for vertex in rng.integers(0, n, size=_NUM_KICKS).tolist():
        if not state.chosen[vertex]:
            state.insert(vertex)
