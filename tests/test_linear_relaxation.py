"""LP relaxation: strong duality, sign conventions, and the bound below every binary point."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_array

from qopt.algorithms.linear import dual_value, linear_relaxation


def _random_program(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 8)), int(rng.integers(0, 6))
    A = rng.integers(-4, 5, size=(m, n)).astype(float)
    inside = A @ rng.integers(0, 2, size=n)
    lower = np.where(rng.random(m) < 0.5, -np.inf, inside - rng.integers(0, 3, size=m))
    upper = np.where(rng.random(m) < 0.3, np.inf, inside + rng.integers(0, 3, size=m))
    tight = rng.random(m) < 0.2
    lower[tight] = upper[tight] = inside[tight]
    return rng.integers(-5, 6, size=n).astype(float), A, lower, upper


@pytest.mark.parametrize("seed", range(60))
def test_duals_prove_the_value_and_the_bound_holds_for_every_binary_point(seed: int) -> None:
    c, A, lower, upper = _random_program(seed)
    rows = A if seed % 2 else csr_array(A)
    result = linear_relaxation(c, rows, lower, upper, offset=7.0)
    assert not result.is_infeasible
    assert result.bound == pytest.approx(result.value, abs=1e-7)  # strong duality: fails if any sign is wrong
    assert result.value == pytest.approx(7.0 + c @ result.x, abs=1e-7)
    assert (A @ result.x <= upper + 1e-7).all()
    assert (A @ result.x >= lower - 1e-7).all()
    assert result.reduced_costs == pytest.approx(c - A.T @ result.row_duals)
    points = np.array(list(itertools.product((0, 1), repeat=c.size)))
    feasible = ((points @ A.T <= upper) & (points @ A.T >= lower)).all(axis=1)
    assert result.bound <= 7.0 + (points @ c)[feasible].min() + 1e-9


@pytest.mark.parametrize("seed", range(30))
def test_complementary_slackness_and_signs(seed: int) -> None:
    c, A, lower, upper = _random_program(seed)
    result = linear_relaxation(c, A, lower, upper)
    activity = A @ result.x
    assert result.row_duals[(activity > lower + 1e-6) & (activity < upper - 1e-6)] == pytest.approx(0.0, abs=1e-9)
    assert (result.row_duals[np.isinf(lower)] <= 1e-9).all()
    assert (result.row_duals[np.isinf(upper)] >= -1e-9).all()
    assert (result.x[result.reduced_costs > 1e-6] < 1e-6).all()
    assert (result.x[result.reduced_costs < -1e-6] > 1 - 1e-6).all()


def test_row_duals_are_the_change_of_the_value_with_the_active_side() -> None:
    c, A = np.array([-5.0, -4.0, -3.0]), np.array([[2.0, 3.0, 1.0], [4.0, 1.0, 2.0]])
    at = linear_relaxation(c, A, [-np.inf] * 2, [3.5, 4.5])
    for i, step in itertools.product(range(2), (1e-3,)):
        moved = np.array([3.5, 4.5])
        moved[i] += step
        slope = (linear_relaxation(c, A, [-np.inf] * 2, moved).value - at.value) / step
        assert slope == pytest.approx(at.row_duals[i], abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_dual_value_is_a_bound_at_any_duals(seed: int) -> None:
    c, A, lower, upper = _random_program(seed)
    value = linear_relaxation(c, A, lower, upper).value
    duals = np.random.default_rng(seed + 1000).normal(size=(20, lower.size))
    assert all(dual_value(c, A, lower, upper, y) <= value + 1e-9 for y in duals)


def test_infeasible_programs_are_said_to_be_so() -> None:
    for lower, upper in (([3.0], [np.inf]), ([1.0], [0.0])):
        result = linear_relaxation([1.0, 1.0], [[1.0, 1.0]], lower, upper)
        assert result.is_infeasible
        assert result.value == result.bound == np.inf
        assert np.isnan(result.x).all()


def test_no_rows_and_no_variables() -> None:
    free = linear_relaxation([1.0, -2.0, 0.0], np.zeros((0, 3)), [], [])
    assert (free.value, free.bound) == (-2.0, -2.0)
    assert linear_relaxation([], np.zeros((1, 0)), [0.0], [1.0], offset=3.0).value == 3.0
    assert linear_relaxation([], np.zeros((1, 0)), [1.0], [1.0]).is_infeasible


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match=r"rows must have shape \(rows, 3\)"):
        linear_relaxation([1.0, 1.0, 1.0], [[1.0, 1.0]], [0.0], [1.0])
