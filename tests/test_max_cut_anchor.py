"""QUBO <-> anchored Max-Cut: the identity at every point, both ways, and the weights of the formula."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array, random_array

from qopt.algorithms.max_cut import max_cut_to_qubo, qubo_to_max_cut


def _all_points(n: int) -> np.ndarray:
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8).reshape(2**n, n)


def _values(Q: np.ndarray, c: np.ndarray, offset: float, X: np.ndarray) -> np.ndarray:
    return np.einsum("ki,ij,kj->k", X, Q, X) + X @ c + offset


@pytest.mark.parametrize("seed", range(25))
def test_identity_at_every_cut(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    Q = rng.integers(-9, 10, size=(n, n)) * (rng.random((n, n)) < 0.6)
    Q, c, offset = Q.astype(float), rng.integers(-9, 10, size=n).astype(float), float(rng.integers(-5, 6))
    cut = qubo_to_max_cut(csr_array(Q) if seed % 2 else Q, c, offset)
    Z = _all_points(n + 1)
    # the cut's weight, counted edge by edge, is the oracle of cut_values
    crossing = Z[:, cut.heads] != Z[:, cut.tails]
    assert cut.cut_values(Z).tolist() == (crossing @ cut.weights).tolist()
    X = cut.decode(Z)
    assert ((Z[:, 1:] == Z[:, :1]) == X).all()
    assert cut.energies(Z).tolist() == _values(Q, c, offset, X).tolist()
    assert _values(Q, c, offset, np.ones((1, n)))[0] == cut.constant


@pytest.mark.parametrize("seed", range(10))
def test_way_back_is_the_same_function(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 8))
    Q, c = rng.integers(-9, 10, size=(n, n)).astype(float), rng.integers(-9, 10, size=n).astype(float)
    quadratic, linear, offset = max_cut_to_qubo(qubo_to_max_cut(Q, c, 4.0))
    X = _all_points(n)
    assert _values(quadratic.toarray(), linear, offset, X).tolist() == _values(Q, c, 4.0, X).tolist()
    again = qubo_to_max_cut(quadratic, linear, offset)
    first = qubo_to_max_cut(Q, c, 4.0)
    assert again.weights.tolist() == first.weights.tolist()
    assert again.constant == first.constant


def test_encode_inverts_decode() -> None:
    cut = qubo_to_max_cut(np.ones((5, 5)))
    X = _all_points(5)
    Z = cut.encode(X)
    assert not Z[:, 0].any()
    assert (cut.decode(Z) == X).all()
    assert (cut.decode(1 - Z) == X).all()


def test_weights_are_those_of_the_formula_and_stored_once() -> None:
    rng = np.random.default_rng(5)
    Q = rng.integers(-3, 4, size=(6, 6)).astype(float)
    cut = qubo_to_max_cut(Q)
    W = cut.adjacency().toarray()
    assert (W == W.T).all()
    assert (np.diag(W) == 0).all()
    assert W[0, 1:].tolist() == (Q.sum(axis=0) + Q.sum(axis=1)).tolist()
    assert (W[1:, 1:] == np.where(np.eye(6, dtype=bool), 0, Q + Q.T)).all()
    assert (cut.heads < cut.tails).all()
    assert (cut.weights != 0).all()


def test_duplicate_terms_add_up_and_cancelled_terms_vanish() -> None:
    Q = coo_array(([1.0, 2.0, -3.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    cut = qubo_to_max_cut(Q)
    assert cut.weights.size == 0
    assert cut.energies(cut.encode([[1, 1], [1, 0]])).tolist() == [0.0, 0.0]


def test_empty_qubo() -> None:
    cut = qubo_to_max_cut(csr_array((0, 0)), offset=3.0)
    assert cut.num_nodes == 1
    assert cut.energies([[0]]).tolist() == [3.0]


def test_large_sparse_qubo_keeps_the_identity() -> None:
    rng = np.random.default_rng(1)
    Q = random_array((900, 900), density=0.5, rng=rng)
    c = rng.normal(size=900)
    cut = qubo_to_max_cut(Q, c, 1.0)
    X = rng.integers(0, 2, size=(5, 900)).astype(np.uint8)
    assert cut.energies(cut.encode(X)) == pytest.approx(_values(Q.toarray(), c, 1.0, X.astype(float)), rel=1e-9)


def test_arrays_are_frozen_and_shapes_checked() -> None:
    cut = qubo_to_max_cut(np.eye(2))
    assert not cut.weights.flags.writeable
    with pytest.raises(ValueError, match="sides must have 3 columns"):
        cut.decode([[0, 1]])
    with pytest.raises(ValueError, match="points must have 2 columns"):
        cut.encode([[0, 1, 1]])
    with pytest.raises(ValueError, match="quadratic must be square"):
        qubo_to_max_cut(np.ones((2, 3)))
