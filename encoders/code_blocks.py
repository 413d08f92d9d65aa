"""A quadratic function of variables in coded groups, as a polynomial in the bits of the codes.

A block is a group with its code, or one variable with its own bit. On a pair of blocks the function is a table over the
states of their bits; the subset differences of the table are the coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core import BinaryPolynomial
from ..core.arrays import Float, Int
from .quadratic import Quadratic

#: Terms that are built one by one in Python.
MAX_TERMS = 1_000_000


@dataclass(frozen=True, eq=False)
class Block:
    """Variables whose values the bits ``first .. first + num_bits - 1`` say.

    Parameters
    ----------
    columns : the variables.
    choice : shape (2**num_bits,), which of ``columns`` is 1 in each state of the bits; -1 for none.
    """

    columns: Int
    choice: Int
    first: int

    @property
    def num_bits(self) -> int:
        return int(self.choice.size).bit_length() - 1

    @property
    def values(self) -> Float:
        """0/1 of each variable in each state, shape (2**num_bits, variables)."""
        return np.asarray(self.choice[:, None] == np.arange(self.columns.size), dtype=np.float64)


def code_choice(size: int) -> Int:
    """Which of ``size`` variables each code denotes: the first ``2**m - size`` have two codes, all others one.

    Shape (2**m,).

    Examples
    --------
    >>> code_choice(3).tolist(), code_choice(4).tolist(), code_choice(1).tolist()
    ([0, 0, 1, 2], [0, 1, 2, 3], [0])
    """
    codes = 1 << (size - 1).bit_length()
    doubled = codes - size
    return np.concatenate([np.repeat(np.arange(doubled), 2), np.arange(doubled, size)])


def code_blocks(groups: list[Int], num_variables: int) -> list[Block]:
    """The groups with their codes, then every other variable with a bit of its own, in order.

    A group holds its variables, shape (k,).
    """
    blocks: list[Block] = []
    first = 0
    outside = np.ones(num_variables, dtype=bool)
    for columns in groups:
        blocks.append(Block(columns, code_choice(columns.size), first))
        first += blocks[-1].num_bits
        outside[columns] = False
    for place, column in enumerate(np.flatnonzero(outside).tolist()):
        blocks.append(Block(np.array([column]), np.array([-1, 0]), first + place))
    return blocks


def code_literals(blocks: list[Block], num_variables: int) -> list[list[tuple[int, int]]]:
    """For each of the first ``num_variables`` variables the (bit, value) that it is 1 at."""
    literals: list[list[tuple[int, int]]] = [[] for _ in range(num_variables)]
    for block in blocks:
        for place, column in enumerate(block.columns.tolist()):
            if column < num_variables:
                codes = np.flatnonzero(block.choice == place)
                bits = (codes[:, None] >> np.arange(block.num_bits)) & 1
                fixed = np.flatnonzero((bits == bits[0]).all(axis=0))
                literals[column] = [(block.first + int(j), int(bits[0, j])) for j in fixed]
    return literals


def num_code_terms(function: Quadratic, blocks: list[Block]) -> int:
    """The most terms that the polynomial can have."""
    sizes = np.array([block.choice.size for block in blocks], dtype=np.int64)
    pairs = _block_pairs(function, blocks)
    return int(sizes.sum() + sum(sizes[g] * sizes[h] for g, h in pairs if g != h))


def in_code_bits(function: Quadratic, blocks: list[Block]) -> BinaryPolynomial:
    """The polynomial that has the function's value in every state of the bits; products inside a group are 0 there.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> function = Quadratic(np.array([0.0, 0, 0, 5]), csr_array(([1.0], ([2], [3])), shape=(4, 4)))
    >>> list(in_code_bits(function, code_blocks([np.arange(3)], 4)).terms())
    [((2,), 5.0), ((0, 1, 2), 1.0)]
    """
    terms: dict[tuple[int, ...], float] = {}
    for block in blocks:
        _add(terms, block.values @ function.linear[block.columns], [block])
    matrix = (function.products + function.products.T).tocsr()
    for g, h in _block_pairs(function, blocks):
        if g != h:
            left, right = blocks[g], blocks[h]
            products = matrix[left.columns][:, right.columns].toarray()
            _add(terms, left.values @ products @ right.values.T, [left, right])
    total = sum(block.num_bits for block in blocks)
    return BinaryPolynomial.from_terms(total, terms, function.offset)


def _block_pairs(function: Quadratic, blocks: list[Block]) -> list[tuple[int, int]]:
    """Pairs of blocks with a product between them, in order."""
    block = np.empty(function.num_bits, dtype=np.int64)
    for g, one in enumerate(blocks):
        block[one.columns] = g
    products = function.products.tocoo()
    ends = np.sort(np.stack([block[products.row], block[products.col]], axis=1), axis=1)
    return [(int(g), int(h)) for g, h in np.unique(ends, axis=0)]


def _add(terms: dict[tuple[int, ...], float], table: Float, blocks: list[Block]) -> None:
    """The coefficients of a function of the bits of one block or two, given by its values."""
    coefficients = np.array(table, dtype=np.float64)
    for axis, block in enumerate(blocks):
        moved = np.moveaxis(coefficients, axis, 0)
        for j in range(block.num_bits):
            parts = moved.reshape(-1, 2, 1 << j, *moved.shape[1:])
            parts[:, 1] -= parts[:, 0]  # a view: the difference by bit j, in place
    bits = [block.first + j for block in blocks for j in range(block.num_bits)]
    shape = coefficients.shape
    for state in np.argwhere(coefficients).tolist():
        word, shift = 0, 0
        for one, size in zip(state, shape):
            word, shift = word | one << shift, shift + int(size).bit_length() - 1
        key = tuple(sorted(bit for place, bit in enumerate(bits) if word >> place & 1))
        terms[key] = terms.get(key, 0.0) + float(coefficients[tuple(state)])
