"""Gradient of a two-body Pauli energy in the angles of a matrix product state, by environments and a tape of its gates.

``sum_i h_i <P_i> + sum_ij J_ij <P_i P_j>`` with any pairs (i, j): environments carry one open Pauli per variable, so a
gradient costs O(n**3 bond**2 + n**2 bond**3) and not one evaluation a parameter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ...core import Float, Int
from ..statevector import GateCircuit, Kind
from .state import PAULIS, MatrixProduct, joined, one_qubit_matrix, split_gate

Complex = npt.NDArray[np.complex128]
#: Carries environments over a site: (batch, ket, bra) -> batch.
Carry = Callable[[Complex, Complex, Complex], Complex]


@dataclass(frozen=True, eq=False)
class TwoBody:
    """The energy: variables with their site and Pauli.

    Parameters
    ----------
    sites : shape (v,).
    paulis : X, Y or Z of each.
    fields : shape (v,).
    couplings : shape (v, v), symmetric with zero diagonal; zero between variables on one site.
    """

    sites: Sequence[int]
    paulis: Sequence[str]
    fields: Float
    couplings: Float

    def by_site(self, num_sites: int) -> list[list[int]]:
        """Variables of each site."""
        out: list[list[int]] = [[] for _ in range(num_sites)]
        for variable, site in enumerate(self.sites):
            out[site].append(variable)
        return out


def value_and_gradient(circuit: GateCircuit, angles: Float, energy: TwoBody) -> tuple[float, Float]:
    """Energy of the circuit's state, and its gradient in the angles.

    Examples
    --------
    >>> turned = GateCircuit.of(1, [(Kind.RY, 0, -1, 0)])
    >>> field = TwoBody([0], ["Z"], np.array([1.0]), np.zeros((1, 1)))
    >>> value, gradient = value_and_gradient(turned, np.array([np.pi / 2]), field)
    >>> abs(value) < 1e-12, gradient.round(12).tolist()
    (True, [-1.0])
    """
    tape = _Tape.record(circuit, angles)
    value, cotangents = environments(MatrixProduct(tuple(tape.tensors)), energy)
    return value, tape.pull_back(cotangents, circuit.num_parameters)


def environments(product: MatrixProduct, energy: TwoBody) -> tuple[float, list[Complex]]:
    """The energy, and its derivative in the conjugate of each tensor, in that tensor's shape."""
    by_site, J, h = energy.by_site(product.n), energy.couplings, energy.fields
    kets = [
        [np.einsum("st,ltr->lsr", PAULIS[energy.paulis[v]], tensor) for v in by_site[i]]
        for i, tensor in enumerate(product.tensors)
    ]
    right = _right_sides(product, energy, kets)
    here, out = _Side.empty(), []
    for i, tensor in enumerate(product.tensors):
        ahead = right[i + 1]
        crossing = _mixed_rows(J[np.ix_(here.variables, ahead.variables)], ahead.opened)
        lefts = np.concatenate([here.identity, here.within, here.opened])
        cotangent = _insert(lefts, tensor, np.concatenate([ahead.within, ahead.identity, crossing]))
        for v, ket in zip(by_site[i], kets[i]):
            pull = h[v] * here.identity + _mixed(J[v, here.variables], here.opened)
            push = _mixed(J[v, ahead.variables], ahead.opened)
            lefts, rights = np.concatenate([pull, here.identity]), np.concatenate([ahead.identity, push])
            cotangent = cotangent + _insert(lefts, ket, rights)
        out.append(cotangent)
        here = here.moved(_to_right, tensor, kets[i], by_site[i], energy)
    return float(here.within[0, 0, 0].real), out


def _right_sides(product: MatrixProduct, energy: TwoBody, kets: list[list[Complex]]) -> list[_Side]:
    """Environments of the sites at or right of i, i = 0..n."""
    by_site, sides = energy.by_site(product.n), [_Side.empty()]
    for i in reversed(range(product.n)):
        sides.append(sides[-1].moved(_to_left, product.tensors[i], kets[i], by_site[i], energy))
    return sides[::-1]


@dataclass(frozen=True, eq=False)
class _Side:
    """Environments (batch, ket bond, bra bond) of all sites on one side: of the identity, of the energy's terms that
    lie within, and one for each variable with its Pauli open."""

    identity: Complex
    within: Complex
    opened: Complex
    variables: Int

    @staticmethod
    def empty() -> _Side:
        one = np.ones((1, 1, 1), dtype=complex)
        return _Side(one, 0 * one, np.zeros((0, 1, 1), dtype=complex), np.zeros(0, dtype=np.int64))

    def moved(self, carry: Carry, tensor: Complex, kets: list[Complex], mine: list[int], energy: TwoBody) -> _Side:
        """The side with one site more, which holds the variables ``mine`` with their Paulis on ``kets``."""
        within = carry(self.within, tensor, tensor)
        for v, ket in zip(mine, kets):
            pull = energy.fields[v] * self.identity + _mixed(energy.couplings[v, self.variables], self.opened)
            within = within + carry(pull, ket, tensor)
        fresh = [carry(self.identity, ket, tensor) for ket in kets]
        opened = np.concatenate([carry(self.opened, tensor, tensor), *fresh])
        return _Side(
            carry(self.identity, tensor, tensor), within, opened, np.append(self.variables, mine).astype(np.int64)
        )


def _mixed(weights: Float, opened: Complex) -> Complex:
    """Weighted sum of environments, kept as a batch of one."""
    return np.asarray(np.tensordot(weights, opened, axes=1)[None])


def _mixed_rows(weights: Float, opened: Complex) -> Complex:
    return np.asarray(np.tensordot(weights, opened, axes=1))


def _to_right(batch: Complex, ket: Complex, bra: Complex) -> Complex:
    """Left environments (b, ket bond, bra bond) carried over a site."""
    left, _, right = ket.shape
    turned = np.matmul(batch.transpose(0, 2, 1), ket.reshape(left, -1)).reshape(len(batch), 2 * batch.shape[2], right)
    return np.asarray(np.matmul(turned.transpose(0, 2, 1), bra.conj().reshape(-1, bra.shape[2])))


def _to_left(batch: Complex, ket: Complex, bra: Complex) -> Complex:
    """Right environments (b, ket bond, bra bond) carried over a site."""
    left, _, right = ket.shape
    turned = np.matmul(ket.reshape(-1, right), batch).reshape(len(batch), left, 2 * batch.shape[2])
    return np.asarray(np.matmul(turned, bra.conj().reshape(bra.shape[0], -1).T))


def _insert(lefts: Complex, ket: Complex, rights: Complex) -> Complex:
    """``sum_b lefts_b ket rights_b`` with the bra open, shape of a tensor."""
    left, two, right = ket.shape
    count, _, bra = lefts.shape
    turned = np.matmul(lefts.transpose(0, 2, 1), ket.reshape(left, -1)).reshape(count, bra * two, right)
    flat = turned.transpose(1, 0, 2).reshape(bra * two, count * right)
    return np.asarray(flat @ rights.reshape(count * right, -1)).reshape(bra, two, -1)


@dataclass(frozen=True, eq=False)
class _Settled:
    """One-qubit gates (kind, angle, parameter) of a qubit, and the tensor before them."""

    qubit: int
    gates: list[tuple[int, float, int]]
    matrices: list[Complex]
    whole: Complex
    before: Complex

    def pull_back(self, cotangents: list[Complex], gradient: Float) -> None:
        """The cotangent before the gates, and their angles' derivatives."""
        cotangent, whole = cotangents[self.qubit], self.whole
        by_product = np.einsum("ltr,lsr->ts", cotangent, self.before.conj())
        cotangents[self.qubit] = np.matmul(whole.conj().T, cotangent)
        for matrix, (kind, _, parameter) in zip(reversed(self.matrices), reversed(self.gates)):
            # both stand for the product up to this gate: the later ones were undone
            if parameter >= 0:
                turned = -0.5j * (PAULIS[Kind(kind).name[1]] @ whole)
                gradient[parameter] += 2 * float(np.sum(by_product.conj() * turned).real)
            whole, by_product = matrix.conj().T @ whole, matrix.conj().T @ by_product


@dataclass(frozen=True, eq=False)
class _Joined:
    """A two-qubit gate on sites low and low + 1; ``is_first_low``: its first side, which is scaled, is on low."""

    low: int
    kind: int
    angle: float
    parameter: int
    is_first_low: bool
    sides: tuple[Complex, Complex]
    before: tuple[Complex, Complex]

    def pull_back(self, cotangents: list[Complex], gradient: Float) -> None:
        """The cotangents before the gate, and its angle's derivative."""
        for position in (0, 1):
            tensor, side = self.before[position], self.sides[position]
            left, _, right = tensor.shape
            opened, names = ((left, 2, right, 2), "ltra") if position == 0 else ((left, 2, 2, right), "latr")
            cotangent = cotangents[self.low + position].reshape(opened)
            cotangents[self.low + position] = np.einsum(f"ats,{names}->lsr", side.conj(), cotangent)
            if self.parameter >= 0 and self.is_first_low == (position == 0):
                by_side = np.einsum(f"{names},lsr->ats", cotangent, tensor.conj())
                s, c = math.sin(self.angle / 2), math.cos(self.angle / 2)
                change = np.array([-0.5 * s * np.eye(2), -0.5j * c * PAULIS[Kind(self.kind).name[1]]])
                gradient[self.parameter] += 2 * float(np.sum(by_side.conj() * change).real)


@dataclass(eq=False)
class _Tape:
    """The gates that built the tensors, with what each of them was applied to."""

    tensors: list[Complex]
    steps: list[_Settled | _Joined] = field(default_factory=list)
    pending: dict[int, list[tuple[int, float, int]]] = field(default_factory=dict)

    @staticmethod
    def record(circuit: GateCircuit, angles: Float) -> _Tape:
        start = np.array([1, 0], dtype=complex).reshape(1, 2, 1)
        tape = _Tape([start] * circuit.num_qubits)
        for kind, first, second, parameter in circuit.gates.tolist():
            angle = float(angles[parameter]) if parameter >= 0 else 0.0
            if second < 0:
                tape.pending.setdefault(first, []).append((kind, angle, parameter))
                continue
            tape._settle(first)
            tape._settle(second)
            tape._join(kind, (first, second), angle, parameter)
        for qubit in range(circuit.num_qubits):
            tape._settle(qubit)
        return tape

    def pull_back(self, cotangents: list[Complex], num_parameters: int) -> Float:
        """Gradient in the angles; ``dE = 2 Re <cotangent, d tensor>``. The list is used up."""
        gradient = np.zeros(num_parameters)
        for step in reversed(self.steps):
            step.pull_back(cotangents, gradient)
        return gradient

    def _settle(self, qubit: int) -> None:
        gates = self.pending.pop(qubit, None)
        if gates is None:
            return
        matrices = [one_qubit_matrix(kind, angle) for kind, angle, _ in gates]
        whole: Complex = np.eye(2, dtype=complex)
        for matrix in matrices:
            whole = matrix @ whole
        self.steps.append(_Settled(qubit, gates, matrices, whole, self.tensors[qubit]))
        self.tensors[qubit] = np.matmul(whole, self.tensors[qubit])

    def _join(self, kind: int, qubits: tuple[int, int], angle: float, parameter: int) -> None:
        by_first, by_second = split_gate(kind, angle)
        low, is_first_low = min(qubits), qubits[0] < qubits[1]
        sides = (by_first, by_second) if is_first_low else (by_second, by_first)
        before = self.tensors[low], self.tensors[low + 1]
        self.steps.append(_Joined(low, kind, angle, parameter, is_first_low, sides, before))
        self.tensors[low], self.tensors[low + 1] = joined(*before, *sides)
