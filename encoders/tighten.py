"""Equivalent smaller rows: common divisors, redundant bounds, coefficients and bounds no larger than points need.

Works on one row of integers at a time and keeps exactly its 0/1 points. Off by default in encoders: published qubit
counts belong to the rows as they stand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ..core.arrays import Int

#: Reachable sums are found by a bit set of this many bits at most (2 MB); larger rows keep their bounds.
_MAX_SUMS = 2**24


@dataclass(frozen=True, eq=False)
class IntegerRow:
    """``lower <= coefficients x <= upper`` in integers (bounds may be infinite); ``divisor`` was taken out of it."""

    columns: Int
    coefficients: Int
    lower: float
    upper: float
    divisor: int = 1

    @property
    def minimum(self) -> float:
        return float(self.coefficients[self.coefficients < 0].sum())

    @property
    def maximum(self) -> float:
        return float(self.coefficients[self.coefficients > 0].sum())


def tightened(row: IntegerRow) -> IntegerRow:
    """A row with the same 0/1 points, and bounds and coefficients as small as these rules make them.

    In turn until nothing changes: divide by the greatest common divisor and round the bounds inwards; move the bounds
    to sums that some point reaches; reduce coefficients of a row with one bound: where ``d = upper - (maximum - a_j)``
    is positive, the row binds only at x_j = 1 and ``a_j`` and ``upper`` may both lose d. A bound that no point breaks
    becomes infinite.

    References
    ----------
    M. W. P. Savelsbergh (1994), Preprocessing and probing techniques for mixed integer programming problems, ORSA
    J. Computing 6, doi:10.1287/ijoc.6.4.445, section 1.3 (coefficient improvement).

    Examples
    --------
    >>> import numpy as np
    >>> row = tightened(IntegerRow(np.arange(3), np.array([4, 6, 10]), -np.inf, 13))
    >>> row.coefficients.tolist(), row.upper, row.divisor
    ([2, 3, 5], 5.0, 2)
    """
    while True:
        smaller = _reduced(_reachable(_divided(row)))
        if _same(smaller, row):
            return smaller
        row = smaller


def _same(one: IntegerRow, other: IntegerRow) -> bool:
    bounds = one.lower == other.lower and one.upper == other.upper
    return bounds and np.array_equal(one.coefficients, other.coefficients)


def _divided(row: IntegerRow) -> IntegerRow:
    divisor = math.gcd(*row.coefficients.tolist()) if row.coefficients.size else 1
    if divisor <= 1:
        return row
    upper = math.floor(row.upper / divisor) if math.isfinite(row.upper) else row.upper
    lower = math.ceil(row.lower / divisor) if math.isfinite(row.lower) else row.lower
    return IntegerRow(row.columns, row.coefficients // divisor, float(lower), float(upper), row.divisor * divisor)


def _reachable(row: IntegerRow) -> IntegerRow:
    """Bounds on sums that some point reaches; infinite where no point breaks them."""
    low, high = row.minimum, row.maximum
    lower = -math.inf if row.lower <= low else row.lower
    upper = math.inf if row.upper >= high else row.upper
    if lower > upper or lower > high or upper < low or high - low >= _MAX_SUMS:
        return replace(row, lower=lower, upper=upper)
    sums = 1  # bit k: the sum low + k is reached, as |a_j| more or less of either literal
    for a in np.abs(row.coefficients).tolist():
        sums |= sums << a
    if math.isfinite(upper):
        below = sums & ((1 << (int(upper - low) + 1)) - 1)
        upper = low + below.bit_length() - 1
    if math.isfinite(lower):
        above = sums >> int(lower - low)
        lower = lower + ((above & -above).bit_length() - 1)
    return replace(row, lower=lower, upper=upper)


def _reduced(row: IntegerRow) -> IntegerRow:
    """Coefficient improvement of a row with one finite bound; each step uses the maximum that earlier ones left."""
    if math.isfinite(row.lower) == math.isfinite(row.upper):
        return row
    sign = 1 if math.isfinite(row.upper) else -1
    a = (sign * row.coefficients).tolist()
    upper = row.upper if sign == 1 else -row.lower
    maximum = sum(value for value in a if value > 0)
    for j, value in enumerate(a):
        excess = upper - (maximum - abs(value))
        if not 0 < excess < abs(value):
            continue
        # a > 0: redundant at x_j = 0, both lose the excess; a < 0: redundant at x_j = 1, only the coefficient moves
        change = int(excess)
        a[j] = value - change if value > 0 else value + change
        if value > 0:
            maximum -= change
            upper -= change
    coefficients = sign * np.array(a, dtype=np.int64)
    return replace(
        row,
        coefficients=coefficients,
        upper=upper if sign == 1 else row.upper,
        lower=-upper if sign == -1 else row.lower,
    )
