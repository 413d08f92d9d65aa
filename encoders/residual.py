"""What is left of a program when variables are fixed: fewer columns, residual bounds, rows that can still break."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core import BinaryProgram, Bits, LiteralMap, Rows, UnsupportedError
from ..core.arrays import Float, Int
from ..core.margins import row_tolerances


@dataclass(frozen=True, eq=False)
class Residual:
    """A program over the kept variables; its costs are those of the whole points.

    Parameters
    ----------
    program : over the kept variables, shape (k,); its points cost what the points they stand for cost.
    keep : positions of the kept variables, ascending, shape (k,).
    values : value of each variable, shape (n,); 0 at the kept ones.
    """

    program: BinaryProgram
    keep: Int
    values: Bits

    @property
    def lift(self) -> LiteralMap:
        """Points of the residual program to points of the whole one."""
        index = np.full(self.values.size, -1, dtype=np.int64)
        index[self.keep] = np.arange(self.keep.size)
        return LiteralMap(index, self.values, int(self.keep.size))


def residual(program: BinaryProgram, keep: Int, values: Bits) -> Residual:
    """The program over ``keep``, with all other variables at ``values``.

    A point of it is feasible exactly if the whole point is. Rows that no point of it breaks are dropped.

    ``keep`` has shape (k,), the values (n,).

    Raises
    ------
    UnsupportedError
        A row holds at no point with these values.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-3, -2, -1], rows=make_rows([[2, 1, 2]], upper=[4], names=["weight"]))
    >>> left = residual(program, np.array([1, 2]), np.array([1, 0, 0]))
    >>> left.program.c.tolist(), left.program.offset, left.program.constraints.upper.tolist()
    ([-2.0, -1.0], -3.0, [2.0])
    """
    keep = np.asarray(keep, dtype=np.int64)
    values = np.array(values, dtype=np.uint8)
    values[keep] = 0
    fixed = values.astype(np.float64)
    costs = (program.c + program.couplings.pull(fixed))[keep]
    offset = float(program.costs(fixed)[0])
    inner = program.couplings.among(keep)
    names = tuple(program.names[j] for j in keep.tolist())
    rows = _rows(program, keep, fixed)
    values.flags.writeable = False
    return Residual(BinaryProgram(costs, inner, offset, rows, names), keep, values)


def _rows(program: BinaryProgram, keep: Int, fixed: Float) -> Rows:
    rows = program.constraints
    A = rows.A[:, keep]
    taken = rows.A @ fixed
    # The tolerance scales with the row; the residual row is shorter, so its bounds widen by the difference.
    lower, upper = rows.lower - taken, rows.upper - taken
    room = row_tolerances(A, lower, upper)
    given = program.tolerances - room
    lower, upper = lower - given, upper + given
    low = np.asarray(A.minimum(0).sum(axis=1)).ravel() if A.nnz else np.zeros(len(rows))
    high = np.asarray(A.maximum(0).sum(axis=1)).ravel() if A.nnz else np.zeros(len(rows))
    broken = (low > upper + room) | (high < lower - room)
    if broken.any():
        name = rows.names[int(np.argmax(broken))]
        raise UnsupportedError(f"row {name} must hold for some values of the variables left, got none; fix fewer")
    bind = np.flatnonzero((low < lower - room) | (high > upper + room))
    return Rows(A[bind], lower[bind], upper[bind], tuple(rows.names[i] for i in bind.tolist()))
