"""Nodes tied together by sign: a union-find whose links say "same side" or "opposite side".

Node 0 is the anchor of the Max-Cut form (algorithms/max_cut.py): what is tied to it is a fixed variable. Lookups cost
nothing, a merge costs one pass over all nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...core import LiteralMap
from ...core.arrays import Float, Int

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Classes:
    """Running state of one shrinking: spin ``s_i = sign_i * s_(root_i)`` of every node i, the anchor being node 0.

    The root of a class is its smallest node, so the anchor is always a root.

    Examples
    --------
    >>> classes = Classes(3)
    >>> classes.merge(1, 2, -1)
    2
    >>> classes.merge(0, 3, 1)
    3
    >>> classes.literals().apply(np.array([[0], [1]])).tolist()
    [[0, 1, 1], [1, 0, 1]]
    """

    def __init__(self, num_bits: int) -> None:
        self.root: Int = np.arange(num_bits + 1, dtype=np.int64)
        self.sign: Int = np.ones(num_bits + 1, dtype=np.int64)

    def copy(self) -> Classes:
        """An independent copy."""
        other = Classes(0)
        other.root, other.sign = self.root.copy(), self.sign.copy()
        return other

    @property
    def roots(self) -> Int:
        """Roots in ascending order, the anchor first."""
        return np.flatnonzero(self.root == np.arange(self.root.size))

    @property
    def num_free(self) -> int:
        """Classes that are not the anchor's: bits of the reduced QUBO."""
        return int(self.roots.size) - 1

    def relation(self, i: int, j: int, sign: int) -> tuple[int, int, int]:
        """``s_i s_j = sign`` in terms of the roots, the smaller one first."""
        a, b = int(self.root[i]), int(self.root[j])
        between = sign * int(self.sign[i]) * int(self.sign[j])
        return (a, b, between) if a <= b else (b, a, between)

    def merge(self, i: int, j: int, sign: int) -> int:
        """Tie two classes by ``s_i s_j = sign``; the root that is one no longer.

        Raises
        ------
        ValueError
            Both nodes are in one class already.
        """
        keep, gone, between = self.relation(i, j, sign)
        if keep == gone:
            raise ValueError(f"nodes must be in two classes, got {i} and {j} of one")
        members = self.root == gone
        self.root[members] = keep
        self.sign[members] *= between
        return gone

    def literals(self) -> LiteralMap:
        """Bits of the whole QUBO as literals of the classes' bits: bit = 1 iff its node is on the anchor's side."""
        position = np.full(self.root.size, -1, dtype=np.int64)
        roots = self.roots
        position[roots[1:]] = np.arange(roots.size - 1)
        index = position[self.root[1:]]
        flip = np.where(index >= 0, self.sign[1:] < 0, self.sign[1:] > 0)
        return LiteralMap(index, flip.astype(np.uint8), roots.size - 1)


def substitution(literals: LiteralMap) -> tuple[csr_array, Float]:
    """``(T, t)`` with x = T z + t for every z of a LiteralMap; T has shape (n, m).

    Examples
    --------
    >>> T, t = substitution(LiteralMap([0, 0, -1], [0, 1, 1], 1))
    >>> T.toarray().tolist(), t.tolist()
    ([[1.0], [-1.0], [0.0]], [0.0, 1.0, 1.0])
    """
    from scipy.sparse import csr_array

    free = np.flatnonzero(literals.index >= 0)
    values = 1.0 - 2.0 * literals.flip[free]
    T = csr_array((values, (free, literals.index[free])), shape=(literals.index.size, literals.num_inputs))
    return T, literals.flip.astype(np.float64)
