"""Fixed angles: published ratios by the tree recursion and by state on a graph of girth 6; the recursion's gradient."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from qopt.algorithms.fixed_angles import (
    DEGREES,
    FIXED_ANGLES,
    MAX_LAYERS,
    angle_unit,
    is_near_regular,
    scaled_angles,
    tree_ratio,
)
from qopt.algorithms.tree_energy import tree_correlation
from qopt.engines.diagonal import energy

from .exact_cases import cut_cost

#: Wurtz, Lykov (2021), arXiv:2107.00677, table 1 (4 layers), and Basso et al. (2022), arXiv:2110.14206 (5 to 7).
RATIOS = {1: 0.6925, 2: 0.7559, 3: 0.7924, 4: 0.8169, 5: 0.8364, 6: 0.8499, 7: 0.8598}


@pytest.mark.parametrize("layers", RATIOS)
def test_tree_ratios_are_the_published_ones(layers):
    angles = FIXED_ANGLES[3, layers]
    assert round(tree_ratio(angles.gammas, angles.betas, 3), 4) == RATIOS[layers] == round(angles.ratio, 4)


def test_the_table_is_whole_and_its_ratios_are_those_of_its_angles():
    assert DEGREES == (2, 3, 4, 5, 6, 7, 8)
    assert MAX_LAYERS == 11
    for (degree, layers), angles in FIXED_ANGLES.items():
        assert len(angles.gammas) == len(angles.betas) == layers
        if layers <= 7:
            assert tree_ratio(angles.gammas, angles.betas, degree) == pytest.approx(angles.ratio, abs=2e-9)
        if layers > 1:
            assert angles.ratio > FIXED_ANGLES[degree, layers - 1].ratio
        if degree > 2:
            assert angles.ratio < FIXED_ANGLES[degree - 1, layers].ratio
    # a ring's best ratio is known: Wang, Hadfield, Jiang, Rieffel (2018), arXiv:1706.02998
    assert all(FIXED_ANGLES[2, p].ratio == pytest.approx((2 * p + 1) / (2 * p + 2), abs=1e-8) for p in range(1, 9))


@pytest.mark.parametrize("degree", [2, 3, 6])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_trees_gradient_is_that_of_differences(layers, degree):
    angles = np.random.default_rng(layers).uniform(0.1, 0.7, 2 * layers)
    _, by_gamma, by_beta = tree_correlation(angles[:layers], angles[layers:], degree)
    for k, slope in enumerate(np.concatenate([by_gamma, by_beta])):
        step = 1e-5 * np.eye(2 * layers)[k]
        up, down = (tree_correlation(*np.split(angles + sign * step, 2), degree)[0] for sign in (1, -1))
        assert slope == pytest.approx((up - down) / 2e-5, abs=1e-7)


@pytest.mark.parametrize("layers", [1, 2])
def test_the_state_on_the_heawood_graph_has_the_trees_ratio(layers):
    edges = np.array(nx.heawood_graph().edges)
    angles = FIXED_ANGLES[3, layers]
    ratio = -energy(cut_cost(edges, 14), angles.gammas, angles.betas) / len(edges)
    assert round(ratio, 4) == RATIOS[layers]
    assert ratio == pytest.approx(tree_ratio(angles.gammas, angles.betas, 3), abs=1e-12)


def test_the_recursion_knows_other_degrees_and_angles():
    # A ring of 8 is a tree of degree 2 for up to 3 layers.
    ring = cut_cost(np.array([(i, (i + 1) % 8) for i in range(8)]), 8)
    gammas, betas = [0.7, 0.3, 0.9], [0.2, 0.5, 0.1]
    assert -energy(ring, gammas, betas) / 8 == pytest.approx(tree_ratio(gammas, betas, 2), abs=1e-12)
    # K_{4,4} minus nothing has 4-cycles; at one layer only triangles matter.
    cube = cut_cost(np.array(nx.hypercube_graph(4).edges).dot(1 << np.arange(4)), 16)
    assert -energy(cube, [0.5], [0.3]) / 32 == pytest.approx(tree_ratio([0.5], [0.3], 4), abs=1e-12)


def test_angles_of_zero_are_no_special_case():
    assert tree_ratio([0.0, 0.5], [0.3, 0.0], 3) == pytest.approx(0.5, abs=1e-12)
    assert tree_ratio([0.0, 0.6155], [0.0, 0.3927], 3) == pytest.approx(0.69245, abs=1e-5)


def test_limits_are_stated():
    with pytest.raises(ValueError, match=r"1\.\.12"):
        tree_ratio(np.ones(13), np.ones(13), 3)
    with pytest.raises(ValueError, match="degree"):
        tree_ratio([0.1], [0.1], 1)
    with pytest.raises(ValueError, match="interp"):
        scaled_angles(MAX_LAYERS + 1)


def test_scaled_angles_are_the_tables_own_on_a_regular_graph():
    graph = nx.random_regular_graph(5, 12, seed=1)
    rows, columns = np.array(graph.edges).T
    gammas, betas = scaled_angles(2, degree=5.0)
    unit = angle_unit(np.zeros(12), rows, columns, np.full(30, 0.5))
    np.testing.assert_allclose(gammas / unit, FIXED_ANGLES[5, 2].gammas, rtol=1e-12)
    np.testing.assert_allclose(betas, FIXED_ANGLES[5, 2].betas)


def test_what_counts_as_near_regular():
    star = np.zeros(9, dtype=np.int64), np.arange(1, 10)
    assert not is_near_regular(np.zeros(10), *star)
    assert not is_near_regular(np.zeros(3), np.zeros(0, np.int64), np.zeros(0, np.int64))
    dense = np.array(nx.complete_graph(20).edges).T
    assert not is_near_regular(np.zeros(20), *dense)
    assert is_near_regular(np.zeros(20), *np.array(nx.random_regular_graph(7, 20, seed=1).edges).T)
