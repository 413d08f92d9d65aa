"""What becomes of each row of a program: nothing, a square, pair products, or a square with a slack variable.

Rows are first brought to integers, in which a broken row is broken by at least 1. A row of decimals is scaled by a
power of ten; where none fits (irrational data) it is rounded inwards, so that the QUBO may lose feasible points but
never admits infeasible ones, and the plan says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from ..algorithms.scaling import scale_to_integers
from ..core import BinaryProgram, InfeasibleError, RowFacts, RowKind, UnsupportedError, row_facts
from ..core.arrays import Float, Int
from ..core.bits import bounded_coefficients, num_bits
from ..core.row_kinds import facts_of_rows
from .tighten import IntegerRow, tightened

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Steps that the activity range of an inexact row is cut into: 20 slack bits at most.
_ROUNDED_STEPS = 2**20


class RowEncoding(Enum):
    """How a row enters the QUBO."""

    SKIP = "skip"  # no point breaks it
    SQUARE = "square"  # P (a x - target)^2
    PRODUCTS = "products"  # P times the products of pairs of literals: at most one is 1
    SLACK = "slack"  # P (a x + s - target)^2, s in 0..span


@dataclass(frozen=True, eq=False)
class RowPlan:
    """One row, oriented: ``coefficients x + s == target`` with ``s`` in ``0..span``.

    Parameters
    ----------
    coefficients : integers (floats where nothing is exact: an irrational equality); negated for a lower bound.
    scale : the row's own activity times this is ``coefficients x``, up to the sign.
    is_lossless : the plan holds at exactly the points at which the row holds.
    is_monotone : a row of nonnegative coefficients with an upper bound only: removing variables never breaks it.
    is_two_sided : the span is that of the row's two bounds, not of its activities.
    """

    name: str
    treatment: RowEncoding
    columns: Int
    coefficients: Float
    target: float
    span: int = 0
    scale: float = 1.0
    is_lossless: bool = True
    is_monotone: bool = False
    is_two_sided: bool = False


def plan_rows(program: BinaryProgram, *, tighten: bool = False, keep_free: bool = True) -> list[RowPlan]:
    """The plan of every row, in order.

    Without ``tighten`` the span of a knapsack row ``a x <= b`` is all of ``0..b``, as in Qiskit's
    QuadraticProgramToQubo and in the published qubit counts; with ``keep_free`` also where no point reaches ``b``.
    Other rows that no point breaks are always skipped.

    Raises
    ------
    UnsupportedError
        A row holds at no point of {0,1}^n.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[1, 1], rows=make_rows([[1, 1], [2, 3], [1, 1]], lower=[-np.inf, -np.inf, 1],
    ...                                                  upper=[1, 4, 1]))
    >>> [(plan.treatment.value, plan.span) for plan in plan_rows(program)]
    [('products', 0), ('slack', 4), ('square', 0)]
    """
    return [_plan(facts, tighten, keep_free and not tighten) for facts in row_facts(program)]


def num_slack_bits(plans: list[RowPlan]) -> int:
    """Number of slack bits of all rows."""
    return sum(num_bits(plan.span) for plan in plans if plan.span)


def slack_bits_of(program: BinaryProgram, *, tighten: bool = False) -> int:
    """Number of slack bits of all rows, without a plan for those that never need any."""
    without = (RowKind.PACKING, RowKind.ONE_HOT)
    facts = facts_of_rows(program.constraints, left_out=without)
    return num_slack_bits([_plan(row, tighten, not tighten) for row in facts])


def _plan(facts: RowFacts, tighten: bool, keep_free: bool) -> RowPlan:
    # Rows of graphs and assignments come by the ten thousand and need none of what follows.
    if facts.kind is RowKind.PACKING:
        return RowPlan(facts.name, RowEncoding.PRODUCTS, facts.columns, facts.coefficients, 1.0, is_monotone=True)
    if facts.kind is RowKind.ONE_HOT:
        return RowPlan(facts.name, RowEncoding.SQUARE, facts.columns, facts.coefficients, 1.0)
    scaled = scale_to_integers(facts.coefficients)
    if not scaled.is_exact:
        return _rounded(facts)
    # Exactly the points that the program itself calls feasible: rows of decimals have a tolerance, see core.margins.
    lower = _whole(math.ceil, (facts.lower - facts.tolerance) * scaled.factor)
    upper = _whole(math.floor, (facts.upper + facts.tolerance) * scaled.factor)
    row = IntegerRow(facts.columns, scaled.integers, lower, upper)
    if tighten:
        row = tightened(row)
        factor = scaled.factor / row.divisor
    else:
        factor = scaled.factor
    return _classified(facts.name, row, factor, keep_free=keep_free)


def _whole(rounding: object, value: float) -> float:
    return float(rounding(value)) if math.isfinite(value) else value  # type: ignore[operator]


def _classified(name: str, row: IntegerRow, scale: float, *, keep_free: bool) -> RowPlan:
    a, lower, upper, low, high = row.coefficients, row.lower, row.upper, row.minimum, row.maximum
    if lower > upper or lower > high or upper < low:
        raise InfeasibleError(f"row {name} must hold at some point of {{0,1}}^n, got none; the program is infeasible")
    values = a.astype(np.float64)
    has_lower, has_upper = lower > low, upper < high
    is_unit = bool((np.abs(a) == 1).all())
    is_monotone = bool((a >= 0).all()) and not has_lower

    def plan(treatment: RowEncoding, sign: int = 1, target: float = 0.0, span: float = 0.0) -> RowPlan:
        if treatment is RowEncoding.SLACK and span == 0:
            treatment = RowEncoding.SQUARE
        two_sided = has_lower and has_upper and span > 0
        return RowPlan(
            name, treatment, row.columns, sign * values, target, int(span), scale, True, is_monotone, two_sided
        )

    if not has_lower and not has_upper:
        is_published_slack = keep_free and is_monotone and not is_unit and math.isfinite(upper)
        return plan(RowEncoding.SLACK, 1, upper, upper - low) if is_published_slack else plan(RowEncoding.SKIP)
    if lower == upper:
        return plan(RowEncoding.SQUARE, 1, upper)
    num_positive, num_negative = int((a > 0).sum()), int((a < 0).sum())
    if is_unit and not has_lower and upper == 1 - num_negative:
        return plan(RowEncoding.PRODUCTS, 1, upper)
    if is_unit and not has_upper and lower == num_positive - 1:
        return plan(RowEncoding.PRODUCTS, -1, -lower)
    if has_upper:
        return plan(RowEncoding.SLACK, 1, upper, upper - max(lower, low))
    return plan(RowEncoding.SLACK, -1, -lower, high - lower)


def _rounded(facts: RowFacts) -> RowPlan:
    """The row on a grid, shrunk by the most that rounding can shift its activity."""
    a, low, high = facts.coefficients, facts.minimum, facts.maximum
    has_lower, has_upper = facts.lower > low, facts.upper < high
    lower, upper = max(facts.lower, low), min(facts.upper, high)
    if lower > upper + facts.tolerance:
        raise InfeasibleError(f"row {facts.name} must hold at some point of {{0,1}}^n; the program is infeasible")
    if not has_lower and not has_upper:
        return RowPlan(facts.name, RowEncoding.SKIP, facts.columns, a, 0.0)
    if facts.lower == facts.upper:
        return RowPlan(facts.name, RowEncoding.SQUARE, facts.columns, a, facts.upper, is_lossless=False)
    sign = 1.0 if has_upper else -1.0
    if not has_upper:
        lower, upper = -upper, -lower
    factor = _ROUNDED_STEPS / max(upper - lower, (high - low) * 2.0**-10)
    whole = np.rint(sign * a * factor)
    shift = math.ceil(float(np.abs(whole - sign * a * factor).sum()))  # rounding moves no activity by more
    target = math.floor(upper * factor) - shift
    # an unbound side lies at the rounded row's own end, which every point reaches
    end = math.ceil(lower * factor) + shift if has_lower and has_upper else float(whole[whole < 0].sum())
    if target < end:
        raise UnsupportedError(
            f"row {facts.name} must leave room to round its coefficients, got {facts.lower}..{facts.upper}; "
            f"give coefficients of at most 12 decimals"
        )
    is_monotone = bool((whole >= 0).all()) and not has_lower
    span = int(target - end)
    treatment = RowEncoding.SLACK if span else RowEncoding.SQUARE
    return RowPlan(
        facts.name, treatment, facts.columns, whole, float(target), span, factor, False, is_monotone, has_lower
    )


@dataclass(frozen=True, eq=False)
class PenaltyTerms:
    """The planned rows as two matrices over program bits and slack bits (behind them, row by row, low bit first).

    Parameters
    ----------
    squares, targets : rows of ``(A z - b)^2``, shape (r, m) and (r,); ``square_rows`` their positions in the plans.
    products : rows of literals for ``pair_products``, shape (p, m); ``product_rows`` their positions in the plans.
    """

    squares: csr_array
    targets: Float
    square_rows: Int
    products: csr_array
    product_rows: Int

    @property
    def num_bits(self) -> int:
        return int(self.squares.shape[1])


def penalty_terms(plans: list[RowPlan], num_variables: int) -> PenaltyTerms:
    """The matrices of the planned rows; skipped rows have none."""
    num_total = num_variables + num_slack_bits(plans)
    squares: list[tuple[Int, Float]] = []
    products: list[tuple[Int, Float]] = []
    square_rows, product_rows, targets = [], [], []
    first = num_variables
    for position, plan in enumerate(plans):
        if plan.treatment is RowEncoding.PRODUCTS:
            products.append((plan.columns, plan.coefficients))
            product_rows.append(position)
        elif plan.treatment is not RowEncoding.SKIP:
            weights = bounded_coefficients(plan.span)
            slack = np.arange(first, first + weights.size, dtype=np.int64)
            first += weights.size
            squares.append((np.concatenate([plan.columns, slack]), np.concatenate([plan.coefficients, weights])))
            square_rows.append(position)
            targets.append(plan.target)
    return PenaltyTerms(
        _matrix(squares, num_total),
        np.array(targets, dtype=np.float64),
        np.array(square_rows, dtype=np.int64),
        _matrix(products, num_total),
        np.array(product_rows, dtype=np.int64),
    )


def _matrix(rows: list[tuple[Int, Float]], num_columns: int) -> csr_array:
    from scipy.sparse import csr_array

    if not rows:
        return csr_array((0, num_columns))
    indptr = np.concatenate([[0], np.cumsum([columns.size for columns, _ in rows])])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows]).astype(np.float64)
    return csr_array((values, columns, indptr), shape=(len(rows), num_columns))
