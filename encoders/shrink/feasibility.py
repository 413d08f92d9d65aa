"""Exact answer to "is there a feasible point left": remembered points first, then 2-SAT or CP-SAT.

2-SAT decides programs whose rows have at most two variables each (independent sets by edges); CP-SAT all others, within
a deterministic effort. A merge that neither could decide is not proven, and so not admitted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ...core import BinaryProgram, Bits, LiteralMap, make_rows
from ...core.arrays import Int
from .propagation import ClassRows

#: Limit of one CP-SAT call in its deterministic time, about seconds of one core.
EFFORT = 5.0
#: Feasible points kept; most merges agree with one of them, and then nothing has to be solved.
_MAX_POINTS = 64


@dataclass
class Feasibility:
    """Running state of one shrinking's exact checks.

    Parameters
    ----------
    program : whose rows must stay feasible.
    points : feasible points of the program seen so far, shape (p, n).
    num_solves : exact solves so far.
    """

    program: BinaryProgram
    points: Bits = field(init=False)
    num_solves: int = 0

    def __post_init__(self) -> None:
        self.points = np.zeros((0, self.program.num_variables), dtype=np.uint8)
        entries = np.diff(self.program.constraints.A.indptr)
        self.is_two_sat = bool((entries <= 2).all())

    def holds(self, literals: LiteralMap) -> bool | None:
        """Whether some feasible point is ``literals`` of the classes' bits; None where the effort did not suffice.

        Raises
        ------
        ArithmeticError
            The point of the exact check breaks a row: a fault of this check.
        """
        if agrees(self.points, literals).any():
            return True
        self.num_solves += 1
        rows = ClassRows.of(self.program, literals)
        y = _two_sat(rows) if self.is_two_sat else _cp_sat(rows)
        if isinstance(y, str):
            return None
        if y is None:
            return False
        x = literals.apply(y[None])
        if not self.program.feasible(x)[0]:
            raise ArithmeticError("the exact check's point must keep the program's rows, but it breaks one; report it")
        self.points = np.concatenate([x, self.points])[:_MAX_POINTS]
        return True


def agrees(points: Bits, literals: LiteralMap) -> npt.NDArray[np.bool_]:
    """Which points (p, n) are images of the literals."""
    index, is_free = literals.index, literals.index >= 0
    values = points ^ literals.flip  # of the literal's bit; 0 where the constant is right
    fine = ~values[:, ~is_free].any(axis=1)
    if is_free.any():
        bits, first = np.unique(index[is_free], return_index=True)
        of_bit = np.zeros(max(literals.num_inputs, 1), dtype=np.int64)
        of_bit[bits] = np.flatnonzero(is_free)[first]
        fine &= (values[:, is_free] == values[:, of_bit[index[is_free]]]).all(axis=1)
    out: npt.NDArray[np.bool_] = np.asarray(fine)
    return out


def _cp_sat(rows: ClassRows) -> Bits | str | None:
    """A point, None where there is none, or a text where neither was proven."""
    from ...algorithms.cpsat_model import build_model
    from ...algorithms.cpsat_search import Search, SearchStatus, search

    k = rows.num_bits
    built = build_model(BinaryProgram(np.zeros(k), rows=make_rows(rows.A, lower=rows.lower, upper=rows.upper)))
    found: list[Int] = []

    def take(values: Int) -> bool:
        found.append(values)
        return True

    result = search(built.model, built.variables, Search(workers=1, effort=EFFORT), take)
    if found:
        return found[-1].astype(np.uint8)
    return None if result.status is SearchStatus.INFEASIBLE and built.has_exact_rows else "undecided"


def _two_sat(rows: ClassRows) -> Bits | None:
    """A point of rows of at most two bits each, by strong components of the implications; None where there is none.

    References
    ----------
    B. Aspvall, M. F. Plass, R. E. Tarjan (1979), A linear-time algorithm for testing the truth of certain quantified
    boolean formulas, doi:10.1016/0020-0190(79)90002-4.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    k = rows.num_bits
    edges = _implications(rows)
    if edges is None:
        return None
    tails, heads = edges
    graph = coo_array((np.ones(tails.size), (tails, heads)), shape=(2 * k, 2 * k)).tocsr()
    _, component = connected_components(graph, directed=True, connection="strong")
    if (component[:k] == component[k:]).any():
        return None
    # literal i is "bit i is 1", literal i + k its negation; what a true literal implies is true
    values = np.full(2 * k, -1, dtype=np.int64)
    for bit in range(k):
        if values[bit] >= 0:
            continue
        for literal in (bit + k, bit):
            reached = _reached(graph, literal)
            negated = (reached + k) % (2 * k)
            if not np.isin(negated, reached).any() and not (values[reached] == 0).any():
                values[reached], values[negated] = 1, 0
                break
    return values[:k].astype(np.uint8)


def _implications(rows: ClassRows) -> tuple[Int, Int] | None:
    """``(tails, heads)`` over 2k literals; None where a row without bits cannot hold."""
    k = rows.num_bits
    tails: list[int] = []
    heads: list[int] = []
    for r in range(len(rows.lower)):
        part = slice(int(rows.A.indptr[r]), int(rows.A.indptr[r + 1]))
        bits, a = rows.A.indices[part].tolist(), rows.A.data[part].tolist()
        low, high = rows.lower[r] - rows.tolerance[r], rows.upper[r] + rows.tolerance[r]
        if not bits and not low <= 0 <= high:
            return None
        if len(bits) == 1:
            bits, a = bits * 2, [a[0], 0.0]
        for u, v in ((0, 0), (0, 1), (1, 0), (1, 1)) if bits else ():
            if (bits[0] == bits[1] and u != v) or low <= a[0] * u + a[1] * v <= high:
                continue
            # not (first == u and second == v): each of the two implies that the other differs
            first, second = bits[0] + k * (1 - u), bits[1] + k * (1 - v)
            tails += [first, second]
            heads += [(second + k) % (2 * k), (first + k) % (2 * k)]
    return np.array(tails, dtype=np.int64), np.array(heads, dtype=np.int64)


def _reached(graph: object, literal: int) -> Int:
    from scipy.sparse.csgraph import breadth_first_order

    reached: Int = breadth_first_order(graph, literal, directed=True, return_predecessors=False)
    return reached.astype(np.int64)
