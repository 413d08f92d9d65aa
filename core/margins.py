"""Margins of float arithmetic: the numbers, why they are so large, and the rules that use them, in one home.

A margin may cost a claim (a bound that is not rounded up, a step that is not taken); it must never make one false.
"""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from .arrays import AnyArray, Float

#: Share of a value by which its rounding may differ: sums of up to 1e5 terms in float64 err by less than 1e5 * 1.1e-16.
ROUNDING = 1e-9

#: Share of its size by which a sum of decimals may be missed at most.
FEASIBILITY = ROUNDING

#: Share of a decimal row's size by which each of its terms may be off: 2**-53 is what float64 rounds by, the rest is
#: room for sums that a search keeps by adding and subtracting.
TERM = 2.0**-46

#: Share of an objective by which two values that were summed in another order may differ, and still be one in a proof.
CLAIM = 1e-11

#: To what HiGHS, CP-SAT's double objective and MIP solution files keep rows, bounds and integers.
SOLVER = 1e-6


@overload
def scaled_margin(values: AnyArray, margin: float = ROUNDING) -> Float: ...
@overload
def scaled_margin(values: float, margin: float = ROUNDING) -> float: ...
def scaled_margin(values: float | AnyArray, margin: float = ROUNDING) -> float | Float:
    """The margin of numbers of that size: ``margin * max(1, |value|)``, by element for an array of any shape.

    Examples
    --------
    >>> scaled_margin(-2e9), scaled_margin(0.5)
    (2.0, 1e-09)
    """
    if isinstance(values, np.ndarray):
        return np.asarray(margin * np.maximum(1.0, np.abs(values)), dtype=np.float64)
    return margin * max(1.0, abs(float(values)))


def rounded_up(bound: float, margin: float = SOLVER, share: float = ROUNDING) -> int:
    """The least integer that a float bound on an integer objective proves, its errors taken off.

    Parameters
    ----------
    margin : error of the solver that gave the bound; that of rounding comes on top.
    share : of the bound, by which its rounding may differ; ``CLAIM`` where its margin is off already.

    Examples
    --------
    >>> rounded_up(5.0000004), rounded_up(4.9999996), rounded_up(5.01), rounded_up(2e9 + 0.5, share=CLAIM)
    (5, 5, 6, 2000000001)
    """
    return math.ceil(bound - margin - share * abs(bound))


def claim_margin(value: float, other: float) -> float:
    """How far apart two values of one objective may be to count as equal in a proof: less than a unit of integers.

    Examples
    --------
    >>> claim_margin(1e9 - 1, 1e9), claim_margin(1e15, 1e15), claim_margin(1e9, 0.5)
    (0.01, 0.5, 0.01)
    """
    margin = CLAIM * max(abs(float(value)), abs(float(other)))
    return min(0.5, margin) if float(value) % 1 == 0 and float(other) % 1 == 0 else margin


def min_improvement(*values: AnyArray, size: float | None = None) -> float:
    """How much better a move must be to count: half a unit where all numbers are integers, else their rounding.

    Parameters
    ----------
    size : of the sums that the moves compare; None for the sum of all |values|.

    Examples
    --------
    >>> min_improvement(np.array([1, 2])), min_improvement(np.array([0.5, 3.5]))
    (0.5, 4e-09)
    """
    if all(bool((np.asarray(part) % 1 == 0).all()) for part in values):
        return 0.5
    whole = sum(float(np.abs(part).sum()) for part in values) if size is None else size
    return ROUNDING * max(1.0, float(whole))


def row_tolerance(is_decimal: npt.ArrayLike, size: npt.ArrayLike, num_terms: npt.ArrayLike) -> Float:
    """What rows may be missed by: 0 for integer coefficients, else what rounding can do: ``TERM`` of the size a term.

    A share that does not know the number of terms would be too large: of a row with a coefficient 1e9, 1e-9 is 1, and
    another coefficient of 0.5 could break the row unseen.

    Parameters
    ----------
    is_decimal, size : whether a row has a coefficient that is no integer, and the sum of its |terms| and its largest
        finite |bound|, shape (m,).
    num_terms : of the row, shape (m,).

    Examples
    --------
    >>> row_tolerance([False, True], [300.0, 8.0], [3, 6]).tolist() == [0.0, 2.0**-40]
    True
    """
    share = np.minimum(FEASIBILITY, TERM * (np.asarray(num_terms) + 2.0))  # 2: the bound, and its comparison
    return np.asarray(np.where(is_decimal, share * np.asarray(size), 0.0), dtype=np.float64)


def row_tolerances(A: Any, lower: npt.ArrayLike = -np.inf, upper: npt.ArrayLike = np.inf) -> Float:
    """``row_tolerance`` of each row ``lower <= A x <= upper`` over bits, shape (m,); A dense or scipy sparse."""
    if isinstance(A, np.ndarray):
        decimal, num_terms = (A % 1 != 0).any(axis=1), (A != 0).sum(axis=1)
        size = np.abs(A).sum(axis=1, dtype=np.float64)
    else:
        from scipy.sparse import csr_array

        matrix = csr_array(A)
        num_terms = np.diff(matrix.indptr)
        decimal = np.zeros(matrix.shape[0], dtype=bool)
        decimal[np.repeat(np.arange(matrix.shape[0]), num_terms)[matrix.data % 1 != 0]] = True
        size = np.asarray(abs(matrix).sum(axis=1)).ravel()
    return row_tolerance(decimal, size + largest_bound(lower, upper), num_terms)


def largest_bound(lower: npt.ArrayLike, upper: npt.ArrayLike) -> Float:
    """The larger finite |bound| of each row, 0 where both are infinite; any shapes that fit each other.

    Examples
    --------
    >>> largest_bound([-np.inf, -3.0, -np.inf], [2.0, 1.0, np.inf]).tolist()
    [2.0, 3.0, 0.0]
    """
    low, high = (np.where(np.isfinite(side), np.abs(side), 0.0) for side in (lower, upper))
    return np.asarray(np.maximum(low, high), dtype=np.float64)
