"""What one sample of a run is worth: its chance of a target over that of a uniform point of the same ground.

The uniform chance is exact where all points of the ground can be counted (enumeration.py), else from the control's
points with an interval; the sampler's is exact where it knows the probabilities of its final state, else from all its
samples. Samples of one run are independent draws only for circuits and independent reads; of samplers whose rounds
learn from each other the chance is that of the run as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..core import (
    BeyondStart,
    Crossover,
    Number,
    Price,
    Probability,
    Problem,
    Reference,
    TargetWorth,
    Worth,
    number,
    signed,
)
from ..core.margins import ROUNDING
from .control import ControlRun
from .cost_tally import CostTally
from .enumeration import Enumeration
from .metrics import Z95, wilson
from .references import has_integral_cost
from .sampler_run import SamplerRun
from .start_control import StartRun

#: Numbers of samples of the crossover.
SAMPLES = (1, 10, 100, 1000)
#: Best objectives that the curve keeps.
CURVE = 64
#: Chance beyond which best-of-k says no more: both have then surely found it.
MAX_CHANCE = 0.99
#: Two-sided 97.5 % quantile of the normal distribution: two such intervals together hold in 95 %.
Z975 = 2.241402727604945


@dataclass(frozen=True, eq=False)
class Chances:
    """The distributions that are compared, by cost, and whether each is exact; ``begun`` is the sampler's own start."""

    sampler: CostTally
    uniform: CostTally
    sampler_is_exact: bool
    uniform_is_exact: bool
    begun: StartRun | None = None

    def probabilities(self, cost: float) -> tuple[Probability, Probability]:
        """Of one sample and of one uniform point to reach a cost; 95 % intervals, 97.5 % where both are sampled."""
        z = Z95 if self.sampler_is_exact or self.uniform_is_exact else Z975
        own = _probability(self.sampler, cost, z, is_exact=self.sampler_is_exact)
        return own, _probability(self.uniform, cost, z, is_exact=self.uniform_is_exact)

    def beyond(self, cost: float) -> BeyondStart | None:
        """The same against a point of the sampler's own start; None where it has none, or nothing of it is known."""
        begun = self.begun
        if begun is None or not begun.chances.total:
            return None
        z = Z95 if self.sampler_is_exact or begun.is_exact else Z975
        own = _probability(self.sampler, cost, z, is_exact=self.sampler_is_exact)
        chance = _probability(begun.chances, cost, z, is_exact=begun.is_exact)
        return BeyondStart(chance, *ratio(own, chance))


def worth_of(
    problem: Problem,
    done: SamplerRun,
    control: ControlRun,
    counted: Enumeration | None,
    uniform: CostTally,
    reference: Reference,
    begun: StartRun | None = None,
) -> Worth:
    """Worth, crossover and price of a run.

    Parameters
    ----------
    counted : all points of the sampler's ground, with the state's probabilities where the sampler knows them.
    uniform : uniform points of the ground where not all of them were counted.
    begun : points of the sampler's own start, where that is not uniform.
    """
    state = None if counted is None else counted.state
    chances = Chances(
        sampler=done.tally if state is None else state,
        uniform=uniform if counted is None else counted.uniform,
        sampler_is_exact=state is not None,
        uniform_is_exact=counted is not None,
        begun=begun,
    )
    is_known = chances.sampler.total > 0  # of thinned rounds nothing is known but the number of points
    best = None if counted is None else counted.uniform.best
    return Worth(
        space=control.control.space,
        num_points=None if counted is None else int(counted.uniform.total),
        best=None if best is None else number(signed(problem, best)),
        targets=tuple(_targets(problem, done, chances, reference)) if is_known else (),
        crossover=tuple(_crossovers(problem, chances)) if is_known else (),
        price=_price(done, control),
        curve=tuple(_curve(problem, chances)) if is_known else (),
        start="" if begun is None else begun.run.control.start,
        start_curve=tuple(_start_curve(chances)) if is_known else (),
    )


def _targets(problem: Problem, done: SamplerRun, chances: Chances, reference: Reference) -> Iterable[TargetWorth]:
    """The reference where it is more than a bound, 1 % from it, and the run's own best where that is another."""
    asked: list[tuple[Literal["optimum", "best known", "within 1 %", "best of this run"], float]] = []
    if reference.value is not None and reference.kind in ("proven", "best-known"):
        cost = signed(problem, float(reference.value))
        asked.append(("optimum" if reference.kind == "proven" else "best known", cost))
        near = cost + 0.01 * abs(cost)
        if has_integral_cost(done.refinement.formulation.program):
            near = math.floor(near + ROUNDING)
        if near > cost:
            asked.append(("within 1 %", near))
    own = math.inf if done.best is None else done.best.best_cost
    if math.isfinite(own) and not any(math.isclose(own, cost, rel_tol=ROUNDING) for _, cost in asked):
        asked.append(("best of this run", own))
    for name, cost in asked:
        sampler, uniform = chances.probabilities(cost)
        worth, low, high = ratio(sampler, uniform)
        objective = number(signed(problem, cost))
        is_chosen = name == "best of this run" and not chances.sampler_is_exact
        yield TargetWorth(name, objective, sampler, uniform, worth, low, high, is_chosen, chances.beyond(cost))


def ratio(sampler: Probability, uniform: Probability) -> tuple[float | None, float | None, float | None]:
    """``(worth, low, high)`` of two chances; None for what is not known, or not limited.

    Examples
    --------
    >>> exact = Probability(0.001, 0.001, 0.001)
    >>> ratio(Probability(0.5, 0.4, 0.6, "sampled"), exact)
    (500.0, 400.0, 600.0)
    >>> ratio(Probability(0.5, 0.4, 0.6, "sampled"), Probability(0.0, 0.0, 0.01, "sampled"))
    (None, 40.0, None)
    """
    if uniform.high == 0:
        return None, None, None
    value = sampler.value / uniform.value if uniform.value > 0 else None
    return value, sampler.low / uniform.high, sampler.high / uniform.low if uniform.low > 0 else None


def _probability(tally: CostTally, cost: float, z: float, *, is_exact: bool) -> Probability:
    share = tally.share(cost)
    if is_exact:
        return Probability(share, share, share)
    if not tally.total:
        return Probability(0.0, 0.0, 1.0, "sampled")
    found = wilson(round(tally.reaching(cost)), round(tally.total), z)
    return Probability(found.value, found.low, found.high, "sampled")


def _curve(problem: Problem, chances: Chances) -> Iterable[tuple[Number, float, float]]:
    """The best objectives of both, with the chance of each to be at least as good."""
    for cost in _costs(chances):
        objective = number(signed(problem, cost))
        yield objective, chances.sampler.share(cost), chances.uniform.share(cost)


def _start_curve(chances: Chances) -> Iterable[float]:
    """The chance of a point of the start for each of them; nothing where there is no start."""
    if chances.begun is not None:
        yield from (chances.begun.chances.share(cost) for cost in _costs(chances))


def _costs(chances: Chances) -> list[float]:
    """The best costs of sampler and uniform points, the lowest first."""
    costs: list[float] = np.union1d(chances.sampler.costs[:CURVE], chances.uniform.costs[:CURVE])[:CURVE].tolist()
    return costs


def _crossovers(problem: Problem, chances: Chances) -> Iterable[Crossover]:
    for k in SAMPLES:
        if not chances.sampler_is_exact and k > chances.sampler.total:
            return
        cost = chances.sampler.cost_of_share(-math.expm1(-math.log(2) / k))
        if cost is None:
            continue
        sampler, uniform = chances.probabilities(cost)
        chance = _best_of(k, sampler.value)
        is_saturated = chance > MAX_CHANCE
        value = points_for(min(chance, MAX_CHANCE), uniform.value)
        yield Crossover(
            samples=k,
            objective=number(signed(problem, cost)),
            chance=chance,
            uniform=value,
            low=points_for(min(_best_of(k, sampler.low), MAX_CHANCE), uniform.high),
            high=points_for(min(_best_of(k, sampler.high), MAX_CHANCE), uniform.low),
            is_saturated=is_saturated,
        )


def _best_of(k: int, p: float) -> float:
    """Chance that at least one of k draws reaches what one reaches with chance p."""
    return 1.0 if p >= 1 else -math.expm1(k * math.log1p(-p))


def points_for(chance: float, p: float) -> float | None:
    """Draws of chance p that together have a chance: ``ln(1 - chance) / ln(1 - p)``; None where p is 0.

    Examples
    --------
    >>> round(points_for(0.5, 0.01), 2), points_for(0.5, 0.0), points_for(0.5, 1.0)
    (68.97, None, 1.0)
    """
    if p <= 0:
        return None
    return 1.0 if p >= 1 else math.log1p(-chance) / math.log1p(-p)


def _price(done: SamplerRun, control: ControlRun) -> Price | None:
    """CPU seconds a point; what a sampler told of its own seconds divides training from sampling."""
    if not done.seen:
        return None
    told = [info["seconds"] for info in done.infos if isinstance(info.get("seconds"), dict)]
    own = sum(float(parts.get("sample", 0.0)) for parts in told)
    training = sum(float(parts.get("optimize", 0.0)) for parts in told)
    per_sample = done.cpu_seconds / done.seen
    uniform = control.cpu_seconds / control.control.num_points if control.control.num_points else None
    return Price(per_sample, per_sample * own / (own + training) if own and training else None, uniform)
