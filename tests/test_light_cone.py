"""Light cones: equal to the exact engine and the closed form, equal cones counted once, sizes refused before work."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from qopt.algorithms.depth_one import DepthOne
from qopt.algorithms.fixed_angles import FIXED_ANGLES, tree_ratio
from qopt.core import UnsupportedError
from qopt.engines import diagonal
from qopt.engines.light_cone import CouplingGraph, LightCones, Limits
from qopt.engines.light_cone.cones import canonical, cone_of
from qopt.engines.light_cone.contract import evaluate
from qopt.engines.light_cone.network import network_of

GRAPHS = {
    "regular": nx.random_regular_graph(3, 12, seed=1),
    "complete": nx.complete_graph(8),
    "sparse": nx.gnm_random_graph(12, 15, seed=2),
    "tree": nx.random_labeled_tree(14, seed=1),
    "grid": nx.convert_node_labels_to_integers(nx.grid_2d_graph(3, 4)),
}


def model(graph, weights, seed=0):
    """Fields, ends and couplings: all 1, signs, or normal numbers with fields on half of the spins."""
    rng = np.random.default_rng(seed)
    ends = np.array(graph.edges).T
    n, m = len(graph), graph.number_of_edges()
    couplings = {"unit": np.ones(m), "signs": rng.choice([-1.0, 1.0], m), "weights": rng.normal(size=m)}[weights]
    h = rng.normal(size=n) * (rng.random(n) < 0.5) if weights == "weights" else np.zeros(n)
    return h, ends[0], ends[1], couplings


def diagonal_of(h, rows, cols, couplings):
    linear = -2 * h
    np.subtract.at(linear, rows, 2 * couplings)
    np.subtract.at(linear, cols, 2 * couplings)
    return diagonal.CostDiagonal.from_arrays(linear, rows, cols, 4 * couplings, h.sum() + couplings.sum())


def angles_of(layers, seed=5):
    return np.random.default_rng(seed).uniform(0.1, 0.7, (2, layers))


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
@pytest.mark.parametrize("weights", ["unit", "signs", "weights"])
@pytest.mark.parametrize("name", GRAPHS)
def test_cones_equal_the_exact_engine(name, weights, layers):
    arrays = model(GRAPHS[name], weights)
    n = len(GRAPHS[name])
    pairs = np.array(np.triu_indices(n, 1)).T[::5]
    cones = LightCones.of(*arrays, layers, pairs=pairs)
    gammas, betas = angles_of(layers)
    cost = diagonal_of(*arrays)
    value, by_gamma, by_beta = diagonal.value_and_gradient(cost, gammas, betas)
    found = cones.value_and_gradient(gammas, betas)
    assert found[0] == pytest.approx(value, abs=1e-12)
    np.testing.assert_allclose(np.concatenate(found[1:]), np.concatenate([by_gamma, by_beta]), atol=2e-12)
    assert cones.energy(gammas, betas) == pytest.approx(value, abs=1e-12)
    spins = 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    weighted = spins * diagonal.evolve(cost, gammas, betas).probabilities()[:, None]
    told = cones.correlations(gammas, betas)
    np.testing.assert_allclose(told.z, weighted.sum(axis=0), atol=1e-12)
    np.testing.assert_allclose(told.zz, (spins.T @ weighted)[told.rows, told.cols], atol=1e-12)
    assert set(map(tuple, pairs.tolist())) <= set(zip(told.rows.tolist(), told.cols.tolist()))


def test_networks_alone_equal_the_exact_engine_on_20_spins():
    """Whatever the plan prefers: each cone of a 20-spin graph as a network, at two layers, with fields."""
    h, rows, cols, couplings = model(nx.random_regular_graph(3, 20, seed=3), "weights")
    graph = CouplingGraph.of(h, rows, cols, couplings)
    gammas, betas = angles_of(2)
    cost = diagonal_of(h, graph.rows, graph.cols, graph.couplings)
    probabilities = diagonal.evolve(cost, gammas, betas).probabilities()
    for i, j in list(zip(graph.rows.tolist(), graph.cols.tolist()))[::6]:
        form = canonical(graph, cone_of(graph, (i, j), 2), 2)
        network = network_of(*form.shape, 2, has_fields=True)
        value, _ = evaluate(network, gammas, betas, form.couplings[None], form.fields[None])
        signs = 1.0 - 2.0 * (((np.arange(2**20) >> i) ^ (np.arange(2**20) >> j)) & 1)
        assert form.sign * value[0] == pytest.approx(probabilities @ signs, abs=1e-12)


@pytest.mark.parametrize("weights", ["unit", "weights"])
def test_one_layer_is_the_closed_form(weights):
    h, rows, cols, couplings = model(nx.gnm_random_graph(60, 300, seed=4), weights)
    J = np.zeros((60, 60))
    J[rows, cols] = couplings
    closed = DepthOne(h, J + J.T).correlations(0.21, 0.37, pairs="couplings")
    told = LightCones.of(h, rows, cols, couplings, 1).correlations([0.21], [0.37])
    np.testing.assert_allclose(told.z, closed.z, atol=1e-12)
    order = np.lexsort((told.cols, told.rows))
    np.testing.assert_allclose(told.zz[order], closed.zz, atol=1e-12)


def test_the_compiled_sums_equal_numpy():
    h, rows, cols, couplings = model(GRAPHS["sparse"], "weights")
    gammas, betas = angles_of(2)
    compiled, plain = (
        LightCones.of(h, rows, cols, couplings, 2, engine=name).value_and_gradient(gammas, betas)
        for name in ("auto", "numpy")
    )
    assert compiled[0] == pytest.approx(plain[0], abs=1e-13)
    np.testing.assert_allclose(np.concatenate(compiled[1:]), np.concatenate(plain[1:]), atol=1e-12)


def test_threads_change_nothing():
    arrays = model(nx.random_regular_graph(3, 60, seed=6), "weights")
    gammas, betas = angles_of(2)
    one, two = (LightCones.of(*arrays, 2, threads=k).value_and_gradient(gammas, betas) for k in (1, 2))
    assert one[0] == two[0]
    np.testing.assert_array_equal(np.concatenate(one[1:]), np.concatenate(two[1:]))


@pytest.mark.parametrize(("layers", "graph"), [(1, "heawood"), (2, "heawood"), (3, "tutte")])
def test_fixed_angles_give_the_trees_ratio_on_graphs_of_large_girth(layers, graph):
    """Heawood: girth 6, Tutte's 8-cage: girth 8; the published ratios of Wurtz and Lykov, arXiv:2107.00677."""
    edges = np.array((nx.heawood_graph() if graph == "heawood" else tutte_cage()).edges)
    angles = FIXED_ANGLES[3, layers]
    cones = LightCones.of(np.zeros(edges.max() + 1), *edges.T, np.full(len(edges), 0.5), layers)
    ratio = 0.5 - cones.energy(angles.gammas, angles.betas) / len(edges)
    assert round(ratio, 4) == {1: 0.6925, 2: 0.7559, 3: 0.7924}[layers]
    assert ratio == pytest.approx(tree_ratio(angles.gammas, angles.betas, 3), abs=1e-12)
    assert layers == 1 or cones.cost.num_distinct == 1


def tutte_cage():
    """Lines and points of the smallest generalised quadrangle: 30 vertices, girth 8."""
    return nx.LCF_graph(30, [-13, -9, 7, -7, 9, 13], 5)


def test_equal_cones_are_counted_once_up_to_signs():
    """Edges of both directions of a torus have one cone; with random signs on a long ring all have one."""
    torus = nx.convert_node_labels_to_integers(nx.grid_2d_graph(8, 8, periodic=True))
    unit = LightCones.of(*model(torus, "unit"), 2)
    assert unit.cost.num_cones == 128
    assert unit.cost.num_distinct == 1
    ring = nx.cycle_graph(40)
    assert LightCones.of(*model(ring, "signs"), 3).cost.num_distinct == 1
    weighted = LightCones.of(*model(ring, "weights"), 2)
    assert weighted.cost.num_distinct > 40


def test_a_relabelled_graph_has_the_same_values():
    h, rows, cols, couplings = model(nx.random_regular_graph(3, 30, seed=8), "signs")
    order = np.random.default_rng(1).permutation(30)
    gammas, betas = angles_of(2)
    first = LightCones.of(h, rows, cols, couplings, 2)
    second = LightCones.of(h, order[rows], order[cols], couplings, 2)
    assert first.energy(gammas, betas) == pytest.approx(second.energy(gammas, betas), abs=1e-12)
    assert first.cost.largest == second.cost.largest


def test_a_thousand_vertices_in_one_call():
    edges = np.array(nx.random_regular_graph(3, 1000, seed=1).edges)
    cones = LightCones.of(np.zeros(1000), *edges.T, np.full(1500, 0.5), 2)
    assert cones.cost.largest == 14
    assert cones.cost.num_distinct < 10
    angles = FIXED_ANGLES[3, 2]
    value, by_gamma, by_beta = cones.value_and_gradient(angles.gammas, angles.betas)
    assert 0.5 - value / 1500 == pytest.approx(0.7559, abs=0.003)
    step = 1e-5 * np.array([1.0, -0.5])
    up, down = (cones.energy(angles.gammas + sign * step, angles.betas) for sign in (1, -1))
    assert by_gamma @ step == pytest.approx((up - down) / 2, rel=1e-6)
    assert by_beta.shape == (2,)


def test_what_does_not_fit_is_refused_before_any_work():
    dense = model(nx.gnm_random_graph(80, 1600, seed=1), "unit")
    with pytest.raises(UnsupportedError, match=r"2 layers must fit .* cone of 80 qubits .* lower layers to 1"):
        LightCones.of(*dense, 2, limits=Limits(2**24))
    torus = model(nx.convert_node_labels_to_integers(nx.grid_2d_graph(9, 9, periodic=True)), "weights")
    with pytest.raises(UnsupportedError, match=r"at most 1 s an evaluation, got more than .*; lower layers to 2"):
        LightCones.of(*torus, 3, limits=Limits(seconds=1.0))
    assert LightCones.of(*dense, 1).cost.method == "closed form"
    with pytest.raises(ValueError, match="once"):
        LightCones.of(np.zeros(2), [0, 1], [1, 0], [1.0, 1.0], 1)
    with pytest.raises(ValueError, match="num_layers"):
        LightCones.of(np.zeros(2), [0], [1], [1.0], 0)


def test_models_without_couplings_or_spins():
    cones = LightCones.of([0.5, 0.0], [], [], [], 2)
    gammas, betas = [0.3, 0.6], [0.5, 0.2]
    cost = diagonal.CostDiagonal.from_arrays([-1.0, 0.0], [], [], [], 0.5)
    assert cones.energy(gammas, betas) == pytest.approx(diagonal.energy(cost, gammas, betas), abs=1e-13)
    assert LightCones.of([], [], [], [], 1).energy([0.1], [0.1]) == 0.0
    assert LightCones.of([0.0, 0.0], [], [], [], 3).energy([0.1] * 3, [0.1] * 3) == 0.0
