"""Random multidimensional knapsacks after Chu and Beasley: profits correlated with weights, capacities by tightness."""

from __future__ import annotations

import numpy as np

from ...core import GENERATORS
from ..mdkp import Mdkp
from .limits import require_entries


@GENERATORS.register("mdkp")
def mdkp(*, n: int = 10, m: int = 3, tightness: float = 0.5, seed: int = 0) -> Mdkp:
    """n items under m capacity rows, the harder the smaller the tightness.

    Weights are uniform integers in 0..1000, a capacity is ``floor(tightness * row sum)``, a profit is
    ``floor(mean weight of the item + 500 * U(0, 1))``.

    Parameters
    ----------
    n : items
    m : capacity rows
    tightness : share of all items' weight that fits, in 0..1 (the literature's classes: 0.25, 0.5, 0.75)

    Raises
    ------
    ValueError
        A size is negative, or the tightness outside 0..1.

    References
    ----------
    P. C. Chu, J. E. Beasley (1998), A genetic algorithm for the multidimensional knapsack problem, J. Heuristics 4,
    doi:10.1023/A:1009642405419, section 4.1. Their random numbers are not known: same distribution, other instances.
    """
    if n < 0 or m < 0 or not 0 <= tightness <= 1:
        raise ValueError(f"n and m must be >= 0 and tightness in 0..1, got {n}, {m} and {tightness}; choose again")
    require_entries(n * m, "n * m")
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 1001, (m, n))
    capacities = np.floor(tightness * weights.sum(axis=1))
    profits = np.floor((weights.mean(axis=0) if m else np.zeros(n)) + 500 * rng.random(n))
    return Mdkp(profits, weights, capacities, name=f"mdkp-n{n}-m{m}-t{tightness:g}-s{seed}")
