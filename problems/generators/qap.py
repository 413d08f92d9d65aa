"""Random quadratic assignment instances: Nugent's grids, and Taillard's uniform matrices."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from ...core import GENERATORS, Int
from ..qap import Qap
from .limits import require_entries


@GENERATORS.register("qap")
def qap(
    *,
    n: int = 6,
    family: Literal["nugent", "taillard"] = "nugent",
    max_flow: int = 10,
    density: float = 0.7,
    seed: int = 0,
) -> Qap:
    """Symmetric integer matrices with zero diagonals.

    Nugent: locations are the first n cells, row by row, of the most nearly square grid that holds them, distances
    Manhattan; a flow is 0 with probability 1 - density, else uniform on 1..max_flow. Taillard: all flows and distances
    uniform on 0..99; ``max_flow`` and ``density`` are not used.

    Parameters
    ----------
    n : number of facilities and locations.
    family : nugent or taillard.
    max_flow : largest flow, for nugent.
    density : share of facility pairs with flow, for nugent.

    Raises
    ------
    ValueError
        n or max_flow below 1, or a density outside [0, 1].

    References
    ----------
    C. E. Nugent, T. E. Vollmann, J. Ruml (1968), An experimental comparison of techniques for the assignment of
    facilities to locations, doi:10.1287/opre.16.1.150: grids with Manhattan distances; their flows are a fixed table,
    ours are random. E. Taillard (1991), Robust taboo search for the quadratic assignment problem,
    doi:10.1016/S0167-8191(05)80147-4: the law of tai*a; another random stream.

    Examples
    --------
    >>> qap(n=4, seed=1).distance.tolist()
    [[0, 1, 1, 2], [1, 0, 2, 1], [1, 2, 0, 1], [2, 1, 1, 0]]
    """
    for key, value in (("n", n), ("max_flow", max_flow)):
        if value < 1:
            raise ValueError(f"{key} must be >= 1, got {value}")
    if not 0 <= density <= 1:
        raise ValueError(f"density must be in [0, 1], got {density}")
    require_entries(n * n, "n * n")
    rng = np.random.default_rng(seed)
    name = f"{family}-n{n}-seed{seed}"
    if family == "taillard":
        return Qap(_symmetric(rng.integers(0, 100, size=(n, n))), _symmetric(rng.integers(0, 100, size=(n, n))), name)
    columns = math.ceil(n / max(1, math.isqrt(n)))
    row, column = np.divmod(np.arange(n), columns)
    distance = np.abs(row[:, None] - row) + np.abs(column[:, None] - column)
    flow = rng.integers(1, max_flow, size=(n, n), endpoint=True) * (rng.random((n, n)) < density)
    return Qap(_symmetric(flow), distance, name)


def _symmetric(values: Int) -> Int:
    """The upper triangle, mirrored, with a zero diagonal."""
    upper = np.triu(values, 1)
    return np.asarray(upper + upper.T)
