"""Expectation, CVaR, probabilities and sampling of exact states."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.engines import diagonal
from qopt.engines.diagonal import CostDiagonal, State

from .exact_cases import cut_cost, qubo_cost, regular_edges


def _states():
    yield diagonal.evolve(qubo_cost(9), [0.1, 0.2], [0.4, 0.3]), qubo_cost(9)
    cut = cut_cost(regular_edges(10), 10)
    yield diagonal.evolve(cut, [0.3, 0.5], [0.4, 0.2]), cut


@pytest.mark.parametrize("alpha", [0.01, 0.2, 0.77, 1.0])
def test_cvar_is_the_mean_of_the_lowest_share(alpha):
    for state, cost in _states():
        order = np.argsort(cost.values())
        weights, energies = state.probabilities()[order], cost.values()[order]
        kept = np.clip(alpha - np.concatenate([[0], np.cumsum(weights)[:-1]]), 0, weights)
        assert diagonal.cvar(state, cost, alpha) == pytest.approx(kept @ energies / alpha, abs=1e-10)
    assert diagonal.cvar(state, cost, 1.0) == pytest.approx(diagonal.expectation(state, cost), abs=1e-10)


def test_cvar_of_real_energies_and_of_a_flat_cost():
    state, _ = next(_states())
    real = CostDiagonal.from_values(np.random.default_rng(0).normal(size=512))
    order = np.argsort(real.values())
    weights = state.probabilities()[order]
    kept = np.clip(0.3 - np.concatenate([[0], np.cumsum(weights)[:-1]]), 0, weights)
    assert diagonal.cvar(state, real, 0.3) == pytest.approx(kept @ real.values()[order] / 0.3, abs=1e-12)
    assert diagonal.cvar(state, CostDiagonal.from_values(np.full(512, 2.0)), 0.3) == pytest.approx(2.0)
    with pytest.raises(ValueError, match=r"alpha must be in \(0, 1\]"):
        diagonal.cvar(state, real, 0.0)


def test_probabilities_of_points():
    for state, cost in _states():
        p, energies = state.probabilities(), cost.values()
        best = energies == energies.min()
        assert diagonal.probability_of(state, best) == pytest.approx(p[best].sum(), abs=1e-12)
        assert diagonal.probability_of(state, np.flatnonzero(best)) == pytest.approx(p[best].sum(), abs=1e-12)
        assert diagonal.probability_of(state, [3]) == pytest.approx(p[3], abs=1e-12)
        assert diagonal.probability_below(state, cost, cost.min) == pytest.approx(p[best].sum(), abs=1e-12)
        middle = float(np.median(energies))
        assert diagonal.probability_below(state, cost, middle) == pytest.approx(p[energies <= middle].sum(), abs=1e-12)
    with pytest.raises(ValueError, match="points must lie in"):
        diagonal.probability_of(state, [2**10])


def test_a_half_state_measures_other_costs_too():
    cut = cut_cost(regular_edges(8), 8)
    other = qubo_cost(8)
    state = diagonal.evolve(cut, [0.4], [0.3])
    assert diagonal.expectation(state, other) == pytest.approx(state.probabilities() @ other.values(), abs=1e-10)


@pytest.mark.parametrize("symmetric", [False, True])
def test_states_of_several_blocks_are_measured_whole(symmetric):
    n = 18
    other = qubo_cost(n)
    state = diagonal.evolve(cut_cost(regular_edges(n), n) if symmetric else other, [0.05], [0.3])
    p, energies = state.probabilities(), other.values()
    order = np.argsort(energies)
    kept = np.clip(0.1 - np.concatenate([[0], np.cumsum(p[order])[:-1]]), 0, p[order])
    assert diagonal.expectation(state, other) == pytest.approx(p @ energies, abs=1e-9)
    assert diagonal.cvar(state, other, 0.1) == pytest.approx(kept @ energies[order] / 0.1, abs=1e-9)
    assert diagonal.probability_below(state, other, 0.0) == pytest.approx(p[energies <= 0].sum(), abs=1e-12)
    assert diagonal.probability_of(state, energies <= 0) == pytest.approx(p[energies <= 0].sum(), abs=1e-12)


def test_samples_follow_the_distribution():
    from scipy.stats import chisquare

    for state, _ in _states():
        p = state.probabilities()
        shots = 200_000
        drawn = diagonal.sample(state, shots, np.random.default_rng(7))
        counts = np.bincount(drawn, minlength=p.size)
        common = p * shots >= 10
        observed = np.append(counts[common], counts[~common].sum())
        expected = np.append(p[common], p[~common].sum()) * shots
        assert chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-3


def test_samples_of_large_states_invert_the_cumulative_distribution():
    state = diagonal.evolve(qubo_cost(17), [0.05], [0.3])
    drawn = diagonal.sample(state, 9000, np.random.default_rng(3))
    uniform = np.random.default_rng(3).random(9000)
    expected = np.searchsorted(np.cumsum(state.probabilities()), uniform, side="right")
    assert (drawn == expected).mean() > 0.999  # sums in another order may round the other way at an edge


def test_samples_are_in_random_order_and_follow_the_seed():
    state, _ = next(_states())
    drawn = diagonal.sample(state, 20_000, np.random.default_rng(3))
    assert np.array_equal(drawn, diagonal.sample(state, 20_000, np.random.default_rng(3)))
    half = drawn.size // 2
    assert abs(drawn[:half].mean() - drawn[half:].mean()) < 6 * drawn.std() / np.sqrt(half)
    assert diagonal.sample(state, 0, np.random.default_rng(3)).shape == (0,)


def test_points_without_weight_are_never_drawn():
    real = np.zeros(4096)
    real[[5, 1023, 4095]] = np.sqrt([0.5, 0.25, 0.25])
    state = State(real, np.zeros(4096), 12)
    drawn = diagonal.sample(state, 10_000, np.random.default_rng(0))
    assert set(drawn.tolist()) == {5, 1023, 4095}


def test_bits_and_indices_are_inverse_with_bit_i_for_variable_i():
    indices = np.arange(64)
    bits = diagonal.indices_to_bits(indices, 6)
    assert bits[1].tolist() == [1, 0, 0, 0, 0, 0]
    assert np.array_equal(diagonal.bits_to_indices(bits), indices)
    cost = qubo_cost(6)
    state = diagonal.evolve(CostDiagonal.from_values(cost.values()), [0.2], [0.3])
    assert state.amplitudes().shape == (64,)


def test_states_are_read_only():
    state, _ = next(_states())
    with pytest.raises(ValueError, match="read-only"):
        state.real[0] = 1
