"""One QAOA run, the same for every variant and backend: training, final sampling, and the info of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import dimod
import numpy as np

from ...core import Clock
from ..backends.transpile import cost_of, transpiled_cost
from ..base import energies_of, sample_set
from ..seeds import spawn_seeds
from ..training.evaluation_log import EvaluationLog
from ..training.initial_angles import random_ramp
from ..training.limits import Limits
from ..training.loop import Path, Trained, begin_at, train
from ..training.optimizers import OptimizerName
from ..training.points import evaluation_limit, final_points
from ..training.resources import check_evaluation
from .backends import GivenQaoa
from .circuit import qaoa_circuit
from .evaluators import CircuitSpec, QaoaEvaluator, QaoaVariant
from .initial_angles import Circuits
from .settings import QaoaSettings


@dataclass(frozen=True, eq=False)
class Optimized:
    """A run's evaluator of all layers, and what training it gave."""

    evaluator: QaoaEvaluator
    trained: Trained


def sample_qaoa(
    settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, limits: Limits, variant: QaoaVariant | None = None
) -> dimod.SampleSet:
    """Points of all evaluations and of the final state, lowest energy first.

    Raises
    ------
    UnsupportedError
        The model is too large for the backend, or the device is not there.
    """
    variant = variant or QaoaVariant()
    clock = limits.clock()
    run = optimize(settings, bqm, limits, variant, clock)
    evaluator, log, angles = run.evaluator, run.trained.log, run.trained.angles
    optimized = clock.elapsed
    final = final_points(limits.max_points, log.shots, limits.num_shots or settings.num_shots)
    if final and log.wants_final_points:
        log.keep(evaluator.draw(angles, final))
    if limits.observe is not None:
        evaluator.show(angles, limits.observe)
    Z, counts = log.points()
    info = {
        **evaluator.metadata,
        **target_info(settings, evaluator.spec, limits.seed),
        **run_info(settings, run),
        **evaluator.metrics(angles),
        **variant.info,
        "seconds": {"optimize": optimized, "sample": clock.elapsed - optimized},
    }
    return sample_set(Z, energies_of(bqm, Z), counts, info)


def optimize(
    settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, limits: Limits, variant: QaoaVariant, clock: Clock
) -> Optimized:
    """The best angles that the settings' first angles, restarts and optimiser find within the limits.

    Raises
    ------
    UnsupportedError
        One evaluation would pass the time limit, or the device is not there.
    """
    if limits.device is None:
        check_evaluation(settings.runs_on.seconds_of(settings, bqm), clock, bqm.num_variables)
    seeds = spawn_seeds(limits.seed, 2)
    make = evaluator_factory(settings, bqm, variant, seeds[0], limits.device)
    rng = np.random.default_rng(seeds[1])
    full = make(settings.num_layers)
    log = EvaluationLog(clock, evaluation_limit(limits.evaluations, limits.max_points, full.shots_per_evaluation))
    paths = _paths(settings, Circuits(make, full, settings.max_evaluations), rng)
    return Optimized(full, train(paths, log, _used_optimizer(settings, full), rng))


def _paths(settings: QaoaSettings, circuits: Circuits, rng: np.random.Generator) -> Iterator[Path]:
    """The first angles as the settings say, then random ramps."""
    yield settings.initial_angles.path(circuits, rng)
    for _ in range(settings.num_restarts):
        angles = circuits.full.spec.flat(*random_ramp(settings.num_layers, rng))
        yield [circuits.stage(begin_at(angles))]


def evaluator_factory(
    settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, variant: QaoaVariant, seed: int, device: Any = None
) -> Callable[[int], QaoaEvaluator]:
    """Number of layers -> evaluator, on the settings' backend or on the caller's ``device`` object."""
    backend = settings.runs_on if device is None else GivenQaoa(held=device)
    return backend.evaluators(settings, bqm, variant, seed)


def run_info(settings: QaoaSettings, run: Optimized) -> dict[str, Any]:
    """Counts, angles and settings of a run as JSON."""
    spec = run.evaluator.spec
    scaled, betas = spec.split(run.trained.angles)
    return {
        "qubits": spec.ising.n,
        "layers": spec.num_layers,
        **run.trained.info(),
        "shots_per_evaluation": run.evaluator.shots_per_evaluation,
        "init": settings.init,
        "angles": {
            "gammas": (scaled / spec.unit).tolist(),
            "betas": betas.tolist(),
            "unit": spec.unit,
            "scale": settings.scale,
        },
    }


def target_info(settings: QaoaSettings, spec: CircuitSpec, seed: int | None) -> dict[str, Any]:
    """Depth and two-qubit gates after transpiling to ``target_device``; empty where none is named."""
    if not settings.target_device:
        return {}
    bare = qaoa_circuit(spec.ising, spec.num_layers, is_multi_angle=spec.is_multi_angle, thetas=spec.thetas)
    cost, own = transpiled_cost(bare, settings.target_device, seed=spawn_seeds(seed, 1, 1)[0]), cost_of(bare)
    return {
        "depth": cost.depth,
        "two_qubit_gates": cost.two_qubit_gates,
        "two_qubit_depth": cost.two_qubit_depth,
        "target_device": cost.target,
        "logical_depth": own.depth,
        "logical_two_qubit_gates": own.two_qubit_gates,
    }


def _used_optimizer(settings: QaoaSettings, evaluator: QaoaEvaluator) -> OptimizerName:
    """``auto`` on a caller's device object falls to the optimiser without gradients."""
    if settings.optimizer == "auto" and not evaluator.has_gradient:
        return "cobyla"
    return settings.optimizer_used
