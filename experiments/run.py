"""One run from a problem to a verified Record: entry point of the command line, sweeps and replay.

Formulate, encode, sample, decode, verify, repair, improve, verify, and the control; or a native solver and the same
verification.
"""

from __future__ import annotations

import numbers
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core import (
    Budget,
    Clock,
    Formulation,
    InfeasibleError,
    Problem,
    Record,
    UnsupportedError,
    impossible_row,
    number,
)
from ..core.silence import audible, silenced
from ..problems.formulations import formulate
from ..problems.sources import problem_of
from ..solvers.base import LiveReport, NativeSolver, QuboSampler, Report
from . import route_orders as _route_orders  # noqa: F401  registers the pipelines of hybrid-tabu
from .build_record import RunResult, record_of, resources_of
from .candidates import best_verified
from .checkpoint import rounds_file
from .default_decomposition import with_default_limit
from .empty_program import proofs_checked
from .encoder_shorthands import SHORTHANDS
from .forecast import Judge, ReadsReport
from .iteration import RoundReport
from .limits_given import LIMITS, check_limits, take_limits
from .parts import Part, as_part
from .pipeline import Pipeline
from .reference_run import COUNTED_BITS, ReferenceRule
from .references import own_bound
from .refinement import signed_objective
from .resolve_pipeline import choose_pipeline, make_ready
from .sampler_run import Callbacks, SamplerRun, run_sampler
from .saved_rounds import SavedRounds
from .verify import Verified, verify

#: Time limit of a native solver where choosing it took all of the run's: most then give their start.
LEAST_SECONDS = 1e-3
#: Terms of a program that is built only to see whether one of its rows is empty.
MAX_TERMS = 1_000_000


def solve(
    what: Any,
    solver: Part = "auto",
    *,
    kind: str | None = None,
    encoder: Part | None = None,
    formulation: str | None = None,
    repair: str = "auto",
    improve: bool = True,
    seed: int = 0,
    budget: Budget | None = None,
    reference: str | float | None = "auto",
    keep_samples: bool = False,
    **options: Any,
) -> Record:
    """Solve one instance and say how far from the optimum the answer is, and how much of that the solver earned.

    Parameters
    ----------
    what : a Problem, a path, a graph, a matrix, or another library's model; see ``problems.sources.problem_of``.
    solver, encoder : registered name, ``{"name": ..., field: value}``, or an object: ``qopt.Qaoa(num_layers=3)``,
        ``qopt.Slack()``, any dimod sampler; ``auto`` and None choose and say why.
    kind : of the instance, where ``what`` does not tell it.
    formulation : name of one of the problem's formulations.
    repair : ``auto``, ``nearest`` or ``off``.
    improve : local search after the repair, its own stage.
    seed : 0..2**31-1; the same seed gives the same Record but for seconds, memory and environment.
    budget : limits of the run.
    reference : what a gap is measured against where the literature has nothing: ``auto`` counts a small program's
        points, else searches for a second; seconds of that search; ``none``.
    keep_samples : keep the points that the sampler drew, of all rounds, as ``record.samples``.
    options : ``shrink=20``, ``presolve="lp"``; fields of the solver or encoder, and of Budget (``seconds=10``, or
        ``time_limit=10``); ``solver__layers`` where two have it, or where Budget has it too (``solver__target``; the
        run's is then ``budget__target``).

    Raises
    ------
    UnsupportedError
        This pair of problem and solver, or this size, cannot work; the text says why.
    ValueError
        Unknown name or option.
    TypeError
        ``what``, ``solver``, ``encoder``, ``budget``, ``seed`` or a switch of another type.

    Examples
    --------
    >>> import qopt
    >>> record = qopt.solve(qopt.generate("mdkp", n=6, m=2, seed=3), solver="brute-force", seed=1)
    >>> record.status.value, record.objective == record.bound
    ('optimal', True)
    """
    problem = problem_of(what, kind)
    for word, value in (("formulation", formulation), ("repair", repair)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{word} must be a name, got {value!r}")
    top = options.get("repair_top", 1)
    if isinstance(top, bool) or not isinstance(top, numbers.Integral):
        raise TypeError(f"repair_top must be an integer, got {top!r}")
    if reference is not None and (isinstance(reference, bool) or not isinstance(reference, str | numbers.Real)):
        raise TypeError(f"reference must be 'auto', 'none' or seconds, got {reference!r}")
    solver = as_part("solver", solver)
    encoder = None if encoder is None else as_part("encoder", encoder)
    if budget is not None and not isinstance(budget, Budget):
        raise TypeError(f"budget must be a qopt.Budget, got {budget!r}; write qopt.Budget(seconds=...)")
    asked = {"improve": improve, "keep_samples": keep_samples}
    asked |= {word: options[word] for word in ("control", "ceiling") if word in options}
    for word, switch in asked.items():
        if not isinstance(switch, bool):
            raise TypeError(f"{word} must be True or False, got {switch!r}")
    bare = {key: options[key] for key in LIMITS if key in options}
    limits = take_limits(options)
    if limits and budget is not None:
        raise ValueError("give budget or its fields, not both")
    check_limits(bare, solver, encoder, options)
    budget = budget or Budget(**limits)
    switches = {key: options.pop(key) for key in ("repair_top", "control", "ceiling", *SHORTHANDS) if key in options}
    settings = {key.replace("__", "."): value for key, value in options.items()}
    given: dict[str, Any] = {"repair": repair, "improve": improve, "seconds": budget.seconds, **switches}
    make_ready(solver)
    choosing = Clock()
    pipeline = choose_pipeline(problem, solver, encoder, formulation, settings, **given)
    rule = ReferenceRule.of(reference)
    more: dict[str, Any] = {"reference": rule, "spent": choosing.elapsed, "keep_samples": keep_samples}
    return run(problem, pipeline, budget=budget, seed=seed, **more)


def run(
    problem: Problem,
    pipeline: Pipeline,
    *,
    budget: Budget | None = None,
    seed: int = 0,
    report: Report | None = None,
    path: str | None = None,
    state: Path | None = None,
    save_subproblems: Path | None = None,
    reference: ReferenceRule | None = None,
    spent: float = 0.0,
    keep_samples: bool = False,
) -> Record:
    """Run a pipeline on a problem; see ``solve``.

    Parameters
    ----------
    reference : how a gap's reference is looked for; None counts small programs and searches for none.
    state : file of an iterating encoder's rounds, kept up to date; where it is there, its run is continued.
    save_subproblems : folder that gets each round of a decomposition as files; see saved_rounds.py.
    spent : seconds of the time limit that choosing the pipeline took, which built the program.
    keep_samples : keep the points of a sampler in the record.
    """
    seed = checked_seed(seed)
    budget = with_default_limit(pipeline.encoder, budget or Budget())
    clock, cpu = Clock(budget.seconds, spent=spent), time.process_time()
    rounds = None if state is None else rounds_file(state, problem, pipeline)
    saved = None if save_subproblems is None else SavedRounds(save_subproblems, problem)
    judge = None if pipeline.give_up is None else Judge(pipeline.give_up, problem.sense)
    watching = Callbacks(_heard(report), rounds, saved, keep_samples, judge)
    with silenced():
        answer = _answer(problem, pipeline, budget, seed, clock, watching)
        stages = {**answer.resources["seconds"], "total": clock.elapsed}
        resources = {**answer.resources, "seconds": stages, "cpu_seconds": time.process_time() - cpu}
        answer = replace(answer, resources=resources)
        return record_of(problem, pipeline, answer, budget=budget, seed=seed, path=path, rule=reference)


def _heard(report: Report | None) -> Report | None:
    """The report, printing to the real stdout while solvers are silenced; one of rounds stays one of rounds."""
    if report is None:
        return None
    heard: Any = audible(report)
    if isinstance(report, RoundReport):
        heard.round = audible(report.round)
    if isinstance(report, LiveReport):
        heard.bound, heard.heard = report.bound, report.heard  # many calls, which print nothing themselves
    if isinstance(report, ReadsReport):
        heard.ended = report.ended
    return heard  # type: ignore[no-any-return]


def _answer(
    problem: Problem, pipeline: Pipeline, budget: Budget, seed: int, clock: Clock, watching: Callbacks
) -> RunResult:
    """What the pipeline's sampler or native solver found."""
    if isinstance(pipeline.solver, QuboSampler):
        return _sample(problem, pipeline, budget, seed, clock, watching)
    if watching.saved is not None:
        raise UnsupportedError("save-subproblems must come with a sampler; leave it out for this solver")
    if watching.keep_samples:
        raise UnsupportedError(
            "keep-samples must come with a sampler; leave it out for this solver, which draws no points"
        )
    if watching.state is not None:
        raise UnsupportedError("state must come with a sampler and a Lagrangian encoder; leave it out for this solver")
    return _solve_native(problem, pipeline.solver, budget, seed, clock, watching.report)


def checked_seed(seed: Any) -> int:
    """``seed`` as an int in 0..2**31-1; NumPy's integers count as integers.

    Raises
    ------
    TypeError
        Not an integer.
    ValueError
        Out of range.
    """
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral):
        raise TypeError(f"seed must be an integer, got {seed!r}")
    if not 0 <= int(seed) < 2**31:
        raise ValueError(f"seed must be an integer in 0..2**31-1, got {seed!r}")
    return int(seed)


def _sample(
    problem: Problem, pipeline: Pipeline, budget: Budget, seed: int, clock: Clock, watching: Callbacks
) -> RunResult:
    formulation = formulate(problem, pipeline.formulation)
    seeds = np.random.SeedSequence(seed).spawn(1)[0]
    with proofs_checked(formulation):
        broken = impossible_row(formulation.program)
        if broken:
            raise InfeasibleError(
                f"row {broken} must hold at some point of {{0,1}}^n, got none; the program is infeasible"
            )
        done = run_sampler(formulation, pipeline, budget=budget, seeds=seeds, clock=clock, watching=watching)
    found = [v for v in (_raw(done), done.refinement.incumbent) if v is not None and v.is_feasible]
    verified = min(found, key=lambda v: signed_objective(v, problem.sense)) if found else _raw(done)
    sampler = pipeline.solver
    assert isinstance(sampler, QuboSampler)
    is_replayable = budget.seconds is None and "seed" in sampler.parameters and sampler.is_named
    is_replayable &= not done.continued and all(info.get("is_replayable", True) for info in done.infos)
    return RunResult(
        verified=verified,
        bound=own_bound(problem, formulation.program, done.bound),
        is_optimal=False,
        is_infeasible=_is_counted_empty(done, formulation),
        is_replayable=bool(is_replayable),
        resources=resources_of(done),
        trace=tuple(done.trace),
        run=done,
    )


def _is_counted_empty(done: SamplerRun, formulation: Formulation) -> bool:
    """Whether the sampler looked at all points of the whole program, and none keeps its rows."""
    whole = done.encoding.native is not None and done.encoding.is_relaxation and not formulation.is_surrogate
    return whole and bool(done.infos) and bool(done.infos[-1].get("is_empty"))


def _solve_native(
    problem: Problem, solver: NativeSolver, budget: Budget, seed: int, clock: Clock, report: Report | None
) -> RunResult:
    refusal = solver.refusal(problem)
    if refusal:
        raise UnsupportedError(refusal)
    left = budget if clock.remaining is None else replace(budget, seconds=max(LEAST_SECONDS, clock.remaining))
    outcome = solver.solve(problem, budget=left, seed=seed, report=report)
    verified = None if outcome.solution is None else verify(problem, outcome.solution)
    info = dict(outcome.info)
    is_replayable = bool(info.pop("is_replayable", budget.seconds is None))
    return RunResult(
        verified=verified,
        bound=None if outcome.bound is None else number(outcome.bound),
        is_optimal=outcome.is_optimal,
        is_infeasible=outcome.is_infeasible or (verified is None and _is_seen_empty(problem)),
        is_replayable=is_replayable,
        resources={"engine": info.pop("engine", None), "seconds": {"solve": clock.elapsed}, "extra": info},
        trace=outcome.trace,
        formulation=_small_formulation(problem),
    )


def _is_seen_empty(problem: Problem) -> bool:
    """Whether one row of the instance's own program holds at no point, which needs no search to be seen."""
    make = next(iter(problem.formulations.values()))
    if make.is_surrogate or make.size(problem).terms > MAX_TERMS:
        return False
    return bool(impossible_row(make(problem).program))


def _small_formulation(problem: Problem) -> Formulation | None:
    """The default formulation where all its points can be counted for a reference; others are not built.

    Not even sized are those of more bits of their own than that: the auxiliary bits of a sequence of 60 take 2 s.
    """
    if getattr(problem, "num_bits", 0) > COUNTED_BITS:
        return None
    make = next(iter(problem.formulations.values()))
    return make(problem) if make.size(problem).variables <= COUNTED_BITS else None


def _raw(done: SamplerRun) -> Verified | None:
    return None if done.best is None else best_verified(done.refinement.formulation, done.best)
