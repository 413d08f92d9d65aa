"""States of one tile: one launch takes a batch of them through all layers, one block a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import layout
from .device import Array
from .energies import CardDiagonal
from .program import bit_order, phases_of

if TYPE_CHECKING:
    from .circuit import Circuit, OnDensity

Float = npt.NDArray[np.float64]


def forward(circuit: Circuit, states: Array | None, cost: CardDiagonal | None, starts: bool, stores: bool) -> Array:
    """Run all layers in one launch; sums of energies and norms, shape (batch, 2), where a cost is measured."""
    r = circuit.rotations
    rows = np.zeros((circuit.batch, circuit.layers, circuit.n + 1, 2), dtype=circuit.real)
    rows[:, :, 0, 0] = r.scales
    rows[:, :, 1:, 0], rows[:, :, 1:, 1] = r.first, r.second
    _held, (pointers, phases, rotations, plain) = _upload(
        circuit, _pointers(circuit), phases_of(circuit.turns), rows, r.is_plain.astype(np.uint8)
    )
    sums = None if cost is None else circuit.card.empty(2 * circuit.batch, np.float64)
    flags = (layout.START if starts else 0) | (layout.STORE if stores else 0)
    flags |= layout.MEASURE if cost is not None else 0
    weights = np.uint64(0) if cost is None else circuit.data(cost)
    last = np.int32(circuit.layers), np.int32(flags), np.int32(circuit.is_shared), circuit.real.type(circuit.amplitude)
    kernel = circuit.card.kernel("whole.cu", "whole", circuit.build, circuit.build.tile_bytes)
    arguments = circuit.address(states), pointers, weights, phases, rotations, plain, circuit.address(sums), *last
    kernel((circuit.batch, 1), circuit.build.threads, arguments)
    return sums


def _pointers(circuit: Circuit, *, is_reversed: bool = False) -> npt.NDArray[np.uint64]:
    order = circuit.diagonals[::-1] if is_reversed else circuit.diagonals
    return np.array([circuit.data(d) for d in order], dtype=np.uint64)


def backward(
    circuit: Circuit, states: Array, cost: CardDiagonal, caps: Float, on_density: OnDensity | None
) -> tuple[Float, Float]:
    """Derivatives by gammas, shape (batch, layers), and by angles, shape (batch, layers, n), in one launch."""
    r, build = circuit.rotations, circuit.build_back
    rows = np.zeros((circuit.batch, circuit.layers, circuit.n + 1, 2), dtype=circuit.real)
    rows[:, :, 1:, 0], rows[:, :, 1:, 1] = r.first[:, ::-1], -r.second[:, ::-1]
    rows[:, :, 0, 1] = r.scales[:, ::-1]
    rows[:, :-1, 0, 0], rows[:, -1, 0, 0] = r.scales[:, -2::-1], 1.0
    plain = np.ascontiguousarray(r.is_plain[:, ::-1]).astype(np.uint8)
    tables = _pointers(circuit, is_reversed=True), phases_of(-circuit.turns[:, ::-1]), rows, plain, caps
    _held, (pointers, phases, rotations, plains, limits) = _upload(circuit, *tables)
    columns = 1 + circuit.n
    sums = circuit.card.empty(circuit.batch * circuit.layers * columns, np.float64)
    density = None if on_density is None else circuit.card.empty(circuit.layers * circuit.size, np.float64)
    flags = 0 if density is None else layout.DENSITY
    kernel = circuit.card.kernel("whole_back.cu", "whole_back", build, 2 * build.tile_bytes)
    last = np.int32(circuit.layers), np.int32(flags), np.int32(circuit.is_shared)
    tail = plains, circuit.address(sums), circuit.address(density), *last
    arguments = circuit.address(states), pointers, circuit.data(cost), limits, phases, rotations, *tail
    kernel((circuit.batch, 1), build.threads, arguments)
    if on_density is not None and density is not None:
        for k in range(circuit.layers):
            on_density(circuit.layers - 1 - k, density[k * circuit.size : (k + 1) * circuit.size])
    found = circuit.card.download(sums).reshape(circuit.batch, circuit.layers, columns)[:, ::-1]
    return _by_layer(circuit, found)


def _by_layer(circuit: Circuit, sums: Float) -> tuple[Float, Float]:
    r, by_angle = circuit.rotations, np.zeros(circuit.angles.shape)
    order = bit_order(circuit.n, circuit.build_back.held)
    for layer in range(circuit.layers):
        left = r.scales[:, layer] ** 2
        is_down = (circuit.layers - 1 - layer) % 2
        for bits in order[::-1] if is_down else order:
            for bit in bits:
                by_angle[:, layer, bit] = sums[:, layer, 1 + bit] / left
                left = left / r.cosines[:, layer, bit] ** 2
    return sums[:, :, 0], by_angle


def _upload(circuit: Circuit, *arrays: npt.NDArray[Any]) -> tuple[Array, list[np.uint64]]:
    """Several tables in one transfer: what keeps them alive, and their addresses."""
    starts, at = [], 0
    for array in arrays:
        starts.append(at)
        at += -(-array.nbytes // 16) * 16
    packed = np.zeros(at, dtype=np.uint8)
    for start, array in zip(starts, arrays):
        packed[start : start + array.nbytes] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    held = circuit.card.upload(packed)
    return held, [np.uint64(circuit.card.address(held) + start) for start in starts]
