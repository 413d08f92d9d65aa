"""QRAO: the embedding identity, decode probabilities, magic rounding's mean, colourings, bounds, every engine."""

from __future__ import annotations

import itertools

import dimod
import networkx
import numpy as np
import pytest

from qopt.core import UnsupportedError, bqm_from_arrays, bqm_to_arrays
from qopt.engines import diagonal
from qopt.engines.statevector import simulate
from qopt.solvers.ansatz.circuits import ansatz, initial_angles
from qopt.solvers.base import energies_of
from qopt.solvers.ising import Ising
from qopt.solvers.qrao.colouring import Placement, place
from qopt.solvers.qrao.evaluators import mps_relaxed, vector_relaxed
from qopt.solvers.qrao.hamiltonian import Relaxed, ground_state
from qopt.solvers.qrao.qrao import Qrao
from qopt.solvers.qrao.rounding import (
    DIRECTIONS,
    basis_change,
    bloch_vectors,
    magic_choices,
    magic_points,
    measure,
    pauli_points,
)


def model(n: int, seed: int = 0, p: float = 0.4) -> dimod.BinaryQuadraticModel:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    keep = rng.random(i.size) < p
    return bqm_from_arrays(rng.normal(size=n), i[keep], j[keep], rng.normal(size=int(keep.sum())), 1.3)


def relaxed(bqm: dimod.BinaryQuadraticModel, d: int) -> Relaxed:
    ising = Ising.of(bqm)
    return Relaxed(ising, place(ising, d))


def density(bloch: np.ndarray) -> np.ndarray:
    """Product state of Bloch vectors as a density matrix; qubit 0 is the lowest bit."""
    paulis = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])]
    out = np.eye(1, dtype=complex)
    for vector in bloch:
        out = np.kron((np.eye(2) + sum(v * P for v, P in zip(vector, paulis))) / 2, out)
    return out


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_embedding_identity(d: int, seed: int) -> None:
    bqm = model(6, seed)
    found = relaxed(bqm, d)
    H = found.dense() + found.ising.offset * np.eye(2**found.num_qubits)
    assert np.allclose(H, H.conj().T, atol=1e-12)
    for bits in itertools.product((0, 1), repeat=6):
        energy = float(energies_of(bqm, np.array([bits]))[0])
        bloch = found.encoded(bits)
        assert np.trace(density(bloch) @ H).real == pytest.approx(energy, abs=1e-9)
        assert found.mean_of_product(bloch) == pytest.approx(energy, abs=1e-9)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_variables_of_one_qubit_are_not_joined(d: int) -> None:
    ising = Ising.of(model(40, 3, 0.1))
    placement = place(ising, d)
    assert (placement.qubits[ising.rows] != placement.qubits[ising.columns]).all()
    pairs = list(zip(placement.qubits.tolist(), placement.paulis))
    assert len(set(pairs)) == 40
    assert max(np.bincount(placement.qubits)) <= d


@pytest.mark.parametrize(("d", "probability"), [(2, 0.5 + 0.5 / np.sqrt(2)), (3, 0.5 + 0.5 / np.sqrt(3))])
def test_decode_probability_of_the_code(d: int, probability: float) -> None:
    """A bit encoded with d - 1 others is read right with probability 0.854 or 0.789, measured along its own Pauli."""
    shots, rng = 40_000, np.random.default_rng(0)
    empty = Ising.of(dimod.BinaryQuadraticModel(dict.fromkeys(range(d), 0.0), {}, 0.0, "BINARY"))
    found = Relaxed(empty, place(empty, d))
    for bits in itertools.product((0, 1), repeat=d):
        bloch = found.encoded(bits)[0]
        assert np.linalg.norm(bloch) == pytest.approx(1)
        psi = np.linalg.eigh(density(bloch[None]))[1][:, -1]  # the pure state
        axes = np.eye(3)[found.placement.axes]
        for variable in range(d):
            choices = np.full((shots, 1), variable)
            outcome = measure(psi, basis_change(axes), choices, rng)
            right = (outcome[:, 0] == bits[variable]).mean()
            assert abs(right - probability) < 5 * np.sqrt(probability * (1 - probability) / shots)
        assert pauli_points(found.placement, bloch[None], rng)[0].tolist() == list(bits)


def magic_mean(energies: np.ndarray) -> tuple[float, float]:
    return float(energies.mean()), float(energies.std() / np.sqrt(len(energies)))


@pytest.mark.parametrize(("d", "from_weight", "from_value"), [(3, 4 / 9, 1 / 9), (2, 3 / 8, 1 / 4)])
def test_mean_of_magic_rounding_on_max_cut(d: int, from_weight: float, from_value: float) -> None:
    """mean cut = 4W/9 + R/9 with three variables a qubit and 3W/8 + R/4 with two, of any relaxed state."""
    graph = networkx.random_regular_graph(3, 16, seed=4)
    # energy = -cut = sum over edges of (s s - 1)/2
    bqm = dimod.BinaryQuadraticModel.from_ising(dict.fromkeys(range(16), 0.0), dict.fromkeys(graph.edges(), 0.5), -12.0)
    bqm = bqm.change_vartype("BINARY", inplace=False)
    found = relaxed(bqm, d)
    rng = np.random.default_rng(d)
    weight = 24.0
    ground = ground_state(found, rng)
    noise = rng.normal(size=2**found.num_qubits) + 1j * rng.normal(size=2**found.num_qubits)
    for psi in (ground.psi, noise / np.linalg.norm(noise)):
        value = -found.mean(psi)
        choices = magic_choices(found.placement, 20_000, rng)
        outcomes = measure(psi, basis_change(DIRECTIONS[d]), choices, rng)
        mean, error = magic_mean(-energies_of(bqm, magic_points(found.placement, choices, outcomes)))
        assert abs(mean - (from_weight * weight + from_value * value)) < 5 * error
    best = diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm)).min
    assert ground.bound is not None
    assert ground.bound <= best


@pytest.mark.parametrize("d", [1, 2, 3])
def test_spectrum_is_a_bound_and_lanczos_is_not_called_one(d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bqm = model(9, 5)
    lowest = diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm)).min
    found = relaxed(bqm, d)
    dense = ground_state(found, np.random.default_rng(0))
    assert dense.bound is not None
    assert dense.bound <= lowest + 1e-9
    if d == 1:
        assert dense.value == pytest.approx(lowest, abs=1e-9)
    monkeypatch.setattr("qopt.solvers.qrao.hamiltonian.DENSE_QUBITS", 1)
    lanczos = ground_state(found, np.random.default_rng(0))
    assert lanczos.bound is None
    assert lanczos.value == pytest.approx(dense.value, abs=1e-7)
    assert lanczos.residual < 1e-5


@pytest.mark.parametrize("d", [1, 2, 3])
def test_gradient_of_the_relaxation(d: int) -> None:
    found = relaxed(model(7, 6), d)
    circuit = ansatz("brickwork", found.num_qubits, 2)
    evaluator = vector_relaxed(found, circuit, "auto")
    angles = initial_angles("random", circuit, np.random.default_rng(2))
    value, gradient = evaluator.value_and_gradient(angles)
    assert value == pytest.approx(evaluator.evaluate(angles).value, abs=1e-12)
    step = 1e-6 * np.eye(angles.size)
    numeric = [(evaluator.evaluate(angles + e).value - evaluator.evaluate(angles - e).value) / 2e-6 for e in step]
    assert np.allclose(gradient, numeric, rtol=0, atol=1e-6)


@pytest.mark.parametrize("d", [2, 3])
def test_values_are_those_of_aers_estimator_and_of_the_matrix_product_state(d: int) -> None:
    primitives = pytest.importorskip("qiskit_aer.primitives")
    found = relaxed(model(8, 7), d)
    circuit = ansatz("efficient-su2", found.num_qubits, 2)
    angles = initial_angles("random", circuit, np.random.default_rng(3))
    job = primitives.EstimatorV2().run([(circuit.to_qiskit(), found.operator(), angles)], precision=0.0)
    expected = float(job.result()[0].data.evs) + found.ising.offset
    assert vector_relaxed(found, circuit, "auto").evaluate(angles).value == pytest.approx(expected, abs=1e-10)
    product = mps_relaxed(found, circuit)
    assert product.evaluate(angles).value == pytest.approx(expected, abs=1e-10)
    psi = simulate(circuit, angles).amplitudes()
    assert np.allclose(product.state(angles, 0.0).bloch(), bloch_vectors(psi), atol=1e-12)


def test_shots_that_share_a_state_are_independent_measurements() -> None:
    """The tree of shared states and the state of its own for each shot draw from one distribution."""
    n, shots, rng = 3, 60_000, np.random.default_rng(5)
    psi = rng.normal(size=8) + 1j * rng.normal(size=8)
    psi /= np.linalg.norm(psi)
    changes = basis_change(DIRECTIONS[3])
    choices = np.tile([0, 1, 3], (shots, 1))
    turned = psi
    for qubit, basis in enumerate([0, 1, 3]):
        parts = np.moveaxis(turned.reshape(2, 2, 2), 2 - qubit, 0)
        turned = np.moveaxis(np.tensordot(changes[basis], parts, axes=1), 0, 2 - qubit).reshape(-1)
    expected = np.abs(turned) ** 2
    for batch in (1 << 21, 1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("qopt.solvers.qrao.rounding._BATCH", batch)
            outcomes = measure(psi, changes, choices, rng)
        shares = np.bincount(outcomes @ (1 << np.arange(n)), minlength=8) / shots
        assert np.abs(shares - expected).max() < 5 / np.sqrt(shots)


@pytest.mark.parametrize("backend", ["exact", "mps", "aer", "aer-mps"])
def test_every_engine_rounds_the_trained_relaxation(backend: str) -> None:
    if backend.startswith("aer"):
        pytest.importorskip("qiskit_aer")
    bqm = model(7, 9)
    settings = Qrao(backend=backend, relaxation="vqe", max_evaluations=15, rounding="both", num_shots=300)
    samples = settings.sample(bqm, seed=2)
    assert samples.record.num_occurrences.sum() == 301 == samples.info["shots"]
    assert "energy_bound" not in samples.info
    expected = relaxed(bqm, 3)
    total = samples.record.energy @ samples.record.num_occurrences / 301
    # mean over magic shots: offset + (relaxed linear part)/3 + (relaxed products)/9
    psi = simulate(ansatz("efficient-su2", expected.num_qubits, 2), np.array(samples.info["angles"])).amplitudes()
    assert samples.info["relaxed_value"] == pytest.approx(expected.mean(psi), abs=1e-8)
    linear = float(expected.fields @ bloch_vectors(psi)[expected.placement.qubits, expected.placement.axes])
    products = expected.mean(psi) - expected.ising.offset - linear
    spread = float(np.sqrt(samples.record.num_occurrences @ (samples.record.energy - total) ** 2 / 301))
    # shots of one basis on Aer are not independent: forty bases of 7 or 8 shots
    error = spread / np.sqrt(40 if backend.startswith("aer") else 300)
    assert abs(total - (expected.ising.offset + linear / 3 + products / 9)) < 5 * error


def test_whole_run_with_the_spectrum() -> None:
    bqm = model(12, 2)
    samples = Qrao(num_shots=2000).sample(bqm, seed=1)
    lowest = diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm)).min
    assert samples.info["relaxation"] == "eigen"
    assert samples.info["energy_bound"] <= lowest
    assert samples.first.energy == pytest.approx(lowest)


def test_sizes_and_settings_are_refused() -> None:
    dense = model(25, 0, 1.0)
    with pytest.raises(UnsupportedError, match="at most 20 qubits"):
        Qrao(relaxation="eigen", max_evaluations=1).sample(dense, seed=0)
    assert Qrao(backend="exact").estimate(300, 0).refusal
    assert not Qrao().estimate(300, 0).refusal
    assert not Qrao(backend="mps").estimate(300, 0).refusal
    for wrong in (
        {"shots": 100},
        {"relaxation": "eigen", "backend": "mps"},
        {"backend": "noisy:fake_manila"},
        {"vars_per_qubit": 4},
    ):
        with pytest.raises(ValueError, match="must"):
            Qrao(**wrong)


def test_placement_survives_pickling() -> None:
    import pickle

    placement = place(Ising.of(model(5)))
    again = pickle.loads(pickle.dumps(placement))
    assert isinstance(again, Placement)
    assert not again.qubits.flags.writeable


def test_a_wide_relaxation_is_not_put_on_a_state_vector_unasked() -> None:
    """22 qubits of a knapsack's slack QUBO took half an hour; the matrix product state is exact too."""
    info = Qrao(max_evaluations=2, num_shots=20).sample(model(18, 0, 1.0), seed=1).info
    assert (info["qubits"], info["engine"]) == (18, "matrix product state, numpy")
    assert Qrao(relaxation="eigen").settled(18).backend == "exact"
    assert Qrao(entanglement="full").settled(18).backend == "exact"
    assert Qrao().settled(14).backend == "exact"
