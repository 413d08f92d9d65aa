"""A run's findings as a Record: status, reference and gap, the stages side by side, resources.

The control runs here, after the clock of the solver that it is compared with has stopped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core import (
    Budget,
    Formulation,
    Instance,
    Number,
    Problem,
    Record,
    Reference,
    Resources,
    Samples,
    Stages,
    Status,
    absolute_gap,
    conventions,
    fingerprint,
    number,
    relative_gap,
    signed,
)
from ..core.margins import scaled_margin
from ..core.record import MAX_REACHED
from .control import ControlRun, core_control, counted_ground, more_uniform, program_control, scheme_ceiling
from .cost_tally import CostTally
from .environment import environment, peak_bytes
from .iteration import rounds_in_own_units
from .pipeline import Pipeline, id_of_run
from .reference_run import ReferenceRule, found_reference
from .references import contradiction, reference_of, status_of
from .refinement import raw_stage, refined_stages, stage_of
from .sampler_run import SamplerRun
from .start_control import StartRun, start_control
from .swap import swapped_stage
from .verify import Verified, check_bound
from .worth import worth_of


@dataclass(frozen=True, eq=False)
class RunResult:
    """Result of a sampler or native run before it is converted to a Record."""

    verified: Verified | None
    bound: Number | None
    is_optimal: bool
    is_infeasible: bool
    is_replayable: bool
    resources: Mapping[str, Any]
    trace: tuple[tuple[float, Number], ...]
    run: SamplerRun | None = None
    formulation: Formulation | None = None


def record_of(
    problem: Problem,
    pipeline: Pipeline,
    answer: RunResult,
    *,
    budget: Budget,
    seed: int,
    path: str | None,
    rule: ReferenceRule | None = None,
) -> Record:
    """The Record of a run whose work is done.

    Raises
    ------
    DisagreementError
        A bound is worse than the verified objective.
    """
    formulation = answer.formulation if answer.run is None else answer.run.refinement.formulation
    status = status_of(
        problem,
        answer.verified,
        answer.bound,
        is_optimal=answer.is_optimal,
        is_infeasible=answer.is_infeasible,
        program=None if formulation is None else formulation.program,
    )
    verified = answer.verified
    objective = verified.objective if verified is not None and verified.is_feasible else None
    bound = objective if status is Status.OPTIMAL else answer.bound
    ground = None if answer.run is None or not pipeline.control else counted_ground(pipeline, answer.run)

    def look() -> Reference:
        return found_reference(problem, rule or ReferenceRule(), formulation, ground)

    reference = reference_of(problem, status, objective, bound, look)
    if answer.run is None:
        stages, worth = Stages(raw=stage_of(verified, reference.value, problem.sense)), None
    else:
        control = core_control(pipeline, budget, seed, answer.run, reference.value)
        begun = start_control(pipeline, budget, seed, answer.run, reference.value, ground)
        stages = _stages(pipeline, budget, seed, answer.run, reference.value, (control, begun))
        counted = None if ground is None else ground[1]
        worth = None
        if control is not None:
            uniform = more_uniform(pipeline, seed, answer.run, control, counted)
            worth = worth_of(problem, answer.run, control, counted, uniform, reference, begun)
    check_bound(problem, bound, _objectives(stages))
    spec = pipeline.to_spec(budget)
    data = fingerprint(problem)
    return Record(
        id=id_of_run(data, spec, seed, _history(answer)),
        status=status,
        seed=seed,
        is_replayable=answer.is_replayable,
        instance=Instance(problem.name, problem.kind, problem.sense, problem.size, data, path, conventions(problem)),
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
        worth=worth,
        samples=None if answer.run is None else kept_samples(answer.run),
        reached=() if answer.run is None else reached_reads(problem, answer.run.tally),
    )


def reached_reads(problem: Problem, tally: CostTally) -> tuple[tuple[Number, int], ...]:
    """Reads by objective within 1 % of the best, best first: enough to count them at any target within 1 %.

    ``cost <= best + |best| / 100``: a reference is at least as good as the best, so its 1 % ends no later.
    """
    if tally.best is None or not math.isfinite(tally.best):
        return ()
    near = tally.costs <= tally.best + 0.01 * abs(tally.best) + scaled_margin(tally.best)
    pairs = zip(tally.costs[near].tolist(), tally.weights[near].tolist(), strict=True)
    return tuple((number(signed(problem, cost)), round(weight)) for cost, weight in pairs)[:MAX_REACHED]


def kept_samples(run: SamplerRun) -> Samples | None:
    """The points of a run that kept them."""
    return None if run.kept is None else run.kept.samples(run.refinement.formulation, run.seen)


def _objectives(stages: Stages) -> list[Number | None]:
    """The objectives of all stages that are feasible, and of the control's."""
    found = [stages.start, stages.raw, stages.lowest_energy, stages.swapped, stages.repaired, stages.improved]
    for control in (stages.control, stages.control_program, stages.control_start, stages.ceiling):
        if control is None:
            continue
        found += [control.raw, control.swapped, control.repaired, control.improved]
    return [stage.objective for stage in found if stage is not None and stage.feasible]


def _stages(
    pipeline: Pipeline,
    budget: Budget,
    seed: int,
    done: SamplerRun,
    reference: Number | None,
    controls: tuple[ControlRun | None, StartRun | None],
) -> Stages:
    """The stages side by side; the controls run here, outside the time of the solver they are compared with."""
    formulation = done.refinement.formulation
    shares = {"feasible_share": done.feasible_share, "hit_share": done.hit_share}
    raw = raw_stage(formulation, done.best, reference, num_points=done.seen, **shares)
    lowest = stage_of(done.lowest_energy, reference, formulation.problem.sense)
    whole = program_control(pipeline, budget, seed, done, reference)
    ceiling = scheme_ceiling(pipeline, budget, seed, done, reference)
    start = raw_stage(formulation, done.begun, reference)
    swapped = swapped_stage(formulation, done.best, reference) if pipeline.improve else None
    further = refined_stages(done.refinement, reference)
    core, begun = controls
    return Stages(
        start=start,
        raw=raw,
        lowest_energy=lowest,
        swapped=swapped,
        control=None if core is None else core.control,
        control_program=None if whole is None else whole.control,
        control_start=None if begun is None else begun.run.control,
        ceiling=ceiling,
        **further,
    )


def resources_of(done: SamplerRun) -> dict[str, Any]:
    """Resources of a sampler's run: sums over rounds, sizes of the largest round."""
    infos = done.infos
    largest = {key: _most(infos, key) for key in ("depth", "two_qubit_gates")}
    summed = {key: _total(infos, key) for key in ("evaluations", "shots")}
    qubits = _most(infos, "qubits")
    own, aux = done.largest if infos else (done.encoding.num_qubits, done.encoding.num_aux)
    known = {"qubits", "depth", "two_qubit_gates", "evaluations", "shots", "engine", "energy_bound"}
    known |= {"seconds", "timing"}
    extra = {key: value for key, value in (infos[-1] if infos else {}).items() if key not in known}
    if done.stopped:
        extra["stopped"] = done.stopped
    extra["interactions"] = done.interactions
    extra["lowest_energy"] = done.lowest if math.isfinite(done.lowest) else None
    return {
        "qubits": own if qubits is None else qubits,
        "aux_qubits": aux,
        **largest,
        **summed,
        "rounds": len(infos),
        "seconds": {**done.seconds, **_sampler_seconds(infos)},
        "engine": infos[-1].get("engine") if infos else None,
        "extra": extra,
    }


def _sampler_seconds(infos: list[Mapping[str, Any]]) -> dict[str, float]:
    """How samplers divided their time, summed over rounds: ``optimize`` is training, ``sample`` the final reads.

    ``qpu`` is what a quantum annealer says it was busy for (``timing.qpu_access_time``, microseconds).
    """
    found: dict[str, float] = {}
    for info in infos:
        parts = info.get("seconds")
        for part, seconds in parts.items() if isinstance(parts, Mapping) else ():
            found[part] = found.get(part, 0.0) + float(seconds)
        timing = info.get("timing")
        access = timing.get("qpu_access_time") if isinstance(timing, Mapping) else None
        if isinstance(access, int | float):
            found["qpu"] = found.get("qpu", 0.0) + 1e-6 * access
    return found


def _most(infos: list[Mapping[str, Any]], key: str) -> int | None:
    values = [int(info[key]) for info in infos if info.get(key) is not None]
    return max(values) if values else None


def _total(infos: list[Mapping[str, Any]], key: str) -> int | None:
    values = [int(info[key]) for info in infos if info.get(key) is not None]
    return sum(values) if values else None


def _history(answer: RunResult) -> dict[str, int]:
    """What makes a continued run another one than the whole."""
    return {"continued": answer.run.continued} if answer.run is not None and answer.run.continued else {}


def _message(pipeline: Pipeline, answer: RunResult, doubt: str) -> str:
    notes = [pipeline.note]
    if answer.run is not None:
        notes.append(answer.run.encoding.note)
        if answer.run.continued:
            notes.append(
                f"continued after {answer.run.continued} rounds of a stopped run: samples are those of the rest"
            )
    return "; ".join(note for note in [*notes, doubt] if note)
