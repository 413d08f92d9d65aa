"""Max-Cut SDP: the dual bound above every cut wherever the vectors stand, closed-form optima, and warm starts."""

from __future__ import annotations

import itertools
from pathlib import Path

import networkx
import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from qopt.algorithms import mixing
from qopt.algorithms.max_cut import qubo_to_max_cut
from qopt.algorithms.mixing import Mixing, cut_objective, dual_bound, mixing_method


def _weights(seed: int, n: int, density: float = 0.7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    W = np.triu(rng.integers(-9, 10, size=(n, n)) * (rng.random((n, n)) < density), 1)
    return (W + W.T).astype(float)


def _max_cut(W: np.ndarray) -> float:
    spins = np.array(list(itertools.product((-1.0, 1.0), repeat=len(W))))
    return float((W.sum() - np.einsum("ki,ij,kj->k", spins, W, spins)).max() / 4)


@pytest.mark.parametrize("seed", range(30))
def test_bound_is_above_the_maximum_cut_and_close_to_the_objective(seed: int) -> None:
    n = 2 + seed % 9
    W = _weights(seed, n, density=0.3 + 0.6 * (seed % 2))
    result = mixing_method(csr_array(W) if seed % 3 else W, Mixing(tolerance=1e-12), seed=seed)
    optimum = _max_cut(W)
    assert result.is_certified
    assert result.bound >= max(optimum, result.objective)
    assert result.bound <= result.objective + 2e-3 * max(1.0, abs(result.objective))
    assert np.linalg.norm(result.vectors, axis=1) == pytest.approx(np.ones(n))
    gram = result.gram()
    assert result.objective == pytest.approx((W * (1 - gram)).sum() / 4, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_dual_bound_holds_at_unconverged_vectors(seed: int) -> None:
    n = 2 + seed % 8
    W = _weights(seed, n)
    vectors = np.random.default_rng(seed).normal(size=(n, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    bound, is_certified = dual_bound(W, vectors)
    assert is_certified
    assert bound >= _max_cut(W)
    assert bound >= cut_objective(W, vectors)


@pytest.mark.parametrize(
    ("graph", "value"),
    [
        (networkx.cycle_graph(5), 2.5 * (1 + np.cos(np.pi / 5))),
        (networkx.cycle_graph(9), 4.5 * (1 + np.cos(np.pi / 9))),
        (networkx.complete_graph(7), 49 / 4),
        (networkx.petersen_graph(), 12.5),
        (networkx.complete_bipartite_graph(3, 4), 12.0),
    ],
)
def test_closed_form_optima(graph: networkx.Graph, value: float) -> None:
    result = mixing_method(networkx.to_scipy_sparse_array(graph, dtype=float), Mixing(tolerance=1e-13))
    assert result.objective == pytest.approx(value, rel=1e-5)
    assert result.bound == pytest.approx(value, rel=1e-4)
    assert result.bound >= value * (1 - 1e-9)


def test_bipartite_correlations_are_the_sides() -> None:
    result = mixing_method(networkx.to_scipy_sparse_array(networkx.complete_bipartite_graph(3, 4), dtype=float))
    sides = np.array([1, 1, 1, -1, -1, -1, -1])
    assert result.gram() == pytest.approx(np.outer(sides, sides), abs=1e-3)
    heads, tails = [0, 0, 3], [1, 3, 6]
    assert result.correlations(heads, tails) == pytest.approx([1, -1, 1], abs=1e-3)


def test_sparse_and_dense_sweeps_reach_the_same_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    W = _weights(1, 60, density=0.1)
    sparse = mixing_method(W, Mixing(tolerance=1e-12))
    monkeypatch.setattr(mixing, "_DENSE_SHARE", 0.0)
    dense = mixing_method(W, Mixing(tolerance=1e-12))
    assert sparse.objective == pytest.approx(dense.objective, rel=1e-5)


def test_lanczos_bound_agrees_with_the_dense_one_and_is_not_called_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    W = csr_array(_weights(2, 80, density=0.1))
    dense = mixing_method(W)
    monkeypatch.setattr(mixing, "_DENSE_NODES", 10)
    large = mixing_method(W)
    assert not large.is_certified
    assert large.bound == pytest.approx(dense.bound, rel=1e-5)


def test_warm_start_needs_fewer_sweeps_and_seeds_repeat() -> None:
    W = _weights(3, 50)
    first, again = mixing_method(W, seed=4), mixing_method(W, seed=4)
    assert first.vectors.tolist() == again.vectors.tolist()
    assert mixing_method(W, seed=5).vectors.tolist() != first.vectors.tolist()
    correlations = np.abs(first.gram() - np.eye(50))
    i, j = np.unravel_index(correlations.argmax(), correlations.shape)
    merged = W.copy()  # node i becomes node j or its opposite
    merged[j] += np.sign(first.gram()[i, j]) * W[i]
    merged[:, j] = merged[j]
    merged[j, j] = 0.0
    merged = np.delete(np.delete(merged, i, axis=0), i, axis=1)
    warm = mixing_method(merged, start=np.delete(first.vectors, i, axis=0))
    cold = mixing_method(merged, seed=4)
    assert warm.sweeps < cold.sweeps / 2
    assert warm.objective == pytest.approx(cold.objective, rel=1e-4)
    assert not first.vectors.flags.writeable


def test_isolated_nodes_no_edges_and_no_nodes() -> None:
    W = np.zeros((4, 4))
    W[0, 1] = W[1, 0] = 3.0
    assert mixing_method(W).bound == pytest.approx(3.0, abs=1e-6)
    nothing = mixing_method(np.zeros((3, 3)))
    assert (nothing.objective, nothing.bound) == (0.0, 0.0)
    assert mixing_method(np.zeros((0, 0))).bound == 0.0
    assert mixing_method(csr_array((1, 1))).objective == pytest.approx(0.0)


def test_bound_of_a_qubo_lies_below_its_minimum() -> None:
    rng = np.random.default_rng(6)
    Q = rng.integers(-9, 10, size=(9, 9)).astype(float)
    cut = qubo_to_max_cut(Q)
    X = np.array(list(itertools.product((0, 1), repeat=9)))
    minimum = np.einsum("ki,ij,kj->k", X, Q, X).min()
    result = mixing_method(cut.adjacency())
    assert cut.constant - result.bound / 2 <= minimum
    assert cut.constant - result.bound / 2 >= minimum - 0.3 * abs(minimum)


def test_published_sdp_value_of_g1(instances_dir: Path) -> None:
    """12083.2: Burer, Monteiro (2003), doi:10.1007/s10107-002-0352-8, and every later table."""
    table = np.loadtxt(instances_dir / "maxcut" / "G1.txt", skiprows=1)
    heads, tails = table[:, 0].astype(int) - 1, table[:, 1].astype(int) - 1
    half = coo_array((table[:, 2], (heads, tails)), shape=(800, 800)).tocsr()
    result = mixing_method(half + half.T)
    assert result.objective == pytest.approx(12083.2, abs=0.1)
    assert 12083.19 <= result.bound <= 12084.5


def test_limits_and_bad_input() -> None:
    W = _weights(7, 30)
    assert mixing_method(W, Mixing(max_sweeps=3, tolerance=0.0)).sweeps == 3
    assert mixing_method(W, Mixing(seconds=0.0, tolerance=0.0)).sweeps == 1
    assert mixing_method(W, certify=False).bound == np.inf
    for bad in ([[0.0, 1.0], [2.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]], np.ones((2, 3))):
        with pytest.raises(ValueError, match="weights must be a symmetric matrix"):
            mixing_method(bad)
    with pytest.raises(ValueError, match="start must hold vectors that are not 0"):
        mixing_method(W, start=np.zeros((30, 4)))
    with pytest.raises(ValueError, match="start must have one vector for each of 30 nodes"):
        mixing_method(W, start=np.ones((29, 4)))


def test_certificate_survives_a_wrong_eigenvalue_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Ritz value is an upper estimate: the factorisation, not Lanczos, decides."""
    W = _weights(9, 200, density=0.3)
    vectors = mixing_method(W, Mixing(max_sweeps=3), certify=False).vectors
    honest = dual_bound(W, vectors)[0]
    monkeypatch.setattr(mixing, "_lanczos", lambda weights, slack: 5.0)
    misled, is_certified = dual_bound(W, vectors)
    slack = -np.einsum("ik,ik->i", W @ vectors, vectors)
    exact = (W.sum() + slack.sum() - 200 * np.linalg.eigvalsh(W + np.diag(slack))[0]) / 4
    assert is_certified
    assert misled >= exact
    assert honest == pytest.approx(exact, rel=1e-6)
    assert honest >= exact
