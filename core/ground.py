"""The ground of a sampler: the finite set of points it chooses from, drawn uniformly by the control.

A verdict about a sampler compares it with uniform points of its own ground. Points here are points ``z`` of the QUBO.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from .arrays import Bits


@runtime_checkable
class Ground(Protocol):
    """A finite set of points of {0,1}^num_bits; every point is drawn with the same probability."""

    @property
    def num_bits(self) -> int: ...

    @property
    def size(self) -> int | None:
        """Number of points; None where it is not known."""
        ...

    def draw(self, rng: np.random.Generator, num_points: int) -> Bits:
        """Uniform, independent points, shape (num_points, num_bits)."""
        ...

    def block(self, first: int, last: int) -> Bits:
        """Points ``first..last-1`` of a fixed order of all, shape (last - first, num_bits); needs a known size."""
        ...

    def describe(self) -> str:
        """The set in words, such as "1 one-hot groups: 3 states"; empty for all bit strings."""
        ...


@dataclass(frozen=True)
class Cube:
    """All bit strings of a length.

    Examples
    --------
    >>> Cube(2).size, Cube(2).block(1, 4).tolist()
    (4, [[1, 0], [0, 1], [1, 1]])
    """

    num_bits: int

    @property
    def size(self) -> int:
        return 1 << self.num_bits

    def draw(self, rng: np.random.Generator, num_points: int) -> Bits:
        """Uniform bits, shape (num_points, num_bits)."""
        return rng.integers(0, 2, size=(num_points, self.num_bits), dtype=np.uint8)

    def block(self, first: int, last: int) -> Bits:
        """Bits of the integers ``first..last-1``, low bit first. Shape (last - first, n)."""
        numbers = np.arange(first, last, dtype=np.uint64)[:, None]
        bits: Bits = ((numbers >> np.arange(self.num_bits, dtype=np.uint64)) & np.uint64(1)).astype(np.uint8)
        return bits

    def describe(self) -> str:
        """Empty: nothing is kept."""
        return ""
