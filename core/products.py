"""The products of a program's cost, whatever form they are held in: what the house asks of them.

``x'Qx`` with Q strictly upper triangular; ``Q + Q'`` holds each product at both of its variables. Stored products are a
sparse matrix; kronecker.py has a form that stores two factors instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .arrays import Float, Int

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: More products than this (two gigabytes while they are built) are never stored.
MAX_STORED = 25_000_000


class Products(Protocol):
    """Products of pairs of n variables, in any form."""

    @property
    def num_products(self) -> int:
        """Number of nonzero products, each pair counted once."""
        ...

    @property
    def weight(self) -> float:
        """No sum of products is larger: the sum of their absolute values, or more where it is not counted."""
        ...

    @property
    def is_integral(self) -> bool:
        """Whether all products are known to be integers."""
        ...

    @property
    def num_bytes(self) -> int:
        """Memory that they take as they are held."""
        ...

    @property
    def digest_parts(self) -> tuple[object, ...]:
        """What identifies the products, for ``digest``."""
        ...

    def values(self, points: Float) -> Float:
        """``x'Qx`` of each point, shape (k,) for points (k, n)."""
        ...

    def pull(self, x: Float, base: Float | None = None) -> Float:
        """``(Q + Q') x``, shape (n,): what the products add to the cost of setting each variable, x of shape (n,).

        Added to a ``base`` of the same shape where there is one, the linear costs for example.
        """
        ...

    def totals(self) -> Float:
        """Sum of the products of each variable, shape (n,)."""
        ...

    def line(self, variable: int) -> Float:
        """Products of one variable with all others, shape (n,)."""
        ...

    def among(self, keep: Int) -> csr_array:
        """``Q[keep][:, keep]``, shape (k, k) for positions of shape (k,)."""
        ...

    def blocks(self) -> Iterator[tuple[Int, Int, Float]]:
        """All products in row-major order, some rows of Q at a time: first variables, second variables, values.

        The three arrays have shape (number of products,).
        """
        ...

    def stored(self) -> csr_array:
        """Q as a matrix, shape (n, n).

        Raises
        ------
        UnsupportedError
            More than MAX_STORED products.
        """
        ...

    def refusal(self) -> str:
        """Why the products cannot be stored, and what works instead; empty where they can."""
        ...


@dataclass(frozen=True, eq=False)
class StoredProducts:
    """Products as a matrix: Q strictly upper triangular and canonical, shape (n, n).

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> products = StoredProducts(csr_array([[0, 3.0], [0, 0]]))
    >>> products.num_products, products.pull(np.array([1.0, 0.0])).tolist()
    (1, [0.0, 3.0])
    """

    matrix: csr_array

    @property
    def num_products(self) -> int:
        return int(self.matrix.nnz)

    @property
    def weight(self) -> float:
        return float(np.abs(self.matrix.data).sum())

    @property
    def is_integral(self) -> bool:
        return bool((self.matrix.data % 1 == 0).all())

    @property
    def num_bytes(self) -> int:
        return sum(int(part.nbytes) for part in (self.matrix.data, self.matrix.indices, self.matrix.indptr))

    @property
    def digest_parts(self) -> tuple[object, ...]:
        return (self.matrix,)

    def values(self, points: Float) -> Float:
        """``x'Qx`` of each point, shape (k,) for points (k, n)."""
        if not self.matrix.nnz:
            return np.zeros(len(points))
        return np.asarray(((points @ self.matrix) * points).sum(axis=1))

    def pull(self, x: Float, base: Float | None = None) -> Float:
        """``base + (Q + Q') x``, shape (n,), x of shape (n,)."""
        forth = self.matrix @ x
        return np.asarray((forth if base is None else base + forth) + self.matrix.T @ x)

    def totals(self) -> Float:
        """Sum of the products of each variable, shape (n,)."""
        return np.asarray(np.ravel(self.matrix.sum(axis=0)) + np.ravel(self.matrix.sum(axis=1)))

    def line(self, variable: int) -> Float:
        """Products of one variable with all others, shape (n,)."""
        after, before = self.matrix[[variable]].toarray(), self.matrix[:, [variable]].toarray()
        return np.asarray(after.ravel() + before.ravel())

    def among(self, keep: Int) -> csr_array:
        """``Q[keep][:, keep]``, shape (k, k) for positions of shape (k,)."""
        return self.matrix[keep][:, keep]

    def blocks(self) -> Iterator[tuple[Int, Int, Float]]:
        """All products at once: first variables, second variables, values, shape (number of products,) each."""
        entries = self.matrix.tocoo()
        yield entries.row, entries.col, entries.data

    def stored(self) -> csr_array:
        """The matrix, shape (n, n)."""
        return self.matrix

    def refusal(self) -> str:
        """Empty: they are stored."""
        return ""
