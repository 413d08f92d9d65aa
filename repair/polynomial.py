"""Polynomials over bits: every point is feasible; better ones by flipping one bit or two of the polynomial's own.

Auxiliary bits of the quadratised form follow from the others and are no moves.
"""

from __future__ import annotations

import numpy as np

from ..algorithms.ties import argmax_random_ties
from ..core import Bits, Clock
from ..core.margins import min_improvement
from ..problems.polynomial_forms import PolynomialAsItIs, PolynomialQuadratised
from .dispatch import improve, over, repair


@repair.register
def repair_polynomial(formulation: PolynomialAsItIs | PolynomialQuadratised, x: Bits, rng: np.random.Generator) -> Bits:
    """The point with its auxiliary bits set; there is nothing else to repair. x and the answer have shape (n,)."""
    return np.asarray(formulation.complete(np.asarray(x, dtype=np.uint8)[None])[0])


@improve.register
def improve_polynomial(
    formulation: PolynomialAsItIs | PolynomialQuadratised,
    x: Bits,
    rng: np.random.Generator,
    clock: Clock | None = None,
) -> Bits:
    """Best flip of one bit, or of two where one does not help, until neither lowers the polynomial.

    x and the answer have shape (n,).
    """
    polynomial = formulation.problem.polynomial
    n = polynomial.num_variables
    least = min_improvement(polynomial.coefficients)
    z = np.array(x[:n], dtype=np.uint8)
    cost = float(polynomial.energies(z[None])[0])
    is_over = over(clock)
    flips = np.eye(n, dtype=np.uint8)
    is_better = n > 0
    while is_better:
        is_better = False
        for partner in (None, *range(n)):
            if is_over():
                break
            Z = z ^ flips if partner is None else z ^ flips ^ flips[partner]
            values = polynomial.energies(Z)
            k = argmax_random_ties(-values, rng)
            if values[k] <= cost - least:
                z, cost, is_better = Z[k], float(values[k]), True
                break
    if isinstance(formulation, PolynomialAsItIs):
        return z
    return np.asarray(formulation.problem.quadratised.complete(z[None])[0])
