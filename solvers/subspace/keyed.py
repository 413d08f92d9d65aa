"""Feasible subspaces held as a list: Hamming-weight subsets, and the enumerated feasible points of linear rows.

A point is an integer key, bit i of the key is program bit i; keys are sorted, so that ``index`` is a binary search.
Up to 62 bits; the number of points is what costs (8 B a key), and it is counted before it is taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import Bits, InfeasibleError, Int, Rows, UnsupportedError, frozen
from ...core.margins import row_tolerances
from .memory import check_bytes
from .spaces import checked_indices, checked_points

MAX_KEY_BITS = 62

#: Most points an enumeration keeps at any time.
MAX_POINTS = 4_000_000


@dataclass(frozen=True, eq=False)
class KeyedSpace:
    """A list of points by their integer keys, sorted.

    Parameters
    ----------
    keys : distinct keys, shape (size,); bit i of a key is program bit i.
    num_bits : bits of a point, at most 62.
    label : what the points are, for ``describe``.
    weight : number of ones of every point where it is the same for all and all such points are there; else None.

    Examples
    --------
    >>> space = KeyedSpace([0, 1, 2], 2, "independent sets of one edge")
    >>> space.points().tolist(), space.index([[0, 1]]).tolist()
    ([[0, 0], [1, 0], [0, 1]], [2])
    """

    keys: Int
    num_bits: int
    label: str
    weight: int | None = None

    def __post_init__(self) -> None:
        if self.num_bits > MAX_KEY_BITS:
            raise UnsupportedError(
                f"a listed space must have <= {MAX_KEY_BITS} bits, got {self.num_bits}; fix variables first, or use a "
                "sampler of the penalty model"
            )
        keys = frozen(np.unique(np.asarray(self.keys, dtype=np.int64)), np.int64)
        if keys.size and not (keys[0] >= 0 and int(keys[-1]) < 1 << self.num_bits):
            raise ValueError(f"keys must lie in 0..2**{self.num_bits}-1, got {keys[0]}..{keys[-1]}")
        object.__setattr__(self, "keys", keys)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @property
    def size(self) -> int:
        return int(self.keys.size)

    def points(self, indices: npt.ArrayLike | None = None) -> Bits:
        """Points, shape (k, num_bits), of indices, shape (k,); None: all."""
        keys = self.keys[checked_indices(indices, self.size)]
        out = np.empty((keys.size, self.num_bits), dtype=np.uint8)
        for i in range(self.num_bits):
            out[:, i] = (keys >> i) & 1
        return out

    def index(self, points: npt.ArrayLike) -> Int:
        """Indices, shape (k,), of points, shape (k, num_bits).

        Raises
        ------
        ValueError
            A point does not lie in the space.
        """
        found = self.find(keys_of(checked_points(points, self.num_bits)))
        if (found < 0).any():
            raise ValueError(f"points must lie in the space ({self.label}); repair them first")
        return found

    def find(self, keys: Int) -> Int:
        """Index of each key, shape (k,) as the keys, -1 where it is not in the space."""
        at = np.searchsorted(self.keys, keys)
        at[at == self.size] = 0
        return np.where(self.keys[at] == keys, at, -1) if self.size else np.full(keys.shape, -1)

    def describe(self) -> str:
        """What the states are and how many."""
        return f"{self.label}: {self.size:,} states instead of 2**{self.num_bits}"


def keys_of(X: Bits) -> Int:
    """Integer keys of points (k, n): sum of x_i 2**i."""
    keys = np.zeros(len(X), dtype=np.int64)
    for i in range(X.shape[1]):
        keys |= X[:, i].astype(np.int64) << i
    return keys


def subset_space(n: int, weight: int, *, max_bytes: int | None = None) -> KeyedSpace:
    """All points of n bits with exactly ``weight`` ones: C(n, weight) states, the Dicke subspace.

    Raises
    ------
    UnsupportedError
        The points do not fit in ``max_bytes``.

    Examples
    --------
    >>> subset_space(4, 2).keys.tolist()
    [3, 5, 6, 9, 10, 12]
    """
    if not 0 <= weight <= n:
        raise ValueError(f"weight must lie in 0..{n}, got {weight}")
    size = math.comb(n, weight)
    check_bytes(f"C({n}, {weight}) = {size:,} subsets", 16 * size, "fix variables first", max_bytes)
    # Pascal's rule, one bit at a time: S(m, k) = S(m-1, k) + (S(m-1, k-1) with bit m-1)
    layers: list[Int] = [np.zeros(1, dtype=np.int64)] + [np.zeros(0, dtype=np.int64)] * weight
    for m in range(n):
        for k in range(min(weight, m + 1), max(0, weight - (n - m)), -1):
            layers[k] = np.concatenate([layers[k], layers[k - 1] | (1 << m)])
    return KeyedSpace(layers[weight], n, f"subsets of {weight} of {n}", weight)


def enumerate_rows(rows: Rows, *, max_points: int = MAX_POINTS, max_bytes: int | None = None) -> KeyedSpace:
    """All points of {0,1}^n that keep every row, by widening one bit at a time and cutting what can no longer fit.

    A partial point is cut when a row's activity plus the most (least) that its open bits can add misses the row's
    bounds; a cut is never wrong, and the last bit makes it exact (decimal rows within the program's tolerance).

    Raises
    ------
    UnsupportedError
        More than ``max_points`` partial points at some bit, more bytes than ``max_bytes``, or more than 62 bits.
        Counted before the points of that bit are allocated.

    Examples
    --------
    >>> from ...core import make_rows
    >>> enumerate_rows(make_rows([[1, 1, 0], [0, 1, 1]], upper=[1, 1])).points().tolist()
    [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]]
    """
    m, n = rows.A.shape
    A = rows.A.toarray()
    slack = row_tolerances(A, rows.lower, rows.upper)
    after_max = np.concatenate([np.cumsum(np.maximum(A, 0)[:, ::-1], axis=1)[:, ::-1], np.zeros((m, 1))], axis=1)
    after_min = np.concatenate([np.cumsum(np.minimum(A, 0)[:, ::-1], axis=1)[:, ::-1], np.zeros((m, 1))], axis=1)
    keys, activity = np.zeros(1, dtype=np.int64), np.zeros((1, m))
    if n > MAX_KEY_BITS:
        raise UnsupportedError(f"an enumeration must have <= {MAX_KEY_BITS} bits, got {n}; fix variables first")
    for i in range(n):
        low = rows.lower - slack - after_max[:, i + 1]
        high = rows.upper + slack - after_min[:, i + 1]
        one = activity + A[:, i]
        keep_zero = ((activity >= low) & (activity <= high)).all(axis=1)
        keep_one = ((one >= low) & (one <= high)).all(axis=1)
        total = int(keep_zero.sum()) + int(keep_one.sum())
        if total > max_points:
            raise UnsupportedError(
                f"a feasible set must have <= {max_points:,} points, got {total:,} partial ones at bit {i + 1} of {n}; "
                "fix variables first, or use a sampler of the penalty model"
            )
        check_bytes(f"{total:,} partial points with {m} rows", total * (2 * m + 3) * 8, "fix variables", max_bytes)
        keys = np.concatenate([keys[keep_zero], keys[keep_one] | (1 << i)])
        activity = np.concatenate([activity[keep_zero], one[keep_one]])
    if not keys.size:
        raise InfeasibleError("a feasible set must not be empty; no point keeps all the rows")
    return KeyedSpace(keys, n, f"feasible points of {m} rows")
