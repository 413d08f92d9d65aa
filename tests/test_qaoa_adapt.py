"""ADAPT-QAOA: Pauli strings, gradients, the criterion, and plain QAOA as the case of one mixer."""

from __future__ import annotations

from functools import reduce

import dimod
import numpy as np
import pytest

from qopt.algorithms.enumeration import all_energies
from qopt.core import UnsupportedError, bqm_to_arrays
from qopt.engines import diagonal
from qopt.engines.statevector import apply_pauli
from qopt.solvers.ising import Ising
from qopt.solvers.qaoa.adapt import AdaptCircuit, AdaptQaoa, derivative, pool_of

LETTERS = {"I": np.eye(2), "X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}


def model(n: int = 4, seed: int = 1) -> dimod.BinaryQuadraticModel:
    rng = np.random.default_rng(seed)
    return dimod.BinaryQuadraticModel(rng.normal(size=n), np.triu(rng.normal(size=(n, n)), 1), 1.0, "BINARY")


def matrix(name: str, n: int) -> np.ndarray:
    """Matrix of a pool operator from its name, qubit 0 last."""
    if name.startswith("sum "):
        return np.asarray(sum(matrix(f"{name[-1]}{q}", n) for q in range(n)))
    letters = ["I"] * n
    for k in range(0, len(name), 2):
        letters[int(name[k + 1])] = name[k]
    return reduce(np.kron, [LETTERS[letter] for letter in reversed(letters)])


def test_pool_operators_are_their_names() -> None:
    rng = np.random.default_rng(1)
    state = rng.normal(size=8) + 1j * rng.normal(size=8)
    for mixer in pool_of(3, "two-qubit"):
        applied = sum(apply_pauli(state, x, z) for x, z in mixer.parts)
        assert np.allclose(applied, matrix(mixer.name, 3) @ state, rtol=0, atol=1e-12), mixer.name


def test_gradient_and_criterion_are_differences() -> None:
    bqm = model()
    pool = pool_of(4, "two-qubit")
    rng = np.random.default_rng(2)
    mixers = tuple(pool[k] for k in rng.choice(len(pool), 3))
    circuit = AdaptCircuit(all_energies(bqm), 1.3, mixers)
    angles = rng.normal(size=6)
    value, gradient = circuit.value_and_gradient(angles)
    assert value == pytest.approx(circuit.evaluate(angles).value, abs=1e-12)
    for k in range(6):
        step = 1e-5 * np.eye(6)[k]
        slope = (circuit.evaluate(angles + step).value - circuit.evaluate(angles - step).value) / 2e-5
        assert gradient[k] == pytest.approx(slope, abs=1e-7)
    state = circuit.state(angles)
    longer = AdaptCircuit(circuit.energies, 1.3, (*mixers, pool[7]))
    grown = np.concatenate([angles[:3], [0.0], angles[3:], [0.0]])
    assert derivative(circuit.energies * state, state, pool[7]) == pytest.approx(
        longer.value_and_gradient(grown)[1][-1], abs=1e-12
    )


def test_with_sum_x_in_every_layer_it_is_qaoa() -> None:
    bqm = model(5)
    unit = Ising.of(bqm).unit()
    circuit = AdaptCircuit(all_energies(bqm), unit, (pool_of(5, "single")[0],) * 2)
    gammas, betas = np.array([0.3, 0.8]), np.array([0.6, 0.2])
    cost = diagonal.CostDiagonal.from_arrays(*bqm_to_arrays(bqm))
    plain = diagonal.energy(cost, gammas / unit, betas, engine="numpy")
    assert circuit.evaluate(np.concatenate([gammas, betas])).value == pytest.approx(plain, abs=1e-12)


@pytest.mark.parametrize("pool", ["single", "two-qubit"])
def test_each_layer_lowers_the_energy(pool: str) -> None:
    bqm = model(6)
    info = AdaptQaoa(num_layers=4, pool=pool).sample(bqm, seed=1).info  # type: ignore[arg-type]
    values = info["layer_values"]
    assert values[0] < all_energies(bqm).mean()
    assert (np.diff(values) <= 1e-9).all()
    assert info["expectation"] == pytest.approx(values[-1], abs=1e-8)
    assert len(info["mixers"]) == info["layers"] == len(values)


def test_stops_where_nothing_is_to_be_gained() -> None:
    info = AdaptQaoa(num_layers=50, pool="single").sample(model(2), seed=1).info
    assert info["layers"] < 50
    assert info["optimum_probability"] > 0.99


def test_budget_and_size() -> None:
    info = AdaptQaoa(num_layers=4).sample(model(5), seed=1, evaluations=6).info
    assert info["evaluations"] <= 6
    assert info["is_cut"]
    with pytest.raises(UnsupportedError, match="at most 12 qubits, got 13"):
        AdaptQaoa().sample(model(13))
    with pytest.raises(ValueError, match="first_gamma must not be 0"):
        AdaptQaoa(first_gamma=0.0)
