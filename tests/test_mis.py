"""Independent sets: edges, cliques, complements and networkx, against enumeration and published bounds."""

from __future__ import annotations

import itertools
import re

import networkx as nx
import numpy as np
import pytest

from qopt.core import fingerprint
from qopt.problems.files import load
from qopt.problems.generate import generate
from qopt.problems.mis import Mis, MisEdges
from qopt.problems.mis_cliques import MisCliques, clique_cover
from qopt.problems.networks import mis_from_networkx, to_networkx

#: Independence number, and bound of the linear relaxation over all maximal cliques.
CODE_GRAPHS = {
    "1tc.8": (4, 4),
    "1tc.16": (8, 8),
    "1tc.32": (12, 12),
    "1tc.64": (20, 20),
    "1et.64": (18, 19),
    "1dc.64": (10, 10),
    "1dc.128": (16, 16.97),
}


def points(n):
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8).reshape(2**n, n)


def lp_bound(form):
    from scipy.optimize import linprog

    program = form.program
    return -linprog(program.c, A_ub=program.constraints.A, b_ub=program.constraints.upper, bounds=(0, 1)).fun


@pytest.mark.parametrize("name", CODE_GRAPHS)
def test_clique_rows_give_the_published_bounds(instances_dir, name):
    problem = load(instances_dir / "mis" / "sloane" / f"{name}.txt")
    alpha, bound = CODE_GRAPHS[name]
    assert lp_bound(MisCliques(problem)) == pytest.approx(bound, abs=0.006)
    isolated = sum(len(row) == 0 for row in problem.neighbours)
    assert lp_bound(MisEdges(problem)) == pytest.approx((problem.num_vertices + isolated) / 2)
    assert bound >= alpha


@pytest.mark.parametrize("sizes", [{"p": 0.3}, {"degree": 3}, {"radius": 0.5}, {"p": 0.6, "max_weight": 7}])
@pytest.mark.parametrize("seed", range(3))
def test_both_formulations_have_exactly_the_independent_sets(sizes, seed):
    problem = generate("mis", n=10, seed=seed, **sizes)
    graph, X = to_networkx(problem), points(10)
    for form in (MisEdges(problem), MisCliques(problem)):
        feasible = form.program.feasible(X)
        for x, ok in zip(X, feasible):
            chosen = graph.subgraph(np.flatnonzero(x).tolist())
            assert ok == (chosen.number_of_edges() == 0)
        weights = [sum(problem.vertex_weights[x == 1].tolist()) for x in X[feasible]]
        assert (-form.program.costs(X[feasible])).tolist() == weights


@pytest.mark.parametrize("most", [0, 3, 10_000])
@pytest.mark.parametrize("seed", range(4))
def test_every_clique_family_covers_the_edges_with_maximal_cliques(most, seed):
    problem = generate("mis", n=16, p=0.6, seed=seed)
    cliques = clique_cover(problem, max_cliques=most)
    edges = {tuple(edge) for edge in problem.edges.tolist()}
    covered = {pair for clique in cliques for pair in itertools.combinations(clique, 2)}
    assert covered == edges
    neighbours = [set(row.tolist()) for row in problem.neighbours]
    for clique in cliques:
        assert not set.intersection(*(neighbours[v] for v in clique))
    assert len(set(cliques)) == len(cliques)
    assert list(cliques) == sorted(cliques)


def test_broken_edges_are_named_by_their_ends():
    problem = Mis(4, [[2, 1], [3, 0], [1, 2]])
    assert problem.edges.tolist() == [[0, 3], [1, 2]]
    assert problem.violations(np.array([1, 1, 1, 1])) == {"edge[0,3]": 1.0, "edge[1,2]": 1.0}
    assert MisEdges(problem).program.constraints.names == ("edge[0,3]", "edge[1,2]")
    assert MisEdges(problem).decode(np.array([1, 1, 1, 1])).tolist() == [1, 1, 1, 1]


def test_order_and_direction_of_edges_do_not_count():
    one, two = Mis(4, [[0, 1], [2, 3]]), Mis(4, [[3, 2], [1, 0], [0, 1]])
    assert fingerprint(one) == fingerprint(two) == fingerprint(Mis(4, [[0, 1], [2, 3]], [1, 1, 1, 1]))
    assert fingerprint(one) != fingerprint(Mis(4, [[0, 1], [2, 3]], [1, 1, 1, 2]))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ((3, [[0, 3]]), "edges must join vertices 0..2, got [0, 3]"),
        ((3, [[1, 1]]), "edges must join two different vertices, got [1, 1]"),
        ((3, [[0, 1, 2]]), "edges must be pairs of whole numbers"),
        ((3, [[0, 1.5]]), "edges must be pairs of whole numbers"),
        ((-1, []), "num_vertices must be a whole number >= 0, got -1"),
        ((True, []), "num_vertices must be a whole number >= 0, got True"),
        ((3, [[0, 1]], [1, 2]), "weights must be 3 numbers"),
    ],
)
def test_impossible_graphs_are_refused_in_one_line(fields, text):
    with pytest.raises(ValueError, match=re.escape(text)) as caught:
        Mis(*fields)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_graphs_without_edges(n):
    problem = Mis(n, [])
    for form in (MisEdges(problem), MisCliques(problem)):
        assert form.program.num_rows == 0
        assert form.size(problem).variables == n
        assert form.decode(np.ones(n)).tolist() == [1] * n
    assert len(problem.neighbours) == n


def test_networkx_graphs_come_and_go():
    graph = nx.Graph([("b", "a"), ("a", "c")], name="path")
    graph.add_node("d")
    nx.set_node_attributes(graph, {"a": 5, "b": 1, "c": 2.5, "d": 0}, "value")
    problem = mis_from_networkx(graph, weight="value")
    assert problem.name == "path"
    assert problem.edges.tolist() == [[0, 1], [1, 2]]
    assert problem.weights.tolist() == [1, 5, 2.5, 0]  # in the order b, a, c, d of the graph
    assert fingerprint(mis_from_networkx(to_networkx(problem), weight="weight")) == fingerprint(problem)
    with pytest.raises(ValueError, match="undirected"):
        mis_from_networkx(nx.DiGraph([(0, 1)]))
    with pytest.raises(ValueError, match="attribute 'price'"):
        mis_from_networkx(graph, weight="price")


def test_generator_models():
    regular = generate("mis", n=20, degree=4, seed=1)
    assert {len(row) for row in regular.neighbours} == {4}
    assert generate("mis", n=9, p=1.0).size == {"vertices": 9, "edges": 36}
    assert generate("mis", n=9, radius=2.0).size == {"vertices": 9, "edges": 36}
    assert generate("mis", n=9, radius=0.0).size["edges"] == 0
    with pytest.raises(ValueError, match="one of p, degree and radius"):
        generate("mis", p=0.3, degree=3)
    with pytest.raises(ValueError, match="n \\* degree even"):
        generate("mis", n=5, degree=3)
