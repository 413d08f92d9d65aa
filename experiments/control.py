"""The control: uniform points on the sampler's own ground, put through the same selection, repair and improvement.

What the control is, in this order: `core_field` says where it draws (the points that the sampler could choose from,
after the same reduction, with the same rows kept), `core_control` decides how (round by round, or the whole loop again
where the rounds depend on what was seen, as in a decomposition), seeds it and runs it. `program_control` draws from
the whole program: the sampler is judged by the first alone, reduction and sampler together by the second.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core import (
    Bits,
    Budget,
    Clock,
    Control,
    Cube,
    Decoder,
    Encoding,
    Formulation,
    Ground,
    LiteralMap,
    Number,
    UnsupportedError,
)
from ..core.unique import unique_rows
from ..solvers.base import QuboSampler
from .candidates import Candidates, evaluate
from .decomposition import unending
from .pipeline import Pipeline
from .refinement import Refinement, raw_stage, refined_stages
from .sampler_run import SamplerRun, run_sampler
from .swap import swapped_stage
from .twin import Twin

#: The control may take as long as the run's own repair did, but at least this, when time is limited.
CONTROL_SECONDS = 2.0
#: Where every round is gone through again, the control may take so many times the run's own time.
TWIN_SHARE = 2.0
#: Bits of uniform points drawn at a time, so that a control of millions of points stays small.
CONTROL_BATCH_BITS = 1 << 24


@dataclass(frozen=True, eq=False)
class Field:
    """Where a control draws: uniform points of a ground, decoded and completed to points of the program."""

    formulation: Formulation
    ground: Ground
    decoder: Decoder

    def draw(self, rng: np.random.Generator, num_points: int) -> Bits:
        """Completed points of the program, shape (num_points, n)."""
        return self.complete(self.ground.draw(rng, num_points))

    def complete(self, Z: Bits) -> Bits:
        """The program's points that points of the ground stand for."""
        return self.formulation.complete(self.decoder.apply(Z))

    @property
    def is_whole(self) -> bool:
        """Whether the points are uniform over all the program's bits: no reduction, no row kept, other bits unused."""
        if not (isinstance(self.ground, Cube) and isinstance(self.decoder, LiteralMap)):
            return False
        index = self.decoder.index
        return bool((index >= 0).all()) and np.unique(index).size == index.size

    def describe(self) -> str:
        """What the points are uniform over, in words."""
        kept, n = self.ground.describe(), self.formulation.program.num_variables
        if self.is_whole:
            return "program bits"
        if not isinstance(self.decoder, LiteralMap):
            return kept or f"{self.ground.num_bits} bits of the encoding"
        free = np.unique(self.decoder.index[self.decoder.index >= 0]).size
        core = "" if free == n else f"core of {free} of {n} program bits"
        return ": ".join(text for text in (core, kept) if text)


@dataclass(frozen=True)
class Drawn:
    """The best of the control's uniform points; how many were drawn, feasible, and as good as the sampler's best."""

    best: Candidates | None = None
    num_points: int = 0
    feasible_share: float | None = None
    hit_share: float | None = None


def core_field(sampler: QuboSampler, encoding: Encoding, formulation: Formulation) -> Field:
    """The sampler's own ground: the points that it could choose from in this encoding."""
    return Field(formulation, sampler.ground(encoding.num_qubits, encoding.native), encoding.decoder)


def program_field(formulation: Formulation) -> Field:
    """All bit strings of the program: no reduction, no row kept."""
    n = formulation.program.num_variables
    return Field(formulation, Cube(n), LiteralMap.identity(n))


def core_control(
    pipeline: Pipeline, budget: Budget, seed: int, done: SamplerRun, reference: Number | None
) -> Control | None:
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
    again = _again(pipeline, budget, seed, done, is_exact=False)
    hit_share = again.reached / again.seen if again.seen else None
    drawn = Drawn(again.best, again.seen, again.feasible_share, hit_share)
    words = f"{field.describe()}; every round on from uniform points"
    return _told(drawn, again.refinement, pipeline, reference, words)


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
    if done.begun is None:
        raise UnsupportedError("ceiling must come with a decomposition; add --encoder neighbourhood, or leave it out")
    again = _again(pipeline, budget, seed, done, is_exact=True)
    drawn = Drawn(again.best, again.seen, again.feasible_share, None)
    return _told(drawn, again.refinement, pipeline, reference, "every round solved exactly")


def _again(pipeline: Pipeline, budget: Budget, seed: int, done: SamplerRun, *, is_exact: bool) -> SamplerRun:
    """The same loop from the same start, with uniform or with the best points in the place of the sampler's."""
    assert done.first is not None
    goal = math.inf if done.best is None else done.best.best_cost
    return run_sampler(
        done.refinement.formulation,
        unending(pipeline),
        budget=dataclasses.replace(budget, rounds=len(done.points_by_round), target=None),
        seeds=np.random.SeedSequence([seed, 1]),
        clock=_clock(budget, done, TWIN_SHARE * sum(done.seconds.values())),
        twin=Twin(done.first, tuple(done.points_by_round), goal, done.begun, is_exact),
    )


def program_control(
    pipeline: Pipeline, budget: Budget, seed: int, done: SamplerRun, reference: Number | None
) -> Control | None:
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


def _control(
    field: Field,
    pipeline: Pipeline,
    seeds: np.random.SeedSequence,
    done: SamplerRun,
    reference: Number | None,
    budget: Budget,
) -> Control:
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
    for num_points in points_by_round:
        kept: Candidates | None = None
        for start in range(0, num_points, batch):
            if drawn and clock.is_over:
                break
            X = field.draw(rng, min(batch, num_points - start))
            drawn += len(X)
            first, _, counts = unique_rows(X)
            some, _ = evaluate(formulation, formulation.program, X[first], counts)
            feasible += int(some.counts[some.feasible].sum())
            hits += some.hits(cost)
            some = some.best(top)
            kept = some if kept is None else kept.joined(some).best(top)
        if kept is None:
            continue
        refinement.add(kept, clock)
        best = kept if best is None else best.joined(kept).best(top)
    return Drawn(best, drawn, feasible / drawn, hits / drawn) if drawn else Drawn()


def _clock(budget: Budget, done: SamplerRun, least: float = CONTROL_SECONDS) -> Clock:
    """The control runs outside the time of the solver it is compared with; a timed run limits it all the same."""
    if budget.seconds is None:
        return Clock()
    return Clock(max(CONTROL_SECONDS, least, done.seconds.get("repair", 0.0)))


def _told(drawn: Drawn, refinement: Refinement, pipeline: Pipeline, reference: Number | None, words: str) -> Control:
    formulation = refinement.formulation
    shares = {"feasible_share": drawn.feasible_share, "hit_share": drawn.hit_share}
    raw = raw_stage(formulation, drawn.best, reference, num_points=drawn.num_points, **shares)
    swapped = swapped_stage(formulation, drawn.best, reference) if pipeline.improve else None
    stages = refined_stages(refinement, reference)
    return Control(raw=raw, swapped=swapped, num_points=drawn.num_points, space=words, **stages)
