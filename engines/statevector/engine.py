"""Simulation and its adjoint: the calls that samplers make, and the choice of the engine.

A gradient costs about three simulations whatever the number of parameters: gates are undone one by one on the state and
on the cotangent, and each rotation's derivative is one inner product. Compiled kernels where they were built, else
NumPy.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...algorithms.hadamard import walsh_hadamard
from ...core import Float
from ..diagonal.state import State
from ..extension import allowed, is_compiled, load_extension
from . import reference
from .circuit import GateCircuit

_kernels, _WHY = load_extension("._kernels", __package__)

EngineChoice = Literal["auto", "compiled", "numpy"]
Complex = npt.NDArray[np.complex128]


def engine_name(engine: EngineChoice = "auto") -> str:
    """``compiled (avx512)``, its like, or ``numpy``: what a run would use; QOPT_ENGINE=numpy turns ``auto`` to NumPy.

    Raises
    ------
    UnsupportedError
        ``compiled`` was asked for and was not built.
    """
    return f"compiled ({_instruction_set()})" if is_compiled(engine, _kernels, _WHY) else "numpy"


def _instruction_set() -> str:
    return allowed(_found())[0]


@cache
def _found() -> tuple[str, ...]:
    return tuple(_kernels.kernels())


def simulate(circuit: GateCircuit, angles: npt.ArrayLike, *, engine: EngineChoice = "auto") -> State:
    """The state after all gates on |0...0>; bit i of an index is qubit i.

    Parameters
    ----------
    angles : shape (num_parameters,), radians.

    Examples
    --------
    >>> from .circuit import Kind
    >>> turned = GateCircuit.of(2, [(Kind.RY, 1, -1, 0)])
    >>> simulate(turned, [np.pi]).probabilities().round(12).tolist()
    [0.0, 0.0, 1.0, 0.0]
    """
    values = _angles(circuit, angles)
    if not is_compiled(engine, _kernels, _WHY):
        psi = reference.run(circuit, values)
        return State(psi.real.copy(), psi.imag.copy(), circuit.num_qubits)
    real, imag = np.zeros(2**circuit.num_qubits), np.zeros(2**circuit.num_qubits)
    real[0] = 1.0
    _kernels.run(_instruction_set(), real, imag, circuit.num_qubits, circuit.gates, values)
    return State(real, imag, circuit.num_qubits)


def pull_back(
    circuit: GateCircuit, angles: npt.ArrayLike, state: State, cotangent: Complex, *, engine: EngineChoice = "auto"
) -> Float:
    """Gradient of a real function f of the state in the angles, from its cotangent.

    Parameters
    ----------
    state : ``simulate(circuit, angles)``.
    cotangent : df/d(conj psi), shape (2**n,): ``H psi`` for f = <psi|H|psi>.

    Returns
    -------
    shape (num_parameters,); each rotation about P adds ``Im <cotangent| P |psi>``, both taken right after the gate.

    References
    ----------
    Jones, Gacon (2020), Efficient calculation of gradients in classical simulations of variational quantum algorithms,
    arXiv:2009.02823, algorithm 1.
    """
    values = _angles(circuit, angles)
    if not is_compiled(engine, _kernels, _WHY):
        return reference.pull_back(circuit, values, state.real + 1j * state.imag, cotangent.copy())
    gradient = np.zeros(circuit.num_parameters)
    parts = [state.real.copy(), state.imag.copy(), cotangent.real.copy(), cotangent.imag.copy()]
    _kernels.pull_back(_instruction_set(), *parts, circuit.num_qubits, circuit.gates, values, gradient)
    return gradient


def hadamard_transform(values: npt.NDArray[Any], *, engine: EngineChoice = "auto") -> npt.NDArray[Any]:
    """``algorithms.hadamard.walsh_hadamard`` of values, shape (2**n,), on an engine, compiled where it was built.

    Examples
    --------
    >>> hadamard_transform(np.array([1.0, 0.0, 0.0, 2.0])).tolist()
    [3.0, -1.0, -1.0, 3.0]
    """
    if not is_compiled(engine, _kernels, _WHY):
        return walsh_hadamard(values)
    if np.iscomplexobj(values):
        real, imag = np.array(values.real, dtype=np.float64), np.array(values.imag, dtype=np.float64)
        _kernels.walsh(_instruction_set(), real)
        _kernels.walsh(_instruction_set(), imag)
        return real + 1j * imag
    out = np.array(values, dtype=np.float64)
    _kernels.walsh(_instruction_set(), out)
    return out


def apply_pauli(amplitudes: Complex, x: int, z: int) -> Complex:
    """A Pauli string on amplitudes, shape (2**n,), as a new array.

    Parameters
    ----------
    x, z : masks of the qubits with X and with Z; a qubit in both has Y. Bit i of an index is qubit i.

    Examples
    --------
    >>> apply_pauli(np.array([1.0, 2.0], dtype=complex), 1, 1).tolist()
    [-2j, 1j]
    """
    if (x | z).bit_count() == 1:
        return _apply_single(amplitudes, bool(x), bool(z), (x | z).bit_length() - 1)
    index = np.arange(len(amplitudes))
    signs = 1.0 - 2.0 * (np.bitwise_count(index & z) & 1)
    factor = 1j ** ((x & z).bit_count() % 4)
    return np.asarray(factor * (signs * amplitudes)[index ^ x])


def pauli_masks(letter: str, qubit: int) -> tuple[int, int]:
    """The masks (x, z) of X, Y or Z of one qubit.

    Examples
    --------
    >>> pauli_masks("Y", 2), pauli_masks("Z", 0)
    ((4, 4), (0, 1))
    """
    return (letter in "XY") << qubit, (letter in "YZ") << qubit


def _apply_single(amplitudes: Complex, has_x: bool, has_z: bool, qubit: int) -> Complex:
    """X, Y or Z of one qubit by halves, without a table of indices."""
    parts = amplitudes.reshape(-1, 2, 1 << qubit)
    out = np.empty_like(parts)
    if not has_x:
        out[:, 0], out[:, 1] = parts[:, 0], -parts[:, 1]
    elif not has_z:
        out[:, 0], out[:, 1] = parts[:, 1], parts[:, 0]
    else:
        np.multiply(parts[:, 1], -1j, out=out[:, 0])
        np.multiply(parts[:, 0], 1j, out=out[:, 1])
    return out.reshape(-1)


def _angles(circuit: GateCircuit, angles: npt.ArrayLike) -> Float:
    values = np.ascontiguousarray(angles, dtype=np.float64)
    if values.shape != (circuit.num_parameters,):
        raise ValueError(f"angles must have shape ({circuit.num_parameters},), got {values.shape}")
    return values
