"""Both exact engines against dense linear algebra, and every compiled one against NumPy."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qopt.core.errors import UnsupportedError
from qopt.engines import diagonal
from qopt.engines.diagonal import CostDiagonal, compiled, reference
from qopt.engines.diagonal.engine import Options
from qopt.engines.diagonal.layers import Layers, qaoa_layers
from qopt.engines.diagonal.state import plus_state, product_state

from .exact_cases import X, Y, Z, cut_cost, dense_state, on_qubit, qubo_cost, regular_edges

ENGINES = ["numpy", pytest.param("compiled", marks=pytest.mark.skipif(not compiled.is_available(), reason="not built"))]
ISAS = list(compiled.instruction_sets()) if compiled.is_available() else []
TOLERANCE = {"complex128": 1e-12, "complex64": 3e-5}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n", range(8))
def test_states_match_dense_linear_algebra(engine, n):
    cost = qubo_cost(n, seed=n)
    angles = [(0.31, 0.9), (-0.12, 1.55), (0.4, -2.0)]
    mixers = [-on_qubit(X, q, n) for q in range(n)]
    expected = dense_state(cost.values(), mixers, np.full(2**n, 2 ** (-n / 2)), angles)
    state = diagonal.evolve(cost, *np.transpose(angles), engine=engine)
    np.testing.assert_allclose(state.amplitudes(), expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(state.probabilities(), np.abs(expected) ** 2, rtol=0, atol=1e-10)


@pytest.mark.parametrize("engine", ENGINES)
def test_half_states_match_dense_linear_algebra(engine):
    for n in (3, 4, 5, 6, 7):
        edges = np.array([(i, j) for i in range(n) for j in range(i) if (i * j + i) % 3])
        cost = cut_cost(edges, n)
        angles = [(0.31, 0.9), (-0.52, 1.55)]
        mixers = [-on_qubit(X, q, n) for q in range(n)]
        expected = dense_state(cost.values(), mixers, np.full(2**n, 2 ** (-n / 2)), angles)
        state = diagonal.evolve(cost, *np.transpose(angles), engine=engine)
        assert state.is_half == (engine == "compiled")
        np.testing.assert_allclose(state.amplitudes(), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("engine", ENGINES)
def test_warm_started_states_match_dense_linear_algebra(engine):
    n, cost = 4, qubo_cost(4)
    thetas = np.array([0.3, 1.2, 2.5, np.pi / 2])
    angles = [(0.2, 0.7), (0.1, -0.4)]
    mixers = [-(np.sin(t) * on_qubit(X, q, n) + np.cos(t) * on_qubit(Z, q, n)) for q, t in enumerate(thetas)]
    start = product_state(thetas, np.dtype(float)).real
    expected = dense_state(cost.values(), mixers, start, angles)
    state = diagonal.ws_evolve(cost, thetas, *np.transpose(angles), engine=engine)
    np.testing.assert_allclose(state.amplitudes(), expected, rtol=0, atol=1e-10)


def test_the_warm_start_is_the_ground_state_of_its_mixer():
    theta = 0.8
    start = product_state([theta], np.dtype(float)).real
    mixer = -(np.sin(theta) * X + np.cos(theta) * Z)
    np.testing.assert_allclose(mixer @ start, -start, atol=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
def test_warm_start_at_one_half_and_tied_angles_are_plain_qaoa(engine):
    n, cost = 6, qubo_cost(6)
    gammas, betas = [0.11, -0.2], [0.4, 0.3]
    plain = diagonal.evolve(cost, gammas, betas, engine=engine).amplitudes()
    warm = diagonal.ws_evolve(cost, np.full(n, np.pi / 2), gammas, betas, engine=engine)
    np.testing.assert_allclose(warm.amplitudes(), plain, rtol=0, atol=1e-12)
    from .exact_cases import qubo

    terms = diagonal.IsingTerms.from_arrays(*qubo(n), 3.0)
    np.testing.assert_allclose(terms.diagonal().values(), cost.values(), atol=1e-12)
    tied = diagonal.ma_evolve(
        terms, np.outer(gammas, np.ones(terms.num_terms)), np.outer(betas, np.ones(n)), engine=engine
    )
    overlap = np.vdot(tied.amplitudes(), plain)
    assert abs(abs(overlap) - 1) < 1e-12


@pytest.mark.parametrize("engine", ENGINES)
def test_a_positive_ramp_ends_below_the_mean_energy(engine):
    cost = cut_cost(regular_edges(12), 12)
    steps = (np.arange(10) + 0.5) / 10
    ramp = diagonal.energy(cost, 0.6 * steps, 0.6 * (1 - steps), engine=engine)
    flipped = diagonal.energy(cost, 0.6 * steps, -0.6 * (1 - steps), engine=engine)
    mean = cost.values().mean()
    assert ramp < mean - 4
    assert flipped > mean + 4


def _costs(n):
    yield qubo_cost(n)
    yield qubo_cost(n, size=300)
    yield qubo_cost(n, dtype="float32")
    yield CostDiagonal.from_values(np.random.default_rng(n).normal(size=2**n))
    if n >= 6 and n % 2 == 0:
        yield cut_cost(regular_edges(n), n)
    if n >= 5:
        yield cut_cost(regular_edges(n, 4), n)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_compiled_engines_agree_with_numpy(isa, dtype):
    rng = np.random.default_rng(2)
    how = compiled.How(Options(dtype).real, 1, isa)
    for n in (6, 7, 9, 11, 12, 13):
        for cost in _costs(n):
            gammas, betas = rng.uniform(-0.4, 0.4, 3), rng.uniform(-3, 3, 3)
            layers = qaoa_layers(cost, gammas, betas)
            expected = reference.run(layers, plus_state(n, np.dtype(float))).amplitudes()
            state = compiled.run(layers, None, how)
            np.testing.assert_allclose(state.amplitudes(), expected, rtol=0, atol=TOLERANCE[dtype])
            mean = np.abs(expected) ** 2 @ cost.values()
            spread = cost.max - cost.min
            assert abs(compiled.energy(layers, cost, how) - mean) < TOLERANCE[dtype] * spread
            assert abs(diagonal.expectation(state, cost) - mean) < TOLERANCE[dtype] * spread


@pytest.mark.parametrize("isa", ISAS)
def test_phases_of_small_integers_agree_with_numpy(isa):
    rng = np.random.default_rng(3)
    rows, cols = np.triu_indices(12, 1)
    cost = CostDiagonal.from_arrays(rng.integers(-1, 2, 12), rows, cols, rng.integers(-1, 2, rows.size))
    assert 0 < cost.bound <= 63
    assert not cost.is_symmetric
    layers = qaoa_layers(cost, [0.7, -31.4], [0.4, 0.3])
    expected = reference.run(layers, plus_state(12, np.dtype(float))).amplitudes()
    state = compiled.run(layers, None, compiled.How(np.dtype(float), 1, isa))
    np.testing.assert_allclose(state.amplitudes(), expected, rtol=0, atol=1e-13)


def test_runs_share_scratch_arrays_without_touching_each_other():
    cost, angles = qubo_cost(11), np.linspace(0.1, 0.5, 8)
    alone = [diagonal.energy(qubo_cost(11), [a, 0.1], [0.4, 0.2]) for a in angles]
    assert [diagonal.energy(cost, [a, 0.1], [0.4, 0.2]) for a in angles] == alone
    value, by_gamma, _ = diagonal.value_and_gradient(cost, [0.1, 0.1], [0.4, 0.2])
    again = diagonal.value_and_gradient(pickle.loads(pickle.dumps(cost)), [0.1, 0.1], [0.4, 0.2])
    assert (value, by_gamma.tolist()) == (again[0], again[1].tolist())
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda a: diagonal.energy(cost, [a, 0.1], [0.4, 0.2]), angles)) == alone


@pytest.mark.parametrize("isa", ISAS)
def test_compiled_engines_agree_on_different_angles_and_axes(isa):
    rng = np.random.default_rng(3)
    n = 9
    diagonals = tuple(CostDiagonal.from_values(rng.normal(size=2**n)) for _ in range(3))
    start = reference.run(Layers(diagonals[:1], np.ones(1), rng.normal(size=(1, n))), plus_state(n, np.dtype(float)))
    for axis in ("x", "y"):
        layers = Layers(diagonals, rng.normal(size=3), rng.normal(size=(3, n)), axis)
        state = compiled.run(layers, start, compiled.How(np.dtype(float), 1, isa))
        np.testing.assert_allclose(state.amplitudes(), reference.run(layers, start).amplitudes(), rtol=0, atol=1e-12)


def test_rotations_about_y_have_the_sign_of_ry():
    angle = 0.37
    layers = Layers((CostDiagonal.from_values([0.0, 0.0]),), np.zeros(1), np.array([[angle]]), "y")
    zero = diagonal.State(np.array([1.0, 0.0]), np.zeros(2), 1)
    from scipy.linalg import expm

    np.testing.assert_allclose(reference.run(layers, zero).amplitudes(), expm(-1j * angle * Y)[:, 0], atol=1e-15)


@pytest.mark.skipif(not ISAS, reason="not built")
@pytest.mark.parametrize("symmetric", [False, True])
def test_any_number_of_threads_gives_the_same_bits(symmetric):
    n = 18
    cost = cut_cost(regular_edges(n), n) if symmetric else qubo_cost(n)
    angles = ([0.1, 0.2, 0.3], [0.4, 0.3, 0.2])
    one = diagonal.evolve(cost, *angles, engine="compiled", threads=1)
    three = diagonal.evolve(cost, *angles, engine="compiled", threads=3)
    assert np.array_equal(one.real, three.real)
    assert np.array_equal(one.imag, three.imag)
    energies = [diagonal.energy(cost, *angles, engine="compiled", threads=t) for t in (1, 2)]
    assert energies[0] == energies[1]
    gradients = [diagonal.value_and_gradient(cost, *angles, engine="compiled", threads=t) for t in (1, 2)]
    for a, b in zip(*gradients):
        assert np.array_equal(a, b)


@pytest.mark.skipif(not ISAS, reason="not built")
def test_large_states_split_into_three_groups_keep_their_norm_and_energy():
    # 21 qubits in float32: low blocks, rows far apart and threads at work at once.
    n = 21
    cost = qubo_cost(n, size=3)
    state = diagonal.evolve(cost, [0.05, 0.1], [0.5, 0.3], dtype="complex64", threads=2)
    weights = state.weights()
    assert abs(weights.sum() - 1) < 1e-4
    mean = weights @ cost.values() / weights.sum()
    assert abs(mean - diagonal.energy(cost, [0.05, 0.1], [0.5, 0.3], dtype="complex64")) < 1e-3


@pytest.mark.parametrize("engine", ENGINES)
def test_an_initial_state_is_evolved_and_not_changed(engine):
    cost = qubo_cost(5)
    rng = np.random.default_rng(1)
    initial = rng.normal(size=32) + 1j * rng.normal(size=32)
    initial /= np.linalg.norm(initial)
    before = initial.copy()
    two = diagonal.evolve(cost, [0.1, 0.2], [0.3, 0.4], initial=initial, engine=engine).amplitudes()
    first = diagonal.evolve(cost, [0.1], [0.3], initial=initial, engine=engine).amplitudes()
    second = diagonal.evolve(cost, [0.2], [0.4], initial=first, engine=engine).amplitudes()
    np.testing.assert_allclose(two, second, atol=1e-12)
    assert np.array_equal(initial, before)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_layers_leave_the_uniform_superposition(engine):
    cost = qubo_cost(4)
    state = diagonal.evolve(cost, [], [], engine=engine)
    np.testing.assert_allclose(state.probabilities(), 1 / 16)
    assert abs(diagonal.energy(cost, [], [], engine=engine) - cost.values().mean()) < 1e-12
    value, by_gamma, by_beta = diagonal.value_and_gradient(cost, [], [], engine=engine)
    assert abs(value - cost.values().mean()) < 1e-12
    assert by_gamma.size == by_beta.size == 0


def test_landscapes_are_energies_row_by_row():
    cost = qubo_cost(6)
    rng = np.random.default_rng(0)
    gammas, betas = rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    expected = [diagonal.energy(cost, g, b) for g, b in zip(gammas, betas)]
    assert diagonal.landscape(cost, gammas, betas).tolist() == expected
    assert diagonal.landscape(cost, gammas, betas, threads=2).tolist() == expected
    with pytest.raises(ValueError, match="one shape"):
        diagonal.landscape(cost, gammas, betas[:2])


def test_wrong_angles_and_engines_are_refused(monkeypatch):
    cost = qubo_cost(3)
    with pytest.raises(ValueError, match="one length"):
        diagonal.evolve(cost, [0.1], [0.1, 0.2])
    with pytest.raises(ValueError, match="finite"):
        diagonal.evolve(cost, [np.nan], [0.1])
    with pytest.raises(ValueError, match="norm 1"):
        diagonal.evolve(cost, [0.1], [0.1], initial=np.ones(8))
    with pytest.raises(ValueError, match="engine must be"):
        diagonal.evolve(cost, [0.1], [0.1], engine="fast")
    monkeypatch.setattr(compiled, "is_available", lambda: False)
    with pytest.raises(UnsupportedError, match="engine='numpy'"):
        diagonal.evolve(cost, [0.1], [0.1], engine="compiled")
    assert diagonal.engine_name() == "numpy"


def test_aer_agrees():
    qiskit = pytest.importorskip("qiskit")
    aer = pytest.importorskip("qiskit_aer")
    n, edges = 6, regular_edges(6)
    cost = cut_cost(edges, n)
    gammas, betas = [0.3, 0.5], [0.4, 0.2]
    circuit = qiskit.QuantumCircuit(n)
    circuit.h(range(n))
    for gamma, beta in zip(gammas, betas):
        for i, j in edges:
            circuit.rzz(gamma, int(i), int(j))  # -cut = const + sum ZZ / 2
        circuit.rx(-2 * beta, range(n))
    circuit.save_statevector()
    simulator = aer.AerSimulator(method="statevector", max_parallel_threads=1)
    expected = np.asarray(simulator.run(circuit).result().get_statevector())
    found = diagonal.evolve(cost, gammas, betas).amplitudes()
    assert abs(abs(np.vdot(found, expected)) - 1) < 1e-10
    np.testing.assert_allclose(np.abs(found) ** 2, np.abs(expected) ** 2, rtol=0, atol=1e-10)
