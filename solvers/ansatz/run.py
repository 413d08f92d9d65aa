"""One optimisation of an ansatz circuit: first angles, restarts, the log; and what is told of the circuit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...core import Clock
from ...engines.statevector import GateCircuit
from ..backends.transpile import transpiled_cost
from ..training.evaluation_log import EvaluationLog, Evaluator
from ..training.loop import Path, Stage, Trained, begin_at, continued, train
from ..training.optimizers import OptimizerName
from ..training.resources import has_time
from .circuits import initial_angles
from .settings import AnsatzSettings


def optimize(
    settings: AnsatzSettings,
    circuit: GateCircuit,
    stages: Sequence[Evaluator],
    clock: Clock,
    limit: int | None,
    rng: np.random.Generator,
) -> Trained:
    """The best angles of the last stage that the starts and the optimiser find.

    Parameters
    ----------
    stages : evaluators of one circuit, optimised one after another, each from the best angles of the one before; their
        values are not compared with each other. ``max_evaluations`` is shared out evenly.
    limit : evaluations of the whole run.
    """
    name = _optimizer(settings, circuit, stages[-1], clock)
    return train(_paths(settings, circuit, stages, rng), EvaluationLog(clock, limit), name, rng)


def _optimizer(settings: AnsatzSettings, circuit: GateCircuit, last: Evaluator, clock: Clock) -> OptimizerName:
    """The optimiser of the settings, where ``auto`` wants one without gradients if these are missing or too slow."""
    name = settings.optimizer_used
    if settings.optimizer != "auto" or name != "l-bfgs":
        return name
    n = circuit.num_qubits
    both = settings.evaluation_seconds(n, gradient=True) + settings.evaluation_seconds(n)
    # its first step is one evaluation, where the gradient alone would take several
    return "l-bfgs" if last.has_gradient and has_time(both, clock) else "cobyla"


def _paths(
    settings: AnsatzSettings, circuit: GateCircuit, stages: Sequence[Evaluator], rng: np.random.Generator
) -> Iterator[Path]:
    """One path for the first angles and for each restart."""
    count = len(stages)
    for _ in range(1 + settings.num_restarts):
        angles = initial_angles(settings.init, circuit, rng)
        yield [
            Stage(
                evaluator,
                begin_at(angles) if k == 0 else continued,
                max_evaluations=max(1, settings.max_evaluations // count + (k < settings.max_evaluations % count)),
                is_comparable=k == count - 1,
            )
            for k, evaluator in enumerate(stages)
        ]


def circuit_info(settings: AnsatzSettings, circuit: GateCircuit, seed: int) -> dict[str, Any]:
    """Qubits, parameters and size of the circuit: transpiled where a target was named, else as it stands."""
    own = {"depth": circuit.depth, "two_qubit_gates": circuit.num_two_qubit_gates}
    told: dict[str, Any] = {
        "ansatz": settings.ansatz,
        "reps": settings.num_layers,
        "parameters": circuit.num_parameters,
        "logical_depth": own["depth"],
        "logical_two_qubit_gates": own["two_qubit_gates"],
    }
    if not settings.target_device:
        return {**told, **own}
    cost = transpiled_cost(circuit.to_qiskit(), settings.target_device, seed=seed)
    return {
        **told,
        "depth": cost.depth,
        "two_qubit_gates": cost.two_qubit_gates,
        "two_qubit_depth": cost.two_qubit_depth,
        "target_device": cost.target,
    }


def run_info(settings: AnsatzSettings, run: Trained) -> dict[str, Any]:
    """Counts, angles and settings of a run as JSON."""
    return {**run.info(), "init": settings.init, "angles": run.angles.tolist()}
