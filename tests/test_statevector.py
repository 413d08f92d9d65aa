"""The gate simulator, its adjoint and the matrix product state, against dense linear algebra and Qiskit."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.core import UnsupportedError
from qopt.engines.matrix_product.gradient import TwoBody, value_and_gradient
from qopt.engines.matrix_product.state import bond_of, product_state
from qopt.engines.statevector import GateCircuit, Kind, engine_name, hadamard_transform, pull_back, simulate
from qopt.solvers.ansatz.circuits import ENTANGLEMENTS, ansatz, initial_angles, num_gates

ENGINES = ["numpy", pytest.param("compiled", marks=pytest.mark.skipif(engine_name() == "numpy", reason="not built"))]


def every_gate(n: int, rng: np.random.Generator, count: int = 60) -> GateCircuit:
    """Random gates of all kinds on random qubits; the first parameter turns two of them."""
    rows, parameter = [], 0
    for _ in range(count):
        kind = Kind(rng.integers(8))
        first, second = rng.choice(n, 2, replace=False).tolist()
        turns = kind <= Kind.RZZ
        is_two = kind in (Kind.RXX, Kind.RZZ, Kind.CX, Kind.CZ)
        rows.append((kind, first, second if is_two else -1, parameter if turns else -1))
        parameter += turns
    rows.append((Kind.RY, 0, -1, 0))
    return GateCircuit.of(n, rows)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n", [2, 5])
def test_states_are_those_of_qiskit(engine: str, n: int) -> None:
    from qiskit.quantum_info import Statevector

    rng = np.random.default_rng(n)
    circuit = every_gate(n, rng)
    angles = rng.uniform(-4, 4, circuit.num_parameters)
    built = circuit.to_qiskit()
    expected = Statevector(built.assign_parameters(angles)).data
    found = simulate(circuit, angles, engine=engine).amplitudes()
    # Qiskit's RZ, RXX, ... have the same global phase, so amplitudes agree and not only probabilities
    assert np.abs(found - expected).max() < 1e-12


@pytest.mark.parametrize("engine", ENGINES)
def test_gradient_is_that_of_finite_differences(engine: str) -> None:
    rng = np.random.default_rng(7)
    circuit = every_gate(4, rng)
    angles = rng.uniform(-4, 4, circuit.num_parameters)
    raw = rng.normal(size=(16, 16)) + 1j * rng.normal(size=(16, 16))
    H = raw + raw.conj().T

    def value(at: np.ndarray) -> float:
        psi = simulate(circuit, at, engine=engine).amplitudes()
        return float(np.vdot(psi, H @ psi).real)

    state = simulate(circuit, angles, engine=engine)
    gradient = pull_back(circuit, angles, state, H @ state.amplitudes(), engine=engine)
    step = 1e-5 * np.eye(len(angles))
    numeric = np.array([(value(angles + e) - value(angles - e)) / 2e-5 for e in step])
    assert np.abs(gradient - numeric).max() < 1e-7


def test_engines_agree_where_gates_leave_a_cache_block() -> None:
    if engine_name() == "numpy":
        pytest.skip("the compiled kernels were not built")
    rng = np.random.default_rng(3)
    circuit = every_gate(14, rng, 120)  # blocks hold 12 qubits
    angles = rng.uniform(-4, 4, circuit.num_parameters)
    ours, reference = (simulate(circuit, angles, engine=e) for e in ("compiled", "numpy"))
    assert np.abs(ours.amplitudes() - reference.amplitudes()).max() < 1e-13
    cotangent = rng.normal(size=2**14) + 1j * rng.normal(size=2**14)
    first, second = (pull_back(circuit, angles, ours, cotangent, engine=e) for e in ("compiled", "numpy"))
    assert np.allclose(first, second, rtol=0, atol=1e-10)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n", [0, 1, 7, 13])
def test_hadamard_transform_is_the_transform_and_its_own_inverse(engine: str, n: int) -> None:
    values = np.random.default_rng(n).normal(size=2**n)
    kept = values.copy()
    found = hadamard_transform(values, engine=engine)
    if n <= 7:
        index = np.arange(2**n)
        signs = 1 - 2.0 * (np.bitwise_count(index[:, None] & index[None, :]) & 1)
        assert np.allclose(found, signs @ values, atol=1e-12)
    assert np.allclose(hadamard_transform(found, engine=engine) / 2**n, values, atol=1e-12)
    assert np.array_equal(values, kept)
    both = hadamard_transform(values + 2j * values, engine=engine)
    assert np.allclose(both, found + 2j * found, atol=1e-12)


@pytest.mark.parametrize("name", ["efficient-su2", "two-local-ry", "two-local-ry-rz", "brickwork"])
@pytest.mark.parametrize("entanglement", list(ENTANGLEMENTS))
@pytest.mark.parametrize("n", [1, 2, 5])
def test_ansatz_is_counted_without_being_built(name: str, entanglement: str, n: int) -> None:
    circuit = ansatz(name, n, 3, entanglement)
    assert num_gates(name, n, 3, entanglement) == len(circuit.gates)
    built = circuit.to_qiskit()
    assert built.depth() == circuit.depth
    assert built.num_nonlocal_gates() == circuit.num_two_qubit_gates


def test_efficient_su2_is_the_library_circuit() -> None:
    from qiskit.circuit.library import efficient_su2
    from qiskit.quantum_info import Statevector

    for entanglement in ("linear", "circular", "full", "pairwise"):
        circuit = ansatz("efficient-su2", 4, 2, entanglement)
        angles = np.random.default_rng(1).uniform(0, 6, circuit.num_parameters)
        library = efficient_su2(4, reps=2, entanglement=entanglement)
        expected = Statevector(library.assign_parameters(angles)).data
        assert np.abs(simulate(circuit, angles).amplitudes() - expected).max() < 1e-12


@pytest.mark.parametrize("name", ["efficient-su2", "two-local-ry-rz", "brickwork"])
def test_matrix_product_state_is_the_state(name: str) -> None:
    n = 6
    circuit = ansatz(name, n, 3, "pairwise")
    angles = initial_angles("random", circuit, np.random.default_rng(2))
    product = product_state(circuit, angles)
    state = simulate(circuit, angles)
    assert np.abs(product.amplitudes() - state.amplitudes()).max() < 1e-13
    assert product.bond == bond_of(circuit)

    rng = np.random.default_rng(3)
    h, J = rng.normal(size=n), np.triu(rng.normal(size=(n, n)), 1)
    spins = 1 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    energies = spins @ h + np.einsum("ki,ij,kj->k", spins, J, spins)
    assert product.expectation(range(n), ["Z"] * n, h, J) == pytest.approx(state.probabilities() @ energies, abs=1e-12)

    counts = np.bincount(product.sample(20_000, rng) @ (1 << np.arange(n)), minlength=2**n)
    expected = 20_000 * state.probabilities()
    likely = expected > 20
    assert (np.abs(counts - expected)[likely] < 5 * np.sqrt(expected[likely])).all()


@pytest.mark.parametrize("name", ["efficient-su2", "two-local-ry", "two-local-ry-rz", "brickwork"])
def test_gradient_of_the_matrix_product_state(name: str) -> None:
    """Several variables a site, all three Paulis, couplings of all ranges."""
    rng = np.random.default_rng(4)
    circuit = ansatz(name, 5, 2, "pairwise")
    angles = initial_angles("random", circuit, rng)
    sites, paulis = [0, 0, 1, 2, 2, 3, 4, 4, 4], list("XZYXYZXZY")
    J = np.triu(rng.normal(size=(9, 9)), 1) * (np.array(sites)[:, None] != np.array(sites)[None, :])
    h = rng.normal(size=9)
    value, gradient = value_and_gradient(circuit, angles, TwoBody(sites, paulis, h, J + J.T))

    def mean(at: np.ndarray) -> float:
        return product_state(circuit, at).expectation(sites, paulis, h, J)

    assert value == pytest.approx(mean(angles), abs=1e-12)
    numeric = [(mean(angles + e) - mean(angles - e)) / 2e-6 for e in 1e-6 * np.eye(angles.size)]
    assert np.allclose(gradient, numeric, rtol=0, atol=1e-7)


def test_a_gate_between_strangers_has_no_small_bond() -> None:
    circuit = ansatz("efficient-su2", 5, 1, "circular")
    with pytest.raises(UnsupportedError, match="neighbours"):
        product_state(circuit, np.zeros(circuit.num_parameters))
    deep = ansatz("efficient-su2", 30, 12)
    with pytest.raises(UnsupportedError, match="4096"):
        product_state(deep, np.zeros(deep.num_parameters))


@pytest.mark.parametrize(
    "gates",
    [
        [(Kind.RX, 2, -1, 0)],
        [(Kind.RX, 0, -1, -1)],
        [(Kind.CX, 0, 0, -1)],
        [(Kind.CX, 0, -1, -1)],
        [(Kind.RX, 0, -1, 1)],
        [(9, 0, -1, -1)],
    ],
)
def test_a_table_that_is_no_circuit_is_refused(gates: list[tuple[int, int, int, int]]) -> None:
    with pytest.raises(ValueError, match=r"gates|rotations"):
        GateCircuit.of(2, gates)
