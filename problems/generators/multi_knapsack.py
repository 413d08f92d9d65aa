"""Random procurement: lots to be bought from suppliers under budgets, profit against joint risk."""

from __future__ import annotations

import numpy as np

from ...core import GENERATORS, AnyArray, Int
from ..multi_knapsack import MultiKnapsack
from .limits import require_entries


@GENERATORS.register("multi-knapsack")
def multi_knapsack(
    *,
    n: int = 12,
    knapsacks: int = 3,
    tightness: float = 0.5,
    required: int = 0,
    risk_aversion: float = 0.0,
    factors: int = 2,
    seed: int = 0,
) -> MultiKnapsack:
    """n lots that each go to at most one of several suppliers, within the suppliers' budgets.

    Weights (prices) are uniform integers in 10..100. A lot's profit at a supplier is ``floor(price * U(1, 1.5))``. The
    budgets share ``tightness * all prices`` in uniform random proportions and are integers. The ``required`` lots are
    the cheapest that still fit together, first-fit by falling price, so that every instance is feasible. The risk
    is ``risk_aversion * S`` with ``S = B B' + diagonal``, B integer factor loadings in -3..3, the diagonal in 1..9.

    Parameters
    ----------
    n : lots (items)
    knapsacks : suppliers
    tightness : all budgets together as share of all prices, > 0
    required : lots that must be bought
    risk_aversion : weight of the risk x'Sx; 0 for none
    factors : common factors of the risk

    Raises
    ------
    ValueError
        A size is out of range.
    """
    if min(n, knapsacks, required, factors) < 0 or not tightness > 0 or not 0 <= risk_aversion < np.inf:
        raise ValueError(
            f"sizes and risk_aversion must be >= 0 and tightness > 0, got n = {n}, knapsacks = {knapsacks}, "
            f"required = {required}, factors = {factors}, risk_aversion = {risk_aversion}, tightness = {tightness}"
        )
    require_entries(n * max(n, knapsacks, factors), "n * max(n, knapsacks, factors)")
    rng = np.random.default_rng(seed)
    weights = rng.integers(10, 101, n)
    profits = np.floor(weights[:, None] * rng.uniform(1.0, 1.5, (n, knapsacks)))
    shares = rng.uniform(0.5, 1.5, knapsacks)
    capacities = np.floor(tightness * weights.sum() * shares / shares.sum()) if knapsacks else np.zeros(0)
    loadings = rng.integers(-3, 4, (n, factors))
    covariance = loadings @ loadings.T + np.diag(rng.integers(1, 10, n))
    return MultiKnapsack(
        profits,
        weights,
        capacities,
        required=_required(weights, capacities, required) if required else None,
        risk=risk_aversion * covariance if risk_aversion else None,
        name=f"multi-knapsack-n{n}-k{knapsacks}-t{tightness:g}-s{seed}",
    )


def _required(weights: AnyArray, capacities: AnyArray, number: int) -> Int:
    """Mark the ``number`` cheapest items, provided that first-fit by falling weight packs them."""
    marked = np.zeros(weights.size, dtype=np.int64)
    marked[np.argsort(weights, kind="stable")[:number]] = 1
    free = np.array(capacities, dtype=np.float64)
    for item in sorted(np.flatnonzero(marked), key=lambda i: (-weights[i], i)):
        fits = np.flatnonzero(free >= weights[item])
        if not fits.size or number > weights.size:
            raise ValueError(f"required must be few enough to fit the budgets, got {number}; raise the tightness")
        free[fits[0]] -= weights[item]
    if number > weights.size:
        raise ValueError(f"required must be at most {weights.size} items, got {number}; choose fewer")
    return marked
