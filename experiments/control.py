"""The control: uniform points on the sampler's own ground, put through the same selection, repair and improvement.

What the control is, in this order: `field.core_field` says where it draws (the points that the sampler could choose
from, after the same reduction, with the same rows kept), `core_control` decides how (round by round, or the whole loop
again where the rounds depend on what was seen, as in a decomposition), seeds it and runs it. `program_control` draws
from the whole program: the sampler is judged by the first alone, reduction and sampler together by the second. A
sampler whose own start is not uniform has a third control, which it is judged by instead (start_control.py).
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core import Budget, Clock, Control, Number, UnsupportedError
from ..core.unique import unique_rows
from ..encoders.neighbourhood import Starting
from ..solvers.base import QuboSampler
from .candidates import Candidates, evaluate
from .cost_tally import EMPTY, CostTally
from .decomposition import unending
from .enumeration import Enumeration, enumerate_field
from .field import Field, core_field, program_field
from .pipeline import Pipeline
from .refinement import Refinement, raw_stage, refined_stages
from .sampler_run import SamplerRun, run_sampler
from .swap import swapped_stage
from .twin import Twin

#: The control may take as long as the run's own repair did, but at least this, when time is limited.
CONTROL_SECONDS = 2.0
#: Where every round is gone through again, the control may take so many times the run's own time.
TWIN_SHARE = 2.0
#: Uniform points that a chance is told from where the ground cannot be counted, and the bits of all of them at most.
UNIFORM_POINTS = 20_000
UNIFORM_BITS = 1 << 21
#: Bits of uniform points drawn at a time, so that a control of millions of points stays small.
CONTROL_BATCH_BITS = 1 << 24


@dataclass(frozen=True)
class Drawn:
    """The best of the control's uniform points; how many were drawn, feasible, and as good as the sampler's best.

    ``tally`` are all of them by cost; ``cpu_seconds`` what drawing and measuring them took.
    """

    best: Candidates | None = None
    num_points: int = 0
    feasible_share: float | None = None
    hit_share: float | None = None
    tally: CostTally = EMPTY
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class ControlRun:
    """A control as it stands in the Record, with what its points say of the chance of uniform ones."""

    control: Control
    tally: CostTally
    cpu_seconds: float


def core_control(
    pipeline: Pipeline, budget: Budget, seed: int, done: SamplerRun, reference: Number | None
) -> ControlRun | None:
    """The control that the sampler is judged by; None where it is off.

    Where every round had the same ground, it draws as many points as the sampler looked at. Where the ground depends
    on what was seen before, it is the same loop from the same start with uniform points in the place of the sampler's.
    """
    sampler, encoding = pipeline.solver, done.first
    if not pipeline.control or encoding is None:
        return None
    assert isinstance(sampler, QuboSampler)
    field = core_field(sampler, encoding, done.refinement.formulation)
    if not done.ground_changes:
        return _control(field, pipeline, np.random.SeedSequence([seed, 1]), done, reference, budget)
    again = run_again(pipeline, budget, np.random.SeedSequence([seed, 1]), done)
    return told_again(again, pipeline, reference, f"{field.describe()}; every round on from uniform points")


def scheme_ceiling(
    pipeline: Pipeline, budget: Budget, seed: int, done: SamplerRun, reference: Number | None
) -> Control | None:
    """As many rounds of a decomposition from the same start, each solved exactly; None where it was not asked for.

    Raises
    ------
    UnsupportedError
        The rounds are none of a decomposition, or have too many points to enumerate.
    """
    if not pipeline.ceiling:
        return None
    if done.begun is None and not (done.continued and isinstance(pipeline.encoder, Starting)):
        raise UnsupportedError("ceiling must come with a decomposition; add --encoder neighbourhood, or leave it out")
    again = run_again(pipeline, budget, np.random.SeedSequence([seed, 1]), done, is_exact=True)
    drawn = Drawn(again.best, again.seen, again.feasible_share, None)
    return _told(drawn, again.refinement, pipeline, reference, "every round solved exactly").control


def told_again(
    again: SamplerRun, pipeline: Pipeline, reference: Number | None, words: str, start: str = ""
) -> ControlRun:
    """A loop that was gone through again, as a control."""
    hit_share = again.reached / again.seen if again.seen else None
    drawn = Drawn(again.best, again.seen, again.feasible_share, hit_share, again.tally, again.cpu_seconds)
    return _told(drawn, again.refinement, pipeline, reference, words, start)


def run_again(
    pipeline: Pipeline,
    budget: Budget,
    seeds: np.random.SeedSequence,
    done: SamplerRun,
    *,
    is_exact: bool = False,
    is_from_start: bool = False,
) -> SamplerRun:
    """The same loop from the same start, with uniform, the best, or the sampler's start's points instead of its own."""
    assert done.first is not None
    goal = math.inf if done.best is None else done.best.best_cost
    return run_sampler(
        done.refinement.formulation,
        unending(pipeline),
        budget=dataclasses.replace(budget, rounds=len(done.points_by_round), target=None),
        seeds=seeds,
        clock=_clock(budget, done, TWIN_SHARE * sum(done.seconds.values())),
        twin=Twin(done.first, tuple(done.points_by_round), goal, done.begun or done.resumed, is_exact, is_from_start),
    )


def program_control(
    pipeline: Pipeline, budget: Budget, seed: int, done: SamplerRun, reference: Number | None
) -> ControlRun | None:
    """Uniform points of the whole program; None where it is off, or where the sampler's ground is the whole program."""
    sampler, encoding = pipeline.solver, done.first
    if not pipeline.control or encoding is None:
        return None
    assert isinstance(sampler, QuboSampler)
    formulation = done.refinement.formulation
    if not done.ground_changes and core_field(sampler, encoding, formulation).is_whole:
        return None
    seeds = np.random.SeedSequence([seed, 2])
    return _control(program_field(formulation), pipeline, seeds, done, reference, budget)


def counted_ground(pipeline: Pipeline, done: SamplerRun) -> tuple[Field, Enumeration] | None:
    """The sampler's ground with all its points counted; None where they are too many, or change between rounds."""
    sampler, encoding = pipeline.solver, done.first
    if encoding is None or done.ground_changes:
        return None
    assert isinstance(sampler, QuboSampler)
    field = core_field(sampler, encoding, done.refinement.formulation)
    counted = enumerate_field(field, done.state)
    return None if counted is None else (field, counted)


def more_uniform(
    pipeline: Pipeline, seed: int, done: SamplerRun, control: ControlRun, counted: Enumeration | None
) -> CostTally:
    """The control's points by cost, with more of the same ground where it is one that could not be counted."""
    if counted is not None or done.ground_changes or done.first is None:
        return control.tally
    assert isinstance(pipeline.solver, QuboSampler)
    field = core_field(pipeline.solver, done.first, done.refinement.formulation)
    n = max(1, field.formulation.program.num_variables)
    wanted = min(UNIFORM_POINTS, UNIFORM_BITS // n) - control.control.num_points
    if wanted <= 0 or field.formulation.is_surrogate:
        return control.tally
    X = field.draw(np.random.default_rng([seed, 3]), wanted)
    first, _, counts = unique_rows(X)
    found, _ = evaluate(field.formulation, field.formulation.program, X[first], counts)
    return control.tally.joined(found.tally())


def _control(
    field: Field,
    pipeline: Pipeline,
    seeds: np.random.SeedSequence,
    done: SamplerRun,
    reference: Number | None,
    budget: Budget,
) -> ControlRun:
    draw_seed, repair_seed = seeds.spawn(2)
    refinement = Refinement(field.formulation, pipeline, np.random.default_rng(repair_seed))
    cost = math.inf if done.best is None else done.best.best_cost
    rng = np.random.default_rng(draw_seed)
    drawn = draw_refined(refinement, field, done.points_by_round, rng, clock=_clock(budget, done), cost=cost)
    return _told(drawn, refinement, pipeline, reference, field.describe())


def draw_refined(
    refinement: Refinement,
    field: Field,
    points_by_round: Sequence[int],
    rng: np.random.Generator,
    *,
    clock: Clock,
    cost: float,
) -> Drawn:
    """Uniform points, as many as the sampler looked at, refined in as many rounds.

    Parameters
    ----------
    cost : of the sampler's best raw point; infinite where it was infeasible, which every feasible point surpasses.
    """
    formulation = field.formulation
    batch = max(1, CONTROL_BATCH_BITS // max(1, formulation.program.num_variables))
    top, best = refinement.pipeline.repair_top, None
    drawn = feasible = hits = 0
    tally, cpu_seconds = EMPTY, 0.0
    for num_points in points_by_round:
        kept: Candidates | None = None
        for start in range(0, num_points, batch):
            if drawn and clock.is_over:
                break
            began = time.process_time()
            X = field.draw(rng, min(batch, num_points - start))
            drawn += len(X)
            first, _, counts = unique_rows(X)
            some, _ = evaluate(formulation, formulation.program, X[first], counts)
            cpu_seconds += time.process_time() - began
            tally = tally.joined(some.tally())
            feasible += int(some.counts[some.feasible].sum())
            hits += some.hits(cost)
            some = some.best(top)
            kept = some if kept is None else kept.joined(some).best(top)
        if kept is None:
            continue
        refinement.add(kept, clock)
        best = kept if best is None else best.joined(kept).best(top)
    return Drawn(best, drawn, feasible / drawn, hits / drawn, tally, cpu_seconds) if drawn else Drawn()


def _clock(budget: Budget, done: SamplerRun, least: float = CONTROL_SECONDS) -> Clock:
    """The control runs outside the time of the solver it is compared with; a timed run limits it all the same."""
    if budget.seconds is None:
        return Clock()
    return Clock(max(CONTROL_SECONDS, least, done.seconds.get("repair", 0.0)))


def _told(
    drawn: Drawn, refinement: Refinement, pipeline: Pipeline, reference: Number | None, words: str, start: str = ""
) -> ControlRun:
    formulation = refinement.formulation
    shares = {"feasible_share": drawn.feasible_share, "hit_share": drawn.hit_share}
    raw = raw_stage(formulation, drawn.best, reference, num_points=drawn.num_points, **shares)
    swapped = swapped_stage(formulation, drawn.best, reference) if pipeline.improve else None
    stages = refined_stages(refinement, reference)
    control = Control(raw=raw, swapped=swapped, num_points=drawn.num_points, space=words, start=start, **stages)
    return ControlRun(control, drawn.tally, drawn.cpu_seconds)
