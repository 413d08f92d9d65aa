"""Greedy rules of the kinds whose solution is a permutation: TSP and QAP."""

from __future__ import annotations

import numpy as np

from ....algorithms.tour_construction import cheapest_insertion
from ....core import Solution
from ....problems.qap import Qap
from ....problems.tsp import Tsp
from .default import construct


@construct.register
def construct_tsp(problem: Tsp) -> Solution:
    """Tour by cheapest insertion.

    Examples
    --------
    >>> construct(Tsp([[0, 1, 4, 2], [1, 0, 2, 4], [4, 2, 0, 1], [2, 4, 1, 0]])).tolist()
    [0, 3, 2, 1]
    """
    return cheapest_insertion(problem.distances)


@construct.register
def construct_qap(problem: Qap) -> Solution:
    """Facilities by flow to those already placed, each at the free location that adds least cost.

    The first is the facility of largest total flow, at the location of least total distance.

    Examples
    --------
    >>> construct(Qap([[0, 5, 2], [5, 0, 3], [2, 3, 0]], [[0, 1, 4], [1, 0, 2], [4, 2, 0]])).tolist()
    [0, 1, 2]
    """
    F = np.asarray(problem.flow, dtype=np.float64)
    D = np.asarray(problem.distance, dtype=np.float64)
    n = len(F)
    flow, distance = np.abs(F) + np.abs(F.T), D + D.T
    place = np.zeros(n, dtype=np.int64)
    is_placed, is_free = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    for step in range(n):
        pull = flow[:, is_placed].sum(axis=1) if step else flow.sum(axis=1)
        i = int(np.where(is_placed, -np.inf, pull).argmax())
        others, taken = np.flatnonzero(is_placed), place[is_placed]
        added = F[i, i] * np.diag(D) + D[:, taken] @ F[i, others] + F[others, i] @ D[taken]
        k = int(np.where(is_free, added if step else distance.sum(axis=1), np.inf).argmin())
        place[i], is_placed[i], is_free[k] = k, True, False
    return place
