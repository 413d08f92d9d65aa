"""A program whose cost is a polynomial of any degree, and the model that samplers get of one.

Both stand where a quadratic program or model is expected, and offer what has a meaning for any degree. Whatever reads
their quadratic part is refused, so that no term is ever dropped in silence.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from .arrays import Float
from .errors import UnsupportedError
from .polynomial import BinaryPolynomial
from .program import BinaryProgram, Rows

REMEDY = (
    "use --encoder quadratise (or the formulation quadratised), which writes it with auxiliary bits; binary-code "
    "does so with quadratic=True"
)


class NotQuadraticError(UnsupportedError, AttributeError):
    """The quadratic part of a polynomial was asked for, which alone would be another cost."""


def _refuse(what: str, degree: int) -> NoReturn:
    raise NotQuadraticError(f"{what} must be of a quadratic cost, got a polynomial of degree {degree}; {REMEDY}")


class PolynomialProgram(BinaryProgram):
    """Minimise a polynomial over bits, without rows; its quadratic parts (``c``, ``Q``, ``products``) are refused.

    Examples
    --------
    >>> program = PolynomialProgram(BinaryPolynomial.from_terms(3, {(0, 1, 2): -2}))
    >>> program.costs([[1, 1, 1]]).tolist(), program.num_terms
    ([-2.0], 1)
    >>> program.products  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    qopt.core.polynomial_program.NotQuadraticError: products must be of a quadratic cost, got a polynomial of degree 3
    """

    polynomial: BinaryPolynomial

    def __init__(self, polynomial: BinaryPolynomial, names: tuple[str, ...] = ()) -> None:
        from scipy.sparse import csr_array

        n = polynomial.num_variables
        own = tuple(names) or tuple(f"x[{i}]" for i in range(n))
        if len(own) != n:
            raise ValueError(f"names must be {n}, one a variable, got {len(own)}")
        none = Rows(csr_array((0, n)), np.zeros(0), np.zeros(0), ())
        for key, value in (("polynomial", polynomial), ("offset", polynomial.offset), ("rows", none), ("names", own)):
            object.__setattr__(self, key, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @property
    def c(self) -> Any:
        _refuse("linear costs", self.polynomial.degree)

    @property
    def Q(self) -> Any:
        _refuse("products", self.polynomial.degree)

    @property
    def products(self) -> Any:
        _refuse("products", self.polynomial.degree)

    @property
    def num_variables(self) -> int:
        return self.polynomial.num_variables

    @property
    def num_terms(self) -> int:
        return self.polynomial.num_terms

    @property
    def coefficients(self) -> Float:
        return self.polynomial.coefficients

    @property
    def weight(self) -> float:
        return self.polynomial.size

    @property
    def is_integral(self) -> bool:
        return self.offset % 1 == 0 and bool((self.coefficients % 1 == 0).all())

    @cached_property
    def fingerprint(self) -> str:
        return self.polynomial.fingerprint

    def costs(self, X: npt.ArrayLike) -> Float:
        """Value of the polynomial at each point, shape (k,)."""
        return self.polynomial.energies(X)

    def with_rows(self, more: Rows) -> BinaryProgram:
        """The same program where there are no rows to add.

        Raises
        ------
        UnsupportedError
            There are.
        """
        if len(more):
            _refuse("rows", self.polynomial.degree)
        return self


class PolynomialModel:
    """A polynomial in the place of a dimod BINARY model with labels 0..n-1, for samplers that say they take one.

    It has what does not depend on the degree (``energies``, ``num_variables``, ``variables``, ``offset``); anything
    else of a quadratic model is refused.

    Examples
    --------
    >>> model = PolynomialModel(BinaryPolynomial.from_terms(3, {(0, 1, 2): -2}))
    >>> model.num_variables, model.num_interactions, model.energies(([[1, 1, 1]], [0, 1, 2])).tolist()
    (3, 1, [-2.0])
    """

    def __init__(self, polynomial: BinaryPolynomial) -> None:
        self.polynomial = polynomial

    @property
    def vartype(self) -> Any:
        import dimod

        return dimod.BINARY

    @property
    def num_variables(self) -> int:
        return self.polynomial.num_variables

    @property
    def num_interactions(self) -> int:
        """Terms of two or more factors."""
        return sum(count for degree, count in self.polynomial.counts.items() if degree > 1)

    @property
    def variables(self) -> range:
        return range(self.num_variables)

    @property
    def offset(self) -> float:
        return self.polynomial.offset

    def energies(self, samples: Any, dtype: Any = np.float64) -> Float:
        """Energies of points, an array (k, n) or a pair of it and the labels of its columns."""
        values, labels = samples if isinstance(samples, tuple) else (samples, list(self.variables))
        order = np.argsort(np.asarray(labels, dtype=np.int64))
        return self.polynomial.energies(np.asarray(values)[:, order]).astype(dtype)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "polynomial":
            raise AttributeError(name)
        _refuse(f"the model ({name})", self.polynomial.degree)
