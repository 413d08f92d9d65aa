"""Permutation matrices from broken ones: kept where they are unambiguous, completed by an assignment problem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core import AnyArray, Bits, Float, Int
from ..core.margins import ROUNDING


def unambiguous(matrix: AnyArray) -> AnyArray:
    """The ones of a 0/1 matrix that stand alone in their row and in their column. Same shape.

    Examples
    --------
    >>> unambiguous(np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]])).astype(int).tolist()
    [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    """
    ones = np.asarray(matrix) != 0
    return np.asarray(ones & (ones.sum(axis=1, keepdims=True) == 1) & (ones.sum(axis=0, keepdims=True) == 1))


def complete_assignment(x: Bits, m: int, marginal: Callable[[AnyArray], Float]) -> Int:
    """Permutation near m*m bits: unambiguous ones stay, the rest is the cheapest assignment by marginal costs.

    Parameters
    ----------
    x : bits of shape (m*m,).
    m : order.
    marginal : costs (m, m) of setting each bit, given the kept ones (m, m). Among equally cheap assignments the one
        with most ones of x is taken.

    Returns
    -------
    Column of each row, shape (m,).

    References
    ----------
    H. W. Kuhn (1955), The Hungarian method for the assignment problem, doi:10.1002/nav.3800020109 (scipy's is the
    shortest augmenting path method of D. F. Crouse 2016, doi:10.1109/TAES.2016.140952).
    """
    from scipy.optimize import linear_sum_assignment

    matrix = np.asarray(x).reshape(m, m)
    kept = unambiguous(matrix)
    columns = np.where(kept.any(axis=1), kept.argmax(axis=1), -1) if m else np.zeros(0, dtype=np.int64)
    rows, free = np.flatnonzero(columns < 0), np.flatnonzero(~kept.any(axis=0))
    if len(rows):
        costs = marginal(kept)[np.ix_(rows, free)]
        # a share of the spread too small to outweigh a real difference of integer costs
        preference = ROUNDING * (1.0 + np.abs(costs).max()) * (matrix[np.ix_(rows, free)] != 0)
        chosen = linear_sum_assignment(costs - preference)
        columns[rows[chosen[0]]] = free[chosen[1]]
    return np.asarray(columns, dtype=np.int64)
