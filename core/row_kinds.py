"""What kind each row of a program is: encoders profit from one-hot, packing and knapsack rows.

Kinds are recognised from the numbers alone, never declared, so that a program read from a file profits too.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .arrays import Float, Int
from .margins import row_tolerances

if TYPE_CHECKING:
    from .program import BinaryProgram, Rows


class RowKind(Enum):
    """The most special kind that fits a row."""

    FREE = "free"  # never binding: both bounds lie outside the activity's range
    ONE_HOT = "one-hot"  # sum of literals == 1, all coefficients +1
    PACKING = "packing"  # sum of variables <= 1, all coefficients +1
    COVERING = "covering"  # sum of variables >= 1, all coefficients +1
    EQUALITY = "equality"  # A x == b
    KNAPSACK = "knapsack"  # A x <= b with nonnegative coefficients
    INEQUALITY = "inequality"  # any other


#: The kinds that are tested, in this order; a row of none is an INEQUALITY.
_ORDER = (
    *(RowKind.FREE, RowKind.ONE_HOT, RowKind.EQUALITY),
    *(RowKind.PACKING, RowKind.KNAPSACK, RowKind.COVERING),
)


@dataclass(frozen=True)
class RowFacts:
    """One row: its kind, columns, coefficients, bounds, and whether all of these are integers."""

    name: str
    kind: RowKind
    columns: Int
    coefficients: Float
    lower: float
    upper: float
    is_integer: bool

    @property
    def minimum(self) -> float:
        """Smallest activity over all points of {0,1}^n."""
        return float(self.coefficients[self.coefficients < 0].sum())

    @property
    def maximum(self) -> float:
        """Largest activity over all points of {0,1}^n."""
        return float(self.coefficients[self.coefficients > 0].sum())

    @property
    def tolerance(self) -> float:
        """What feasible points may miss the row by; see margins.py."""
        return float(row_tolerances(self.coefficients[None, :], self.lower, self.upper)[0])


def row_facts(program: BinaryProgram) -> list[RowFacts]:
    """The facts of every row, in order.

    Examples
    --------
    >>> from .program import BinaryProgram, make_rows
    >>> program = BinaryProgram(c=[1, 1, 1], rows=make_rows([[1, 1, 1], [2, 3, 0]], lower=[1, -np.inf], upper=[1, 4]))
    >>> [facts.kind.value for facts in row_facts(program)]
    ['one-hot', 'knapsack']
    """
    return list(program.row_facts)


def facts_of_rows(rows: Rows, *, left_out: Container[RowKind] = ()) -> tuple[RowFacts, ...]:
    """The facts of every row, told from all rows at once: graphs have them by the hundred thousand.

    Parameters
    ----------
    left_out : kinds whose rows are left out; a row's facts take 3e-6 s, its kind alone a tenth of that.
    """
    A, lower, upper = rows.A, rows.lower, rows.upper
    m, values = len(rows), A.data
    row = np.repeat(np.arange(m), np.diff(A.indptr))

    def has(entries: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        return np.bincount(row[entries], minlength=m) > 0

    low = np.bincount(row, np.minimum(values, 0.0), m)
    high = np.bincount(row, np.maximum(values, 0.0), m)
    has_decimal, is_ones, is_positive = has(values % 1 != 0), ~has(values != 1), ~has(values < 0)
    for i in np.flatnonzero(has_decimal).tolist():  # sums of whole numbers need no care about their order
        a = values[A.indptr[i] : A.indptr[i + 1]]
        low[i], high[i] = a[a < 0].sum(), a[a > 0].sum()
    is_free = (lower <= low) & (upper >= high)
    is_equality, is_upper = lower == upper, (lower <= low) & is_positive
    tests = (
        *(is_free, is_equality & is_ones & (upper == 1), is_equality),
        *(is_upper & is_ones & (upper == 1), is_upper, is_ones & (lower == 1) & (upper >= high)),
    )
    kinds = np.select(tests, [*range(len(_ORDER))], default=-1)
    bounds = np.array([lower, upper])
    is_integer = ~has_decimal & (np.where(np.isfinite(bounds), bounds, 0.0) % 1 == 0).all(axis=0)
    columns, ends = A.indices.astype(np.int64), A.indptr.tolist()
    told = np.flatnonzero(np.array([kind not in left_out for kind in (*_ORDER, RowKind.INEQUALITY)])[kinds])
    return tuple(
        RowFacts(
            *(rows.names[i], RowKind.INEQUALITY if k < 0 else _ORDER[k]),
            *(columns[ends[i] : ends[i + 1]], values[ends[i] : ends[i + 1]], low_end, high_end, whole),
        )
        for i, k, low_end, high_end, whole in zip(
            *(numbers[told].tolist() for numbers in (np.arange(m), kinds, lower, upper, is_integer))
        )
    )


def impossible_row(program: BinaryProgram) -> str:
    """Name of the first row that no point of {0,1}^n keeps, seen from its own range; empty where there is none.

    Such a row proves the program infeasible; that there is none proves nothing.

    Examples
    --------
    >>> from .program import BinaryProgram, make_rows
    >>> impossible_row(BinaryProgram(c=[1, 1], rows=make_rows([[1, 1], [2, 3]], upper=[2, -8], names=["a", "b"])))
    'b'
    """
    rows = program.constraints
    if not len(rows):
        return ""
    low = np.asarray(rows.A.minimum(0).sum(axis=1)).ravel()
    high = np.asarray(rows.A.maximum(0).sum(axis=1)).ravel()
    empty = (low > rows.upper + program.tolerances) | (high < rows.lower - program.tolerances)
    return rows.names[int(np.argmax(empty))] if empty.any() else ""
