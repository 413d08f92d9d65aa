"""One run of a sampler: encode, sample, decode, complete, check, repair, and tell the encoder what was seen.

The loop ends when the encoder has nothing more to learn, or at the budget's rounds, seconds or target.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import (
    AnyArray,
    Bits,
    Budget,
    Clock,
    Encoder,
    Encoding,
    Formulation,
    Number,
    Round,
    UnsupportedError,
    signed,
)
from ..core.unique import unique_rows
from ..solvers.base import QuboSampler, Report, points_of
from .candidates import Candidates, best_verified, evaluate
from .checkpoint import RoundsFile
from .iteration import closed_form, tell_round, with_fractional_cuts
from .pipeline import Pipeline
from .refinement import Draw, Refinement, signed_objective, uniform_bits
from .verify import Verified

#: Rounds after which lazy rows are no longer added, when the budget names no limit.
MAX_ROUNDS = 1000
#: Share of a time limit that sampling may use; the rest is for repair, improvement and the check.
SAMPLING_SHARE = 0.85


@dataclass
class SamplerRun:
    """What a sampler's run found, round by round; the Record is made of it.

    ``interactions``: products of the round's QUBO that has most; each is a two-qubit gate in every layer of a circuit.
    ``continued``: rounds of a stopped run that this one goes on from.
    """

    refinement: Refinement
    encoding: Encoding
    best: Candidates | None = None
    lowest_energy: Verified | None = None
    lowest: float = math.inf
    feasible: int = 0
    hits: int = 0
    seen: int = 0
    points_by_round: list[int] = field(default_factory=list)
    infos: list[Mapping[str, Any]] = field(default_factory=list)
    bound: float | None = None
    trace: list[tuple[float, Number]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    draw: Draw | None = None
    interactions: int = 0
    continued: int = 0

    @property
    def feasible_share(self) -> float | None:
        return self.feasible / self.seen if self.seen else None

    @property
    def hit_share(self) -> float | None:
        """Share of the samples that are as good as the best raw one."""
        return self.hits / self.seen if self.seen else None


@dataclass(frozen=True)
class Watching:
    """Who hears of a run while it goes on, and where its rounds are kept for a later one."""

    report: Report | None = None
    state: RoundsFile | None = None


def run_sampler(
    formulation: Formulation,
    pipeline: Pipeline,
    *,
    budget: Budget,
    seeds: np.random.SeedSequence,
    clock: Clock,
    watching: Watching | None = None,
) -> SamplerRun:
    """All rounds of one run, or those that are left of a stopped one.

    Raises
    ------
    UnsupportedError
        The QUBO is too large for the sampler, or a time limit was set that the sampler cannot keep.
    """
    sampler, encoder = pipeline.solver, pipeline.encoder
    assert isinstance(sampler, QuboSampler)
    assert encoder is not None
    report, state = (watching.report, watching.state) if watching is not None else (None, None)
    check_size(encoder, sampler, formulation)
    sampler_seeds, repair_seed = seeds.spawn(2)
    program = formulation.program
    start = clock.elapsed
    stored = None if state is None else state.load()
    encoding = stored or encoder.encode(program)
    program = program if stored is None or stored.native is None else stored.native  # with its lazy rows
    keeps_rows = hasattr(sampler, "uniform_points") or getattr(sampler, "keeps_rows", False)
    if encoding.state.get("needs_subspace") and not keeps_rows:
        raise UnsupportedError(f"{encoding.note}, and this solver keeps none; use --solver xy or another encoder")
    refinement = Refinement(formulation, pipeline, np.random.default_rng(repair_seed))
    run = SamplerRun(refinement, encoding, draw=_subspace_draw(sampler, encoding, formulation))
    run.seconds["encode"] = clock.elapsed - start
    run.continued = 0 if stored is None else len(stored.trace)
    sampler_seeds.spawn(run.continued)  # so that the rest has the seeds of the whole run
    for index in _rounds(budget, run.continued):
        start = clock.elapsed
        keywords = offered(sampler, encoding, budget, sampler_seeds.spawn(1)[0], clock)
        samples = closed_form(sampler, encoding) or sampler.sample(encoding.bqm, **keywords)
        _add(run.seconds, "solve", clock.elapsed - start)
        Z, energies, counts = points_of(samples)
        X, energies, counts = _distinct(formulation.complete(encoding.decode(Z)), energies, counts)
        found, program = evaluate(formulation, program, X, counts)
        _note(run, found, energies, samples.info, index)
        start = clock.elapsed
        refinement.add(found.best(pipeline.repair_top), clock)
        _add(run.seconds, "repair", clock.elapsed - start)
        incumbent = _incumbent(run, clock, report)
        if _is_done(incumbent, formulation, budget, clock):
            break
        seen = Round(X, energies, samples.info.get("energy_bound"), incumbent, program, index, counts)
        start = clock.elapsed
        following = encoder.update(encoding, seen)
        _add(run.seconds, "encode", clock.elapsed - start)
        if following is None:
            break
        run.encoding = encoding = following
        tell_round(report, formulation.problem, encoding)
        if state is not None:
            state.save(encoding)
        if encoding.state.get("is_done"):
            break
        program = with_fractional_cuts(formulation, program, encoding)
    return run


def _rounds(budget: Budget, continued: int) -> range:
    """Indices of the rounds that are left.

    Raises
    ------
    ValueError
        None is.
    """
    left = range(continued, budget.rounds or MAX_ROUNDS)
    if not left:
        raise ValueError(f"rounds must be > {continued}, which the state already has, got {budget.rounds}; raise it")
    return left


def check_size(encoder: Encoder, sampler: QuboSampler, formulation: Formulation) -> None:
    """Refuse before any work what the sampler cannot hold.

    Raises
    ------
    UnsupportedError
        With the sampler's own numbers and remedy.
    """
    qubits = encoder.num_qubits(formulation.program)
    refusal = sampler.estimate(qubits, 0).refusal
    if refusal:
        raise UnsupportedError(refusal)


def offered(
    sampler: QuboSampler, encoding: Encoding, budget: Budget, seed: np.random.SeedSequence, clock: Clock
) -> dict[str, Any]:
    """The keywords of the pipeline that this sampler names, with their values.

    Raises
    ------
    UnsupportedError
        There is a time limit and the sampler takes none.
    """
    names = sampler.parameters
    if clock.remaining is not None and "seconds" not in names:
        name = type(sampler).__name__
        raise UnsupportedError(f"{name} takes no time limit; leave --time-limit out, or limit it by its own options")
    values: dict[str, Any] = {"seed": int(seed.generate_state(1)[0] & 0x7FFFFFFF)}
    if clock.remaining is not None:
        values["seconds"] = max(1e-3, clock.remaining * SAMPLING_SHARE)
    if budget.evaluations is not None:
        values["evaluations"] = budget.evaluations
    if budget.shots is not None:
        values |= {"num_shots": budget.shots, "num_reads": budget.shots}
    if encoding.native is not None:
        values["program"] = encoding.native
        if "relaxation" in names and encoding.native.num_rows:
            values["relaxation"] = _relaxation(encoding)
    return {name: value for name, value in values.items() if name in names}


def _relaxation(encoding: Encoding) -> AnyArray | None:
    """Fractional optimum of the native program's LP relaxation; products of the cost are left out of it."""
    from ..algorithms.linear import linear_relaxation

    program = encoding.native
    assert program is not None
    if program.products.nnz:
        return None
    rows = program.constraints
    solved = linear_relaxation(program.c, rows.A, rows.lower, rows.upper)
    return None if solved.is_infeasible else solved.x


def _note(run: SamplerRun, found: Candidates, energies: AnyArray, info: Mapping[str, Any], index: int) -> None:
    """Take one round's points into the run."""
    pipeline, formulation = run.refinement.pipeline, run.refinement.formulation
    top = found.best(pipeline.repair_top)
    before = math.inf if run.best is None else run.best.best_cost
    run.best = top if run.best is None else run.best.joined(top).best(pipeline.repair_top)
    # a better point makes hits of the former best worthless
    run.hits = (run.hits if run.best.best_cost == before else 0) + found.hits(run.best.best_cost)
    run.seen += int(found.counts.sum())
    run.feasible += int(found.counts[found.feasible].sum())
    run.points_by_round.append(max(int(found.counts.sum()), int(info.get("shots") or 0)))
    run.infos.append(info)
    run.interactions = max(run.interactions, run.encoding.bqm.num_interactions)
    if len(energies) and float(energies.min()) < run.lowest:
        run.lowest = float(energies.min())
        run.lowest_energy = best_verified(formulation, found.take([int(np.argmin(energies))]))
    bound = info.get("energy_bound")
    if bound is not None and run.encoding.is_relaxation and not formulation.is_surrogate:
        run.bound = float(bound) if run.bound is None else max(run.bound, float(bound))


def _incumbent(run: SamplerRun, clock: Clock, report: Report | None) -> float | None:
    """Best verified cost so far; a new best is traced and reported."""
    formulation = run.refinement.formulation
    sense = formulation.problem.sense
    raw = None if run.best is None else best_verified(formulation, run.best)
    verified = [v for v in (raw, run.refinement.incumbent) if v is not None and v.is_feasible]
    if not verified:
        return None
    best = min(verified, key=lambda v: signed_objective(v, sense))
    assert best.objective is not None
    if not run.trace or signed_objective(best, sense) < signed(formulation.problem, float(run.trace[-1][1])):
        run.trace.append((clock.elapsed, best.objective))
        if report is not None:
            report(clock.elapsed, best.objective)
    return signed_objective(best, sense)


def _is_done(incumbent: float | None, formulation: Formulation, budget: Budget, clock: Clock) -> bool:
    if clock.is_over:
        return True
    if budget.target is None or incumbent is None:
        return False
    return incumbent <= signed(formulation.problem, budget.target)


def _subspace_draw(sampler: QuboSampler, encoding: Encoding, formulation: Formulation) -> Draw:
    """Where the control draws from: the sampler's own feasible subspace where it has one."""
    uniform = getattr(sampler, "uniform_points", None)
    program = encoding.native
    if uniform is None or program is None:
        return uniform_bits(formulation)

    def draw(num_points: int, rng: np.random.Generator) -> Bits:
        return formulation.complete(encoding.decode(uniform(program, num_points, rng)))

    return draw


def _distinct(X: Bits, energies: AnyArray, counts: AnyArray) -> tuple[Bits, AnyArray, AnyArray]:
    """Equal points of the program (they may differ in slack bits) merged, lowest energy first."""
    if not len(X):
        return X, energies, counts
    order = np.argsort(energies, kind="stable")
    first, inverse, _ = unique_rows(X[order])
    total = np.bincount(inverse, weights=counts[order]).astype(np.int64)
    rank = np.argsort(first, kind="stable")
    return X[order][first[rank]], energies[order][first[rank]], total[rank]


def _add(seconds: dict[str, float], stage: str, more: float) -> None:
    seconds[stage] = seconds.get(stage, 0.0) + more
