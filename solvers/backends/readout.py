"""Readout mitigation: errors of each qubit measured once, then undone on the outcomes that were seen.

The confusion matrix is a product over qubits, inverted on the observed points only, so that the cost is that of the
shots and not of 2**n. Limits: correlated readout errors stay; mitigated weights may be negative and are clipped to the
nearest distribution. The points themselves are never changed: only expectations are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import AnyArray, Float, UnsupportedError
from .runners import Runner

#: Most distinct points of one solve (a dense matrix of 8 * POINTS**2 bytes).
MAX_POINTS = 4000


@dataclass(frozen=True, eq=False)
class Confusion:
    """Probability of a wrong outcome of each qubit.

    Parameters
    ----------
    p10 : probability to read 1 where 0 was prepared, shape (n,).
    p01 : probability to read 0 where 1 was prepared, shape (n,).
    """

    p10: Float
    p01: Float

    def weights(self, Z: AnyArray, counts: AnyArray) -> Float:
        """Mitigated weights of the observed points, nonnegative, sum 1; Z of shape (k, n) without repeats.

        Raises
        ------
        UnsupportedError
            Too many distinct points for a dense matrix.

        References
        ----------
        Nation et al. (2021), Scalable mitigation of measurement errors on quantum computers, arXiv:2108.12518, eqs.
        4-8 (restriction to the observed points, columns normalised); Smolin, Gambetta, Smith (2012), arXiv:1106.5458
        (the nearest distribution).

        Examples
        --------
        >>> half = Confusion(np.array([0.1]), np.array([0.2]))
        >>> half.weights(np.array([[0], [1]]), np.array([90, 10])).round(12).tolist()
        [1.0, 0.0]
        """
        if len(Z) > MAX_POINTS:
            raise UnsupportedError(
                f"readout mitigation must have at most {MAX_POINTS} distinct points, got {len(Z)}; lower shots"
            )
        observed = np.asarray(counts, dtype=np.float64) / np.sum(counts)
        bits = np.asarray(Z, dtype=np.float64)
        stay0, stay1 = np.log1p(-self.p10), np.log1p(-self.p01)
        up, down = np.log(self.p10.clip(1e-300)), np.log(self.p01.clip(1e-300))
        # log P(read row | prepared column), a sum over qubits of one of four entries
        log = (1 - bits) @ (stay0[:, None] * (1 - bits.T)) + bits @ (stay1[:, None] * bits.T)
        log += bits @ (up[:, None] * (1 - bits.T)) + (1 - bits) @ (down[:, None] * bits.T)
        matrix = np.exp(log)
        matrix /= matrix.sum(axis=0)
        return nearest_distribution(np.asarray(np.linalg.solve(matrix, observed), dtype=np.float64))


def nearest_distribution(weights: Float) -> Float:
    """The closest nonnegative vector of the same sum, in the Euclidean norm. Both have shape (m,).

    Examples
    --------
    >>> nearest_distribution(np.array([1.25, -0.25, 0.0])).round(12).tolist()
    [1.0, 0.0, 0.0]
    """
    total = float(weights.sum())
    order = np.sort(weights)[::-1]
    excess = (np.cumsum(order) - total) / np.arange(1, len(order) + 1)
    last = int(np.flatnonzero(order > excess)[-1])
    return np.asarray(np.maximum(weights - excess[last], 0.0), dtype=np.float64)


def calibrate(runner: Runner, num_qubits: int, layout_of: Any, shots: int, seeds: tuple[int, int]) -> Confusion:
    """Confusion of each qubit from two circuits, all zeros and all ones, on the qubits that the circuit uses.

    Parameters
    ----------
    layout_of : the compiled circuit whose physical qubits are calibrated.
    """
    from qiskit.circuit import QuantumCircuit

    errors = []
    for bit, seed in zip((0, 1), seeds):
        circuit = QuantumCircuit(num_qubits)
        if bit:
            circuit.x(range(num_qubits))
        prepared = _on_same_qubits(circuit, layout_of) if layout_of.layout is not None else circuit
        points = _run(runner, circuit, prepared, shots, seed)
        wrong = (points != bit).sum(axis=0)
        errors.append((wrong + 0.5) / (shots + 1))  # never exactly 0: a shot that was not seen is not impossible
    return Confusion(errors[0], errors[1])


def _on_same_qubits(circuit: Any, reference: Any) -> Any:
    from qiskit.circuit import ClassicalRegister, QuantumCircuit

    final = reference.layout.final_index_layout(filter_ancillas=True)
    physical = QuantumCircuit(reference.num_qubits)
    register = ClassicalRegister(circuit.num_qubits, "meas")
    physical.add_register(register)
    for item in circuit.data:
        for qubit in item.qubits:
            physical.append(item.operation, [final[circuit.find_bit(qubit).index]])
    for q, home in enumerate(final):
        physical.measure(home, register[q])
    return physical


def _run(runner: Runner, circuit: Any, prepared: Any, shots: int, seed: int) -> AnyArray:
    from .runners import Compiled
    from .transpile import cost_of

    measured = prepared if prepared is not circuit else circuit.measure_all(inplace=False)
    cost = cost_of(measured)
    compiled = Compiled(prepared, measured, cost, cost, ())
    return runner.sample(compiled, np.zeros(0), shots, seed)
