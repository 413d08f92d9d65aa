"""The rows of a program as functions ``h(x) <= 0`` (or ``= 0``) that a Lagrangian puts a price on, normalised.

A row is priced as it stands (linear), as the products of its pairs (at-most-one rows), or by its square (equalities).
A row with two bounds has two functions. No function needs a slack bit; rows that no point breaks have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ...core import BinaryProgram, RowFacts, RowKind, row_facts
from ...core.arrays import AnyArray, Float
from ..quadratic import Quadratic
from ..squares import pair_products, row_squares

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: How at-most-one rows are priced.
PackingRule = Literal["rows", "products"]
#: How equality rows are priced.
EqualityRule = Literal["rows", "squares"]
#: What a row is divided by: ``max(1, |b|)``, or the mean of its |coefficients|.
UnitRule = Literal["bound", "item"]


class RowForm(IntEnum):
    """The function of a row."""

    LINEAR = 0  # a x - b
    PRODUCTS = 1  # sum of x_i x_j over the pairs of the row: 0 iff at most one is 1
    SQUARE = 2  # (a x - b)^2


@dataclass(frozen=True, eq=False)
class DualRows:
    """Functions h of the points, one an oriented row; every feasible point has ``h <= 0`` (``h = 0`` where free).

    Parameters
    ----------
    A : normalised coefficients, shape (m, n).
    b : shape (m,).
    forms : RowForm of each function, shape (m,).
    is_equality : ``h = 0`` is demanded, shape (m,); its multiplier has no sign unless the form is a square.
    units : the row's own amount is ``units`` times h (times h's root for a square), shape (m,).
    names : of the program's row, with ``:lower`` for a lower side.
    """

    A: csr_array
    b: Float
    forms: npt.NDArray[np.int8]
    is_equality: npt.NDArray[np.bool_]
    units: Float
    names: tuple[str, ...]

    @property
    def count(self) -> int:
        return int(self.b.size)

    @property
    def is_free(self) -> npt.NDArray[np.bool_]:
        """Multipliers without sign."""
        return np.asarray(self.is_equality & (self.forms == RowForm.LINEAR))

    def activities(self, X: AnyArray) -> Float:
        """``A x`` of each point, shape (k, m)."""
        return np.asarray((self.A @ np.atleast_2d(np.asarray(X, dtype=np.float64)).T).T)

    def values(self, X: AnyArray) -> Float:
        """``h`` of each point, shape (k, m); the points may be fractional only for linear forms."""
        activity = self.activities(X)
        h = activity - self.b
        squares, products = self.forms == RowForm.SQUARE, self.forms == RowForm.PRODUCTS
        h[:, squares] **= 2
        h[:, products] = activity[:, products] * (activity[:, products] - 1.0) / 2.0
        return h

    def lagrangian(self, program: BinaryProgram, weights: Float) -> Quadratic:
        """``cost + weights h`` as a function of the program's bits, exact on all points of {0,1}^n.

        Weights have shape (rows,).
        """
        energy = Quadratic.cost(program)
        linear = self.forms == RowForm.LINEAR
        y = np.where(linear, weights, 0.0)
        energy = Quadratic(energy.linear + self.A.T @ y, energy.products, energy.offset - float(y @ self.b))
        for form, part in ((RowForm.PRODUCTS, self._products), (RowForm.SQUARE, self._squares)):
            at = np.flatnonzero((self.forms == form) & (weights != 0))
            if at.size:
                energy = energy.plus(part(at, weights[at]))
        return energy

    def squared(self, weights: Float, targets: Float) -> Quadratic:
        """``sum_r weights_r (A_r x - targets_r)^2`` over the rows of nonzero weight. Shape (rows,) each."""
        at = np.flatnonzero(weights)
        return row_squares(self.A[at], targets[at], weights[at])

    def scaled_by_names(self, weights: Float) -> dict[str, float]:
        """Weights in units of the rows as the program has them, by name; the sides of a row apart. Shape (rows,)."""
        return dict(zip(self.names, self.in_row_units(weights).tolist()))

    def in_row_units(self, weights: Float) -> Float:
        """Weights of the normalised functions as weights of the rows' own amounts, shape (m,)."""
        return np.asarray(weights / self.units ** np.where(self.forms == RowForm.SQUARE, 2.0, 1.0))

    def joined(self, other: DualRows) -> DualRows:
        """These functions, then the other ones."""
        from scipy.sparse import vstack

        return DualRows(
            vstack([self.A, other.A], format="csr"),
            np.concatenate([self.b, other.b]),
            np.concatenate([self.forms, other.forms]),
            np.concatenate([self.is_equality, other.is_equality]),
            np.concatenate([self.units, other.units]),
            self.names + other.names,
        )

    def _products(self, at: npt.NDArray[np.int64], weights: Float) -> Quadratic:
        return pair_products(self.A[at], weights)

    def _squares(self, at: npt.NDArray[np.int64], weights: Float) -> Quadratic:
        return row_squares(self.A[at], self.b[at], weights)


def dual_rows(
    program: BinaryProgram,
    *,
    packing: PackingRule = "rows",
    equalities: EqualityRule = "rows",
    unit: UnitRule = "bound",
) -> DualRows:
    """The functions of a program's rows, in order; rows appended to the program append functions.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-3, -2], rows=make_rows([[2, 1], [1, 1]], lower=[-np.inf, 1], upper=[2, 1]))
    >>> rows = dual_rows(program)
    >>> rows.values(np.array([[1, 1]])).tolist(), rows.is_free.tolist(), rows.units.tolist()
    ([[0.5, 1.0]], [False, True], [2.0, 1.0])
    """
    from scipy.sparse import csr_array

    sides = [side for facts in row_facts(program) for side in _sides(facts, packing, equalities, unit)]
    indptr = np.concatenate([[0], np.cumsum([side.facts.columns.size for side in sides], dtype=np.int64)])
    columns = np.concatenate([np.zeros(0, dtype=np.int64), *(side.facts.columns for side in sides)])
    values = [side.sign * side.facts.coefficients / side.unit for side in sides]
    data = np.concatenate([np.zeros(0), *values])
    return DualRows(
        csr_array((data, columns, indptr), shape=(len(sides), program.num_variables)),
        np.array([side.sign * side.bound / side.unit for side in sides], dtype=np.float64),
        np.array([side.form for side in sides], dtype=np.int8),
        np.array([side.is_equality for side in sides], dtype=bool),
        np.array([side.unit for side in sides], dtype=np.float64),
        tuple(side.facts.name + (":lower" if side.sign < 0 else "") for side in sides),
    )


@dataclass(frozen=True, eq=False)
class _Side:
    facts: RowFacts
    sign: float
    bound: float
    form: RowForm
    is_equality: bool
    unit: float


def _sides(facts: RowFacts, packing: PackingRule, equalities: EqualityRule, unit: UnitRule) -> list[_Side]:
    def side(bound: float, sign: float = 1.0, form: RowForm = RowForm.LINEAR, is_equality: bool = False) -> _Side:
        mean = float(np.abs(facts.coefficients).mean()) if facts.coefficients.size else 1.0
        divisor = mean if unit == "item" and mean > 0 else max(1.0, abs(bound))
        return _Side(facts, sign, bound, form, is_equality, 1.0 if form is RowForm.PRODUCTS else divisor)

    if facts.kind is RowKind.FREE:
        return []
    if facts.lower == facts.upper:
        form = RowForm.SQUARE if equalities == "squares" else RowForm.LINEAR
        return [side(facts.upper, form=form, is_equality=True)]
    if facts.kind is RowKind.PACKING and packing == "products":
        return [side(facts.upper, form=RowForm.PRODUCTS)]
    found = []
    if np.isfinite(facts.upper) and facts.upper < facts.maximum:
        found.append(side(facts.upper))
    if np.isfinite(facts.lower) and facts.lower > facts.minimum:
        found.append(side(facts.lower, -1.0))
    return found
