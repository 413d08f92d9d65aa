"""One run of a sampler: encode, sample, decode, complete, check, repair, and tell the encoder what was seen.

The loop ends when the encoder has nothing more to learn, or at the budget's rounds, seconds or target.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from ..core import (
    AnyArray,
    Bits,
    Budget,
    Clock,
    Encoder,
    Encoding,
    Float,
    Formulation,
    Number,
    Round,
    UnsupportedError,
    signed,
)
from ..core.unique import unique_rows
from ..encoders.neighbourhood import Starting
from ..solvers.base import LiveReport, QuboSampler, Report, points_of
from .candidates import Candidates, best_verified, evaluate, evaluate_apart
from .checkpoint import RoundsFile
from .cost_tally import EMPTY, CostTally
from .decomposition import (
    best_of_stored,
    first_encoding,
    outer_program,
    points_asked,
    polished,
    refines_rounds,
    thinned,
)
from .forecast import Judge, iterates, listening
from .growing_rounds import cannot_go_on
from .iteration import closed_form, tell_round, with_fractional_cuts
from .kept_samples import KeptSamples
from .model_work import check_time
from .parts_sampling import part_sizes, sample_round
from .pipeline import Pipeline
from .refinement import Refinement, signed_objective
from .remedies import refused
from .saved_rounds import SavedRounds
from .starts import relaxed_point
from .twin import Twin, same_ground
from .verify import Verified, check_energy_bound

#: Rounds after which lazy rows are no longer added, when the budget names no limit.
MAX_ROUNDS = 1000
#: The same for encoders that look at a part of the variables a round, which end by themselves.
NEIGHBOURHOODS = 1_000_000
#: Time of a decomposition's control as a multiple of what its run spent on encoding and judging.
CONTROL_RESERVE = 1.2
#: Qubits up to which the probabilities of a final state are kept for its worth.
MAX_OBSERVED = 26
#: Share of a time limit that sampling may use; the rest is for repair, improvement and the check.
SAMPLING_SHARE = 0.85


@dataclass
class SamplerRun:
    """What a sampler's run found, round by round; the Record is made of it.

    ``interactions``: products of the round's QUBO that has most; each is a two-qubit gate in every layer of a circuit.
    ``largest``: bits of the largest QUBO, and how many of them the encoding added; ``stopped``: why no further round
    was begun although the encoder had one.
    ``continued``: rounds of a stopped run that this one goes on from, ``resumed``: their best point, which
    counts as a sample. ``first``: the encoding of the first round;
    ``ground_changes``: a later round's sampler could choose from other points. ``reached``: feasible samples that cost
    no more than a twin's goal. ``tally``: all samples by cost; ``state``: the probability of each point of the ground
    in the final state, of samplers that know it; ``cpu_seconds``: of sampling, training included. ``kept``: all points,
    where they were asked for.
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
    first: Encoding | None = None
    ground_changes: bool = False
    reached: int = 0
    tally: CostTally = EMPTY
    state: Float | None = None
    cpu_seconds: float = 0.0
    interactions: int = 0
    largest: tuple[int, int] = (0, 0)
    stopped: str = ""
    continued: int = 0
    begun: Candidates | None = None
    resumed: Candidates | None = None
    verified: tuple[Candidates | None, Verified | None] = (None, None)
    kept: KeptSamples | None = None

    def observe(self, probabilities: Float) -> None:
        """Keep the final state's probabilities, shape (size,); of several rounds none: no one state gave them all."""
        self.state = None if self.infos else probabilities

    @property
    def feasible_share(self) -> float | None:
        return self.feasible / self.seen if self.seen else None

    @property
    def hit_share(self) -> float | None:
        """Share of the samples that are as good as the best raw one."""
        return self.hits / self.seen if self.seen else None


class Tally(NamedTuple):
    """Samples of a round, and how many are feasible where only the best were judged in the whole program."""

    points: int
    feasible: int | None = None


@dataclass(frozen=True)
class Callbacks:
    """Progress callback and checkpoint file of a run, and whether its points are kept."""

    report: Report | None = None
    state: RoundsFile | None = None
    saved: SavedRounds | None = None
    keep_samples: bool = False
    judge: Judge | None = None


def run_sampler(
    formulation: Formulation,
    pipeline: Pipeline,
    *,
    budget: Budget,
    seeds: np.random.SeedSequence,
    clock: Clock,
    watching: Callbacks | None = None,
    twin: Twin | None = None,
) -> SamplerRun:
    """All rounds of one run, or those that are left of a stopped one; with uniform points instead for a twin.

    Raises
    ------
    UnsupportedError
        The QUBO is too large for the sampler, or a time limit was set that the sampler cannot keep.
    """
    sampler, encoder = pipeline.solver, pipeline.encoder
    assert isinstance(sampler, QuboSampler)
    assert encoder is not None
    watching = watching or Callbacks()
    report, state, critic = watching.report, watching.state, watching.judge
    if not isinstance(encoder, Starting):
        check_size(encoder, sampler, formulation)
        check_time(encoder, formulation, clock.remaining)
    sampler_seeds, repair_seed = seeds.spawn(2)
    program = formulation.program
    start = clock.elapsed
    stored = None if state is None else state.load()
    if twin is not None:
        encoding, begun = twin.start, twin.begun
    else:
        encoding, begun = (stored, None) if stored else first_encoding(encoder, formulation, seeds)
    program = program if stored is None else outer_program(stored, program)
    if isinstance(encoder, Starting):
        check_qubits(part_sizes(encoding), encoder, sampler, formulation)
    if encoding.state.get("needs_subspace"):
        if not sampler.keeps_rows:
            raise UnsupportedError(f"{encoding.note}, and this solver keeps none; use --solver xy or another encoder")
        if encoding.native is None:
            raise UnsupportedError(f"{encoding.note}, and a shrunk QUBO has none to see; leave --shrink out")
    refinement = Refinement(formulation, pipeline, np.random.default_rng(repair_seed))
    run = SamplerRun(refinement, encoding, first=encoding, best=begun, begun=begun, ground_changes=begun is not None)
    refines, judge = refines_rounds(encoder), evaluate_apart if isinstance(encoder, Starting) else evaluate
    _resume(run, best_of_stored(stored, formulation), clock)
    run.kept = KeptSamples() if watching.keep_samples else None
    run.seconds["encode"] = clock.elapsed - start
    run.continued = 0 if stored is None else len(stored.trace)
    sampler_seeds.spawn(run.continued)  # so that the rest has the seeds of the whole run
    _incumbent(run, clock, report)
    for index in _rounds(budget, run.continued, encoder):
        start, began = clock.elapsed, time.process_time()
        round_seed = sampler_seeds.spawn(1)[0]
        if twin is None:
            keywords = offered(sampler, encoding, budget, round_seed, clock, points_asked(encoder))
            is_seen = (
                run.begun is None and run.resumed is None and pipeline.control and encoding.num_qubits <= MAX_OBSERVED
            )
            if is_seen and "observe" in sampler.parameters:
                keywords["observe"] = run.observe
            if isinstance(report, LiveReport) and "heard" in sampler.parameters:
                keywords["heard"] = report.heard
            ended = listening(report, critic, is_iterating=iterates(encoder, encoding))
            if ended is not None and "ended" in sampler.parameters:
                keywords["ended"] = ended
            closed = closed_form(sampler, encoding)
            samples, learnt = (closed, {}) if closed is not None else sample_round(sampler, encoder, encoding, keywords)
        else:
            samples, learnt = twin.sample(sampler, encoding, index, round_seed), {}
        run.cpu_seconds += time.process_time() - began
        _add(run.seconds, "solve", clock.elapsed - start)
        start = clock.elapsed
        Z, energies, counts = points_of(samples)
        few = thinned(encoding, formulation, Z, energies, counts)
        tally = Tally(int(counts.sum()), None if few is None else few[3])
        if few is not None:
            Z, energies, counts, _ = few
        X, lowest, weights = _distinct(formulation.complete(encoding.decode(Z)), energies, counts)
        found, program = judge(formulation, program, X, weights)
        _note(run, found, lowest, samples.info, tally)
        if run.kept is not None:
            run.kept.add(index, found, lowest)
        run.reached += 0 if twin is None else found.hits(twin.goal)
        _add(run.seconds, "judge", clock.elapsed - start)
        if refines:
            start = clock.elapsed
            refinement.add(found.best(pipeline.repair_top), clock)
            _add(run.seconds, "repair", clock.elapsed - start)
        incumbent = _incumbent(run, clock, report)
        if _is_done(incumbent, formulation, budget, clock, _reserved(run, pipeline) if twin is None else 0.0):
            break
        if critic is not None and _is_given_up(critic, run, formulation, incumbent, _most_rounds(budget, encoder)):
            break
        bound = samples.info.get("energy_bound")
        seen = Round(X, lowest, bound, incumbent, program, index, weights, found.costs, found.broken)
        seen = polished(seen, encoder, refinement)
        start = clock.elapsed
        following = encoder.update(encoding, seen)
        _add(run.seconds, "encode", clock.elapsed - start)
        if following is None:
            break
        run.stopped = cannot_go_on(sampler, (encoding, following), budget, clock, has_answer=incumbent is not None)
        if run.stopped:
            break
        if watching.saved is not None:
            watching.saved.write(index, encoding, following, Z, energies, counts)
        run.ground_changes = run.ground_changes or not same_ground(sampler, encoding, following)
        run.encoding = encoding = replace(following, state={**following.state, **learnt}) if learnt else following
        tell_round(report, formulation.problem, encoding)
        if state is not None:
            state.save(encoding)
        if encoding.state.get("is_done"):
            break
        program = with_fractional_cuts(formulation, program, encoding)
    if not refines and run.best is not None:
        start = clock.elapsed
        refinement.add(run.best, clock)
        _add(run.seconds, "repair", clock.elapsed - start)
        _incumbent(run, clock, report)
    return run


def _resume(run: SamplerRun, best: Candidates | None, clock: Clock) -> None:
    """Go on from the best point of a stopped decomposition, which may be repaired and improved where those polish."""
    if best is None:
        return
    run.ground_changes = True
    if refines_rounds(run.refinement.pipeline.encoder):
        run.refinement.add(best, clock)
    else:
        run.best = run.resumed = best


def _most_rounds(budget: Budget, encoder: Encoder) -> int | None:
    """Rounds that a run can have; None where nothing limits them, or where there is one."""
    limits = [limit for limit in (budget.rounds, getattr(encoder, "max_rounds", None)) if limit is not None]
    return min(limits) if limits else None


def _is_given_up(
    judge: Judge, run: SamplerRun, formulation: Formulation, incumbent: float | None, rounds: int | None
) -> bool:
    """Whether the run ends here since it is foreseen to end worse than it may."""
    if not judge.reason and iterates(run.refinement.pipeline.encoder, run.encoding):
        judge.after_round(None if incumbent is None else signed(formulation.problem, incumbent), rounds)
    run.stopped = judge.reason
    return bool(judge.reason)


def _rounds(budget: Budget, continued: int, encoder: Encoder) -> range:
    """Indices of the rounds that are left.

    Raises
    ------
    ValueError
        No round is left within the budget.
    """
    most = NEIGHBOURHOODS if isinstance(encoder, Starting) else MAX_ROUNDS
    left = range(continued, budget.rounds or most)
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
    check_qubits(encoder.num_qubits(formulation.program), encoder, sampler, formulation)


def check_qubits(qubits: int, encoder: Encoder, sampler: QuboSampler, formulation: Formulation) -> None:
    """Refuse a QUBO of more bits than the sampler can hold.

    Raises
    ------
    UnsupportedError
        With the sampler's own numbers and the remedies that work here.
    """
    refusal = sampler.estimate(qubits, 0).refusal
    if refusal:
        raise refused(refusal, encoder, sampler, formulation)


def offered(
    sampler: QuboSampler,
    encoding: Encoding,
    budget: Budget,
    seed: np.random.SeedSequence,
    clock: Clock,
    points: int | None = None,
) -> dict[str, Any]:
    """The keywords of the pipeline that this sampler names, with their values; ``points`` where the budget has none.

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
    shots = points if budget.shots is None else budget.shots
    if shots is not None:
        values |= {"max_points" if "max_points" in names else "num_shots": shots, "num_reads": shots}
    if encoding.native is not None:
        if not sampler.keeps_rows_if_left or encoding.state.get("needs_subspace"):
            values["program"] = encoding.native
        if "relaxation" in names and encoding.native.num_rows:
            values["relaxation"] = relaxed_point(encoding)
    return {name: value for name, value in values.items() if name in names}


def _note(run: SamplerRun, found: Candidates, energies: AnyArray, info: Mapping[str, Any], tally: Tally) -> None:
    """Take one round's points into the run."""
    pipeline, formulation = run.refinement.pipeline, run.refinement.formulation
    top = found.best(pipeline.repair_top)
    before = math.inf if run.best is None else run.best.best_cost
    if run.best is None:
        run.best = top
    elif tally.feasible is None or top.best_cost < before:
        run.best = run.best.joined(top).best(pipeline.repair_top)
    # a better point makes hits of the former best worthless
    run.hits = (run.hits if run.best.best_cost == before else 0) + found.hits(run.best.best_cost)
    run.seen += tally.points
    # of points that were thinned out nothing is known but their number
    run.tally = run.tally.joined(found.tally()) if tally.feasible is None else EMPTY
    run.feasible += int(found.counts[found.feasible].sum()) if tally.feasible is None else tally.feasible
    run.points_by_round.append(tally.points)
    run.infos.append(info)
    run.largest = max(run.largest, (run.encoding.num_qubits, run.encoding.num_aux))
    run.interactions = max(run.interactions, run.encoding.bqm.num_interactions)
    if len(energies) and float(energies.min()) < run.lowest:
        run.lowest = float(energies.min())
        run.lowest_energy = best_verified(formulation, found.take([int(np.argmin(energies))]))
    bound = info.get("energy_bound")
    check_energy_bound(bound, energies)
    if bound is not None and run.encoding.is_relaxation and not formulation.is_surrogate:
        run.bound = float(bound) if run.bound is None else max(run.bound, float(bound))


def _incumbent(run: SamplerRun, clock: Clock, report: Report | None) -> float | None:
    """Best verified cost so far; a new best is traced and reported."""
    formulation = run.refinement.formulation
    sense = formulation.problem.sense
    if run.verified[0] is not run.best:
        run.verified = run.best, None if run.best is None else best_verified(formulation, run.best)
    raw = run.verified[1]
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


def _reserved(run: SamplerRun, pipeline: Pipeline) -> float:
    """Seconds that the control of a decomposition will take, which goes through all rounds again without the sampler.

    The time limit holds for both together, so that run and control have the same number of rounds.
    """
    if not (pipeline.control and isinstance(pipeline.encoder, Starting)):
        return 0.0
    return CONTROL_RESERVE * (run.seconds.get("encode", 0.0) + run.seconds.get("judge", 0.0))


def _is_done(
    incumbent: float | None, formulation: Formulation, budget: Budget, clock: Clock, reserved: float = 0.0
) -> bool:
    if clock.is_over or (clock.remaining is not None and clock.remaining <= reserved):
        return True
    if budget.target is None or incumbent is None:
        return False
    return incumbent <= signed(formulation.problem, budget.target)


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
