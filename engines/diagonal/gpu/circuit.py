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

from . import layout
from .device import Array, Build, Card
from .energies import CardDiagonal
from .program import Program, Rotations, backward_program, bit_order, forward_program, phases_of, rotations_of

Float = npt.NDArray[np.float64]
OnDensity = Callable[[int, Array], None]


@dataclass(frozen=True)
class Tuning:
    """Tile sizes of a card; the defaults were measured on an H100.

    Parameters
    ----------
    tile, large_tile : bits of a tile; the large one is taken in complex64 above `large_from` qubits
    held : bits that a thread holds in registers; `held_back` on the way back, for (complex64, complex128)
    blocks, blocks_back : blocks that a multiprocessor runs at once, for (complex64, complex128)
    carried : lowest bits that a higher group reads together at least, for (complex64, complex128)
    """

    tile: int = 12
    large_tile: int = 13
    large_from: int = 30
    held: int = 4
    held_back: tuple[int, int] = (4, 3)
    blocks: tuple[int, int] = (4, 2)
    blocks_back: tuple[int, int] = (2, 1)
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
        return float(self.size) ** -0.5

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
            sums = self._forward_whole(states, cost, starts, stores)
        else:
            sums = self._forward_passes(states, cost, starts, stores)
        return None if sums is None else self.card.download(sums).reshape(self.batch, 2)

    def backward(
        self, states: Array, cost: CardDiagonal, caps: Float, on_density: OnDensity | None = None
    ) -> tuple[Float, Float]:
        """Derivatives of ``<min(stored energy, cap)>`` by turns / 2 pi (B, p) and angles (B, p, n).

        The states are used up. `on_density` gets each layer, last first, and the density of `reference.backward` in
        stored units (one array that the next layer overwrites); batches of one state only.
        """
        if self.is_whole:
            by_gamma, by_angle = self._backward_whole(states, cost, caps, on_density)
        else:
            by_gamma, by_angle = self._backward_passes(states, cost, caps, on_density)
        return 2 * by_gamma, 2 * by_angle

    @property
    def _index(self) -> int:
        return 0 if self.dtype == np.complex64 else 1

    @property
    def _real(self) -> np.dtype[Any]:
        return np.dtype(np.float32 if self.dtype == np.complex64 else np.float64)

    @property
    def _tile(self) -> int:
        if self.is_whole:
            return self.n
        is_large = self.dtype == np.complex64 and self.n > self.tuning.large_from
        return self.tuning.large_tile if is_large else self.tuning.tile

    @cached_property
    def _build(self) -> Build:
        tile, kind = self._tile, self.diagonals[0].kind
        held = min(self.tuning.held, tile)
        blocks = self.tuning.blocks[self._index] if tile <= self.tuning.tile else 2
        return Build(32 << self._index, kind, tile, held, blocks, self.axis == "y")

    @cached_property
    def _build_back(self) -> Build:
        held = min(self.tuning.held_back[self._index], self._tile)
        blocks = self.tuning.blocks_back[self._index] if self._tile <= self.tuning.tile else 1
        return replace(self._build, held=held, blocks=blocks)

    @cached_property
    def groups(self) -> tuple[layout.Group, ...]:
        return layout.groups_of(self.n, self._tile, self.tuning.carried[self._index], self.is_half)

    def _data(self, cost: CardDiagonal) -> np.uint64:
        """Address of a diagonal's points, as many as the state has."""
        return self._address(cost.full if not self.is_half and self.is_shared else cost.data)

    def _address(self, values: Array | None) -> np.uint64:
        return np.uint64(0 if values is None else self.card.address(values))

    def _upload(self, *arrays: npt.NDArray[Any]) -> tuple[Array, list[np.uint64]]:
        """Several tables in one transfer: what keeps them alive, and their addresses."""
        starts, at = [], 0
        for array in arrays:
            starts.append(at)
            at += -(-array.nbytes // 16) * 16
        packed = np.zeros(at, dtype=np.uint8)
        for start, array in zip(starts, arrays):
            packed[start : start + array.nbytes] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        held = self.card.upload(packed)
        return held, [np.uint64(self.card.address(held) + start) for start in starts]

    def _totals(self, table: Array, rows: int, length: int, out: Array, at: int = 0) -> None:
        kernel = self.card.kernel("measure.cu", "total", Build().measuring())
        arguments = self._address(table), np.uint64(length), np.uint64(self.card.address(out) + 8 * at)
        kernel((rows, 1), 256, arguments)

    def _forward_passes(self, states: Array | None, cost: CardDiagonal | None, starts: bool, stores: bool) -> Array:
        program = forward_program(self.groups, self.layers, self._build.held, starts=starts)
        tables = program.tables(self.rotations, self.turns, self._real, self.amplitude)
        tables.ints[-1, 0] |= layout.MEASURE if cost is not None else 0
        tables.ints[-1, 0] &= ~0 if stores else ~layout.STORE
        _held, (ints, phases, rotations) = self._upload(tables.ints, tables.phases, tables.rotations)
        kernel = self.card.kernel("forward.cu", "forward", self._build, self._build.tile_bytes)
        blocks = self.size >> self._tile
        sums = None if cost is None else self.card.empty(2 * self.batch * blocks, np.float64)
        weights = np.uint64(0) if cost is None else self._data(cost)
        sizes = np.int32(len(program.steps)), np.int32(0), np.int32(self.is_shared), np.uint64(self.size)
        data = {id(d): self._data(d) for d in self.diagonals}
        state, out = self._address(states), self._address(sums)
        for k, step in enumerate(program.steps):
            diagonal = np.uint64(0) if step.phase is None else data[id(self.diagonals[step.phase])]
            arguments = (state, diagonal, weights, ints, phases, rotations, out, np.int32(k), *sizes)
            kernel((blocks, self.batch), self._build.threads, arguments)
        if sums is None:
            return None
        totals = self.card.empty(2 * self.batch, np.float64)
        self._totals(sums, 2 * self.batch, blocks, totals)
        return totals

    def _forward_whole(self, states: Array | None, cost: CardDiagonal | None, starts: bool, stores: bool) -> Array:
        r = self.rotations
        rows = np.zeros((self.batch, self.layers, self.n + 1, 2), dtype=self._real)
        rows[:, :, 0, 0] = r.scales
        rows[:, :, 1:, 0], rows[:, :, 1:, 1] = r.first, r.second
        _held, (pointers, phases, rotations, plain) = self._upload(
            self._pointers(), phases_of(self.turns), rows, r.is_plain.astype(np.uint8)
        )
        sums = None if cost is None else self.card.empty(2 * self.batch, np.float64)
        flags = (layout.START if starts else 0) | (layout.STORE if stores else 0)
        flags |= layout.MEASURE if cost is not None else 0
        weights = np.uint64(0) if cost is None else self._data(cost)
        last = np.int32(self.layers), np.int32(flags), np.int32(self.is_shared), self._real.type(self.amplitude)
        kernel = self.card.kernel("forward.cu", "whole", self._build, self._build.tile_bytes)
        arguments = self._address(states), pointers, weights, phases, rotations, plain, self._address(sums), *last
        kernel((self.batch, 1), self._build.threads, arguments)
        return sums

    def _pointers(self, *, is_reversed: bool = False) -> npt.NDArray[np.uint64]:
        order = self.diagonals[::-1] if is_reversed else self.diagonals
        return np.array([self._data(d) for d in order], dtype=np.uint64)

    def _backward_passes(
        self, states: Array, cost: CardDiagonal, caps: Float, on_density: OnDensity | None
    ) -> tuple[Float, Float]:
        build = self._build_back
        program = backward_program(self.groups, self.layers, build.held, keeps_density=on_density is not None)
        tables = program.tables(self.rotations, self.turns, self._real, self.amplitude)
        _held, (ints, phases, rotations, limits) = self._upload(tables.ints, tables.phases, tables.rotations, caps)
        kernel = self.card.kernel("adjoint.cu", "backward", build, 2 * build.tile_bytes)
        blocks, columns, passes = self.size >> self._tile, 1 + 2 * self._tile, len(program.steps)
        adjoints = self.empty()
        sums = self.card.empty(self.batch * blocks * columns, np.float64)
        totals = self.card.empty(passes * self.batch * columns, np.float64)
        density = None if on_density is None else self.card.empty(self.size, np.float64)
        sizes = np.int32(passes), np.int32(0), np.int32(self.is_shared), np.uint64(self.size)
        pointers = [self._address(values) for values in (states, adjoints)]
        tail = ints, phases, rotations, self._address(sums), self._address(density)
        for k, step in enumerate(program.steps):
            diagonal = np.uint64(0) if step.phase is None else self._data(self.diagonals[step.phase])
            arguments = (*pointers, diagonal, self._data(cost), limits, *tail, np.int32(k), *sizes)
            kernel((blocks, self.batch), build.threads, arguments)
            self._totals(sums, self.batch * columns, blocks, totals, k * self.batch * columns)
            if on_density is not None and step.phase is not None:
                on_density(step.phase, density)
        found = self.card.download(totals).reshape(passes, self.batch, columns).swapaxes(0, 1)
        return program.by_layer(found, self.rotations)

    def _backward_whole(
        self, states: Array, cost: CardDiagonal, caps: Float, on_density: OnDensity | None
    ) -> tuple[Float, Float]:
        r, build = self.rotations, self._build_back
        rows = np.zeros((self.batch, self.layers, self.n + 1, 2), dtype=self._real)
        rows[:, :, 1:, 0], rows[:, :, 1:, 1] = r.first[:, ::-1], -r.second[:, ::-1]
        rows[:, :, 0, 1] = r.scales[:, ::-1]
        rows[:, :-1, 0, 0], rows[:, -1, 0, 0] = r.scales[:, -2::-1], 1.0
        plain = np.ascontiguousarray(r.is_plain[:, ::-1]).astype(np.uint8)
        tables = self._pointers(is_reversed=True), phases_of(-self.turns[:, ::-1]), rows, plain, caps
        _held, (pointers, phases, rotations, plains, limits) = self._upload(*tables)
        columns = 1 + self.n
        sums = self.card.empty(self.batch * self.layers * columns, np.float64)
        density = None if on_density is None else self.card.empty(self.layers * self.size, np.float64)
        flags = 0 if density is None else layout.DENSITY
        kernel = self.card.kernel("adjoint.cu", "whole_back", build, 2 * build.tile_bytes)
        last = np.int32(self.layers), np.int32(flags), np.int32(self.is_shared)
        tail = plains, self._address(sums), self._address(density), *last
        arguments = self._address(states), pointers, self._data(cost), limits, phases, rotations, *tail
        kernel((self.batch, 1), build.threads, arguments)
        if on_density is not None:
            for k in range(self.layers):
                on_density(self.layers - 1 - k, density[k * self.size : (k + 1) * self.size])
        found = self.card.download(sums).reshape(self.batch, self.layers, columns)[:, ::-1]
        return self._by_layer_whole(found)

    def _by_layer_whole(self, sums: Float) -> tuple[Float, Float]:
        r, by_angle = self.rotations, np.zeros(self.angles.shape)
        order = bit_order(self.n, self._build_back.held)
        for layer in range(self.layers):
            left = r.scales[:, layer] ** 2
            is_down = (self.layers - 1 - layer) % 2
            for bits in order[::-1] if is_down else order:
                for bit in bits:
                    by_angle[:, layer, bit] = sums[:, layer, 1 + bit] / left
                    left = left / r.cosines[:, layer, bit] ** 2
        return sums[:, :, 0], by_angle


__all__ = ["Circuit", "Program", "Tuning"]
