"""The shrunk QUBO has the energy of the point that it expands to: both signs, anchored merges, any source."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, triu

from qopt.algorithms.enumeration import all_points
from qopt.algorithms.max_cut import qubo_to_max_cut
from qopt.core import BinaryProgram, LiteralMap, from_spec, make_rows
from qopt.encoders.quadratic import Quadratic
from qopt.encoders.shrink.classes import Classes, substitution

#: Points of the reduced problem that are enumerated; beyond, as many are drawn.
ENUMERATED_BITS = 14


def quadratic(rng, m):
    Q = np.triu(rng.integers(-9, 10, (m, m)) * (rng.random((m, m)) < 0.6), 1).astype(float)
    return Quadratic(rng.integers(-9, 10, m).astype(float), csr_array(Q), float(rng.integers(-5, 6)))


def points(rng, num_bits):
    if num_bits <= ENUMERATED_BITS:
        return all_points(num_bits)
    return rng.integers(0, 2, (2000, num_bits), dtype=np.uint8)


@given(st.integers(1, 24), st.integers(0, 10**6), st.data())
def test_energy_is_kept_by_any_merges(m, seed, data):
    """Random ties, some with the anchor: energy(expand(z)) == reduced energy at every z."""
    rng = np.random.default_rng(seed)
    energy, classes = quadratic(rng, m), Classes(m)
    for _ in range(data.draw(st.integers(0, m))):
        roots = classes.roots
        if roots.size == 1:
            break
        i = 0 if rng.random() < 0.3 else int(rng.choice(roots))
        j = int(rng.choice(roots[roots != i]))
        classes.merge(i, j, int(rng.choice([-1, 1])))
    literals = classes.literals()
    reduced = energy.substituted(*substitution(literals))
    Z = points(rng, literals.num_inputs)
    assert reduced.num_bits == classes.num_free
    assert np.array_equal(energy.values(literals.apply(Z)), reduced.values(Z))


@pytest.mark.parametrize("sign", [1, -1])
def test_cut_of_the_merged_graph_is_that_of_the_whole_one_less_a_constant(sign):
    """The rule of the Max-Cut form: w_jk += sign w_ik, and the removed node's edges become a constant for sign < 0."""
    rng = np.random.default_rng(4)
    cut = qubo_to_max_cut(triu(rng.integers(-5, 6, (6, 6)).astype(float)), rng.integers(-5, 6, 6))
    W = cut.adjacency().toarray()
    i, j = 5, 2
    kept = [node for node in range(7) if node != i]
    merged = W.copy()
    merged[j] += sign * W[i]
    merged[:, j] = merged[j]
    merged[j, j] = 0.0
    constant = W[i].sum() if sign < 0 else 0.0
    sides = all_points(6)
    whole = np.zeros((len(sides), 7), dtype=np.uint8)
    whole[:, kept] = sides
    whole[:, i] = whole[:, j] if sign > 0 else 1 - whole[:, j]
    small = np.array([_cut(merged[np.ix_(kept, kept)], side) for side in sides])
    assert np.allclose(cut.cut_values(whole), small + constant)


def _cut(W, side):
    return float(W[np.ix_(side == 0, side == 1)].sum())


def programs():
    rng = np.random.default_rng(8)
    A = rng.integers(1, 9, (2, 9))
    knapsack = BinaryProgram(-rng.integers(1, 20, 9), rows=make_rows(A, upper=A.sum(axis=1) // 2))
    pairs = np.zeros((8, 10))
    for r, (u, v) in enumerate(zip(rng.integers(0, 5, 8), rng.integers(5, 10, 8))):
        pairs[r, [u, v]] = 1
    packing = BinaryProgram(-np.ones(10), rows=make_rows(pairs, upper=1))
    one_hot = np.kron(np.eye(3), np.ones(3))
    rows = make_rows(np.vstack([one_hot, np.kron(np.ones(3), np.eye(3))]), lower=1, upper=1)
    return [knapsack, packing, BinaryProgram(np.arange(9.0), np.triu(rng.integers(0, 9, (9, 9)), 1), rows=rows)]


SOURCES = ["sdp", "lp", "sampling", "qaoa", "cqm-lp", "spectral", "random"]


@pytest.mark.parametrize(
    ("source", "admissibility"), [*((source, "verified") for source in SOURCES), ("sdp", "off"), ("random", "off")]
)
def test_shrunk_encoding_has_the_inner_energies(source, admissibility):
    """Through the encoder: at every z of the small QUBO, and decoded to the same point of the program."""
    # the program's LP has no values for slack bits
    spec = {"name": "shrink", "inner": "unbalanced" if source == "cqm-lp" else "slack", "target": 5, "every": 3}
    for program in programs():
        shrink = from_spec("encoders", {**spec, "correlations": source, "admissibility": admissibility})
        encoding = shrink.encode(program)
        inner, literals = encoding.state["inner"], encoding.state["literals"]
        assert isinstance(literals, LiteralMap)
        if source == "cqm-lp":  # says nothing of variables that its LP leaves at a half
            assert encoding.num_qubits == 5 or encoding.trace[-1]["shrink"]["ended"] == "strongest correlation 0"
        else:
            assert encoding.num_qubits == 5
        Z = all_points(encoding.num_qubits)
        expanded = literals.apply(Z)
        labels = list(range(inner.num_qubits))
        energies = encoding.bqm.energies((Z, list(range(encoding.num_qubits))))
        np.testing.assert_allclose(energies, inner.bqm.energies((expanded, labels)), atol=1e-7)
        assert np.array_equal(encoding.decode(Z), inner.decode(expanded))


def test_merges_replayed_give_the_expansion():
    """The stored merges are the expansion: tied again one by one, they give the same literals."""
    encoding = from_spec("encoders", {"name": "shrink", "target": 4}).encode(programs()[0])
    classes = Classes(encoding.state["inner"].num_qubits)
    for kept, removed, sign, *_ in encoding.state["merges"]:
        classes.merge(kept, removed, sign)
    literals = encoding.state["literals"]
    assert np.array_equal(classes.literals().index, literals.index)
    assert np.array_equal(classes.literals().flip, literals.flip)
    assert any(merge[0] == 0 for merge in encoding.state["merges"])
    assert {merge[2] for merge in encoding.state["merges"]} == {1, -1}
