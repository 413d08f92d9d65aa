"""A run's findings as a Record: status, reference and gap, the stages side by side, resources.

The control runs here, after the clock of the solver that it is compared with has stopped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import (
    Budget,
    Clock,
    Control,
    Instance,
    Number,
    Problem,
    Record,
    Resources,
    Stages,
    Status,
    absolute_gap,
    fingerprint,
    relative_gap,
    spec_id,
)
from .environment import environment, peak_bytes
from .iteration import rounds_in_own_units
from .pipeline import Pipeline
from .references import contradiction, reference_of, status_of
from .refinement import Refinement, raw_stage, refined_stages, run_control, stage_of
from .sampler_run import SamplerRun
from .swap import swapped_stage
from .verify import Verified

#: The control may take as long as the run's own repair did, but at least this, when time is limited.
CONTROL_SECONDS = 2.0


@dataclass(frozen=True, eq=False)
class Answer:
    """What either way of solving found, before it is put into the Record's words."""

    verified: Verified | None
    bound: Number | None
    is_optimal: bool
    is_infeasible: bool
    is_replayable: bool
    resources: Mapping[str, Any]
    trace: tuple[tuple[float, Number], ...]
    run: SamplerRun | None = None


def record_of(
    problem: Problem, pipeline: Pipeline, answer: Answer, *, budget: Budget, seed: int, path: str | None
) -> Record:
    """The Record of a run whose work is done.

    Raises
    ------
    DisagreementError
        A bound is worse than the verified objective.
    """
    status = status_of(
        problem,
        answer.verified,
        answer.bound,
        is_optimal=answer.is_optimal,
        is_infeasible=answer.is_infeasible,
    )
    verified = answer.verified
    objective = verified.objective if verified is not None and verified.is_feasible else None
    bound = objective if status is Status.OPTIMAL else answer.bound
    reference = reference_of(problem, status, objective, bound)
    stages = (
        Stages(raw=stage_of(verified, reference.value, problem.sense))
        if answer.run is None
        else _stages(pipeline, budget, seed, answer.run, reference.value)
    )
    spec = pipeline.to_spec(budget)
    data = fingerprint(problem)
    return Record(
        id=spec_id({"instance": data, "pipeline": spec, "seed": seed, **_history(answer)}),
        status=status,
        seed=seed,
        is_replayable=answer.is_replayable,
        instance=Instance(problem.name, problem.kind, problem.sense, problem.size, data, path),
        pipeline=spec,
        objective=objective,
        solution=None if verified is None or verified.solution is None else tuple(int(v) for v in verified.solution),
        violations={} if verified is None else dict(verified.violations),
        bound=bound,
        gap=relative_gap(objective, reference.value, problem.sense),
        abs_gap=absolute_gap(objective, reference.value, problem.sense),
        reference=reference,
        stages=stages,
        resources=Resources(**answer.resources, peak_bytes=peak_bytes()),
        trace=answer.trace,
        rounds=() if answer.run is None else rounds_in_own_units(problem, answer.run.encoding.trace),
        environment=environment(),
        message=_message(pipeline, answer, contradiction(problem, status, objective, bound)),
    )


def _stages(pipeline: Pipeline, budget: Budget, seed: int, done: SamplerRun, reference: Number | None) -> Stages:
    """The stages side by side; the control runs here, outside the time of the solver it is compared with."""
    formulation = done.refinement.formulation
    shares = {"feasible_share": done.feasible_share, "hit_share": done.hit_share}
    raw = raw_stage(formulation, done.best, reference, num_points=done.seen, **shares)
    lowest = stage_of(done.lowest_energy, reference, formulation.problem.sense)
    control = _control(pipeline, seed, done, reference, is_timed=budget.seconds is not None)
    swapped = swapped_stage(formulation, done.best, reference) if pipeline.improve else None
    further = refined_stages(done.refinement, reference)
    return Stages(raw=raw, lowest_energy=lowest, swapped=swapped, control=control, **further)


def _control(
    pipeline: Pipeline, seed: int, done: SamplerRun, reference: Number | None, *, is_timed: bool
) -> Control | None:
    if not pipeline.control or done.draw is None:
        return None
    formulation = done.refinement.formulation
    draw_seed, repair_seed = np.random.SeedSequence([seed, 1]).spawn(2)
    refinement = Refinement(formulation, pipeline, np.random.default_rng(repair_seed))
    clock = Clock(max(CONTROL_SECONDS, done.seconds.get("repair", 0.0)) if is_timed else None)
    rng, cost = np.random.default_rng(draw_seed), math.inf if done.best is None else done.best.best_cost
    drawn = run_control(refinement, done.draw, done.points_by_round, rng, clock=clock, cost=cost)
    stages = refined_stages(refinement, reference)
    space = str(done.infos[-1].get("subspace") or "program bits") if done.infos else "program bits"
    shares = {"feasible_share": drawn.feasible_share, "hit_share": drawn.hit_share}
    raw = raw_stage(formulation, drawn.best, reference, num_points=drawn.num_points, **shares)
    swapped = swapped_stage(formulation, drawn.best, reference) if pipeline.improve else None
    return Control(raw=raw, swapped=swapped, num_points=drawn.num_points, space=space, **stages)


def resources_of(done: SamplerRun) -> dict[str, Any]:
    """Resources of a sampler's run: sums over rounds, sizes of the largest round."""
    infos = done.infos
    largest = {key: _most(infos, key) for key in ("depth", "two_qubit_gates")}
    summed = {key: _total(infos, key) for key in ("evaluations", "shots")}
    qubits = _most(infos, "qubits")
    known = {"qubits", "depth", "two_qubit_gates", "evaluations", "shots", "engine", "seconds", "energy_bound"}
    extra = {key: value for key, value in (infos[-1] if infos else {}).items() if key not in known}
    extra["interactions"] = done.interactions
    extra["lowest_energy"] = done.lowest if math.isfinite(done.lowest) else None
    return {
        "qubits": done.encoding.num_qubits if qubits is None else qubits,
        "aux_qubits": done.encoding.num_aux,
        **largest,
        **summed,
        "rounds": len(infos),
        "seconds": {**done.seconds, **_sampler_seconds(infos)},
        "engine": infos[-1].get("engine") if infos else None,
        "extra": extra,
    }


def _sampler_seconds(infos: list[Mapping[str, Any]]) -> dict[str, float]:
    """How samplers divided their time, summed over rounds: ``optimize`` is training, ``sample`` the final reads."""
    found: dict[str, float] = {}
    for info in infos:
        parts = info.get("seconds")
        for part, seconds in parts.items() if isinstance(parts, Mapping) else ():
            found[part] = found.get(part, 0.0) + float(seconds)
    return found


def _most(infos: list[Mapping[str, Any]], key: str) -> int | None:
    values = [int(info[key]) for info in infos if info.get(key) is not None]
    return max(values) if values else None


def _total(infos: list[Mapping[str, Any]], key: str) -> int | None:
    values = [int(info[key]) for info in infos if info.get(key) is not None]
    return sum(values) if values else None


def _history(answer: Answer) -> dict[str, int]:
    """What makes a continued run another one than the whole."""
    return {"continued": answer.run.continued} if answer.run is not None and answer.run.continued else {}


def _message(pipeline: Pipeline, answer: Answer, doubt: str) -> str:
    notes = [pipeline.note]
    if answer.run is not None:
        notes.append(answer.run.encoding.note)
        if answer.run.continued:
            notes.append(
                f"continued after {answer.run.continued} rounds of a stopped run: samples are those of the rest"
            )
    return "; ".join(note for note in [*notes, doubt] if note)
