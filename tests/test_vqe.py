"""VQE: energies against Aer's estimator, gradients against finite differences, CVaR by hand, every backend, sizes."""

from __future__ import annotations

import dimod
import numpy as np
import pytest

from qopt.core import UnsupportedError, bqm_from_arrays, bqm_to_arrays, from_spec
from qopt.engines import diagonal
from qopt.solvers.ansatz.circuits import ansatz, initial_angles
from qopt.solvers.ansatz.evaluators import StateEvaluator
from qopt.solvers.ansatz.settings import AnsatzSettings
from qopt.solvers.ansatz.vqe import Job, Vqe, alphas, make_evaluator
from qopt.solvers.ising import Ising


def model(n: int, seed: int = 0) -> dimod.BinaryQuadraticModel:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    keep = rng.random(i.size) < 0.6
    i, j = i[keep], j[keep]
    return bqm_from_arrays(rng.normal(size=n), i, j, rng.normal(size=i.size), 0.7)


def evaluator(bqm: dimod.BinaryQuadraticModel, alpha: float = 1.0, shots: int | None = None) -> StateEvaluator:
    circuit = ansatz("two-local-ry-rz", bqm.num_variables, 2, "circular")
    cost = diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm))
    return StateEvaluator(bqm, circuit, cost, alpha, shots, np.random.default_rng(1))


@pytest.mark.parametrize("name", ["efficient-su2", "two-local-ry", "brickwork"])
def test_energies_are_those_of_aers_estimator(name: str) -> None:
    primitives = pytest.importorskip("qiskit_aer.primitives")
    bqm = model(5, 2)
    circuit = ansatz(name, 5, 2)
    angles = initial_angles("random", circuit, np.random.default_rng(4))
    ising = Ising.of(bqm)
    job = primitives.EstimatorV2().run([(circuit.to_qiskit(), ising.operator(), angles)], precision=0.0)
    expected = float(job.result()[0].data.evs) + ising.offset
    for backend in ("exact", "mps"):
        settings = Vqe(backend=backend)
        found, _ = make_evaluator(settings.runs_on, Job(settings, bqm, circuit, 1.0, 1))
        assert found.evaluate(angles).value == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("alpha", [1.0, 0.5, 0.137])
def test_gradient_is_that_of_finite_differences(alpha: float) -> None:
    found = evaluator(model(4, 5), alpha)
    angles = initial_angles("random", found.circuit, np.random.default_rng(6))
    value, gradient = found.value_and_gradient(angles)
    assert value == pytest.approx(found.evaluate(angles).value, abs=1e-12)
    step = 1e-6 * np.eye(angles.size)
    numeric = [(found.evaluate(angles + e).value - found.evaluate(angles - e).value) / 2e-6 for e in step]
    assert np.allclose(gradient, numeric, rtol=0, atol=1e-7)


def test_cvar_counts_the_last_outcome_in_part() -> None:
    found = evaluator(model(3, 1), 0.3)
    angles = initial_angles("random", found.circuit, np.random.default_rng(0))
    state = found.state(angles)
    order = np.argsort(found.cost.values())
    weights, energies = state.probabilities()[order], found.cost.values()[order]
    left, total = 0.3, 0.0
    for weight, energy in zip(weights, energies):
        taken = min(weight, left)
        total, left = total + taken * energy, left - taken
    assert found.evaluate(angles).value == pytest.approx(total / 0.3, abs=1e-12)
    sampled = evaluator(model(3, 1), 0.3, 200_000).evaluate(angles).value
    assert sampled == pytest.approx(total / 0.3, abs=0.02)


def test_training_finds_the_ground_state_of_a_small_model() -> None:
    bqm = model(6, 3)
    lowest = float(diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm)).min)
    samples = Vqe(num_layers=2, num_restarts=2).sample(bqm, seed=3)
    assert samples.first.energy == pytest.approx(lowest)
    assert samples.info["value"] >= lowest - 1e-9
    assert samples.info["optimum_probability"] > 0.5


def test_ascending_alpha_ends_at_the_expectation() -> None:
    settings = Vqe(alpha=0.25, alpha_schedule="ascending", max_evaluations=40)
    assert alphas(settings) == [0.25, 0.5, 0.75, 1.0]
    info = settings.sample(model(4), seed=0).info
    assert info["value"] == pytest.approx(info["expectation"], abs=1e-9)


@pytest.mark.parametrize("optimizer", ["cobyla", "spsa", "nft"])
@pytest.mark.parametrize("backend", ["exact", "mps", "aer", "aer-mps"])
def test_shots_on_every_simulator(backend: str, optimizer: str) -> None:
    if backend.startswith("aer"):
        pytest.importorskip("qiskit_aer")
    settings = Vqe(
        backend=backend, shots_per_evaluation=100, optimizer=optimizer, num_layers=1, max_evaluations=20, alpha=0.25
    )
    samples = settings.sample(model(4), seed=2, num_shots=50)
    info = samples.info
    assert 1 <= info["evaluations"] <= 20
    assert info["shots"] == 100 * info["evaluations"] + 50 == samples.record.num_occurrences.sum()


def test_noisy_device_and_transpiled_figures() -> None:
    pytest.importorskip("qiskit_ibm_runtime")
    settings = Vqe(backend="noisy:fake_manila", shots_per_evaluation=50, num_layers=1, max_evaluations=4)
    info = settings.sample(model(3), seed=1).info
    assert info["qubits_used"] == 3
    assert info["two_qubit_gates"] == info["logical_two_qubit_gates"] == 2
    ring = Vqe(entanglement="circular", num_layers=1, max_evaluations=2)
    plain, line = ring.sample(model(5), seed=1).info, None
    line = (
        Vqe(entanglement="circular", num_layers=1, max_evaluations=2, target_device="line")
        .sample(model(5), seed=1)
        .info
    )
    assert plain["two_qubit_gates"] == 5 < line["two_qubit_gates"]
    assert line["target_device"] == "line"


def test_a_hundred_qubits_on_the_matrix_product_state() -> None:
    n = 100
    chain = dimod.BinaryQuadraticModel.from_ising({}, {(i, i + 1): 1.0 for i in range(n - 1)})
    samples = Vqe(backend="mps", shots_per_evaluation=200, optimizer="spsa", max_evaluations=20, num_layers=1).sample(
        chain, seed=1
    )
    assert samples.info["qubits"] == 100
    assert samples.info["bond"] == 2
    assert Vqe().estimate(n, n).refusal
    with pytest.raises(UnsupportedError, match="mps"):
        Vqe().sample(chain, seed=1)


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in (
        {"alpha": 0.0},
        {"alpha": 0.5, "backend": "mps"},
        {"shots": 10, "optimizer": "l-bfgs"},
        {"backend": "here"},
        {"num_layers": -1},
        {"readout": "mitigate"},
        {"bond_dimension": 4},
        {"optimizer": "none", "num_restarts": 1},
    ):
        with pytest.raises(ValueError, match=r"must|one of"):
            Vqe(**wrong)
    assert Vqe(backend="mps", entanglement="full", shots_per_evaluation=5).estimate(50, 0).refusal
    assert isinstance(from_spec("solvers", "cvar-vqe"), AnsatzSettings)
    assert from_spec("solvers", "cvar_vqe").alpha == 0.25


def test_budget_of_evaluations_is_kept() -> None:
    info = Vqe(num_restarts=3).sample(model(4), seed=1, evaluations=7).info
    assert info["evaluations"] == 7
    assert info["is_cut"]
