"""Greedy rules of the kinds on graphs: independent set and Max-Cut."""

from __future__ import annotations

import heapq

import numpy as np

from ....core import Solution
from ....problems.max_cut import MaxCut
from ....problems.mis import Mis
from .default import construct


@construct.register
def construct_mis(problem: Mis) -> Solution:
    """Vertices by falling ``weight / (degree + 1)`` in what is left of the graph; without weights: least degree first.

    References
    ----------
    S. Sakai, M. Togasaki, K. Yamazaki (2003), A note on greedy algorithms for the maximum weighted independent set
    problem, doi:10.1016/S0166-218X(02)00205-6, rule GWMIN: at least ``sum_v w_v / (degree_v + 1)``.

    Examples
    --------
    >>> construct(Mis(4, [[0, 1], [0, 2], [0, 3]])).tolist()
    [0, 1, 1, 1]
    """
    weights = np.asarray(problem.vertex_weights, dtype=np.float64)
    neighbours = problem.neighbours
    degree = np.array([near.size for near in neighbours], dtype=np.int64)
    is_free = weights > 0
    for worthless in np.flatnonzero(~is_free).tolist():
        degree[neighbours[worthless]] -= 1
    chosen = np.zeros(problem.num_vertices, dtype=np.int64)
    queue = [(-float(weights[v]) / (1 + int(degree[v])), v) for v in np.flatnonzero(is_free).tolist()]
    heapq.heapify(queue)
    while queue:  # degrees only fall, so that an entry whose rate has changed stands behind a newer one
        rate, v = heapq.heappop(queue)
        if not is_free[v] or rate != -float(weights[v]) / (1 + int(degree[v])):
            continue
        chosen[v] = 1
        gone = np.concatenate([[v], neighbours[v][is_free[neighbours[v]]]])
        is_free[gone] = False
        near, times = np.unique(np.concatenate([neighbours[u] for u in gone.tolist()]), return_counts=True)
        degree[near] -= times
        near = near[is_free[near]]
        for entry in zip((-weights[near] / (1 + degree[near])).tolist(), near.tolist()):
            heapq.heappush(queue, entry)
    return chosen


@construct.register
def construct_max_cut(problem: MaxCut) -> Solution:
    """Vertices by falling weighted degree, each put on the side that cuts more, vertex of largest degree on side 0.

    References
    ----------
    S. Sahni, T. Gonzalez (1976), P-complete approximation problems, doi:10.1145/321958.321975: half of the weight for
    nonnegative weights; the order is ours.

    Examples
    --------
    >>> construct(MaxCut(3, [[0, 1], [1, 2], [0, 2]], [1, 2, 3])).tolist()
    [1, 1, 0]
    """
    n = problem.num_vertices
    u, v = problem.edges.T
    weights = np.asarray(problem.weights, dtype=np.float64)
    size = np.bincount(u, np.abs(weights), minlength=n) + np.bincount(v, np.abs(weights), minlength=n)
    ends, others = np.concatenate([u, v]), np.concatenate([v, u])
    order = np.argsort(ends, kind="stable")
    others, both = others[order], np.concatenate([weights, weights])[order]
    starts = np.searchsorted(ends[order], np.arange(n + 1))
    spin = np.zeros(n)  # +1: side 0, -1: side 1, 0: not yet placed
    for i in np.argsort(-size, kind="stable").tolist():
        part = slice(int(starts[i]), int(starts[i + 1]))
        spin[i] = 1.0 if both[part] @ spin[others[part]] <= 0 else -1.0
    return (spin < 0).astype(np.int64)
