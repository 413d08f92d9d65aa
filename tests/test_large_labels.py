"""Whether an energy is exact or an estimate, wherever it is told: no backend calls a truncated value exact.

Each backend on small graphs of many kinds, against the state vector: what is labelled exact is equal, what was cut is
labelled an estimate.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import qopt
from qopt.core import bqm_from_arrays
from qopt.experiments.worth_text import worth_lines
from qopt.problems.max_cut import MaxCut
from qopt.solvers.ising import Ising
from qopt.solvers.qaoa.qaoa import Qaoa

BACKENDS = [
    ("exact", {}),
    ("light-cone", {}),
    ("mps", {"bond_dimension": 1}),
    ("mps", {"bond_dimension": 4}),
    ("mps", {"bond_dimension": 64}),
    ("pauli", {}),
    ("pauli", {"pauli_weight": 2}),
    ("pauli", {"pauli_strings": 5}),
]


def spins_model(h, edges, couplings):
    """The BINARY model of fields and couplings of spins s = 1 - 2 z."""
    edges = np.asarray(edges, dtype=int).reshape(-1, 2)
    linear = -2.0 * h
    for end in edges.T:
        np.subtract.at(linear, end, 2 * couplings)
    return bqm_from_arrays(linear, *edges.T, 4 * couplings, float(h.sum() + couplings.sum()))


def odd_models(count, seed):
    """Trees, parts that do not touch, vertices of degree 0, no edge, weights of 0, -1, 1e12, 1e-12, fields alone."""
    rng = np.random.default_rng(seed)
    for k in range(count):
        n = int(rng.integers(1, 11))
        graph = [
            nx.gnm_random_graph(n, int(rng.integers(0, 2 * n)), seed=k),
            nx.random_labeled_tree(n, seed=k),
            nx.disjoint_union(nx.path_graph(n // 2 + 1), nx.cycle_graph(4)),
            nx.empty_graph(n),
            nx.complete_graph(min(n, 7)),
        ][k % 5]
        n, m = len(graph), graph.number_of_edges()
        couplings = [np.ones(m), rng.choice([-1.0, 0.0, 1.0], m), rng.normal(size=m), -np.ones(m)][k % 4]
        h = rng.normal(size=n) * (rng.random(n) < [0.0, 0.5, 1.0][k % 3])
        scale = [1.0, 1e12, 1e-12][k // 5 % 3]
        yield scale, spins_model(h * scale, graph.edges, couplings * scale), float(abs(h).sum() + abs(couplings).sum())


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_what_is_called_exact_equals_the_state_vector(layers):
    labels = set()
    for scale, model, size in odd_models(20, seed=layers):
        told = [Qaoa(num_layers=layers, backend=name, optimizer="none", num_shots=2, **more) for name, more in BACKENDS]
        infos = [sampler.sample(model, seed=1).info for sampler in told]
        for (name, more), info in zip(BACKENDS, infos):
            error = abs(info["expectation"] - infos[0]["expectation"])
            rounding = 1e-10 * scale * (1 + size)
            labels.add((name, info["energies"]))
            if info["energies"] == "exact":
                assert error <= rounding, (name, more, scale)
            elif name == "pauli":
                assert error <= info["expectation_error_at_most"] + rounding
            else:
                assert info["num_cuts"] > 0
                assert info["fidelity_at_least"] - 1e-12 <= info["fidelity_estimate"] < 1
    assert ("mps", "estimate") in labels
    assert ("light-cone", "estimate") not in labels


@pytest.mark.parametrize(
    ("backend", "options", "expected"),
    [
        ("light-cone", {}, "energies are exact; points are roundings"),
        ("mps", {"bond_dimension": 2}, "energies are estimates: bonds were cut, fidelity about 0."),
        ("mps", {"bond_dimension": 64}, "energies are exact; points are drawn from the matrix product state"),
        (
            "pauli",
            {"pauli_weight": 2},
            "energies are estimates: strings were dropped, the expected energy off by at most",
        ),
    ],
)
def test_the_screen_and_the_report_say_what_was_cut(backend, options, expected):
    """A truncated state was printed with "energies are exact", and its points as no samples of the state."""
    problem = MaxCut.from_networkx(nx.random_regular_graph(3, 12, seed=2))
    record = qopt.solve(
        problem, "qaoa", seed=1, num_layers=2, optimizer="none", backend=backend, num_shots=50, **options
    )
    lines = worth_lines(record)
    assert any(line.startswith(expected) for line in lines), lines
    is_estimate = "estimates" in expected
    assert ("(an estimate)" in lines[0]) == is_estimate
    assert record.resources.extra["energies"] == ("estimate" if is_estimate else "exact")


def test_a_tiny_model_keeps_its_small_fields():
    """Fields below 1e-14 were rounding whatever the model's size: a model of 1e-12 lost those of a hundredth."""
    h, couplings = np.array([0.008, 0.5, 0.0]), np.array([1.0, -1.0])
    one, tiny = (Ising.of(spins_model(h * s, [[0, 1], [1, 2]], couplings * s)) for s in (1.0, 1e-12))
    np.testing.assert_allclose(tiny.fields, one.fields * 1e-12, rtol=1e-9, atol=1e-27)
    assert tiny.num_terms == one.num_terms == 4


def test_a_remedy_of_size_names_the_smaller_type_only_where_it_fits():
    """200 qubits were advised `precision='complex64'`, which is refused again."""
    refusal = Qaoa().estimate(200, 300).refusal
    assert "use backend='mps'" in refusal
    assert "complex64" not in refusal
    assert not Qaoa(backend="mps", bond_dimension=4).estimate(200, 300).refusal


@pytest.mark.parametrize("field", ["bond_dimension", "pauli_weight"])
def test_a_size_below_one_is_told_with_what_was_given(field):
    with pytest.raises(ValueError, match=f"{field} must be >= 1, got -3"):
        Qaoa(backend="pauli", **{field: -3})
