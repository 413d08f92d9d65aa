"""What lateness of decimal data is rounding, and the decimal grid that times and loads lie on."""

from __future__ import annotations

import numpy as np

from ..core import AnyArray
from ..core.margins import FEASIBILITY

#: Error of sums in float64, relative to their size, with room for a hundred thousand terms.
_SUMS = 1e-12


def common_factor(values: AnyArray) -> float | None:
    """The least power of ten, up to 10^9, that makes all values integers below 2^50; None where there is none.

    The values may have any shape.

    Examples
    --------
    >>> common_factor(np.array([0.5, 2.25])), common_factor(np.array([1 / 3]))
    (100.0, None)
    """
    for digits in range(10):
        scaled = np.asarray(values, dtype=np.float64) * 10.0**digits
        if np.abs(scaled).max(initial=0.0) >= 2.0**50:
            return None
        if (np.rint(scaled) / 10.0**digits == values).all():
            return 10.0**digits
    return None


def grid_tolerance(size: float, values: AnyArray) -> float:
    """What a sum of decimals may exceed a limit by: ``FEASIBILITY`` of its size, and less than a step of their grid.

    Parameters
    ----------
    size : of the sums that are compared.
    values : that are summed and compared, any shape.

    Examples
    --------
    >>> grid_tolerance(1e9, np.array([2.5, 1e9])), grid_tolerance(1.0, np.array([1 / 3]))
    (0.05, 1e-09)
    """
    share = FEASIBILITY * max(1.0, size)
    factor = common_factor(values)
    if factor is None or _SUMS * size > 0.5 / factor:
        return share
    return min(share, 0.5 / factor)


def time_tolerance(travel: AnyArray, windows: AnyArray) -> float:
    """What a decimal arrival may be late by: 0 for integer data, else by the size of the times that can occur.

    No arrival on time is later than the last opening and one arc into every node: a horizon of 1e9 that stands for
    "none" must not make a second of lateness look like rounding. Arcs that are always late do not count.
    Travel times have shape (m, m), windows (m, 2).

    Examples
    --------
    >>> time_tolerance(np.array([[0, 1 / 3], [1 / 3, 0]]), np.array([[0, 1e9], [0, 1.0]])) < 1e-8
    True
    """
    if travel.dtype.kind == "i" and windows.dtype.kind == "i":
        return 0.0
    most = float(np.abs(windows).max(initial=0.0))
    opening = float(np.abs(windows[:, 0]).max(initial=0.0))
    in_time = windows[:, 0, None] + travel <= windows[:, 1] + FEASIBILITY * max(1.0, most)
    longest = np.where(in_time, travel, 0).max(axis=0, initial=0.0)
    size = min(most, opening + float(longest.sum()))
    return grid_tolerance(size, np.concatenate([travel.ravel(), windows.ravel()]))
