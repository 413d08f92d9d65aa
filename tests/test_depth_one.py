"""The closed form at depth one against the exact state."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

from qopt.algorithms.depth_one import DepthOne, Waves, correlations, optimize_depth_one
from qopt.engines.diagonal import CostDiagonal, evolve


def _model(n, density, seed):
    rng = np.random.default_rng(seed)
    couplings = np.triu(rng.normal(size=(n, n)), 1) * (rng.random((n, n)) < density)
    fields = rng.normal(size=n) * (rng.random(n) < 0.7)
    spins = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    energies = spins @ fields + np.einsum("ki,ij,kj->k", spins, couplings, spins)
    return fields, couplings, spins, energies


@pytest.mark.parametrize("form", ["upper", "symmetric", "sparse"])
@pytest.mark.parametrize(("n", "density"), [(1, 1), (2, 1), (7, 0.3), (9, 1), (9, 0.1), (8, 0)])
def test_all_correlations_match_the_state(n, density, form):
    h, J, spins, energies = _model(n, density, seed=n)
    given = {"upper": J, "symmetric": J + J.T, "sparse": sp.csr_array(J)}[form]
    model = DepthOne(h, given)
    for gamma, beta in [(0.3, 0.4), (-0.7, 1.1), (1.3, -0.2)]:
        p = evolve(CostDiagonal.from_values(energies), [gamma], [beta]).probabilities()
        zz = spins.T @ (p[:, None] * spins)
        assert abs(model.energy(gamma, beta) - p @ energies) < 1e-12 * max(1, np.abs(energies).max())
        for pairs in ("all", "couplings"):
            found = model.correlations(gamma, beta, pairs=pairs)
            np.testing.assert_allclose(found.z, p @ spins, rtol=0, atol=1e-12)
            np.testing.assert_allclose(found.zz, zz[found.rows, found.cols], rtol=0, atol=1e-12)
    assert found.rows.size == np.count_nonzero(J)


def test_a_vanishing_cosine_does_no_harm():
    # gamma = pi/4 makes every cos(2 gamma J) zero.
    J = np.triu(np.ones((4, 4)), 1)
    spins = 1 - 2 * ((np.arange(16)[:, None] >> np.arange(4)) & 1)
    energies = np.einsum("ki,ij,kj->k", spins, J, spins)
    p = evolve(CostDiagonal.from_values(energies), [np.pi / 4], [0.3]).probabilities()
    found = correlations(np.zeros(4), J, np.pi / 4, 0.3)
    np.testing.assert_allclose(found.zz, (spins.T @ (p[:, None] * spins))[found.rows, found.cols], rtol=0, atol=1e-12)


def test_the_best_beta_is_the_least_point_of_its_wave():
    rng = np.random.default_rng(5)
    betas = np.linspace(-np.pi / 2, np.pi / 2, 4001)
    for _ in range(50):
        waves = Waves(*(rng.normal(size=3) * rng.choice([0, 1], 3)))
        beta, energy = waves.best_beta()
        assert energy == pytest.approx(waves.energy(beta))
        assert energy <= min(waves.energy(b) for b in betas[::40]) + 1e-12
        assert energy >= min(waves.energy(b) for b in betas) - 1e-4


def test_optimum_beats_a_grid_and_is_the_states_energy():
    h, J, _, energies = _model(8, 0.5, seed=3)
    gamma, beta, energy = optimize_depth_one(h, J)
    p = evolve(CostDiagonal.from_values(energies), [gamma], [beta]).probabilities()
    assert energy == pytest.approx(p @ energies, abs=1e-10)
    model = DepthOne(h, J)
    grid = min(model.energy(g, b) for g in np.linspace(-0.8, 0.8, 33) for b in np.linspace(-1.5, 1.5, 31))
    assert energy <= grid + 1e-9


def test_large_regular_graph_reaches_the_known_ratio():
    graph = nx.random_regular_graph(3, 1200, seed=2)
    J = sp.csr_array(nx.to_scipy_sparse_array(graph, dtype=float)) / 2
    gamma, beta, energy = optimize_depth_one(np.zeros(1200), J)
    ratio = 0.5 - energy / graph.number_of_edges()
    assert gamma == pytest.approx(0.6155, abs=5e-3)
    assert abs(beta) == pytest.approx(np.pi / 8, abs=1e-6)
    # A few triangles cost a little against the tree's .6925.
    assert 0.690 < ratio < 0.6925


def test_no_interaction_is_flat():
    assert optimize_depth_one(np.zeros(3), np.zeros((3, 3))) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("h", "J", "text"),
    [
        ([0, 0], [[1, 0], [0, 0]], "zero diagonal"),
        ([0, 0], [[0, 1], [2, 0]], "two values for one pair"),
        ([0, 0], np.zeros((3, 3)), "shape"),
        ([np.nan], [[0.0]], "finite"),
    ],
)
def test_bad_models_are_refused(h, J, text):
    with pytest.raises(ValueError, match=text):
        DepthOne(h, J)
