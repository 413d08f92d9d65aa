"""Polynomials of any degree: every identity by enumeration of all points."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import qopt
from qopt.core import (
    BinaryPolynomial,
    InstanceFormatError,
    PolynomialModel,
    PolynomialProgram,
    UnsupportedError,
    quadratise,
)
from qopt.core import polynomial_text as text
from qopt.core.polynomial_program import NotQuadraticError


def all_points(n: int) -> np.ndarray:
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1


def drawn(seed: int, most: int = 12) -> tuple[BinaryPolynomial, np.ndarray]:
    """A random polynomial of degree <= 5 and its energies at all points, summed term by term as they were drawn."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, most + 1))
    vartype = ("binary", "spin")[seed % 2]
    terms = [(rng.integers(0, n, rng.integers(0, 6)), float(rng.integers(-9, 10))) for _ in range(rng.integers(0, 25))]
    points = all_points(n)
    values = points if vartype == "binary" else 1 - 2 * points
    energies = sum((c * values[:, list(term)].prod(axis=1) for term, c in terms), np.full(2**n, 2.5))
    return BinaryPolynomial.from_terms(n, terms, 2.5, vartype), energies


@pytest.mark.parametrize("block", range(4))
def test_all_forms_have_the_same_energy_at_every_point(block: int) -> None:
    for seed in range(50 * block, 50 * (block + 1)):
        polynomial, energies = drawn(seed)
        points = all_points(polynomial.num_variables)
        assert np.array_equal(polynomial.energies(points), energies)
        for other in (polynomial.to_spin(), polynomial.to_binary(), polynomial.to_spin().to_binary()):
            assert np.allclose(other.energies(points), energies, rtol=0, atol=1e-10)
        hubo = qopt.Hubo.from_polynomial(polynomial)
        assert all(hubo.objective(points[k]) == pytest.approx(energies[k]) for k in range(0, len(points), 97))


@pytest.mark.parametrize("seed", range(40))
def test_quadratised_has_the_polynomial_as_its_least_energy_over_auxiliary_bits(seed: int) -> None:
    polynomial, energies = drawn(seed, most=6)
    result = quadratise(polynomial)
    assert result.polynomial.degree <= 2
    assert np.allclose(result.polynomial.energies(result.complete(all_points(polynomial.num_variables))), energies)
    n, total = polynomial.num_variables, result.polynomial.num_variables
    if total <= 18:
        least = result.polynomial.energies(all_points(total)).reshape(-1, 2**n).min(axis=0)
        assert np.allclose(least, energies)
    assert np.allclose(result.program().costs(result.complete(all_points(n))), energies)


def test_a_penalty_half_as_large_breaks_the_quadratisation() -> None:
    """The weights are no larger than they must be: the test above would notice."""
    polynomial = BinaryPolynomial.from_terms(3, {(0, 1, 2): 4.0})
    result = quadratise(polynomial)
    terms = {term: value / 2 if 2 not in term else value for term, value in result.polynomial.terms()}
    weak = BinaryPolynomial.from_terms(4, terms)
    least = weak.energies(all_points(4)).reshape(2, 8).min(axis=0)
    assert not np.allclose(least, polynomial.energies(all_points(3)))


def test_dimod_json_text_and_pickle_bring_the_same_polynomial_back() -> None:
    for seed in range(30):
        polynomial, energies = drawn(seed, most=6)
        points = all_points(polynomial.num_variables)
        assert np.allclose(BinaryPolynomial.from_dimod(polynomial.to_dimod()).energies(points), energies)
        theirs = polynomial.to_dimod()
        values = 2 * points - 1 if polynomial.vartype == "spin" else points
        assert np.allclose(theirs.energies((values, list(range(polynomial.num_variables)))), energies)
        for again in (
            text.from_json(text.to_json(polynomial)),
            text.from_text("c a remark\n" + text.to_text(polynomial)),
            pickle.loads(pickle.dumps(polynomial)),
        ):
            assert again.fingerprint == polynomial.fingerprint


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ("p hubo bits 2 0 0", "line 1"),
        ("p hubo spin 2 1 0\n1 0 2", "line 2"),
        ("p hubo spin 2 2 0\n1 0", "1 terms where 2"),
        ("p hubo spin 2 1 0\nx 0", "line 2"),
        ("p hubo spin 2 1 0\n1 0.5", "line 2"),
        ("p hubo spin 2 1 0\np hubo spin 2 1 0", "line 2"),
        ("p hubo spin -2 1 0\n1 0", "line 1: expected 'p hubo"),
        ("p hubo spin x 1 0\n1 0", "line 1: expected 'p hubo"),
        ("p hubo spin 2 1", "line 1: expected 'p hubo"),
        ("p hubo spin 2 1 0 0", "line 1: expected 'p hubo"),
        ("p hubo spin 1000000000000 1 0\n1 0", r"n in 0\.\.10000000, found p hubo"),
        ("c nothing", "no such line"),
    ],
)
def test_a_bad_text_is_told_by_its_line(given: str, where: str) -> None:
    with pytest.raises(InstanceFormatError, match=where):
        text.from_text(given)


def test_sums_and_products_are_those_of_the_functions() -> None:
    a, b = (BinaryPolynomial.from_terms(4, t, 1.0, "spin") for t in ({(0, 1): 2, (3,): 1}, {(1, 2, 3): -1, (0,): 4}))
    points = all_points(4)
    assert np.allclose(a.plus(b).energies(points), a.energies(points) + b.energies(points))
    assert np.allclose(a.times(b).energies(points), a.energies(points) * b.energies(points))
    assert np.allclose(a.scaled(3).energies(points), 3 * a.energies(points))
    with pytest.raises(ValueError, match="the same 4 variables"):
        a.plus(b.to_binary())


def test_terms_that_are_not_canonical_or_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="canonical"):
        BinaryPolynomial(2, [0, 2], [1, 0], [1.0])
    with pytest.raises(ValueError, match="finite"):
        BinaryPolynomial.from_terms(2, {(0,): float("nan")})
    with pytest.raises(ValueError, match=r"0\.\.1"):
        BinaryPolynomial.from_terms(2, {(0, 5): 1})


def test_the_quadratic_part_of_a_polynomial_is_refused_never_dropped() -> None:
    polynomial = BinaryPolynomial.from_terms(3, {(0, 1, 2): 1, (0,): 2})
    program, model = PolynomialProgram(polynomial), PolynomialModel(polynomial)
    for read in (
        lambda: program.c,
        lambda: program.Q,
        lambda: program.products,
        lambda: model.linear,
        lambda: model.spin,
    ):
        with pytest.raises(NotQuadraticError, match="quadratise"):
            read()
    with pytest.raises(UnsupportedError, match="quadratise"):
        qopt.solve(
            qopt.Hubo.from_polynomial(polynomial), solver="sa", encoder="slack", formulation="polynomial", seed=0
        )
    assert pickle.loads(pickle.dumps(program)).fingerprint == program.fingerprint
