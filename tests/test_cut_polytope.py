"""Odd-cycle LP of Max-Cut: equal to the LP with every cycle written out, exact on planar graphs, above every cut."""

from __future__ import annotations

import itertools
from pathlib import Path

import networkx
import numpy as np
import pytest
from scipy.optimize import linprog

from qopt.algorithms.cut_polytope import OddCycles, cut_polytope_lp
from qopt.algorithms.odd_cycles import CycleRows, triangles, violated_odd_cycles, violated_triangles


def _graph(seed: int, n: int, density: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    edges = np.argwhere(np.triu(rng.random((n, n)) < density, 1))
    return edges, rng.integers(-9, 10, size=len(edges)).astype(float)


def _max_cut(n: int, edges: np.ndarray, weights: np.ndarray) -> float:
    Z = np.array(list(itertools.product((0, 1), repeat=n)))
    return float(((Z[:, edges[:, 0]] != Z[:, edges[:, 1]]) @ weights).max())


def _all_rows(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every odd-cycle inequality, by listing the cycles and their odd parts."""
    number = {tuple(edge): k for k, edge in enumerate(edges.tolist())}
    rows, sides = [], []
    for cycle in networkx.simple_cycles(networkx.Graph(edges.tolist())):
        members = [number[min(a, b), max(a, b)] for a, b in zip(cycle, [*cycle[1:], cycle[0]])]
        for size in range(1, len(members) + 1, 2):
            for part in itertools.combinations(members, size):
                row = np.zeros(len(edges))
                row[members] = -1.0
                row[list(part)] = 1.0
                rows.append(row)
                sides.append(size - 1.0)
    return np.array(rows).reshape(len(rows), len(edges)), np.array(sides)


@pytest.mark.parametrize("method", ["simplex", "ipm"])
@pytest.mark.parametrize("seed", range(15))
def test_same_optimum_as_with_every_cycle_written_out(seed: int, method: str) -> None:
    n = 4 + seed % 3
    edges, weights = _graph(seed, n, 0.8)
    result = cut_polytope_lp(n, *edges.T, weights, OddCycles(method=method))  # type: ignore[arg-type]
    rows, sides = _all_rows(edges)
    explicit = linprog(-weights, A_ub=rows if len(rows) else None, b_ub=sides if len(rows) else None, bounds=(0, 1))
    assert result.is_complete
    assert result.value == pytest.approx(-explicit.fun, abs=1e-4)
    assert result.bound == pytest.approx(result.value, abs=1e-4)
    assert result.bound >= _max_cut(n, edges, weights) - 1e-9
    assert (rows @ result.x <= sides + 1e-5).all()
    assert result.correlations == pytest.approx(1 - 2 * result.x)


@pytest.mark.parametrize("seed", range(15))
def test_separation_is_exact_and_gives_true_rows(seed: int) -> None:
    n = 5 + seed % 2
    edges, _ = _graph(seed, n, 0.8)
    rows, sides = _all_rows(edges)
    x = np.random.default_rng(seed).random(len(edges)) * (0.9 if seed % 3 else 0.6)
    worst = (rows @ x - sides).max(initial=0.0)
    found = violated_odd_cycles(n, edges, x, 1e-9)
    assert found.excess.max(initial=0.0) == pytest.approx(max(worst, 0.0), abs=1e-9)
    known = {(*row.tolist(), side) for row, side in zip(rows, sides)}
    for row, side, excess in zip(found.matrix(len(edges)).toarray(), found.right_sides, found.excess):
        assert (*row.tolist(), side) in known
        assert row @ x - side == pytest.approx(excess)
    short = violated_triangles(triangles(n, edges), x, 1e-9)
    lengths = np.abs(rows).sum(axis=1)
    assert len(short) == ((rows @ x - sides > 1e-9) & (lengths == 3)).sum()


@pytest.mark.parametrize("seed", range(8))
def test_planar_graphs_are_solved_exactly(seed: int) -> None:
    graph = networkx.convert_node_labels_to_integers(networkx.grid_2d_graph(3, 4))
    edges = np.sort(np.array(graph.edges), axis=1)
    weights = np.random.default_rng(seed).integers(-20, 21, size=len(edges)).astype(float)
    result = cut_polytope_lp(12, *edges.T, weights)
    assert result.value == pytest.approx(_max_cut(12, edges, weights), abs=1e-6)
    assert result.bound == pytest.approx(result.value, abs=1e-6)


@pytest.mark.parametrize(("n", "value"), [(3, 2.0), (4, 4.0), (5, 20 / 3), (8, 56 / 3)])
def test_complete_graphs(n: int, value: float) -> None:
    """K3 and K4 are exact; from K5 on the triangles leave 2/3 on every edge."""
    heads, tails = np.triu_indices(n, 1)
    assert cut_polytope_lp(n, heads, tails, np.ones(len(heads))).bound == pytest.approx(value, abs=1e-5)


def test_triangles_are_all_listed() -> None:
    edges, _ = _graph(3, 15, 0.5)
    edges = edges[np.random.default_rng(0).permutation(len(edges))]
    graph = networkx.Graph(edges.tolist())
    listed = {frozenset(edges[row].ravel().tolist()) for row in triangles(15, edges)}
    assert len(listed) == len(triangles(15, edges)) == sum(networkx.triangles(graph).values()) // 3
    assert all(len(nodes) == 3 for nodes in listed)


def test_rows_can_be_joined_and_picked() -> None:
    short = CycleRows.of_length(np.array([[0, 1, 2], [2, 3, 4]]), np.ones((2, 3)), np.array([0.1, 0.3]))
    long = CycleRows.of_length(np.array([[0, 1, 3, 4, 5]]), np.array([[1.0, -1, -1, -1, -1]]), np.array([0.2]))
    rows = CycleRows.empty().joined(short).joined(long)
    assert rows.right_sides.tolist() == [2.0, 2.0, 0.0]
    picked = rows.most_violated(2)
    assert picked.excess.tolist() == [0.3, 0.2]
    assert picked.matrix(6).toarray().tolist() == [[0, 0, 1, 1, 1, 0], [1, -1, 0, -1, -1, -1]]
    assert len(rows.kept(np.zeros(3, dtype=bool))) == 0


def test_limits_leave_a_valid_bound_that_is_not_called_complete() -> None:
    edges, weights = _graph(1, 14, 0.9)
    optimum = _max_cut(14, edges, weights)
    bounds = []
    for settings in (OddCycles(seconds=0.0), OddCycles(max_rounds=1), OddCycles(max_rounds=2), OddCycles()):
        result = cut_polytope_lp(14, *edges.T, weights, settings)
        bounds.append(result.bound)
        assert result.is_complete == (settings == OddCycles())
        assert result.bound >= optimum - 1e-9
    assert bounds[0] == bounds[1] == weights[weights > 0].sum()
    assert bounds == sorted(bounds, reverse=True)


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """HiGHS announces itself on stdout when it is made, which would spoil a JSON document."""
    cut_polytope_lp(3, [0, 0, 1], [1, 2, 2], [1.0, 1.0, 1.0])
    assert capfd.readouterr().out == ""


def test_no_edges_and_bad_edges() -> None:
    assert cut_polytope_lp(3, [], [], []).bound == 0.0
    with pytest.raises(ValueError, match=r"edges must join nodes 0\.\.2"):
        cut_polytope_lp(3, [0], [3], [1.0])
    with pytest.raises(ValueError, match="edges must be no loops"):
        cut_polytope_lp(3, [0, 1], [1, 0], [1.0, 1.0])
    with pytest.raises(ValueError, match="weights must be one for each"):
        cut_polytope_lp(3, [0], [1], [1.0, 2.0])


def test_published_torus_instance_is_integral(instances_dir: Path) -> None:
    """Toroidal 10 x 10 spin glass: the LP alone gives the published optimum 6049461."""
    table = np.loadtxt(instances_dir / "maxcut" / "t2g10_5555", skiprows=1)
    heads, tails = table[:, 0].astype(int) - 1, table[:, 1].astype(int) - 1
    result = cut_polytope_lp(100, heads, tails, table[:, 2])
    assert result.bound == pytest.approx(6049461, abs=1e-3)
    assert np.abs(result.x - np.rint(result.x)).max() < 1e-6
