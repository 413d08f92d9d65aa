"""Means of Z and of Z Z of chosen pairs in a matrix product state, with one sweep.

Only variables that still have a partner ahead are carried, so that a graph in a good order takes O(n width bond**3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...core import Float, Int
from .state import MatrixProduct

Complex = npt.NDArray[np.complex128]


def means_of_z(product: MatrixProduct, lows: Sequence[int] | Int, highs: Sequence[int] | Int) -> tuple[Float, Float]:
    """``<Z_i>`` of every site, shape (n,), and ``<Z_i Z_j>`` of the pairs, shape (m,), in their order.

    Parameters
    ----------
    product : normalised and orthonormal to the right.
    lows, highs : sites of each pair, lows < highs.

    Raises
    ------
    ValueError
        The product is not known to be orthonormal to the right.

    Examples
    --------
    >>> one, other = np.zeros((1, 2, 2), dtype=complex), np.zeros((2, 2, 1), dtype=complex)
    >>> one[0, 0, 0] = one[0, 1, 1] = np.sqrt(0.5)
    >>> other[0, 0, 0] = other[1, 1, 0] = 1
    >>> [part.round(9).tolist() for part in means_of_z(MatrixProduct((one, other), True), [0], [1])]
    [[0.0, 0.0], [1.0]]
    """
    if not product.is_right_orthonormal:
        raise ValueError("product must be orthonormal to the right, which only truncated_state promises")
    by_high: list[list[tuple[int, int]]] = [[] for _ in product.tensors]  # (pair, low) that end on each site
    last = np.arange(product.n)
    for pair, (low, high) in enumerate(zip(np.asarray(lows).tolist(), np.asarray(highs).tolist())):
        by_high[high].append((pair, low))
        last[low] = max(last[low], high)
    singles, pairs = np.zeros(product.n), np.zeros(len(np.asarray(lows)))
    signs = np.array([1.0, -1.0])
    carried: Complex = np.ones((1, 1, 1), dtype=complex)  # (batch, ket, bra): the identity, then opened variables
    opened: list[int] = []
    for site, tensor in enumerate(product.tensors):
        left, _, right = tensor.shape
        half = np.matmul(carried.transpose(0, 2, 1), tensor.reshape(left, 2 * right)).reshape(-1, left, 2, right)
        with_z = np.einsum("vlsr,lsr,s->v", half, tensor.conj(), signs).real
        singles[site] = with_z[0]
        for pair, low in by_high[site]:
            pairs[pair] = with_z[1 + opened.index(low)]
        keep = [k for k, low in enumerate(opened) if last[low] > site]
        opened = [opened[k] for k in keep]
        half = half[[0, *(1 + k for k in keep)]]
        if last[site] > site:
            half = np.concatenate([half, half[:1] * signs[:, None]])
            opened.append(site)
        flat = half.reshape(len(half), 2 * left, right).transpose(0, 2, 1)
        carried = np.matmul(flat, tensor.conj().reshape(2 * left, right))
    return singles, pairs
