"""QAOA on backends mps and pauli: the engine's values where nothing is lost, a label wherever something is."""

from __future__ import annotations

import json

import dimod
import numpy as np
import pytest

from qopt.algorithms.enumeration import all_energies
from qopt.core import UnsupportedError
from qopt.engines.diagonal.memory import assumed_bytes
from qopt.experiments.run import solve
from qopt.problems.qubo import Qubo
from qopt.solvers.qaoa.qaoa import Qaoa
from qopt.solvers.qaoa.variants import MultiAngleQaoa, WarmStartQaoa


def model(n: int = 8, density: float = 0.6, seed: int = 1) -> dimod.BinaryQuadraticModel:
    rng = np.random.default_rng(seed)
    J = np.triu(rng.integers(-4, 5, size=(n, n)) * (rng.random((n, n)) < density), 1).astype(float)
    return dimod.BinaryQuadraticModel(rng.integers(-4, 5, size=n).astype(float), J, 1.0, "BINARY")


def ring(n: int) -> dimod.BinaryQuadraticModel:
    """-cut of a ring whose labels are shuffled."""
    labels = np.random.default_rng(n).permutation(n).tolist()
    pairs = {(min(a, b), max(a, b)): 2.0 for a, b in zip(labels, [*labels[1:], labels[0]])}
    return dimod.BinaryQuadraticModel(dict.fromkeys(range(n), -2.0), pairs, 0.0, "BINARY")


@pytest.mark.parametrize("kind", [Qaoa, MultiAngleQaoa, WarmStartQaoa])
def test_uncut_every_variant_has_the_engines_energy(kind: type[Qaoa]) -> None:
    bqm = model()
    exact = kind(num_layers=2, optimizer="none").sample(bqm, seed=1).info
    mine = kind(num_layers=2, optimizer="none", backend="mps", bond_dimension=16).sample(bqm, seed=1).info
    assert mine["expectation"] == pytest.approx(exact["expectation"], abs=1e-10)
    assert mine["value"] == mine["expectation"]
    assert mine["energies"] == "exact"
    assert mine["discarded_weight"] == 0


def test_cut_states_are_labelled_estimates() -> None:
    info = Qaoa(num_layers=3, optimizer="none", backend="mps", bond_dimension=2).sample(model(), seed=1).info
    assert info["energies"] == "estimate"
    assert info["discarded_weight"] > 0
    assert info["fidelity_estimate"] < 1
    assert info["largest_bond"] == 2
    json.dumps(info)


def test_points_are_those_of_the_state_and_in_the_models_order() -> None:
    bqm = model(6)
    exact = Qaoa(num_layers=2, optimizer="none", num_shots=40_000).sample(bqm, seed=1)
    mine = Qaoa(num_layers=2, optimizer="none", backend="mps", num_shots=40_000).sample(bqm, seed=1)
    energies = all_energies(bqm)
    for samples in (exact, mine):
        assert np.allclose(samples.record.energy, bqm.energies(samples), atol=1e-9)
        assert samples.record.num_occurrences.sum() == 40_000
    means = [float(s.record.energy @ s.record.num_occurrences) / 40_000 for s in (exact, mine)]
    assert means[1] == pytest.approx(mine.info["expectation"], abs=5 * energies.std() / 200)
    best = [s.record.num_occurrences[s.record.energy == energies.min()].sum() / 40_000 for s in (exact, mine)]
    assert best[0] == pytest.approx(best[1], abs=0.02)


def test_a_ring_of_90_is_trained_and_exact() -> None:
    info = (
        Qaoa(num_layers=1, backend="mps", bond_dimension=8, max_evaluations=25)
        .sample(ring(90), seed=1, num_shots=50)
        .info
    )
    assert info["energies"] == "exact"
    assert info["expectation"] / -90 == pytest.approx(0.75, abs=2e-3)  # (2p + 1) / (2p + 2) of the edges at one layer
    assert info["optimizer"] == "cobyla"


def test_cvar_takes_shots() -> None:
    samples = Qaoa(num_layers=1, backend="mps", alpha=0.3, shots_per_evaluation=100, max_evaluations=5).sample(
        model(), seed=1
    )
    assert samples.info["shots_per_evaluation"] == 100
    with pytest.raises(ValueError, match="shots_per_evaluation must be given"):
        Qaoa(backend="mps", alpha=0.3)


def test_the_same_seed_gives_the_same_points() -> None:
    first, again = (Qaoa(num_layers=2, optimizer="none", backend="mps").sample(model(), seed=4) for _ in range(2))
    assert np.array_equal(first.record.sample, again.record.sample)
    assert np.array_equal(first.record.num_occurrences, again.record.num_occurrences)


@pytest.mark.parametrize("layers", [1, 2])
def test_propagation_has_the_engines_energy(layers: int) -> None:
    bqm = model(7)
    exact = Qaoa(num_layers=layers, optimizer="none").sample(bqm, seed=1).info
    mine = Qaoa(num_layers=layers, optimizer="none", backend="pauli").sample(bqm, seed=1).info
    assert mine["expectation"] == pytest.approx(exact["expectation"], abs=1e-10)
    assert mine["energies"] == "exact"
    assert mine["expectation_error_at_most"] == 0
    assert mine["points_from"]["energies"] == "exact"


def test_dropped_strings_make_an_estimate_with_a_bound() -> None:
    bqm = model(7)
    exact = Qaoa(num_layers=2, optimizer="none").sample(bqm, seed=1).info["expectation"]
    info = Qaoa(num_layers=2, optimizer="none", backend="pauli", pauli_weight=3).sample(bqm, seed=1).info
    assert info["energies"] == "estimate"
    assert abs(info["expectation"] - exact) <= info["expectation_error_at_most"]
    assert info["dropped_weight"] > 0
    json.dumps(info)


def test_other_circuits_and_degrees_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="plain qaoa"):
        WarmStartQaoa(backend="pauli").sample(model(), seed=1)
    with pytest.raises(ValueError, match="shots_per_evaluation must be left out"):
        Qaoa(backend="pauli", shots_per_evaluation=100)
    with pytest.raises(ValueError, match="pauli_weight must come with"):
        Qaoa(backend="mps", pauli_weight=3)
    with pytest.raises(ValueError, match="bond_dimension must come with"):
        Qaoa(bond_dimension=4)


@pytest.mark.parametrize("backend", ["mps", "pauli"])
def test_what_does_not_fit_is_refused_with_the_numbers(backend: str) -> None:
    sampler = Qaoa(backend=backend, bond_dimension=4096)
    with assumed_bytes(2**30):
        assert "bond_dimension" in sampler.estimate(300, 900).refusal
        assert not Qaoa(backend=backend, bond_dimension=32).estimate(300, 900).refusal


def test_a_state_that_would_pass_the_time_limit_is_refused_before_it_is_begun() -> None:
    bqm = model(40, density=1.0)
    with pytest.raises(UnsupportedError, match="time limit"):
        Qaoa(num_layers=3, backend="mps", bond_dimension=512).sample(bqm, seed=1, seconds=2)


def test_plan_knows_the_bond_that_a_graph_needs() -> None:
    found = Qaoa(num_layers=2, backend="mps").estimate_model(ring(60))
    assert "bonds of 16 at most would be exact" in found.note
    assert found.seconds is not None
    rough = Qaoa(num_layers=2, backend="mps").estimate(60, 60).seconds
    assert rough is not None
    assert found.seconds < rough


def test_the_pipeline_tells_stages_and_control() -> None:
    record = solve(Qubo.from_bqm(ring(60)), "qaoa", backend="mps", num_layers=2, optimizer="none", num_shots=50, seed=1)
    control = record.stages.control
    assert control is not None
    for stages in (record.stages, control):
        assert stages.raw is not None
        assert stages.improved is not None
    assert record.resources.extra["energies"] == "exact"
    assert record.resources.qubits == 60
