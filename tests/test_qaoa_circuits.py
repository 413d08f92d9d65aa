"""QAOA circuits and the exact engine against plain linear algebra: signs, bit order, every variant's gates."""

from __future__ import annotations

from functools import reduce

import dimod
import numpy as np
import pytest

from qopt.core import bqm_to_arrays
from qopt.engines import diagonal
from qopt.engines.diagonal.multi_angle import IsingTerms
from qopt.solvers.backends.bits import points_of_bit_array
from qopt.solvers.backends.kinds import CIRCUIT_BACKENDS
from qopt.solvers.base import energies_of
from qopt.solvers.ising import Ising
from qopt.solvers.qaoa.circuit import logical_depth, qaoa_circuit
from qopt.solvers.qaoa.evaluators import CircuitSpec, ExactEvaluator, circuit_evaluator

EYE, X, Z = np.eye(2), np.array([[0, 1], [1, 0]]), np.diag([1, -1])


def model(n: int = 4, seed: int = 3) -> dimod.BinaryQuadraticModel:
    """Dense, no two bits alike."""
    rng = np.random.default_rng(seed)
    return dimod.BinaryQuadraticModel(rng.normal(size=n), np.triu(rng.normal(size=(n, n)), 1), 0.7, "BINARY")


def all_points(n: int) -> np.ndarray:
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1


def on_qubit(gate: np.ndarray, q: int, n: int) -> np.ndarray:
    """Kronecker product with qubit 0 last, so that bit i of an index is qubit i."""
    return np.asarray(reduce(np.kron, [gate if k == q else EYE for k in reversed(range(n))]))


def turned(operator: np.ndarray, angle: float) -> np.ndarray:
    """exp(-i angle operator) of a Hermitian matrix."""
    values, vectors = np.linalg.eigh(operator)
    return (vectors * np.exp(-1j * angle * values)) @ vectors.conj().T


def dense_probabilities(
    bqm: dimod.BinaryQuadraticModel, gammas: np.ndarray, betas: np.ndarray, thetas: np.ndarray
) -> np.ndarray:
    """The definition: exp(-i gamma H), exp(-i beta M), M = -sum (sin th X + cos th Z), started in M's ground state."""
    n = bqm.num_variables
    H = np.diag(energies_of(bqm, all_points(n)))
    M = -sum(np.sin(t) * on_qubit(X, q, n) + np.cos(t) * on_qubit(Z, q, n) for q, t in enumerate(thetas))
    state = np.linalg.eigh(M)[1][:, 0].astype(complex)
    for gamma, beta in zip(gammas, betas):
        state = turned(M, beta) @ (turned(H, gamma) @ state)
    return np.asarray(np.abs(state) ** 2)


def evaluators(bqm: dimod.BinaryQuadraticModel, shape: CircuitSpec) -> tuple[ExactEvaluator, np.ndarray]:
    """The exact evaluator of the NumPy engine, and all energies."""
    cost = diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm))
    return ExactEvaluator(bqm, shape, cost, engine="numpy"), cost.values()


def qiskit_probabilities(shape: CircuitSpec, angles: np.ndarray) -> np.ndarray:
    from qiskit.quantum_info import Statevector

    circuit = qaoa_circuit(shape.ising, shape.num_layers, is_multi_angle=shape.is_multi_angle, thetas=shape.thetas)
    gammas, betas = shape.gates(angles)
    bound = circuit.assign_parameters(np.concatenate([gammas.ravel(), betas.ravel()]))
    return np.asarray(Statevector(bound).probabilities())


@pytest.mark.parametrize("warm", [False, True])
def test_exact_and_circuit_are_the_definition(warm: bool) -> None:
    bqm = model()
    rng = np.random.default_rng(1)
    thetas = rng.uniform(0.3, 2.8, 4) if warm else np.full(4, np.pi / 2)
    shape = CircuitSpec(Ising.of(bqm), 2, 1.7, thetas=thetas if warm else None)
    angles = rng.normal(size=4)
    expected = dense_probabilities(bqm, *shape.gates(angles), thetas)
    exactly, _ = evaluators(bqm, shape)
    assert np.allclose(exactly.state(angles).probabilities(), expected, rtol=0, atol=1e-12)
    assert np.allclose(qiskit_probabilities(shape, angles), expected, rtol=0, atol=1e-12)


def test_multi_angle_circuit_is_the_engines() -> None:
    bqm = model()
    bqm.set_linear(2, -sum(bqm.get_quadratic(2, j) for j in (0, 1, 3)) / 2)  # no field on bit 2
    ising = Ising.of(bqm)
    assert np.count_nonzero(ising.fields) == 3
    shape = CircuitSpec(ising, 2, ising.unit(), is_multi_angle=True)
    angles = np.random.default_rng(2).normal(size=shape.num_parameters)
    exactly, _ = evaluators(bqm, shape)
    assert np.allclose(qiskit_probabilities(shape, angles), exactly.state(angles).probabilities(), rtol=0, atol=1e-12)
    engine_terms = IsingTerms.from_arrays(*bqm_to_arrays(bqm))
    assert exactly._terms.masks.tolist() == engine_terms.masks.tolist()
    assert np.allclose(exactly._terms.coefficients, engine_terms.coefficients, rtol=0, atol=1e-12)


def test_tied_multi_angle_and_half_eps_are_plain_qaoa() -> None:
    bqm = model(5)
    ising = Ising.of(bqm)
    gammas, betas = np.array([0.3, 0.7]), np.array([0.5, 0.2])
    states = []
    for shape in (
        CircuitSpec(ising, 2, 2.0),
        CircuitSpec(ising, 2, 2.0, is_multi_angle=True),
        CircuitSpec(ising, 2, 2.0, thetas=np.full(5, np.pi / 2)),
    ):
        exactly, _ = evaluators(bqm, shape)
        states.append(exactly.state(shape.flat(gammas, betas)).probabilities())
    assert np.allclose(states[1], states[0], rtol=0, atol=1e-12)
    assert np.allclose(states[2], states[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["plain", "multi", "warm"])
@pytest.mark.parametrize("alpha", [1.0, 0.37])
def test_gradients_are_central_differences(kind: str, alpha: float) -> None:
    bqm = model(5)
    ising = Ising.of(bqm)
    thetas = np.linspace(0.6, 2.4, 5) if kind == "warm" else None
    shape = CircuitSpec(ising, 2, ising.unit(), kind == "multi", thetas)
    exactly, values = evaluators(bqm, shape)
    exactly = ExactEvaluator(bqm, shape, exactly.cost, alpha=alpha, engine="numpy")
    angles = np.random.default_rng(5).uniform(0.1, 0.9, shape.num_parameters)
    value, gradient = exactly.value_and_gradient(angles)
    assert value == pytest.approx(exactly.evaluate(angles).value, abs=1e-12)
    for k in range(0, len(angles), 3):
        step = 1e-5 * np.eye(len(angles))[k]
        slope = (exactly.evaluate(angles + step).value - exactly.evaluate(angles - step).value) / 2e-5
        assert gradient[k] == pytest.approx(slope, abs=1e-6)
    assert values.min() <= value <= values.max()


def test_positive_ramp_ends_below_the_mean_and_a_flipped_sign_above() -> None:
    import networkx

    graph = networkx.random_regular_graph(3, 12, seed=1)
    couplings = dict.fromkeys(graph.edges, 1.0)
    bqm = dimod.BinaryQuadraticModel(dict.fromkeys(range(12), 0.0), couplings, 0.0, "SPIN").change_vartype("BINARY")
    ising = Ising.of(bqm)
    assert np.allclose(ising.fields, 0)
    assert np.allclose(ising.couplings, 1)
    cost = diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm))
    gammas, betas = np.linspace(0.06, 0.6, 10), np.linspace(0.6, 0.06, 10)
    below = diagonal.energy(cost, gammas, betas, engine="numpy")
    above = diagonal.energy(cost, gammas, -betas, engine="numpy")
    assert below < -11
    assert above > 11


def test_bits_of_a_measured_circuit_are_qubits() -> None:
    from qiskit.circuit import QuantumCircuit
    from qiskit.primitives import StatevectorSampler

    circuit = QuantumCircuit(11)
    circuit.x(0)
    circuit.x(9)
    circuit.measure_all()
    outcome = StatevectorSampler(seed=1).run([circuit], shots=3).result()[0].data.meas
    expected = [1] + [0] * 8 + [1, 0]
    assert points_of_bit_array(outcome).tolist() == [expected] * 3


@pytest.mark.parametrize("backend", ["aer", "aer-mps"])
def test_aer_expectation_is_the_engines(backend: str) -> None:
    bqm = model(6)
    ising = Ising.of(bqm)
    shape = CircuitSpec(ising, 2, ising.unit())
    exactly, _ = evaluators(bqm, shape)
    circuit = circuit_evaluator(bqm, shape, CIRCUIT_BACKENDS.parse(backend).runner(1))
    angles = np.array([0.4, 0.9, 0.6, 0.2])
    tolerance = 1e-10 if backend == "aer" else 1e-6  # the matrix product state drops weights of 1e-16
    assert circuit.evaluate(angles).value == pytest.approx(exactly.evaluate(angles).value, abs=tolerance)


def test_aer_samples_follow_the_engines_probabilities() -> None:
    bqm = model(4)
    ising = Ising.of(bqm)
    shape = CircuitSpec(ising, 2, ising.unit())
    exactly, _ = evaluators(bqm, shape)
    angles = np.array([0.4, 0.9, 0.6, 0.2])
    drawn = circuit_evaluator(
        bqm, shape, CIRCUIT_BACKENDS.parse("aer").runner(1), shots_per_evaluation=20_000, seed=4
    ).evaluate(angles)
    assert drawn.Z is not None
    assert drawn.counts is not None
    observed = np.zeros(16)
    observed[diagonal.bits_to_indices(drawn.Z)] = drawn.counts
    expected = 20_000 * exactly.state(angles).probabilities()
    chi_square = ((observed - expected) ** 2 / expected).sum()
    assert chi_square < 45  # 15 degrees of freedom: 1e-4


def test_logical_depth_is_qiskits() -> None:
    for seed in range(3):
        ising = Ising.of(model(5, seed))
        assert logical_depth(ising, 3) == qaoa_circuit(ising, 3).depth()
        assert logical_depth(ising, 2, is_warm=True) == qaoa_circuit(ising, 2, thetas=np.ones(5)).depth()


def test_ising_form_and_its_inverse() -> None:
    bqm = model(6)
    ising = Ising.of(bqm)
    points = all_points(6)
    spins = 1 - 2 * points
    pairs = spins[:, ising.rows] * spins[:, ising.columns]
    assert np.allclose(ising.offset + spins @ ising.fields + pairs @ ising.couplings, energies_of(bqm, points))
    assert np.allclose(energies_of(ising.model(), points), energies_of(bqm, points))
    operator = np.real(np.diag(ising.operator().to_matrix()))
    assert np.allclose(operator + ising.offset, energies_of(bqm, points))


def test_unit_scales_with_the_coefficients() -> None:
    bqm = model(6)
    scaled = bqm.copy()
    scaled.scale(7.0)
    for scale in ("rms", "max"):
        assert Ising.of(scaled).unit(scale) == pytest.approx(7 * Ising.of(bqm).unit(scale))
    assert Ising.of(scaled).unit("none") == 1.0
