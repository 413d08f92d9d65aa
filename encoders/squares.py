"""Rows as quadratic functions: weighted squares of ``A z - b`` and weighted products of pairs of literals.

Both are one sparse product ``A' diag(w) A``: its size is the sum of the squared row lengths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Float, inner
from .quadratic import Quadratic

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def row_squares(A: csr_array, targets: Float, weights: Float) -> Quadratic:
    """``sum_r weights_r (A_r z - targets_r)**2`` over bits z.

    Parameters
    ----------
    A : shape (r, m).
    targets, weights : shape (r,).

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> f = row_squares(csr_array([[1.0, 2.0]]), np.array([2.0]), np.array([10.0]))
    >>> f.values(np.array([[0, 0], [1, 0], [0, 1], [1, 1]])).tolist()
    [40.0, 10.0, 0.0, 10.0]
    """
    gram = _gram(A, weights)
    linear = gram.diagonal() - 2.0 * (A.T @ (weights * targets))
    return Quadratic(linear, _above(gram) * 2.0, inner(weights, targets**2))


def pair_products(A: csr_array, weights: Float) -> Quadratic:
    """``sum_r weights_r sum_{i<j} l_i l_j`` over the literals of each row: 0 iff at most one of them is 1.

    Parameters
    ----------
    A : shape (r, m); +1 stands for the literal z_i, -1 for 1 - z_i.
    weights : shape (r,).

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> f = pair_products(csr_array([[1.0, -1.0]]), np.array([10.0]))  # z_0 implies z_1
    >>> f.values(np.array([[0, 0], [1, 0], [0, 1], [1, 1]])).tolist()
    [0.0, 10.0, 0.0, 0.0]
    """
    # l_i = f_i + g_i z_i with g the entry of A and f = 1 for a negated bit
    negated = (A < 0).astype(np.float64)
    count = np.asarray(negated.sum(axis=1)).ravel()
    linear = A.T @ (weights * count) + negated.T @ weights  # g_i (count - f_i), and -g_i = 1 where f_i = 1
    return Quadratic(np.asarray(linear), _above(_gram(A, weights)), inner(weights, count * (count - 1) / 2))


def _gram(A: csr_array, weights: Float) -> csr_array:
    from scipy.sparse import csr_array, diags_array

    return csr_array(A.T @ (diags_array(weights) @ A))


def _above(matrix: csr_array) -> csr_array:
    from scipy.sparse import csr_array, triu

    return csr_array(triu(matrix, 1))
