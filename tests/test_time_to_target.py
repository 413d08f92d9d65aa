"""Time to target: halves kept apart, latency in whole batches, intervals that cover."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qopt.experiments.time_to_target import Reads, jeffreys, time_to_target


def bernoulli(share: float, batches: int, reads: int, seconds: float, seed: int, length: int = 1) -> Reads:
    hits = np.random.default_rng(seed).random((batches, reads)) < share
    return Reads(length, np.full(batches, seconds), np.where(hits, 0.0, 1.0))


def test_formula_on_known_shares() -> None:
    found = time_to_target([bernoulli(0.1, 4000, 8, 0.4, 1)], 0.0)
    exact = 0.05 * math.log(0.01) / math.log(0.9)
    assert found.amortised.low < exact < found.amortised.high
    batch = 1 - 0.9**8
    assert found.latency.value == pytest.approx(0.4 * math.log(0.01) / math.log(1 - batch), rel=0.1)


def test_latency_is_never_below_one_batch() -> None:
    found = time_to_target([bernoulli(0.9, 100, 64, 2.0, 1)], 0.0)
    assert found.latency.value == 2.0
    assert found.amortised.value < 0.1


def test_the_choice_does_not_see_the_test_half() -> None:
    """Equal lengths that differ by luck only: the best of fifty looks better than it is, the test half does not."""
    excess, trained = [], []
    for trial in range(30):
        runs = [bernoulli(0.2, 20, 4, 1.0, 1000 * trial + k, k) for k in range(50)]
        found = time_to_target(runs, 0.0)
        excess.append(found.share - 0.2)
        trained.append(max(float((run.values[0::2] <= 0).mean()) for run in runs) - 0.2)
    assert np.mean(trained) > 0.1  # what telling the training half would claim
    assert abs(np.mean(excess)) < 4 * np.sqrt(0.2 * 0.8 / 40 / 30)


def test_no_hit_is_infinite_with_a_lower_limit() -> None:
    found = time_to_target([bernoulli(0.0, 10, 5, 1.0, 1), bernoulli(0.0, 10, 5, 1.0, 2, 2)], 0.0)
    assert found.share == 0
    assert found.amortised.value == math.inf
    assert found.amortised.is_limit
    assert 0 < found.amortised.low < math.inf
    all_hit = time_to_target([bernoulli(1.1, 10, 5, 1.0, 1)], 0.0)
    assert (all_hit.share, all_hit.amortised.value) == (1.0, 0.2)


def test_intervals_cover() -> None:
    exact = 0.25 * math.log(0.01) / math.log(0.7)
    inside = 0
    for seed in range(100):
        found = time_to_target([bernoulli(0.3, 60, 4, 1.0, seed)], 0.0)
        inside += found.amortised.low <= exact <= found.amortised.high
    assert inside >= 85


def test_bad_runs() -> None:
    with pytest.raises(ValueError, match="one time a batch"):
        Reads(1, np.ones(2), np.ones((3, 1)))
    with pytest.raises(ValueError, match="two batches or more"):
        time_to_target([Reads(1, np.ones(1), np.ones((1, 1)))], 0.0)


def test_jeffreys_ends() -> None:
    assert jeffreys(0, 4)[0] == 0.0
    assert jeffreys(4, 4)[1] == 1.0
    low, high = jeffreys(2, 4)
    assert low == pytest.approx(1 - high)
