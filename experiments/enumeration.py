"""Every point of a ground, counted by cost: exact probabilities of uniform points, and of a state's.

Programs whose points are the ground's own bits (or their negations) are enumerated to 2**26 points by tables of half
the bits; others, whose points must be completed or looked at for lazy rows, point by point to 2**18.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..core import AnyArray, BinaryProgram, Bits, Cube, Float, Formulation, LiteralMap, PolynomialProgram
from ..engines.diagonal import energy_blocks
from .candidates import evaluate
from .cost_tally import CostTally
from .field import Field

#: Bits up to which all points are counted, by tables, point by point, and where each cost is a call of its own.
TABLE_BITS = 26
POINT_BITS = 18
SURROGATE_BITS = 10
#: Bytes of the tables of rows, and the bits of a block at most.
TABLE_BYTES = 1 << 26
BLOCK_BITS = 16
#: Random points that show whether a formulation sets bits itself or separates rows.
PROBES = 64
#: Costs kept before equal ones are put together.
MERGE = 1 << 21


@dataclass(frozen=True, eq=False)
class Enumeration:
    """All points of a ground by cost: their number, and the probability that a state gives them (None: no state)."""

    uniform: CostTally
    state: CostTally | None = None


def enumerate_field(field: Field, state: Float | None = None) -> Enumeration | None:
    """All points of a field by cost; None where they are too many.

    Parameters
    ----------
    state : probability of each point of the ground in its order, shape (size,); None for uniform points alone.
    """
    size = field.ground.size
    if size is None:
        return None
    if isinstance(field.ground, Cube):
        bits = _used_bits(field)
        if _is_direct(field.formulation) and isinstance(field.decoder, LiteralMap):
            if bits.size > TABLE_BITS:
                return None
            return _collect(_table_blocks(field, bits), state_of_bits(state, bits, field.ground.num_bits))
        return _by_points(field, bits, state)
    return _by_points(field, None, state)


def state_of_bits(state: Float | None, bits: AnyArray, num_bits: int) -> Float | None:
    """Probabilities, shape (2**k,), of the values of k bits: summed over all others of ``state``, shape (2**num_bits,).

    Examples
    --------
    >>> state_of_bits(np.array([0.1, 0.2, 0.3, 0.4]), np.array([1]), 2).round(9).tolist()
    [0.3, 0.7]
    """
    if state is None or len(bits) == num_bits:
        return state
    used = set(np.asarray(bits).tolist())
    others = tuple(num_bits - 1 - bit for bit in range(num_bits) if bit not in used)
    return np.asarray(state.reshape((2,) * num_bits).sum(axis=others)).ravel()


def _used_bits(field: Field) -> AnyArray:
    """Bits of the ground that the program's points depend on."""
    if isinstance(field.decoder, LiteralMap) and _is_direct(field.formulation):
        return np.unique(field.decoder.index[field.decoder.index >= 0])
    m = field.ground.num_bits
    Z = np.random.default_rng(0).integers(0, 2, size=(PROBES, m), dtype=np.uint8)
    before = field.complete(Z)
    used = []
    for bit in range(m):
        other = Z.copy()
        other[:, bit] ^= 1
        if (field.complete(other) != before).any():
            used.append(bit)
    return np.array(used, dtype=np.int64)


def _is_direct(formulation: Formulation) -> bool:
    """Whether rows and cost of the program say everything: no bit is set by completion, no row is lazy."""
    n = formulation.program.num_variables
    X = np.random.default_rng(0).integers(0, 2, size=(PROBES, n), dtype=np.uint8)
    X[0], X[1] = 0, 1
    is_same = bool((formulation.complete(X) == X).all())
    return is_same and not formulation.is_surrogate and formulation.separate(X) is None


def _collect(blocks: Iterator[tuple[slice, AnyArray | None, Float]], state: Float | None) -> Enumeration:
    """Blocks of (their indices, which of them are feasible, these ones' costs) as tallies."""
    uniform, weighted = CostTally(), CostTally()
    held: list[tuple[Float, Float | None]] = []
    size = waiting = 0

    def merge() -> None:
        nonlocal uniform, weighted, waiting
        if held:
            costs = np.concatenate([part for part, _ in held])
            uniform = uniform.joined(CostTally.of(costs, None, 0))
            if state is not None:
                weights = np.concatenate([part for _, part in held if part is not None])
                weighted = weighted.joined(CostTally.of(costs, weights, 0))
        held.clear()
        waiting = 0

    for indices, feasible, costs in blocks:
        size += indices.stop - indices.start
        inside = None if state is None else state[indices]
        held.append((costs, inside if inside is None or feasible is None else inside[feasible]))
        waiting += costs.size
        if waiting > MERGE:
            merge()
    merge()
    total = 0.0 if state is None else float(state.sum())
    exact = CostTally(uniform.costs, uniform.weights, float(size))
    return Enumeration(exact, None if state is None else CostTally(weighted.costs, weighted.weights, total))


def _by_points(field: Field, bits: AnyArray | None, state: Float | None) -> Enumeration | None:
    """Point by point, completed and separated as in a run."""
    formulation = field.formulation
    most = 1 << (SURROGATE_BITS if formulation.is_surrogate else POINT_BITS)
    size = field.ground.size if bits is None else 1 << bits.size
    assert size is not None
    if size > most:
        return None

    def points(first: int, last: int) -> Bits:
        if bits is None:
            return field.ground.block(first, last)
        Z = np.zeros((last - first, field.ground.num_bits), dtype=np.uint8)
        Z[:, bits] = Cube(bits.size).block(first, last)
        return Z

    def blocks() -> Iterator[tuple[slice, AnyArray | None, Float]]:
        program = formulation.program
        step = 1 << 13
        for first in range(0, size, step):
            last = min(size, first + step)
            X = field.complete(points(first, last))
            found, program = evaluate(formulation, program, X, np.ones(len(X)))
            yield slice(first, last), found.feasible, found.costs[found.feasible]

    inside = state if bits is None else state_of_bits(state, bits, field.ground.num_bits)
    return _collect(blocks(), inside)


def _table_blocks(field: Field, bits: AnyArray) -> Iterator[tuple[slice, AnyArray | None, Float]]:
    """Blocks of 2**low points: costs and rows of the low bits from tables, the high bits' part added."""
    assert isinstance(field.decoder, LiteralMap)
    whole = field.formulation.program
    if isinstance(whole, PolynomialProgram):  # no rows, and its bits are those of the encoding as they are
        start = 0
        for costs in energy_blocks(whole.polynomial.to_binary()):
            yield slice(start, start + costs.size), None, costs
            start += costs.size
        return
    tolerances = field.formulation.program.tolerances
    program = substituted(field.formulation.program, field.decoder, bits)
    u, rows = bits.size, program.constraints
    low = min(u, BLOCK_BITS)
    while low > 8 and len(rows) * 8 << low > TABLE_BYTES:
        low -= 1
    A, Q = rows.A.toarray(), program.products.toarray()
    lower, upper = rows.lower - tolerances, rows.upper + tolerances
    inner = [linear_table(row[:low]) for row in A]
    outer = [linear_table(row[low:]) for row in A]
    base = quadratic_table(program.c[:low], Q[:low, :low]) + program.offset
    above = quadratic_table(program.c[low:], Q[low:, low:])
    cross = Q[:low, low:]
    has_cross = bool(cross.any())
    for high in range(1 << (u - low)):
        costs = base + above[high]
        if high and has_cross:
            costs += linear_table(cross @ ((high >> np.arange(u - low)) & 1))
        where: AnyArray | None = None
        for row, (table, more) in enumerate(zip(inner, outer)):
            activity = (table if where is None else table[where]) + more[high]
            kept = (activity >= lower[row]) & (activity <= upper[row])
            where = np.flatnonzero(kept) if where is None else where[kept]
            if not where.size:
                break
        yield slice(high << low, (high + 1) << low), where, costs if where is None else costs[where]


def substituted(program: BinaryProgram, decoder: LiteralMap, bits: AnyArray) -> BinaryProgram:
    """The program in the bits its variables are literals of: ``x = flip + S z``, ``S_i,index_i = 1 - 2 flip_i``.

    ``bits`` has shape (u,): the used bits, ascending.
    """
    from scipy.sparse import csr_array

    n, u = program.num_variables, bits.size
    f = decoder.flip.astype(np.float64)
    free = np.flatnonzero(decoder.index >= 0)
    columns = np.searchsorted(bits, decoder.index[free])
    S = csr_array((1.0 - 2.0 * f[free], (free, columns)), shape=(n, u))
    Q, rows = program.products, program.constraints
    shift = rows.A @ f
    moved = type(rows)(csr_array(rows.A @ S), rows.lower - shift, rows.upper - shift, rows.names)
    return BinaryProgram(
        c=S.T @ (program.c + Q @ f + Q.T @ f),
        Q=csr_array(S.T @ Q @ S),
        offset=program.offset + float(program.c @ f) + float(f @ (Q @ f)),
        rows=moved,
    )


def linear_table(coefficients: AnyArray) -> Float:
    """``sum_i a_i z_i`` of all 2**k points, low bit first. ``coefficients`` has shape (k,), the table (2**k,).

    Examples
    --------
    >>> linear_table(np.array([1.0, 10.0])).tolist()
    [0.0, 1.0, 10.0, 11.0]
    """
    table = np.zeros(1)
    for a in coefficients:
        table = np.concatenate([table, table + a])
    return table


def quadratic_table(c: AnyArray, Q: AnyArray) -> Float:
    """``z'Qz + c'z`` of all 2**k points for a strictly upper triangular Q, low bit first.

    ``c`` has shape (k,), ``Q`` (k, k), the table (2**k,).
    """
    table = np.zeros(1)
    for i, own in enumerate(c):
        step = own + (linear_table(Q[:i, i]) if Q[:i, i].any() else 0.0)
        table = np.concatenate([table, table + step])
    return table
