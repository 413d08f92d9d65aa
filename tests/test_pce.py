"""PCE: qubit counts, strings against dense Paulis, the loss's gradient, decoding, an anchor, bit swaps."""

from __future__ import annotations

import dimod
import networkx
import numpy as np
import pytest

from qopt.core import bqm_from_arrays
from qopt.engines.diagonal.state import State
from qopt.solvers.ansatz.bit_swap import one_round_swap
from qopt.solvers.ansatz.circuits import initial_angles
from qopt.solvers.ansatz.pauli_strings import PauliStrings, num_qubits
from qopt.solvers.ansatz.pce import Pce
from qopt.solvers.ansatz.pce_loss import PceLoss, nu
from qopt.solvers.base import energies_of
from qopt.solvers.ising import Ising

DENSE = {
    0: np.array([[0, 1], [1, 0]], dtype=complex),
    1: np.array([[0, -1j], [1j, 0]]),
    2: np.diag([1.0, -1.0]).astype(complex),
}


def model(n: int, seed: int = 0, p: float = 0.5) -> dimod.BinaryQuadraticModel:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    keep = rng.random(i.size) < p
    return bqm_from_arrays(rng.normal(size=n), i[keep], j[keep], rng.normal(size=int(keep.sum())), -0.4)


def dense_string(basis: int, mask: int, n: int) -> np.ndarray:
    out = np.eye(1, dtype=complex)
    for q in range(n):  # qubit 0 is the lowest bit, so it stands rightmost
        out = np.kron(DENSE[basis] if mask >> q & 1 else np.eye(2), out)
    return out


def random_state(n: int, rng: np.random.Generator) -> State:
    psi = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    psi /= np.linalg.norm(psi)
    return State(psi.real.copy(), psi.imag.copy(), n)


@pytest.mark.parametrize("engine", ["auto", "numpy"])
@pytest.mark.parametrize(("n", "k"), [(3, 2), (4, 3), (5, 2), (3, 3), (4, 1)])
def test_all_strings_in_one_pass_are_the_dense_ones(n: int, k: int, engine: str) -> None:
    rng = np.random.default_rng(n + k)
    count = 3 * len(list(__import__("itertools").combinations(range(n), k)))
    strings = PauliStrings.first(count, n, k)
    assert len({*zip(strings.bases.tolist(), strings.masks.tolist())}) == count
    assert (np.bitwise_count(strings.masks) == k).all()
    state = random_state(n, rng)
    psi = state.amplitudes()
    dense = [dense_string(b, m, n) for b, m in zip(strings.bases.tolist(), strings.masks.tolist())]
    expected = [np.vdot(psi, P @ psi).real for P in dense]
    assert np.allclose(strings.expectations(state, engine=engine), expected, atol=1e-12)
    slopes = rng.normal(size=count)
    together = sum(s * (P @ psi) for s, P in zip(slopes, dense))
    assert np.allclose(strings.cotangent(state, slopes, engine=engine), together, atol=1e-12)
    measured = strings.estimates(state, 200_000, rng)
    assert np.abs(measured - expected).max() < 5 / np.sqrt(200_000)


def test_qubit_counts_of_the_encoding() -> None:
    assert num_qubits(570, 2) == 20
    assert num_qubits(571, 2) == 21
    assert num_qubits(2000, 3) == num_qubits(2040, 3) == 17
    assert num_qubits(2041, 3) == 18
    assert num_qubits(1, 2) == 2
    # the two rules differ at exactly full encodings
    assert Pce().qubits_of(45) == 6
    assert Pce(linear="anchor").qubits_of(45) == 7


@pytest.mark.parametrize("linear", ["direct", "anchor"])
@pytest.mark.parametrize("regulariser", ["poljak-turzik", "edwards-erdos", "none"])
def test_gradient_is_that_of_finite_differences(linear: str, regulariser: str) -> None:
    settings = Pce(linear=linear, regulariser=regulariser, num_layers=3)
    found = settings.evaluator(model(9, 3), np.random.default_rng(0))
    angles = initial_angles("random", found.circuit, np.random.default_rng(1))
    value, gradient = found.value_and_gradient(angles)
    assert value == pytest.approx(found.evaluate(angles).value, abs=1e-12)
    step = 1e-6 * np.eye(angles.size)
    numeric = [(found.evaluate(angles + e).value - found.evaluate(angles - e).value) / 2e-6 for e in step]
    assert np.allclose(gradient, numeric, rtol=0, atol=1e-6)


@pytest.mark.parametrize("linear", ["direct", "anchor"])
def test_loss_of_sharp_spins_is_the_energy(linear: str) -> None:
    bqm = model(7, 4)
    ising = Ising.of(bqm)
    loss = PceLoss.of(ising, linear, 1e6, 0.5, "none")
    rng = np.random.default_rng(5)
    for _ in range(20):
        expectations = rng.normal(size=loss.num_spins)
        z = loss.decode(expectations)
        assert loss.value(expectations) + ising.offset == pytest.approx(float(energies_of(bqm, z[None])[0]), abs=1e-9)
    if linear == "anchor":
        assert np.array_equal(loss.decode(expectations), loss.decode(-expectations))


@pytest.mark.parametrize(("k", "exponent"), [(1, 0.5), (2, 1.0), (3, 1.5)])
def test_scale_of_the_tanh_grows_with_half_of_k(k: int, exponent: float) -> None:
    """With floor(k / 2), as published, k = 3 had a scale too small to be of use."""
    settings = Pce(k=k, num_layers=1)
    loss = settings.evaluator(model(9, 3), np.random.default_rng(0)).loss
    assert loss.scale == pytest.approx(settings.qubits_of(9) ** exponent)


def test_a_loss_beyond_all_numbers_is_refused() -> None:
    """It ended in an assertion of ours."""
    with pytest.raises(ValueError, match="energies must be finite"):
        Pce(beta=1e308, num_layers=1, num_restarts=0).sample(model(9, 3), seed=1)


def test_scales_of_the_regulariser() -> None:
    graph = networkx.random_regular_graph(3, 20, seed=1)
    i, j = np.array(sorted(graph.edges())).T
    weights = np.ones(30)
    assert nu("edwards-erdos", 20, i, j, weights) == pytest.approx(30 / 2 + 19 / 4)
    assert nu("poljak-turzik", 20, i, j, weights) == pytest.approx(30 / 2 + 19 / 4)
    signed = np.where(np.arange(30) % 2, 1.0, -1.0)
    assert nu("poljak-turzik", 20, i, j, signed) > 0
    assert nu("none", 20, i, j, weights) == 0


def test_regulariser_pulls_expectations_together() -> None:
    """Its derivative has the sign of the spin, weighed by beta nu."""
    ising = Ising.of(model(6, 1))
    plain, held = (PceLoss.of(ising, "direct", 2.0, beta, "poljak-turzik") for beta in (0.0, 0.5))
    at = np.random.default_rng(0).normal(size=6) / 4
    difference = held.slopes(at)[1] - plain.slopes(at)[1]
    assert (np.sign(difference) == np.sign(at)).all()
    assert held.weight == pytest.approx(0.5 * nu("poljak-turzik", 6, ising.rows, ising.columns, ising.couplings))


def test_samples_are_decoded_points_and_swaps_stand_apart() -> None:
    bqm = model(30, 8, 0.2)
    samples = Pce(max_evaluations=30, num_restarts=1).sample(bqm, seed=1)
    info = samples.info
    assert info["qubits"] == 5
    assert samples.record.num_occurrences.sum() == info["evaluations"] + 1
    assert info["swapped"]["energy"] <= samples.first.energy
    z = np.array([list(info["swapped"]["z"])], dtype=np.uint8)
    assert float(energies_of(bqm, z)[0]) == pytest.approx(info["swapped"]["energy"])


def test_training_beats_the_untrained_circuit() -> None:
    graph = networkx.random_regular_graph(3, 60, seed=2)
    bqm = dimod.BinaryQuadraticModel.from_ising({}, dict.fromkeys(graph.edges(), 1.0))
    trained = Pce(num_restarts=0).sample(bqm, seed=1)
    untrained = Pce(num_restarts=0, optimizer="none").sample(bqm, seed=1)
    assert trained.info["qubits"] == 7
    assert trained.first.energy < untrained.first.energy - 20
    assert trained.first.energy <= -60  # 75 of 90 edges cut


@pytest.mark.parametrize("optimizer", ["spsa", "cobyla"])
def test_measured_expectations(optimizer: str) -> None:
    settings = Pce(shots_per_evaluation=100, optimizer=optimizer, max_evaluations=16, num_restarts=0, num_shots=40)
    info = settings.sample(model(12), seed=1).info
    assert info["shots"] == 3 * (100 * info["evaluations"] + 40)
    with pytest.raises(ValueError, match="shot noise"):
        Pce(shots_per_evaluation=100, optimizer="l-bfgs")


@pytest.mark.parametrize("n", [1, 2, 17])
def test_one_round_swap_never_raises_an_energy(n: int) -> None:
    bqm = model(n, n)
    Z = np.random.default_rng(0).integers(0, 2, size=(40, n), dtype=np.uint8)
    before = Z.copy()
    after = one_round_swap(bqm, Z)
    assert np.array_equal(Z, before)
    assert (energies_of(bqm, after) <= energies_of(bqm, Z) + 1e-9).all()
    if n == 17:
        assert energies_of(bqm, after).mean() < energies_of(bqm, Z).mean() - 1


def test_a_pair_is_swapped_where_no_single_flip_helps() -> None:
    # exactly one of two bits, the dearer one set: only exchanging both lowers the energy
    bqm = bqm_from_arrays([-10.0, -11.0], [0], [1], [21.0])
    assert one_round_swap(bqm, np.array([[1, 0]])).tolist() == [[0, 1]]


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"k": 0}, {"beta": -1.0}, {"tanh_scale": 0.0}, {"backend": "aer"}):
        with pytest.raises(ValueError, match="must"):
            Pce(**wrong)
    assert not Pce(k=3).estimate(2000, 3000).refusal
    assert Pce(k=3).estimate(2000, 3000).qubits == 17
