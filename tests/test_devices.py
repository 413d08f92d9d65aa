"""Devices: transpiled figures, noise, readout mitigation, and objects handed over from Python."""

from __future__ import annotations

from typing import Any

import dimod
import numpy as np
import pytest

from qopt.core import UnsupportedError
from qopt.solvers.backends.kinds import CIRCUIT_BACKENDS
from qopt.solvers.backends.readout import Confusion, calibrate, nearest_distribution
from qopt.solvers.backends.runners import device_of, noise_model
from qopt.solvers.backends.transpile import COUPLINGS, cost_of, fake_backend, qubits_used, transpiled_cost
from qopt.solvers.ising import Ising
from qopt.solvers.qaoa.backends import QAOA_BACKENDS
from qopt.solvers.qaoa.circuit import qaoa_circuit
from qopt.solvers.qaoa.qaoa import Qaoa

pytest.importorskip("qiskit_ibm_runtime")

ANGLES = (0.4, 0.5)


def ring(n: int = 4) -> dimod.BinaryQuadraticModel:
    bqm = dimod.BinaryQuadraticModel({i: -1.0 - 0.1 * i for i in range(n)}, {}, 0.0, "BINARY")
    for i in range(n):
        bqm.add_quadratic(i, (i + 1) % n, 2.0)
    return bqm


@pytest.fixture(scope="module")
def manila() -> Any:
    return fake_backend("fake_manila")


def test_transpiled_cost_by_target() -> None:
    circuit = qaoa_circuit(Ising.of(ring()), 1)
    figures = {target: transpiled_cost(circuit, target, seed=1) for target in COUPLINGS}
    assert figures["all-to-all"].two_qubit_gates == 8  # two CZ a coupling
    assert figures["ring"].two_qubit_gates == 8  # the model is a ring
    assert figures["line"].two_qubit_gates > 8
    assert all(cost.qubits_used == 4 for cost in figures.values())
    assert cost_of(circuit).two_qubit_gates == 4
    assert transpiled_cost(circuit, "line", seed=3) == transpiled_cost(circuit, "line", seed=3)


def test_fake_torino_uses_few_of_its_qubits() -> None:
    cost = transpiled_cost(qaoa_circuit(Ising.of(ring()), 1), "fake_torino", seed=1)
    assert 4 <= cost.qubits_used < 10
    assert cost.two_qubit_gates >= 8


@pytest.mark.parametrize(
    ("target", "error", "text"),
    [("fake_torin", ValueError, "did you mean 'fake_torino'"), ("fake_manila", UnsupportedError, "at least 6 qubits")],
)
def test_wrong_targets_are_one_line(target: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        transpiled_cost(qaoa_circuit(Ising.of(ring(6)), 1), target)
    assert "\n" not in str(caught.value)


def test_noise_raises_the_energy_and_mitigation_takes_some_of_it_back() -> None:
    fields = {"num_layers": 1, "init": "transfer", "angles": ANGLES, "optimizer": "none", "shots": 4000}
    clean = Qaoa(**fields, backend="aer").sample(ring(), seed=1).info  # type: ignore[arg-type]
    noisy = Qaoa(**fields, backend="noisy:fake_manila").sample(ring(), seed=1).info  # type: ignore[arg-type]
    undone = Qaoa(**fields, backend="noisy:fake_manila", readout="mitigate").sample(ring(), seed=1).info  # type: ignore[arg-type]
    assert clean["value"] < undone["value"] < noisy["value"]
    assert noisy["engine"].endswith("noise of fake_manila")
    assert noisy["two_qubit_gates"] > noisy["logical_two_qubit_gates"] == 4
    assert noisy["qubits_used"] in (4, 5)
    assert undone["is_readout_mitigated"]


def test_noise_of_the_used_qubits_is_all_that_counts(manila: Any) -> None:
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel

    compiled = CIRCUIT_BACKENDS.parse("noisy:fake_manila").runner(1).compile(qaoa_circuit(Ising.of(ring(3)), 1))
    assert compiled.cost.qubits_used == 3
    bound = compiled.measured.assign_parameters(compiled.values(np.array([0.4, 0.5])))
    counts = [
        AerSimulator(noise_model=noise, method="statevector")
        .run(bound, shots=300, seed_simulator=3)
        .result()
        .get_counts()
        for noise in (NoiseModel.from_backend(manila), noise_model(manila, qubits_used(compiled.measured)))
    ]
    assert counts[0] == counts[1]


def test_default_shots_of_a_noisy_backend_are_said() -> None:
    info = Qaoa(num_layers=1, backend="noisy:fake_manila", max_evaluations=2).sample(ring(3), seed=1).info
    assert info["shots_per_evaluation"] == 1000
    assert info["optimizer"] == "cobyla"


def test_runtime_in_local_testing_mode_follows_the_seed() -> None:
    sampler = Qaoa(num_layers=1, backend="device:fake_manila", shots_per_evaluation=200, max_evaluations=2)
    one, same = (sampler.sample(ring(3), seed=5) for _ in range(2))
    assert one.info["engine"] == "qiskit-ibm-runtime on fake_manila"
    assert one.record.num_occurrences.tolist() == same.record.num_occurrences.tolist()


def test_objects_from_python(manila: Any) -> None:
    from qiskit.primitives import StatevectorSampler

    sampler = Qaoa(num_layers=1, shots_per_evaluation=500, max_evaluations=3)
    ideal = sampler.sample(ring(3), seed=1, device=StatevectorSampler(seed=1)).info
    real = sampler.sample(ring(3), seed=1, device=manila).info
    assert ideal["engine"] == "sampler StatevectorSampler"
    assert ideal["two_qubit_gates"] == 3
    assert real["engine"] == "backend fake_manila"
    assert real["two_qubit_gates"] > 3
    with pytest.raises(TypeError, match="must be a BackendV2 or BaseSamplerV2"):
        sampler.sample(ring(3), device=object())


def test_a_device_that_cannot_be_reached_is_an_error_not_a_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    import qiskit_ibm_runtime

    def refuse() -> Any:
        raise ValueError("no account\nmore lines")

    monkeypatch.setattr(qiskit_ibm_runtime, "QiskitRuntimeService", refuse)
    with pytest.raises(UnsupportedError, match=r"device ibm_x must be reachable \(no account\)") as caught:
        device_of("ibm_x")
    assert "\n" not in str(caught.value)


def test_a_device_that_is_too_small_is_refused_before_any_work() -> None:
    sampler = Qaoa(backend="noisy:fake_manila")
    assert sampler.estimate(5, 4).refusal == ""
    assert "fake_manila must have at least 6 qubits, has 5" in sampler.estimate(6, 4).refusal
    with pytest.raises(UnsupportedError, match="at least 6 qubits"):
        sampler.sample(ring(6), seed=1)


def test_backend_texts() -> None:
    named, exact = QAOA_BACKENDS.parse("device:ibm_x"), QAOA_BACKENDS.parse("exact")
    assert (named.kind, named.device, named.has_expectation) == ("device", "ibm_x", False)
    assert (exact.kind, exact.device, exact.has_gradient) == ("exact", "", True)
    for bad in ("noisy:", "device", "aer-mps:4", ""):
        with pytest.raises(ValueError, match="backend must be"):
            QAOA_BACKENDS.parse(bad)


def test_mitigation_undoes_known_errors() -> None:
    rng = np.random.default_rng(1)
    p10, p01 = np.array([0.05, 0.1, 0.02]), np.array([0.08, 0.03, 0.12])
    truth = rng.dirichlet(np.ones(8))
    Z = (np.arange(8)[:, None] >> np.arange(3)) & 1
    matrix = np.ones((8, 8))
    for q in range(3):
        single = np.array([[1 - p10[q], p01[q]], [p10[q], 1 - p01[q]]])
        matrix *= single[Z[:, q][:, None], Z[:, q][None, :]]
    assert np.allclose(Confusion(p10, p01).weights(Z, 1e6 * (matrix @ truth)), truth, rtol=0, atol=1e-12)


def test_nearest_distribution_is_the_projection() -> None:
    rng = np.random.default_rng(2)
    weights = rng.normal(size=6)
    weights += (1 - weights.sum()) / 6
    found = nearest_distribution(weights)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1.0)
    others = rng.dirichlet(np.ones(6), size=5000)
    assert ((others - weights) ** 2).sum(axis=1).min() >= ((found - weights) ** 2).sum() - 1e-12


def test_calibration_measures_the_devices_own_readout(manila: Any) -> None:
    runner = CIRCUIT_BACKENDS.parse("noisy:fake_manila").runner(1)
    compiled = runner.compile(qaoa_circuit(Ising.of(ring(2)), 1))
    found = calibrate(runner, 2, compiled.measured, 20_000, (1, 2))
    homes = compiled.measured.layout.final_index_layout(filter_ancillas=True)
    expected = [manila.target["measure"][(home,)].error for home in homes]
    assert np.allclose((found.p10 + found.p01) / 2, expected, rtol=0, atol=0.02)
