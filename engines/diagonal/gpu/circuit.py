"""Runs of alternating circuits on one card, for one state or a batch of equal size: forward, and back for derivatives.

A state of one tile goes through all layers inside one block of the card; a larger one takes the passes of its program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import layout, passes, whole
from .device import Array, Build, Card
from .energies import CardDiagonal
from .program import Rotations, rotations_of

Float = npt.NDArray[np.float64]
OnDensity = Callable[[int, Array], None]


@dataclass(frozen=True)
class Tuning:
    """Tile sizes of a card; the defaults were measured on an H100.

    Parameters
    ----------
    tile, large_tile : bits of a tile; the large one is taken in complex64 above `large_from` qubits
    small_tile : of the way back, where it needs no more passes
    held : bits that a thread holds in registers; `held_back` on the way back, for (complex64, complex128)
    blocks, blocks_back : blocks that a multiprocessor runs at once, for (complex64, complex128)
    carried : lowest bits that a higher group reads together at least, for (complex64, complex128)
    """

    tile: int = 12
    large_tile: int = 13
    large_from: int = 30
    small_tile: int = 11
    held: int = 4
    held_back: tuple[int, int] = (4, 3)
    blocks: tuple[int, int] = (3, 2)
    blocks_back: tuple[int, int] = (4, 2)
    carried: tuple[int, int] = (3, 2)


@dataclass(frozen=True, eq=False)
class Circuit:
    """One circuit shape with its angles.

    Parameters
    ----------
    diagonals : one a layer, all of one stored type; of a batch of B costs with ``data`` of shape (B, 2**n)
    turns : gamma * unit / 2 pi, shape (B, p)
    angles : shape (B, p, n)
    is_shared : one cost for the whole batch
    """

    card: Card
    n: int
    dtype: np.dtype[Any]
    diagonals: tuple[CardDiagonal, ...]
    turns: Float
    angles: Float
    axis: Literal["x", "y"] = "x"
    is_half: bool = False
    is_shared: bool = True
    tuning: Tuning = Tuning()

    @property
    def batch(self) -> int:
        return int(self.angles.shape[0])

    @property
    def layers(self) -> int:
        return len(self.diagonals)

    @property
    def size(self) -> int:
        """Stored amplitudes of one state."""
        return int(1 << (self.n - self.is_half))

    @property
    def is_whole(self) -> bool:
        """Whether a state is one tile."""
        return self.n <= self.tuning.tile

    @property
    def amplitude(self) -> float:
        """That of the uniform superposition."""
        return 1.0 / float(np.sqrt(self.size))

    @cached_property
    def rotations(self) -> Rotations:
        return rotations_of(self.angles, together=not self.is_whole)

    def empty(self) -> Array:
        """Room for the batch's states."""
        return self.card.empty(self.batch * self.size, self.dtype)

    def forward(self, states: Array | None, cost: CardDiagonal | None, *, starts: bool, stores: bool) -> Float | None:
        """Run all layers; with a cost, energies in stored units and norms, shape (B, 2).

        `states` is not needed where the uniform superposition is a single tile and nothing is stored.
        """
        sums = None
        if self.is_whole:
            sums = whole.forward(self, states, cost, starts, stores)
        else:
            sums = passes.forward(self, states, cost, starts, stores)
        return None if sums is None else self.card.download(sums).reshape(self.batch, 2)

    def backward(
        self, states: Array, cost: CardDiagonal, caps: Float, on_density: OnDensity | None = None
    ) -> tuple[Float, Float]:
        """Derivatives of ``<min(stored energy, cap)>`` by turns / 2 pi (B, p) and angles (B, p, n).

        `caps` has the cap and the mean of the capped energy, shape (B, 2). The states are used up. `on_density` gets
        each layer, last first, and the density of `reference.backward` in stored units (one array that the next layer
        overwrites); batches of one state only.
        """
        if self.is_whole:
            by_gamma, by_angle = whole.backward(self, states, cost, caps, on_density)
        else:
            by_gamma, by_angle = passes.backward(self, states, cost, caps, on_density)
        return 2 * by_gamma, 2 * by_angle

    @property
    def _index(self) -> int:
        return 0 if self.dtype == np.complex64 else 1

    @property
    def real(self) -> np.dtype[Any]:
        return np.dtype(np.float32 if self.dtype == np.complex64 else np.float64)

    @property
    def _tile(self) -> int:
        if self.is_whole:
            return self.n
        is_large = self.dtype == np.complex64 and self.n > self.tuning.large_from
        return self.tuning.large_tile if is_large else self.tuning.tile

    @cached_property
    def build(self) -> Build:
        tile, kind = self._tile, self.diagonals[0].kind
        held = min(self.tuning.held, tile)
        blocks = self.tuning.blocks[self._index] if tile <= self.tuning.tile else 2
        return Build(32 << self._index, kind, tile, held, blocks, self.axis == "y")

    @cached_property
    def build_back(self) -> Build:
        tile, held = self._tile, min(self.tuning.held_back[self._index], self._tile)
        if self.is_whole:
            return replace(self.build, held=held, blocks=1)
        small = self._groups_of(self.tuning.small_tile)
        if tile > self.tuning.small_tile and len(small) <= len(self.groups):
            blocks = self.tuning.blocks_back[self._index]
            return replace(self.build, tile=self.tuning.small_tile, held=held, blocks=blocks)
        return replace(self.build, held=held, blocks=2 - self._index if tile <= self.tuning.tile else 1)

    @cached_property
    def groups(self) -> tuple[layout.Group, ...]:
        return self._groups_of(self._tile)

    @cached_property
    def groups_back(self) -> tuple[layout.Group, ...]:
        return self._groups_of(self.build_back.tile)

    def _groups_of(self, tile: int) -> tuple[layout.Group, ...]:
        return layout.groups_of(self.n, tile, self.tuning.carried[self._index], self.is_half)

    def points(self, cost: CardDiagonal) -> Array:
        """A diagonal's points, as many as the state has."""
        return cost.full if not self.is_half and self.is_shared else cost.data

    def data(self, cost: CardDiagonal) -> np.uint64:
        """Their address."""
        return self.address(self.points(cost))

    def address(self, values: Array | None) -> np.uint64:
        """Address on the card, and 0 where there is no array."""
        return np.uint64(0 if values is None else self.card.address(values))


__all__ = ["Circuit", "Tuning"]
