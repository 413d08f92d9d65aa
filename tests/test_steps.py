"""Step rules: their formulae, purity, and that every ascent reaches the LP value of a small dual problem."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from qopt.algorithms.linear import linear_relaxation
from qopt.algorithms.steps import (
    Answer,
    Ascent,
    Constant,
    Exponential,
    Harmonic,
    Polyak,
    SquareRoot,
    StepRule,
    Subgradient,
    Volume,
    camerini_direction,
)


def _lengths(rule: StepRule, count: int, squared_norm: float = 4.0) -> list[float]:
    state, out = rule.start(), []
    for _ in range(count):
        length, state = rule.step(state, value=0.0, squared_norm=squared_norm, target=10.0)
        out.append(length)
    return out


def test_formulae_of_the_open_loop_rules() -> None:
    assert _lengths(Constant(3.0), 3) == [3.0, 3.0, 3.0]
    assert _lengths(Harmonic(6.0), 3) == [6.0, 3.0, 2.0]
    assert _lengths(SquareRoot(6.0), 4) == pytest.approx([6.0, 6.0 / np.sqrt(2), 6.0 / np.sqrt(3), 3.0])
    assert _lengths(Exponential(8.0, ratio=0.5), 4) == [8.0, 4.0, 2.0, 1.0]
    for rule in (Constant(3.0), Harmonic(6.0), SquareRoot(6.0), Exponential(8.0)):
        halves = [length / 2.0 for length in _lengths(rule, 4)]  # ||d|| = 2
        assert _lengths(replace(rule, is_normalized=True), 4) == pytest.approx(halves)


def test_polyak_length_and_halving() -> None:
    assert _lengths(Polyak(factor=2.0, patience=3, shrink=0.5), 8) == [5.0, 5.0, 5.0, 2.5, 2.5, 2.5, 1.25, 1.25]
    rule = Polyak(patience=2)
    state = rule.start()
    for value in (1.0, 2.0, 3.0, 4.0, 5.0):  # improving: the factor stays
        _, state = rule.step(state, value=value, squared_norm=1.0, target=10.0)
    assert (state.factor, state.count, state.best, state.stalled) == (1.0, 5, 5.0, 0)


def test_polyak_needs_a_target_and_stops_at_it() -> None:
    rule = Polyak()
    assert rule.step(rule.start(), value=11.0, squared_norm=1.0, target=10.0)[0] == 0.0
    assert rule.step(rule.start(), value=1.0, squared_norm=0.0, target=10.0)[0] == 0.0
    for target in (None, np.inf):
        with pytest.raises(ValueError, match="target of a Polyak step must be a finite number"):
            rule.step(rule.start(), value=1.0, squared_norm=1.0, target=target)


def test_camerini_direction_makes_an_acute_angle_with_the_previous_one() -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        g, d = rng.normal(size=(2, 5))
        deflected = camerini_direction(g, d, 1.5)
        if g @ d >= 0:
            assert deflected.tolist() == g.tolist()
        else:
            assert deflected @ d == pytest.approx(-0.5 * (g @ d))
    assert camerini_direction(g, None, 1.5) is g
    assert camerini_direction(g, np.zeros(5), 1.5) is g


def _knapsack(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """min c'x, two inequality rows and one equality row (the free multiplier), feasible by construction."""
    rng = np.random.default_rng(seed)
    A = np.vstack([rng.integers(1, 10, size=(2, 12)), np.ones(12)])
    b = np.array([*(A[:2].sum(axis=1) // 2), 6.0])
    A, b = A / b[:, None], np.ones(3)  # rows normalised, as the ascents want them
    return -rng.integers(1, 20, size=12).astype(float), A, b, np.array([False, False, True])


def _ascend(ascent: Ascent, seed: int, rounds: int) -> tuple[float, float, float, np.ndarray | None]:
    c, A, b, is_free = _knapsack(seed)
    lp = linear_relaxation(c, A, np.where(is_free, b, -np.inf), b).value
    points = np.array(list(itertools.product((0, 1), repeat=12)))
    activity = points @ A.T
    feasible = (activity[:, :2] <= 1 + 1e-9).all(axis=1) & (abs(activity[:, 2] - 1) < 1e-9)
    target = float((points[feasible] @ c).min())
    state = ascent.start(np.zeros(3))
    for _ in range(rounds):
        x = (c + A.T @ state.multipliers < 0).astype(float)
        value = float(c @ x + state.multipliers @ (A @ x - b))
        state = ascent.advance(state, Answer(value, A @ x - b, target, x, is_free))
        assert (state.multipliers[~is_free] >= 0).all()
    return state.best_value, lp, target, state.average


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("ascent", "tolerance"),
    [
        (Subgradient(Polyak()), 2e-3),
        (Subgradient(Polyak(), deflection=1.5), 2e-3),
        (Subgradient(Constant(0.5, is_normalized=True)), 2e-2),
        (Subgradient(Harmonic(30.0, is_normalized=True)), 2e-2),
        (Subgradient(SquareRoot(10.0, is_normalized=True)), 2e-2),
        (Subgradient(Exponential(5.0, 0.99, is_normalized=True)), 2e-2),
        (Volume(), 2e-3),
    ],
)
def test_every_ascent_reaches_the_lp_value_and_never_passes_it(ascent: Ascent, tolerance: float, seed: int) -> None:
    best, lp, target, _ = _ascend(ascent, seed, 600)
    assert best <= lp + 1e-9 <= target + 2e-9
    assert best >= lp - tolerance * abs(lp)


@pytest.mark.parametrize("seed", range(4))
def test_volume_average_is_nearly_feasible_and_nearly_optimal(seed: int) -> None:
    c, A, b, is_free = _knapsack(seed)
    _, lp, _, average = _ascend(Volume(), seed, 1500)
    assert average is not None
    excess = A @ average - b
    excess = np.where(is_free, np.abs(excess), np.maximum(excess, 0.0))
    assert (excess <= 0.05 * b).all()
    assert c @ average == pytest.approx(lp, rel=0.03)


@pytest.mark.parametrize("ascent", [Subgradient(Polyak(), deflection=1.5), Volume()])
def test_advance_is_pure_and_continues_from_any_state(ascent: Ascent) -> None:
    state = ascent.start([1.0, 0.0])
    answer = Answer(2.0, np.array([1.0, -1.0]), 5.0, np.array([1.0, 0.0, 1.0]))
    first, second = ascent.advance(state, answer), ascent.advance(state, answer)
    assert first.multipliers.tolist() == second.multipliers.tolist()
    assert state.multipliers.tolist() == [1.0, 0.0]
    assert state.best_value == -np.inf
    assert first.best_multipliers.tolist() == [1.0, 0.0]
    assert first.multipliers[1] == 0.0


@pytest.mark.parametrize(
    "make", [lambda: Polyak(factor=3.0), lambda: Exponential(ratio=1.0), lambda: Subgradient(deflection=-1)]
)
def test_bad_settings_are_refused(make: object) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        make()  # type: ignore[operator]
