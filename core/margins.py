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

#: Share of a decimal row's size (sum of |coefficients|) by which it may be missed: its sums are rounded as any.
FEASIBILITY = ROUNDING

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


def rounded_up(bound: float, margin: float = SOLVER) -> int:
    """The least integer that a float bound on an integer objective proves, its errors taken off.

    Parameters
    ----------
    margin : error of the solver that gave the bound; that of rounding comes on top.

    Examples
    --------
    >>> rounded_up(5.0000004), rounded_up(4.9999996), rounded_up(5.01)
    (5, 5, 6)
    """
    return math.ceil(bound - margin - ROUNDING * abs(bound))


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


def row_tolerance(is_decimal: npt.ArrayLike, size: npt.ArrayLike) -> Float:
    """What rows may be missed by: 0 for integer coefficients, ``FEASIBILITY`` of a decimal row's size.

    Parameters
    ----------
    is_decimal, size : whether a row has a coefficient that is no integer, and its sum of |coefficients|, shape (m,).

    Examples
    --------
    >>> row_tolerance([False, True], [300.0, 20.0]).tolist()
    [0.0, 2e-08]
    """
    return np.asarray(np.where(is_decimal, FEASIBILITY * np.maximum(1.0, size), 0.0), dtype=np.float64)


def row_tolerances(A: Any) -> Float:
    """``row_tolerance`` of each row of a matrix, dense or scipy sparse, shape (m,)."""
    if isinstance(A, np.ndarray):
        return row_tolerance((A % 1 != 0).any(axis=1), np.abs(A).sum(axis=1, dtype=np.float64))
    from scipy.sparse import csr_array

    matrix = csr_array(A)
    decimal = np.zeros(matrix.shape[0], dtype=bool)
    decimal[np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[matrix.data % 1 != 0]] = True
    return row_tolerance(decimal, np.asarray(abs(matrix).sum(axis=1)).ravel())
