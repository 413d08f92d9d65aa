"""Relaxed states of QRAO on each engine: how their energy is measured, and how they are read in magic bases.

State vectors and matrix product states are read exactly, a basis of its own for every shot; circuits on Aer share a
basis among the shots of one of ``BASES`` circuits, which leaves the mean unchanged and adds variance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import Bits, Float, Int
from ...engines.matrix_product.gradient import TwoBody, value_and_gradient
from ...engines.matrix_product.state import MatrixProduct, product_state
from ...engines.statevector import EngineChoice, GateCircuit, Kind, pull_back, simulate
from ..ansatz.evaluators import OfCircuit
from ..backends.kinds import Backend
from ..backends.runners import Compiled, Runner
from ..seeds import spawn_seeds
from ..training.evaluation_log import Evaluation
from .colouring import Placement
from .hamiltonian import Relaxed
from .rounding import DIRECTIONS, PAULI_DIRECTIONS, basis_change, bloch_vectors, magic_choices, measure, polar

Complex = npt.NDArray[np.complex128]

#: Magic bases that share the shots of a state on Aer.
BASES = 40

#: Shots in each of X, Y and Z that estimate Bloch vectors on Aer.
BLOCH_SHOTS = 10_000


@dataclass(frozen=True, eq=False)
class RelaxedState:
    """A state with its mean energy; ``magic`` gives (choices, outcomes), ``bloch`` the single-qubit expectations."""

    value: float
    magic: Callable[[Placement, int, np.random.Generator], tuple[Int, Bits]]
    bloch: Callable[[], Float]

    @staticmethod
    def of_vector(psi: Complex, value: float) -> RelaxedState:
        """A state vector, shape (2**num_qubits,), with its mean energy."""

        def magic(placement: Placement, num_shots: int, rng: np.random.Generator) -> tuple[Int, Bits]:
            choices = magic_choices(placement, num_shots, rng)
            return choices, measure(psi, basis_change(DIRECTIONS[placement.vars_per_qubit]), choices, rng)

        return RelaxedState(value, magic, lambda: bloch_vectors(psi))

    @staticmethod
    def of_product(product: MatrixProduct, value: float) -> RelaxedState:
        """A matrix product state."""

        def magic(placement: Placement, num_shots: int, rng: np.random.Generator) -> tuple[Int, Bits]:
            choices = magic_choices(placement, num_shots, rng)
            changes = basis_change(DIRECTIONS[placement.vars_per_qubit])
            return choices, product.sample(num_shots, rng, changes=changes, choices=choices)

        return RelaxedState(value, magic, product.bloch)


class OfRelaxed(OfCircuit):
    """What an evaluator of a relaxation has by its circuit alone."""

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Never there, at any angles, shape (parameters,): a relaxed state has no points before it is rounded.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError("a relaxed state has no points before it is rounded")

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """Empty at all angles, shape (parameters,); rounding tells what it found."""
        return {}


@dataclass(frozen=True, eq=False)
class VectorRelaxed(OfRelaxed):
    """The relaxation's mean in the ansatz, by a simulation without shots.

    Parameters
    ----------
    mean : angles -> value.
    gradient : angles -> (value, gradient); None where there is none.
    make_state : (angles, value) -> state.
    """

    circuit: GateCircuit
    mean: Callable[[Float], float]
    gradient: Callable[[Float], tuple[float, Float]] | None
    make_state: Callable[[Float, float], RelaxedState]

    @property
    def has_gradient(self) -> bool:
        return self.gradient is not None

    def evaluate(self, angles: Float) -> Evaluation:
        """Relaxed energy of the state at the angles, shape (parameters,)."""
        return Evaluation(self.mean(angles))

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        """Relaxed energy and its derivatives by the angles, shape (parameters,); refused where there are none."""
        if self.gradient is None:
            return super().value_and_gradient(angles)
        return self.gradient(angles)

    def state(self, angles: Float, value: float) -> RelaxedState:
        """The state at those angles, shape (parameters,)."""
        return self.make_state(angles, value)


def vector_relaxed(relaxed: Relaxed, circuit: GateCircuit, engine: EngineChoice) -> VectorRelaxed:
    """By state vector, with gradients."""

    def gradient(angles: Float) -> tuple[float, Float]:
        state = simulate(circuit, angles, engine=engine)
        psi = state.real + 1j * state.imag
        cotangent = relaxed.apply(psi)
        value = float(np.vdot(psi, cotangent).real) + relaxed.ising.offset
        return value, pull_back(circuit, angles, state, cotangent, engine=engine)

    def vector(angles: Float) -> Complex:
        state = simulate(circuit, angles, engine=engine)
        return np.asarray(state.real + 1j * state.imag)

    return VectorRelaxed(
        circuit,
        lambda angles: relaxed.mean(vector(angles)),
        gradient,
        lambda angles, value: RelaxedState.of_vector(vector(angles), value),
    )


def mps_relaxed(relaxed: Relaxed, circuit: GateCircuit) -> VectorRelaxed:
    """By matrix product state, with gradients."""
    qubits, paulis = relaxed.placement.qubits.tolist(), relaxed.placement.paulis

    def mean(angles: Float) -> float:
        product = product_state(circuit, angles)
        return product.expectation(qubits, paulis, relaxed.fields, relaxed.couplings) + relaxed.ising.offset

    couplings = relaxed.couplings + relaxed.couplings.T
    energy = TwoBody(qubits, paulis, relaxed.fields, couplings)

    def gradient(angles: Float) -> tuple[float, Float]:
        value, slopes = value_and_gradient(circuit, angles, energy)
        return value + relaxed.ising.offset, slopes

    return VectorRelaxed(
        circuit, mean, gradient, lambda angles, value: RelaxedState.of_product(product_state(circuit, angles), value)
    )


@dataclass(frozen=True, eq=False)
class RunnerRelaxed(OfRelaxed):
    """The relaxation's mean as a circuit on Aer; a second circuit with turns before the measurement is read.

    Parameters
    ----------
    seed : of the shots.
    """

    relaxed: Relaxed
    circuit: GateCircuit
    runner: Runner
    bare: Compiled
    read: Compiled
    operator: Any
    seed: int

    @staticmethod
    def of(relaxed: Relaxed, circuit: GateCircuit, backend: Backend, seed: int) -> RunnerRelaxed:
        """Both circuits, compiled."""
        first, second = spawn_seeds(seed, 2)
        runner = backend.runner(first)
        n, count = circuit.num_qubits, circuit.num_parameters
        turns = [(kind, q, -1, count + 2 * q + k) for q in range(n) for k, kind in enumerate((Kind.RZ, Kind.RY))]
        turned = GateCircuit.of(n, [*map(tuple, circuit.gates.tolist()), *turns])
        bare, read = runner.compile(circuit.to_qiskit()), runner.compile(turned.to_qiskit())
        return RunnerRelaxed(relaxed, circuit, runner, bare, read, relaxed.operator(), second)

    @property
    def engine(self) -> str:
        return self.runner.engine

    def evaluate(self, angles: Float) -> Evaluation:
        """The runner's expectation of the relaxed Hamiltonian at the angles, shape (parameters,)."""
        return Evaluation(self.runner.expectation(self.bare, angles, self.operator) + self.relaxed.ising.offset)

    def state(self, angles: Float, value: float) -> RelaxedState:
        """The state at those angles, shape (parameters,), read by shots."""

        def magic(placement: Placement, num_shots: int, rng: np.random.Generator) -> tuple[Int, Bits]:
            bases = magic_choices(placement, min(BASES, num_shots), rng)
            groups = np.array_split(np.arange(num_shots), len(bases))
            directions = DIRECTIONS[placement.vars_per_qubit]
            seeds = spawn_seeds(self.seed, len(bases))
            parts = [
                self._read(angles, directions[basis], len(group), seed)
                for basis, group, seed in zip(bases, groups, seeds)
            ]
            return np.repeat(bases, [len(group) for group in groups], axis=0), np.concatenate(parts)

        def bloch() -> Float:
            out = np.empty((self.circuit.num_qubits, 3))
            for axis, seed in enumerate(spawn_seeds(self.seed, 3, 1)):
                towards = np.tile(PAULI_DIRECTIONS[axis], (self.circuit.num_qubits, 1))
                out[:, axis] = 1.0 - 2.0 * self._read(angles, towards, BLOCH_SHOTS, seed).mean(axis=0)
            return out

        return RelaxedState(value, magic, bloch)

    def _read(self, angles: Float, directions: Float, shots: int, seed: int) -> Bits:
        """Outcomes with each qubit turned from its direction to Z."""
        theta, phi = polar(directions)
        turns = np.column_stack([-phi, -theta]).reshape(-1)
        return self.runner.sample(self.read, np.concatenate([angles, turns]), shots, seed)
