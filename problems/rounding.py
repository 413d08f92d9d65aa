"""How distances come from coordinates: the conventions of the published optima, by name, so that a value says which."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from ..core import AnyArray, Float, frozen_number

#: nint: int(r + 0.5), as TSPLIB and CVRPLIB; trunc1: floor(10 r) / 10, as Solomon's optima; exact: double precision.
Rounding = Literal["nint", "trunc1", "exact"]
ROUNDINGS: tuple[str, ...] = get_args(Rounding)


def rounded_distances(points: AnyArray, rounding: Rounding) -> AnyArray:
    """Euclidean distances between points (m, 2) under a convention, shape (m, m).

    Raises
    ------
    ValueError
        An unknown convention.

    Examples
    --------
    >>> [rounded_distances(np.array([[0, 0], [1, 1]]), name)[0, 1].item() for name in ("nint", "trunc1")]
    [1, 1.4]
    """
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)}, got {rounding!r}")
    x, y = np.asarray(points, dtype=np.float64).T
    r: Float = np.sqrt((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2)
    if rounding == "nint":
        return (r + 0.5).astype(np.int64)
    return frozen_number(np.floor(10.0 * r) / 10.0 if rounding == "trunc1" else r, "distances")
