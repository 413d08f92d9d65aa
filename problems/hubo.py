"""Any polynomial over bits or spins as an instance (HUBO, PUBO): no rows, minimised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..core import (
    PROBLEMS,
    AnyArray,
    BestKnown,
    BinaryPolynomial,
    Bits,
    Formulation,
    Number,
    Quadratised,
    Sense,
    Solution,
    binary_solution,
    frozen_number,
    number,
    quadratise,
    short_repr,
)
from ..core.model_html import problem_html
from ..core.polynomial import Vartype
from .checks import count, number_vector, restore
from .polynomial_forms import PolynomialAsItIs, PolynomialQuadratised


@PROBLEMS.register("hubo", aliases=("pubo",))
@dataclass(frozen=True, eq=False)
class Hubo:
    """Minimise ``offset + sum_t coefficients_t prod_{i in terms_t} v_i`` over 0/1 vectors z.

    Parameters
    ----------
    num_variables : n.
    terms : the variables of each product; equal terms are added, repeated factors reduced.
    coefficients : shape (t,).
    offset : constant of the objective.
    vartype : ``binary`` for v = z, ``spin`` for v = 1 - 2 z.

    Raises
    ------
    ValueError
        An index lies outside, a number is not finite, or counts differ.

    Examples
    --------
    >>> cubic = Hubo(3, terms=[[0, 1, 2], [0]], coefficients=[-4, 1])
    >>> cubic.objective([1, 1, 1]), cubic.size
    (-3, {'variables': 3, 'terms': 2, 'degree': 3})
    """

    num_variables: int
    terms: tuple[tuple[int, ...], ...]
    coefficients: AnyArray
    offset: Number = 0
    vartype: Vartype = "binary"
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "hubo"
    sense: ClassVar[Sense] = "min"
    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        n = count(self.num_variables, "num_variables")
        terms = [tuple(count(i, "an index of terms") for i in term) for term in self.terms]
        values = number_vector(self.coefficients, "coefficients", size=len(terms))
        given = zip(terms, values.tolist(), strict=True)
        polynomial = BinaryPolynomial.from_terms(n, given, float(frozen_number(self.offset, "offset")), self.vartype)
        for key, value in (
            ("num_variables", n),
            ("terms", tuple(term for term, _ in polynomial.terms())),
            ("coefficients", frozen_number(polynomial.coefficients, "coefficients")),
            ("offset", number(polynomial.offset)),
            ("polynomial", polynomial),
        ):
            object.__setattr__(self, key, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, self.__dataclass_fields__)

    @staticmethod
    def from_polynomial(polynomial: BinaryPolynomial, *, name: str = "") -> Hubo:
        """The polynomial as an instance."""
        terms = tuple(term for term, _ in polynomial.terms())
        return Hubo(
            polynomial.num_variables, terms, polynomial.coefficients, polynomial.offset, polynomial.vartype, name
        )

    @property
    def num_bits(self) -> int:
        """Variables of the polynomial."""
        return self.num_variables

    @cached_property
    def polynomial(self) -> BinaryPolynomial:
        """The objective; set when the instance is made."""
        raise AssertionError("the instance must be made by its constructor")

    @cached_property
    def quadratised(self) -> Quadratised:
        """The objective with auxiliary bits, quadratic."""
        return quadratise(self.polynomial)

    @property
    def size(self) -> dict[str, int]:
        return {"variables": self.num_variables, "terms": len(self.terms), "degree": self.polynomial.degree}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        return {"quadratised": PolynomialQuadratised, "polynomial": PolynomialAsItIs}

    def objective(self, solution: Solution) -> Number:
        """Value of the polynomial, from the terms one by one."""
        z = binary_solution(solution, self.num_variables, self.kind)
        v = 1 - 2 * z if self.vartype == "spin" else z
        return number(self.offset + sum(c * int(np.prod(v[list(t)])) for t, c in zip(self.terms, self.coefficients)))

    def violations(self, solution: Solution) -> dict[str, float]:
        """None ever: every 0/1 vector is allowed."""
        binary_solution(solution, self.num_variables, self.kind)
        return {}

    def bits_of(self, solution: Solution) -> Bits:
        """The solution itself, shape (n,)."""
        return binary_solution(solution, self.num_variables, self.kind).astype(np.uint8)

    def solution_of(self, bits: AnyArray) -> Solution:
        """The bits themselves, shape (n,)."""
        return binary_solution(bits, self.num_variables, self.kind)
