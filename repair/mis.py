"""Vertex sets made independent by removing conflicting vertices and extending, and bettered by small exchanges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..algorithms.ties import argmax_random_ties
from ..core import AnyArray, Bits, Clock, Float, RepairFailed
from ..core.margins import min_improvement
from ..problems.mis import Mis, MisEdges
from ..problems.mis_cliques import MisCliques
from .dispatch import improve, over, repair


@repair.register
def repair_mis(
    formulation: MisEdges | MisCliques, x: Bits, rng: np.random.Generator, clock: Clock | None = None
) -> Bits:
    """Remove the vertex with most conflicts until none is left, then extend to a maximal set.

    Ties go to the smaller weight, then to the larger degree. Added is, of the vertices of positive weight without
    chosen neighbours, the one of largest ``weight / (1 + free neighbours)``: the least degree where there are no
    weights.

    x and the answer have shape (n,).

    Raises
    ------
    RepairFailed
        The time was over before all conflicts were removed.

    References
    ----------
    The extension is the greedy rule of S. Sakai, M. Togasaki, K. Yamazaki (2003), A note on greedy algorithms for the
    maximum weighted independent set problem, doi:10.1016/S0166-218X(02)00205-6 (their GWMIN).
    """
    graph = _Graph(formulation.problem)
    x = np.array(x, dtype=np.uint8)
    conflicts = graph.count(x) * x
    if not conflicts.any():
        return x
    is_over = over(clock)
    while conflicts.any():
        if is_over():
            raise RepairFailed("the conflicts were not removed in time")
        worst = np.flatnonzero(conflicts == conflicts.max())
        worst = worst[graph.weights[worst] == graph.weights[worst].min()]
        vertex = int(worst[argmax_random_ties(graph.degrees[worst], rng)])
        x[vertex] = 0
        conflicts[vertex] = 0
        neighbours = graph.neighbours[vertex]
        conflicts[neighbours] -= x[neighbours]
    _extend(graph, x, rng, is_over)
    return x


@improve.register
def improve_mis(
    formulation: MisEdges | MisCliques, x: Bits, rng: np.random.Generator, clock: Clock | None = None
) -> Bits:
    """Exchanges that gain weight until there is none: one vertex for its chosen neighbours, two for one chosen.

    It ends early, with what it has, when the clock is over.

    x and the answer have shape (n,).

    References
    ----------
    D. V. Andrade, M. G. C. Resende, R. F. Werneck (2012), Fast local search for the maximum independent set problem,
    doi:10.1007/s10732-012-9196-4: the (1,2)-swap, here for weights too, without their linear-time bookkeeping.
    """
    graph = _Graph(formulation.problem)
    x = np.array(x, dtype=np.uint8)
    least = min_improvement(graph.weights)
    x[graph.weights < 0] = 0
    is_over = over(clock)
    while True:
        _extend(graph, x, rng, is_over)
        if is_over():
            return x
        gains = np.where(x == 0, graph.weights - graph.weigh(x), -np.inf)
        if x.size and gains.max() >= least:
            vertex = argmax_random_ties(gains, rng)
            x[graph.neighbours[vertex]] = 0
            x[vertex] = 1
        elif not _two_for_one(graph, x, least, is_over):
            return x


class _Graph:
    """Neighbours, degrees and weights of the instance."""

    def __init__(self, problem: Mis) -> None:
        self.neighbours = problem.neighbours
        self.weights: Float = problem.vertex_weights.astype(np.float64)
        self.degrees = np.array([len(row) for row in self.neighbours], dtype=np.int64)
        self._edges = problem.edges

    def count(self, x: AnyArray) -> AnyArray:
        """Number of chosen neighbours of each vertex."""
        u, v = self._edges.T
        n = len(self.degrees)
        return np.asarray(np.bincount(u[x[v] == 1], minlength=n) + np.bincount(v[x[u] == 1], minlength=n))

    def weigh(self, x: AnyArray) -> Float:
        """Weight of the chosen neighbours of each vertex."""
        u, v = self._edges.T
        chosen = self.weights * x
        n = len(self.degrees)
        return np.asarray(np.bincount(u, chosen[v], minlength=n) + np.bincount(v, chosen[u], minlength=n))


def _extend(graph: _Graph, x: Bits, rng: np.random.Generator, is_over: Callable[[], bool]) -> None:
    """Add vertices in place until every vertex of positive weight is chosen or has a chosen neighbour."""
    free = (x == 0) & (graph.count(x) == 0) & (graph.weights > 0)
    if not free.any():
        return
    degrees = graph.count(free)
    while free.any() and not is_over():
        vertex = argmax_random_ties(np.where(free, graph.weights / (1 + degrees), -np.inf), rng)
        x[vertex] = 1
        taken = [vertex, *(v for v in graph.neighbours[vertex].tolist() if free[v])]
        free[taken] = False
        for v in taken:
            degrees[graph.neighbours[v]] -= 1


def _two_for_one(graph: _Graph, x: Bits, least: float, is_over: Callable[[], bool]) -> bool:
    """Make the first exchange of a chosen vertex for two unjoined ones that gains at least ``least``, in place."""
    tight = (x == 0) & (graph.count(x) == 1)
    for vertex in np.flatnonzero(x).tolist():
        if is_over():
            return False
        row = graph.neighbours[vertex]
        candidates = row[tight[row]]
        # the heaviest first: then the first unjoined partner is the best one
        candidates = candidates[np.argsort(-graph.weights[candidates], kind="stable")]
        for i, u in enumerate(candidates.tolist()):
            partners = candidates[i + 1 :]
            partners = partners[~np.isin(partners, graph.neighbours[u])]
            if not partners.size or graph.weights[u] + graph.weights[partners[0]] - graph.weights[vertex] < least:
                continue
            x[vertex], x[u], x[partners[0]] = 0, 1, 1
            return True
    return False
