"""A constrained quadratic model of dimod as the constraint-keeping walks read it, and states back as its samples.

Bits stay bits, spins become bits, integers stay integers. Limits: real variables, products in constraints and soft
constraints are refused by name.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import dimod
import numpy as np

from ...core import AnyArray, BinaryProgram, Float, Int, Rows, UnsupportedError, make_rows
from ...engines.annealing.general import Data, whole_structure
from ...engines.annealing.structure import Structure, recognise

#: Bounds beyond which an integer is taken to be unbounded, for steps that stay exact.
MAX_BOUND = 2**53


@dataclass(frozen=True, eq=False)
class CqmModel:
    """Variables in order, their vartypes, the objective and the rows.

    Parameters
    ----------
    variables : labels, one a column.
    is_spin : columns whose bit stands for a spin.
    lower, upper : bounds of each column, whole.
    linear, square : objective's linear biases and those of squares, shape (n,).
    products : objective's biases of pairs, strictly upper triangular CSR.
    """

    variables: tuple[Hashable, ...]
    is_spin: AnyArray
    lower: Int
    upper: Int
    linear: Float
    square: Float
    products: Any
    offset: float
    rows: Rows

    @classmethod
    def of(cls, cqm: dimod.ConstrainedQuadraticModel) -> CqmModel:
        """The model's arrays.

        Raises
        ------
        UnsupportedError
            A real variable, a product in a constraint, or a soft constraint.
        """
        variables = tuple(cqm.variables)
        reals = [v for v in variables if cqm.vartype(v) is dimod.REAL]
        if reals:
            raise UnsupportedError(
                f"variable {reals[0]!r} must be a bit, a spin or an integer, got a real one; scale it"
            )
        is_spin = np.array([cqm.vartype(v) is dimod.SPIN for v in variables], dtype=bool)
        plain = cqm.spin_to_binary(inplace=False) if is_spin.any() else cqm
        number = {v: k for k, v in enumerate(variables)}
        lower = np.array([np.ceil(max(plain.lower_bound(v), -MAX_BOUND)) for v in variables], dtype=np.int64)
        upper = np.array([np.floor(min(plain.upper_bound(v), MAX_BOUND)) for v in variables], dtype=np.int64)
        return cls(variables, is_spin, lower, upper, *_objective(plain.objective, number), _rows(plain, number))

    @property
    def has_integers(self) -> bool:
        return bool(((self.lower != 0) | (self.upper != 1)).any())

    def structure(self) -> Structure:
        """What its rows and products say about it."""
        if not self.has_integers:
            program = BinaryProgram(self.linear + self.square, self.products, self.offset, self.rows)
            return recognise(program)
        data = Data(self.linear, self.products, self.offset, self.lower, self.upper, self.square)
        return whole_structure(data, self.rows)

    def values(self, points: AnyArray) -> AnyArray:
        """Samples in the model's own vartypes, shape (k, n)."""
        values = np.asarray(points, dtype=np.int64).copy()
        values[:, self.is_spin] = 2 * values[:, self.is_spin] - 1
        return values


def _objective(objective: Any, number: dict[Hashable, int]) -> tuple[Float, Float, Any, float]:
    """Linear biases, biases of squares, products and offset; a variable that the objective lacks costs nothing."""
    from scipy.sparse import coo_array, csr_array

    n = len(number)
    linear, square = np.zeros(n), np.zeros(n)
    for v, bias in objective.linear.items():
        linear[number[v]] += bias
    pairs = [(number[u], number[v], bias) for (u, v), bias in objective.quadratic.items()]
    for i, j, bias in pairs:
        if i == j:
            square[i] += bias
    kept = [(min(i, j), max(i, j), bias) for i, j, bias in pairs if i != j]
    first, second, biases = ([pair[k] for pair in kept] for k in range(3))
    products = csr_array(coo_array((np.array(biases, dtype=np.float64), (first, second)), shape=(n, n)))
    return linear, square, products, float(objective.offset)


def _rows(cqm: dimod.ConstrainedQuadraticModel, number: dict[Hashable, int]) -> Rows:
    """The constraints as rows, named by their labels."""
    from scipy.sparse import csr_array

    columns: list[int] = []
    values: list[float] = []
    ptr, lower, upper = [0], [], []
    for label, constraint in cqm.constraints.items():
        if not constraint.lhs.is_linear():
            raise UnsupportedError(f"constraint {label!r} must be linear, got products; move them into the objective")
        if constraint.lhs.is_soft():
            raise UnsupportedError(
                f"constraint {label!r} must be hard, got a soft one; add its penalty to the objective"
            )
        for v, bias in constraint.lhs.linear.items():
            columns.append(number[v])
            values.append(float(bias))
        ptr.append(len(columns))
        bound = float(constraint.rhs) - float(constraint.lhs.offset)
        lower.append(-np.inf if constraint.sense is dimod.sym.Sense.Le else bound)
        upper.append(np.inf if constraint.sense is dimod.sym.Sense.Ge else bound)
    matrix = csr_array((values, columns, ptr), shape=(len(lower), len(number)))
    return make_rows(matrix, lower=lower, upper=upper, names=[str(label) for label in cqm.constraints])
