"""Labels of dynamic programs over visited sets, as arrays: sets in words of bits, and who dominates whom."""

from __future__ import annotations

import numpy as np

from ..core import AnyArray, Float, Int
from .windows import Mask

#: Customers a word of a set holds.
WORD = 62


def num_words(n: int) -> int:
    """Words that sets of n customers take."""
    return max(1, -(-n // WORD))


def has(sets: Int, v: int) -> Mask:
    """Whether customer v is in each set; sets of shape (k, words)."""
    member: Mask = (sets[:, (v - 1) // WORD] >> ((v - 1) % WORD) & 1).astype(bool)
    return member


def with_customer(sets: Int, v: int) -> Int:
    """The sets, shape (k, words), with customer v added."""
    more = sets.copy()
    more[:, (v - 1) // WORD] |= np.int64(1) << np.int64((v - 1) % WORD)
    return more


def undominated(sets: Int, last: Int, time: Float, cost: Float) -> Int:
    """Indices of the labels that are cheaper than every earlier one of equal set and last stop.

    Sets have shape (k, words), last stops, times and costs (k,); the indices stand in the order of sets, last stops and
    times.

    Examples
    --------
    >>> sets, last = np.array([[3], [3], [3], [5]]), np.array([1, 1, 1, 1])
    >>> undominated(sets, last, np.array([4.0, 5.0, 6.0, 9.0]), np.array([7.0, 7.0, 6.0, 9.0])).tolist()
    [0, 2, 3]
    """
    order = np.lexsort([cost, time, last, *sets.T])
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (sets[order][1:] == sets[order][:-1]).all(axis=1) & (last[order][1:] == last[order][:-1])
    group = np.cumsum(~same)
    rank = np.unique(cost[order], return_inverse=True)[1].ravel()
    level = rank - group * (int(rank.max(initial=0)) + 1)  # falls from group to group, so minima do not cross
    keep = ~same
    keep[1:] |= level[1:] < np.minimum.accumulate(level)[:-1]
    return np.asarray(order[keep])


def unique_sets(sets: Int, cost: Float) -> Int:
    """Index of the cheapest label of each set, in the order of the sets.

    Sets have shape (k, words), costs (k,), the indices (number of distinct sets,).

    Examples
    --------
    >>> unique_sets(np.array([[3], [1], [3]]), np.array([5.0, 1.0, 4.0])).tolist()
    [1, 2]
    """
    order = np.lexsort([cost, *sets.T])
    first = np.ones(len(order), dtype=bool)
    first[1:] = (sets[order][1:] != sets[order][:-1]).any(axis=1)
    return np.asarray(order[first])


def members(row: AnyArray, n: int) -> list[int]:
    """The customers of one set, shape (words,)."""
    return [v for v in range(1, n + 1) if int(row[(v - 1) // WORD]) >> ((v - 1) % WORD) & 1]
