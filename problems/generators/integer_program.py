"""Random bounded integer programs: packing rows over integers, profits to maximise, a few products."""

from __future__ import annotations

import numpy as np

from ...core import GENERATORS
from ..integer_program import IntegerProgram
from .limits import require_entries


@GENERATORS.register("integer-program")
def integer_program(
    *, n: int = 6, m: int = 2, max_value: int = 3, products: int = 2, max_coefficient: int = 9, seed: int = 0
) -> IntegerProgram:
    """n integers in 0..max_value, m rows ``a x <= b`` with b half of what all variables at their largest would need.

    Profits and coefficients are uniform integers in 1..max_coefficient; products take up to max_coefficient away.

    Parameters
    ----------
    n : variables
    m : rows
    max_value : largest value of a variable
    products : pairs of variables with a product in the objective
    max_coefficient : largest coefficient

    Raises
    ------
    ValueError
        A size is out of range.
    """
    if n < 0 or m < 0 or max_value < 1 or products < 0 or max_coefficient < 1:
        raise ValueError(
            f"n, m and products must be >= 0, max_value and max_coefficient >= 1, got {n}, {m}, {products}, "
            f"{max_value} and {max_coefficient}; choose again"
        )
    require_entries(n * max(n, m), "n * max(n, m)")
    rng = np.random.default_rng(seed)
    u, v = np.triu_indices(n, 1)
    chosen = np.sort(rng.choice(u.size, size=min(products, u.size), replace=False))
    weights = rng.integers(1, max_coefficient + 1, (m, n))
    return IntegerProgram(
        linear=rng.integers(1, max_coefficient + 1, n),
        minimum=np.zeros(n, dtype=np.int64),
        maximum=np.full(n, max_value),
        pairs=np.stack([u[chosen], v[chosen]], axis=1),
        couplings=-rng.integers(1, max_coefficient + 1, chosen.size),
        row_entries=np.argwhere(np.ones((m, n), dtype=bool)),
        row_values=weights.ravel(),
        lower=(None,) * m,
        upper=tuple(int(total) for total in max_value * weights.sum(axis=1) // 2),
        sense="max",
        name=f"integer-program-n{n}-m{m}-s{seed}",
    )
