"""Ansatz circuits: layers of rotations and entangling gates, as a table of gates.

``efficient-su2``: RY, RZ and CX. ``two-local-ry``: RY and CZ. ``two-local-ry-rz``: RY, RZ and CZ. ``brickwork``: RX,
RY, RZ and an RXX on every second pair, the other pairs in the next layer. Entanglement names pairs as Qiskit's library
does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np

from ...core import Float
from ...engines.statevector import GateCircuit, Kind

AnsatzName = Literal["efficient-su2", "two-local-ry", "two-local-ry-rz", "brickwork"]
EntanglementName = Literal["linear", "circular", "full", "pairwise"]
AnsatzInit = Literal["random", "unit", "small"]

Pairs = list[tuple[int, int]]


def _linear(n: int) -> Pairs:
    return [(i, i + 1) for i in range(n - 1)]


def _circular(n: int) -> Pairs:
    return ([(n - 1, 0)] if n > 2 else []) + _linear(n)


def _full(n: int) -> Pairs:
    return [(i, j) for i in range(n) for j in range(i + 1, n)]


def _pairwise(n: int) -> Pairs:
    return [(i, i + 1) for i in range(0, n - 1, 2)] + [(i, i + 1) for i in range(1, n - 1, 2)]


ENTANGLEMENTS: Mapping[EntanglementName, Callable[[int], Pairs]] = MappingProxyType(
    {"linear": _linear, "circular": _circular, "full": _full, "pairwise": _pairwise}
)

#: Rotations of a layer and the entangling gate, of the ansätze whose last layer is one of rotations.
_TWO_LOCAL: Mapping[str, tuple[tuple[Kind, ...], Kind]] = MappingProxyType(
    {
        "efficient-su2": ((Kind.RY, Kind.RZ), Kind.CX),
        "two-local-ry": ((Kind.RY,), Kind.CZ),
        "two-local-ry-rz": ((Kind.RY, Kind.RZ), Kind.CZ),
    }
)


def ansatz(
    name: AnsatzName, num_qubits: int, num_layers: int, entanglement: EntanglementName = "linear"
) -> GateCircuit:
    """The circuit; parameters are numbered in order of time.

    Parameters
    ----------
    num_layers : entangling layers; brickwork ends with one, the others with a layer of rotations.
    entanglement : ignored by brickwork, whose pairs alternate.

    Raises
    ------
    ValueError
        ``num_layers`` is negative.

    References
    ----------
    Kandala et al. (2017), Hardware-efficient variational quantum eigensolver, arXiv:1704.05018; brickwork: Sciorilli et
    al. (2025), Towards large-scale quantum optimization solvers with few qubits, arXiv:2401.09421, figure 1.

    Examples
    --------
    >>> circuit = ansatz("efficient-su2", 3, 2)
    >>> circuit.num_parameters, circuit.num_two_qubit_gates
    (18, 4)
    """
    if num_layers < 0:
        raise ValueError(f"num_layers must be >= 0, got {num_layers}")
    rows = _Rows()
    if name == "brickwork":
        pairs = _linear(num_qubits)
        for layer in range(num_layers):
            rows.rotate((Kind.RX, Kind.RY, Kind.RZ), num_qubits)
            rows.entangle(Kind.RXX, pairs[layer % 2 :: 2])
    else:
        rotations, gate = _TWO_LOCAL[name]
        rows.rotate(rotations, num_qubits)
        for _ in range(num_layers):
            rows.entangle(gate, ENTANGLEMENTS[entanglement](num_qubits))
            rows.rotate(rotations, num_qubits)
    return GateCircuit.of(num_qubits, rows)


class _Rows:
    """Rows of a table of gates, with the next free parameter."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int]] = []
        self._next = 0

    def __iter__(self) -> Iterator[tuple[int, int, int, int]]:
        return iter(self._rows)

    def rotate(self, kinds: tuple[Kind, ...], num_qubits: int) -> None:
        for kind in kinds:
            for qubit in range(num_qubits):
                self._add(kind, qubit, -1, is_turned=True)

    def entangle(self, kind: Kind, pairs: Pairs) -> None:
        for first, second in pairs:
            self._add(kind, first, second, is_turned=kind == Kind.RXX)

    def _add(self, kind: Kind, first: int, second: int, *, is_turned: bool) -> None:
        self._rows.append((kind, first, second, self._next if is_turned else -1))
        self._next += is_turned


def initial_angles(init: AnsatzInit, circuit: GateCircuit, rng: np.random.Generator) -> Float:
    """Starting angles: ``random`` over a turn, ``unit`` in [0, 1), ``small`` about zero (0.1 rad).

    Shape (parameters,).
    """
    size = circuit.num_parameters
    match init:
        case "random":
            return rng.uniform(0, 2 * np.pi, size)
        case "unit":
            return rng.uniform(0, 1, size)
        case _:
            return rng.normal(0, 0.1, size)


def num_gates(name: AnsatzName, num_qubits: int, num_layers: int, entanglement: EntanglementName) -> int:
    """Gates of the circuit, counted without building it where it is large.

    Examples
    --------
    >>> num_gates("efficient-su2", 4, 2, "full") == len(ansatz("efficient-su2", 4, 2, "full").gates)
    True
    """
    n = num_qubits
    if name == "brickwork":
        return num_layers * (3 * n) + sum((n - 1 - layer % 2 + 1) // 2 for layer in range(num_layers) if n > 1)
    rotations = len(_TWO_LOCAL[name][0])
    counts = {"linear": n - 1, "circular": n if n > 2 else n - 1, "full": n * (n - 1) // 2, "pairwise": n - 1}
    return (num_layers + 1) * rotations * n + num_layers * max(0, counts[entanglement])
