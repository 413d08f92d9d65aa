"""One optimisation of an ansatz circuit: first angles, restarts, the ledger; and what is told of the circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import Clock, Float
from ...engines.statevector import GateCircuit
from ..backends.transpile import transpiled_cost
from ..base import Observe
from ..training.evaluation_log import Evaluator, Ledger, LedgerTarget
from ..training.optimizers import Spent, minimize
from ..training.resources import has_time
from .circuits import initial_angles
from .settings import AnsatzSettings


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
class Optimized:
    """The best angles of a run with their value, and the ledger that counted them."""

    angles: Float
    value: float
    ledger: Ledger
    optimizer: str
    is_cut: bool


def optimize(
    settings: AnsatzSettings,
    circuit: GateCircuit,
    stages: Sequence[Evaluator],
    clock: Clock,
    limit: int | None,
    rng: np.random.Generator,
) -> Optimized:
    """The best angles of the last stage that the starts and the optimiser find.

    Parameters
    ----------
    stages : evaluators of one circuit, optimised one after another, each from the best angles of the one before; their
        values are not compared with each other. ``maxiter`` is shared out evenly.
    limit : evaluations of the whole run.
    """
    ledger = Ledger(clock, limit)
    name = settings.optimizer_used
    if settings.optimizer == "auto" and not stages[-1].has_gradient:
        name = "cobyla"
    n = circuit.num_qubits
    both = settings.evaluation_seconds(n, gradient=True) + settings.evaluation_seconds(n)
    if settings.optimizer == "auto" and name == "l-bfgs" and not has_time(both, clock):
        name = "cobyla"  # its first step is one evaluation, where the gradient alone would take several
    best, best_value, is_cut = None, np.inf, False
    try:
        for _ in range(1 + settings.restarts):
            angles = initial_angles(settings.init, circuit, rng)
            for stage, evaluator in enumerate(stages):
                target = LedgerTarget(evaluator, ledger)
                share = settings.maxiter // len(stages) + (stage < settings.maxiter % len(stages))
                try:
                    minimize(name, target, angles, max(1, share), rng)
                finally:
                    found = target.best_variables
                    is_last = stage == len(stages) - 1
                    if found is not None and (best is None or (is_last and target.best_value < best_value)):
                        best, best_value = found, target.best_value if is_last else np.inf
                    if found is not None:
                        angles = found
    except Spent:
        is_cut = True
    if best is None:
        raise ValueError("energies must be finite, got none that is; rescale the instance or the loss")
    return Optimized(best, float(best_value) if np.isfinite(best_value) else ledger.best_value, ledger, name, is_cut)


def circuit_info(settings: AnsatzSettings, circuit: GateCircuit, seed: int) -> dict[str, Any]:
    """Qubits, parameters and size of the circuit: transpiled where a target was named, else as it stands."""
    own = {"depth": circuit.depth, "two_qubit_gates": circuit.num_two_qubit_gates}
    told: dict[str, Any] = {
        "ansatz": settings.ansatz,
        "reps": settings.reps,
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


def run_info(settings: AnsatzSettings, run: Optimized) -> dict[str, Any]:
    """Counts, angles and settings of a run as JSON."""
    ledger = run.ledger
    return {
        "evaluations": ledger.evaluations,
        "gradients": ledger.gradients,
        "circuits": ledger.circuits,
        "shots": ledger.shots,
        "optimizer": run.optimizer,
        "init": settings.init,
        "value": float(run.value),
        "angles": run.angles.tolist(),
        "is_cut": run.is_cut,
        "value_trace": ledger.trace,
    }
