"""Fixed angles: published ratios by the tree recursion and by state on a graph of girth 6."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from qopt.algorithms.fixed_angles import FIXED_ANGLES, tree_ratio
from qopt.engines.diagonal import energy

from .exact_cases import cut_cost

RATIOS = {1: 0.6925, 2: 0.7559, 3: 0.7924, 4: 0.8169}


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_tree_ratios_are_the_published_ones(layers):
    angles = FIXED_ANGLES[3, layers]
    assert round(tree_ratio(angles.gammas, angles.betas, 3), 4) == RATIOS[layers] == angles.ratio


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


def test_limits_are_stated():
    with pytest.raises(ValueError, match=r"1\.\.8"):
        tree_ratio(np.ones(9), np.ones(9), 3)
    with pytest.raises(ValueError, match="degree"):
        tree_ratio([0.1], [0.1], 1)
