"""Optimisers: they go down, they stop, and they use gradients where there are any."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from qopt.solvers.training.optimizers import OPTIMIZERS, BudgetExhausted, OptimizerName, minimize


class Waves:
    """Sum of sinusoids, minimum -sum(heights); counts its calls, and is spent after ``limit`` of them."""

    def __init__(self, limit: int = 10**9, *, has_gradient: bool = True) -> None:
        self.phases = np.array([0.3, -0.8, 1.1])
        self.heights = np.array([1.0, 0.5, 2.0])
        self.frequencies = np.array([1.0, 2.0, 1.0])
        self.has_gradient = has_gradient
        self.limit = limit
        self.calls = 0
        self.slopes = 0
        self.best = np.inf

    @property
    def periods(self) -> np.ndarray:
        return 2 * np.pi / self.frequencies

    def value(self, angles: np.ndarray) -> float:
        if self.calls >= self.limit:
            raise BudgetExhausted
        self.calls += 1
        found = float(-self.heights @ np.cos(self.frequencies * (angles - self.phases)))
        self.best = min(self.best, found)
        return found

    def value_and_gradient(self, angles: np.ndarray) -> tuple[float, np.ndarray]:
        self.slopes += 1
        return self.value(angles), self.heights * self.frequencies * np.sin(self.frequencies * (angles - self.phases))


NAMES = [name for name in OPTIMIZERS if name != "none"]


def test_the_table_and_the_type_name_the_same() -> None:
    assert set(OPTIMIZERS) == set(get_args(OptimizerName))
    assert all(entry.summary for entry in OPTIMIZERS.values())


@pytest.mark.parametrize("name", NAMES)
def test_goes_down_to_the_minimum(name: OptimizerName) -> None:
    waves = Waves()
    minimize(name, waves, np.zeros(3), 300, np.random.default_rng(1))
    tolerance = 0.1 if name == "spsa" else 1e-3
    assert waves.best == pytest.approx(-3.5, abs=tolerance)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
@pytest.mark.parametrize("evaluations", [1, 2, 9])
def test_takes_no_more_evaluations_than_it_may(name: OptimizerName, evaluations: int) -> None:
    waves = Waves(has_gradient=name == "l-bfgs")
    minimize(name, waves, np.zeros(3), evaluations, np.random.default_rng(1))
    assert 1 <= waves.calls <= evaluations


def test_a_spent_target_ends_the_run() -> None:
    waves = Waves(limit=4)
    with pytest.raises(BudgetExhausted):
        minimize("cobyla", waves, np.zeros(3), 100, np.random.default_rng(1))
    assert waves.calls == 4


def test_lbfgs_takes_gradients_where_there_are_any() -> None:
    exact, blind = Waves(), Waves(has_gradient=False)
    for waves in (exact, blind):
        minimize("l-bfgs", waves, np.zeros(3), 100, np.random.default_rng(1))
    assert exact.slopes == exact.calls
    assert blind.slopes == 0
    assert exact.calls < blind.calls


def test_nft_is_exact_for_one_rotation_an_angle() -> None:
    waves = Waves()
    minimize("nft", waves, np.array([2.0, -2.5, 0.1]), 10, np.random.default_rng(1))  # 1 + 3 angles of 3 each
    assert waves.best == pytest.approx(-3.5, abs=1e-12)


def test_spsa_follows_its_generator() -> None:
    ends = []
    for seed in (1, 1, 2):
        waves = Waves()
        minimize("spsa", waves, np.zeros(3), 60, np.random.default_rng(seed))
        ends.append(waves.best)
    assert ends[0] == ends[1] != ends[2]


def test_no_angles_is_one_evaluation() -> None:
    class Constant(Waves):
        def value(self, angles: np.ndarray) -> float:
            self.calls += 1
            return 1.0

    constant = Constant()
    minimize("l-bfgs", constant, np.zeros(0), 50, np.random.default_rng(1))
    assert constant.calls == 1
