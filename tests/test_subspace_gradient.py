"""Adjoint gradients of expectation and CVaR against central differences, for every kind of mixer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qopt.solvers.subspace import (
    Costs,
    GroupMixer,
    GroupSpace,
    GroverMixer,
    KeyedSpace,
    Mixer,
    Search,
    TranspositionMixer,
    cvar,
    draw,
    evolve,
    expectation,
    flip_mixer,
    optimize,
    optimize_grown,
    permutation_space,
    probabilities,
    subset_space,
    swap_mixer,
    value_and_gradient,
)

SETS = KeyedSpace([0, 1, 2, 4, 5, 8, 9, 10], 4, "independent sets of a path")
GROUPS = GroupSpace(((0, 1, 2), (3, 4, 5, 6)), (7,))
MIXERS: dict[str, Callable[[], Mixer]] = {
    "transposition": lambda: TranspositionMixer(permutation_space(4)),
    "transposition-6": lambda: TranspositionMixer(permutation_space(6)),
    "grover": lambda: GroverMixer(permutation_space(4)),
    "groups-complete": lambda: GroupMixer(GROUPS, "complete"),
    "groups-ring": lambda: GroupMixer(GROUPS, "ring"),
    "subsets-complete": lambda: swap_mixer(subset_space(6, 3)),
    "subsets-ring": lambda: swap_mixer(subset_space(6, 3), graph="ring"),
    "subsets-trotter": lambda: swap_mixer(subset_space(6, 3), form="trotter"),
    "sets-sum": lambda: flip_mixer(SETS),
    "sets-trotter": lambda: flip_mixer(SETS, form="trotter"),
}


@pytest.mark.parametrize("alpha", [1.0, 0.37])
@pytest.mark.parametrize("name", MIXERS)
def test_gradient_is_the_central_difference(name: str, alpha: float) -> None:
    mixer = MIXERS[name]()
    rng = np.random.default_rng(7)
    costs = Costs(rng.normal(size=mixer.space.size))
    gammas, betas = rng.normal(size=3), rng.normal(size=3)
    start = rng.normal(size=(mixer.space.size, 2)) @ [1, 1j]
    start /= np.linalg.norm(start)

    def value(angles: np.ndarray) -> float:
        return cvar(evolve(mixer, costs, angles[:3], angles[3:], start=start), costs, alpha)

    got, by_gamma, by_beta = value_and_gradient(mixer, costs, gammas, betas, alpha=alpha, start=start)
    angles = np.concatenate([gammas, betas])
    assert got == pytest.approx(value(angles), abs=1e-12)
    step = 1e-5 * np.eye(6)
    numeric = [(value(angles + h) - value(angles - h)) / 2e-5 for h in step]
    assert np.abs(np.concatenate([by_gamma, by_beta]) - numeric).max() < 1e-6


@pytest.mark.parametrize("name", MIXERS)
def test_the_gate_preserves_the_norm_and_its_inverse_undoes_it(name: str) -> None:
    mixer = MIXERS[name]()
    state = np.random.default_rng(1).normal(size=(mixer.space.size, 2)) @ [1, 1j]
    state /= np.linalg.norm(state)
    adjoint = np.roll(state, 1)
    after = mixer.apply(state, 0.83)
    assert abs(np.linalg.norm(after) - 1) < 1e-12
    back, _, _ = mixer.pull_back(after, adjoint, 0.83)
    assert np.abs(back - state).max() < 1e-12


def test_cvar_is_the_mean_of_the_best_shots() -> None:
    rng = np.random.default_rng(3)
    costs = np.repeat(np.arange(10.0), 2)
    state = rng.normal(size=20) + 0j
    state /= np.linalg.norm(state)
    samples = np.sort(costs[draw(state, 200_000, np.random.default_rng(0))])
    for alpha in (0.1, 0.5):
        assert cvar(state, costs, alpha) == pytest.approx(samples[: int(alpha * 200_000)].mean(), abs=0.03)
    assert cvar(state, costs, 1.0) == pytest.approx(expectation(state, costs), abs=1e-12)


def test_draws_follow_the_probabilities() -> None:
    state = np.sqrt([0.5, 0.0, 0.3, 0.2, 0.0]) + 0j
    counts = np.bincount(draw(state, 100_000, np.random.default_rng(0)), minlength=5)
    assert counts[1] == counts[4] == 0
    assert counts / 100_000 == pytest.approx(probabilities(state), abs=0.01)


def tour_costs() -> Costs:
    rng = np.random.default_rng(11)
    D = rng.integers(1, 50, size=(6, 6))
    D = D + D.T
    p = permutation_space(5).permutations().astype(int)
    return Costs(D[5, p[:, 0]] + D[p[:, -1], 5] + sum(D[p[:, i], p[:, i + 1]] for i in range(4)))


def test_optimised_angles_beat_every_ramp_and_repeat_with_the_seed() -> None:
    mixer, costs = TranspositionMixer(permutation_space(5)), tour_costs()
    search = Search(num_layers=3, num_starts=3)
    first, again = (optimize(mixer, costs, search, seed=4) for _ in range(2))
    assert np.array_equal(first.gammas, again.gammas)
    assert first.value == pytest.approx(expectation(evolve(mixer, costs, first.gammas, first.betas), costs), abs=1e-9)
    assert first.value <= min(first.start_values) + 1e-9
    assert len(first.start_values) == 3
    _, by_gamma, by_beta = value_and_gradient(mixer, costs, first.gammas, first.betas)
    scaled = np.concatenate([by_gamma / costs.spread, by_beta * mixer.beta_unit]) / costs.spread
    assert np.abs(scaled).max() < 1e-4


def test_grown_angles_never_do_worse_than_a_layer_less() -> None:
    mixer, costs = TranspositionMixer(permutation_space(5)), tour_costs()
    values = [optimize_grown(mixer, costs, Search(num_layers=p, num_starts=1), seed=0).value for p in (1, 2, 3)]
    assert values[0] > values[1] > values[2]


@pytest.mark.parametrize("find", [optimize, optimize_grown])
def test_evaluations_are_counted_and_limited(find: Callable[..., object]) -> None:
    mixer, costs = TranspositionMixer(permutation_space(4)), Costs(np.arange(24.0))
    for limit in (1, 10, 40):
        best = find(mixer, costs, Search(num_layers=3), seed=1, evaluations=limit)
        assert best.evaluations <= limit + 1
        assert best.is_cut_short
        assert len(best.gammas) == 3
    free = find(mixer, costs, Search(num_layers=1, num_starts=2), seed=1)
    assert not free.is_cut_short
    assert 0 < free.gradients < free.evaluations


def test_a_spent_time_limit_still_gives_evaluated_angles() -> None:
    mixer, costs = TranspositionMixer(permutation_space(4)), Costs(np.arange(24.0))
    best = optimize(mixer, costs, Search(num_layers=2), seconds=1e-9)
    assert best.is_cut_short
    assert best.evaluations == 1
    assert best.value == pytest.approx(expectation(evolve(mixer, costs, best.gammas, best.betas), costs))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"gammas": [0.1, 0.2]}, "one of each a layer"),
        ({"costs": [1.0, 2.0]}, "one a point of the space"),
        ({"start": np.ones(24)}, "norm 1"),
    ],
)
def test_misfits_are_refused(change: dict[str, object], text: str) -> None:
    given = {"costs": np.arange(24.0), "gammas": [0.1], "betas": [0.1], "start": None} | change
    with pytest.raises(ValueError, match=text):
        evolve(GroverMixer(permutation_space(4)), **given)


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1.5])
def test_alpha_outside_its_range_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        cvar(np.ones(1) + 0j, [1.0], alpha)
    with pytest.raises(ValueError, match="alpha"):
        Search(alpha=alpha)


def test_costs_are_private_and_read_only() -> None:
    values = np.arange(3.0)
    costs = Costs(values)
    values[0] = 9
    assert costs.values[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        costs.values[0] = 1
    with pytest.raises(ValueError, match="finite"):
        Costs(np.array([1.0, np.nan]))
