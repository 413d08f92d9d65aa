"""Intervals of mean utilities hold their level in simulation, where a bootstrap of few runs does not."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.experiments.report.bounded import bounded_mean, runs_needed
from qopt.experiments.report.utility import Utility, utility_score


@pytest.mark.parametrize("runs", [5, 20, 80])
@pytest.mark.parametrize("failure", [0.02, 0.3, 0.9])
@pytest.mark.parametrize("shape", ["linear", "step"])
def test_intervals_cover_simulated_runtimes(runs: int, failure: float, shape: str) -> None:
    """Lognormal times, some runs never; the true mean from a million. A bootstrap of 5 covers less than half."""
    rng = np.random.default_rng(runs)
    utility = Utility(shape, 10.0)  # type: ignore[arg-type]

    def times(count: int) -> np.ndarray:
        return np.where(rng.random(count) < failure, np.inf, rng.lognormal(1.0, 1.0, count))

    truth = float(utility(times(1_000_000)).mean())
    hits = 0
    for _ in range(200):
        found = utility_score(times(runs), utility)
        hits += found.low <= truth <= found.high
    assert hits >= 190


def test_more_runs_narrow_the_interval() -> None:
    rng = np.random.default_rng(1)
    widths = [(found := bounded_mean(rng.random(n))).high - found.low for n in (10, 100, 1000)]
    assert widths[0] > widths[1] > widths[2]
    assert widths[2] < 0.06
    with pytest.raises(ValueError, match=r"0\.\.1"):
        bounded_mean([0.5, 1.5])


def test_runs_needed_are_hoeffdings() -> None:
    assert [runs_needed(e) for e in (0.1, 0.05, 0.01)] == [185, 738, 18445]
    assert runs_needed(0.1, level=0.99) == 265
    for wrong in (0.0, -1.0, float("nan"), 1.0):
        with pytest.raises(ValueError, match="precision must be"):
            runs_needed(wrong)
