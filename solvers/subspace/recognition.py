"""Which feasible subspace the rows of a program describe: permutation, one-hot groups, subsets, or an enumeration.

Told from the rows alone. Rows that the space does not keep stay what they are in the QUBO: penalties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from ...core import BinaryProgram, RowFacts, RowKind, UnsupportedError, row_facts
from .keyed import enumerate_rows, subset_space
from .spaces import GroupSpace, PermutationSpace, Space

SpaceChoice = Literal["auto", "permutation", "one-hot", "subsets", "enumerate"]


@dataclass(frozen=True, eq=False)
class Recognised:
    """A space, the rows that all its points keep by construction, and the others."""

    kind: SpaceChoice
    space: Space
    kept: tuple[str, ...]
    left: tuple[str, ...]

    def describe(self) -> str:
        """One line for a Record.

        Examples
        --------
        >>> from ...core import make_rows
        >>> rows = make_rows([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]], lower=[1, 1, -np.inf], upper=[1, 1, 1])
        >>> recognise(BinaryProgram(c=[1, 2, 3, 4], rows=rows)).describe()
        '2 one-hot groups: 4 states instead of 2**4; keeps 2 of 3 rows'
        """
        return f"{self.space.describe()}; keeps {len(self.kept)} of {len(self.kept) + len(self.left)} rows"


def recognise(program: BinaryProgram, choice: SpaceChoice = "auto", *, max_bytes: int | None = None) -> Recognised:
    """The feasible subspace of the program's rows.

    ``auto`` takes the first that fits of: permutation (all bits form a square of one-hot rows and columns), one-hot
    groups with free bits (the longest disjoint one-hot rows first; at least one), subsets (one equality row with equal
    coefficients over all bits, and no other row), all bits free (no rows), enumeration of all rows.

    Raises
    ------
    UnsupportedError
        The rows have not the chosen form, or the space is too large; counted before it is allocated.
    """
    facts = [row for row in row_facts(program) if row.kind is not RowKind.FREE]
    names = program.constraints.names
    kinds: tuple[SpaceChoice, ...] = tuple(_FINDERS) if choice == "auto" else (choice,)
    for kind in kinds:
        found = _FINDERS[kind](program, facts, max_bytes)
        if found is not None:
            space, kept = found
            free = set(names) - {row.name for row in facts}  # rows that no point can break
            keeps = set(kept) | free
            return Recognised(
                kind, space, tuple(n for n in names if n in keeps), tuple(n for n in names if n not in keeps)
            )
    raise UnsupportedError(f"the rows must form {_FORMS[choice]}, got other rows; choose another space, or auto")


_Found = tuple[Space, list[str]] | None


def _permutation(program: BinaryProgram, facts: list[RowFacts], max_bytes: int | None) -> _Found:
    """A square of cells: each bit in exactly two one-hot rows, one of each of two families that cut each other."""
    n = program.num_variables
    side = round(n**0.5)
    rows = _distinct([row for row in facts if row.kind is RowKind.ONE_HOT])
    if side * side != n or n == 0 or len(rows) != 2 * side or any(len(row.columns) != side for row in rows):
        return None
    of_bit: list[list[int]] = [[] for _ in range(n)]
    for r, row in enumerate(rows):
        for bit in row.columns.tolist():
            of_bit[bit].append(r)
    if any(len(pair) != 2 for pair in of_bit):
        return None
    first = [r for r, row in enumerate(rows) if not set(row.columns.tolist()) & set(rows[0].columns.tolist())]
    objects = [0, *first] if side > 1 else [0]
    places = [r for r in range(2 * side) if r not in objects]
    if len(objects) != side:
        return None
    cells = np.full((side, side), -1)
    for bit, pair in enumerate(of_bit):
        inside = [r for r in pair if r in objects]
        outside = [r for r in pair if r in places]
        if len(inside) != 1 or len(outside) != 1:
            return None
        cells[objects.index(inside[0]), places.index(outside[0])] = bit
    if (cells < 0).any():
        return None
    kept = {frozenset(row.columns.tolist()) for row in rows}
    names = [row.name for row in facts if row.kind is RowKind.ONE_HOT and frozenset(row.columns.tolist()) in kept]
    return PermutationSpace(cells), names


def _distinct(rows: list[RowFacts]) -> list[RowFacts]:
    """One row for each set of columns."""
    return list({frozenset(row.columns.tolist()): row for row in reversed(rows)}.values())[::-1]


def _one_hot(program: BinaryProgram, facts: list[RowFacts], max_bytes: int | None) -> _Found:
    taken: set[int] = set()
    groups, names = [], []
    for row in sorted((row for row in facts if row.kind is RowKind.ONE_HOT), key=lambda row: -len(row.columns)):
        bits = row.columns.tolist()
        if not taken & set(bits):
            taken |= set(bits)
            groups.append(tuple(bits))
            names.append(row.name)
    if not groups:
        return None
    free = tuple(bit for bit in range(program.num_variables) if bit not in taken)
    return GroupSpace(tuple(groups), free), names


def _subsets(program: BinaryProgram, facts: list[RowFacts], max_bytes: int | None) -> _Found:
    if len(facts) != 1:
        return None
    row = facts[0]
    n = program.num_variables
    step = row.coefficients[0]
    if row.lower != row.upper or len(row.columns) != n or not (row.coefficients == step).all():
        return None
    weight = row.upper / step
    if weight != round(weight) or not 0 <= weight <= n:
        return None
    return subset_space(n, round(weight), max_bytes=max_bytes), [row.name]


def _free(program: BinaryProgram, facts: list[RowFacts], max_bytes: int | None) -> _Found:
    """All bits, where no row can be broken."""
    return None if facts else (GroupSpace((), tuple(range(program.num_variables))), [])


def _enumerated(program: BinaryProgram, facts: list[RowFacts], max_bytes: int | None) -> _Found:
    free = _free(program, facts, max_bytes)
    if free is not None:
        return free
    return enumerate_rows(program.constraints, max_bytes=max_bytes), [row.name for row in facts]


_FINDERS: Mapping[SpaceChoice, Callable[[BinaryProgram, list[RowFacts], int | None], _Found]] = MappingProxyType(
    {"permutation": _permutation, "one-hot": _one_hot, "subsets": _subsets, "enumerate": _enumerated}
)

_FORMS: Mapping[SpaceChoice, str] = MappingProxyType(
    {
        "permutation": "n one-hot rows and n one-hot columns over n**2 bits",
        "one-hot": "at least one one-hot row",
        "subsets": "one equality row with equal coefficients over all bits",
        "enumerate": "a nonempty set",
        "auto": "a nonempty set",
    }
)
