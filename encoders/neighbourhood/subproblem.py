"""The small program of a neighbourhood: variables kept as they are, or classes of variables that flip together.

Both keep costs exactly: a point of the small program costs what the point it stands for costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core import BinaryProgram, Bits, LiteralMap, Rows, UnsupportedError
from ...core.arrays import Int
from ..quadratic import Quadratic
from ..residual import residual


@dataclass(frozen=True, eq=False)
class Small:
    """A program over few variables, and the way from its points to points of the whole."""

    program: BinaryProgram
    lift: LiteralMap


def kept_program(program: BinaryProgram, keep: Int, x: Bits) -> Small:
    """The residual program over ``keep`` with all else at the incumbent.

    Where the incumbent breaks rows that no choice of the kept variables can mend, these rows are asked for as far as
    they can be met.

    ``keep`` has shape (k,), x shape (n,).
    """
    try:
        left = residual(program, keep, x)
    except UnsupportedError:
        left = residual(_reachable(program, keep, x), keep, x)
    return Small(left.program, left.lift)


def merged_program(program: BinaryProgram, classes: Int, x: Bits) -> Small:
    """The program over classes: bit a says whether all variables of class a are flipped; a class of one is itself.

    Raises
    ------
    UnsupportedError
        The program has rows.

    Examples
    --------
    >>> program = BinaryProgram(c=[-1, -1, -1], Q=np.triu(np.ones((3, 3)), 1))
    >>> small = merged_program(program, np.array([0, 0, 1]), np.array([1, 0, 0]))
    >>> small.lift.apply([[0, 0], [1, 0], [1, 1]]).tolist(), small.program.costs([[0, 0], [1, 1]]).tolist()
    ([[1, 0, 0], [0, 1, 0], [0, 1, 1]], [-1.0, -1.0])
    """
    from scipy.sparse import csr_array

    if program.num_rows:
        raise UnsupportedError("merged classes must have a model without rows, got rows; choose another chooser")
    n, count = len(classes), int(classes.max(initial=-1)) + 1
    members = np.flatnonzero(classes >= 0)
    is_single = np.bincount(classes[members], minlength=count)[classes[members]] == 1
    flip = x.astype(np.uint8).copy()
    flip[members[is_single]] = 0
    sign = np.where(flip[members] == 1, -1.0, 1.0)
    T = csr_array((sign, (members, classes[members])), shape=(n, count))
    small = Quadratic.cost(program).substituted(T, flip.astype(np.float64))
    inner = BinaryProgram(small.linear, small.products, small.offset)
    return Small(inner, LiteralMap(classes, flip, count))


def _reachable(program: BinaryProgram, keep: Int, x: Bits) -> BinaryProgram:
    """The program with bounds that some choice of the kept variables meets: as near to its own as that can come."""
    rows = program.constraints
    fixed = np.array(x, dtype=np.float64)
    fixed[keep] = 0.0
    taken = rows.A @ fixed
    A = rows.A[:, keep]
    low = taken + np.asarray(A.minimum(0).sum(axis=1)).ravel()
    high = taken + np.asarray(A.maximum(0).sum(axis=1)).ravel()
    lower, upper = np.minimum(rows.lower, high), np.maximum(rows.upper, low)
    return BinaryProgram(program.c, program.Q, program.offset, Rows(rows.A, lower, upper, rows.names), program.names)
