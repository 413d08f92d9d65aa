"""Random travelling salesman instances: cities uniform in a square, or in clusters; symmetric or asymmetric."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...core import GENERATORS
from ..formats.tsplib import euc_2d
from ..tsp import MAX_CITIES, Tsp


@GENERATORS.register("tsp")
def tsp(
    *,
    n: int = 8,
    layout: Literal["uniform", "clustered"] = "uniform",
    clusters: int = 3,
    side: int = 1000,
    asymmetric: bool = False,
    seed: int = 0,
) -> Tsp:
    """Cities at random integer points, distances Euclidean and rounded as TSPLIB's EUC_2D.

    Uniform: both coordinates uniform on 0..side. Clustered: ``clusters`` centres uniform on the square; each city
    takes a centre at random and is normal around it with standard deviation side / 20 in both coordinates, rounded
    and cut to the square. Asymmetric: every ordered pair's distance is multiplied by its own factor, uniform on
    [1, 1.5), and rounded down; the coordinates are kept for plots.

    Parameters
    ----------
    n : number of cities.
    layout : uniform or clustered.
    clusters : number of clusters, for the clustered layout.
    side : side of the square.
    asymmetric : whether the two directions of a pair differ.

    Raises
    ------
    ValueError
        A size below 1, or too many cities.

    References
    ----------
    D. S. Johnson, L. A. McGeoch (2002), Experimental analysis of heuristics for the STSP, doi:10.1007/0-306-48213-4_9:
    uniform and clustered random instances; theirs have one cluster per 100 cities and a width that shrinks with n.

    Examples
    --------
    >>> tsp(n=4, seed=1).distances.tolist()[0]
    [0, 522, 573, 560]
    """
    for key, value in (("n", n), ("clusters", clusters), ("side", side)):
        if value < 1:
            raise ValueError(f"{key} must be >= 1, got {value}")
    if n > MAX_CITIES:
        raise ValueError(f"n must be at most {MAX_CITIES}, got {n}")
    rng = np.random.default_rng(seed)
    if layout == "clustered":
        centres = rng.integers(0, side, size=(clusters, 2), endpoint=True)
        spread = rng.normal(0.0, side / 20, size=(n, 2))
        points = np.clip(np.rint(centres[rng.integers(clusters, size=n)] + spread), 0, side).astype(np.int64)
    else:
        points = rng.integers(0, side, size=(n, 2), endpoint=True)
    distances = euc_2d(points)
    if asymmetric:
        distances = (distances * rng.uniform(1.0, 1.5, size=(n, n))).astype(np.int64)
    return Tsp(distances, points, name=f"{layout}{'-asymmetric' if asymmetric else ''}-n{n}-seed{seed}")
