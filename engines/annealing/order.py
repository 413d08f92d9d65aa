"""The order in which a sweep visits the variables of a sparse model.

A visit reads the local field that the visit before it may just have written: where neighbours follow each other, as
along the rows of a grid, each visit waits for the one before. Any fixed order is as good for the chain, so that such
models are visited in several runs of neighbouring places at once, a place of each run in turn.
"""

from __future__ import annotations

import numpy as np

from ...core import AnyArray
from .model import IsingModel

#: Visits between neighbours from which on none waits for another.
APART = 4
#: Runs of places that are tried.
RUNS = (8, 11, 13)
#: Variables from which on the search for an order pays.
LEAST = 512
#: Share of the variables that may follow a neighbour before another order is looked for.
FEW = 1 / 8


def visiting_order(model: IsingModel) -> AnyArray | None:
    """Variables in the order of their visits, shape (n,), or None for 0, ..., n - 1.

    An order is taken for LEAST variables or more where over an eighth of them follow a neighbour within APART visits,
    and fewer than half as many do so in the order.

    Examples
    --------
    >>> ring = IsingModel.from_arrays(np.zeros(800), range(800), [*range(1, 800), 0], np.ones(800))
    >>> visiting_order(ring)[:9]
    array([  0, 100, 200, 300, 400, 500, 600, 700,   1])
    """
    n = model.num_variables
    if n < LEAST:
        return None
    tail = np.repeat(np.arange(n), np.diff(model.ptr))
    given = np.arange(n)
    fewest = _close(tail, model.col, given)
    if fewest <= FEW * n:
        return None
    fewest, found = fewest // 2, None
    for runs in RUNS:
        length = -(-n // runs)
        order = np.lexsort((given // length, given % length))
        places = np.empty(n, dtype=np.int64)
        places[order] = given
        close = _close(tail, model.col, places)
        if close < fewest:
            fewest, found = close, order
    return found


def _close(tail: AnyArray, head: AnyArray, places: AnyArray) -> int:
    """Pairs of neighbours with fewer than APART visits between them."""
    return int((np.abs(places[tail] - places[head]) < APART).sum()) // 2
