"""Structure of any program: one-hot groups and packing rows are kept by the walk, the other rows are soft.

Groups are disjoint one-hot rows; further one-hot rows are kept where they make a square with groups (an assignment
among other rows). Packing rows are kept as conflicts between bits, unless they and the groups leave no start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core import AnyArray, BinaryProgram, Bits, Float, Int, RowFacts, RowKind, Rows, UnsupportedError, row_facts
from .structure import SINGLE_BITS, Structure

#: Most pairs of bits in conflict; beyond them the longest packing rows are soft.
MAX_CONFLICTS = 30_000_000
#: Random starts tried before packing rows that touch groups become soft.
TRIED_STARTS = 20


@dataclass(frozen=True, eq=False)
class Kept:
    """Rows that the walk keeps: groups, squares of groups, and packings, as indices of ``facts``."""

    facts: list[RowFacts]
    groups: list[int]
    squares: list[int]
    packings: list[int]

    @property
    def soft(self) -> list[int]:
        """The binding rows that are left."""
        kept = {*self.groups, *self.squares, *self.packings}
        return [k for k, row in enumerate(self.facts) if k not in kept and row.kind is not RowKind.FREE]


@dataclass(frozen=True, eq=False)
class Data:
    """A program in whole variables for the general walk; bits have bounds 0 and 1."""

    c: Float
    products: Any
    offset: float
    lower: Int
    upper: Int
    square: Float


def general_structure(program: BinaryProgram) -> Structure:
    """Groups, packings and soft rows of the program."""
    n = program.num_variables
    kept = find_kept(row_facts(program), n)
    data = Data(
        program.c,
        program.products,
        program.offset,
        np.zeros(n, dtype=np.int64),
        np.ones(n, dtype=np.int64),
        np.zeros(n),
    )
    given = walk_data(data, kept, program.tolerances)
    names = program.constraints.names
    soft = set(kept.soft)
    return Structure(
        _words(kept),
        lambda engine: engine.general(*given),
        lambda states: np.asarray(states, dtype=np.uint8),
        size=n,
        sweep=max(1, n),
        kept=tuple(name for k, name in enumerate(names) if k not in soft),
        left=tuple(name for k, name in enumerate(names) if k in soft),
        draw=lambda num_points, rng: uniform_points(kept, n, num_points, rng),
    )


def whole_structure(data: Data, rows: Rows) -> Structure:
    """The same for variables with any whole bounds: rows on bits alone may be kept, those with others are soft."""
    n = len(data.c)
    is_bit = (data.lower == 0) & (data.upper == 1)
    plain = BinaryProgram(np.zeros(n), rows=rows)
    facts = [
        fact if is_bit[fact.columns].all() else replace(fact, kind=_whole_kind(fact, data)) for fact in row_facts(plain)
    ]
    kept = find_kept(facts, n)
    given = walk_data(data, kept, plain.tolerances)
    soft = set(kept.soft)

    def refuse(num_points: int, rng: np.random.Generator) -> Bits:
        raise UnsupportedError("points must be bits to be drawn, got whole variables; expand them first")

    return Structure(
        _words(kept),
        lambda engine: engine.general(*given),
        lambda states: np.asarray(states),
        size=n,
        sweep=max(1, n),
        kept=tuple(name for k, name in enumerate(rows.names) if k not in soft),
        left=tuple(name for k, name in enumerate(rows.names) if k in soft),
        draw=refuse,
    )


def _whole_kind(row: RowFacts, data: Data) -> RowKind:
    """Whether a row with whole variables can be broken at all."""
    ends = np.stack([row.coefficients * data.lower[row.columns], row.coefficients * data.upper[row.columns]])
    is_free = row.lower <= ends.min(axis=0).sum() and row.upper >= ends.max(axis=0).sum()
    return RowKind.FREE if is_free else RowKind.INEQUALITY


def _words(kept: Kept) -> str:
    """The kept rows in words."""
    parts = []
    for rows, word in ((kept.groups, "one-hot group"), (kept.squares, "assignment column"), (kept.packings, "packing")):
        if rows:
            parts.append(f"{len(rows)} {word}{'s' if len(rows) > 1 else ''}")
    return " and ".join(parts) or SINGLE_BITS


def find_kept(facts: list[RowFacts], n: int) -> Kept:
    """Which rows the walk keeps."""
    group_of = np.full(n, -1)
    groups: list[int] = []
    one_hot = [k for k, row in enumerate(facts) if row.kind is RowKind.ONE_HOT]
    for k in sorted(one_hot, key=lambda k: -len(facts[k].columns)):
        if (group_of[facts[k].columns] < 0).all():
            group_of[facts[k].columns] = len(groups)
            groups.append(k)
    squares = _squares(facts, [k for k in one_hot if k not in set(groups)], groups, group_of)
    packings, pairs = [], 0
    packing_rows = [k for k, row in enumerate(facts) if row.kind is RowKind.PACKING]
    for k in sorted(packing_rows, key=lambda k: len(facts[k].columns)):
        pairs += len(facts[k].columns) ** 2
        if pairs > MAX_CONFLICTS:
            break
        packings.append(k)
    kept = Kept(facts, groups, squares, packings)
    touching = [k for k in packings if (group_of[facts[k].columns] >= 0).any()]
    if touching and not _has_start(kept, n):
        kept = replace(kept, packings=[k for k in packings if k not in set(touching)])
    return kept


def _squares(facts: list[RowFacts], rows: list[int], groups: list[int], group_of: AnyArray) -> list[int]:
    """Further one-hot rows, disjoint, that with the groups they cut are complete squares of single bits."""
    by_groups: dict[tuple[int, ...], list[int]] = {}
    used: set[int] = set()
    for k in rows:
        bits = facts[k].columns
        cut = group_of[bits]
        if (cut < 0).any() or len(set(cut.tolist())) != len(bits) or used & set(bits.tolist()):
            continue
        used |= set(bits.tolist())
        by_groups.setdefault(tuple(sorted(cut.tolist())), []).append(k)
    return [
        k
        for cut, members in by_groups.items()
        if len(members) == len(cut) and all(len(facts[groups[g]].columns) == len(cut) for g in cut)
        for k in members
    ]


def _has_start(kept: Kept, n: int) -> bool:
    """Whether random insertion finds a member for every group, in some of a few tries."""
    rng = np.random.default_rng(0)
    conflicts = conflict_matrix(kept, n)
    for _ in range(TRIED_STARTS):
        x = _draw_groups(kept, n, conflicts, rng)
        if x is not None:
            return True
    return False


def _draw_groups(kept: Kept, n: int, conflicts: Any, rng: np.random.Generator) -> Bits | None:
    """Random members of all groups without conflict, or None where the order drawn leaves none."""
    x, blocked = np.zeros(n, dtype=np.uint8), np.zeros(n, dtype=bool)
    square_of = _numbers([kept.facts[k].columns for k in kept.squares], n)
    taken = np.zeros(len(kept.squares) + 1, dtype=bool)
    for g in rng.permutation(len(kept.groups)):
        bits = kept.facts[kept.groups[g]].columns
        free = bits[~blocked[bits] & ~taken[square_of[bits]]]
        if not len(free):
            return None
        bit = int(rng.choice(free))
        x[bit] = 1
        if square_of[bit] >= 0:
            taken[square_of[bit]] = True
        blocked[conflicts.indices[conflicts.indptr[bit] : conflicts.indptr[bit + 1]]] = True
    return x


def uniform_points(kept: Kept, n: int, num_points: int, rng: np.random.Generator) -> Bits:
    """Points, shape (num_points, n), of the kept rows for a random control.

    Groups take uniform members, squares uniform permutations; the other bits are 0 or 1 evenly where no packing row
    stands, and enter in random order where they still fit where one does. Where groups and packings meet, points are
    drawn by random insertion, up to TRIED_STARTS times, and then break packings.
    """
    conflicts = conflict_matrix(kept, n)
    packed = np.diff(conflicts.indptr) > 0
    group_of = _numbers([kept.facts[k].columns for k in kept.groups], n)
    loose = np.flatnonzero((group_of < 0) & ~packed)
    insert = np.flatnonzero((group_of < 0) & packed)
    X = np.zeros((num_points, n), dtype=np.uint8)
    X[:, loose] = rng.integers(0, 2, size=(num_points, len(loose)), dtype=np.uint8)
    alone = not kept.squares and not packed[group_of >= 0].any()
    if alone:
        for k in kept.groups:
            bits = kept.facts[k].columns
            X[np.arange(num_points), bits[rng.integers(len(bits), size=num_points)]] = 1
    for x in X:
        if not alone and kept.groups:
            tries = (_draw_groups(kept, n, conflicts, rng) for _ in range(TRIED_STARTS))
            drawn = next((found for found in tries if found is not None), None)
            if drawn is None:
                for k in kept.groups:
                    x[rng.choice(kept.facts[k].columns)] = 1
            else:
                x |= drawn
        blocked = np.zeros(n, dtype=bool)
        for bit in np.flatnonzero(x):
            blocked[conflicts.indices[conflicts.indptr[bit] : conflicts.indptr[bit + 1]]] = True
        for bit in rng.permutation(insert):
            if not blocked[bit]:
                x[bit] = 1
                blocked[conflicts.indices[conflicts.indptr[bit] : conflicts.indptr[bit + 1]]] = True
    return X


def conflict_matrix(kept: Kept, n: int) -> Any:
    """Pairs of bits that a kept packing row holds apart, as a symmetric CSR pattern without diagonal."""
    from scipy.sparse import csr_array

    lists = [kept.facts[k].columns for k in kept.packings]
    bits = np.concatenate(lists) if lists else np.zeros(0, dtype=np.int64)
    rows = np.repeat(np.arange(len(lists)), [len(columns) for columns in lists])
    pattern = csr_array((np.ones(len(bits)), (rows, bits)), shape=(len(lists), n))
    pairs = (pattern.T @ pattern).tocoo()
    i, j = pairs.coords
    off = i != j
    out = csr_array((np.ones(off.sum()), (i[off], j[off])), shape=(n, n))
    out.sort_indices()
    return out


def _numbers(lists: list[AnyArray], n: int) -> Int:
    """Which list each bit stands in, or -1."""
    out = np.full(n, -1, dtype=np.int64)
    for k, bits in enumerate(lists):
        out[bits] = k
    return out


def walk_data(data: Data, kept: Kept, tolerances: Float) -> tuple[Any, ...]:
    """Arguments of the general walk; ``tolerances`` of all rows of the program, shape (m,)."""
    from scipy.sparse import csr_array

    n, facts, soft = len(data.c), kept.facts, kept.soft
    upper = csr_array(data.products)
    products = csr_array(upper + upper.T)
    products.sort_indices()
    group_of = _numbers([facts[k].columns for k in kept.groups], n)
    square_of = _numbers([facts[k].columns for k in kept.squares], n)
    rows = np.repeat(np.arange(len(soft)), [len(facts[k].columns) for k in soft])
    bits = np.concatenate([facts[k].columns for k in soft]) if soft else np.zeros(0, dtype=np.int64)
    values = np.concatenate([facts[k].coefficients for k in soft]) if soft else np.zeros(0)
    columns = csr_array((values, (bits, rows)), shape=(n, len(soft)))
    columns.sort_indices()
    slack = tolerances[soft] if soft else np.zeros(0)
    scale = np.array([np.abs(facts[k].coefficients).mean() if len(facts[k].columns) else 1.0 for k in soft])
    return (
        float(data.offset),
        np.ascontiguousarray(data.c, dtype=np.float64),
        np.ascontiguousarray(data.square, dtype=np.float64),
        _triple(products),
        np.ascontiguousarray(data.lower, dtype=np.int64),
        np.ascontiguousarray(data.upper, dtype=np.int64),
        (group_of.astype(np.int32), square_of.astype(np.int32), len(kept.groups), len(kept.squares)),
        _triple(conflict_matrix(kept, n)),
        _triple(columns),
        (
            np.array([facts[k].lower for k in soft]) - slack,
            np.array([facts[k].upper for k in soft]) + slack,
            scale.astype(np.float64),
        ),
        _sacks(kept, n, columns),
    )


def _triple(matrix: Any) -> tuple[AnyArray, AnyArray, AnyArray]:
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float64)


def _sacks(kept: Kept, n: int, columns: Any) -> tuple[AnyArray, AnyArray, AnyArray, int]:
    """Item (group or packing, -1 for none) and sack (soft row) of each bit, where each pair is one bit at most.

    Then two items can change their sacks in one move. Nothing where a bit is in several of either.
    """
    nothing = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), 0)
    lists = [kept.facts[k].columns for k in (*kept.groups, *kept.packings)]
    count = np.zeros(n, dtype=np.int64)
    for bits in lists:
        count[bits] += 1
    if len(lists) < 2 or columns.shape[1] < 2 or (count > 1).any() or (np.diff(columns.indptr) != 1).any():
        return nothing
    item, sack, sacks = _numbers(lists, n), columns.indices.astype(np.int64), int(columns.shape[1])
    bits = np.flatnonzero(item >= 0)  # the others, such as a bin's use, are in a sack and of no item
    keys = item[bits] * sacks + sack[bits]
    if len(np.unique(keys)) != len(bits):
        return nothing
    cell = np.full(len(lists) * sacks, -1, dtype=np.int32)
    cell[keys] = bits
    return item.astype(np.int32), sack.astype(np.int32), cell, sacks
