"""States of several tiles: one launch a pass over the whole batch, its tables in one struct on the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import layout
from .device import Array, Build, Card
from .energies import CardDiagonal
from .program import Program, Tables, backward_program, forward_program

if TYPE_CHECKING:
    from .circuit import Circuit, OnDensity

Float = npt.NDArray[np.float64]

_HEADER_BYTES = 112  # of `Header` in kernels/tile.h, a multiple of 16
_MAX_SUMS_BYTES = 1 << 28  # of all passes' sums, added up at once


def forward(
    circuit: Circuit, states: Array | None, cost: CardDiagonal | None, starts: bool, stores: bool
) -> Array | None:
    """Run the forward program; sums of energies and norms, shape (batch, 2), where a cost is measured, else None."""
    build = circuit.build
    program = forward_program(circuit.groups, circuit.layers, build.held, starts=starts)
    tables = program.tables(circuit.rotations, circuit.turns, circuit.real, circuit.amplitude)
    tables.ints[-1, 0] |= layout.MEASURE if cost is not None else 0
    tables.ints[-1, 0] &= ~0 if stores else ~layout.STORE
    blocks = circuit.size >> build.tile
    sums = None if cost is None else circuit.card.empty(2 * circuit.batch * blocks, np.float64)
    _held, header = _header(circuit, program, tables, (states, None), cost, sums)
    kernel = circuit.card.kernel("forward.cu", "forward", build, build.tile_bytes)
    kernel.sweep((blocks, circuit.batch), build.threads, header, range(len(program.steps)))
    if sums is None:
        return None
    totals = circuit.card.empty(2 * circuit.batch, np.float64)
    add_up(circuit.card, sums, 2 * circuit.batch, blocks, totals)
    return totals


def backward(
    circuit: Circuit, states: Array, cost: CardDiagonal, caps: Float, on_density: OnDensity | None
) -> tuple[Float, Float]:
    """Derivatives by gammas, shape (batch, layers), and by angles, shape (batch, layers, n); the states are used up."""
    build = circuit.build_back
    program = backward_program(circuit.groups_back, circuit.layers, build.held, keeps_density=on_density is not None)
    tables = program.tables(circuit.rotations, circuit.turns, circuit.real, circuit.amplitude)
    blocks, columns, passes = circuit.size >> build.tile, 1 + 2 * build.tile, len(program.steps)
    rows = circuit.batch * columns
    at_end = on_density is None and 8 * passes * rows * blocks <= _MAX_SUMS_BYTES
    sums = circuit.card.empty((passes if at_end else 1) * rows * blocks, np.float64)
    totals = circuit.card.empty(passes * rows, np.float64)
    density = None if on_density is None else circuit.card.empty(circuit.size, np.float64)
    adjoints = circuit.empty()
    step = rows * blocks if at_end else 0
    _held, header = _header(circuit, program, tables, (states, adjoints), cost, sums, density, caps, step)
    kernel = circuit.card.kernel("backward.cu", "backward", build, 2 * build.tile_bytes)
    grid = blocks, circuit.batch
    if at_end:
        kernel.sweep(grid, build.threads, header, range(passes))
        add_up(circuit.card, sums, passes * rows, blocks, totals)
    for k in () if at_end else range(passes):
        kernel.sweep(grid, build.threads, header, range(k, k + 1))
        add_up(circuit.card, sums, rows, blocks, totals, k * rows)
        phase = program.steps[k].phase
        if on_density is not None and phase is not None:
            on_density(phase, density)
    found = circuit.card.download(totals).reshape(passes, circuit.batch, columns).swapaxes(0, 1)
    return program.by_layer(found, circuit.rotations)


def _header(
    circuit: Circuit,
    program: Program,
    tables: Tables,
    states: tuple[Array, Array | None],
    cost: CardDiagonal | None,
    sums: Array | None,
    density: Array | None = None,
    caps: Float | None = None,
    sums_step: int = 0,
) -> tuple[Array, np.uint64]:
    """`header_of` for a circuit's program."""
    chosen = [None if step.phase is None else circuit.diagonals[step.phase] for step in program.steps]
    return header_of(
        circuit.card,
        (tables.ints, tables.phases, tables.rotations),
        [None if d is None else circuit.points(d) for d in chosen],
        states,
        None if cost is None else circuit.points(cost),
        sums,
        circuit.size,
        density=density,
        caps=caps,
        is_shared=circuit.is_shared,
        sums_step=sums_step,
    )


def header_of(
    card: Card,
    tables: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]],
    diagonals: list[Array | None],
    states: tuple[Array | None, Array | None],
    weights: Array | None,
    sums: Array | None,
    size: int,
    *,
    density: Array | None = None,
    caps: Float | None = None,
    is_shared: bool = True,
    sums_step: int = 0,
) -> tuple[Array, np.uint64]:
    """All that the passes read, in one transfer: what keeps it alive, and its address.

    The struct `Header` of kernels/tile.h stands first, then ints, phases and rotations of each pass.

    Parameters
    ----------
    tables : the three of `Tables`; the passes lead the shape of ints, (B, passes) those of the others
    caps : shape (B, 2), the cap and the mean of the capped energy
    """

    def address(values: Array | None) -> np.uint64:
        return np.uint64(0 if values is None else card.address(values))

    pointers = np.array([address(d) for d in diagonals], dtype=np.uint64)
    parts = pointers, *tables, np.empty(0) if caps is None else caps
    starts = np.cumsum([_HEADER_BYTES, *(-(-part.nbytes // 16) * 16 for part in parts)])
    held = card.empty(int(starts[-1]), np.uint8)
    base = card.address(held)
    places = [np.uint64(base + start) for start in starts]
    fields = [address(states[0]), address(states[1]), places[0], address(weights), *places[1:4], address(sums)]
    fields += [places[4], address(density)]
    fields += [np.uint64(n) for n in (size, len(diagonals), is_shared, sums_step)]
    packed = np.zeros(int(starts[-1]), dtype=np.uint8)
    for start, part in zip((0, *starts), (np.array(fields, dtype=np.uint64), *parts)):
        packed[start : start + part.nbytes] = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
    card.fill(held, packed)
    return held, np.uint64(base)


def add_up(card: Card, table: Array, rows: int, length: int, out: Array, at: int = 0) -> None:
    """Sums of the rows of a table of the card, put into `out` from `at` on."""
    kernel = card.kernel("measure.cu", "total", Build().measuring())
    target = np.uint64(card.address(out) + 8 * at)
    kernel((rows, 1), 256, (np.uint64(card.address(table)), np.uint64(length), target))
