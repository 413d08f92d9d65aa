"""CP-SAT model of any binary program: exact minimisation with a proven bound, and the nearest feasible point.

Costs and rows become integers. Where that is exact and their sums stay inside what CP-SAT is known to get right
(``cpsat_limits``) bound and proof are claimed; elsewhere points are still found and checked, and nothing is claimed.
Products are linearised one-sidedly, so a dense program of many products gets a weak bound: the per-kind models of the
solvers' room know better ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import BinaryProgram, Bits, RowFacts, RowKind, UnsupportedError, row_facts
from ..core.arrays import AnyArray, Int
from ..core.margins import scaled_margin
from .cpsat_limits import MAX_COST_SUM, MAX_EQUALITY_SUM, MAX_INEQUALITY_SUM
from .cpsat_search import Search, SearchResult, SearchStatus, search
from .scaling import divided_row, scale_to_integers

#: A model takes about 1 kB a product; above this many, building it alone takes longer than a search is worth.
MAX_PRODUCTS = 1_000_000

#: Seconds a product, an entry and a row of a model take to be built and handed over; measured on one core.
PER_PRODUCT, PER_ENTRY, PER_ROW = 1.7e-5, 2.5e-6, 3e-6

#: Called with (point, cost) at every better checked point; True stops the search.
OnSolution = Callable[[Bits, float], bool]


@dataclass(frozen=True, eq=False)
class ProgramModel:
    """CP-SAT model of a program: ``cost = integer objective / factor + offset``; claims hold only where exact.

    ``has_exact_costs``, ``has_exact_rows``: the integers stand for the data, and are small enough for CP-SAT's word.
    """

    model: Any
    variables: list[Any]
    products: list[tuple[int, int, Any]]
    factor: float
    has_exact_costs: bool
    has_exact_rows: bool


@dataclass(frozen=True, eq=False)
class ProgramAnswer:
    """Best checked point and what was proven, in units of the program's cost; ``search`` holds the counts."""

    x: Bits | None
    cost: float | None
    bound: float | None
    is_optimal: bool
    is_infeasible: bool
    search: SearchResult


def build_seconds(program: BinaryProgram) -> float:
    """About how long ``build_model`` takes, and CP-SAT to read what it built, so that a time limit can be kept."""
    rows = program.constraints
    return float(PER_PRODUCT * program.couplings.num_products + PER_ENTRY * rows.A.nnz + PER_ROW * len(rows))


def build_model(program: BinaryProgram) -> ProgramModel:
    """The program as a CP-SAT model.

    A product with q > 0 gets ``y >= x_i + x_j - 1``, one with q < 0 gets ``y <= x_i, y <= x_j``: minimising makes y the
    product. One-hot, packing and covering rows become clauses of their own kind.

    Raises
    ------
    UnsupportedError
        Too many products, or a row of integers whose sum reaches 2**53.
    """
    from ..core.light_ortools import cp_model

    products = program.products.tocoo()
    if products.nnz > MAX_PRODUCTS:
        raise UnsupportedError(
            f"CP-SAT model must have at most {MAX_PRODUCTS:,} products, got {products.nnz:,}; use a sampler (sa, tabu)"
        )
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(program.num_variables)]
    scaled = scale_to_integers(np.concatenate([program.c, products.data]), largest_sum=MAX_COST_SUM)
    weights = scaled.integers.tolist()
    auxiliaries = []
    for i, j, weight in zip(products.row.tolist(), products.col.tolist(), weights[len(x) :]):
        y = model.new_bool_var("")
        if weight > 0:
            model.add_bool_or([x[i].negated(), x[j].negated(), y])
        else:
            model.add_implication(y, x[i])
            model.add_implication(y, x[j])
        auxiliaries.append((i, j, y))
    model.minimize(cp_model.LinearExpr.weighted_sum(x + [y for _, _, y in auxiliaries], weights))
    exact_rows = [_add_row(model, x, facts) for facts in row_facts(program)]
    return ProgramModel(model, x, auxiliaries, scaled.factor, scaled.is_exact, all(exact_rows))


def _add_row(model: Any, x: list[Any], facts: RowFacts) -> bool:
    """Add one row; whether its integers are exact."""
    literals = [x[i] for i in facts.columns.tolist()]
    match facts.kind:
        case RowKind.FREE:
            return True
        case RowKind.ONE_HOT:
            model.add_exactly_one(literals)
            return True
        case RowKind.PACKING:
            model.add_at_most_one(literals)
            return True
        case RowKind.COVERING:
            model.add_bool_or(literals)
            return True
    lower, upper, coefficients, is_exact = _integer_row(facts)
    _add_linear(model, literals, coefficients, lower, upper)
    return is_exact


def _integer_row(facts: RowFacts) -> tuple[int | None, int | None, Int, bool]:
    """``(lower, upper, coefficients, is_exact)`` in integers; ``is_exact``: CP-SAT's word on the row may be taken.

    An inexact row is widened by half of the tolerance to which programs hold decimal rows, so that rounding cuts off
    no feasible point and admits none that the program refuses.
    """
    bounds = np.array([facts.lower, facts.upper])
    finite = np.isfinite(bounds)
    coefficients, lower, upper = facts.coefficients, facts.lower, facts.upper
    if facts.is_integer:
        coefficients, lower, upper = divided_row(coefficients, lower, upper)
        bounds = np.array([lower, upper])
    limit = MAX_EQUALITY_SUM if lower == upper else MAX_INEQUALITY_SUM
    numbers = np.concatenate([coefficients, bounds[finite]])
    scaled = scale_to_integers(numbers, largest_sum=limit)
    is_claimed = scaled.is_exact
    if not is_claimed:
        scaled = scale_to_integers(numbers)
    if not scaled.is_exact and facts.is_integer:
        raise UnsupportedError(f"row {facts.name} must have integers whose sum stays below 2**53; divide the row")
    whole = scaled.integers[: coefficients.size]
    if scaled.is_exact:
        sides = iter(scaled.integers[coefficients.size :].tolist())
        low, high = (next(sides) if is_finite else None for is_finite in finite)
        return low, high, whole, is_claimed
    slack = 0.5 * facts.tolerance
    low = int(np.floor((lower - slack) * scaled.factor)) if finite[0] else None
    high = int(np.ceil((upper + slack) * scaled.factor)) if finite[1] else None
    return low, high, whole, False


def _add_linear(model: Any, literals: list[Any], coefficients: Int, lower: int | None, upper: int | None) -> None:
    from ..core.light_ortools import cp_model

    if not literals:
        if (lower is not None and lower > 0) or (upper is not None and upper < 0):
            model.add_bool_or([])  # the empty clause: nothing satisfies it
        return
    expression = cp_model.LinearExpr.weighted_sum(literals, coefficients.tolist())
    if lower is not None and upper is not None:
        model.add_linear_constraint(expression, lower, upper)
    elif upper is not None:
        model.add(expression <= upper)
    elif lower is not None:
        model.add(expression >= lower)


def minimise(
    program: BinaryProgram,
    *,
    seconds: float | None = None,
    seed: int = 0,
    workers: int = 0,
    hint: AnyArray | None = None,
    on_solution: OnSolution | None = None,
) -> ProgramAnswer:
    """Least cost of the program over its feasible points, every point checked against the program itself.

    Parameters
    ----------
    seconds, seed, workers : see ``Search``.
    hint : point, shape (n,), that the search tries first; it need not be feasible.
    on_solution : called with (x, cost) at every better point; True stops the search.

    Raises
    ------
    UnsupportedError
        The program does not fit into a model of integers; see ``build_model``.
    ArithmeticError
        CP-SAT gave a point that breaks a row, or a cost other than the point's own.

    Examples
    --------
    >>> from qopt.core import BinaryProgram, make_rows
    >>> answer = minimise(BinaryProgram(c=[-3, -2], rows=make_rows([[2, 1]], upper=[2])))
    >>> answer.x.tolist(), answer.cost, answer.bound, answer.is_optimal
    ([1, 0], -3.0, -3.0, True)
    """
    built = build_model(program)
    if hint is not None:
        _add_hint(built, hint)
    best: list[tuple[Bits, float]] = []

    def on_values(values: Int) -> bool:
        x = values.astype(np.uint8)
        if not program.feasible(x)[0]:
            if not built.has_exact_rows:
                return False  # rounded rows, or sums beyond CP-SAT's reach: the point is none
            raise ArithmeticError("CP-SAT's point must keep the program's rows, but it breaks one; report this bug")
        cost = float(program.costs(x)[0])
        if best and cost >= best[-1][1]:
            return False
        best[:] = [(x, cost)]
        return on_solution is not None and bool(on_solution(x, cost))

    result = search(built.model, built.variables, Search(seconds, seed, workers), on_values)
    x, cost = best[-1] if best else (None, None)
    is_claimed = built.has_exact_costs and built.has_exact_rows
    bound = result.bound / built.factor + program.offset if is_claimed and result.bound is not None else None
    is_optimal = is_claimed and result.status is SearchStatus.OPTIMAL
    if is_optimal and (cost is None or bound is None or abs(cost - bound) > scaled_margin(cost)):
        raise ArithmeticError(f"CP-SAT's optimum must equal the point's cost, got {bound} and {cost}; report this bug")
    is_infeasible = built.has_exact_rows and result.status is SearchStatus.INFEASIBLE
    if is_infeasible and hint is not None and program.feasible(np.asarray(hint))[0]:
        raise ArithmeticError("CP-SAT calls the program infeasible, but the hint keeps its rows; report this bug")
    return ProgramAnswer(x, cost, cost if is_optimal else bound, is_optimal, is_infeasible, result)


def nearest_point(
    program: BinaryProgram, x: AnyArray, *, counted: AnyArray | None = None, seconds: float | None = None
) -> Bits | None:
    """Feasible point of least Hamming distance from x; None where the program has no feasible point.

    Parameters
    ----------
    x : point, shape (n,).
    counted : bool, shape (n,): bits whose change counts (the others are auxiliary); all when None.
    seconds : limit; None for none.

    Raises
    ------
    TimeoutError
        The nearest point was not proven within ``seconds``.

    Examples
    --------
    >>> from qopt.core import BinaryProgram, make_rows
    >>> program = BinaryProgram(c=[0, 0, 0], rows=make_rows([[1, 1, 1]], lower=[1], upper=[1]))
    >>> int(nearest_point(program, np.array([0, 1, 1])).sum())
    1
    """
    point = np.asarray(x, dtype=np.int64)
    distance = np.where(point == 1, -1, 1)
    if counted is not None:
        distance = np.where(counted, distance, 0)
    metric = BinaryProgram(distance, rows=program.constraints, names=program.names)
    answer = minimise(metric, seconds=seconds, workers=1, hint=point)
    if answer.is_infeasible:
        return None
    if answer.search.status is not SearchStatus.OPTIMAL:
        limit = "by CP-SAT" if seconds is None else f"within {seconds:.3g} s"
        raise TimeoutError(f"nearest feasible point must be found {limit}; allow more seconds, or scale the rows")
    return answer.x


def _add_hint(built: ProgramModel, hint: AnyArray) -> None:
    values = np.asarray(hint, dtype=np.int64)
    for variable, value in zip(built.variables, values.tolist()):
        built.model.add_hint(variable, value)
    for i, j, y in built.products:
        built.model.add_hint(y, int(values[i] * values[j]))


__all__ = ["MAX_PRODUCTS", "OnSolution", "ProgramAnswer", "ProgramModel", "build_model", "minimise", "nearest_point"]
