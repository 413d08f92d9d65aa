"""The start of a sampler: the distribution over its ground that its first state gives when it is measured at once.

A circuit that starts near a relaxation's point already draws good points with no layer at all. So a verdict about such
a sampler compares it with points of its own start. A sampler declares none where its start is uniform, or knows nothing
of the costs: the ground state of a subspace's mixer is often worse than uniform, and would be too easy a control.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from .arrays import Bits, Float, frozen


@runtime_checkable
class Start(Protocol):
    """A distribution over the points of a ground."""

    def draw(self, rng: np.random.Generator, num_points: int) -> Bits:
        """Independent points, shape (num_points, num_bits)."""
        ...

    def probabilities(self) -> Float:
        """Probability of each point in the ground's order, shape (size,)."""
        ...

    def describe(self) -> str:
        """The distribution in words, such as "independent bits near a relaxed point"."""
        ...


@dataclass(frozen=True, eq=False)
class ProductStart:
    """Independent bits, each 1 with its own probability: a start on all bit strings.

    Parameters
    ----------
    ones : probability that each bit is 1, shape (num_bits,).

    Raises
    ------
    ValueError
        A probability is outside [0, 1].

    Examples
    --------
    >>> ProductStart(np.array([0.25, 1.0])).probabilities().tolist()
    [0.0, 0.0, 0.75, 0.25]
    """

    ones: Float

    def __post_init__(self) -> None:
        ones = frozen(self.ones, np.float64)
        if ones.size and not (ones.min() >= 0 and ones.max() <= 1):
            raise ValueError(f"ones must lie in [0, 1], got {float(ones.min())} to {float(ones.max())}")
        object.__setattr__(self, "ones", ones)

    def draw(self, rng: np.random.Generator, num_points: int) -> Bits:
        """Independent points, shape (num_points, num_bits)."""
        return (rng.random((num_points, self.ones.size)) < self.ones).astype(np.uint8)

    def probabilities(self) -> Float:
        """``prod_i p_i^z_i (1 - p_i)^(1 - z_i)`` of all 2**num_bits points, low bit first."""
        table = np.ones(1)
        for p in self.ones.tolist():
            table = np.concatenate([table * (1.0 - p), table * p])
        return table

    def describe(self) -> str:
        """In words."""
        return "independent bits near a relaxed point"
