"""Bound propagation on the rows of a program over the classes' bits: what a value forces elsewhere, or that it fails.

Sound and incomplete: a conflict found is one; none found proves nothing. Every pass is vectorised over all row entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...core import BinaryProgram, LiteralMap
from ...core.arrays import AnyArray, Float, Int
from ...core.margins import ROUNDING
from .classes import substitution

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class ClassRows:
    """Rows ``lower <= A y <= upper`` over the classes' bits y; ``tolerance`` by which each may be missed.

    Parameters
    ----------
    A : shape (m, k).
    lower, upper, tolerance : shape (m,).
    entry_rows : the row of each stored entry of A.
    """

    A: csr_array
    lower: Float
    upper: Float
    tolerance: Float
    entry_rows: Int

    @staticmethod
    def of(program: BinaryProgram, literals: LiteralMap) -> ClassRows:
        """The program's rows with its points as literals of the classes' bits."""
        T, t = substitution(literals)
        rows = program.constraints
        A = (rows.A @ T).tocsr()
        A.data[np.abs(A.data) < 1e-12] = 0.0
        A.eliminate_zeros()
        shift = rows.A @ t
        entry_rows = np.repeat(np.arange(A.shape[0]), np.diff(A.indptr))
        return ClassRows(A, rows.lower - shift, rows.upper - shift, program.tolerances + ROUNDING, entry_rows)

    @property
    def num_bits(self) -> int:
        return int(self.A.shape[1])

    def propagate(self, fixed: dict[int, int], start: AnyArray | None = None) -> AnyArray | None:
        """Values forced by ``fixed``: -1 free, 0 or 1, shape (k,); None where a row cannot hold.

        Parameters
        ----------
        fixed : value by bit.
        start : values that hold already, as returned before.

        Examples
        --------
        >>> from qopt.core import make_rows
        >>> program = BinaryProgram(c=[0, 0, 0], rows=make_rows([[1, 1, 1]], lower=[1], upper=[1]))
        >>> rows = ClassRows.of(program, LiteralMap.identity(3))
        >>> rows.propagate({0: 1}).tolist(), rows.propagate({0: 1, 1: 1})
        ([1, 0, 0], None)
        """
        values = np.full(self.num_bits, -1, dtype=np.int8) if start is None else start.copy()
        for bit, value in fixed.items():
            if values[bit] == 1 - value:
                return None
            values[bit] = value
        a, r, c = self.A.data, self.entry_rows, self.A.indices
        m, is_up = len(self.lower), a > 0
        size = np.abs(a)
        while True:
            v = values[c]
            # an entry's least and largest contribution
            low = np.where(v < 0, np.minimum(a, 0.0), a * v)
            high = np.where(v < 0, np.maximum(a, 0.0), a * v)
            least = np.bincount(r, low, minlength=m)
            most = np.bincount(r, high, minlength=m)
            if (least > self.upper + self.tolerance).any() or (most < self.lower - self.tolerance).any():
                return None
            room_above = self.upper + self.tolerance - least
            room_below = most - self.lower + self.tolerance
            is_low = (v < 0) & (size > room_above[r])  # the entry must stay at its least contribution
            is_high = (v < 0) & (size > room_below[r])
            if not (is_low.any() or is_high.any()):
                return values
            ones = np.concatenate([c[is_low & ~is_up], c[is_high & is_up]])
            zeros = np.concatenate([c[is_low & is_up], c[is_high & ~is_up]])
            values[ones] = 1
            if (values[zeros] == 1).any():
                return None
            values[zeros] = 0
