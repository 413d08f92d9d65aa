"""Figures of merit against hand-computed cases and, where scipy has the same, against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from qopt.experiments.metrics import (
    approximation_ratio,
    ecdf,
    first_time,
    performance_profile,
    primal_integral,
    repeats_to_target,
    time_to_solution,
    wilson,
)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (10, 10), (57, 1000), (1, 1)])
def test_wilson_is_scipys(successes: int, trials: int) -> None:
    expected = binomtest(successes, trials).proportion_ci(method="wilson")
    found = wilson(successes, trials)
    assert found.low == pytest.approx(expected.low, abs=1e-12)
    assert found.high == pytest.approx(expected.high, abs=1e-12)


def test_repeats_reach_99_percent() -> None:
    for p in (0.01, 0.3, 0.9):
        assert 1 - (1 - p) ** repeats_to_target(p) == pytest.approx(0.99)
    assert repeats_to_target(0.995) == 1
    assert repeats_to_target(1.0) == 1
    assert math.isinf(repeats_to_target(0.0))


def test_tts_counts_at_least_one_read_and_keeps_its_interval() -> None:
    assert time_to_solution(10, 10, 2.0).value == 2.0
    found = time_to_solution(20, 100, 0.5)
    assert found.value == pytest.approx(0.5 * math.log(0.01) / math.log(0.8))
    assert found.low < found.value < found.high


def test_without_a_success_there_is_a_lower_limit_only() -> None:
    found = time_to_solution(0, 50, 1.0)
    assert found.is_limit
    assert math.isinf(found.high)
    assert found.low == pytest.approx(repeats_to_target(wilson(0, 50).high))


def test_ratio_trace_and_integral_by_hand() -> None:
    assert approximation_ratio(-5, -10, 10) == 0.75
    assert approximation_ratio(1, 1, 1) is None
    trace = [(1.0, 10.0), (2.0, 8.0)]
    assert first_time(trace, 8, "min") == 2.0
    assert first_time(trace, 9, "max") == 1.0
    assert math.isinf(first_time(trace, 7, "min"))
    # 1 s without, 1 s at (10 - 8) / 10, 2 s at 0
    assert primal_integral(trace, 8, 4.0, "min") == pytest.approx(1.2)
    assert primal_integral([], 8, 4.0, "min") == 4.0
    assert primal_integral([(5.0, 8.0)], 8, 4.0, "min") == 4.0


def test_ecdf_counts_failures_in_the_share_only() -> None:
    steps, shares = ecdf([np.inf, 2.0, 1.0])
    assert steps.tolist() == [1.0, 2.0]
    assert shares == pytest.approx([1 / 3, 2 / 3])


def test_profile_of_ties_and_failures() -> None:
    profile = performance_profile([[1, 1], [2, 6], [np.inf, np.inf]], [1, 3])
    assert profile == pytest.approx(np.array([[2 / 3, 1 / 3], [2 / 3, 2 / 3]]))
