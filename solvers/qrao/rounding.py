"""From a relaxed state to points: magic rounding (random magic bases, every outcome decodes all variables of a qubit)
and Pauli rounding (the sign of each variable's expectation).

Magic rounding's mean energy over shots follows from the relaxed value: per variable 1/sqrt(d) of sqrt(d) <P>; for
Max-Cut 4W/9 + R/9 with three variables a qubit and 3W/8 + R/4 with two, W the total weight, R the relaxed value.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...core import AnyArray, Bits, Float, Int
from .colouring import Placement

Complex = npt.NDArray[np.complex128]

#: Directions of the magic bases by variables a qubit, signs of (X, Y, Z); one of each antipodal pair.
DIRECTIONS: dict[int, Float] = {
    1: np.array([[0.0, 0.0, 1.0]]),
    2: np.array([[1.0, 0.0, 1.0], [1.0, 0.0, -1.0]]),
    3: np.array([[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]),
}

#: Directions of the three Paulis.
PAULI_DIRECTIONS = np.eye(3)

#: Amplitudes that the rows of a batch of shots may take together.
_BATCH = 1 << 21


def basis_change(directions: Float) -> Complex:
    """Matrices that turn each direction to Z, shape (k, 2, 2): RY(-theta) RZ(-phi).

    Examples
    --------
    >>> change = basis_change(np.array([[1.0, 0.0, 0.0]]))[0]
    >>> (change @ np.array([[0, 1], [1, 0]]) @ change.conj().T).real.round(12).tolist()
    [[1.0, 0.0], [0.0, -1.0]]
    """
    theta, phi = polar(directions)
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    phase = np.exp(0.5j * phi)
    return np.stack([np.stack([c * phase, s * phase.conj()], -1), np.stack([-s * phase, c * phase.conj()], -1)], -2)


def polar(directions: Float) -> tuple[Float, Float]:
    """Angles theta from Z and phi from X, shape (...,) each, of each direction, shape (..., 3)."""
    unit = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    return np.arccos(np.clip(unit[..., 2], -1, 1)), np.arctan2(unit[..., 1], unit[..., 0])


def magic_points(placement: Placement, choices: AnyArray, outcomes: AnyArray) -> Bits:
    """Points (shots, v) decoded from the magic basis of each qubit and shot, and its outcome bit.

    The spin of a variable is the outcome's sign times that of the direction along the variable's Pauli.
    """
    signs = DIRECTIONS[placement.vars_per_qubit]
    along = signs[choices[:, placement.qubits], placement.axes[None, :]]
    spins = (1.0 - 2.0 * outcomes[:, placement.qubits]) * along
    return (spins < 0).astype(np.uint8)


def magic_choices(placement: Placement, num_shots: int, rng: np.random.Generator) -> Int:
    """A magic basis of each qubit in each shot, uniform, shape (shots, qubits)."""
    return rng.integers(len(DIRECTIONS[placement.vars_per_qubit]), size=(num_shots, placement.num_qubits))


def pauli_points(placement: Placement, bloch: Float, rng: np.random.Generator, tie: float = 1e-12) -> Bits:
    """The one point (1, v) of the signs of all ``<P_i>``; ties within ``tie`` are drawn.

    Parameters
    ----------
    bloch : expectations of X, Y, Z of each qubit, shape (qubits, 3).
    """
    values = bloch[placement.qubits, placement.axes]
    is_one = np.where(np.abs(values) <= tie, rng.random(len(values)) < 0.5, values < 0)
    return np.atleast_2d(is_one).astype(np.uint8)


def bloch_vectors(psi: Complex) -> Float:
    """``<X>, <Y>, <Z>`` of each qubit of a state vector, shape (n, 3).

    Examples
    --------
    >>> bloch_vectors(np.array([1.0, 1.0]) / np.sqrt(2)).round(12).tolist()
    [[1.0, 0.0, 0.0]]
    """
    n = psi.size.bit_length() - 1
    out = np.zeros((n, 3))
    for qubit in range(n):
        parts = psi.reshape(-1, 2, 1 << qubit)
        cross = complex((parts[:, 0].conj() * parts[:, 1]).sum())
        weight = [float((np.abs(parts[:, bit]) ** 2).sum()) for bit in (0, 1)]
        out[qubit] = 2 * cross.real, 2 * cross.imag, weight[0] - weight[1]
    return out


def measure(psi: Complex, changes: Complex, choices: Int, rng: np.random.Generator) -> Bits:
    """Outcomes (shots, n) of a state, each qubit measured in the basis that its shot chose.

    Qubits are measured from the last to the first; shots that share choices and outcomes so far share a state, which
    halves with every qubit. Exact sampling, without a state per basis.

    Parameters
    ----------
    changes : basis changes, shape (k, 2, 2).
    choices : shape (shots, n), index of each basis.
    """
    outcomes = np.zeros(choices.shape, dtype=np.uint8)
    waiting = [(np.asarray(psi, dtype=np.complex128), np.arange(len(choices)))]
    while waiting:
        state, shots = waiting.pop()
        if state.size == 1 or not shots.size:
            continue
        if shots.size * state.size <= _BATCH or shots.size == 1:
            _measure_rows(np.repeat(state[None, :], shots.size, axis=0), shots, changes, choices, outcomes, rng)
            continue
        qubit = state.size.bit_length() - 2
        halves = state.reshape(2, -1)
        for basis in np.unique(choices[shots, qubit]):
            mine = shots[choices[shots, qubit] == basis]
            branches = changes[basis] @ halves
            weights = (np.abs(branches) ** 2).sum(axis=1)
            is_one = rng.random(mine.size) * weights.sum() >= weights[0]
            outcomes[mine, qubit] = is_one
            for bit in (0, 1):
                if (is_one == bit).any():
                    waiting.append((branches[bit] / np.sqrt(weights[bit]), mine[is_one == bit]))
    return outcomes


def _measure_rows(
    rows: Complex, shots: Int, changes: Complex, choices: Int, outcomes: Bits, rng: np.random.Generator
) -> None:
    """The rest of the qubits, one state a shot."""
    for qubit in range(rows.shape[1].bit_length() - 2, -1, -1):
        turned = np.matmul(changes[choices[shots, qubit]], rows.reshape(len(rows), 2, -1))
        weights = (np.abs(turned) ** 2).sum(axis=2)
        is_one = rng.random(len(rows)) * weights.sum(axis=1) >= weights[:, 0]
        outcomes[shots, qubit] = is_one
        rows = turned[np.arange(len(rows)), is_one.astype(np.int64)]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
