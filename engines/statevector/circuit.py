"""A circuit as a table of gates: kind, qubits, and which parameter turns it.

Rotations are exp(-i theta P/2) with P = X, Y, Z, XX, ZZ, each by one parameter; H, CX and CZ have none. Nothing else
is needed by the ansätze here; a parameter may turn several gates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from ...core import Int, frozen


class Kind(IntEnum):
    """Gate kinds; the compiled engine knows these numbers."""

    RX = 0
    RY = 1
    RZ = 2
    RXX = 3
    RZZ = 4
    H = 5
    CX = 6
    CZ = 7


ROTATIONS = frozenset({Kind.RX, Kind.RY, Kind.RZ, Kind.RXX, Kind.RZZ})
TWO_QUBIT = frozenset({Kind.RXX, Kind.RZZ, Kind.CX, Kind.CZ})


@dataclass(frozen=True, eq=False)
class GateCircuit:
    """Gates in order of time on ``num_qubits`` qubits in state |0...0>.

    Parameters
    ----------
    gates : shape (g, 4), rows (kind, qubit, second qubit or -1, parameter or -1); of CX the first is the control.

    Raises
    ------
    ValueError
        A qubit is out of range, a gate lacks what its kind needs, or parameters are not 0..k-1 without a hole.

    Examples
    --------
    >>> bell = GateCircuit.of(2, [(Kind.RY, 0, -1, 0), (Kind.CX, 0, 1, -1)])
    >>> bell.num_parameters, bell.depth, bell.num_two_qubit_gates
    (1, 2, 1)
    """

    num_qubits: int
    gates: Int

    def __post_init__(self) -> None:
        object.__setattr__(self, "gates", frozen(np.reshape(self.gates, (-1, 4)), np.int64))
        kinds, first, second, parameters = self.gates.T
        is_two = np.isin(kinds, list(TWO_QUBIT))
        turns = np.isin(kinds, list(ROTATIONS))
        if not np.isin(kinds, list(Kind)).all():
            raise ValueError("gates must be of the kinds in Kind; see the module")
        for qubits, needed in ((first, np.ones_like(is_two)), (second, is_two)):
            if ((qubits < 0) == needed).any() or (qubits >= self.num_qubits).any():
                raise ValueError(f"gates must have their qubits in 0..{self.num_qubits - 1}, and -1 for no second one")
        if (first == second).any():
            raise ValueError("two-qubit gates must have two different qubits")
        used = np.unique(parameters[parameters >= 0])
        if ((parameters >= 0) != turns).any() or not np.array_equal(used, np.arange(used.size)):
            raise ValueError("rotations, and they alone, must have a parameter, and none of 0..k-1 may be unused")

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @staticmethod
    def of(num_qubits: int, gates: Iterable[tuple[int, int, int, int]]) -> GateCircuit:
        """A circuit from rows."""
        return GateCircuit(num_qubits, np.array(list(gates), dtype=np.int64).reshape(-1, 4))

    @property
    def num_parameters(self) -> int:
        return int(self.gates[:, 3].max(initial=-1)) + 1

    @property
    def num_two_qubit_gates(self) -> int:
        return int((self.gates[:, 2] >= 0).sum())

    @property
    def depth(self) -> int:
        """Layers of gates that can run at once, before any transpilation."""
        level = np.zeros(self.num_qubits, dtype=np.int64)
        for _, first, second, _ in self.gates.tolist():
            qubits = [first] if second < 0 else [first, second]
            level[qubits] = level[qubits].max() + 1
        return int(level.max(initial=0))

    def to_qiskit(self) -> Any:
        """QuantumCircuit with one ParameterVector; qubit i is qubit i."""
        from qiskit.circuit import ParameterVector, QuantumCircuit

        circuit = QuantumCircuit(self.num_qubits)
        angles = ParameterVector("t", self.num_parameters)
        for kind, first, second, parameter in self.gates.tolist():
            gate = getattr(circuit, Kind(kind).name.lower())
            qubits = [first] if second < 0 else [first, second]
            gate(*([angles[parameter]] if parameter >= 0 else []), *qubits)
        return circuit
