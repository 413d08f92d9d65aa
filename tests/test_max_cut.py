"""Max-Cut: the quadratic form against counting, signs, merged edges, networkx."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest

from qopt.core import fingerprint
from qopt.problems.generate import generate
from qopt.problems.max_cut import MaxCut, MaxCutEdges
from qopt.problems.networks import max_cut_from_networkx, to_networkx


def points(n):
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8).reshape(2**n, n)


@pytest.mark.parametrize("weights", ["unit", "signs", "uniform", "integers"])
@pytest.mark.parametrize("sizes", [{"degree": 3}, {"p": 0.5}, {"radius": 0.4}])
def test_cost_is_minus_the_cut_that_networkx_counts(weights, sizes):
    problem = generate("max-cut", n=8, weights=weights, seed=1, **sizes)
    graph, program, X = to_networkx(problem), MaxCutEdges(problem).program, points(8)
    costs = program.costs(X)
    for x, cost in zip(X[::5], costs[::5]):
        cut = nx.cut_size(graph, np.flatnonzero(x).tolist(), weight="weight")
        assert problem.objective(x) == pytest.approx(cut) == -cost
    assert np.allclose(costs, costs[::-1])  # both sides exchanged


def test_known_maxima():
    odd = MaxCut(5, [[i, (i + 1) % 5] for i in range(5)], np.ones(5))
    assert -MaxCutEdges(odd).program.costs(points(5)).min() == 4
    negative = MaxCut(3, [[0, 1], [1, 2], [0, 2]], [-1, -1, -1])
    assert -MaxCutEdges(negative).program.costs(points(3)).min() == 0


def test_parallel_edges_add_up_in_either_direction():
    problem = MaxCut(3, [[1, 0], [0, 1], [2, 1]], [2, 3, -1])
    assert problem.edges.tolist() == [[0, 1], [1, 2]]
    assert problem.weights.tolist() == [5, -1]
    assert fingerprint(problem) == fingerprint(MaxCut(3, [[1, 2], [0, 1]], [-1.0, 5.0]))


def test_impossible_graphs_are_refused():
    for fields, text in (
        ((2, [[0, 0]], [1]), "two different vertices"),
        ((2, [[0, 2]], [1]), "join vertices 0..1"),
        ((2, [[0, 1]], [1, 2]), "weights must be 1 numbers"),
        ((2, [[0, 1]], [np.nan]), "finite numbers"),
    ):
        with pytest.raises(ValueError, match=text):
            MaxCut(*fields)


@pytest.mark.parametrize("n", [0, 1])
def test_smallest_graphs(n):
    problem = MaxCut(n, [], [])
    assert MaxCutEdges(problem).program.costs(points(n)).tolist() == [0.0] * 2**n


def test_networkx_weights_default_to_one_and_parallel_edges_add():
    graph = nx.MultiGraph()
    graph.add_edge("x", "y")
    graph.add_edge("x", "y", weight=2.5)
    graph.add_edge("y", "z", weight=-1)
    problem = max_cut_from_networkx(graph)
    assert problem.weights.tolist() == [3.5, -1]
    assert max_cut_from_networkx(graph, weight=None).weights.tolist() == [2, 1]
    assert fingerprint(max_cut_from_networkx(to_networkx(problem))) == fingerprint(problem)


def test_generator_weights():
    signs = generate("max-cut", n=40, p=0.5, weights="signs", seed=0).weights
    assert set(signs.tolist()) == {-1, 1}
    assert abs(signs.mean()) < 0.2
    uniform = generate("max-cut", n=40, p=0.5, weights="uniform", seed=0).weights
    assert uniform.min() >= 0
    assert uniform.max() <= 1
    assert abs(uniform.mean() - 0.5) < 0.05
    with pytest.raises(ValueError, match="weights must be"):
        generate("max-cut", weights="heavy")
