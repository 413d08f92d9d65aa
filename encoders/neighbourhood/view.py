"""What a chooser sees of a run, and what it gives back: variables to keep, in the units that are taken whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...core import BinaryProgram, Bits
from ...core.arrays import Float, Int
from .structure import Structure


@dataclass(frozen=True, eq=False)
class View:
    """A program, its incumbent, and the round whose neighbourhood is chosen.

    Parameters
    ----------
    x : incumbent, shape (n,).
    size : most variables of a neighbourhood.
    index : number of the round.
    seed : of all choices of the run.
    pool : distinct good points, shape (k, n); for the backbone.
    """

    program: BinaryProgram
    structure: Structure
    x: Bits
    size: int
    index: int
    seed: int
    pool: Bits = field(default_factory=lambda: np.zeros((0, 0), dtype=np.uint8))

    @property
    def rng(self) -> np.random.Generator:
        """The round's own random numbers: the same in every run of that seed, whatever the incumbent."""
        return np.random.default_rng([self.seed, self.index, 16])

    def pass_rng(self, number: int) -> np.random.Generator:
        """Random numbers that all rounds of a pass share."""
        return np.random.default_rng([self.seed, number, 17])

    @property
    def gains(self) -> Float:
        """Change of the cost when one bit is flipped, shape (n,); rows are not looked at."""
        x = self.x.astype(np.float64)
        return np.asarray((1.0 - 2.0 * x) * self.program.couplings.pull(x, self.program.c))


@dataclass(frozen=True, eq=False)
class Wanted:
    """Units of a neighbourhood, most wanted first.

    Parameters
    ----------
    units : variables of each unit; with ``cells``, the object and the place of each.
    cells : variable of each object and place: k units are then the k x k variables of their objects and places.
    """

    units: Sequence[Int]
    cells: Int | None = None

    def variables(self, count: int) -> Int:
        """The variables of the first ``count`` units, ascending. Shape (k,)."""
        if not count:
            return np.zeros(0, dtype=np.int64)
        if self.cells is None:
            return np.unique(np.concatenate(list(self.units[:count])))
        objects, places = np.array(self.units[:count]).T
        return np.sort(self.cells[np.ix_(objects, places)].ravel())

    def most(self, size: int) -> int:
        """The largest number of units whose variables are at most ``size``."""
        if self.cells is not None:
            return min(len(self.units), int(size**0.5))
        return int(np.searchsorted(np.cumsum([len(unit) for unit in self.units]), size, side="right"))


@dataclass(frozen=True, eq=False)
class Merged:
    """Classes of variables that are flipped together.

    Parameters
    ----------
    classes : class of each variable, shape (n,); -1 for those that stay.
    """

    classes: Int


def as_units(structure: Structure, order: Int, x: Bits, size: int, rng: np.random.Generator) -> list[Int]:
    """Variables in an order as units: groups whole, the rest alone; a group above ``size`` by a random part.

    The part of a group holds its variable that is set, so that its row can still be kept.

    The order and each unit are lists of variables, shape (k,); x has shape (n,).
    """
    seen: set[int] = set()
    members = _members(structure)
    units: list[Int] = []
    total = 0
    for variable in order.tolist():
        group = int(structure.group_of[variable])
        if group < 0:
            units.append(np.array([variable], dtype=np.int64))
            total += 1
        elif group not in seen:
            seen.add(group)
            units.append(_part(members[group], x, size, rng))
            total += len(units[-1])
        if total >= 2 * size:
            break
    return units


def _members(structure: Structure) -> list[Int]:
    order = np.argsort(structure.group_of, kind="stable")
    sorted_groups = structure.group_of[order]
    first = int(np.searchsorted(sorted_groups, 0))
    cuts = np.flatnonzero(np.diff(sorted_groups[first:])) + 1
    return np.split(order[first:].astype(np.int64), cuts)


def _part(members: Int, x: Bits, size: int, rng: np.random.Generator) -> Int:
    if len(members) <= size:
        return members
    is_set = x[members] == 1
    others = rng.permutation(members[~is_set])
    return np.concatenate([members[is_set], others])[:size]
