"""Permutation matrices as bits: what the assignment of QAP and the positions of TSP share.

A permutation p of 0..m-1 is m*m bits, ``x[i*m + k] = 1`` iff p[i] = k; two one-hot rows a number hold it together.
"""

from __future__ import annotations

import numpy as np

from ..core import AnyArray, Bits, Int, Rows, Size, UnsupportedError
from ..core.products import MAX_STORED

#: Programs with more products than this (two gigabytes while they are built) are refused.
MAX_TERMS = MAX_STORED


def one_hot_rows(m: int, first: str, second: str) -> Rows:
    """2m rows over m*m bits: each i takes one k (``first[i]``), each k is taken by one i (``second[k]``).

    Examples
    --------
    >>> one_hot_rows(2, "facility", "location").A.toarray().astype(int).tolist()
    [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
    """
    from scipy.sparse import csr_array

    bits = np.arange(m * m).reshape(m, m)
    columns = np.concatenate([bits.ravel(), bits.T.ravel()])
    A = csr_array((np.ones(2 * m * m), columns, np.arange(2 * m + 1) * m), shape=(2 * m, m * m))
    names = [f"{first}[{i}]" for i in range(m)] + [f"{second}[{k}]" for k in range(m)]
    return Rows(A, np.ones(2 * m), np.ones(2 * m), tuple(names))


def permutation_of(x: AnyArray, m: int) -> Int | None:
    """The permutation, shape (m,), that bits, shape (m * m,), denote; None when a one-hot row is broken.

    Examples
    --------
    >>> permutation_of(np.array([0, 1, 1, 0]), 2).tolist(), permutation_of(np.array([1, 1, 0, 0]), 2)
    ([1, 0], None)
    """
    matrix = np.asarray(x).reshape(m, m)
    if not ((matrix.sum(axis=0) == 1).all() and (matrix.sum(axis=1) == 1).all() and np.isin(matrix, (0, 1)).all()):
        return None
    return np.asarray(matrix.argmax(axis=1) if m else np.zeros(0), dtype=np.int64)


def permutation_bits(p: AnyArray) -> Bits:
    """Bits, shape (m * m,), of a permutation, shape (m,); inverse of ``permutation_of``."""
    m = len(p)
    bits = np.zeros((m, m), dtype=np.uint8)
    bits[np.arange(m), p] = 1
    return bits.ravel()


def refuse_too_large(size: Size, subject: str, remedy: str) -> None:
    """Refuse to build a program of more than MAX_TERMS terms.

    Raises
    ------
    UnsupportedError
        With the numbers and the remedy.
    """
    if size.terms > MAX_TERMS:
        raise UnsupportedError(
            f"{subject} must have at most {MAX_TERMS:,} terms as a binary program, got {size.terms:,} "
            f"({size.variables:,} variables, about {size.terms * 80 / 2**30:.1f} GiB while building); {remedy}"
        )
