"""Local search on any formulation's program: one flip, or two where one does not help, never leaving the rows.

Auxiliary bits are set by ``complete`` after each flip, and lazy rows join in when a move breaks them. Each step costs
one pass over the program's entries, the search for two flips one pass a variable: meant for some thousand variables.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import AnyArray, BinaryProgram, Bits, Float
from .nearest import auxiliary_bits, is_feasible
from .ties import best_index, least_step


def flip_descent(formulation: Any, x: Bits, rng: np.random.Generator) -> Bits:
    """A feasible completed point of no higher cost that no one or two flips better, shape (n,).

    The best single flip is made while there is one that lowers the cost within the rows; else the next variable is
    flipped, in turn, that has a partner with which it does so, together with its best one.

    Parameters
    ----------
    formulation : a Formulation.
    x : feasible point, shape (n,); it comes back unchanged (completed) where it is not feasible.
    rng : breaks ties.
    """
    x = np.asarray(formulation.complete(np.asarray(x, dtype=np.uint8)[None])[0], dtype=np.uint8)
    if not x.size or not is_feasible(formulation, x):
        return x
    free = np.flatnonzero(~auxiliary_bits(formulation, x.size))
    if free.size < x.size:
        return _completed_descent(formulation, x, free, rng)
    state = _State(formulation.program, x)
    while True:
        move = state.best_flip(rng) or state.best_pair(rng)
        if move is None:
            return state.x
        before = state.x
        state.flip(move)
        if is_feasible(formulation, state.x):
            continue
        rows = formulation.separate(state.x[None])
        if rows is None:
            return before
        state = _State(state.program.with_rows(rows), before)


class _State:
    """A point, its gradient and its row activities."""

    def __init__(self, program: BinaryProgram, x: Bits) -> None:
        self.program = program
        self.x = x.copy()
        Q, rows = program.products, program.constraints
        self._symmetric = (Q + Q.T).tocsr()
        self._columns = rows.A.tocsc()
        self._column_of = np.repeat(np.arange(program.num_variables), np.diff(self._columns.indptr))
        tolerance = program.tolerances
        self._lower, self._upper = rows.lower - tolerance, rows.upper + tolerance
        self._least = least_step(np.concatenate([program.c, Q.data]))
        self._start = 0
        self._refresh()

    def _refresh(self) -> None:
        """Cost of each flip and activity of each row at the point."""
        x = self.x.astype(np.float64)
        self._sign: Float = 1.0 - 2.0 * x
        self._delta: Float = self._sign * (self.program.c + self._symmetric @ x)
        self._activity: Float = np.asarray(self.program.constraints.A @ x)

    def flip(self, variables: tuple[int, ...]) -> None:
        self.x = self.x.copy()
        self.x[list(variables)] ^= 1
        self._refresh()

    def best_flip(self, rng: np.random.Generator) -> tuple[int] | None:
        """The flip that lowers the cost most and keeps the rows."""
        values = np.where(self._keeps_rows(self._activity), self._delta, np.inf)
        i = best_index(-values, rng)
        return (i,) if values[i] <= -self._least else None

    def best_pair(self, rng: np.random.Generator) -> tuple[int, int] | None:
        """The next variable with a partner such that both flips lower the cost and keep the rows; its best partner."""
        Q, A = self._symmetric, self._columns
        n = self.x.size
        for i in (*range(self._start, n), *range(self._start)):  # on from where the last pair was found
            values = self._delta + self._delta[i]
            part = slice(Q.indptr[i], Q.indptr[i + 1])
            values[Q.indices[part]] += self._sign[i] * self._sign[Q.indices[part]] * Q.data[part]
            values[: i + 1] = np.inf  # pairs with an earlier variable were tried with that one
            if values.min() > -self._least:
                continue
            activity = self._activity.copy()
            entries = slice(A.indptr[i], A.indptr[i + 1])
            activity[A.indices[entries]] += self._sign[i] * A.data[entries]
            values[~self._keeps_rows(activity)] = np.inf
            j = best_index(-values, rng)
            if values[j] <= -self._least:
                self._start = i
                return i, j
        return None

    def _keeps_rows(self, activity: Float) -> AnyArray:
        """For each variable, whether its flip from these activities keeps every row, shape (n,)."""
        A = self._columns
        n = self.x.size
        broken = (activity < self._lower) | (activity > self._upper)
        row = A.indices
        after = activity[row] + self._sign[self._column_of] * A.data
        bad = (after < self._lower[row]) | (after > self._upper[row])
        num_bad = np.bincount(self._column_of, bad, minlength=n)
        num_touched = np.bincount(self._column_of, broken[row], minlength=n)
        return np.asarray((num_bad == 0) & (num_touched == broken.sum()))


def _completed_descent(formulation: Any, x: Bits, free: AnyArray, rng: np.random.Generator) -> Bits:
    """The same descent where ``complete`` sets some bits: each candidate is completed and evaluated whole."""
    program = formulation.program
    least = least_step(np.concatenate([program.c, program.products.data]))
    cost = float(program.costs(x)[0])
    while True:
        for partner in (None, *free.tolist()):
            X = np.repeat(x[None], free.size, axis=0)
            X[np.arange(free.size), free] ^= 1
            if partner is not None:
                X[:, partner] ^= 1
            X = np.asarray(formulation.complete(X), dtype=np.uint8)
            values = np.where(program.feasible(X), program.costs(X), np.inf)
            k = best_index(-values, rng)
            if values[k] <= cost - least and is_feasible(formulation, X[k]):
                x, cost = X[k], float(values[k])
                break
        else:
            return x
