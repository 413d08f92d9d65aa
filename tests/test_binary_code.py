"""Binary codes of one-hot rows: bits, terms, degree, ground states by enumeration; polynomials in and out of files."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

import qopt
from qopt.algorithms.enumeration import all_points
from qopt.core import BinaryPolynomial, BinaryProgram, PolynomialModel, UnsupportedError, make_rows, quadratise
from qopt.encoders import export
from qopt.encoders.binary_code import BinaryCode
from qopt.encoders.code_blocks import code_choice
from qopt.encoders.exhaustive import encoding_energies, ground_states
from qopt.encoders.serialise import encoding_from_json, encoding_to_json
from qopt.problems.formulations import formulate

#: Kind, size, formulation; one-hot variables, bits, degree.
CASES = [
    ("tsp", 4, "positions", 9, 6, 4),
    ("tsp", 5, "positions", 16, 8, 4),
    ("tsp", 6, "positions", 25, 15, 6),
    ("qap", 3, "assignment", 9, 6, 4),
    ("qap", 4, "assignment", 16, 8, 4),
    ("qap", 5, "assignment", 25, 15, 6),
]


@pytest.mark.parametrize(("kind", "n", "form", "one_hot", "bits", "degree"), CASES)
def test_ground_states_are_the_optima(kind, n, form, one_hot, bits, degree) -> None:
    problem = qopt.generate(kind, n=n, seed=1)
    formulation = formulate(problem, form)
    encoding = BinaryCode().encode(formulation.program)
    assert (formulation.program.num_variables, encoding.num_qubits) == (one_hot, bits)
    assert BinaryCode().num_qubits(formulation.program) == bits
    assert encoding.is_exact
    assert encoding.is_relaxation
    assert encoding.bqm.polynomial.degree == degree
    best = min(problem.objective(np.array(order)) for order in itertools.permutations(range(n)))
    X = encoding.decode(ground_states(encoding))
    assert {problem.objective(formulation.decode(x)) for x in X} == {best}
    assert encoding_energies(encoding).min() == pytest.approx(best)


def test_every_state_keeps_the_coded_rows_and_has_the_slack_encoders_energy() -> None:
    rng = np.random.default_rng(0)
    rows = make_rows(
        [[1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0, 0], [2, 0, 1, 0, 3, 1, 0]], lower=[1, 1, -np.inf], upper=[1, 1, 3]
    )
    program = BinaryProgram(c=rng.integers(-5, 6, 7), Q=np.triu(rng.integers(-3, 4, (7, 7)), 1), rows=rows)
    encoding = BinaryCode().encode(program)
    Z = all_points(encoding.num_qubits)
    X = encoding.decode(Z)
    assert (X[:, :3].sum(axis=1) == 1).all()
    assert (X[:, 3:5].sum(axis=1) == 1).all()
    energies = encoding_energies(encoding)
    feasible = program.feasible(X)
    least = {tuple(x): np.inf for x in X.tolist()}
    for x, energy in zip(X.tolist(), energies.tolist()):
        least[tuple(x)] = min(least[tuple(x)], energy)
    for x, is_feasible in zip(X[::7], feasible[::7]):
        cost = float(program.costs(x[None])[0])
        assert least[tuple(x)] == pytest.approx(cost) if is_feasible else least[tuple(x)] > cost


def test_with_quadratic_any_sampler_takes_it() -> None:
    problem = qopt.generate("tsp", n=4, seed=1)
    known = qopt.solve(problem, solver="brute-force", seed=0, encoder="binary-code")
    found = qopt.solve(problem, solver="sa", seed=0, encoder=BinaryCode(quadratic=True))
    assert found.objective == known.objective
    assert found.resources.qubits > known.resources.qubits == 6
    with pytest.raises(UnsupportedError, match="quadratic true"):
        qopt.solve(problem, solver="sa", seed=0, encoder="binary-code")


def test_programs_without_one_hot_rows_or_with_too_many_terms_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="use slack"):
        BinaryCode().encode(BinaryProgram(c=[1.0, 2.0]))
    n = 1100
    ones = np.zeros((2, 2 * n))
    ones[0, :n] = ones[1, n:] = 1
    Q = np.zeros((2 * n, 2 * n))
    Q[0, n] = 1
    with pytest.raises(UnsupportedError, match="use domain-wall"):
        BinaryCode().encode(BinaryProgram(c=np.zeros(2 * n), Q=Q, rows=make_rows(ones, lower=[1, 1], upper=[1, 1])))


@pytest.mark.parametrize("size", range(1, 20))
def test_codes_leave_no_state_out_and_the_doubled_ones_ask_for_one_bit_less(size: int) -> None:
    choice = code_choice(size)
    assert choice.size == 1 << (size - 1).bit_length()
    assert sorted(set(choice.tolist())) == list(range(size))
    assert np.bincount(choice).max() <= 2


@pytest.mark.parametrize(("degree", "positive"), [(3, 1), (4, 1), (5, 2), (6, 2), (7, 3)])
def test_a_single_term_takes_the_fewest_bits_and_is_exact(degree: int, positive: int) -> None:
    """Pairs alone took degree - 2."""
    for value, bits in ((2.0, positive), (-2.0, 1)):
        result = quadratise(BinaryPolynomial.from_terms(degree, {tuple(range(degree)): value}))
        assert result.num_aux == bits
        least = result.polynomial.energies(all_points(degree + bits)).reshape(-1, 2**degree).min(axis=0)
        assert np.array_equal(least, value * all_points(degree).prod(axis=1))


def test_bits_of_quadratised_labs_are_those_of_shared_pairs() -> None:
    assert [quadratise(qopt.Labs(n).polynomial).polynomial.num_variables for n in (10, 20)] == [43, 198]


def test_a_term_of_huge_degree_is_refused_before_work() -> None:
    with pytest.raises(UnsupportedError, match="use --encoder polynomial"):
        quadratise(BinaryPolynomial.from_terms(3000, {tuple(range(3000)): 1.0}))
    assert quadratise(BinaryPolynomial.from_terms(300, {tuple(range(300)): -1.0, (0, 1, 2): 1.0})).num_aux == 2


def test_an_encoding_with_a_polynomial_survives_json_and_export(tmp_path) -> None:
    encoding = BinaryCode().encode(formulate(qopt.generate("qap", n=3, seed=1), None).program)
    export.export_encoding(encoding, tmp_path / "e.json")
    again = encoding_from_json(json.loads((tmp_path / "e.json").read_text()))
    assert isinstance(again.bqm, PolynomialModel)
    assert np.array_equal(encoding_energies(again), encoding_energies(encoding))
    assert encoding_to_json(again) == encoding_to_json(encoding)
    export.export_encoding(encoding, tmp_path / "e.hubo")
    problem = qopt.load(tmp_path / "e.hubo")
    assert problem.kind == "hubo"
    assert np.array_equal(problem.polynomial.energies(all_points(6)), encoding_energies(encoding))
    for name in ("e.lp", "e.coo", "e.bqm"):
        with pytest.raises(UnsupportedError, match=r"export \.hubo"):
            export.export_encoding(encoding, tmp_path / name)


def test_the_pauli_operator_of_a_polynomial_has_its_energies() -> None:
    pytest.importorskip("qiskit")
    polynomial = BinaryPolynomial.from_terms(3, {(0, 1, 2): 4, (1,): -1}, 0.5)
    diagonal = np.real(np.diag(export.sparse_pauli_op(PolynomialModel(polynomial)).to_matrix()))
    assert np.allclose(diagonal, polynomial.energies(all_points(3)))


@pytest.mark.parametrize("spin", [False, True])
def test_hubo_text_brings_an_instance_back(tmp_path, spin: bool) -> None:
    problem = qopt.generate("hubo", n=6, degree=4, seed=2, spin=spin)
    qopt.save(problem, tmp_path / "p.hubo")
    assert qopt.load(tmp_path / "p.hubo").polynomial.fingerprint == problem.polynomial.fingerprint


@pytest.mark.parametrize(
    "text",
    ["p hubo binary 3 1 0\n1 0 7\n", "p hubo binary 3 2 0\n1 0\n", "p hubo binary -1 0 0\n", "p hubo bits 1 0 0\n"],
)
def test_bad_hubo_files_are_told_in_one_line(tmp_path, text: str) -> None:
    (tmp_path / "bad.hubo").write_text(text)
    with pytest.raises(ValueError, match=r"bad\.hubo"):
        qopt.load(tmp_path / "bad.hubo")


@pytest.mark.parametrize(
    "text", ["p hubo binary 0 0 3\n", "p hubo spin 2 0 1\n", "p hubo binary 2 3 0\n1 0\n-1 0\n0 1\n"]
)
def test_constants_duplicate_and_zero_terms_are_fine(tmp_path, text: str) -> None:
    (tmp_path / "c.hubo").write_text(text)
    problem = qopt.load(tmp_path / "c.hubo")
    assert problem.polynomial.degree == 0
    for solver in ("brute-force", "polynomial-sa", "memetic-tabu", "cpsat"):
        options = {} if solver == "cpsat" else {"formulation": "polynomial", "encoder": "polynomial"}
        assert qopt.solve(problem, solver=solver, seed=0, **options).objective == problem.polynomial.offset
