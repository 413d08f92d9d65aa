"""Quantum random access optimisation: one, two or three variables a qubit, relaxed, solved and rounded.

Limits: the relaxed value is a bound only where the whole spectrum was computed (10 qubits); a dense QUBO has no two
variables that may share a qubit, so nothing is saved on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any, ClassVar, Literal

import dimod
import numpy as np

from ...core import SOLVERS, AnyArray, Bits, Clock, UnsupportedError
from ...engines.statevector import EngineChoice, GateCircuit, engine_name
from ..ansatz.backends import AerAnsatz, AerProductAnsatz, AnsatzBackend, ExactAnsatz, ProductAnsatz
from ..ansatz.circuits import ansatz
from ..ansatz.run import circuit_info, optimize, run_info
from ..ansatz.settings import AnsatzSettings
from ..backends.kinds import Backends
from ..base import Estimate, energies_of, sample_set
from ..ising import Ising
from ..seeds import spawn_seeds
from ..training.resources import require
from .colouring import ColouringName, Placement, VarsPerQubit, place
from .evaluators import RelaxedState, RunnerRelaxed, VectorRelaxed, mps_relaxed, vector_relaxed
from .hamiltonian import DENSE_QUBITS, LANCZOS_QUBITS, Relaxed, ground_state
from .rounding import magic_points, pauli_points

#: Shots between two looks at the clock.
BATCH = 250
#: Seconds a product of the QUBO takes to be coloured and put on its qubits, by what was measured on one core.
PER_PRODUCT = 1.2e-5
#: Seconds a triple of site and two variables takes in a gradient on a matrix product state: copied, and times bond**2.
PER_TRIPLE, PER_ENTRY = 1.3e-9, 9e-11
#: Qubits up to which ``auto`` takes the state vector.
EXACT_QUBITS = 14


@dataclass(frozen=True)
class AutoAnsatz(AnsatzBackend):
    """The backend that suits the number of qubits; see ``Qrao.settled``."""

    kind: ClassVar[str] = "auto"


@SOLVERS.register("qrao")
@dataclass(frozen=True)
class Qrao(AnsatzSettings):
    """Quantum random access optimisation: up to three variables a qubit, their relaxation solved and rounded.

    Parameters
    ----------
    backend : ``auto`` takes ``exact`` up to 14 qubits, and beyond it ``mps`` where the gates join neighbours: it is
        exact too, and each of the state vector's evaluations applies every variable's Pauli to all amplitudes.
    vars_per_qubit : 1, 2 or 3; the code (3,1) decodes a bit with probability 0.789, (2,1) with 0.854.
    colouring : greedy strategy that decides which variables may share a qubit.
    relaxation : ``eigen`` (ground state of the relaxation: spectrum up to 10 qubits, Lanczos up to 20), ``vqe`` (the
        ansatz trained on it), ``auto``: eigen up to 10 qubits on the exact backend, else vqe.
    rounding : ``magic`` (``num_shots`` random magic bases), ``pauli`` (signs of the expectations, one point) or
        ``both``.

    References
    ----------
    Fuller et al. (2024), Approximate solutions of combinatorial problems via quantum relaxations, arXiv:2111.03167.

    Examples
    --------
    >>> ring = dimod.BinaryQuadraticModel.from_ising({}, {(i, (i + 1) % 6): 1.0 for i in range(6)})
    >>> samples = Qrao(num_shots=200).sample(ring, seed=1)
    >>> samples.info["qubits"], float(samples.first.energy), samples.info["energy_bound"] <= -6
    (2, -6.0, True)
    """

    backend: str | object = "auto"
    num_shots: int = 10_000
    vars_per_qubit: VarsPerQubit = 3
    colouring: ColouringName = "largest-first"
    relaxation: Literal["auto", "eigen", "vqe"] = "auto"
    rounding: Literal["magic", "pauli", "both"] = "magic"

    backends: ClassVar[Backends[AnsatzBackend]] = Backends(
        AutoAnsatz, ExactAnsatz, ProductAnsatz, AerAnsatz, AerProductAnsatz
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.vars_per_qubit in (1, 2, 3), f"vars_per_qubit must be 1, 2 or 3, got {self.vars_per_qubit!r}")
        require(
            self.shots_per_evaluation is None,
            f"shots_per_evaluation must be left out for qrao, got {self.shots_per_evaluation!r}; "
            "num_shots is what it draws",
        )
        if self.relaxation == "eigen" and not isinstance(self.runs_on, AutoAnsatz | ExactAnsatz):
            raise ValueError(f"relaxation='eigen' must have backend='exact', got {self.backend!r}")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_shots: int | None = None,
        seconds: float | None = None,
        evaluations: int | None = None,
    ) -> dimod.SampleSet:
        """Points rounded from the relaxed state.

        Raises
        ------
        UnsupportedError
            The relaxed state does not fit in memory, or has too many qubits for its ground state.
        """
        clock = Clock(seconds)
        ising = Ising.of(bqm)
        relaxed = Relaxed(ising, place(ising, self.vars_per_qubit, self.colouring))
        settled = self.settled(relaxed.num_qubits)
        settled._check_qubits(relaxed)
        seeds = spawn_seeds(seed, 3)
        state, told = settled._relax(relaxed, clock, evaluations, seeds)
        optimized = clock.elapsed
        Z = self._round(relaxed.placement, state, num_shots or self.num_shots, np.random.default_rng(seeds[1]), clock)
        info = {
            "qubits": relaxed.num_qubits,
            "vars_per_qubit": self.vars_per_qubit,
            "rounding": self.rounding,
            "relaxed_value": state.value,
            **told,
            "shots": len(Z),
            "seconds": {"optimize": optimized, "sample": clock.elapsed - optimized},
        }
        return sample_set(Z, energies_of(bqm, Z), None, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """For the fewest qubits a colouring could give; the true number is checked once the colouring is known."""
        n = -(-num_variables // self.vars_per_qubit)
        note = "qubits, and what follows from them, are the fewest that a colouring could give"
        return replace(self.settled(n).circuit_estimate(n), note=note)

    def least_seconds(self, num_variables: int, num_interactions: int) -> float:
        """Of the colouring, and of one gradient where the state is a matrix product, on the fewest qubits."""
        n = -(-num_variables // self.vars_per_qubit)
        settled = self.settled(n)
        seconds = PER_PRODUCT * num_interactions
        if isinstance(settled.runs_on, ProductAnsatz):
            seconds += n * num_variables**2 * (PER_TRIPLE + PER_ENTRY * 4.0 ** min(self.num_layers, 8))
        return seconds

    def settled(self, num_qubits: int) -> Qrao:
        """These settings with the backend that ``auto`` stands for at that many qubits."""
        if not isinstance(self.runs_on, AutoAnsatz):
            return self
        if num_qubits > EXACT_QUBITS and self.relaxation != "eigen":
            product = replace(self, backend="mps")
            if not product.circuit_estimate(num_qubits).refusal:
                return product
        return replace(self, backend="exact")

    def relaxation_used(self, num_qubits: int) -> Literal["eigen", "vqe"]:
        """What relaxation ``auto`` stands for at that many qubits, on a settled backend."""
        if self.relaxation != "auto":
            return self.relaxation
        return "eigen" if isinstance(self.runs_on, ExactAnsatz) and num_qubits <= DENSE_QUBITS else "vqe"

    def _check_qubits(self, relaxed: Relaxed) -> None:
        n = relaxed.num_qubits
        if self.relaxation_used(n) == "eigen" and n > LANCZOS_QUBITS:
            raise UnsupportedError(f"relaxation='eigen' must have at most {LANCZOS_QUBITS} qubits, got {n}; use 'vqe'")
        is_vector = isinstance(self.runs_on, ExactAnsatz)
        found = self.circuit_estimate(n, copies=2 * relaxed.ising.n if is_vector else 1)
        if found.refusal:
            raise UnsupportedError(found.refusal)

    def _relax(
        self, relaxed: Relaxed, clock: Clock, evaluations: int | None, seeds: list[int]
    ) -> tuple[RelaxedState, dict[str, Any]]:
        """The relaxed state, and what is told of how it was found."""
        rng = np.random.default_rng(seeds[0])
        if self.relaxation_used(relaxed.num_qubits) == "eigen":
            ground = ground_state(relaxed, rng)
            told: dict[str, Any] = {
                "engine": "spectrum" if ground.bound is not None else "lanczos (eigsh)",
                "relaxation": "eigen",
                "evaluations": 0,
                "operator_products": ground.products,
                "residual": ground.residual,
            }
            if ground.bound is not None:
                told["energy_bound"] = ground.bound
            return RelaxedState.of_vector(ground.psi, ground.value), told
        circuit = ansatz(self.ansatz, relaxed.num_qubits, self.num_layers, self.entanglement)
        evaluator, engine = relaxed_evaluator(self.runs_on, relaxed, circuit, self.engine, seeds[2])
        run = optimize(self, circuit, [evaluator], clock, evaluations, rng)
        told = {
            "engine": engine,
            "relaxation": "vqe",
            **circuit_info(self, circuit, seeds[2]),
            **run_info(self, run),
        }
        return evaluator.state(run.angles, run.value), told

    def _round(
        self, placement: Placement, state: RelaxedState, num_shots: int, rng: np.random.Generator, clock: Clock
    ) -> Bits:
        """Rounded points; under a time limit shots are made ``BATCH`` at a time, until it is over."""
        points: list[AnyArray] = []
        if self.rounding in ("magic", "both"):
            size = num_shots if clock.remaining is None else BATCH
            for first in range(0, num_shots, size):
                choices, outcomes = state.magic(placement, min(size, num_shots - first), rng)
                points.append(magic_points(placement, choices, outcomes))
                if clock.is_over:
                    break
        if self.rounding in ("pauli", "both"):
            points.append(pauli_points(placement, state.bloch(), rng))
        return np.concatenate(points)


@singledispatch
def relaxed_evaluator(
    backend: AnsatzBackend, relaxed: Relaxed, circuit: GateCircuit, engine: EngineChoice, seed: int
) -> tuple[VectorRelaxed | RunnerRelaxed, str]:
    """The evaluator of a relaxation, and the engine's name for the record; here: circuits on a runner."""
    evaluator = RunnerRelaxed.of(relaxed, circuit, backend, seed)
    return evaluator, evaluator.engine


@relaxed_evaluator.register
def _exact(
    backend: ExactAnsatz, relaxed: Relaxed, circuit: GateCircuit, engine: EngineChoice, seed: int
) -> tuple[VectorRelaxed | RunnerRelaxed, str]:
    return vector_relaxed(relaxed, circuit, engine), f"state vector, {engine_name(engine)}"


@relaxed_evaluator.register
def _product(
    backend: ProductAnsatz, relaxed: Relaxed, circuit: GateCircuit, engine: EngineChoice, seed: int
) -> tuple[VectorRelaxed | RunnerRelaxed, str]:
    return mps_relaxed(relaxed, circuit), "matrix product state, numpy"
