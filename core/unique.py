"""Distinct points among many: rows of bits packed into words of 64, which sort many times faster than rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .arrays import Int


class UniqueRows(NamedTuple):
    """Distinct rows in lexicographic order: where each stands first, which of them each row is, how often it stands."""

    first: Int
    inverse: Int
    counts: Int


def unique_rows(points: npt.ArrayLike) -> UniqueRows:
    """What ``numpy.unique(points, axis=0)`` tells of points of 0 and 1, shape (k, n), in a fraction of its time.

    Examples
    --------
    >>> found = unique_rows([[1, 0], [0, 1], [1, 0]])
    >>> [part.tolist() for part in found]
    [[1, 0], [1, 0, 1], [1, 2]]
    """
    Z = np.asarray(points, dtype=np.uint8)
    num_rows, n = Z.shape
    packed = np.zeros((num_rows, 8 * max(1, -(-n // 64))), dtype=np.uint8)
    packed[:, : -(-n // 8)] = np.packbits(Z, axis=1)
    words = packed.view(">u8").astype(np.uint64)
    order = np.argsort(words[:, 0], kind="stable") if words.shape[1] == 1 else np.lexsort(words.T[::-1])
    ordered = words[order]
    is_new = np.ones(num_rows, dtype=np.bool_)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    inverse = np.empty(num_rows, dtype=np.int64)
    inverse[order] = np.cumsum(is_new) - 1
    first = order[is_new].astype(np.int64)
    return UniqueRows(first, inverse, np.bincount(inverse, minlength=len(first)).astype(np.int64))
