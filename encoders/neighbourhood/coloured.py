"""Many neighbourhoods at once: parts of a partition that share no product, so that a round optimises all of them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...core import BinaryProgram, UnsupportedError
from ...core.arrays import Int
from .graphs import grown_order
from .structure import near_of
from .view import View

#: Partitions that take turns; borders of one lie inside parts of another.
PARTITIONS = 4


def independent_parts(view: View, most: int) -> tuple[Int, Int]:
    """``(variables, part of each)`` of a round: up to ``most`` parts of one colour, all parts once a pass.

    Raises
    ------
    UnsupportedError
        The program has rows.
    """
    if view.program.num_rows:
        raise UnsupportedError("parts must have a model without rows, got rows; set parts to 1")
    turns = [
        (number, first)
        for number in range(PARTITIONS)
        for first in _rounds(view.program, view.size, view.seed, number, most)
    ]
    number, (start, end) = turns[view.index % len(turns)]
    order, block_of = _coloured(view.program, view.size, view.seed, number)
    position = np.flatnonzero((block_of >= start) & (block_of < end))
    variables, blocks = order[position], block_of[position] - start
    by_variable = np.argsort(variables)
    return variables[by_variable], blocks[by_variable]


@lru_cache(maxsize=2 * PARTITIONS)
def _rounds(program: BinaryProgram, size: int, seed: int, number: int, most: int) -> tuple[tuple[int, int], ...]:
    """First and last block of each round of a partition: blocks stand by colour, and no round has two colours."""
    colours = _colours(program, size, seed, number)
    counts = np.bincount(colours)
    ends = np.cumsum(counts)
    return tuple(
        (start, min(start + most, int(end)))
        for end, count in zip(ends.tolist(), counts.tolist(), strict=True)
        for start in range(int(end) - count, int(end), most)
    )


@lru_cache(maxsize=2 * PARTITIONS)
def _coloured(program: BinaryProgram, size: int, seed: int, number: int) -> tuple[Int, Int]:
    """Variables in the grown order, and the block of each; blocks are numbered by colour."""
    order = grown_order(program, size, seed, number)
    colours = _colours(program, size, seed, number)
    rank = np.empty(len(colours), dtype=np.int64)
    rank[np.argsort(colours, kind="stable")] = np.arange(len(colours))
    return order, rank[np.arange(len(order)) // size]


@lru_cache(maxsize=2 * PARTITIONS)
def _colours(program: BinaryProgram, size: int, seed: int, number: int) -> Int:
    """Colour of each block: blocks with a product between them differ; the least free one in order."""
    from scipy.sparse import coo_array

    n = program.num_variables
    order = grown_order(program, size, seed, number)
    block = np.empty(n, dtype=np.int64)
    block[order] = np.arange(n) // size
    near = near_of(program).tocoo()
    a, b = block[near.row], block[near.col]
    count = -(-n // size)
    links = coo_array((np.ones(int((a != b).sum())), (a[a != b], b[a != b])), shape=(count, count)).tocsr()
    colours = np.full(count, -1, dtype=np.int64)
    for part in range(count):
        taken = colours[links.indices[links.indptr[part] : links.indptr[part + 1]]]
        free = np.setdiff1d(np.arange(len(taken) + 1), taken)
        colours[part] = free[0]
    return colours
