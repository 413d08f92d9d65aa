"""Searches on polynomials: compiled = reference, counted evaluations, optima, proofs, the loss of correlation codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qopt
from qopt.core import BinaryPolynomial, PolynomialModel, UnsupportedError
from qopt.engines.annealing.polynomial import PolynomialSearch, compiled_searches, labs_length
from qopt.problems.labs import energies
from qopt.problems.labs_optima import known_optimum
from qopt.solvers.ansatz.bit_swap import one_round_swap
from qopt.solvers.ansatz.pce_loss import PceLoss, PolynomialLoss
from qopt.solvers.classical.polynomial_search import MemeticTabu, PolynomialTabu, SelfAvoidingWalk
from qopt.solvers.spin_polynomial import SpinPolynomial, spins_of

PIPELINE = {"formulation": "polynomial", "encoder": "polynomial"}
METHODS = [("anneal", [0.05, 0.2, 0.5]), ("tabu", []), ("memetic", [6, 0.9]), ("avoiding", [12])]
compiled = pytest.mark.skipif(compiled_searches("auto") is None, reason="the extension was not built")


def drawn(seed: int, n: int = 9) -> BinaryPolynomial:
    rng = np.random.default_rng(seed)
    terms = [(rng.integers(0, n, rng.integers(0, 6)), float(rng.integers(-9, 10))) for _ in range(20)]
    return BinaryPolynomial.from_terms(n, terms, 0.5, ("binary", "spin")[seed % 2])


@compiled
@pytest.mark.parametrize(("method", "settings"), METHODS)
@pytest.mark.parametrize(
    "polynomial",
    [qopt.Labs(10).polynomial, qopt.Labs(11, is_skew=True).polynomial, drawn(0), drawn(1)],
    ids=["labs", "skew", "bits", "spins"],
)
def test_compiled_searches_are_the_reference_word_for_word(polynomial, method, settings) -> None:
    both = [PolynomialSearch(polynomial, method, seed=7, settings=settings, engine=e) for e in ("compiled", "numpy")]
    for evaluations, limit in ((150, None), (300, 290)):
        ours, theirs = (search.advance(evaluations, limit=limit) for search in both)
        assert ours == theirs
        assert np.array_equal(both[0].best, both[1].best)
    assert polynomial.energies(both[0].best[None])[0] == pytest.approx(ours.energy)
    assert ours.evaluations <= 290 or ours.searches


@pytest.mark.parametrize("engine", ["auto", "numpy"])
@pytest.mark.parametrize("sampler", [PolynomialTabu, MemeticTabu, SelfAvoidingWalk])
def test_evaluations_are_never_passed_and_shared_by_runs(sampler, engine) -> None:
    model = PolynomialModel(qopt.Labs(9).polynomial)
    for evaluations in (1, 5, 10, 97, 400):
        found = sampler(engine=engine, num_reads=3).sample(model, seed=0, evaluations=evaluations)
        assert found.info["evaluations"] <= evaluations
        assert np.array_equal(found.record.energy, energies(found.record.sample))


@compiled
@pytest.mark.parametrize("method", [("tabu", []), ("memetic", [100, 0.9]), ("avoiding", [200])])
@pytest.mark.parametrize("n", [20, 27, 33])
def test_searches_find_the_listed_optima_of_labs(n: int, method) -> None:
    known = known_optimum(n)
    assert known is not None
    search = PolynomialSearch(qopt.Labs(n).polynomial, method[0], seed=1, settings=method[1])
    found = search.advance(20_000_000, target=known.value)
    assert found.energy == known.value == energies(search.best[None])[0]


def test_only_labs_itself_is_taken_for_labs() -> None:
    labs = qopt.Labs(12).polynomial
    assert labs_length(labs) == 12
    near = dict(labs.terms())
    near[0, 2] += 2
    assert labs_length(BinaryPolynomial.from_terms(12, near, labs.offset, "spin")) == 0
    assert labs_length(labs.to_binary()) == labs_length(qopt.Labs(2).polynomial) == 0


@pytest.mark.parametrize("seed", range(4))
def test_cpsat_proves_the_least_value_of_a_polynomial(seed: int) -> None:
    problem = qopt.generate("hubo", n=7, degree=5, seed=seed, spin=bool(seed % 2))
    known = qopt.solve(problem, solver="brute-force", seed=0, **PIPELINE)
    found = qopt.solve(problem, solver="cpsat", seed=0)
    assert found.objective == known.objective == found.bound


@pytest.mark.parametrize(("n", "is_skew", "optimum"), [(1, False, 0), (2, False, 1), (10, False, 13), (13, True, 6)])
def test_cpsat_proves_labs_from_its_autocorrelations(n: int, is_skew: bool, optimum: int) -> None:
    found = qopt.solve(qopt.Labs(n, is_skew=is_skew), solver="cpsat", seed=0)
    assert found.objective == found.bound == optimum


@pytest.mark.parametrize("linear", ["direct", "anchor"])
def test_the_loss_of_a_polynomial_has_its_gradient_and_its_energies_at_the_corners(linear: str) -> None:
    polynomial = drawn(1, 6).plus(BinaryPolynomial.from_terms(6, {(0, 1, 2): 3, (4,): -2}, vartype="spin"))
    loss = PolynomialLoss.of(SpinPolynomial.of(polynomial), linear, 1.3, 0.5, "poljak-turzik")
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, loss.num_spins)
    _, slopes = loss.slopes(x)
    step = 1e-6 * np.eye(x.size)
    assert np.allclose(slopes, [(loss.value(x + e) - loss.value(x - e)) / 2e-6 for e in step], atol=1e-5)
    corner = 100.0 * np.sign(x)
    energy = float(polynomial.energies(loss.decode(corner)[None])[0])
    assert loss.value(corner) == pytest.approx(energy - polynomial.offset + loss.weight)


def test_the_loss_of_a_quadratic_polynomial_is_that_of_its_qubo() -> None:
    import dimod

    model = dimod.BinaryQuadraticModel({0: 1.0, 1: -3.0, 2: 0.5}, {(0, 1): 2.0, (1, 2): -4.0}, 0.0, "BINARY")
    quadratic = PceLoss.of(spins_of(model), "direct", 2.0, 0.0, "none")
    terms = {(0,): 1.0, (1,): -3.0, (2,): 0.5, (0, 1): 2.0, (1, 2): -4.0}
    same = PolynomialLoss.of(SpinPolynomial.of(BinaryPolynomial.from_terms(3, terms)), "direct", 2.0, 0.0, "none")
    x = np.array([0.3, -0.2, 0.6])
    assert same.value(x) == pytest.approx(quadratic.value(x))


def test_pce_takes_a_polynomial_and_its_swaps_lower_it() -> None:
    record = qopt.solve(qopt.Labs(9), solver="pce", seed=1, evaluations=30, **PIPELINE)
    assert record.resources.qubits < 9
    model = PolynomialModel(qopt.Labs(9).polynomial)
    Z = np.random.default_rng(0).integers(0, 2, (4, 9))
    after = one_round_swap(model, Z)
    assert (energies(after) <= energies(Z)).all()


def test_what_needs_a_quadratic_model_refuses_a_polynomial_with_a_remedy() -> None:
    refused = (("vqe", {"backend": "mps"}), ("ws-qaoa", {"point": "sdp"}), ("rqaoa", {"backend": "light-cone"}))
    for solver, options in refused:
        with pytest.raises(UnsupportedError, match="; use"):
            qopt.solve(qopt.Labs(6), solver=solver, seed=0, **PIPELINE, **options)


def test_resources_of_a_polynomial_are_those_of_its_ladders() -> None:
    import json

    from typer.testing import CliRunner

    from qopt.commands.app import app

    path = Path(__file__).resolve().parents[1] / "examples" / "labs.json"
    given = [
        "resources",
        str(path),
        "--formulation",
        "polynomial",
        "--encoder",
        "polynomial",
        "--layers",
        "1",
        "--json",
    ]
    result = CliRunner().invoke(app, [*given, "--devices", "line"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    spins = SpinPolynomial.of(qopt.Labs(8).polynomial)
    assert (told["terms"]["qubits"], told["terms"]["couplings"]) == (8, spins.num_terms)
    if "refusal" not in told["devices"][0]:
        assert told["devices"][0]["two_qubit_gates"] == spins.two_qubit_gates


def test_no_decomposition_is_named_as_the_remedy_of_a_polynomial() -> None:
    """``--encoder neighbourhood`` was named, and refuses polynomials."""
    with pytest.raises(UnsupportedError, match="12 qubits") as error:
        qopt.solve(qopt.Labs(13), solver="adapt", seed=0, **PIPELINE)
    assert "neighbourhood" not in str(error.value)


@pytest.mark.parametrize("n", [1, 2, 3, 13, 60])
def test_the_greedy_sequence_is_a_local_minimum(n: int) -> None:
    """The generic rule on the quadratised form gave 28,258 for N = 60, and cpsat and auto began there."""
    found = qopt.solve(qopt.Labs(n), solver="greedy", seed=0)
    z = np.array(found.solution)
    assert found.objective == energies(z[None])[0] <= energies(z ^ np.eye(n, dtype=np.int64)).min()
    assert found.objective <= max(1, n * n // 4)
