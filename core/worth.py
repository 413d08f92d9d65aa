"""What one sample is worth, as it stands in the Record: probabilities, their ratio, the crossover, and the price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .problem import Number


@dataclass(frozen=True)
class Probability:
    """A probability with its 95 % interval; ``exact`` ones have none (low = value = high).

    ``exact``: from all points, or from the state itself. ``sampled``: Wilson's interval from the points drawn.
    """

    value: float
    low: float
    high: float
    kind: Literal["exact", "sampled"] = "exact"


@dataclass(frozen=True)
class BeyondStart:
    """How much likelier one sample reaches a target than one point of the sampler's own start: the circuit's factor.

    ``chance`` is the start's; the ratio and its limits are as in ``TargetWorth``.
    """

    chance: Probability
    worth: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class TargetWorth:
    """How much likelier one sample is feasible and at least as good as a target than one uniform point.

    ``worth = sampler / uniform``: one sample is worth that many uniform points of the same ground. None where uniform
    points never reached the target; ``low`` is then what is known, and ``high`` is None for no upper limit.
    ``is_chosen``: the target is the run's own best, chosen from the samples that are counted, so that a sampled worth
    is an upper estimate. ``beyond``: the same in points of the sampler's own start, where it has one that is not
    uniform.
    """

    target: Literal["optimum", "best known", "within 1 %", "best of this run"]
    objective: Number
    sampler: Probability
    uniform: Probability
    worth: float | None
    low: float | None
    high: float | None
    is_chosen: bool = False
    beyond: BeyondStart | None = None


@dataclass(frozen=True)
class Crossover:
    """Number of uniform points whose best equals the best of ``samples`` samples.

    ``objective`` is the median best of that many samples, reached by them with probability ``chance``; ``uniform``
    points reach it with the same probability. ``is_saturated``: the samples surely reach the ground's best, so a
    chance of 99 % is asked of both, and more samples bring nothing.
    """

    samples: int
    objective: Number
    chance: float
    uniform: float | None
    low: float | None
    high: float | None
    is_saturated: bool = False


@dataclass(frozen=True)
class Price:
    """CPU seconds a point: of the sampler (training shared among its samples), sampling alone, and a uniform point."""

    sampler: float
    sampling: float | None
    uniform: float | None


@dataclass(frozen=True)
class Worth:
    """What the samples of one run are worth in uniform points of the same ground.

    ``space`` names the ground, ``num_points`` its size where all its points were counted; ``best`` is the best
    objective of all of them then (of the core, where a reduction went before), None elsewhere. ``curve`` has the best
    objectives that either reached, the best first and none left out, each with the chances of one sample and of one
    uniform point to be at least as good: a target that only other runs know is looked up there. ``start`` says what the
    sampler's own start is, empty where it has none; ``start_curve`` has its chance for each entry of ``curve``.
    """

    space: str
    num_points: int | None
    best: Number | None
    targets: tuple[TargetWorth, ...] = ()
    crossover: tuple[Crossover, ...] = ()
    price: Price | None = None
    curve: tuple[tuple[Number, float, float], ...] = ()
    start: str = ""
    start_curve: tuple[float, ...] = ()
