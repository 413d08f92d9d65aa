"""A feasible point of a program, cheaply and always the same one: greedy where removing variables is safe, else CP-SAT.

Its cost is the upper bound of valid penalties and the incumbent of reduced-cost fixing; neither needs a good point,
both profit from one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core import BinaryProgram, Bits
from ..core.arrays import Float, Int

#: Limits of CP-SAT in its deterministic time, about seconds of one core, so that the same program gives the same point.
_FIRST_EFFORT = 5.0
_GOOD_EFFORT = 1.0


@dataclass(frozen=True, eq=False)
class FeasiblePoint:
    """A point and its cost, or none: then ``is_infeasible`` says whether that was proven."""

    x: Bits | None
    cost: float | None
    is_infeasible: bool = False


def feasible_point(program: BinaryProgram, *, guide: Float | None = None) -> FeasiblePoint:
    """A feasible point of the rows, chosen for a low cost.

    Where all rows are ``a x <= b`` with a >= 0: from x = 0, variables are set in order of cost per share of the rows
    as long as the rows hold. Elsewhere: all zeros or every second variable, completed by slack-like variables; else the
    first point of CP-SAT (one worker, seed 0) for the linear part of the cost.

    Parameters
    ----------
    guide : fractional point, shape (n,), such as an LP solution: variables with a large value come first.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> point = feasible_point(BinaryProgram(c=[-3, -2, -2], rows=make_rows([[3, 1, 1]], upper=[3])))
    >>> point.x.tolist(), point.cost
    ([0, 1, 1], -4.0)
    """
    rows = program.constraints
    is_downward = bool((rows.A.data >= 0).all()) and bool((rows.lower <= 0).all()) and bool((rows.upper >= 0).all())
    if is_downward:
        x = _greedy(program, guide)
        return FeasiblePoint(x, float(program.costs(x)[0]))
    return _first(program, guide)


def _greedy(program: BinaryProgram, guide: Float | None) -> Bits:
    rows, products = program.constraints, program.products
    neighbours = (products + products.T).tocsr()
    columns = rows.A.tocsc()
    room = np.array(rows.upper, dtype=np.float64)
    tolerance = np.where(np.isfinite(room), 1e-12 * np.maximum(1.0, np.abs(room)), 0.0)
    share = np.asarray(rows.A.T @ (1.0 / np.maximum(np.where(np.isfinite(room), room, np.inf), 1e-12))).ravel()
    value = program.c / np.maximum(share, 1e-12)
    order = np.argsort(value, kind="stable") if guide is None else np.lexsort((value, -np.round(guide, 9)))
    marginal = np.array(program.c)
    x = np.zeros(program.num_variables, dtype=np.uint8)
    for j in order.tolist():
        part = slice(int(columns.indptr[j]), int(columns.indptr[j + 1]))
        where, amount = columns.indices[part], columns.data[part]
        if marginal[j] >= 0 or (amount > room[where] + tolerance[where]).any():
            continue
        x[j] = 1
        room[where] -= amount
        near = slice(int(neighbours.indptr[j]), int(neighbours.indptr[j + 1]))
        marginal[neighbours.indices[near]] += neighbours.data[near]
    if not program.feasible(x)[0]:  # rounding of decimal rows: the empty point holds in any case
        x[:] = 0
    return x


def _completed(program: BinaryProgram, base: Bits) -> FeasiblePoint:
    """The base point with each row's private variables (in no other row) set so that it holds, greedily, cheap ones
    first; or none.

    Deviations and slacks are such variables, and their bounded bits, largest first, reach every value of their range.
    """
    rows = program.constraints
    columns = rows.A.tocsc()
    is_private = np.diff(columns.indptr) == 1
    if not is_private.any():
        return FeasiblePoint(None, None)
    x = np.where(is_private, 0, base).astype(np.uint8)
    activity = rows.A @ x.astype(np.float64)
    for i in range(len(rows)):
        part = slice(int(rows.A.indptr[i]), int(rows.A.indptr[i + 1]))
        own = is_private[rows.A.indices[part]]
        where, amount = rows.A.indices[part][own], rows.A.data[part][own]
        # a shortfall is filled by positive coefficients, an excess taken by negative ones
        lack, most = rows.lower[i] - activity[i], rows.upper[i] - activity[i]
        need, limit, amount = (lack, most, amount) if lack > 0 else (-most, -lack, -amount)
        for j in np.lexsort((program.c[where], -amount)).tolist():
            if need > 0 and 0 < amount[j] <= limit:
                x[where[j]] = 1
                need, limit = need - amount[j], limit - amount[j]
    return FeasiblePoint(x, float(program.costs(x)[0])) if program.feasible(x)[0] else FeasiblePoint(None, None)


def good_point(program: BinaryProgram, *, guide: Float) -> FeasiblePoint:
    """A better point, by a search of about a second: for incumbents. With products, ``feasible_point``'s.

    The guide has shape (n,).
    """
    if program.couplings.num_products:
        return feasible_point(program, guide=guide)
    return _searched(program, program, _GOOD_EFFORT, guide, is_first_enough=False)


def _first(program: BinaryProgram, guide: Float | None) -> FeasiblePoint:
    n = program.num_variables
    bases = [np.zeros(n), np.arange(n) % 2, *([] if guide is None else [np.asarray(guide) > 0.5])]
    points = [_completed(program, np.asarray(base, dtype=np.uint8)) for base in bases]
    found = [point for point in points if point.cost is not None]
    if found:
        return min(found, key=lambda point: point.cost or 0.0)
    # Products would cost CP-SAT a variable each; their mean effect at density 1/2 keeps the search in cheap regions.
    linear = BinaryProgram(program.c + program.couplings.totals() / 2, rows=program.constraints, names=program.names)
    return _searched(program, linear, _FIRST_EFFORT, guide, is_first_enough=True)


def _searched(
    program: BinaryProgram, linear: BinaryProgram, effort: float, guide: Float | None, *, is_first_enough: bool
) -> FeasiblePoint:
    """CP-SAT's best point for the linear costs, with the cost that it has in the program."""
    from ..algorithms.cpsat_model import build_model
    from ..algorithms.cpsat_search import Search, SearchStatus, search

    built = build_model(linear)
    if guide is not None:
        for variable, value in zip(built.variables, (np.asarray(guide) > 0.5).tolist()):
            built.model.add_hint(variable, int(value))
    best: list[tuple[float, Bits]] = []

    def on_values(values: Int) -> bool:
        x = values.astype(np.uint8)
        cost = float(program.costs(x)[0])
        if program.feasible(x)[0] and (not best or cost < best[0][0]):
            best[:] = [(cost, x)]
        return is_first_enough and bool(best)

    answer = search(built.model, built.variables, Search(workers=1, effort=effort), on_values)
    if not best:
        return FeasiblePoint(None, None, built.has_exact_rows and answer.status is SearchStatus.INFEASIBLE)
    return FeasiblePoint(best[0][1], best[0][0])
