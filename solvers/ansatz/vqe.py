"""VQE as a sampler of a QUBO: an ansatz circuit whose mean energy, or CVaR, is minimised.

Limits: an exact state takes 2**n amplitudes; ``backend='mps'`` holds 100 qubits and more of a linear ansatz with few
layers. A trained state says what was sampled, never what is optimal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import dimod
import numpy as np

from ...core import SOLVERS, Clock, bqm_to_arrays
from ...core.tunable import Range, tunable
from ...engines import diagonal
from ...engines.statevector import GateCircuit, engine_name
from ..backends.readout import calibrate
from ..backends.runners import make_runner
from ..base import Estimate, Observe, energies_of, sample_set
from ..ising import Ising
from ..seeds import spawn_seeds
from ..training.points import evaluation_limit, final_points
from ..training.resources import check_evaluation, check_size, require
from .circuits import ansatz
from .evaluators import ProductEvaluator, RunnerEvaluator, StateEvaluator
from .run import Limits, circuit_info, optimize, run_info
from .settings import AnsatzSettings

AnyEvaluator = StateEvaluator | ProductEvaluator | RunnerEvaluator

#: Levels of an ascending alpha, from ``alpha`` to 1.
ASCENDING_STAGES = 4

#: Shots an evaluation of a caller's device object where none are asked for.
DEVICE_SHOTS = 1000


@SOLVERS.register("vqe")
@dataclass(frozen=True)
class Vqe(AnsatzSettings):
    """Variational quantum eigensolver: a hardware-efficient ansatz trained on the QUBO's energies.

    All points of all evaluations are returned where they are sampled, and ``num_shots`` points of the final state
    always. The exact gradient of CVaR is that of the diagonal cost ``-(VaR - E)_+ / alpha`` with VaR held fixed.

    Parameters
    ----------
    alpha : share of the best outcomes whose mean energy is minimised (CVaR); 1 is the expectation.
    alpha_schedule : ``constant``, or ``ascending``: alpha rises to 1 in four equal steps, each from the angles before.
    readout : ``mitigate`` undoes each qubit's readout errors in the value (noisy and device).
    bond_dimension : largest of Aer's matrix product state (aer-mps); None keeps it exact.

    References
    ----------
    Peruzzo et al. (2014), A variational eigenvalue solver on a photonic quantum processor, arXiv:1304.3061; CVaR:
    Barkoutsos et al. (2020), arXiv:1907.04769; ascending: Kolotouros, Petrongonas, Wallden (2022), An evolving
    objective function for improved variational quantum optimisation, arXiv:2105.11766.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0, 2: 0.5}, {(0, 1): 2.0, (1, 2): -2.0}, 0.0, "BINARY")
    >>> samples = Vqe(reps=1).sample(model, seed=1)
    >>> float(samples.first.energy), samples.info["parameters"], samples.info["optimizer"]
    (-2.5, 12, 'l-bfgs')
    """

    alpha: float = tunable(1.0, Range(0.05, 1.0))
    alpha_schedule: Literal["constant", "ascending"] = "constant"
    readout: Literal["none", "mitigate"] = "none"
    bond_dimension: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.alpha <= 1, f"alpha must lie in (0, 1], got {self.alpha!r}; 1 is the expectation")
        if self.kind in ("mps", "aer", "aer-mps") and self.alpha < 1 and self.shots is None:
            raise ValueError(f"shots must be given for alpha={self.alpha} on {self.kind}; e.g. shots=1000")
        if self.readout == "mitigate" and self.kind not in ("noisy", "device"):
            raise ValueError(f"readout='mitigate' must have a noisy or device backend, got {self.backend!r}")
        if self.bond_dimension is not None and self.kind != "aer-mps":
            raise ValueError(f"bond_dimension must come with backend='aer-mps', got {self.backend!r}")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_shots: int | None = None,
        seconds: float | None = None,
        evaluations: int | None = None,
        device: Any = None,
        observe: Observe | None = None,
        max_points: int | None = None,
    ) -> dimod.SampleSet:
        """Points of the circuit at the best angles, and of every evaluation that was sampled.

        Parameters
        ----------
        device : BackendV2 or BaseSamplerV2 object; it takes the place of ``backend``.

        Raises
        ------
        UnsupportedError
            The model is too large for the backend, or the device is not there.
        """
        return sample_vqe(self, bqm, Limits(seed, num_shots, seconds, evaluations, device, observe, max_points))

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Qubits, bytes and seconds on this machine, or why it cannot be held, with the remedy."""
        return self.circuit_estimate(num_variables)


SOLVERS.preset("cvar-vqe", Vqe, "VQE that minimises the mean of the best quarter of the outcomes (CVaR).", alpha=0.25)


def sample_vqe(settings: Vqe, bqm: dimod.BinaryQuadraticModel, limits: Limits) -> dimod.SampleSet:
    """One run; see ``Vqe.sample``."""
    clock = Clock(limits.seconds)
    if bqm.num_variables == 0:
        info = {"engine": "none: no variables", "qubits": 0, "evaluations": 0, "shots": 0}
        return sample_set(np.zeros((1, 0)), np.array([bqm.offset]), None, info)
    if limits.device is None:
        check_size(settings, bqm.num_variables, bqm.num_interactions)
        check_evaluation(settings.evaluation_seconds(bqm.num_variables), clock, bqm.num_variables)
    seeds = spawn_seeds(limits.seed, 3)
    circuit = ansatz(settings.ansatz, bqm.num_variables, settings.reps, settings.entanglement)
    last, engine = make_evaluator(settings, bqm, circuit, seeds[0], limits.device)
    stages = [replace(last, alpha=level) for level in alphas(settings)[:-1]]
    rng = np.random.default_rng(seeds[1])
    limit = evaluation_limit(limits.evaluations, limits.max_points, last.shots)
    run = optimize(settings, circuit, [*stages, last], clock, limit, rng)
    optimized = clock.elapsed
    final = final_points(limits.max_points, run.ledger.shots, limits.num_shots or settings.num_shots)
    if final:
        run.ledger.keep(last.draw(run.angles, final))
    if limits.observe is not None and isinstance(last, StateEvaluator):
        limits.observe(last.state(run.angles).probabilities())
    Z, counts = run.ledger.points()
    told = circuit_info(settings, circuit, seeds[2])
    info = {
        "engine": engine,
        "qubits": bqm.num_variables,
        **told,
        **run_info(settings, run),
        **last.figures(run.angles),
        **(told if settings.target_device else {}),  # the target asked for, not the simulator's own
        "alpha": settings.alpha,
        "alpha_schedule": settings.alpha_schedule,
        "shots_per_evaluation": last.shots,
        "seconds": {"optimize": optimized, "sample": clock.elapsed - optimized},
    }
    return sample_set(Z, energies_of(bqm, Z), counts, info)


def alphas(settings: Vqe) -> list[float]:
    """Levels of alpha, in order.

    Examples
    --------
    >>> alphas(Vqe(alpha=0.25, alpha_schedule="ascending")), alphas(Vqe(alpha=0.25))
    ([0.25, 0.5, 0.75, 1.0], [0.25])
    """
    if settings.alpha_schedule == "constant" or settings.alpha == 1:
        return [settings.alpha]
    return [float(level) for level in np.linspace(settings.alpha, 1.0, ASCENDING_STAGES)]


def make_evaluator(
    settings: Vqe, bqm: dimod.BinaryQuadraticModel, circuit: GateCircuit, seed: int, device: Any = None
) -> tuple[AnyEvaluator, str]:
    """The evaluator at the last alpha, and the engine's name for the record."""
    ising, level, shots = Ising.of(bqm), alphas(settings)[-1], settings.num_evaluation_shots
    rng = np.random.default_rng(seed)
    if device is None and settings.kind == "exact":
        cost = diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm))
        name = f"state vector, {engine_name(settings.engine)}"
        return StateEvaluator(bqm, circuit, cost, level, shots, rng, settings.engine), name
    if device is None and settings.kind == "mps":
        return ProductEvaluator(bqm, circuit, ising, level, shots, rng), "matrix product state, numpy"
    first, second, third = spawn_seeds(seed, 3)
    runner = make_runner(settings.backend, seed=first, bond_dimension=settings.bond_dimension, device=device)
    compiled = runner.compile(circuit.to_qiskit())
    shots = shots if runner.is_exact else shots or DEVICE_SHOTS
    confusion = None
    if settings.readout == "mitigate":
        pair = spawn_seeds(second, 2)
        confusion = calibrate(runner, ising.n, compiled.measured, 10 * (shots or 1000), (pair[0], pair[1]))
    evaluator = RunnerEvaluator(bqm, circuit, ising, runner, compiled, level, shots, third, confusion)
    return evaluator, runner.engine
