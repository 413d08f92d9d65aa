"""What the rows and products of a program say about it: a permutation, a chain, or groups and packings with the rest.

Told from the numbers alone. A structure builds the walk that keeps its rows, turns the walk's states into points, and
draws uniform points of the rows that are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import AnyArray, BinaryProgram, Bits, Float, Int, KroneckerProducts, RowKind, row_facts

#: Side from which on a permutation's products are kept as flow times distance where they are that.
PRODUCT_SIDE = 71
#: Name of a structure that keeps no row.
SINGLE_BITS = "single bits"
#: Largest whole number that int32 fields may reach.
MAX_WHOLE = 2**30


@dataclass(frozen=True, eq=False)
class Structure:
    """A recognised structure.

    Parameters
    ----------
    name : permutation, product, chain or general.
    build : makes a new walk of the compiled or the reference engine.
    decode : states of the walk (k, size) -> points of the program (k, n).
    size : length of a state.
    sweep : proposals that are one sweep.
    kept, left : names of the rows that every state keeps, and of the soft ones.
    draw : ``num_points`` uniform points of the kept rows, from a generator.
    """

    name: str
    build: Callable[[Any], Any]
    decode: Callable[[AnyArray], Bits]
    size: int
    sweep: int
    kept: tuple[str, ...]
    left: tuple[str, ...]
    draw: Callable[[int, np.random.Generator], Bits]

    @property
    def holds(self) -> bool:
        """Whether some binding row is kept by construction."""
        return self.name != SINGLE_BITS

    def describe(self) -> str:
        """One line for a Record."""
        return f"{self.name}; keeps {len(self.kept)} of {len(self.kept) + len(self.left)} rows"


@dataclass(frozen=True, eq=False)
class Square:
    """Cells of a permutation: bit of (a, b), and the row and column of each bit."""

    cells: Int
    row_of: Int
    column_of: Int

    @property
    def side(self) -> int:
        return len(self.cells)

    def points(self, places: AnyArray) -> Bits:
        """Points (k, side**2) in which row a's bit in column ``places[a]`` is set, for places of shape (k, side)."""
        X = np.zeros((len(places), self.cells.size), dtype=np.uint8)
        chosen = self.cells[np.arange(self.side), np.asarray(places)]
        np.put_along_axis(X, chosen, 1, axis=1)
        return X


def find_square(program: BinaryProgram) -> Square | None:
    """The square of cells that all binding rows of the program form, or None."""
    facts = [row for row in row_facts(program) if row.kind is not RowKind.FREE]
    n = program.num_variables
    side = round(n**0.5)
    if not n or side * side != n or any(row.kind is not RowKind.ONE_HOT for row in facts):
        return None
    families = list({tuple(row.columns.tolist()): row.columns for row in facts}.values())
    if len(families) != 2 * side or any(len(columns) != side for columns in families):
        return None
    first_set = set(families[0].tolist())
    rows = [c for k, c in enumerate(families) if k == 0 or not first_set & set(c.tolist())]
    columns = [c for k, c in enumerate(families) if k and first_set & set(c.tolist())]
    if len(rows) != side or (side > 1 and len(columns) != side):
        return None
    columns = columns or rows
    row_of, column_of = np.full(n, -1), np.full(n, -1)
    for a, bits in enumerate(rows):
        row_of[bits] = a
    for b, bits in enumerate(columns):
        column_of[bits] = b
    if (row_of < 0).any() or (column_of < 0).any():
        return None
    cells = np.full((side, side), -1)
    cells[row_of, column_of] = np.arange(n)
    return None if (cells < 0).any() else Square(cells, row_of, column_of)


def permutation_structure(program: BinaryProgram, square: Square) -> Structure:
    """The chain that the products form, else flow times distance on large sides, else any products."""
    from .chains import find_chain

    held = held_factors(program, square)
    if held is not None:
        return _product(program, square, *held)
    pairs = pair_terms(program, square)
    found = find_chain(program, square, pairs)
    if found is not None:
        return found
    if square.side >= PRODUCT_SIDE:
        factors = find_factors(square, pairs)
        if factors is not None:
            return _product(program, square, factors[0] / 2, factors[1])
    return _permutation(program, square, pairs)


def pair_terms(program: BinaryProgram, square: Square) -> tuple[Int, Int, Float]:
    """Cells ``a * N + b`` of each product's two bits, and its weight; products within a row or column left out.

    The three arrays have shape (number of products kept,).
    """
    products = program.products.tocoo()
    i, j = products.coords
    keep = (square.row_of[i] != square.row_of[j]) & (square.column_of[i] != square.column_of[j])
    i, j, weight = i[keep], j[keep], products.data[keep]
    side = square.side
    return square.row_of[i] * side + square.column_of[i], square.row_of[j] * side + square.column_of[j], weight


def cell_costs(program: BinaryProgram, square: Square) -> Float:
    """Linear costs by cell, shape (N, N)."""
    return np.asarray(program.c[square.cells], dtype=np.float64)


def find_factors(square: Square, pairs: tuple[Int, Int, Float]) -> tuple[Float, Float] | None:
    """Symmetric F and D with ``weight of (a, b), (c, d) == F_ac D_bd`` for a < c, or None where there are none."""
    u, w, weight = pairs
    side = square.side
    if not len(weight):
        return None
    swap = u > w
    u, w = np.where(swap, w, u), np.where(swap, u, w)
    a, b, c, d = u // side, u % side, w // side, w % side
    top = int(np.argmax(np.abs(weight)))
    same_block = (a == a[top]) & (c == c[top])
    D = np.zeros((side, side))
    D[b[same_block], d[same_block]] = weight[same_block]
    same_pair = (b == b[top]) & (d == d[top])
    F = np.zeros((side, side))
    F[a[same_pair], c[same_pair]] = weight[same_pair] / weight[top]
    F += F.T
    if not np.array_equal(D, D.T) or not np.array_equal(F[a, c] * D[b, d], weight):
        return None
    count = np.count_nonzero(np.triu(F, 1)) * (np.count_nonzero(D) - np.count_nonzero(D.diagonal()))
    return (F, D) if count == len(weight) else None


def held_factors(program: BinaryProgram, square: Square) -> tuple[Float, Float] | None:
    """The program's own F and D in the order of the square, ``cost = sum over a, c of F_ac D_p(a)p(c)``; None where it
    holds no factors, or where they may be a chain's, which has moves of its own. Both have shape (side, side).
    """
    held = program.Q
    if not isinstance(held, KroneckerProducts):
        return None
    if not held.refusal() and (_is_line(held.flow) or _is_line(held.distance)):
        return None
    first, second = np.divmod(square.cells, square.side)  # object and place of each cell
    F, D = held.flow, held.distance
    if (first != first[:, :1]).any():  # the square's rows are the places
        first, second, F, D = second, first, D, F
    rows, columns = first[:, 0], second[0]
    if (first != rows[:, None]).any() or (second != columns).any():
        return None
    return _symmetrised(F[np.ix_(rows, rows)], D[np.ix_(columns, columns)])


def _symmetrised(F: Float, D: Float) -> tuple[Float, Float]:
    """The same sums with both symmetric where one is: the walk's changes then take half the time; halves are exact."""
    if np.array_equal(D, D.T):
        return (F + F.T) / 2, D
    return (F, (D + D.T) / 2) if np.array_equal(F, F.T) else (F, D)


def _is_line(matrix: Float) -> bool:
    """Whether as few pairs are coupled as in a path or a cycle over all."""
    pairs = int(np.count_nonzero(np.triu((matrix != 0) | (matrix.T != 0), 1)))
    return pairs in (len(matrix) - 1, len(matrix))


def _product(program: BinaryProgram, square: Square, F: Float, D: Float) -> Structure:
    """The walk on ``sum over a, c of F_ac D_p(a)p(c)`` and the costs of the cells."""
    costs = np.ascontiguousarray(cell_costs(program, square))
    given = (
        square.side,
        costs.ravel(),
        program.offset,
        np.ascontiguousarray(F).ravel(),
        np.ascontiguousarray(D).ravel(),
    )
    return _square_structure(program, square, "product", lambda engine: engine.product(*given))


def _permutation(program: BinaryProgram, square: Square, pairs: tuple[Int, Int, Float]) -> Structure:
    from scipy.sparse import csr_array

    u, w, weight = pairs
    n = square.side**2
    both = csr_array((np.tile(weight, 2), (np.concatenate([u, w]), np.concatenate([w, u]))), shape=(n, n))
    both.sort_indices()
    costs = cell_costs(program, square).ravel()
    largest = float((np.abs(costs) + np.asarray(abs(both).sum(axis=1)).ravel()).max(initial=0.0))
    whole = is_whole(costs) and is_whole(both.data) and 4 * largest < MAX_WHOLE
    real = np.int32 if whole else np.float64
    given = (
        square.side,
        whole,
        costs.astype(real),
        program.offset,
        both.indptr.astype(np.int64),
        both.indices.astype(np.int32),
        both.data.astype(real),
    )
    return _square_structure(program, square, "permutation", lambda engine: engine.permutation(*given))


def _square_structure(program: BinaryProgram, square: Square, name: str, build: Callable[[Any], Any]) -> Structure:
    cells = square.cells.ravel()

    def decode(states: AnyArray) -> Bits:
        X = np.zeros((len(states), len(cells)), dtype=np.uint8)
        X[:, cells] = states
        return X

    return Structure(
        name,
        build,
        decode,
        size=len(cells),
        sweep=max(1, square.side),
        kept=program.constraints.names,
        left=(),
        draw=lambda num_points, rng: uniform_permutations(square, num_points, rng),
    )


def uniform_permutations(square: Square, num_points: int, rng: np.random.Generator) -> Bits:
    """Uniform, independent permutations as points, shape (num_points, side**2)."""
    places = rng.permuted(np.tile(np.arange(square.side), (num_points, 1)), axis=1)
    return square.points(places)


def is_whole(values: npt.ArrayLike) -> bool:
    """Whether all, in any shape, are whole numbers below 2**53."""
    array = np.asarray(values, dtype=np.float64)
    return bool((array == np.rint(array)).all() and (np.abs(array) < 2.0**53).all())


def recognise(program: BinaryProgram) -> Structure:
    """The structure of a program: a permutation where all binding rows form one, else groups, packings, soft rows."""
    from .general import general_structure

    square = find_square(program)
    return general_structure(program) if square is None else permutation_structure(program, square)
