"""What the rows of a program say about its parts: a square of objects and places, groups, knapsacks, a conflict graph.

Told from the numbers alone and without a loop over rows, so that 100,000 variables take a fraction of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ...core import BinaryProgram, UnsupportedError
from ...core.arrays import Int

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Kind = Literal["assignment", "degrees", "knapsacks", "packing", "items", "groups", "free"]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Structure:
    """Kind of a program, and the parts that a neighbourhood takes whole.

    Parameters
    ----------
    kind : ``assignment`` (objects and places), ``degrees`` (edges of a tour: two at each city), ``knapsacks`` (one
        item, several knapsacks), ``packing`` (at most one of each row), ``items`` (inequalities alone), ``groups`` (any
        other with one-hot rows), ``free`` (no rows).
    cells : variable of each object and place (assignment, shape (k, k)), of each item and knapsack (items, K), or of
        each pair of cities (degrees, -1 where there is no edge).
    group_of : group of each variable, shape (n,); -1 for none, otherwise 0.. .
    """

    kind: Kind
    cells: Int | None
    group_of: Int


@lru_cache(maxsize=4)
def structure_of(program: BinaryProgram) -> Structure:
    """The structure of a program; kept for the last programs, since every round asks for it.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> square = make_rows(np.concatenate([np.kron(np.eye(2), [1, 1]), np.kron([1, 1], np.eye(2))]), lower=1, upper=1)
    >>> found = structure_of(BinaryProgram(c=[1, 2, 3, 4], rows=square))
    >>> found.kind, found.cells.tolist()
    ('assignment', [[0, 1], [2, 3]])
    """
    rows = _Rows(program)
    n = program.num_variables
    alone = np.full(n, -1, dtype=np.int64)
    cells = _square(program, rows)
    if cells is not None:
        groups = np.empty(n, dtype=np.int64)
        groups[cells] = np.arange(len(cells))[:, None]
        return Structure("assignment", cells, groups)
    if not len(program.constraints):
        return Structure("free", None, alone)
    cells = _pairs(program, rows)
    if cells is not None:
        return Structure("degrees", cells, alone)
    groups = _groups(program, rows)
    table = _table(program, rows, groups)
    if table is not None:
        return Structure("knapsacks", table, groups)
    if rows.is_packing.all():
        return Structure("packing", None, alone)
    if (groups < 0).all():
        return Structure("items", None, alone)
    return Structure("groups", None, groups)


class _Rows:
    """Kinds of all rows at once."""

    def __init__(self, program: BinaryProgram) -> None:
        rows = program.constraints
        A = rows.A
        lengths = np.diff(A.indptr)
        is_one = np.ones(len(rows), dtype=bool)
        is_one[np.repeat(np.arange(len(rows)), lengths)[A.data != 1]] = False
        self.lengths = lengths
        self.is_ones: Flags = is_one
        self.is_one_hot: Flags = is_one & (rows.lower == 1) & (rows.upper == 1) & (lengths > 0)
        self.is_packing: Flags = is_one & (rows.lower <= 0) & (rows.upper == 1)


def _square(program: BinaryProgram, rows: _Rows) -> Int | None:
    """Variable of each object and place, where all rows are one-hot and form a square."""
    n, A = program.num_variables, program.constraints.A
    side = round(n**0.5)
    if n == 0 or side * side != n or len(program.constraints) != 2 * side or not rows.is_one_hot.all():
        return None
    columns = A.tocsc()
    columns.sort_indices()
    if (rows.lengths != side).any() or (np.diff(columns.indptr) != 2).any():
        return None
    pairs = columns.indices.reshape(n, 2).astype(np.int64)
    # places are the rows that meet the first row; the others are objects
    is_place = np.zeros(2 * side, dtype=bool)
    first = A.indices[A.indptr[0] : A.indptr[1]]
    is_place[pairs[first].max(axis=1)] = True
    if is_place[0] or is_place.sum() != side or (is_place[pairs].sum(axis=1) != 1).any():
        return None
    object_row = np.where(is_place[pairs[:, 0]], pairs[:, 1], pairs[:, 0])
    place_row = np.where(is_place[pairs[:, 0]], pairs[:, 0], pairs[:, 1])
    rank = np.where(is_place, np.cumsum(is_place), np.cumsum(~is_place)) - 1
    cells = np.full((side, side), -1, dtype=np.int64)
    cells[rank[object_row], rank[place_row]] = np.arange(n)
    return None if (cells < 0).any() else cells


def _pairs(program: BinaryProgram, rows: _Rows) -> Int | None:
    """Edge of each pair of cities, where every variable lies in exactly two rows ``sum of x == 2``; lazy rows apart."""
    degree = np.flatnonzero(rows.is_ones & (program.constraints.lower == 2) & (program.constraints.upper == 2))
    if not degree.size:
        return None
    columns = program.constraints.A[degree].tocsc()
    columns.sort_indices()
    if (np.diff(columns.indptr) != 2).any():
        return None
    ends = columns.indices.reshape(-1, 2)
    cells = np.full((degree.size, degree.size), -1, dtype=np.int64)
    cells[ends[:, 0], ends[:, 1]] = cells[ends[:, 1], ends[:, 0]] = np.arange(program.num_variables)
    return cells


def _groups(program: BinaryProgram, rows: _Rows) -> Int:
    """Disjoint one-hot rows, the longest first; at-most-one rows too where they cut no other one."""
    n, A = program.num_variables, program.constraints.A
    group_of = np.full(n, -1, dtype=np.int64)
    at_most = np.flatnonzero(rows.is_packing & (rows.lengths > 1))
    members = np.bincount(A[at_most].indices, minlength=n) if at_most.size else np.zeros(n)
    exact = np.flatnonzero(rows.is_one_hot)
    candidates = exact[np.argsort(-rows.lengths[exact], kind="stable")]
    if not rows.is_packing.all() and members.max(initial=0) <= 1:
        candidates = np.concatenate([candidates, at_most])
    count = 0
    for row in candidates.tolist():
        columns = A.indices[A.indptr[row] : A.indptr[row + 1]]
        if (group_of[columns] < 0).all():
            group_of[columns] = count
            count += 1
    return group_of


def _table(program: BinaryProgram, rows: _Rows, groups: Int) -> Int | None:
    """Variable of each item and knapsack: equal groups over all variables, and K >= 2 rows that cut each once."""
    if (groups < 0).any() or not groups.size:
        return None
    sizes = np.bincount(groups)
    K = int(sizes[0])
    others = np.flatnonzero(~(rows.is_packing | rows.is_one_hot))
    if K < 2 or (sizes != K).any() or others.size != K or len(program.constraints) != K + sizes.size:
        return None
    A = program.constraints.A
    cells = np.full((sizes.size, K), -1, dtype=np.int64)
    for k, row in enumerate(others.tolist()):
        columns = A.indices[A.indptr[row] : A.indptr[row + 1]]
        if np.unique(groups[columns]).size != columns.size:
            return None
        cells[groups[columns], k] = columns
    return None if (cells < 0).any() else cells


@lru_cache(maxsize=4)
def near_of(program: BinaryProgram) -> csr_array:
    """Symmetric pattern of the variables that share a product; of at-most-one rows where there is no product.

    Where neither is there, of all rows that are no longer than the square root of the number of variables.

    Raises
    ------
    UnsupportedError
        The products are held by factors and too many to be stored.
    """
    from scipy.sparse import csr_array

    if program.couplings.refusal():
        raise UnsupportedError(
            "this chooser must look at which variables share a product, got "
            f"{program.couplings.num_products:,} products, too many to be stored; leave --chooser at auto"
        )
    products = program.products
    if products.nnz:
        pattern = csr_array(products + products.T)
        pattern.sort_indices()
        return pattern
    rows = _Rows(program)
    chosen = rows.is_packing
    if not chosen.any():
        chosen = rows.lengths <= max(2.0, program.num_variables**0.5)
    A = csr_array(program.constraints.A[np.flatnonzero(chosen)])
    A.data = np.ones_like(A.data)
    pattern = csr_array(A.T @ A)
    pattern.setdiag(0)
    pattern.eliminate_zeros()
    pattern.sort_indices()
    return pattern


def neighbours(near: csr_array, variable: int) -> Int:
    """The variables that interact with this one. ``near`` has shape (n, n), the answer (degree,)."""
    part = slice(int(near.indptr[variable]), int(near.indptr[variable + 1]))
    return np.asarray(near.indices[part], dtype=np.int64)
