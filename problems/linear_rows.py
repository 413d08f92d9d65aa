"""Checks of data that kinds with any linear rows share: index pairs, bounds, names, and what a solution breaks."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import AnyArray, Float, Int, Number, Solution, frozen_number, number
from ..core.margins import largest_bound, row_tolerance

Bounds = tuple[Number | None, ...]


def index_pairs(values: Any, subject: str, rows: int, columns: int) -> Int:
    """Places (row, column) as int64 array of shape (k, 2).

    Raises
    ------
    ValueError
        Not pairs of whole numbers, or one outside rows x columns.
    """
    array = frozen_number(values, subject)
    if array.size == 0:
        return np.zeros((0, 2), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind != "i":
        raise ValueError(f"{subject} must be pairs of whole numbers, got shape {array.shape}; check the instance")
    outside = ((array < 0) | (array >= (rows, columns))).any(axis=1)
    if outside.any():
        bad = array[outside][0].tolist()
        raise ValueError(f"{subject} must lie below ({rows}, {columns}), got {bad}; check the instance")
    return np.array(array)


def row_bounds(lower: Any, upper: Any) -> tuple[Bounds, Bounds]:
    """Lower and upper bounds as tuples of numbers, None for no bound.

    Raises
    ------
    ValueError
        They are not as many, one is not finite, or a lower bound lies above its upper bound.
    """
    if len(lower) != len(upper):
        raise ValueError(f"lower and upper must be as many, got {len(lower)} and {len(upper)}; check the instance")
    bounds = []
    for side, subject in ((lower, "lower"), (upper, "upper")):
        given = iter([number(float(frozen_number(bound, subject))) for bound in side if bound is not None])
        bounds.append(tuple(None if bound is None else next(given) for bound in side))
    for i, (low, high) in enumerate(zip(*bounds, strict=True)):
        if low is not None and high is not None and low > high:
            raise ValueError(f"row {i} must have lower <= upper, got {low} and {high}; check the instance")
    return bounds[0], bounds[1]


def distinct_names(given: Any, subject: str, count: int) -> tuple[str, ...]:
    """``count`` different names; ``row[i]`` or ``x[i]`` where none is given.

    Raises
    ------
    ValueError
        Another number of names, or one twice.
    """
    family = "row" if subject == "row_names" else "x"
    names = tuple(str(name) for name in given) or tuple(f"{family}[{i}]" for i in range(count))
    if len(names) != count or len(set(names)) != count:
        raise ValueError(f"{subject} must be {count} different names, got {len(set(names))}; check the instance")
    return names


def lower_array(bounds: Bounds) -> Float:
    """Lower bounds, shape (m,), -inf for none."""
    return np.array([-np.inf if bound is None else bound for bound in bounds], dtype=np.float64)


def upper_array(bounds: Bounds) -> Float:
    """Upper bounds, shape (m,), inf for none."""
    return np.array([np.inf if bound is None else bound for bound in bounds], dtype=np.float64)


def broken_rows(
    x: Solution, entries: Int, values: AnyArray, lower: Bounds, upper: Bounds, names: tuple[str, ...]
) -> dict[str, float]:
    """Amount by which each broken row misses its bound, by the row's name; decimal rows hold to within rounding.

    Parameters
    ----------
    x : values of the variables, shape (n,).
    entries, values : (row, column) places and coefficients, shapes (e, 2) and (e,).
    """
    row, column = entries.T
    m = len(lower)
    activity = np.bincount(row, values * x[column], minlength=m)
    low, high = lower_array(lower), upper_array(upper)
    amount = np.maximum(0.0, np.maximum(low - activity, activity - high))
    size = np.bincount(row, np.abs(values * np.maximum(1, np.abs(x[column]))).astype(np.float64), minlength=m)
    decimal, num_terms = np.bincount(row, values % 1 != 0, minlength=m) > 0, np.bincount(row, minlength=m)
    amount[amount <= row_tolerance(decimal, size + largest_bound(low, high), num_terms)] = 0.0
    return {names[i]: float(amount[i]) for i in np.flatnonzero(amount)}
