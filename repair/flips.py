"""Local search on any formulation's program: one flip, or two where one does not help, never leaving the rows.

Auxiliary bits are set by ``complete`` after each flip, and lazy rows join in when a move breaks them. Each step costs
one pass over the program's entries, the search for two flips one pass a variable: meant for some thousand variables.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..algorithms.flips import Flips
from ..algorithms.ties import argmax_random_ties
from ..core import AnyArray, Bits, Clock
from ..core.margins import min_improvement
from .dispatch import over
from .nearest import auxiliary_bits, is_feasible


def flip_descent(formulation: Any, x: Bits, rng: np.random.Generator, clock: Clock | None = None) -> Bits:
    """A feasible completed point of no higher cost that no one or two flips better, shape (n,).

    The best single flip is made while there is one that lowers the cost within the rows; else the next variable is
    flipped, in turn, that has a partner with which it does so, together with its best one.

    Parameters
    ----------
    formulation : a Formulation.
    x : feasible point, shape (n,); it comes back unchanged (completed) where it is not feasible.
    rng : breaks ties.
    clock : the descent ends when it is over, with the point it has.
    """
    x = np.asarray(formulation.complete(np.asarray(x, dtype=np.uint8)[None])[0], dtype=np.uint8)
    if not x.size or not is_feasible(formulation, x):
        return x
    free = np.flatnonzero(~auxiliary_bits(formulation, x.size))
    if free.size < x.size:
        return _completed_descent(formulation, x, free, rng, clock)
    is_over = over(clock)
    flips = Flips(formulation.program, x)
    while not is_over():
        move = flips.best_single(rng) or flips.best_pair(rng, is_over)
        if move is None:
            break
        before = flips.x.copy()
        flips.flip(move)
        rows = formulation.separate(flips.x[None])  # the program's own rows are kept by the moves
        if rows is not None:
            flips = Flips(flips.program.with_rows(rows), before)
    return flips.x if is_feasible(formulation, flips.x) else x


def _completed_descent(
    formulation: Any, x: Bits, free: AnyArray, rng: np.random.Generator, clock: Clock | None
) -> Bits:
    """The same descent where ``complete`` sets some bits: each candidate is completed and evaluated whole."""
    program = formulation.program
    least = min_improvement(np.concatenate([program.c, program.products.data]))
    cost = float(program.costs(x)[0])
    is_over = over(clock)
    while True:
        for partner in (None, *free.tolist()):
            if is_over():
                return x
            X = np.repeat(x[None], free.size, axis=0)
            X[np.arange(free.size), free] ^= 1
            if partner is not None:
                X[:, partner] ^= 1
            X = np.asarray(formulation.complete(X), dtype=np.uint8)
            values = np.where(program.feasible(X), program.costs(X), np.inf)
            k = argmax_random_ties(-values, rng)
            if values[k] <= cost - least and is_feasible(formulation, X[k]):
                x, cost = X[k], float(values[k])
                break
        else:
            return x
