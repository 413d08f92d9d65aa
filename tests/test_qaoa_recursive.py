"""Recursive QAOA: substitutions are exact, correlations are the state's, and small models are solved."""

from __future__ import annotations

import dimod
import networkx
import numpy as np
import pytest

from qopt.algorithms.depth_one import optimize_depth_one
from qopt.algorithms.enumeration import all_energies
from qopt.core import bqm_to_arrays
from qopt.engines import diagonal
from qopt.solvers.base import energies_of
from qopt.solvers.ising import Ising
from qopt.solvers.qaoa.recursive import RecursiveQaoa, Relations, closed_form, correlations_of, strongest


def model(n: int = 10, seed: int = 1) -> dimod.BinaryQuadraticModel:
    rng = np.random.default_rng(seed)
    J = np.triu(rng.integers(-4, 5, size=(n, n)), 1).astype(float)
    return dimod.BinaryQuadraticModel(rng.integers(-4, 5, size=n).astype(float), J, 1.0, "BINARY")


def all_points(n: int) -> np.ndarray:
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1


@pytest.mark.parametrize("seed", range(5))
def test_relations_keep_every_energy(seed: int) -> None:
    bqm = model(8, seed)
    rng = np.random.default_rng(seed)
    left = Relations.none(bqm)
    while left.num_left > 3:
        i, j = rng.choice(left.num_left, size=2, replace=False).tolist()
        sign = int(rng.choice((-1, 1)))
        left = left.fixed(i, sign) if rng.random() < 0.4 else left.merged(i, j, sign)
    points = all_points(left.num_left)
    assert np.allclose(energies_of(bqm, left.expanded(points)), energies_of(left.ising.model(), points))
    assert len(np.unique(left.expanded(points), axis=0)) == len(points)


def test_correlations_are_those_of_the_probabilities() -> None:
    bqm = model(6)
    state = diagonal.evolve(
        diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm)), [0.05, 0.1], [0.5, 0.2], engine="numpy"
    )
    singles, pairs = correlations_of(state)
    spins = 1 - 2 * all_points(6)
    weights = state.probabilities()
    assert np.allclose(singles, weights @ spins, rtol=0, atol=1e-12)
    assert np.allclose(pairs, (spins * weights[:, None]).T @ spins, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_finds_good_points_of_small_models(seed: int) -> None:
    bqm = model(12, seed)
    energies = all_energies(bqm)
    samples = RecursiveQaoa(cutoff=4).sample(bqm, seed=1)
    assert samples.first.energy <= np.quantile(energies, 0.002)
    assert len(samples.info["relations"]) == 8
    assert len(samples) == 16


def test_an_even_ring_is_cut_entirely() -> None:
    bqm = dimod.BinaryQuadraticModel(dict.fromkeys(range(12), -2.0), {}, 0.0, "BINARY")
    for i in range(12):
        bqm.add_quadratic(i, (i + 1) % 12, 2.0)
    for seed in range(3):  # every tie between equal correlations leads to an optimum
        assert RecursiveQaoa(cutoff=3).sample(bqm, seed=seed).first.energy == -12


def test_ties_are_settled_by_the_seed() -> None:
    bqm = dimod.BinaryQuadraticModel(dict.fromkeys(range(6), 0.0), {(i, i + 1): 1.0 for i in range(5)}, 0.0, "SPIN")
    ising = Relations.none(bqm.change_vartype("BINARY", inplace=False)).ising
    pairs, singles = np.ones((6, 6)), np.zeros(6)
    chosen = {strongest(ising, singles, pairs, np.random.default_rng(seed))[:2] for seed in range(80)}
    assert len(chosen) == 5


def test_a_spent_budget_goes_on_with_the_last_correlations() -> None:
    samples = RecursiveQaoa(cutoff=3).sample(model(), seed=1, evaluations=4)
    assert samples.info["evaluations"] <= 4
    assert samples.info["is_cut"]
    assert len(samples.info["relations"]) == 7


def test_points_drawn_on_a_sampling_backend_are_kept() -> None:
    samples = RecursiveQaoa(cutoff=4, backend="aer", shots=60, num_shots=80, maxiter=3).sample(model(6), seed=1)
    assert samples.info["shots"] == 60 * samples.info["evaluations"] + 2 * 80
    assert samples.record.num_occurrences.sum() == samples.info["shots"] + 2**4


@pytest.mark.parametrize("seed", range(3))
def test_closed_form_correlations_are_the_states(seed: int) -> None:
    bqm = model(7, seed)
    ising = Ising.of(bqm)
    J = np.zeros((7, 7))
    J[ising.rows, ising.columns] = ising.couplings
    gamma, beta, energy = optimize_depth_one(ising.fields, J + J.T)
    cost = diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm))
    state = diagonal.evolve(cost, [gamma], [beta], engine="numpy")
    singles, pairs = correlations_of(state)
    closed_singles, closed_pairs = closed_form(ising)
    assert energy + ising.offset == pytest.approx(diagonal.expectation(state, cost), abs=1e-10)
    assert np.allclose(closed_singles, singles, rtol=0, atol=1e-8)
    ends = (ising.rows, ising.columns)
    assert np.allclose(closed_pairs[ends], pairs[ends], rtol=0, atol=1e-8)


def test_sixty_bits_go_without_a_state() -> None:
    graph = networkx.random_regular_graph(3, 60, seed=2)
    bqm = dimod.BinaryQuadraticModel(dict.fromkeys(range(60), -3.0), {}, 0.0, "BINARY")
    for u, v in graph.edges:
        bqm.add_quadratic(u, v, 2.0)
    for sampler in (RecursiveQaoa(merges=10), RecursiveQaoa(correlations="depth-one", merges=8)):
        assert sampler.estimate(60, 90).refusal == ""
        samples = sampler.sample(bqm, seed=1)
        assert samples.first.energy <= -0.85 * 90  # one layer alone has -0.69 of the couplings on average
        assert samples.info["closed_forms"] > 0
        assert samples.info["engine"].startswith("closed form")


def test_settings_are_checked() -> None:
    for fields, text in (
        ({"cutoff": 0}, r"cutoff must lie in 1\.\.20"),
        ({"merges": 0}, "merges must be >= 1"),
        ({"correlations": "depth-one", "layers": 2}, "must have layers=1"),
    ):
        with pytest.raises(ValueError, match=text):
            RecursiveQaoa(**fields)  # type: ignore[arg-type]
