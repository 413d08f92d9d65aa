"""The relaxed Hamiltonian of quantum random access optimisation, and its ground state.

Its mean on the product state that encodes a point is that point's energy, so its smallest eigenvalue is a lower bound
of all energies. Lanczos gives an upper estimate of that eigenvalue: only the dense spectrum is called a bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import AnyArray, Float
from ...engines.statevector import apply_pauli, pauli_masks
from ..ising import Ising
from .colouring import Placement

Complex = npt.NDArray[np.complex128]

#: Qubits up to which the whole spectrum is computed (1024 x 1024, about a second).
DENSE_QUBITS = 10

#: Qubits up to which Lanczos is run.
LANCZOS_QUBITS = 20


@dataclass(frozen=True, eq=False)
class Relaxed:
    """``offset + sum_i sqrt(d) h_i P_i + sum_ij d J_ij P_i P_j`` with d variables a qubit.

    References
    ----------
    Fuller et al. (2024), Approximate solutions of combinatorial problems via quantum relaxations, arXiv:2111.03167,
    section III.
    """

    ising: Ising
    placement: Placement

    @property
    def num_qubits(self) -> int:
        return self.placement.num_qubits

    @cached_property
    def fields(self) -> Float:
        """sqrt(d) h, shape (v,)."""
        return math.sqrt(self.placement.vars_per_qubit) * self.ising.fields

    @cached_property
    def couplings(self) -> Float:
        """d J, upper triangular, shape (v, v)."""
        out = np.zeros((self.ising.n, self.ising.n))
        out[self.ising.rows, self.ising.columns] = self.placement.vars_per_qubit * self.ising.couplings
        return out

    def apply(self, psi: Complex) -> Complex:
        """The operator on amplitudes, without the offset: ``sum_i P_i (fields_i + sum_(j>i) couplings_ij P_j) psi``.

        ``psi`` and the result have shape (2**num_qubits,).
        """
        turned = np.array([self._pauli(v, psi) for v in range(self.ising.n)])
        parts = turned.view(np.float64)  # a real matrix on real and imaginary parts at once
        pulled = (self.couplings @ parts).view(np.complex128)
        out = np.asarray((self.fields @ parts).view(np.complex128))
        for v in np.flatnonzero(self.couplings.any(axis=1)):
            out = out + self._pauli(int(v), pulled[v])
        return out

    def mean(self, psi: Complex) -> float:
        """Mean energy of a state, shape (2**num_qubits,), offset included."""
        return float(np.vdot(psi, self.apply(psi)).real) + self.ising.offset

    def dense(self) -> Complex:
        """The matrix, shape (2**num_qubits, 2**num_qubits), without the offset."""
        columns = np.eye(2**self.num_qubits, dtype=np.complex128)
        return np.array([self.apply(column) for column in columns]).T

    def operator(self) -> Any:
        """Qiskit SparsePauliOp without the offset."""
        from qiskit.quantum_info import SparsePauliOp

        place = self.placement
        terms = [(place.paulis[v], [int(place.qubits[v])], float(self.fields[v])) for v in np.flatnonzero(self.fields)]
        for i, j in zip(*np.nonzero(self.couplings)):
            where = [int(place.qubits[i]), int(place.qubits[j])]
            terms.append((place.paulis[i] + place.paulis[j], where, float(self.couplings[i, j])))
        return SparsePauliOp.from_sparse_list(terms or [("", [], 0.0)], num_qubits=self.num_qubits)

    def encoded(self, z: AnyArray) -> Float:
        """Bloch vectors of the product state that encodes a point, shape (num_qubits, 3).

        ``rho = (1 + (1/sqrt(d)) sum_p (-1)**z_p P_p) / 2`` on each qubit; directions without a variable are 0.
        """
        out = np.zeros((self.num_qubits, 3))
        signs = 1.0 - 2.0 * np.asarray(z, dtype=np.float64)
        out[self.placement.qubits, self.placement.axes] = signs / math.sqrt(self.placement.vars_per_qubit)
        return out

    def mean_of_product(self, bloch: Float) -> float:
        """Mean energy of the product state with these Bloch vectors, shape (num_qubits, 3)."""
        values = bloch[self.placement.qubits, self.placement.axes]
        return float(self.fields @ values + values @ self.couplings @ values) + self.ising.offset

    def _pauli(self, variable: int, psi: Complex) -> Complex:
        return apply_pauli(psi, *pauli_masks(self.placement.paulis[variable], int(self.placement.qubits[variable])))


@dataclass(frozen=True, eq=False)
class Ground:
    """A ground state with its value; ``bound`` is proven (dense spectrum, less the rounding), None for Lanczos."""

    psi: Complex
    value: float
    residual: float
    bound: float | None
    products: int


def ground_state(relaxed: Relaxed, rng: np.random.Generator) -> Ground:
    """The ground state of the relaxation, by its spectrum up to 10 qubits, else by Lanczos (eigsh)."""
    n, offset = relaxed.num_qubits, relaxed.ising.offset
    scale = float(np.abs(relaxed.fields).sum() + np.abs(relaxed.couplings).sum()) + abs(offset)
    if n <= DENSE_QUBITS:
        values, vectors = np.linalg.eigh(relaxed.dense())
        psi = np.ascontiguousarray(vectors[:, 0])
        residual = _residual(relaxed, psi, float(values[0]))
        # eigh is backward stable: its error is a small multiple of eps times the norm, which scale exceeds
        return Ground(psi, float(values[0]) + offset, residual, float(values[0]) + offset - 1e-12 * scale, 2**n)
    from scipy.sparse.linalg import LinearOperator, eigsh

    count = 0

    def product(psi: Complex) -> Complex:
        nonlocal count
        count += 1
        return relaxed.apply(np.ascontiguousarray(psi).reshape(-1))

    operator = LinearOperator((2**n, 2**n), matvec=product, dtype=np.complex128)
    start = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    values, vectors = eigsh(operator, k=1, which="SA", v0=start, tol=1e-9)
    psi = np.ascontiguousarray(vectors[:, 0])
    return Ground(psi, float(values[0]) + offset, _residual(relaxed, psi, float(values[0])), None, count)


def _residual(relaxed: Relaxed, psi: Complex, value: float) -> float:
    return float(np.linalg.norm(relaxed.apply(psi) - value * psi))
