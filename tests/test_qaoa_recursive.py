"""Recursive QAOA: substitutions are exact, correlations are the state's, and small models are solved."""

from __future__ import annotations

import dimod
import networkx
import numpy as np
import pytest

from qopt.algorithms.depth_one import optimize_depth_one
from qopt.algorithms.enumeration import all_energies
from qopt.core import BinaryPolynomial, PolynomialModel, UnsupportedError, bqm_to_arrays
from qopt.engines import diagonal
from qopt.solvers.base import energies_of
from qopt.solvers.ising import Ising
from qopt.solvers.qaoa.recursive import RecursiveQaoa, closed_form, correlations_of
from qopt.solvers.qaoa.relations import Relations, strongest
from qopt.solvers.spin_polynomial import SpinPolynomial


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
    samples = RecursiveQaoa(cutoff=4, backend="aer", shots_per_evaluation=60, num_shots=80, max_evaluations=3).sample(
        model(6), seed=1
    )
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
        ({"correlations": "depth-one", "num_layers": 2}, "must have num_layers=1"),
    ):
        with pytest.raises(ValueError, match=text):
            RecursiveQaoa(**fields)  # type: ignore[arg-type]


def polynomial(n: int = 8, seed: int = 0) -> BinaryPolynomial:
    rng = np.random.default_rng(seed)
    terms = [(rng.integers(0, n, rng.integers(1, 6)), float(rng.integers(-9, 10))) for _ in range(3 * n)]
    return BinaryPolynomial.from_terms(n, terms, 0.5, ("binary", "spin")[seed % 2])


@pytest.mark.parametrize("seed", range(6))
def test_relations_keep_every_energy_of_a_polynomial(seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = PolynomialModel(polynomial(8, seed))
    left = Relations.none(given)
    while left.num_left > 3:
        i, j = rng.choice(left.num_left, size=2, replace=False).tolist()
        sign = int(rng.choice((-1, 1)))
        left = left.fixed(i, sign) if rng.random() < 0.4 else left.merged(i, j, sign)
    points = all_points(left.num_left)
    assert np.allclose(given.polynomial.energies(left.expanded(points)), left.ising.model().energies(points))
    assert len(np.unique(left.expanded(points), axis=0)) == len(points)


def test_sums_that_cancel_are_no_term() -> None:
    spins = SpinPolynomial(BinaryPolynomial.from_terms(3, {(0, 2): 0.3, (1, 2): 0.1 + 0.2}, vartype="spin"))
    assert spins.substituted(1, 0, -1).num_terms == 0
    assert [found.tolist() for found in spins.candidates] == [[0, 1], [2, 2], []]


@pytest.mark.parametrize("seed", range(3))
def test_a_quadratic_polynomial_is_solved_as_its_qubo(seed: int) -> None:
    """Same candidates, same correlations, same relations."""
    bqm = model(9, seed)
    terms = {(i,): value for i, value in bqm.linear.items()} | dict(bqm.quadratic.items())
    given = PolynomialModel(BinaryPolynomial.from_terms(9, terms, bqm.offset))
    ours, theirs = (RecursiveQaoa(cutoff=3, init="ramp").sample(one, seed=seed) for one in (given, bqm))
    assert [told[:3] for told in ours.info["relations"]] == [told[:3] for told in theirs.info["relations"]]
    assert np.allclose(ours.record.energy, theirs.record.energy)


@pytest.mark.parametrize("seed", range(3))
def test_finds_good_points_of_polynomials(seed: int) -> None:
    given = PolynomialModel(polynomial(10, seed))
    energies = given.energies(all_points(10))
    samples = RecursiveQaoa(cutoff=4, num_layers=2).sample(given, seed=1)
    assert samples.first.energy <= np.quantile(energies, 0.03)
    assert np.allclose(samples.record.energy, given.energies(samples.record.sample))
    assert len(samples.info["relations"]) == 6


@pytest.mark.parametrize("terms", [{}, {(0, 1, 2): 1.0}, {(0, 1, 2, 3): -1.0, (2, 3, 4, 5): 1.0}])
def test_polynomials_without_fields_or_terms_are_solved(terms: dict[tuple[int, ...], float]) -> None:
    given = PolynomialModel(BinaryPolynomial.from_terms(6, terms, 2.0, "spin"))
    assert RecursiveQaoa(cutoff=2).sample(given, seed=0).first.energy == 2.0 - len(terms)


def test_a_polynomial_never_goes_without_a_state() -> None:
    large = PolynomialModel(BinaryPolynomial.from_terms(60, {(0, 1, 59): 1.0}))
    assert RecursiveQaoa().estimate_model(large).refusal
    for sampler, text in (
        (RecursiveQaoa(), "60 qubits"),
        (RecursiveQaoa(correlations="depth-one"), "quadratic model"),
        (RecursiveQaoa(backend="light-cone"), "quadratic model|polynomial"),
    ):
        with pytest.raises(UnsupportedError, match=text):
            sampler.sample(large, seed=0)


def test_a_model_that_goes_without_a_state_is_estimated_so() -> None:
    """``qopt plan`` asks for the model's estimate, which refused 60 bits that a run takes by the closed form."""
    bqm = dimod.BinaryQuadraticModel({}, {(i, i + 1): 1.0 for i in range(59)}, 0.0, "BINARY")
    assert RecursiveQaoa().estimate_model(bqm).refusal == ""
