"""Formulations of kinds whose objective is a polynomial over bits: with auxiliary bits and quadratic, or as it is.

Such a kind has the properties ``num_bits``, ``polynomial`` and ``quadratised``, and says how its solutions are bits
(``bits_of``, ``solution_of``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np

from ..core import (
    AnyArray,
    BinaryPolynomial,
    BinaryProgram,
    Bits,
    PolynomialProgram,
    Problem,
    Quadratised,
    Rows,
    Size,
    Solution,
)


class PolynomialProblem(Problem, Protocol):
    """A problem with a polynomial for its objective, minimised."""

    @property
    def num_bits(self) -> int:
        """Variables of the polynomial, known without making it."""
        ...

    @property
    def polynomial(self) -> BinaryPolynomial: ...

    @property
    def quadratised(self) -> Quadratised: ...

    def bits_of(self, solution: Solution) -> Bits:
        """The bits, shape (n,), of a solution."""
        ...

    def solution_of(self, bits: AnyArray) -> Solution:
        """The solution that bits, shape (n,), denote."""
        ...


@dataclass(frozen=True, eq=False)
class PolynomialAsItIs:
    """The polynomial itself, of any degree, over its own bits: for parts that take one, all others refuse it."""

    problem: PolynomialProblem

    name: ClassVar[str] = "polynomial"
    is_surrogate: ClassVar[bool] = False

    @cached_property
    def program(self) -> BinaryProgram:
        return PolynomialProgram(self.problem.polynomial)

    def decode(self, x: AnyArray) -> Solution | None:
        """The solution of the bits, shape (n,); every point denotes one."""
        return self.problem.solution_of(np.asarray(x)[: self.problem.polynomial.num_variables])

    def encode(self, solution: Solution) -> Bits:
        """The solution's bits, shape (n,)."""
        return self.problem.bits_of(solution)

    def complete(self, X: AnyArray) -> Bits:
        """The same points, shape (k, n): there is nothing to set."""
        return np.atleast_2d(np.asarray(X, dtype=np.uint8))

    def separate(self, X: AnyArray) -> Rows | None:
        """None, whatever the points (k, n): there are no rows."""
        return None

    @classmethod
    def size(cls, problem: PolynomialProblem) -> Size:
        """The polynomial's own variables and terms, no rows."""
        return Size(problem.polynomial.num_variables, 0, problem.polynomial.num_terms)


@dataclass(frozen=True, eq=False)
class PolynomialQuadratised:
    """The polynomial as a quadratic program: auxiliary bits with penalties that are proven.

    Exact: over the auxiliary bits the least cost is the polynomial's value, and ``complete`` reaches it.
    """

    problem: PolynomialProblem

    name: ClassVar[str] = "quadratised"
    is_surrogate: ClassVar[bool] = False

    @cached_property
    def program(self) -> BinaryProgram:
        return self.problem.quadratised.program()

    def decode(self, x: AnyArray) -> Solution | None:
        """The solution of the first n bits of x, shape (variables,); what the auxiliary ones say does not matter."""
        return self.problem.solution_of(np.asarray(x)[: self.problem.polynomial.num_variables])

    def encode(self, solution: Solution) -> Bits:
        """The completed point, shape (variables,), of the solution."""
        return np.asarray(self.problem.quadratised.complete(self.problem.bits_of(solution)[None])[0])

    def complete(self, X: AnyArray) -> Bits:
        """Points, shape (k, variables), with each auxiliary bit at its best.

        Raises
        ------
        ValueError
            The points have another number of bits.
        """
        X = np.atleast_2d(np.asarray(X, dtype=np.uint8))
        total = self.problem.quadratised.polynomial.num_variables
        if X.shape[1] != total:
            raise ValueError(f"points must have {total} bits, got {X.shape[1]}")
        return self.problem.quadratised.complete(X)

    def separate(self, X: AnyArray) -> Rows | None:
        """None, whatever the points (k, variables): there are no rows."""
        return None

    @classmethod
    def size(cls, problem: PolynomialProblem) -> Size:
        """Variables and terms of the quadratised polynomial, auxiliary ones counted."""
        polynomial = problem.quadratised.polynomial
        return Size(polynomial.num_variables, 0, polynomial.num_terms)
