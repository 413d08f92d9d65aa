"""The compiled engine seen from Python: buffers in, states, sums and derivatives out.

States are kept *turned* while a circuit's rotations are about X, and by *half* where it commutes with flipping all
bits (see `State`). The engine for the best instruction set of the machine is taken; a state too small for its vectors
goes to the next narrower one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import UnsupportedError
from ..extension import allowed
from . import reference
from .diagonal import CostDiagonal
from .layers import Float, Layers, on_host
from .scratch import Parts, aligned_parts
from .state import State, plus_state, popcounts

try:
    from . import _engine
except ImportError as error:
    _engine = None  # type: ignore[assignment]
    _WHY = str(error)
else:
    _WHY = ""

_FEWEST_FOR_HALF = 3


@dataclass(frozen=True)
class How:
    """How a circuit is run: real type, threads, instruction set (None: the best), whether half a state may be kept."""

    real: np.dtype[Any]
    threads: int = 1
    isa: str | None = None
    halves: bool = True


def is_available() -> bool:
    """Whether the extension was built."""
    return _engine is not None


def why_missing() -> str:
    """Why there is no compiled engine here; empty where there is one."""
    return _WHY


def instruction_sets() -> dict[str, int]:
    """All engines that this machine can run, best first, with the least number of qubits of each."""
    return dict(_engine.engines())


def instruction_set(qubits: int = 64) -> str:
    """Name of the engine for so many stored qubits: avx512, avx2, base or scalar; none wider than ``$QOPT_ISA``.

    Sums, contractions and the factors of phases differ between them in the last digits (1e-16 of an amplitude), so that
    a row of a circuit is the same again only with the same one.

    Raises
    ------
    UnsupportedError
        ``$QOPT_ISA`` names none that this machine can run.
    """
    return _instruction_set(qubits, os.environ.get("QOPT_ISA", ""))


@cache
def _instruction_set(qubits: int, widest: str) -> str:
    found = instruction_sets()
    names = list(found)
    if widest and widest not in found:
        raise UnsupportedError(
            f"QOPT_ISA must be one that this machine can run ({', '.join(names)}), got {widest!r}; leave it out"
        )
    return next(name for name in allowed(names) if qubits >= found[name])


def run(layers: Layers, start: State | None, how: How) -> State:
    """The state after all layers, from the uniform superposition or from `start`."""
    if layers.n == 0 or not layers.diagonals:
        return reference.run(layers, start or plus_state(layers.n, how.real))
    circuit = _Circuit(layers, how, start is None)
    return circuit.run(start)


def energy(layers: Layers, cost: CostDiagonal, how: How) -> float:
    """Mean of `cost` after all layers on the uniform superposition; the last pass measures and stores nothing."""
    if layers.n == 0 or not layers.diagonals:
        return float(cost.values().mean())
    circuit = _Circuit(layers, how, cost.is_symmetric)
    with cost.scratch.parts(circuit.size, how.real) as arrays:
        return circuit.mean(cost, circuit.forward(arrays, cost, starts=True, stores=False))


def gradient(
    layers: Layers,
    start: State | None,
    cost: CostDiagonal,
    how: How,
    objective_of: Callable[[State, float | None], tuple[float, float, float]],
) -> tuple[float, Float, Float]:
    """Objective and its derivatives by the layers' gammas (p,) and angles (p, n).

    ``objective_of(state, mean)`` gives (value, cap, scale), with the gradient scale times that of ``min(cost, cap)``;
    it must not keep the state, whose arrays serve the next run.
    """
    if not layers.diagonals:
        final = run(layers, start, how)
        return objective_of(final, None)[0], np.empty(0), np.empty((0, layers.n))
    circuit = _Circuit(layers, how, start is None and cost.is_symmetric)
    with cost.scratch.parts(circuit.size, how.real) as arrays, cost.scratch.parts(circuit.size, how.real) as adjoint:
        final, mean = circuit.run_and_measure(arrays, start, cost)
        value, cap, scale = objective_of(final, mean)
        by_gamma, by_angle = circuit.backward(arrays, adjoint, range(len(layers.diagonals)), (cost, cap))
    return value, scale * by_gamma, scale * by_angle


def gradient_densities(
    layers: Layers,
    cost: CostDiagonal,
    how: How,
    objective_of: Callable[[State, float | None], tuple[float, float, float]],
) -> tuple[float, Iterator[tuple[Float, Float]]]:
    """Objective, and for each layer from the last one its derivatives by angles (n,) and its density.

    The density is that of `reference.backward`; of a half state it is summed over opposite points.
    """
    circuit = _Circuit(layers, how, cost.is_symmetric)
    arrays = aligned_parts(circuit.size, how.real)
    final, mean = circuit.run_and_measure(arrays, None, cost)
    value, cap, scale = objective_of(final, mean)
    return value, circuit.densities(arrays, (cost, cap), scale)


class _Circuit:
    """One run: the buffers that the extension wants for a circuit, in float64 or float32, whole or half."""

    def __init__(self, layers: Layers, how: How, may_be_half: bool) -> None:
        self.layers, self.how = layers, how
        self.half = may_be_half and how.halves and layers.n >= _FEWEST_FOR_HALF and layers.is_symmetric
        self.qubits = layers.n - self.half
        self.size = 2**self.qubits
        self.isa = how.isa or instruction_set(self.qubits - self.half)
        units = np.array([d.unit for d in layers.diagonals])
        self.units, self.turns = units, layers.gammas * units / (2 * np.pi)
        self.angles = np.ascontiguousarray(layers.angles)

    def run(self, start: State | None) -> State:
        arrays = aligned_parts(self.size, self.how.real)
        self._put(start, arrays)
        self.forward(arrays, None, starts=start is None, stores=True)
        return self._state(arrays)

    def run_and_measure(self, arrays: Parts, start: State | None, cost: CostDiagonal) -> tuple[State, float]:
        self._put(start, arrays)
        mean = self.mean(cost, self.forward(arrays, cost, starts=start is None, stores=True))
        return self._state(arrays), mean

    def forward(self, arrays: Parts, cost: CostDiagonal | None, *, starts: bool, stores: bool) -> tuple[float, float]:
        return _engine.forward(
            self.isa,
            *arrays,
            tuple(self._pair(on_host(d)) for d in self.layers.diagonals),
            self.turns,
            self.angles,
            None if cost is None else self._pair(cost),
            self.half,
            starts,
            stores,
            self.how.threads,
        )

    def mean(self, cost: CostDiagonal, sums: tuple[float, float]) -> float:
        return cost.offset + cost.unit * sums[0] / sums[1]

    def backward(
        self, arrays: Parts, adjoint: Parts, layers: range, weight: tuple[CostDiagonal, float] | None, unit: float = 1.0
    ) -> tuple[Float, Float]:
        """Undo some layers on state and adjoint; the adjoint is first set to min(cost, cap) times the state."""
        cap = 0.0
        if weight is not None:
            unit, cap = weight[0].unit, (weight[1] - weight[0].offset) / weight[0].unit
        chosen = slice(layers.start, layers.stop)
        angles = np.ascontiguousarray(self.angles[chosen])
        by_gamma, by_angle = np.empty(len(layers)), np.empty(angles.shape)
        _engine.backward(
            self.isa,
            *arrays,
            *adjoint,
            tuple(self._pair(on_host(d)) for d in self.layers.diagonals[chosen]),
            np.ascontiguousarray(self.turns[chosen]),
            angles,
            None if weight is None else self._pair(weight[0]),
            cap,
            by_gamma,
            by_angle,
            self.half,
            self.how.threads,
        )
        return by_gamma * self.units[chosen] * unit, by_angle * unit

    def densities(
        self, arrays: Parts, weight: tuple[CostDiagonal, float], scale: float
    ) -> Iterator[tuple[Float, Float]]:
        adjoint, unit = aligned_parts(self.size, self.how.real), weight[0].unit
        first: tuple[CostDiagonal, float] | None = weight
        for layer in reversed(range(len(self.layers.diagonals))):
            _, by_angle = self.backward(arrays, adjoint, range(layer, layer + 1), first, unit)
            first = None
            density = (adjoint[0] * arrays[1]).astype(np.float64)
            density -= adjoint[1] * arrays[0]
            density *= 2 * scale * unit
            yield scale * by_angle[0], density

    def _pair(self, cost: CostDiagonal) -> tuple[npt.NDArray[Any], int]:
        return cost.data[: 2**self.qubits], cost.bound

    def _put(self, start: State | None, arrays: Parts) -> None:
        if start is None:
            return
        amplitudes = start.amplitudes()
        if self.layers.axis == "x":
            amplitudes *= amplitudes.dtype.type(-1j) ** popcounts(amplitudes.size)
        arrays[0][:], arrays[1][:] = amplitudes.real, amplitudes.imag

    def _state(self, arrays: Parts) -> State:
        return State(
            *arrays, self.layers.n, is_turned=self.layers.axis == "x", is_half=self.half, phase=self.layers.phase
        )
