"""Feasible subspaces in closed form: permutations and one-hot groups, each a list of program points by index.

A quantum state that starts in such a space and is moved only by mixers that keep it needs one amplitude a feasible
point, not one a bit string: 5,040 instead of 2**49 for the tours of 8 cities. Points are in program-bit order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from ...core import Bits, Int, UnsupportedError, frozen

#: Permutations of more than this many objects have more states than any machine here holds (11! * 16 B = 639 MB a
#: state, and the Fourier transform's blocks 4 GB).
MAX_OBJECTS = 10

#: Most points that ``index`` and ``energies`` expand at once.
CHUNK = 1 << 16


@runtime_checkable
class Space(Protocol):
    """A finite set of points of {0,1}^num_bits in a fixed order."""

    @property
    def size(self) -> int: ...

    @property
    def num_bits(self) -> int: ...

    def points(self, indices: npt.ArrayLike | None = None) -> Bits:
        """Points (k, num_bits) of the given indices, of all when None."""
        ...

    def index(self, points: npt.ArrayLike) -> Int:
        """Indices (k,) of the points (k, num_bits).

        Raises
        ------
        ValueError
            A point does not lie in the space.
        """
        ...

    def describe(self) -> str:
        """One line: what the space is and how many points it has."""
        ...


def sample_indices(space: Space, num_points: int, rng: np.random.Generator) -> Int:
    """Indices, shape (num_points,), of uniform, independent points of the space."""
    return rng.integers(space.size, size=num_points)


def uniform_sample(space: Space, num_points: int, rng: np.random.Generator) -> Bits:
    """``num_points`` uniform, independent points of the space, shape (num_points, num_bits)."""
    return space.points(sample_indices(space, num_points, rng))


@dataclass(frozen=True, eq=False)
class SpaceGround:
    """A space as the ground of a control; ``words`` say what it is."""

    space: Space
    words: str

    @property
    def num_bits(self) -> int:
        return self.space.num_bits

    @property
    def size(self) -> int:
        return self.space.size

    def draw(self, rng: np.random.Generator, num_points: int) -> Bits:
        """Uniform, independent points of the space, shape (num_points, num_bits)."""
        return uniform_sample(self.space, num_points, rng)

    def block(self, first: int, last: int) -> Bits:
        """Points of the indices ``first..last-1``, shape (last - first, num_bits)."""
        return self.space.points(np.arange(first, last))

    def describe(self) -> str:
        """The recognised rows and the number of states."""
        return self.words


@dataclass(frozen=True, eq=False)
class PermutationSpace:
    """All permutations of n objects, written as n one-hot rows that are also n one-hot columns.

    Order: lexicographic in the one-line notation ``p`` (object i stands at place p[i]); bit ``cells[i, p[i]]`` is 1.

    Parameters
    ----------
    cells : program bit of "object i at place j", shape (n, n), a bijection onto 0..n**2-1.

    Raises
    ------
    UnsupportedError
        n > 10: n! states are too many.

    Examples
    --------
    >>> space = permutation_space(3)
    >>> space.size, space.points([0, 5]).tolist()
    (6, [[1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 1, 0, 1, 0, 1, 0, 0]])
    >>> space.index(space.points()).tolist()
    [0, 1, 2, 3, 4, 5]
    """

    cells: Int

    def __post_init__(self) -> None:
        cells = frozen(self.cells, np.int64)
        n = cells.shape[0]
        if cells.shape != (n, n) or not np.array_equal(np.sort(cells.ravel()), np.arange(n * n)):
            raise ValueError(f"cells must be a square bijection onto 0..n**2-1, got shape {cells.shape}")
        if n > MAX_OBJECTS:
            raise UnsupportedError(
                f"a permutation space must have n <= {MAX_OBJECTS}, got n = {n} ({math.factorial(n):,} states); "
                "fix objects first, or use a sampler of the penalty model"
            )
        object.__setattr__(self, "cells", cells)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @property
    def num_objects(self) -> int:
        return int(self.cells.shape[0])

    @property
    def size(self) -> int:
        return math.factorial(self.num_objects)

    @property
    def num_bits(self) -> int:
        return int(self.cells.size)

    def permutations(self, indices: npt.ArrayLike | None = None) -> Bits:
        """One-line notations p, shape (k, n), of the given ranks."""
        n = self.num_objects
        rest = checked_indices(indices, self.size)
        p = np.empty((rest.size, n), dtype=np.uint8)
        for i in range(n):
            digit, rest = np.divmod(rest, math.factorial(n - 1 - i))
            p[:, i] = digit
        for i in range(n - 2, -1, -1):  # a Lehmer digit counts the free places before it
            p[:, i + 1 :] += p[:, i + 1 :] >= p[:, i : i + 1]
        return p

    def rank(self, permutations: npt.ArrayLike) -> Int:
        """Lexicographic ranks of one-line notations (k, n); the inverse of ``permutations``."""
        p = np.asarray(permutations)
        n = self.num_objects
        ranks = np.zeros(len(p), dtype=np.int64)
        for i in range(n - 1):
            ranks += (p[:, i + 1 :] < p[:, i : i + 1]).sum(axis=1) * math.factorial(n - 1 - i)
        return ranks

    def points(self, indices: npt.ArrayLike | None = None) -> Bits:
        """Permutation matrices, shape (k, num_bits), of indices, shape (k,); None: all."""
        p = self.permutations(indices)
        out = np.zeros((len(p), self.num_bits), dtype=np.uint8)
        np.put_along_axis(out, self.cells[np.arange(self.num_objects), p], 1, axis=1)
        return out

    def index(self, points: npt.ArrayLike) -> Int:
        """Indices, shape (k,), of permutation matrices, shape (k, num_bits).

        Raises
        ------
        ValueError
            A point is no permutation matrix.
        """
        cells = checked_points(points, self.num_bits)[:, self.cells]
        if not ((cells.sum(axis=1) == 1).all() and (cells.sum(axis=2) == 1).all()):
            raise ValueError("points must be permutation matrices; repair them first")
        return self.rank(cells.argmax(axis=2))

    def describe(self) -> str:
        """How many permutations there are, and states without the rows."""
        n = self.num_objects
        return f"permutations of {n}: {self.size:,} states instead of 2**{n * n}"


def permutation_space(n: int) -> PermutationSpace:
    """Permutations of n objects with bit ``i * n + j`` for "object i at place j"."""
    return PermutationSpace(np.arange(n * n).reshape(n, n))


@dataclass(frozen=True, eq=False)
class GroupSpace:
    """Disjoint groups of bits with exactly one 1 each, and free bits: a product of W-state registers and qubits.

    Order: mixed radix, the first group slowest, then the free bits, the last fastest. A free bit is a register of two
    levels that is stored in one bit.

    Parameters
    ----------
    groups : bits of each group, in the order of its levels (a ring mixer goes round in it).
    free : bits that no group holds.

    Raises
    ------
    UnsupportedError
        More than 2**40 states.

    Examples
    --------
    >>> space = GroupSpace(((0, 1), (3, 4, 5)), free=(2,))
    >>> space.levels, space.size, space.points([0, 11]).tolist()
    ((2, 3, 2), 12, [[1, 0, 0, 1, 0, 0], [0, 1, 1, 0, 0, 1]])
    """

    groups: tuple[tuple[int, ...], ...]
    free: tuple[int, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", tuple(tuple(int(b) for b in group) for group in self.groups))
        object.__setattr__(self, "free", tuple(int(b) for b in self.free))
        bits = sorted([b for group in self.groups for b in group] + list(self.free))
        if bits != list(range(len(bits))) or not all(self.groups):
            raise ValueError("groups and free must hold each bit 0..n-1 exactly once, and no group may be empty")
        if self.size > 2**40:
            raise UnsupportedError(
                f"a one-hot space must have <= 2**40 states, got 2**{math.log2(self.size):.0f} "
                f"({len(self.groups)} groups, {len(self.free)} free bits); fix variables first, or use a sampler of "
                "the penalty model"
            )

    @property
    def levels(self) -> tuple[int, ...]:
        """Number of levels of each register: sizes of the groups, then 2 for each free bit."""
        return tuple(len(group) for group in self.groups) + (2,) * len(self.free)

    @property
    def size(self) -> int:
        return math.prod(self.levels)

    @property
    def num_bits(self) -> int:
        return sum(map(len, self.groups)) + len(self.free)

    def points(self, indices: npt.ArrayLike | None = None) -> Bits:
        """Points, shape (k, num_bits), of indices, shape (k,); None: all. The last group and free bit run fastest."""
        rest = checked_indices(indices, self.size)
        out = np.zeros((rest.size, self.num_bits), dtype=np.uint8)
        for bit in reversed(self.free):
            rest, out[:, bit] = np.divmod(rest, 2)
        for group in reversed(self.groups):
            rest, level = np.divmod(rest, len(group))
            out[np.arange(rest.size), np.array(group)[level]] = 1
        return out

    def index(self, points: npt.ArrayLike) -> Int:
        """Indices, shape (k,), of points, shape (k, num_bits).

        Raises
        ------
        ValueError
            A group has not exactly one 1.
        """
        X = checked_points(points, self.num_bits)
        out = np.zeros(len(X), dtype=np.int64)
        for group in self.groups:
            bits = X[:, group]
            if not (bits.sum(axis=1) == 1).all():
                raise ValueError(f"points must have exactly one 1 in the group {group}; repair them first")
            out = out * len(group) + bits.argmax(axis=1)
        for bit in self.free:
            out = out * 2 + X[:, bit]
        return out

    def describe(self) -> str:
        """How many groups, free bits and states there are, and states without the rows."""
        free = f" and {len(self.free)} free bits" if self.free else ""
        return f"{len(self.groups)} one-hot groups{free}: {self.size:,} states instead of 2**{self.num_bits}"


def checked_indices(indices: npt.ArrayLike | None, size: int) -> Int:
    """Indices as int64 of shape (k,); None: 0..size - 1.

    Raises
    ------
    ValueError
        An index lies outside.
    """
    if indices is None:
        return np.arange(size, dtype=np.int64)
    out = np.atleast_1d(np.asarray(indices, dtype=np.int64))
    if out.size and not (out.min() >= 0 and out.max() < size):
        raise ValueError(f"indices must lie in 0..{size - 1}, got {out.min()}..{out.max()}")
    return out


def checked_points(points: npt.ArrayLike, num_bits: int) -> Bits:
    """Points as uint8 of shape (k, num_bits).

    Raises
    ------
    ValueError
        They have another shape, or entries that are not 0 or 1.
    """
    X = np.atleast_2d(np.asarray(points))
    if X.ndim != 2 or X.shape[1] != num_bits or not np.isin(X, (0, 1)).all():
        raise ValueError(f"points must be 0/1 of shape (k, {num_bits}), got shape {X.shape}")
    return X.astype(np.uint8)
