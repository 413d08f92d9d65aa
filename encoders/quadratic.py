"""Quadratic function of bits as arrays: what encoders add up before one QUBO is built from it.

``offset + linear'z + z'products z`` with strictly upper triangular products (z_i**2 = z_i stands in ``linear``). All
operations are sparse matrix operations; nothing loops over terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..core import BinaryProgram, bqm_from_arrays
from ..core.arrays import AnyArray, Float, freeze_csr, inner

if TYPE_CHECKING:
    import dimod
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Quadratic:
    """``offset + linear'z + z'products z`` over m bits; the arrays it is given become read-only.

    Parameters
    ----------
    linear : shape (m,).
    products : shape (m, m), strictly upper triangular.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> f = Quadratic(np.array([1.0, 2.0]), csr_array([[0, 3], [0, 0]]), 5.0)
    >>> f.values(np.array([[0, 0], [1, 1]])).tolist()
    [5.0, 11.0]
    """

    linear: Float
    products: csr_array
    offset: float = 0.0

    def __post_init__(self) -> None:
        self.linear.flags.writeable = False
        freeze_csr(self.products)

    @property
    def num_bits(self) -> int:
        return int(self.linear.size)

    @staticmethod
    def cost(program: BinaryProgram) -> Quadratic:
        """The cost of a program, without its rows."""
        return Quadratic(program.c, program.products, program.offset)

    def padded(self, num_bits: int) -> Quadratic:
        """The same function of more bits, the new ones behind and without effect."""
        from scipy.sparse import csr_array

        more = num_bits - self.num_bits
        if more == 0:
            return self
        p = self.products
        indptr = np.concatenate([p.indptr, np.full(more, p.indptr[-1])])
        wider = csr_array((p.data, p.indices, indptr), shape=(num_bits, num_bits))
        return Quadratic(np.concatenate([self.linear, np.zeros(more)]), wider, self.offset)

    def plus(self, other: Quadratic) -> Quadratic:
        """Sum of two functions of the same bits."""
        products = self.products + other.products if other.products.nnz else self.products
        return Quadratic(self.linear + other.linear, products, self.offset + other.offset)

    def scaled(self, factor: float) -> Quadratic:
        """``factor`` times the function."""
        return Quadratic(self.linear * factor, self.products * factor, self.offset * factor)

    def substituted(self, T: csr_array, t: Float) -> Quadratic:
        """The function of new bits y where ``z = T y + t``; only y is binary, z may take any values.

        ``z'Qz + h'z + o = y'(T'QT)y + (T'(Q + Q')t + T'h)'y + t'Qt + h't + o``.

        T has shape (n, m), t shape (n,).
        """
        from scipy.sparse import csr_array, triu

        Q = self.products
        moved = csr_array(T.T @ (Q @ T))
        linear = T.T @ (Q @ t + Q.T @ t + self.linear) + moved.diagonal()
        products = csr_array(triu(moved, 1) + triu(moved.T, 1))
        return Quadratic(linear, products, self.offset + inner(t, Q @ t) + inner(self.linear, t))

    def values(self, Z: AnyArray) -> Float:
        """Value at each point, shape (k,) for Z of shape (k, m)."""
        points = np.atleast_2d(np.asarray(Z, dtype=np.float64))
        quadratic = ((points @ self.products) * points).sum(axis=1)
        return np.asarray(points @ self.linear + quadratic + self.offset, dtype=np.float64)

    @property
    def is_integer(self) -> bool:
        """Whether all coefficients are integers so small that every value is exact in float64."""
        parts = (self.linear, self.products.data, np.array([self.offset]))
        return all(bool((part % 1 == 0).all()) for part in parts) and self.weight < 2.0**53

    @property
    def weight(self) -> float:
        """Sum of all absolute coefficients: no partial sum of terms is larger."""
        return float(np.abs(self.linear).sum() + np.abs(self.products.data).sum() + abs(self.offset))

    @property
    def resolution(self) -> float:
        """Values that differ by less than this may be rounding; 0 where all arithmetic is exact.

        Pairwise sums of N terms err by at most about ``log2(N) 2**-53`` times the sum of absolute terms; ``2**-47``
        covers N = 2**64.
        """
        return 0.0 if self.is_integer else 2.0**-47 * self.weight

    def bqm(self) -> dimod.BinaryQuadraticModel:
        """The function as a dimod BINARY model with labels 0..m-1."""
        coo = self.products.tocoo()
        return bqm_from_arrays(self.linear, coo.row, coo.col, coo.data, self.offset)
