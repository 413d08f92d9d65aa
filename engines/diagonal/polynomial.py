"""Energies of all 2**n points of a polynomial of any degree, in blocks that stay in the cache.

A coefficient stands at the index whose bits are its term's variables; then one pass a bit adds (bits) or adds and
subtracts (spins) halves: n/2 additions a point, whatever the number of terms and their degree.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ...core import BinaryPolynomial
from .diagonal import CostDiagonal, Storage
from .memory import require_bytes

Float = npt.NDArray[np.float64]

#: Bits of a block of energies: 2**BLOCK_BITS doubles.
BLOCK_BITS = 16


def energy_blocks(polynomial: BinaryPolynomial) -> Iterator[Float]:
    """Energies of the points 0..2**n - 1 in order, 2**min(n, BLOCK_BITS) at a time.

    Examples
    --------
    >>> cubic = BinaryPolynomial.from_terms(3, {(0, 1, 2): 4, (1,): -1})
    >>> np.concatenate(list(energy_blocks(cubic))).tolist()
    [0.0, 0.0, -1.0, -1.0, 0.0, 0.0, -1.0, 3.0]
    """
    n = polynomial.num_variables
    low = min(n, BLOCK_BITS)
    is_spin = polynomial.vartype == "spin"
    masks = np.array([sum(1 << i for i in term) for term, _ in polynomial.terms()], dtype=np.int64)
    below, above = masks & ((1 << low) - 1), masks >> low
    values = polynomial.coefficients
    for block in range(1 << (n - low)):
        inside = above & block
        if is_spin:  # the product of the block's spins is -1 where an odd number of the term's bits is set
            weights = values * (1.0 - 2.0 * (np.bitwise_count(inside) % 2)) if n > low else values
        else:
            weights = np.where(inside == above, values, 0.0)
        energies = np.bincount(below, weights, minlength=1 << low).astype(np.float64)
        energies[0] += polynomial.offset
        for i in range(low):
            pairs = energies.reshape(-1, 2, 1 << i)
            if is_spin:
                first = pairs[:, 0].copy()
                pairs[:, 0] += pairs[:, 1]
                np.subtract(first, pairs[:, 1], out=pairs[:, 1])
            else:
                pairs[:, 1] += pairs[:, 0]
        yield energies


def polynomial_cost(polynomial: BinaryPolynomial, *, dtype: Storage = "auto") -> CostDiagonal:
    """The cost diagonal of a polynomial.

    Raises
    ------
    UnsupportedError
        The diagonal does not fit in memory; nothing was allocated.
    """
    n = polynomial.num_variables
    require_bytes(
        2**n * 24,
        f"the cost diagonal of a polynomial of {n} variables",
        "lower the number of variables or sample with another solver",
    )
    values = np.empty(1 << n)
    start = 0
    for block in energy_blocks(polynomial):
        values[start : start + block.size] = block
        start += block.size
    return CostDiagonal.from_values(values, dtype=dtype)
