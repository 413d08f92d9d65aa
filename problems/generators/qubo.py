"""Random QUBOs with uniform integer coefficients, after the Beasley and Glover test problems."""

from __future__ import annotations

import numpy as np

from ...core import GENERATORS
from ..qubo import Qubo
from .limits import require_entries


@GENERATORS.register("qubo")
def qubo(*, n: int = 20, density: float = 0.5, max_coefficient: int = 100, seed: int = 0) -> Qubo:
    """n variables with random linear terms, and random products between pairs.

    Coefficients are uniform integers in -max_coefficient..max_coefficient, those of the products doubled, for they are
    the two equal entries of a symmetric matrix.

    Parameters
    ----------
    n : variables
    density : probability of a product between two variables
    max_coefficient : largest absolute entry of the symmetric matrix

    Raises
    ------
    ValueError
        A size is out of range, or the density outside 0..1.

    References
    ----------
    J. E. Beasley (1998), Heuristic algorithms for the unconstrained binary quadratic programming problem, Imperial
    College (density 0.1, entries in -100..100). Same distribution, other instances.
    """
    if n < 0 or not 0 <= density <= 1 or max_coefficient < 1:
        raise ValueError(
            f"n must be >= 0, density in 0..1 and max_coefficient >= 1, got {n}, {density} and {max_coefficient}; "
            "choose again"
        )
    require_entries(n * n, "n * n")
    rng = np.random.default_rng(seed)
    linear = rng.integers(-max_coefficient, max_coefficient + 1, n)
    u, v = np.triu_indices(n, 1)
    chosen = rng.random(u.size) < density
    values = 2 * rng.integers(-max_coefficient, max_coefficient + 1, int(chosen.sum()))
    pairs = np.stack([u[chosen], v[chosen]], axis=1)
    return Qubo(linear, pairs, values, name=f"qubo-n{n}-d{density:g}-s{seed}")
