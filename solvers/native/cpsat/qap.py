"""CP-SAT model of QAP: assignment bits, and for each pair of facilities with flow one integer, the cost they cause.

Proofs end at 8 or 9 facilities (1 s and 12 s on two cores; chr12a, whose flow is a tree, 1 s): gilmore-lawler proves
15. The Gilmore-Lawler bound of the root stands in the model as a row, so that the reported bound is never below it.
"""

from __future__ import annotations

import numpy as np

from ....algorithms.scaling import LARGEST_SUM, Scaled, scale_to_integers
from ....core import Int, Solution
from ....problems.qap import Qap
from ..qap.bound import gilmore_lawler_bound
from .model import KindModel, cpsat_model, cpsat_refusal

#: Conditional rows of the model: 10 s of building.
MAX_ROWS = 2_000_000
_LARGEST_FOR_BOUND = 2**50  # what gilmore_lawler_bound holds exactly


@cpsat_refusal.register
def refusal_qap(problem: Qap) -> str:
    n = problem.num_facilities
    pairs = _pairs(problem)
    rows = len(pairs) * n * (n - 1)
    if rows <= MAX_ROWS:
        return ""
    return (
        f"CP-SAT models of QAP must have at most {MAX_ROWS:,} conditional rows, got {rows:,} ({n} facilities, "
        f"{len(pairs)} pairs with flow); use gilmore-lawler or sa"
    )


@cpsat_model.register
def model_qap(problem: Qap) -> KindModel:
    """Bits x_ik in one-hot rows and columns; ``t_ij >= cost of (i at k, j at l)`` where x_ik and x_jl hold, i < j.

    The sum of all t is minimised, so each t is as small as its one active row lets it be.
    """
    from ortools.sat.python import cp_model

    n = problem.num_facilities
    model = cp_model.CpModel()
    x = [[model.new_bool_var("") for _ in range(n)] for _ in range(n)]
    for i in range(n):
        model.add_exactly_one(x[i])
        model.add_exactly_one(row[i] for row in x)
    flow, distance = _scaled(problem)
    F, D = flow.integers, distance.integers
    own = np.outer(np.diag(F), np.diag(D))
    terms = [x[i][k] for i, k in np.argwhere(own).tolist()]
    weights = own[own != 0].tolist()
    off_diagonal = ~np.eye(n, dtype=bool)
    for i, j in _pairs(problem):
        costs = F[i, j] * D + F[j, i] * D.T
        t = model.new_int_var(int(costs[off_diagonal].min()), int(costs[off_diagonal].max()), "")
        for k, m in np.argwhere(off_diagonal & (costs > costs[off_diagonal].min())).tolist():
            model.add(t >= int(costs[k, m])).only_enforce_if(x[i][k], x[j][m])
        terms.append(t)
        weights.append(1)
    total = cp_model.LinearExpr.weighted_sum(terms, weights)
    is_exact = flow.is_exact and distance.is_exact
    if is_exact and float(np.abs(F).sum()) * float(np.abs(D).max(initial=0)) < _LARGEST_FOR_BOUND:
        model.add(total >= gilmore_lawler_bound(F.astype(np.float64), D.astype(np.float64)))
    model.minimize(total)

    def solution_of(values: Int) -> Solution:
        return np.asarray(values.reshape(n, n).argmax(axis=1) if n else np.zeros(0), dtype=np.int64)

    def values_of(solution: Solution) -> Int:
        return np.asarray(np.arange(n)[None, :] == solution[:, None], dtype=np.int64).ravel()

    return KindModel(
        model=model,
        variables=[bit for row in x for bit in row],
        solution_of=solution_of,
        values_of=values_of,
        factor=flow.factor * distance.factor,
        is_exact=is_exact,
    )


def _scaled(problem: Qap) -> tuple[Scaled, Scaled]:
    """Flow and distance in integers whose products, summed over all pairs, stay below 2**53."""
    flow, distance = scale_to_integers(problem.flow), scale_to_integers(problem.distance)
    if float(np.abs(flow.integers).sum()) * float(np.abs(distance.integers).max(initial=0)) < LARGEST_SUM:
        return flow, distance
    half = 2**26
    return scale_to_integers(problem.flow, largest_sum=half), scale_to_integers(problem.distance, largest_sum=half)


def _pairs(problem: Qap) -> list[tuple[int, int]]:
    """Pairs i < j of facilities with flow between them."""
    between = np.triu((problem.flow != 0) | (problem.flow.T != 0), 1)
    return [(i, j) for i, j in np.argwhere(between).tolist()]
