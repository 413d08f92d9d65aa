"""Decimal data as integers: one power of ten that makes every number whole, and whether that was exact.

Exact means: the shortest decimal text of each float, times the factor, is an integer, and all sums stay below 2**53.
Where no such factor exists the integers are rounded on the finest grid that fits: good for searching, never for proofs.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from ..core.arrays import Float, Int

#: Integer solvers report their bounds as floats: up to here these are exact.
LARGEST_SUM = 2**53
_MAX_DECIMALS = 12


@dataclass(frozen=True, eq=False)
class Scaled:
    """``integers`` stand for ``values * factor``; equal to it (read as decimals) only if ``is_exact``."""

    integers: Int
    factor: float
    is_exact: bool


def scale_to_integers(values: npt.ArrayLike, *, largest_sum: int = LARGEST_SUM) -> Scaled:
    """Integers for finite ``values`` of any shape, with the factor they were multiplied by.

    Parameters
    ----------
    values : numbers of any shape.
    largest_sum : the sum of all |integers| stays below it.

    Examples
    --------
    >>> scaled = scale_to_integers([0.5, 1.25, 3])
    >>> scaled.integers.tolist(), scaled.factor, scaled.is_exact
    ([50, 125, 300], 100.0, True)
    >>> scale_to_integers([1 / 3]).is_exact
    False
    """
    numbers = np.asarray(values, dtype=np.float64)
    total = float(np.abs(numbers).sum())
    if (numbers == np.rint(numbers)).all():
        if total < largest_sum:
            return Scaled(numbers.astype(np.int64), 1.0, True)
        divisor = _common_divisor(numbers)
        if divisor > 1 and total / divisor < largest_sum:
            return Scaled(numbers.astype(np.int64) // divisor, 1.0 / divisor, True)
    else:
        decimals = _decimals(numbers)
        if decimals is not None and total * 10.0**decimals < largest_sum:
            factor = 10**decimals
            whole = _times(numbers, decimals)
            if whole is None:
                exact = [int(Decimal(repr(v)) * factor) for v in numbers.ravel().tolist()]
                whole = np.array(exact, dtype=np.int64).reshape(numbers.shape)
            return Scaled(whole, float(factor), True)
    grid = min(largest_sum / 8 / total, 1e300)  # finite even where the numbers are denormal
    return Scaled(np.rint(numbers * grid).astype(np.int64), grid, False)


def in_common_units(scaled: Scaled) -> Scaled:
    """Exact integers divided by what all of them share, others as they are.

    Examples
    --------
    >>> in_common_units(scale_to_integers([20.0, 0.0, 50.0])).integers.tolist()
    [2, 0, 5]
    """
    divisor = _common_divisor(scaled.integers) if scaled.is_exact else 1
    return scaled if divisor <= 1 else Scaled(scaled.integers // divisor, scaled.factor / divisor, True)


def divided_row(coefficients: Float, lower: float, upper: float) -> tuple[Float, float, float]:
    """A row of integers divided by what all its coefficients share, its bounds rounded inwards. Shape (n,).

    Examples
    --------
    >>> A, lower, upper = divided_row(np.array([4.0, 6.0]), -np.inf, 7.0)
    >>> A.tolist(), lower, upper
    ([2.0, 3.0], -inf, 3.0)
    """
    divisor = _common_divisor(coefficients)
    if divisor <= 1 or (lower == upper and lower % divisor):  # an equality that nothing can meet stays as it is
        return coefficients, lower, upper
    return coefficients / divisor, float(np.ceil(lower / divisor)), float(np.floor(upper / divisor))


def _common_divisor(numbers: Float | Int) -> int:
    """Greatest common divisor of whole numbers below 2**53; 1 where they are larger, and so not known exactly."""
    if float(np.abs(numbers).max(initial=0.0)) >= 2.0**53:
        return 1
    return int(np.gcd.reduce(numbers.astype(np.int64).ravel(), initial=0))


def _times(numbers: Float, decimals: int) -> Int | None:
    """``10**decimals`` times numbers that have no more decimals, exactly; None where one has more or is large.

    Below 2**51 the product is rounded to the right integer, and no other one divided by the power gives the number.
    """
    factor = 10.0**decimals
    whole = np.rint(numbers * factor)
    fits = bool((np.abs(whole) < 2.0**51).all()) and bool((whole / factor == numbers).all())
    return whole.astype(np.int64) if fits else None


def _decimals(numbers: Float) -> int | None:
    """Digits behind the point of the number that has most; None above the limit (binary fractions, irrational data)."""
    for decimals in range(_MAX_DECIMALS + 1):
        if _times(numbers, decimals) is not None:
            return decimals
    most = 0
    for value in np.unique(numbers).tolist():
        exponent = Decimal(repr(value)).normalize().as_tuple().exponent
        assert isinstance(exponent, int)  # the values are finite
        if -exponent > _MAX_DECIMALS:
            return None
        most = max(most, -exponent)
    return most
