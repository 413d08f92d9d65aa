"""1-tree ascent: minimality of the tree, a bound below every tour, and the published Held-Karp values."""

from __future__ import annotations

import itertools
from pathlib import Path

import networkx
import numpy as np
import pytest

import qopt
from qopt.algorithms.one_tree import held_karp_bound, minimum_one_tree, nearest_neighbour_length, one_tree_value
from qopt.algorithms.steps import Constant, Subgradient


def _distances(seed: int, n: int) -> np.ndarray:
    """Integer, not metric, negative entries included."""
    rng = np.random.default_rng(seed)
    d = np.triu(rng.integers(-5, 40, size=(n, n)), 1)
    return (d + d.T).astype(float)


def _shortest_tour(d: np.ndarray) -> float:
    tours = np.array([(0, *rest) for rest in itertools.permutations(range(1, len(d)))])
    return float(d[tours, np.roll(tours, -1, axis=1)].sum(axis=1).min())


@pytest.mark.parametrize("seed", range(25))
def test_one_tree_is_minimal(seed: int) -> None:
    n = 3 + seed % 9
    d = _distances(seed, n)
    edges = minimum_one_tree(d)
    assert len({tuple(sorted(edge)) for edge in edges.tolist()}) == n
    tree = networkx.minimum_spanning_tree(networkx.from_numpy_array(d[1:, 1:] + 100.0))  # + 100: 0 is no edge there
    wanted = tree.size(weight="weight") - 100.0 * (n - 2) + np.sort(d[0, 1:])[:2].sum()
    assert d[edges[:, 0], edges[:, 1]].sum() == pytest.approx(wanted)
    inner = networkx.Graph(edges[(edges > 0).all(axis=1)].tolist())
    assert n == 3 or networkx.is_connected(inner)


@pytest.mark.parametrize("seed", range(25))
def test_value_at_any_multipliers_and_the_bound_stay_below_the_shortest_tour(seed: int) -> None:
    n = 3 + seed % 5
    d = _distances(seed, n)
    optimum = _shortest_tour(d)
    for pi in np.random.default_rng(seed).normal(scale=20, size=(20, n)):
        value, edges = one_tree_value(d, pi)
        degrees = np.bincount(edges.ravel(), minlength=n)
        tree_cost = (d + pi[:, None] + pi[None, :])[edges[:, 0], edges[:, 1]].sum() - 2 * pi.sum()
        assert value == pytest.approx(tree_cost)
        assert degrees.sum() == 2 * n
        assert value <= optimum
    result = held_karp_bound(d)
    assert result.bound <= optimum
    assert result.bound >= one_tree_value(d, np.zeros(n))[0]
    assert result.bound == result.trace.max() == one_tree_value(d, result.pi)[0]
    if result.is_tour:
        assert d[result.edges[:, 0], result.edges[:, 1]].sum() == optimum == np.ceil(result.bound - 1e-6)


PUBLISHED = {
    "burma14": 3323,
    "ulysses16": 6859,
    "gr17": 2085,
    "gr21": 2707,
    "ulysses22": 7013,
    "gr24": 1272,
    "fri26": 937,
    "bayg29": 1608.0,
    "bays29": 2013.5,
}


@pytest.mark.parametrize(("name", "value"), PUBLISHED.items())
def test_subtour_bounds_of_tsplib(name: str, value: float, instances_dir: Path) -> None:
    problem = qopt.load(str(instances_dir / "tsplib" / f"{name}.tsp"))
    result = held_karp_bound(problem.distances)
    assert value * (1 - 1e-4) <= result.bound <= value + 1e-6


def test_limits_and_other_rules() -> None:
    d = np.random.default_rng(0).integers(1, 100, size=(30, 30)).astype(float)
    d += d.T
    assert len(held_karp_bound(d, iterations=7).trace) == 7
    assert len(held_karp_bound(d, seconds=0.0).trace) == 1
    best = held_karp_bound(d).bound
    assert held_karp_bound(d, upper=best * 1.01).bound == pytest.approx(best, rel=1e-3)
    assert held_karp_bound(d, rule=Subgradient(Constant(0.5)), iterations=400).bound == pytest.approx(best, rel=1e-2)


def test_few_nodes() -> None:
    assert held_karp_bound(np.zeros((0, 0))).bound == 0.0
    assert held_karp_bound([[0]]).bound == 0.0
    assert held_karp_bound([[0, 4], [4, 0]]).bound == 8.0
    triangle = held_karp_bound([[7, 1, 2], [1, 7, 4], [2, 4, 7]])
    assert triangle.is_tour
    assert triangle.bound == pytest.approx(7.0)


def test_nearest_neighbour_length_is_that_of_a_tour() -> None:
    d = _distances(3, 6)
    assert _shortest_tour(d) <= nearest_neighbour_length(d) <= d.max() * 6


@pytest.mark.parametrize("bad", [np.ones((2, 3)), [[0, 1], [2, 0]], [[0, np.inf], [np.inf, 0]]])
def test_bad_matrices_are_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="distance must be"):
        held_karp_bound(bad)  # type: ignore[arg-type]
