"""Dual ascent as settings and states: which multipliers to ask next, given what the oracle answered.

Step rules give the length, deflection the direction, ``Volume`` also the averaged primal point. Everything here
maximises a concave dual function from values and subgradients; nothing here knows whether the oracle was exact, so
``best_value`` is a bound only if the caller's oracle makes it one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..core.arrays import Float


@dataclass(frozen=True)
class StepState:
    """What a step rule remembers: steps taken, Polyak's factor, the best value seen, steps since it improved."""

    count: int = 0
    factor: float = 1.0
    best: float = -math.inf
    stalled: int = 0


class StepRule(Protocol):
    """Settings of a step length; ``step`` is a pure function of the state and the oracle's answer."""

    def start(self) -> StepState:
        """State before the first step."""

    def step(
        self, state: StepState, *, value: float, squared_norm: float, target: float | None
    ) -> tuple[float, StepState]:
        """Length of the next step, and the state after it; a rule that needs no target ignores it."""


def _observed(state: StepState, value: float) -> StepState:
    improved = value > state.best
    return replace(
        state,
        count=state.count + 1,
        best=max(value, state.best),
        stalled=0 if improved else state.stalled + 1,
    )


@dataclass(frozen=True)
class Polyak:
    """Length ``factor * (target - value) / ||d||^2``; the factor shrinks after ``patience`` steps without a new best.

    The target is the value of a known feasible point (or an estimate of the dual optimum). At value >= target the
    length is 0: nothing is left to gain.

    References
    ----------
    B. T. Polyak (1969), Minimization of unsmooth functionals, doi:10.1016/0041-5553(69)90061-5; the shrinking rule
    after M. Held, P. Wolfe, H. P. Crowder (1974), Validation of subgradient optimization, doi:10.1007/BF01580223.
    """

    factor: float = 1.0
    patience: int = 20
    shrink: float = 0.5

    def __post_init__(self) -> None:
        _check("factor", self.factor, 0 < self.factor <= 2, "lie in (0, 2]")
        _check("patience", self.patience, self.patience >= 1, "be >= 1")
        _check("shrink", self.shrink, 0 < self.shrink < 1, "lie in (0, 1)")

    def start(self) -> StepState:
        """State with the full factor and nothing observed."""
        return StepState(factor=self.factor)

    def step(
        self, state: StepState, *, value: float, squared_norm: float, target: float | None
    ) -> tuple[float, StepState]:
        """``factor * (target - value) / squared_norm``; the factor shrinks after ``patience`` steps without a better
        value.

        Raises
        ------
        ValueError
            No finite target is given.
        """
        if target is None or not math.isfinite(target):
            raise ValueError(f"target of a Polyak step must be a finite number, got {target!r}; give a feasible value")
        after = _observed(state, value)
        if after.stalled >= self.patience:
            after = replace(after, factor=after.factor * self.shrink, stalled=0)
        if squared_norm <= 0.0:
            return 0.0, after
        return after.factor * max(target - value, 0.0) / squared_norm, after


@dataclass(frozen=True)
class Constant:
    """The same length at every step; with ``is_normalized`` it is the distance moved, not the factor of d."""

    length: float = 1.0
    is_normalized: bool = False

    def start(self) -> StepState:
        """State of a run without steps."""
        return StepState()

    def step(
        self, state: StepState, *, value: float, squared_norm: float, target: float | None
    ) -> tuple[float, StepState]:
        """``length`` every time, over the subgradient's norm where it is normalised."""
        return _scaled(self.length, self.is_normalized, squared_norm), _observed(state, value)


@dataclass(frozen=True)
class Harmonic:
    """Length ``length / k`` at step k = 1, 2, ...: diverging sum, converging squares."""

    length: float = 1.0
    is_normalized: bool = False

    def start(self) -> StepState:
        """State of a run without steps."""
        return StepState()

    def step(
        self, state: StepState, *, value: float, squared_norm: float, target: float | None
    ) -> tuple[float, StepState]:
        """``length / k`` in step k = 1, 2, ..., over the subgradient's norm where it is normalised."""
        after = _observed(state, value)
        return _scaled(self.length / after.count, self.is_normalized, squared_norm), after


@dataclass(frozen=True)
class SquareRoot:
    """Length ``length / sqrt(k)`` at step k = 1, 2, ..."""

    length: float = 1.0
    is_normalized: bool = False

    def start(self) -> StepState:
        """State of a run without steps."""
        return StepState()

    def step(
        self, state: StepState, *, value: float, squared_norm: float, target: float | None
    ) -> tuple[float, StepState]:
        """``length / sqrt(k)`` in step k = 1, 2, ..., over the subgradient's norm where it is normalised."""
        after = _observed(state, value)
        return _scaled(self.length / math.sqrt(after.count), self.is_normalized, squared_norm), after


@dataclass(frozen=True)
class Exponential:
    """Length ``length * ratio^(k-1)`` at step k = 1, 2, ...; it can stop short, since the lengths have a finite sum."""

    length: float = 1.0
    ratio: float = 0.95
    is_normalized: bool = False

    def __post_init__(self) -> None:
        _check("ratio", self.ratio, 0 < self.ratio < 1, "lie in (0, 1)")

    def start(self) -> StepState:
        """State of a run without steps."""
        return StepState()

    def step(
        self, state: StepState, *, value: float, squared_norm: float, target: float | None
    ) -> tuple[float, StepState]:
        """``length * ratio**k`` in step k = 0, 1, ..., over the subgradient's norm where it is normalised."""
        length = self.length * self.ratio**state.count
        return _scaled(length, self.is_normalized, squared_norm), _observed(state, value)


def _scaled(length: float, is_normalized: bool, squared_norm: float) -> float:
    if not is_normalized:
        return length
    return length / math.sqrt(squared_norm) if squared_norm > 0 else 0.0


def _check(name: str, value: float, holds: bool, requirement: str) -> None:
    if not holds:
        raise ValueError(f"{name} must {requirement}, got {value!r}")


def camerini_direction(subgradient: Float, previous: Float | None, weight: float) -> Float:
    """Deflected direction ``g + beta d``, ``beta = max(0, -weight * <d, g> / ||d||^2)``; g itself where they agree.

    All have shape (m,).

    References
    ----------
    P. M. Camerini, L. Fratta, F. Maffioli (1975), On improving relaxation methods by modified gradient techniques,
    Math. Programming Study 3, doi:10.1007/BFb0120697; weight 1.5 recommended there, 0 switches it off.

    Examples
    --------
    >>> camerini_direction(np.array([-1.0, 1.0]), np.array([1.0, 0.0]), 1.5).tolist()
    [0.5, 1.0]
    """
    if previous is None or weight == 0.0:
        return subgradient
    norm = float(previous @ previous)
    if norm == 0.0:
        return subgradient
    beta = max(0.0, -weight * float(previous @ subgradient) / norm)
    return subgradient + beta * previous


@dataclass(frozen=True, eq=False)
class AscentState:
    """State of an ascent: ``multipliers`` is the point to ask the oracle next.

    ``best_multipliers``, ``best_value``: the best answer so far. ``direction``: the last one, all zero where nothing
    can be gained. ``average``: averaged primal point (Volume only). ``average_direction``: its subgradient.
    ``alpha``, ``checkpoint``: Volume's largest weight, and (count, value) at its last check.
    """

    multipliers: Float
    best_multipliers: Float
    best_value: float = -math.inf
    step: StepState = field(default_factory=StepState)
    direction: Float | None = None
    average: Float | None = None
    average_direction: Float | None = None
    alpha: float = 0.0
    checkpoint: tuple[int, float] = (0, -math.inf)


@dataclass(frozen=True, eq=False)
class Answer:
    """The oracle's answer at ``state.multipliers``: dual value, subgradient, minimiser and the target of the ascent.

    ``is_free`` marks multipliers without sign (equalities), shape (m,); None: all must stay >= 0.
    """

    value: float
    subgradient: Float
    target: float | None = None
    point: Float | None = None
    is_free: npt.NDArray[np.bool_] | None = None


def _project(multipliers: Float, is_free: npt.NDArray[np.bool_] | None) -> Float:
    positive = np.maximum(multipliers, 0.0)
    return positive if is_free is None else np.where(is_free, multipliers, positive)


def _unblocked(direction: Float, at: Float, is_free: npt.NDArray[np.bool_] | None) -> Float:
    """Components that would leave the orthant set to 0, so that they do not shorten a Polyak step."""
    blocked = (at <= 0.0) & (direction < 0.0)
    if is_free is not None:
        blocked &= ~is_free
    return np.where(blocked, 0.0, direction)


class Ascent(Protocol):
    """Settings of a dual ascent: ``start`` then ``advance`` after every oracle call; both pure."""

    def start(self, multipliers: npt.ArrayLike) -> AscentState:
        """State at the first multipliers, shape (m,), before any dual value is known."""

    def advance(self, state: AscentState, answer: Answer) -> AscentState:
        """State at the next multipliers, from the dual value and the subgradient, shape (m,), at the present ones."""


@dataclass(frozen=True)
class Subgradient:
    """Projected subgradient ascent ``l <- [l + t d]_+`` with a step rule and Camerini's deflection (weight 0: none).

    Examples
    --------
    >>> ascent = Subgradient(Constant(0.25))
    >>> state = ascent.advance(ascent.start([0.0]), Answer(value=-1.0, subgradient=np.array([2.0])))
    >>> state.multipliers.tolist(), state.best_value
    ([0.5], -1.0)
    """

    rule: StepRule = field(default_factory=Polyak)
    deflection: float = 0.0

    def __post_init__(self) -> None:
        _check("deflection", self.deflection, 0 <= self.deflection <= 2, "lie in [0, 2]")

    def start(self, multipliers: npt.ArrayLike) -> AscentState:
        """State at the multipliers, shape (m,), with the step rule's own start."""
        at = np.array(multipliers, dtype=np.float64)
        return AscentState(at, at, step=self.rule.start())

    def advance(self, state: AscentState, answer: Answer) -> AscentState:
        """One step along the deflected subgradient, shape (m,); multipliers of inequalities stay at or above 0."""
        at = state.multipliers
        better = answer.value > state.best_value
        direction = camerini_direction(answer.subgradient, state.direction, self.deflection)
        direction = _unblocked(direction, at, answer.is_free)
        length, step = self.rule.step(
            state.step, value=answer.value, squared_norm=float(direction @ direction), target=answer.target
        )
        return replace(
            state,
            multipliers=_project(at + length * direction, answer.is_free),
            best_multipliers=at if better else state.best_multipliers,
            best_value=max(answer.value, state.best_value),
            step=step,
            direction=direction,
        )


@dataclass(frozen=True)
class Volume:
    """Volume algorithm: steps from the best multipliers along the subgradient of an averaged primal point.

    ``average <- alpha x + (1 - alpha) average`` approximates an optimum of the convexified primal; the step is Polyak's
    with a factor that grows on green steps (better value, direction confirmed) and shrinks after ``patience`` red ones.

    References
    ----------
    F. Barahona, R. Anbil (2000), The volume algorithm: producing primal solutions with a subgradient method,
    doi:10.1007/s101070050002: factor .66 and 1.1, patience 20, alpha from the line search between
    alpha_max / 10 and alpha_max, which is halved where 100 steps raised the value by less than 1 %.
    """

    factor: float = 0.1
    patience: int = 20
    shrink: float = 0.66
    grow: float = 1.1
    alpha: float = 0.1
    min_alpha: float = 1e-5

    def __post_init__(self) -> None:
        _check("factor", self.factor, 0 < self.factor <= 2, "lie in (0, 2]")
        _check("alpha", self.alpha, 0 < self.alpha <= 1, "lie in (0, 1]")

    def start(self, multipliers: npt.ArrayLike) -> AscentState:
        """State at the multipliers, shape (m,), which are the first centre."""
        at = np.array(multipliers, dtype=np.float64)
        return AscentState(at, at, step=StepState(factor=self.factor), alpha=self.alpha)

    def advance(self, state: AscentState, answer: Answer) -> AscentState:
        """One step of the volume algorithm: from the best multipliers, shape (m,), along the mean of the subgradients.

        Raises
        ------
        ValueError
            No finite target is given.
        """
        if answer.target is None or not math.isfinite(answer.target):
            raise ValueError(
                f"target of the volume algorithm must be finite, got {answer.target!r}; give a feasible value"
            )
        better = answer.value > state.best_value
        best_value = max(answer.value, state.best_value)
        centre = state.multipliers if better else state.best_multipliers
        step = self._coloured(state, answer, better)
        alpha_max, checkpoint = self._alpha_max(state, step, best_value)
        weight = self._weight(state.average_direction, answer.subgradient, alpha_max)
        average_direction = _mixed(state.average_direction, answer.subgradient, weight)
        direction = _unblocked(average_direction, centre, answer.is_free)
        norm = float(direction @ direction)
        length = step.factor * max(answer.target - best_value, 0.0) / norm if norm > 0 else 0.0
        return AscentState(
            multipliers=_project(centre + length * direction, answer.is_free),
            best_multipliers=centre,
            best_value=best_value,
            step=step,
            direction=direction,
            average=None if answer.point is None else _mixed(state.average, np.asarray(answer.point, float), weight),
            average_direction=average_direction,
            alpha=alpha_max,
            checkpoint=checkpoint,
        )

    def _coloured(self, state: AscentState, answer: Answer, better: bool) -> StepState:
        """Green: better and confirmed; yellow: better, direction reversed; red: not better."""
        step = _observed(state.step, answer.value)
        confirmed = state.average_direction is not None and float(state.average_direction @ answer.subgradient) >= 0
        if better and confirmed:
            return replace(step, factor=min(2.0, step.factor * self.grow))
        if step.stalled >= self.patience:
            return replace(step, factor=step.factor * self.shrink, stalled=0)
        return step

    def _alpha_max(self, state: AscentState, step: StepState, best: float) -> tuple[float, tuple[int, float]]:
        count, value = state.checkpoint
        if step.count - count < 100:
            return state.alpha, state.checkpoint
        slow = best < value + 0.01 * abs(value)
        return (max(self.min_alpha, state.alpha / 2) if slow else state.alpha), (step.count, best)

    @staticmethod
    def _weight(average: Float | None, new: Float, alpha_max: float) -> float:
        """Minimiser over a of ||a new + (1 - a) average||, kept within [alpha_max / 10, alpha_max]."""
        if average is None:
            return 1.0
        difference = new - average
        norm = float(difference @ difference)
        best = -float(average @ difference) / norm if norm > 0 else alpha_max
        return alpha_max / 10 if best < 0 else min(alpha_max, max(best, alpha_max / 10))


def _mixed(average: Float | None, new: Float, weight: float) -> Float:
    return new if average is None else weight * new + (1.0 - weight) * average
