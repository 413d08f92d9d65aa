"""The control of a sampler whose own start is not uniform: points of that start, through the same loop and stages.

A circuit that begins near a relaxed point draws good points with no layer at all: what it earned beyond its start is
what it has more than this control, which has as many points, round by round. Such a sampler is judged by this control
alone. Later rounds of an iterating encoder depend on what was seen, and so do their starts: the whole loop is gone
through again. Where it then ends sooner than the run, the two are no fair pair (endings.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core import Budget, Number, Start
from ..core.unique import unique_rows
from ..solvers.base import QuboSampler
from .candidates import evaluate
from .control import UNIFORM_BITS, UNIFORM_POINTS, ControlRun, run_again, told_again
from .cost_tally import CostTally
from .enumeration import Enumeration, enumerate_field
from .field import Field, core_field
from .pipeline import Pipeline
from .sampler_run import SamplerRun
from .starts import start_of


@dataclass(frozen=True, eq=False)
class StartRun:
    """The control of a start, and the chances of its points by cost; ``is_exact``: summed over all of the ground."""

    run: ControlRun
    chances: CostTally
    is_exact: bool = False


def start_control(
    pipeline: Pipeline,
    budget: Budget,
    seed: int,
    done: SamplerRun,
    reference: Number | None,
    ground: tuple[Field, Enumeration] | None = None,
) -> StartRun | None:
    """As many points of the sampler's own start; None where that is uniform in the first and the last round.

    Parameters
    ----------
    ground : the sampler's ground where all its points were counted; the start's chances are then exact.
    """
    sampler, encoding = pipeline.solver, done.first
    if not pipeline.control or encoding is None:
        return None
    assert isinstance(sampler, QuboSampler)
    first = start_of(sampler, encoding)
    start = first or start_of(sampler, done.encoding)
    if start is None:
        return None
    again = run_again(pipeline, budget, np.random.SeedSequence([seed, 4]), done, is_from_start=True)
    field = core_field(sampler, encoding, done.refinement.formulation)
    words = field.describe() + ("; every round on from such points" if done.ground_changes else "")
    run = told_again(again, pipeline, reference, words, start.describe())
    if len(done.points_by_round) > 1 or done.ground_changes or first is None:
        return StartRun(run, run.tally)
    if ground is not None:
        counted = enumerate_field(field, first.probabilities())
        if counted is not None and counted.state is not None:
            return StartRun(run, counted.state, is_exact=True)
    return StartRun(run, _more(field, first, seed, run))


def _more(field: Field, start: Start, seed: int, run: ControlRun) -> CostTally:
    """The control's points by cost with more of the same start, as many as of uniform ones."""
    n = max(1, field.formulation.program.num_variables)
    wanted = min(UNIFORM_POINTS, UNIFORM_BITS // n) - run.control.num_points
    if wanted <= 0 or field.formulation.is_surrogate:
        return run.tally
    X = field.draw(np.random.default_rng([seed, 5]), wanted, start)
    first, _, counts = unique_rows(X)
    found, _ = evaluate(field.formulation, field.formulation.program, X[first], counts)
    return run.tally.joined(found.tally())
