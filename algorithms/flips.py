"""Descent by flips of bits on a binary program: less violation first, then less cost; singles, and pairs on request.

Activities, violations and cost changes are kept from flip to flip, so that a flip costs its own rows and products and
one pass over the entries. Products are those of the cost; rows are held to the program's tolerances.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core import AnyArray, BinaryProgram, Bits, Float
from ..core.margins import min_improvement
from .ties import argmax_random_ties

#: Violations are compared to within this share of a row's size: sums of many terms in another order differ that much.
_ROUNDING = 1e-12


class Flips:
    """A point, its row activities and the change of the cost by each flip.

    Parameters
    ----------
    program : costs and rows.
    x : point, shape (n,).
    """

    def __init__(self, program: BinaryProgram, x: Bits) -> None:
        rows = program.constraints
        Q = program.products
        self.program = program
        self.x: Bits = np.array(x, dtype=np.uint8)
        self._symmetric = (Q + Q.T).tocsr()
        self._columns = rows.A.tocsc()
        n = program.num_variables
        self._column_of = np.repeat(np.arange(n), np.diff(self._columns.indptr))
        # half the tolerance, so that activities kept by adding up stay inside what a fresh sum is held to
        self._lower, self._upper = rows.lower - 0.5 * program.tolerances, rows.upper + 0.5 * program.tolerances
        point = self.x.astype(np.float64)
        self._sign: Float = 1.0 - 2.0 * point
        self._activity: Float = np.asarray(rows.A @ point)
        self._gradient: Float = np.asarray(program.c + self._symmetric @ point)
        self.least = min_improvement(np.concatenate([program.c, Q.data]))
        size = float(np.abs(rows.A.data).max(initial=0.0))
        self._tie = _ROUNDING * max(1.0, size) * max(1, len(rows))
        self._next = 0

    def flip(self, variables: tuple[int, ...]) -> None:
        """Flip these variables."""
        for j in variables:
            step = float(self._sign[j])
            self.x[j] ^= 1
            self._sign[j] = -step
            part = slice(int(self._columns.indptr[j]), int(self._columns.indptr[j + 1]))
            self._activity[self._columns.indices[part]] += step * self._columns.data[part]
            part = slice(int(self._symmetric.indptr[j]), int(self._symmetric.indptr[j + 1]))
            self._gradient[self._symmetric.indices[part]] += step * self._symmetric.data[part]

    def best_single(self, rng: np.random.Generator | None = None) -> tuple[int, ...] | None:
        """The flip of least (violation, cost) that lowers one without raising the other before it; None if none does.

        ``rng`` breaks ties; the lowest index where it is None.
        """
        if not self.x.size:
            return None
        violation, cost = self._violation_changes(), self._sign * self._gradient
        least = violation.min()
        values = np.where(violation <= least + self._tie, cost, np.inf)
        j = int(values.argmin()) if rng is None else argmax_random_ties(-values, rng)
        is_better = violation[j] < -self._tie or (violation[j] <= self._tie and cost[j] <= -self.least)
        return (j,) if is_better else None

    def best_pair(
        self, rng: np.random.Generator, is_over: Callable[[], bool] = lambda: False
    ) -> tuple[int, ...] | None:
        """The next variable with a partner such that both flips lower the cost and keep the rows; its best partner."""
        Q, A = self._symmetric, self._columns
        n = self.x.size
        delta = self._sign * self._gradient
        for i in (*range(self._next, n), *range(self._next)):  # on from where the last pair was found
            if is_over():
                return None
            values = delta + delta[i]
            part = slice(Q.indptr[i], Q.indptr[i + 1])
            values[Q.indices[part]] += self._sign[i] * self._sign[Q.indices[part]] * Q.data[part]
            values[: i + 1] = np.inf  # pairs with an earlier variable were tried with that one
            if values.min() > -self.least:
                continue
            activity = self._activity.copy()
            entries = slice(A.indptr[i], A.indptr[i + 1])
            activity[A.indices[entries]] += self._sign[i] * A.data[entries]
            values[~self._keeps_rows(activity)] = np.inf
            j = argmax_random_ties(-values, rng)
            if values[j] <= -self.least:
                self._next = i
                return i, j
        return None

    def _violation_changes(self) -> Float:
        """Change of the summed violation by each flip, shape (n,)."""
        row, n = self._columns.indices, self.x.size
        before = self._excess(self._activity)
        after = self._excess(self._activity[row] + self._sign[self._column_of] * self._columns.data, row)
        return np.bincount(self._column_of, after - before[row], minlength=n).astype(np.float64)

    def _excess(self, activity: Float, row: AnyArray | slice = slice(None)) -> Float:
        outside: Float = np.maximum(0.0, np.maximum(self._lower[row] - activity, activity - self._upper[row]))
        return outside

    def _keeps_rows(self, activity: Float) -> AnyArray:
        """For each variable, whether its flip from these activities keeps every row, shape (n,)."""
        row, n = self._columns.indices, self.x.size
        broken = self._excess(activity) > 0
        bad = self._excess(activity[row] + self._sign[self._column_of] * self._columns.data, row) > 0
        num_bad = np.bincount(self._column_of, bad, minlength=n)
        num_touched = np.bincount(self._column_of, broken[row], minlength=n)
        return np.asarray((num_bad == 0) & (num_touched == broken.sum()))


def settle(program: BinaryProgram, x: Bits, is_over: Callable[[], bool] = lambda: False) -> Bits:
    """Local optimum under single flips of (violation, cost), in that order; steepest descent, first of equals.

    Examples
    --------
    >>> settle(BinaryProgram(c=[-1, 2]), np.array([0, 1])).tolist()
    [1, 0]
    """
    flips = Flips(program, x)
    while not is_over():
        move = flips.best_single()
        if move is None:
            break
        flips.flip(move)
    return flips.x
