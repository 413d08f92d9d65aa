"""What kind each row of a program is: encoders profit from one-hot, packing and knapsack rows.

Kinds are recognised from the numbers alone, never declared, so that a program read from a file profits too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from .arrays import Float, Int
from .program import BinaryProgram


class RowKind(Enum):
    """The most special kind that fits a row."""

    FREE = "free"  # never binding: both bounds lie outside the activity's range
    ONE_HOT = "one-hot"  # sum of literals == 1, all coefficients +1
    PACKING = "packing"  # sum of variables <= 1, all coefficients +1
    COVERING = "covering"  # sum of variables >= 1, all coefficients +1
    EQUALITY = "equality"  # A x == b
    KNAPSACK = "knapsack"  # A x <= b with nonnegative coefficients
    INEQUALITY = "inequality"  # any other


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


def row_facts(program: BinaryProgram) -> list[RowFacts]:
    """The facts of every row, in order.

    Examples
    --------
    >>> from .program import make_rows
    >>> program = BinaryProgram(c=[1, 1, 1], rows=make_rows([[1, 1, 1], [2, 3, 0]], lower=[1, -np.inf], upper=[1, 4]))
    >>> [facts.kind.value for facts in row_facts(program)]
    ['one-hot', 'knapsack']
    """
    rows = program.constraints
    facts = []
    for i, name in enumerate(rows.names):
        part = slice(int(rows.A.indptr[i]), int(rows.A.indptr[i + 1]))
        columns = rows.A.indices[part].astype(np.int64)
        coefficients = rows.A.data[part]
        lower, upper = float(rows.lower[i]), float(rows.upper[i])
        finite = [bound for bound in (lower, upper) if np.isfinite(bound)]
        is_integer = bool((coefficients % 1 == 0).all()) and all(bound % 1 == 0 for bound in finite)
        kind = _kind(coefficients, lower, upper)
        facts.append(RowFacts(name, kind, columns, coefficients, lower, upper, is_integer))
    return facts


def impossible_row(program: BinaryProgram) -> str:
    """Name of the first row that no point of {0,1}^n keeps, seen from its own range; empty where there is none.

    Such a row proves the program infeasible; that there is none proves nothing.

    Examples
    --------
    >>> from .program import make_rows
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


def _kind(a: Float, lower: float, upper: float) -> RowKind:
    low, high = a[a < 0].sum(), a[a > 0].sum()
    if lower <= low and upper >= high:
        return RowKind.FREE
    ones = bool((a == 1).all())
    if lower == upper:
        return RowKind.ONE_HOT if ones and upper == 1 else RowKind.EQUALITY
    if lower <= low and bool((a >= 0).all()):
        return RowKind.PACKING if ones and upper == 1 else RowKind.KNAPSACK
    if ones and lower == 1 and upper >= high:
        return RowKind.COVERING
    return RowKind.INEQUALITY
