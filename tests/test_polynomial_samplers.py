"""Samplers and circuits that take a polynomial as it is, and the refusal of all others."""

from __future__ import annotations

import dimod
import numpy as np
import pytest

import qopt
from qopt.core import SOLVERS, BinaryPolynomial, PolynomialModel, UnsupportedError, bqm_from_arrays
from qopt.engines import diagonal
from qopt.problems.labs import energies
from qopt.solvers.base import QuboSampler
from qopt.solvers.ising import Ising
from qopt.solvers.qaoa.circuit import logical_depth, qaoa_circuit
from qopt.solvers.spin_polynomial import SpinPolynomial

PIPELINE = {"formulation": "polynomial", "encoder": "polynomial"}


#: Settings of solvers that name no evaluations.
SMALL = {"polynomial-sa": {"num_sweeps": 20}, "random": {}, "brute-force": {}}


def all_points(n: int) -> np.ndarray:
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1


@pytest.mark.parametrize("vartype", ["binary", "spin"])
@pytest.mark.parametrize("n", [1, 4, 11, 18])
def test_the_diagonal_is_the_polynomial_at_every_point(n: int, vartype: str) -> None:
    rng = np.random.default_rng(n)
    terms = [(rng.integers(0, n, rng.integers(0, 6)), float(rng.integers(-9, 10))) for _ in range(30)]
    polynomial = BinaryPolynomial.from_terms(n, terms, 0.5, vartype)
    assert np.array_equal(diagonal.polynomial_cost(polynomial).values(), polynomial.energies(all_points(n)))


def test_the_diagonal_of_labs_is_stored_as_small_integers() -> None:
    cost = diagonal.polynomial_cost(qopt.Labs(12).polynomial)
    assert cost.data.dtype == np.int16
    assert np.array_equal(cost.values(), energies(all_points(12)))


@pytest.mark.parametrize(
    "solver",
    [
        "brute-force",
        "qaoa",
        "cvar-qaoa",
        "lr-qaoa",
        "ma-qaoa",
        "ws-qaoa",
        "adapt",
        "vqe",
        "cvar-vqe",
        "random",
        "polynomial-sa",
        "polynomial-tabu",
        "memetic-tabu",
        "self-avoiding-walk",
    ],
)
def test_a_polynomial_is_sampled_over_its_own_bits(solver: str) -> None:
    record = qopt.solve(qopt.Labs(6), solver=solver, seed=1, **PIPELINE, **SMALL.get(solver, {"evaluations": 40}))
    assert record.resources.qubits == 6
    assert record.objective == 7
    if solver == "brute-force":
        assert record.bound == 7


def test_the_encoder_quadratise_takes_the_same_formulation_to_any_sampler() -> None:
    problem = qopt.generate("hubo", n=6, degree=5, seed=3)
    known = qopt.solve(problem, solver="brute-force", seed=0, **PIPELINE)
    found = qopt.solve(problem, solver="sa", formulation="polynomial", encoder="quadratise", seed=0)
    assert found.objective == known.objective == known.bound
    assert found.resources.aux_qubits > 0


def test_every_other_sampler_refuses_a_polynomial_in_one_line() -> None:
    model = PolynomialModel(BinaryPolynomial.from_terms(3, {(0, 1, 2): 1.0}))
    refused = 0
    for entry in SOLVERS:
        if not (isinstance(entry.make, type) and issubclass(entry.make, QuboSampler)) or entry.make.takes_polynomials:
            continue
        try:
            sampler = entry.make()
        except (TypeError, ValueError, ImportError):
            continue
        with pytest.raises(UnsupportedError, match="quadratise"):
            sampler.sample(model)
        refused += 1
    assert refused > 8


@pytest.mark.parametrize("seed", range(3))
def test_the_spin_form_of_a_quadratic_polynomial_is_that_of_its_qubo(seed: int) -> None:
    """Unit, coefficients and masks agree, so that angles mean the same in both."""
    rng = np.random.default_rng(seed)
    n = 7
    linear = rng.integers(-5, 6, n).astype(float)
    i, j = np.triu_indices(n, 1)
    values = rng.integers(1, 6, i.size).astype(float)
    ising = Ising.of(bqm_from_arrays(linear, i, j, values))
    terms = {(k,): v for k, v in enumerate(linear.tolist())} | dict(zip(zip(i.tolist(), j.tolist()), values.tolist()))
    spins = SpinPolynomial.of(BinaryPolynomial.from_terms(n, terms))
    assert spins.unit("rms") == pytest.approx(ising.unit("rms"))
    assert spins.unit("max") == pytest.approx(ising.unit("max"))
    assert dict(zip(spins.masks.tolist(), spins.coefficients)) == pytest.approx(
        dict(zip(ising.masks.tolist(), ising.coefficients))
    )


@pytest.mark.parametrize("n", [4, 8, 12])
def test_the_ladder_circuit_has_the_state_of_the_engine(n: int) -> None:
    """CX ladders and RZ give the engine's state to 1e-10, and the depth and gates that were counted beforehand."""
    pytest.importorskip("qiskit_aer")
    from qiskit_aer import AerSimulator

    spins = SpinPolynomial.of(qopt.Labs(n).polynomial)
    gammas, betas = [0.013, 0.021], [0.4, 0.2]
    circuit = qaoa_circuit(spins, 2)
    bound = circuit.assign_parameters([*gammas, *betas])
    assert bound.depth() == logical_depth(spins, 2)
    assert bound.count_ops()["cx"] == 2 * spins.two_qubit_gates
    bound.save_statevector()
    theirs = np.asarray(AerSimulator(method="statevector").run(bound).result().get_statevector())
    ours = diagonal.evolve(diagonal.polynomial_cost(qopt.Labs(n).polynomial), gammas, betas).amplitudes()
    assert abs(np.vdot(theirs, ours)) == pytest.approx(1.0, abs=1e-10)
    assert np.allclose(np.abs(theirs), np.abs(ours), atol=1e-10)


def test_gradients_of_tied_angles_are_those_of_differences() -> None:
    from qopt.solvers.qaoa.evaluators import CircuitSpec, ExactEvaluator

    model = PolynomialModel(qopt.Labs(6).polynomial)
    cost, spins = diagonal.polynomial_cost(model.polynomial), SpinPolynomial.of(model.polynomial)
    evaluator = ExactEvaluator(model, CircuitSpec(spins, 2, 1.0), cost)
    angles = np.array([0.02, 0.03, 0.4, 0.2])
    value, gradient = evaluator.value_and_gradient(angles)
    step = 1e-6 * np.eye(angles.size)
    slopes = [(evaluator.evaluate(angles + e).value - evaluator.evaluate(angles - e).value) / 2e-6 for e in step]
    assert np.allclose(gradient, slopes, atol=1e-5)
    assert value == pytest.approx(evaluator.evaluate(angles).value)


def test_gradients_of_one_angle_a_term_are_those_of_differences() -> None:
    """Terms of four spins had no diagonal of their own in ma-qaoa."""
    from qopt.solvers.qaoa.evaluators import CircuitSpec, ExactEvaluator

    rng = np.random.default_rng(3)
    polynomial = BinaryPolynomial.from_terms(5, [((0, 1, 2), 2.0), ((1, 2, 3, 4), -1.0), ((0,), 1.0)], 1.5, "spin")
    cost, spins = diagonal.polynomial_cost(polynomial), SpinPolynomial.of(polynomial)
    many = ExactEvaluator(PolynomialModel(polynomial), CircuitSpec(spins, 2, 1.0, True), cost)
    angles = rng.normal(size=many.num_parameters)
    value, gradient = many.value_and_gradient(angles)
    step = 1e-6 * np.eye(angles.size)
    slopes = [(many.evaluate(angles + e).value - many.evaluate(angles - e).value) / 2e-6 for e in step]
    assert np.allclose(gradient, slopes, atol=1e-5)
    assert value == pytest.approx(many.evaluate(angles).value)


def test_dimod_models_still_pass_through_samplers() -> None:
    model = dimod.BinaryQuadraticModel({"a": 1.0, "b": -1.0}, {("a", "b"): 2.0}, 0.0, "SPIN")
    assert qopt.BruteForce().sample(model).first.energy == -4.0
