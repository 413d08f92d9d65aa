"""One run from a problem to a verified Record: the way that everything else in this room calls.

Formulate, encode, sample, decode, verify, repair, improve, verify, and the control; or a native solver and the same
verification.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import (
    Budget,
    Clock,
    Control,
    Formulation,
    Instance,
    Number,
    Problem,
    Record,
    Resources,
    Stages,
    Status,
    UnsupportedError,
    absolute_gap,
    fingerprint,
    number,
    relative_gap,
    spec_id,
    unknown_name,
)
from ..solvers.contract import NativeSolver, QuboSampler, Report
from .candidates import best_verified
from .choose import choose_pipeline, shot_options
from .environment import environment, peak_bytes
from .pipeline import Pipeline
from .references import own_bound, reference_of, status_of
from .rounds import rounds_in_own_units
from .sampler_run import SamplerRun, run_sampler
from .stages import Refinement, raw_stage, refined_stages, run_control, signed_objective, stage_of
from .verify import Verified, verify

#: The control may take as long as the run's own repair did, but at least this, when time is limited.
CONTROL_SECONDS = 2.0


@dataclass(frozen=True, eq=False)
class _Answer:
    """What either way of solving found, before it is put into the Record's words."""

    verified: Verified | None
    bound: Number | None
    is_optimal: bool
    is_infeasible: bool
    is_replayable: bool
    resources: Mapping[str, Any]
    trace: tuple[tuple[float, Number], ...]
    run: SamplerRun | None = None


def solve(
    problem: Problem,
    solver: str | Mapping[str, Any] = "auto",
    *,
    encoder: str | Mapping[str, Any] | None = None,
    formulation: str | None = None,
    repair: str = "auto",
    improve: bool = True,
    seed: int = 0,
    budget: Budget | None = None,
    **options: Any,
) -> Record:
    """Solve one instance and say how far from the optimum the answer is, and how much of that the solver earned.

    Parameters
    ----------
    solver, encoder : registered name, or ``{"name": ..., field: value}``; ``auto`` and None choose and say why.
    formulation : name of one of the problem's formulations.
    repair : ``auto``, ``nearest`` or ``off``.
    improve : local search after the repair, its own stage.
    seed : 0..2**31-1; the same seed gives the same Record but for seconds, memory and environment.
    budget : limits of the run.
    options : fields of the solver or encoder, and of Budget (``seconds=10``); ``solver__layers`` where two have it.

    Raises
    ------
    UnsupportedError
        This pair of problem and solver, or this size, cannot work; the text says why.
    ValueError
        Unknown name or option.

    Examples
    --------
    >>> import qopt
    >>> record = qopt.solve(qopt.generate("mdkp", n=6, m=2, seed=3), solver="brute-force", seed=1)
    >>> record.status.value, record.objective == record.bound
    ('optimal', True)
    """
    limits = {
        key: options.pop(key) for key in ("seconds", "evaluations", "shots", "rounds", "target") if key in options
    }
    if limits and budget is not None:
        raise ValueError("give budget or its fields, not both")
    budget = budget or Budget(**limits)
    options = {**shot_options(solver, budget.shots), **options}
    switches = {key: options.pop(key) for key in ("repair_top", "control") if key in options}
    settings = {key.replace("__", "."): value for key, value in options.items()}
    pipeline = choose_pipeline(
        problem, solver, encoder, formulation, settings, repair=repair, improve=improve, **switches
    )
    return run(problem, pipeline, budget=budget, seed=seed)


def run(
    problem: Problem,
    pipeline: Pipeline,
    *,
    budget: Budget | None = None,
    seed: int = 0,
    report: Report | None = None,
    path: str | None = None,
) -> Record:
    """Run a pipeline on a problem; see ``solve``."""
    if not (isinstance(seed, int) and 0 <= seed < 2**31):
        raise ValueError(f"seed must be an integer in 0..2**31-1, got {seed!r}")
    budget = budget or Budget()
    clock, cpu = Clock(budget.seconds), time.process_time()
    if isinstance(pipeline.solver, QuboSampler):
        answer = _sample(problem, pipeline, budget, seed, clock, report)
    else:
        answer = _solve_native(problem, pipeline.solver, budget, seed, clock, report)
    return _record(problem, pipeline, budget, seed, answer, clock, time.process_time() - cpu, path)


def formulate(problem: Problem, name: str | None) -> Formulation:
    """The problem's formulation of that name; its first for None."""
    forms = problem.formulations
    if name is None:
        return next(iter(forms.values()))(problem)
    if name not in forms:
        raise unknown_name(f"formulation of {problem.kind}", name, forms)
    return forms[name](problem)


def _sample(
    problem: Problem, pipeline: Pipeline, budget: Budget, seed: int, clock: Clock, report: Report | None
) -> _Answer:
    formulation = formulate(problem, pipeline.formulation)
    seeds = np.random.SeedSequence(seed)
    done = run_sampler(formulation, pipeline, budget=budget, seeds=seeds.spawn(1)[0], clock=clock, report=report)
    found = [v for v in (_raw(done), done.refinement.incumbent) if v is not None and v.is_feasible]
    verified = min(found, key=lambda v: signed_objective(v, problem.sense)) if found else _raw(done)
    is_replayable = budget.seconds is None and "seed" in pipeline.solver.parameters  # type: ignore[union-attr]
    is_replayable &= all(info.get("is_replayable", True) for info in done.infos)
    return _Answer(
        verified=verified,
        bound=own_bound(problem, formulation.program, done.bound),
        is_optimal=False,
        is_infeasible=False,
        is_replayable=bool(is_replayable),
        resources=_resources(done),
        trace=tuple(done.trace),
        run=done,
    )


def _solve_native(
    problem: Problem, solver: NativeSolver, budget: Budget, seed: int, clock: Clock, report: Report | None
) -> _Answer:
    refusal = solver.refusal(problem)
    if refusal:
        raise UnsupportedError(refusal)
    outcome = solver.solve(problem, budget=budget, seed=seed, report=report)
    verified = None if outcome.solution is None else verify(problem, outcome.solution)
    info = dict(outcome.info)
    is_replayable = bool(info.pop("is_replayable", budget.seconds is None))
    return _Answer(
        verified=verified,
        bound=None if outcome.bound is None else number(outcome.bound),
        is_optimal=outcome.is_optimal,
        is_infeasible=outcome.is_infeasible,
        is_replayable=is_replayable,
        resources={"engine": info.pop("engine", None), "seconds": {"solve": clock.elapsed}, "extra": info},
        trace=outcome.trace,
    )


def _raw(done: SamplerRun) -> Verified | None:
    return None if done.best is None else best_verified(done.refinement.formulation, done.best)


def _record(
    problem: Problem,
    pipeline: Pipeline,
    budget: Budget,
    seed: int,
    answer: _Answer,
    clock: Clock,
    cpu_seconds: float,
    path: str | None,
) -> Record:
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
    resources = dict(answer.resources)
    resources["seconds"] = {**resources["seconds"], "total": clock.elapsed}
    spec = pipeline.to_spec(budget)
    data = fingerprint(problem)
    return Record(
        id=spec_id({"instance": data, "pipeline": spec, "seed": seed}),
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
        resources=Resources(**resources, cpu_seconds=cpu_seconds, peak_bytes=peak_bytes()),
        trace=answer.trace,
        rounds=() if answer.run is None else rounds_in_own_units(problem, answer.run.encoding.trace),
        environment=environment(),
        message=_message(pipeline, answer),
    )


def _stages(pipeline: Pipeline, budget: Budget, seed: int, done: SamplerRun, reference: Number | None) -> Stages:
    """The stages side by side; the control runs here, outside the time of the solver it is compared with."""
    formulation = done.refinement.formulation
    raw = raw_stage(formulation, done.best, reference, done.feasible_share, done.seen)
    lowest = stage_of(done.lowest_energy, reference, formulation.problem.sense)
    control = _control(pipeline, seed, done, reference, is_timed=budget.seconds is not None)
    return Stages(raw=raw, lowest_energy=lowest, control=control, **refined_stages(done.refinement, reference))


def _control(
    pipeline: Pipeline, seed: int, done: SamplerRun, reference: Number | None, *, is_timed: bool
) -> Control | None:
    if not pipeline.control or done.draw is None:
        return None
    formulation = done.refinement.formulation
    draw_seed, repair_seed = np.random.SeedSequence([seed, 1]).spawn(2)
    refinement = Refinement(formulation, pipeline, np.random.default_rng(repair_seed))
    clock = Clock(max(CONTROL_SECONDS, done.seconds.get("repair", 0.0)) if is_timed else None)
    best, drawn = run_control(refinement, done.draw, done.points_by_round, np.random.default_rng(draw_seed), clock)
    stages = refined_stages(refinement, reference)
    space = str(done.infos[-1].get("subspace") or "program bits") if done.infos else "program bits"
    raw = raw_stage(formulation, best, reference, None, drawn)
    return Control(raw=raw, num_points=drawn, space=space, **stages)


def _resources(done: SamplerRun) -> dict[str, Any]:
    """Resources of a sampler's run: sums over rounds, sizes of the largest round."""
    infos = done.infos
    largest = {key: _most(infos, key) for key in ("depth", "two_qubit_gates")}
    summed = {key: _total(infos, key) for key in ("evaluations", "shots")}
    qubits = _most(infos, "qubits")
    known = {"qubits", "depth", "two_qubit_gates", "evaluations", "shots", "engine", "seconds", "energy_bound"}
    extra = {key: value for key, value in (infos[-1] if infos else {}).items() if key not in known}
    extra["lowest_energy"] = done.lowest if math.isfinite(done.lowest) else None
    return {
        "qubits": done.encoding.num_qubits if qubits is None else qubits,
        "aux_qubits": done.encoding.num_aux,
        **largest,
        **summed,
        "rounds": len(infos),
        "seconds": dict(done.seconds),
        "engine": infos[-1].get("engine") if infos else None,
        "extra": extra,
    }


def _most(infos: list[Mapping[str, Any]], key: str) -> int | None:
    values = [int(info[key]) for info in infos if info.get(key) is not None]
    return max(values) if values else None


def _total(infos: list[Mapping[str, Any]], key: str) -> int | None:
    values = [int(info[key]) for info in infos if info.get(key) is not None]
    return sum(values) if values else None


def _message(pipeline: Pipeline, answer: _Answer) -> str:
    notes = [pipeline.note]
    if answer.run is not None:
        notes.append(answer.run.encoding.note)
    return "; ".join(note for note in notes if note)
