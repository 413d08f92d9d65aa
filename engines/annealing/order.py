"""The order in which a sweep visits the variables of a sparse model.

A visit reads the local field that the visit before it may just have written: where neighbours follow each other, as
along the rows of a grid, each visit waits for the one before. Any fixed order is as good for the chain, so that such
models are visited in several runs of neighbouring places at once, a place of each run in turn.
"""

from __future__ import annotations

import numpy as np

from ...core import AnyArray

#: Visits between neighbours from which on none waits for another.
APART = 4
#: Runs of places that are tried.
RUNS = (8, 11, 13)
#: Variables from which on the search for an order pays.
LEAST = 512
#: Mean number of neighbours beyond which no order keeps them apart.
MOST_NEIGHBOURS = 16
#: Share of the variables that may follow a neighbour before another order is looked for.
FEW = 1 / 8


def visiting_order(ptr: AnyArray, col: AnyArray) -> AnyArray | None:
    """Variables in the order of their visits, shape (n,), or None for 0, ..., n - 1.

    Neighbours are given in CSR: those of i at ``col[ptr[i]:ptr[i+1]]``, shapes (entries,) and (n + 1,).

    An order is taken for LEAST variables or more where over an eighth of them follow a neighbour within APART visits,
    and fewer than half as many do so in the order.

    Examples
    --------
    >>> place = np.arange(800)
    >>> ring = np.stack([(place - 1) % 800, (place + 1) % 800], axis=1).ravel()
    >>> visiting_order(2 * np.arange(801), ring)[:9]
    array([  0, 100, 200, 300, 400, 500, 600, 700,   1])
    """
    n = len(ptr) - 1
    if n < LEAST or len(col) > MOST_NEIGHBOURS * n:
        return None
    given = np.arange(n)
    tail = np.repeat(given, np.diff(ptr))
    fewest = _close(tail, col, given)
    if fewest <= FEW * n:
        return None
    fewest, found = fewest // 2, None
    for runs in RUNS:
        length = -(-n // runs)
        order = np.lexsort((given // length, given % length))
        places = np.empty(n, dtype=np.int64)
        places[order] = given
        close = _close(tail, col, places)
        if close < fewest:
            fewest, found = close, order
    return found


def _close(tail: AnyArray, head: AnyArray, places: AnyArray) -> int:
    """Pairs of neighbours with fewer than APART visits between them."""
    return int((np.abs(places[tail] - places[head]) < APART).sum()) // 2
