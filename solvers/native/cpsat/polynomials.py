"""CP-SAT models of polynomials (each product a bit of its own) and of LABS (squares of autocorrelations)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....algorithms.cpsat_limits import MAX_COST_SUM
from ....algorithms.cpsat_model import PER_PRODUCT
from ....algorithms.scaling import scale_to_integers
from ....core import BinaryPolynomial, Int, Solution
from ....problems.hubo import Hubo
from ....problems.labs import Labs
from .model import MAX_TERMS, KindModel, cpsat_model, cpsat_refusal, cpsat_seconds


@cpsat_refusal.register
def refusal_hubo(problem: Hubo) -> str:
    """As for other kinds, by the terms of the polynomial itself."""
    return _refusal(len(problem.terms), "terms")


@cpsat_refusal.register
def refusal_labs(problem: Labs) -> str:
    """By the products of pairs; of skew-symmetric sequences by their terms."""
    return _refusal(problem.length**2 // 2 if not problem.is_skew else problem.length**3 // 24, "products")


def _refusal(count: int, what: str) -> str:
    if count <= MAX_TERMS:
        return ""
    return f"CP-SAT models must have at most {MAX_TERMS:,} {what}, got {count:,}; use memetic-tabu or polynomial-sa"


@cpsat_seconds.register
def seconds_hubo(problem: Hubo) -> float:
    """A product a term."""
    return PER_PRODUCT * len(problem.terms)


@cpsat_seconds.register
def seconds_labs(problem: Labs) -> float:
    """A product a pair, or a term of skew-symmetric sequences."""
    return PER_PRODUCT * (problem.length**2 // 2 if not problem.is_skew else problem.length**3 // 24)


@cpsat_model.register
def model_hubo(problem: Hubo) -> KindModel:
    """A bit y for each product of two variables or more, with the half of ``y = prod x`` that minimising needs."""
    return _products(problem, problem.polynomial.to_binary())


@cpsat_model.register
def model_labs(problem: Labs) -> KindModel:
    """``sum_k C_k^2`` with a bit ``s_i != s_(i+k)`` for each pair; z_0 = z_1 = 0 (complement and alternation).

    Skew-symmetric sequences take the products of their own polynomial.
    """
    from ....core.light_ortools import cp_model

    if problem.is_skew or problem.length < 3:
        return _products(problem, problem.polynomial.to_binary())
    n = problem.length
    model = cp_model.CpModel()
    z = [model.new_bool_var("") for _ in range(n)]
    squares = []
    for k in range(1, n):
        unlike = [_unlike(model, z[i], z[i + k]) for i in range(n - k)]
        most, parity = n - k, (n - k) % 2
        sums = model.new_int_var_from_domain(cp_model.Domain.from_values(range(-most, most + 1, 2)), "")
        model.add(cp_model.LinearExpr.sum(unlike) * 2 + sums == most)
        values = range(parity, most + 1, 2)
        square = model.new_int_var_from_domain(cp_model.Domain.from_values([v * v for v in values]), "")
        model.add_multiplication_equality(square, [sums, sums])
        squares.append(square)
    model.add_bool_and([z[0].negated(), z[1].negated()])
    model.minimize(cp_model.LinearExpr.sum(squares))

    def canonical(solution: Solution) -> Int:
        bits = np.asarray(solution, dtype=np.int64)
        return np.asarray(bits ^ bits[0] ^ ((bits[0] ^ bits[1]) * (np.arange(n) % 2)))

    return KindModel(model, z, np.copy, canonical)


def _unlike(model: Any, a: Any, b: Any) -> Any:
    """A new bit that is 1 where a and b differ."""
    bit = model.new_bool_var("")
    model.add_bool_xor([a, b, bit.negated()])
    return bit


def _products(problem: Hubo | Labs, polynomial: BinaryPolynomial) -> KindModel:
    from ....core.light_ortools import cp_model

    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(polynomial.num_variables)]
    scaled = scale_to_integers(polynomial.coefficients, largest_sum=MAX_COST_SUM)
    weights = scaled.integers.astype(np.int64).tolist()
    bits = []
    for (term, _), weight in zip(polynomial.terms(), weights, strict=True):
        if len(term) == 1:
            bits.append(x[term[0]])
            continue
        bit = model.new_bool_var("")
        factors = [x[i] for i in term]
        if weight > 0:
            model.add_bool_or([bit, *(factor.negated() for factor in factors)])
        else:
            for factor in factors:
                model.add_implication(bit, factor)
        bits.append(bit)
    model.minimize(cp_model.LinearExpr.weighted_sum(bits, weights))
    return KindModel(
        model,
        x,
        problem.solution_of,
        lambda solution: problem.bits_of(solution).astype(np.int64),
        scaled.factor,
        offset=polynomial.offset,
        is_exact=scaled.is_exact,
    )
