"""Pauli correlation encoding: n variables as signs of k-body Pauli strings on about n**(1/k) qubits.

Limits: one circuit gives one point, not a distribution; a sampled state needs its three bases measured. What bit swaps
add to the decoded point is told apart, as ``info["swapped"]``, and never counted as a sample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import dimod
import numpy as np

from ...core import SOLVERS, Bits, Clock, Float
from ...core.tunable import Choice, Range, tunable
from ...engines.diagonal.state import State
from ...engines.statevector import EngineChoice, GateCircuit, engine_name, pull_back, simulate
from ..backends.kinds import Backends
from ..base import Estimate, energies_of, sample_set
from ..seeds import spawn_seeds
from ..spin_polynomial import spins_of
from ..training.evaluation_log import Evaluation
from ..training.points import evaluation_limit, final_points
from ..training.resources import require
from .backends import AnsatzBackend, ExactAnsatz
from .bit_swap import one_round_swap
from .circuits import AnsatzInit, AnsatzName, ansatz
from .evaluators import OfEngine
from .pauli_strings import NUM_BASES, PauliStrings, num_qubits
from .pce_loss import LinearTerms, PceLoss, PolynomialLoss, Regulariser, loss_of
from .run import circuit_info, optimize, run_info
from .settings import AnsatzSettings


@SOLVERS.register("pce")
@dataclass(frozen=True)
class Pce(AnsatzSettings):
    """Pauli correlation encoding: hundreds to thousands of variables as signs of Pauli strings on few qubits.

    The points are those decoded at every evaluation, and one that is decoded from ``num_shots`` measurements of the
    final state in each of the three bases. With ``shots_per_evaluation`` every evaluation is measured so.

    Parameters
    ----------
    k : qubits a string acts on; n variables need the fewest qubits with 3 C(qubits, k) >= n.
    linear : linear terms on the spins ``direct``, or through an ``anchor`` spin (then n + 1 strings).
    tanh_scale : factor of the expectations; None takes qubits**(k / 2). The paper's exponent is floor(k / 2): the same
        for even k; for k = 3 the larger scale gave better points on the graphs measured in docs/variational.md.
    beta : weight of the regulariser, which keeps expectations from growing all at once.
    regulariser : its scale; see ``pce_loss.nu``.
    swap : report the decoded point after one round of bit swaps, in ``info["swapped"]``.

    References
    ----------
    Sciorilli, Borges, Patti, Garcia-Martin, Camilo, Anandkumar, Aolita (2025), Towards large-scale quantum optimization
    solvers with few qubits, arXiv:2401.09421.

    Examples
    --------
    >>> ring = dimod.BinaryQuadraticModel.from_ising({}, {(i, (i + 1) % 8): 1.0 for i in range(8)})
    >>> samples = Pce(num_restarts=1).sample(ring, seed=1)
    >>> samples.info["qubits"], float(samples.first.energy)
    (3, -8.0)
    """

    takes_polynomials: ClassVar[bool] = True

    ansatz: AnsatzName = "brickwork"
    num_layers: int = tunable(10, Range(1, 20))
    init: AnsatzInit = "unit"
    num_restarts: int = tunable(4, Range(0, 6))
    k: int = tunable(2, Choice((1, 2, 3)))
    linear: LinearTerms = "direct"
    tanh_scale: float | None = None
    beta: float = tunable(0.5, Range(0.05, 2.0, "log"))
    regulariser: Regulariser = "poljak-turzik"
    swap: bool = True

    backends: ClassVar[Backends[AnsatzBackend]] = Backends(ExactAnsatz)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(1 <= self.k <= 8, f"k must lie in 1..8, got {self.k!r}; 2 or 3 are usual")
        require(0 <= self.beta < math.inf, f"beta must be finite and >= 0, got {self.beta!r}")
        scale = self.tanh_scale
        require(scale is None or 0 < scale < math.inf, f"tanh_scale must be finite and > 0, got {scale!r}")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_shots: int | None = None,
        seconds: float | None = None,
        evaluations: int | None = None,
        max_points: int | None = None,
    ) -> dimod.SampleSet:
        """The points decoded at all evaluations and from the final state.

        Raises
        ------
        UnsupportedError
            The state does not fit in memory.
        """
        clock = Clock(seconds)
        seeds = spawn_seeds(seed, 3)
        evaluator = self.evaluator(bqm, np.random.default_rng(seeds[0]))
        rng = np.random.default_rng(seeds[1])
        drawn = None if self.shots_per_evaluation is None else NUM_BASES * self.shots_per_evaluation
        limit = evaluation_limit(evaluations, max_points, drawn or 1)  # an exact one looks at its decoded point
        run = optimize(self, evaluator.circuit, [evaluator], clock, limit, rng)
        optimized = clock.elapsed
        wanted = NUM_BASES * (num_shots or self.num_shots)
        left = final_points(max_points, (drawn or 0) * run.log.evaluations, wanted)
        final = max(1, left // NUM_BASES)
        Z = np.array([*evaluator.seen, evaluator.read(run.angles, final)], dtype=np.uint8)
        counts = np.ones(len(Z), dtype=np.int64)
        info = {
            "engine": f"state vector, {engine_name(self.engine)}",
            "qubits": evaluator.circuit.num_qubits,
            **circuit_info(self, evaluator.circuit, seeds[2]),
            **run_info(self, run),
            **evaluator.metadata,
            "shots": NUM_BASES * (final + (self.shots_per_evaluation or 0) * run.log.evaluations),
            **(self._swapped(bqm, Z) if self.swap else {}),
            "seconds": {"optimize": optimized, "sample": clock.elapsed - optimized},
        }
        return sample_set(Z, energies_of(bqm, Z), counts, info)

    def evaluator(self, bqm: dimod.BinaryQuadraticModel, rng: np.random.Generator) -> PceEvaluator:
        """The loss of a model, with its strings and circuit."""
        n = self.qubits_of(bqm.num_variables)
        scale = float(n ** (self.k / 2)) if self.tanh_scale is None else self.tanh_scale
        loss = loss_of(spins_of(bqm), self.linear, scale, self.beta, self.regulariser)
        strings = PauliStrings.first(loss.num_spins, n, self.k)
        circuit = ansatz(self.ansatz, n, self.num_layers, self.entanglement)
        return PceEvaluator(circuit, strings, loss, self.shots_per_evaluation, rng, self.engine)

    def qubits_of(self, num_variables: int) -> int:
        """Qubits for that many variables; the anchor counts as one more."""
        return num_qubits(num_variables + (self.linear == "anchor"), self.k)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Qubits, bytes and seconds on this machine, or why it cannot be held, with the remedy."""
        found = self.circuit_estimate(self.qubits_of(num_variables), copies=4)
        remedy = "pce must have fewer variables, or a larger k"
        return replace(found, refusal=f"{found.refusal} ({remedy})") if found.refusal else found

    def _swapped(self, bqm: dimod.BinaryQuadraticModel, Z: Bits) -> dict[str, Any]:
        """The best decoded point after one round of bit swaps."""
        best = Z[[int(energies_of(bqm, Z).argmin())]]
        after = one_round_swap(bqm, best)
        return {"swapped": {"energy": float(energies_of(bqm, after)[0]), "z": "".join(map(str, after[0]))}}


@dataclass(frozen=True, eq=False)
class PceEvaluator(OfEngine):
    """The loss at given angles, by exact expectations or measured ones; every point it decodes is kept in ``seen``."""

    circuit: GateCircuit
    strings: PauliStrings
    loss: PceLoss | PolynomialLoss
    shots_per_evaluation: int | None
    rng: np.random.Generator
    engine: EngineChoice = "auto"
    seen: list[Bits] = field(default_factory=list, init=False, repr=False)

    @property
    def metadata(self) -> dict[str, Any]:
        """What was chosen for this model."""
        return {
            "strings": len(self.strings.masks),
            "tanh_scale": self.loss.scale,
            "regulariser_weight": self.loss.weight,
            "has_anchor": self.loss.has_anchor,
            "shots_per_evaluation": None
            if self.shots_per_evaluation is None
            else NUM_BASES * self.shots_per_evaluation,
        }

    def evaluate(self, angles: Float) -> Evaluation:
        """Loss at the angles, shape (parameters,), of exact or measured expectations; the decoded point is kept in
        ``seen``.
        """
        expectations = self._expectations(self._state(angles), self.shots_per_evaluation)
        self.seen.append(self.loss.decode(expectations))
        return Evaluation(self.loss.value(expectations), circuits=NUM_BASES)

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        """Loss of exact expectations and its derivatives by the angles, shape (parameters,); keeps the point."""
        state = self._state(angles)
        expectations = self._expectations(state, None)
        self.seen.append(self.loss.decode(expectations))
        value, slopes = self.loss.slopes(expectations)
        cotangent = self.strings.cotangent(state, slopes, engine=self.engine)
        return value, pull_back(self.circuit, angles, state, cotangent, engine=self.engine)

    def read(self, angles: Float, num_shots: int) -> Bits:
        """The point (n,) decoded from that many measurements in each basis at the angles, shape (parameters,)."""
        return self.loss.decode(self._expectations(self._state(angles), num_shots))

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """The point decoded from measurements at the angles, shape (parameters,); its value is no loss: NaN."""
        return Evaluation(float("nan"), self.read(angles, num_shots)[None, :], np.ones(1, dtype=np.int64), NUM_BASES)

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """What was chosen for the model; the same at all angles, shape (parameters,)."""
        return self.metadata

    def _state(self, angles: Float) -> State:
        return simulate(self.circuit, angles, engine=self.engine)

    def _expectations(self, state: State, num_shots: int | None) -> Float:
        if num_shots is None:
            return self.strings.expectations(state, engine=self.engine)
        return self.strings.estimates(state, num_shots, self.rng, self.engine)
