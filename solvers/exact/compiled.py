"""The compiled engine seen from Python: buffers in, states, sums and derivatives out.

States are kept *turned* (see `State`) while a circuit's rotations are about X. The engine for the best instruction set
of the machine is taken; states too small for its vectors go to the next narrower one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import reference
from .diagonal import CostDiagonal
from .layers import Float, Layers
from .state import State, plus_state, popcounts

try:
    from . import _engine
except ImportError as error:
    _engine = None
    _WHY = str(error)
else:
    _WHY = ""

_ALIGNMENT = 64


def is_available() -> bool:
    """Whether the extension was built."""
    return _engine is not None


def why_missing() -> str:
    """Why there is no compiled engine here; empty where there is one."""
    return _WHY


def instruction_set(n: int | None = None) -> str:
    """Name of the engine for n qubits (any number where None): avx512, avx2, base or scalar."""
    for name, least in _engine.engines():
        if n is None or n >= least:
            return str(name)
    return "scalar"


def instruction_sets() -> dict[str, int]:
    """All engines that this machine can run, best first, with the least number of qubits of each."""
    return dict(_engine.engines())


def run(layers: Layers, start: State | None, real: np.dtype[Any], threads: int, isa: str | None = None) -> State:
    """The state after all layers, from the uniform superposition or from `start`."""
    if layers.n == 0:  # nothing to rotate
        return reference.run(layers, start or plus_state(0, real))
    arrays = _arrays(layers.n, real)
    turned = layers.axis == "x"
    if start is not None:
        _copy(start, arrays, turned=turned)
    if not layers.diagonals:
        return State(*arrays, layers.n) if start is not None else _uniform(arrays, layers.n)
    _forward(layers, arrays, None, (start is None, True, threads), isa)
    return State(*arrays, layers.n, is_turned=turned, phase=layers.phase)


def energy(layers: Layers, cost: CostDiagonal, real: np.dtype[Any], threads: int, isa: str | None = None) -> float:
    """Mean of `cost` after all layers on the uniform superposition; the last pass measures and stores nothing."""
    if layers.n == 0 or not layers.diagonals:
        return float(cost.values().mean())
    energies, norm = _forward(layers, _arrays(layers.n, real), cost, (True, False, threads), isa)
    return cost.offset + cost.unit * energies / norm


def _forward(
    layers: Layers,
    arrays: tuple[npt.NDArray[Any], npt.NDArray[Any]],
    cost: CostDiagonal | None,
    how: tuple[bool, bool, int],
    isa: str | None,
) -> tuple[float, float]:
    units = np.array([d.unit for d in layers.diagonals])
    sums = _engine.forward(
        isa or instruction_set(layers.n),
        *arrays,
        tuple((d.data, d.bound) for d in layers.diagonals),
        layers.gammas * units / (2 * np.pi),
        np.ascontiguousarray(layers.angles),
        None if cost is None else (cost.data, cost.bound),
        *how,
    )
    return float(sums[0]), float(sums[1])


def _arrays(n: int, real: np.dtype[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Two uninitialised arrays that begin on a cache line."""
    size = 2**n * real.itemsize
    out = []
    for _ in range(2):
        raw = np.empty(size + _ALIGNMENT, dtype=np.uint8)
        first = -raw.ctypes.data % _ALIGNMENT
        out.append(raw[first : first + size].view(real))
    return out[0], out[1]


def _copy(start: State, arrays: tuple[npt.NDArray[Any], npt.NDArray[Any]], *, turned: bool) -> None:
    amplitudes = start.amplitudes()
    if turned:
        amplitudes *= amplitudes.dtype.type(-1j) ** popcounts(amplitudes.size)
    arrays[0][:], arrays[1][:] = amplitudes.real, amplitudes.imag


def _uniform(arrays: tuple[npt.NDArray[Any], npt.NDArray[Any]], n: int) -> State:
    arrays[0][:], arrays[1][:] = 2.0 ** (-n / 2), 0.0
    return State(*arrays, n)


def backward(layers: Layers, final: State, cost: CostDiagonal, cap: float, threads: int) -> tuple[Float, Float]:
    """Derivatives of ``<min(cost, cap)>`` by the layers' gammas (p,) and angles (p, n)."""
    steps = list(reference.backward(layers, final, np.minimum(cost.values(), cap)))[::-1]
    return np.array([s[0] for s in steps]), np.array([s[1] for s in steps]).reshape(layers.angles.shape)


def backward_densities(layers: Layers, final: State, cost: CostDiagonal, cap: float, threads: int) -> Any:
    """As `backward`, layer by layer from the last, with each layer's density."""
    return reference.backward(layers, final, np.minimum(cost.values(), cap))


def walsh_hadamard(values: Float) -> Float:
    """``out[m] = sum_k (-1)**popcount(k & m) values[k]``."""
    return reference.walsh_hadamard(values)
