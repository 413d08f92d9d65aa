"""CP-SAT models of QAP: assignment bits, and for each pair of facilities with flow the cost that their places cause.

Small costs: one integer a pair, bounded below by conditional rows. CP-SAT is wrong about these where costs are large
(see ``cpsat_limits``), so that above its limit each pair of places has a bit of its own. Constants are taken out of
every pair and diagonals are linear terms, which keeps the numbers small.

Proofs end at 8 or 9 facilities (1 s and 12 s on two cores; chr12a, whose flow is a tree, 1 s): gilmore-lawler proves
15. The Gilmore-Lawler bound of the root stands in the model as a row, so that the reported bound is never below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ....algorithms.cpsat_limits import MAX_CONDITIONAL_SUM, MAX_COST_SUM
from ....algorithms.scaling import Scaled, scale_to_integers
from ....core import Int, Solution, UnsupportedError
from ....problems.qap import Qap
from ..qap.bound import gilmore_lawler_bound
from .model import KindModel, cpsat_model, cpsat_refusal

#: Conditional rows, or bits of pairs, of the model: 1 s of building, and far beyond what is proven.
MAX_ROWS = 300_000


class _PairCosts(NamedTuple):
    """Facilities i < j and the cost of their places, shape (n, n), less the least one."""

    i: int
    j: int
    costs: Int


@cpsat_refusal.register
def refusal_qap(problem: Qap) -> str:
    """Why the model of so many conditional rows is not built; empty if it is."""
    n = problem.num_facilities
    pairs = _pairs(problem)
    rows = len(pairs) * n * (n - 1)
    if rows <= MAX_ROWS:
        return ""
    return (
        f"CP-SAT models of QAP must have at most {MAX_ROWS:,} conditional rows, got {rows:,} ({n} facilities, "
        f"{len(pairs)} pairs with flow); use robust-tabu or sa"
    )


@cpsat_model.register
def model_qap(problem: Qap) -> KindModel:
    """Bits x_ik in one-hot rows and columns, own costs as linear terms, and the costs of pairs.

    Raises
    ------
    UnsupportedError
        The matrices cannot be held by integers of the model, even rounded.
    """
    from ....core.light_ortools import cp_model

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
    pairs, constant = [], 0
    for i, j in _pairs(problem):
        costs = F[i, j] * D + F[j, i] * D.T
        least = int(costs[off_diagonal].min())
        constant += least
        pairs.append(_PairCosts(i, j, np.where(off_diagonal, costs - least, 0)))
    span = sum(int(pair.costs.max()) for pair in pairs) + int(np.abs(own).sum())
    add = _add_conditional if span < MAX_CONDITIONAL_SUM else _add_products
    for term, weight in add(model, x, pairs):
        terms.append(term)
        weights.append(weight)
    total = cp_model.LinearExpr.weighted_sum(terms, weights)
    is_exact = flow.is_exact and distance.is_exact
    if is_exact and sum(abs(weight) for weight in weights) < MAX_COST_SUM:
        model.add(total >= gilmore_lawler_bound(F.astype(np.float64), D.astype(np.float64)) - constant)
    else:
        is_exact = False
    model.minimize(total)

    def solution_of(values: Int) -> Solution:
        return np.asarray(values.reshape(n, n).argmax(axis=1) if n else np.zeros(0), dtype=np.int64)

    def values_of(solution: Solution) -> Int:
        return np.asarray(np.arange(n)[None, :] == solution[:, None], dtype=np.int64).ravel()

    factor = flow.factor * distance.factor
    return KindModel(
        model=model,
        variables=[bit for row in x for bit in row],
        solution_of=solution_of,
        values_of=values_of,
        factor=factor,
        offset=constant / factor,
        is_exact=is_exact,
    )


def _add_conditional(model: Any, x: list[list[Any]], pairs: list[_PairCosts]) -> Iterator[tuple[Any, int]]:
    """``t_ij >= cost of (i at k, j at l)`` where x_ik and x_jl hold; minimising makes t the cost."""
    for i, j, costs in pairs:
        t = model.new_int_var(0, int(costs.max(initial=0)), "")
        for k, m in np.argwhere(costs > 0).tolist():
            model.add(t >= int(costs[k, m])).only_enforce_if(x[i][k], x[j][m])
        yield t, 1


def _add_products(model: Any, x: list[list[Any]], pairs: list[_PairCosts]) -> Iterator[tuple[Any, int]]:
    """A bit ``y >= x_ik + x_jl - 1`` for each pair of places that costs something."""
    for i, j, costs in pairs:
        for k, m in np.argwhere(costs > 0).tolist():
            y = model.new_bool_var("")
            model.add_bool_or([x[i][k].negated(), x[j][m].negated(), y])
            yield y, int(costs[k, m])


def _scaled(problem: Qap) -> tuple[Scaled, Scaled]:
    """Flow and distance in integers whose products, summed over all pairs, stay inside CP-SAT's reach.

    Where exact integers do not, both are rounded to grids that do.

    Raises
    ------
    UnsupportedError
        There is no such grid.
    """
    flow, distance = scale_to_integers(problem.flow), scale_to_integers(problem.distance)
    if not _is_small(flow, distance):
        half = int(MAX_COST_SUM**0.5)
        flow = scale_to_integers(problem.flow, largest_sum=half)
        distance = scale_to_integers(problem.distance, largest_sum=half)
    if not _is_small(flow, distance):
        raise UnsupportedError("CP-SAT must have QAP costs that sum below 2**40; use gilmore-lawler or robust-tabu")
    return flow, distance


def _is_small(flow: Scaled, distance: Scaled) -> bool:
    total = 2.0 * float(np.abs(flow.integers).sum()) * float(np.abs(distance.integers).max(initial=0))
    return total < MAX_COST_SUM


def _pairs(problem: Qap) -> list[tuple[int, int]]:
    """Pairs i < j of facilities with flow between them."""
    between = np.triu((problem.flow != 0) | (problem.flow.T != 0), 1)
    return [(i, j) for i, j in np.argwhere(between).tolist()]
