"""One QAOA run, the same for every variant: starts, optimisation, final sampling, and what is told of it.

A variant is a ``Circuit``: whether angles are tied, and where it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import dimod
import numpy as np

from ...core import Clock, Float, PolynomialModel, bqm_to_arrays
from ...engines import diagonal
from ..backends.runners import Runner, make_runner
from ..backends.transpile import cost_of, transpiled_cost
from ..base import Observe, energies_of, sample_set
from ..ising import Ising
from ..seeds import spawn_seeds
from ..spin_polynomial import SpinPolynomial
from ..training import initial_angles
from ..training.evaluation_log import Ledger, LedgerTarget
from ..training.optimizers import Spent, minimize
from ..training.points import evaluation_limit, final_points
from ..training.resources import check_evaluation, check_size
from .circuit import qaoa_circuit
from .evaluators import CircuitEvaluator, ExactEvaluator, Shape, circuit_evaluator
from .settings import QaoaSettings

AnyEvaluator = ExactEvaluator | CircuitEvaluator


@dataclass(frozen=True)
class Limits:
    """The keywords of one ``sample`` call."""

    seed: int | None = None
    num_shots: int | None = None
    seconds: float | None = None
    evaluations: int | None = None
    device: Any = None
    observe: Observe | None = None
    max_points: int | None = None


@dataclass(frozen=True, eq=False)
class Circuit:
    """What a variant changes: tied or multi-angle angles, plain or warm-started; ``told`` goes into the info."""

    is_multi_angle: bool = False
    thetas: Float | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Optimized:
    """The best angles of a run (flat, of ``evaluator``), and the ledger that counted them."""

    evaluator: AnyEvaluator
    ledger: Ledger
    angles: Float
    is_cut: bool


def sample_qaoa(
    settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, limits: Limits, circuit: Circuit | None = None
) -> dimod.SampleSet:
    """Points of all evaluations and of the final state, lowest energy first.

    Raises
    ------
    UnsupportedError
        The model is too large for the backend, or the device is not there.
    """
    circuit = circuit or Circuit()
    clock = Clock(limits.seconds)
    if bqm.num_variables == 0:
        info = {"engine": "none: no variables", "qubits": 0, "evaluations": 0, "shots": 0}
        return sample_set(np.zeros((1, 0)), np.array([bqm.offset]), None, info)
    run = optimize(settings, bqm, limits, circuit, clock)
    optimized = clock.elapsed
    final = final_points(limits.max_points, run.ledger.shots, limits.num_shots or settings.num_shots)
    if final and run.ledger.wants_final_points:
        run.ledger.keep(run.evaluator.draw(run.angles, final))
    if limits.observe is not None and isinstance(run.evaluator, ExactEvaluator):
        limits.observe(run.evaluator.state(run.angles).probabilities())
    Z, counts = run.ledger.points()
    info = {
        **run.evaluator.facts,
        **target_info(settings, run.evaluator.shape, limits.seed),
        **run_info(settings, run),
        **run.evaluator.figures(run.angles),
        **circuit.told,
        "seconds": {"optimize": optimized, "sample": clock.elapsed - optimized},
    }
    return sample_set(Z, energies_of(bqm, Z), counts, info)


def optimize(
    settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, limits: Limits, circuit: Circuit, clock: Clock
) -> Optimized:
    """The best angles that the settings' starts and optimiser find within the limits."""
    if limits.device is None:
        check_size(settings, bqm.num_variables, bqm.num_interactions)
        check_evaluation(settings.evaluation_seconds(bqm.num_variables), clock, bqm.num_variables)
    seeds = spawn_seeds(limits.seed, 2)
    make = evaluator_factory(settings, bqm, circuit, seeds[0], limits.device)
    rng = np.random.default_rng(seeds[1])
    full = make(settings.layers)
    ledger = Ledger(clock, evaluation_limit(limits.evaluations, limits.max_points, full.shots))
    search = _Search(settings, make, full, ledger, rng)
    try:
        search.run()
        is_cut = False
    except Spent:
        is_cut = True
    assert ledger.best_angles is not None
    return Optimized(full, ledger, ledger.best_angles, is_cut)


def evaluator_factory(
    settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, circuit: Circuit, seed: int, device: Any = None
) -> Callable[[int], AnyEvaluator]:
    """Number of layers -> evaluator; what does not depend on the layers is built once."""
    is_higher = isinstance(bqm, PolynomialModel)
    ising = SpinPolynomial.of(bqm.polynomial) if is_higher else Ising.of(bqm)
    unit = ising.unit(settings.scale)
    rng = np.random.default_rng(seed)
    is_exact = settings.backend_kind == "exact" and device is None
    cost: diagonal.AnyCost | None = None
    if is_exact and is_higher:
        cost = diagonal.polynomial_cost(bqm.polynomial)
    elif is_exact:
        cost = diagonal.cost_of(*bqm_to_arrays(bqm), engine=settings.engine, dtype=settings.precision)
    transpiler_seed = spawn_seeds(seed, 1)[0]
    runner: Runner | None = None
    if not is_exact:
        bond = settings.bond_dimension
        runner = make_runner(settings.backend, seed=transpiler_seed, bond_dimension=bond, device=device)

    def make(num_layers: int) -> AnyEvaluator:
        shape = Shape(ising, num_layers, unit, circuit.is_multi_angle, circuit.thetas)
        shots = settings.num_evaluation_shots
        if cost is not None:
            precision, engine = settings.precision, settings.engine
            threads = diagonal.threads_for(ising.n, settings.threads)
            return ExactEvaluator(bqm, shape, cost, settings.alpha, shots, rng, precision, threads, engine)
        assert runner is not None
        return circuit_evaluator(
            bqm,
            shape,
            runner,
            alpha=settings.alpha,
            shots=shots if runner.is_exact else shots or DEVICE_SHOTS,
            seed=int(rng.integers(2**31)),
            is_mitigated=settings.readout == "mitigate",
        )

    return make


#: Shots an evaluation of a caller's device object where none are asked for.
DEVICE_SHOTS = 1000


def run_info(settings: QaoaSettings, run: Optimized) -> dict[str, Any]:
    """Counts, angles and settings of a run as JSON."""
    ledger, shape = run.ledger, run.evaluator.shape
    scaled, betas = shape.split(run.angles)
    return {
        "qubits": shape.ising.n,
        "layers": shape.num_layers,
        "evaluations": ledger.evaluations,
        "gradients": ledger.gradients,
        "circuits": ledger.circuits,
        "shots": ledger.shots,
        "shots_per_evaluation": run.evaluator.shots,
        "optimizer": _used_optimizer(settings, run.evaluator),
        "init": settings.init,
        "value": float(ledger.best_value),
        "angles": {
            "gammas": (scaled / shape.unit).tolist(),
            "betas": betas.tolist(),
            "unit": shape.unit,
            "scale": settings.scale,
        },
        "is_cut": run.is_cut,
        "value_trace": ledger.trace,
    }


def target_info(settings: QaoaSettings, shape: Shape, seed: int | None) -> dict[str, Any]:
    """Depth and two-qubit gates after transpiling to ``target_device``; empty where none is named."""
    if not settings.target_device:
        return {}
    bare = qaoa_circuit(shape.ising, shape.num_layers, is_multi_angle=shape.is_multi_angle, thetas=shape.thetas)
    cost, own = transpiled_cost(bare, settings.target_device, seed=spawn_seeds(seed, 1, 1)[0]), cost_of(bare)
    return {
        "depth": cost.depth,
        "two_qubit_gates": cost.two_qubit_gates,
        "two_qubit_depth": cost.two_qubit_depth,
        "target_device": cost.target,
        "logical_depth": own.depth,
        "logical_two_qubit_gates": own.two_qubit_gates,
    }


def _used_optimizer(settings: QaoaSettings, evaluator: AnyEvaluator) -> str:
    """``auto`` on a caller's device object falls to the optimiser without gradients."""
    if settings.optimizer == "auto" and not evaluator.has_gradient:
        return "cobyla"
    return settings.optimizer_used


class _Search:
    """Optimisations of one run, one after another, all noted in one ledger."""

    def __init__(
        self,
        settings: QaoaSettings,
        make: Callable[[int], AnyEvaluator],
        full: AnyEvaluator,
        ledger: Ledger,
        rng: np.random.Generator,
    ) -> None:
        self.settings = settings
        self.make = make
        self.full = full
        self.ledger = ledger
        self.rng = rng

    def run(self) -> None:
        """The first start as the settings say, then random ramps."""
        if self.settings.init == "interp":
            self.interp()
        elif self.settings.init == "fourier":
            self.fourier()
        else:
            self.minimize(LedgerTarget(self.full, self.ledger), self.full.shape.flat(*self.first()))
        for _ in range(self.settings.restarts):
            angles = initial_angles.random_ramp(self.settings.layers, self.rng)
            self.minimize(LedgerTarget(self.full, self.ledger), self.full.shape.flat(*angles))

    def minimize(self, target: LedgerTarget, start: Float) -> None:
        name = _used_optimizer(self.settings, self.full)
        minimize(name, target, start, self.settings.maxiter, self.rng)  # type: ignore[arg-type]

    def first(self) -> tuple[Float, Float]:
        """Scaled angles of the first start."""
        p = self.settings.layers
        match self.settings.init:
            case "tqa":
                return self.best_annealing()
            case "fixed":
                return initial_angles.fixed(p)
            case "random":
                return initial_angles.random_angles(p, self.rng)
            case "transfer":
                return self.transferred()
            case _:
                return initial_angles.ramp(p, *self.settings.ramp)

    def best_annealing(self) -> tuple[Float, Float]:
        """The annealing of the best of a grid of times; each is an evaluation."""
        target = LedgerTarget(self.full, self.ledger)
        tried = [initial_angles.annealing(self.settings.layers, time) for time in initial_angles.TQA_TIMES]
        values = [target.value(self.full.shape.flat(*angles)) for angles in tried]
        return tried[int(np.argmin(values))]

    def transferred(self) -> tuple[Float, Float]:
        settings = self.settings
        if settings.transfer:
            gammas, betas = initial_angles.saved_angles(settings.transfer)
        else:
            gammas, betas = np.split(np.asarray(settings.angles, dtype=np.float64), 2)
        return initial_angles.resampled(gammas, settings.layers), initial_angles.resampled(betas, settings.layers)

    def interp(self) -> None:
        """One layer optimised, then one more from interpolated angles, until all stand."""
        angles = initial_angles.ramp(1, *self.settings.ramp)
        for p in range(1, self.settings.layers + 1):
            evaluator = self.stage(p)
            target = self.target(evaluator, None)
            self.minimize(target, evaluator.shape.flat(*angles))
            assert target.best_variables is not None
            gammas, betas = evaluator.shape.split(target.best_variables)
            angles = initial_angles.grown(gammas), initial_angles.grown(betas)

    def fourier(self) -> None:
        """As ``interp``, but the Fourier amplitudes are the variables, and a new layer brings a zero amplitude."""
        gammas, betas = initial_angles.ramp(1, *self.settings.ramp)
        u, v = gammas / np.sin(np.pi / 4), betas / np.cos(np.pi / 4)
        for p in range(1, self.settings.layers + 1):
            evaluator = self.stage(p)
            target = self.target(evaluator, initial_angles.fourier_matrix(p))
            self.minimize(target, np.concatenate([u, v]))
            assert target.best_variables is not None
            u, v = (np.append(part, 0.0) for part in np.split(target.best_variables, 2))

    def stage(self, num_layers: int) -> AnyEvaluator:
        return self.full if num_layers == self.settings.layers else self.make(num_layers)

    def target(self, evaluator: AnyEvaluator, matrix: Float | None) -> LedgerTarget:
        """A target whose best angles are remembered as those of the full circuit: layers of angle 0 do nothing."""
        missing = np.zeros(self.settings.layers - evaluator.shape.num_layers)

        def embed(angles: Float) -> Float:
            gammas, betas = evaluator.shape.split(angles)
            return np.concatenate([gammas, missing, betas, missing])

        return LedgerTarget(evaluator, self.ledger, matrix=matrix, embed=embed)
