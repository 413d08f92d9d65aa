"""VQE as a sampler of a QUBO: an ansatz circuit whose mean energy, or CVaR, is minimised.

Limits: an exact state takes 2**n amplitudes; ``backend='mps'`` holds 100 qubits and more of a linear ansatz with few
layers. A trained state says what was sampled, never what is optimal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any, ClassVar, Literal

import dimod
import numpy as np

from ...core import SOLVERS, PolynomialModel, UnsupportedError
from ...core.tunable import Range, tunable
from ...engines.statevector import GateCircuit, engine_name
from ..backends.kinds import DEFAULT_SHOTS
from ..backends.readout import calibrate
from ..base import Estimate, Observe, energies_of, sample_set
from ..ising import Ising
from ..seeds import spawn_seeds
from ..spin_polynomial import diagonal_of, spins_of
from ..training.limits import Limits
from ..training.points import evaluation_limit, final_points
from ..training.resources import check_evaluation, require
from .backends import AnsatzBackend, ExactAnsatz, GivenAnsatz, ProductAnsatz
from .circuits import ansatz
from .evaluators import ProductEvaluator, RunnerEvaluator, StateEvaluator
from .run import circuit_info, optimize, run_info
from .settings import AnsatzSettings

AnyEvaluator = StateEvaluator | ProductEvaluator | RunnerEvaluator

#: Levels of an ascending alpha, from ``alpha`` to 1.
ASCENDING_STAGES = 4


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
    >>> samples = Vqe(num_layers=1).sample(model, seed=1)
    >>> float(samples.first.energy), samples.info["parameters"], samples.info["optimizer"]
    (-2.5, 12, 'l-bfgs')
    """

    takes_polynomials: ClassVar[bool] = True

    alpha: float = tunable(1.0, Range(0.05, 1.0))
    alpha_schedule: Literal["constant", "ascending"] = "constant"
    readout: Literal["none", "mitigate"] = "none"
    bond_dimension: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.alpha <= 1, f"alpha must lie in (0, 1], got {self.alpha!r}; 1 is the expectation")
        backend = self.runs_on
        if backend.has_expectation and not backend.has_tail and self.alpha < 1 and self.shots_per_evaluation is None:
            raise ValueError(
                f"shots_per_evaluation must be given for alpha={self.alpha} on {backend.kind}; "
                "e.g. shots_per_evaluation=1000"
            )
        if self.readout == "mitigate" and not backend.has_readout_errors:
            raise ValueError(f"readout='mitigate' must have a noisy or device backend, got {self.backend!r}")
        if self.bond_dimension is not None and not backend.takes_bond_dimension:
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
    clock = limits.clock()
    if limits.device is None:
        check_evaluation(settings.evaluation_seconds(bqm.num_variables), clock, bqm.num_variables)
    seeds = spawn_seeds(limits.seed, 3)
    circuit = ansatz(settings.ansatz, bqm.num_variables, settings.num_layers, settings.entanglement)
    backend = settings.runs_on if limits.device is None else GivenAnsatz(held=limits.device)
    levels = alphas(settings)
    last, engine = make_evaluator(backend, Job(settings, bqm, circuit, levels[-1], seeds[0]))
    stages = [replace(last, alpha=level) for level in levels[:-1]]
    rng = np.random.default_rng(seeds[1])
    limit = evaluation_limit(limits.evaluations, limits.max_points, last.shots_per_evaluation)
    run = optimize(settings, circuit, [*stages, last], clock, limit, rng)
    optimized = clock.elapsed
    final = final_points(limits.max_points, run.log.shots, limits.num_shots or settings.num_shots)
    if final:
        run.log.keep(last.draw(run.angles, final))
    if limits.observe is not None and isinstance(last, StateEvaluator):
        limits.observe(last.state(run.angles).probabilities())
    Z, counts = run.log.points()
    circuit_figures = circuit_info(settings, circuit, seeds[2])
    info = {
        "engine": engine,
        "qubits": bqm.num_variables,
        **circuit_figures,
        **run_info(settings, run),
        **last.metrics(run.angles),
        **(circuit_figures if settings.target_device else {}),  # the target asked for, not the simulator's own
        "alpha": settings.alpha,
        "alpha_schedule": settings.alpha_schedule,
        "shots_per_evaluation": last.shots_per_evaluation,
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


@dataclass(frozen=True, eq=False)
class Job:
    """What an evaluator of VQE is made from.

    Parameters
    ----------
    alpha : the last level of CVaR's share.
    """

    settings: Vqe
    bqm: dimod.BinaryQuadraticModel
    circuit: GateCircuit
    alpha: float
    seed: int


@singledispatch
def make_evaluator(backend: AnsatzBackend, job: Job) -> tuple[AnyEvaluator, str]:
    """The evaluator at the last alpha, and the engine's name for the record; here: circuits on a runner."""
    settings, ising = job.settings, spins_of(job.bqm)
    shots = backend.evaluation_shots(settings.shots_per_evaluation)
    first, second, third = spawn_seeds(job.seed, 3)
    runner = backend.runner(first, settings.bond_dimension)
    compiled = runner.compile(job.circuit.to_qiskit())
    confusion = None
    if settings.readout == "mitigate":
        pair = spawn_seeds(second, 2)
        confusion = calibrate(runner, ising.n, compiled.measured, 10 * (shots or DEFAULT_SHOTS), (pair[0], pair[1]))
    evaluator = RunnerEvaluator(job.bqm, job.circuit, ising, runner, compiled, job.alpha, shots, third, confusion)
    return evaluator, runner.engine


@make_evaluator.register
def _exact(backend: ExactAnsatz, job: Job) -> tuple[AnyEvaluator, str]:
    cost = diagonal_of(job.bqm)
    rng, engine = np.random.default_rng(job.seed), job.settings.engine
    evaluator = StateEvaluator(job.bqm, job.circuit, cost, job.alpha, job.settings.shots_per_evaluation, rng, engine)
    return evaluator, f"state vector, {engine_name(engine)}"


@make_evaluator.register
def _product(backend: ProductAnsatz, job: Job) -> tuple[AnyEvaluator, str]:
    if isinstance(job.bqm, PolynomialModel):
        raise UnsupportedError("backend mps must have a quadratic model, got a polynomial; use exact, or quadratise")
    rng = np.random.default_rng(job.seed)
    evaluator = ProductEvaluator(
        job.bqm, job.circuit, Ising.of(job.bqm), job.alpha, job.settings.shots_per_evaluation, rng
    )
    return evaluator, "matrix product state, numpy"
