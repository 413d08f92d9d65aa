"""Bounded-integer bits: an integer 0..span as a sum of weighted bits that reaches every value and nothing beyond.

The weights are powers of two with a smaller last one. Codes of one integer are not unique (unless span + 1 is a power
of two); ``split_bits`` picks one of them. Spans of 2**62 and more are refused: the weights are int64.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .arrays import Bits, Int

_LARGEST_SPAN = 2**62 - 1


def num_bits(span: int) -> int:
    """Number of bits of ``bounded_coefficients(span)``: floor(log2 span) + 1, and 0 for a span of 0.

    Raises
    ------
    ValueError
        The span is no integer in 0..2**62 - 1.

    Examples
    --------
    >>> [num_bits(span) for span in (0, 1, 2, 3, 4, 1000)]
    [0, 1, 2, 2, 3, 10]
    """
    if span != int(span) or not 0 <= span <= _LARGEST_SPAN:
        raise ValueError(f"span must be an integer in 0..{_LARGEST_SPAN}, got {span!r}; rescale the row")
    return int(span).bit_length()


def bounded_coefficients(span: int) -> Int:
    """Weights 1, 2, 4, ..., 2^(K-2), span - (2^(K-1) - 1) of K bits, whose sums are exactly 0, 1, ..., span.

    Shape (K,).

    Parameters
    ----------
    span : largest value to reach, >= 0.

    Returns
    -------
    int64 array of length K = floor(log2 span) + 1, low bit first; empty for span 0.

    Raises
    ------
    ValueError
        The span is negative, not an integer, or 2**62 and more.

    References
    ----------
    S. Karimi, P. Ronagh (2019), Practical integer-to-binary mapping for quantum annealers, arXiv:1706.01945,
    bounded-coefficient encoding without an upper limit on the weights. The same weights as Qiskit's IntegerToBinary.

    Examples
    --------
    >>> bounded_coefficients(10).tolist()
    [1, 2, 4, 3]
    """
    count = num_bits(span)
    weights = np.left_shift(np.int64(1), np.arange(count, dtype=np.int64))
    if count:
        weights[-1] = int(span) - (2 ** (count - 1) - 1)
    return weights


def split_bits(values: npt.ArrayLike, coefficients: Int) -> Bits:
    """Bits of integers under weights from ``bounded_coefficients``; values of any shape, bits in a new last axis.

    The last bit is set only where the others cannot reach the value, so the code is the one with most low bits.

    Raises
    ------
    ValueError
        A value is not an integer in 0..span.

    Examples
    --------
    >>> split_bits([0, 7, 8, 10], bounded_coefficients(10)).tolist()
    [[0, 0, 0, 0], [1, 1, 1, 0], [1, 0, 1, 1], [1, 1, 1, 1]]
    """
    given = np.asarray(values)
    integers = given.astype(np.int64)
    span = int(coefficients.sum())
    wrong = (integers != given) | (integers < 0) | (integers > span)
    if wrong.any():
        raise ValueError(f"values must be integers in 0..{span}, got {given[wrong].flat[0]!r}; widen the span")
    if not coefficients.size:
        return np.zeros((*integers.shape, 0), dtype=np.uint8)
    count = coefficients.size
    high = integers > 2 ** (count - 1) - 1
    low = integers - np.where(high, coefficients[-1], 0)
    bits = (low[..., None] >> np.arange(count - 1)) & 1
    return np.concatenate([bits, high[..., None]], axis=-1).astype(np.uint8)


def join_bits(bits: npt.ArrayLike, coefficients: Int) -> Int:
    """Integers of bits (..., K): the weighted sum over the last axis; inverse of ``split_bits``.

    Examples
    --------
    >>> join_bits([[1, 0, 1, 1], [1, 1, 1, 1]], bounded_coefficients(10)).tolist()
    [8, 10]
    """
    joined: Int = np.asarray(bits, dtype=np.int64) @ np.asarray(coefficients, dtype=np.int64)
    return joined
