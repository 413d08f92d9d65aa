"""All 2**n points and their values, by doubling: one addition a point and bit, no matrix of points.

State k holds bit i of k as ``z[i]``. Refuses above 24 bits (128 MB an array).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..core import AnyArray, Bits, Float, Int, UnsupportedError, bqm_to_arrays

if TYPE_CHECKING:
    import dimod

MAX_BITS = 24


def indices_to_bits(indices: npt.ArrayLike, n: int) -> Bits:
    """Bits of indices, shape (k, n): column i is z[i].

    Examples
    --------
    >>> indices_to_bits([1, 6], 3).tolist()
    [[1, 0, 0], [0, 1, 1]]
    """
    index = np.atleast_1d(np.asarray(indices, dtype=np.int64))
    return ((index[:, None] >> np.arange(n)) & 1).astype(np.uint8)


def bits_to_indices(bits: npt.ArrayLike) -> Int:
    """Indices of bit rows, shape (k,).

    Examples
    --------
    >>> bits_to_indices([[1, 0, 0], [0, 1, 1]]).tolist()
    [1, 6]
    """
    rows = np.atleast_2d(np.asarray(bits)).astype(np.int64)
    return np.asarray(rows @ (np.int64(1) << np.arange(rows.shape[1], dtype=np.int64)))


def all_points(num_bits: int) -> Bits:
    """All 2**num_bits points as rows. Shape (2**num_bits, num_bits).

    Raises
    ------
    UnsupportedError
        More than 24 bits.

    Examples
    --------
    >>> all_points(2).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    check_bits(num_bits)
    return indices_to_bits(np.arange(2**num_bits), num_bits)


def all_sums(linear: AnyArray, products: AnyArray | None = None) -> Float:
    """``linear'z + sum_(i<j) products_ji z_i z_j`` at every state, shape (2**n,).

    Parameters
    ----------
    linear : shape (n,).
    products : shape (n, n), of which the lower triangle counts; None for none.

    Raises
    ------
    UnsupportedError
        More than 24 bits.
    """
    n = len(linear)
    check_bits(n)
    sums = np.zeros(1 << n)
    for i in range(n):
        below = sums[: 1 << i]
        change = linear[i] if products is None else linear[i] + all_sums(products[i, :i])
        sums[1 << i : 2 << i] = below + change
    return sums


def all_energies(bqm: dimod.BinaryQuadraticModel) -> Float:
    """Energies of all 2**n points of a BINARY model with labels 0..n-1, shape (2**n,).

    Raises
    ------
    UnsupportedError
        More than 24 bits.

    Examples
    --------
    >>> import dimod
    >>> all_energies(dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {(0, 1): 2.0}, 0.5, "BINARY")).tolist()
    [0.5, 1.5, -0.5, 2.5]
    """
    linear, i, j, values, offset = bqm_to_arrays(bqm)
    products = np.zeros((len(linear), len(linear)))
    np.add.at(products, (np.maximum(i, j), np.minimum(i, j)), values)
    return all_sums(linear, products) + offset


def check_bits(num_bits: int) -> None:
    """Refuse an enumeration of more than 24 bits.

    Raises
    ------
    UnsupportedError
        More than 24 bits.
    """
    if num_bits > MAX_BITS:
        raise UnsupportedError(
            f"enumeration must have at most {MAX_BITS} bits, got {num_bits}; take a smaller instance"
        )
