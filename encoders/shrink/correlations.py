"""What a correlation source is asked and what it answers: pairs of nodes with a value in [-1, 1].

A value > 0 says that two nodes lie on one side in good cuts, < 0 on two; node 0 is the anchor. Sources are registered
frozen dataclasses, so that a Record can name and replay them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from ...algorithms.max_cut import AnchoredCut, qubo_to_max_cut
from ...core import BinaryProgram, LiteralMap, UnsupportedError
from ...core.arrays import Float, Int
from ..quadratic import Quadratic

#: Pairs a node that are handed on where a source knows all pairs of a large graph.
_PAIRS_A_NODE = 200
#: Rows of a Gram matrix that are looked at at once.
_BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Task:
    """The graph as it stands.

    Parameters
    ----------
    energy : QUBO of the classes' bits.
    program : the program of rows and cost that the QUBO stands for.
    lift : program points as literals of the classes' bits; None where the inner decoder is no LiteralMap.
    start : vectors of the nodes from the last time, shape (k + 1, r), for a warm start; None the first time.
    index : how often was asked before.
    wants_bound : a proven bound is asked for, which may cost as much as the correlations.
    """

    energy: Quadratic
    program: BinaryProgram
    lift: LiteralMap | None
    start: Float | None = None
    index: int = 0
    wants_bound: bool = False

    @cached_property
    def cut(self) -> AnchoredCut:
        """The QUBO as a Max-Cut with anchor."""
        return qubo_to_max_cut(self.energy.products, self.energy.linear, self.energy.offset)

    @property
    def num_nodes(self) -> int:
        return self.energy.num_bits + 1

    @property
    def literals(self) -> LiteralMap:
        """``lift``.

        Raises
        ------
        UnsupportedError
            The inner decoder is no LiteralMap.
        """
        if self.lift is None:
            raise UnsupportedError(
                "this correlation source must know program variables as bits of the QUBO, the inner encoder's are not; "
                "use --correlations sdp"
            )
        return self.lift


@dataclass(frozen=True, eq=False)
class Correlations:
    """Values of pairs of nodes.

    Parameters
    ----------
    heads, tails : nodes, shape (p,).
    values : in [-1, 1], shape (p,).
    bound : proven lower bound of the QUBO; None where the source proves none or none was asked for.
    vectors : a vector a node, for the next warm start; None where there are none.
    """

    heads: Int
    tails: Int
    values: Float
    bound: float | None = None
    vectors: Float | None = None


@runtime_checkable
class CorrelationSource(Protocol):
    """Registered frozen settings that answer a Task."""

    def correlations(self, task: Task) -> Correlations:
        """Pairs with their values; the same task gives the same answer.

        Raises
        ------
        UnsupportedError
            The graph or the program is not one this source can treat.
        """
        ...


def gram_pairs(vectors: Float) -> tuple[Int, Int, Float]:
    """All pairs i < j with ``<v_i, v_j>``; beyond a few thousand nodes the strongest ones only.

    The vectors have shape (n, rank), the answers (pairs,).

    Examples
    --------
    >>> [part.tolist() for part in gram_pairs(np.array([[1.0], [-1.0], [0.5]]))]
    [[0, 0, 1], [1, 2, 2], [-1.0, 0.5, -0.5]]
    """
    n = len(vectors)
    heads, tails, values = [], [], []
    for first in range(0, n, _BLOCK):
        block = np.clip(vectors[first : first + _BLOCK] @ vectors[first:].T, -1.0, 1.0)
        i, j = np.triu_indices(len(block), 1, block.shape[1])
        b = block[i, j]
        most = _PAIRS_A_NODE * len(block)
        if n > 2 * _BLOCK and b.size > most:
            kept = np.sort(np.argpartition(-np.abs(b), most)[:most])
            i, j, b = i[kept], j[kept], b[kept]
        heads.append(i + first)
        tails.append(j + first)
        values.append(b)
    if not heads:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    return np.concatenate(heads), np.concatenate(tails), np.concatenate(values)
