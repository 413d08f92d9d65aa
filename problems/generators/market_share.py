"""Random market share instances, drawn exactly as published comparisons draw them."""

from __future__ import annotations

import random

import numpy as np

from ...core import GENERATORS
from ..market_share import MarketShare
from .limits import require_entries


@GENERATORS.register("market-share")
def market_share(
    *, products: int = 2, retailers: int | None = None, max_demand: int = 99, seed: int = 0
) -> MarketShare:
    """Products with demands at retailers that are to be split evenly.

    Demands are uniform integers in 0..max_demand, drawn row by row from Python's ``random.Random(seed)``; a target is
    half the row's sum, rounded down.

    Parameters
    ----------
    products : products P
    retailers : retailers; 10 (P - 1) when left out, the hard case of Cornuejols and Dawande
    max_demand : largest demand

    Raises
    ------
    ValueError
        A size is out of range.

    References
    ----------
    M. Sharma, H. C. Lau (2025), A comparative study of quantum optimization techniques, arXiv:2503.12121, whose
    instances (seeds 0 and 1, two to five products) come out number for number.

    Examples
    --------
    >>> market_share(products=3, seed=0).targets.tolist()
    [490, 517, 540]
    """
    count = 10 * (products - 1) if retailers is None else retailers
    if products < 1 or count < 0 or max_demand < 1:
        raise ValueError(
            f"products and max_demand must be >= 1 and retailers >= 0, got {products}, {max_demand} and {count}; "
            "choose again"
        )
    require_entries(products * count, "products * retailers")
    rng = random.Random(seed)
    demands = [[rng.randrange(0, max_demand + 1) for _ in range(count)] for _ in range(products)]
    targets = [int(0.5 * sum(row)) for row in demands]
    return MarketShare(
        np.array(demands).reshape(products, count), np.array(targets), name=f"market-share-p{products}-r{count}-s{seed}"
    )
