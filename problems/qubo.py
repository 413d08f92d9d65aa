"""Any binary program as an instance: linear costs, products, a constant, and linear rows where there are some.

Minimised, over bits. What a file maximises, and what has integers, is the kind ``integer-program``.
"""

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
    BinaryProgram,
    Formulation,
    Int,
    Number,
    Rows,
    Sense,
    Size,
    Solution,
    binary_solution,
    frozen,
    frozen_number,
    number,
    short_repr,
)
from ..core.model_html import problem_html
from .checks import merged_pairs, number_vector, restore
from .direct import DirectForm
from .linear_rows import broken_rows, distinct_names, index_pairs, lower_array, row_bounds, upper_array


@PROBLEMS.register("qubo", aliases=("binary-program",))
@dataclass(frozen=True, eq=False)
class Qubo:
    """Minimise ``linear x + sum_k couplings_k x_i x_j + offset`` over 0/1 vectors that keep the rows.

    Parameters
    ----------
    linear : shape (n,); its length is the number of variables.
    pairs, couplings : products, shapes (k, 2) and (k,); equal pairs are added, a pair (i, i) counts as linear.
    offset : constant of the objective.
    row_entries, row_values : (row, column) places of the rows' coefficients, shapes (e, 2) and (e,).
    lower, upper : bounds of the rows; None for no bound.
    row_names, variable_names : one each; ``row[i]`` and ``x[i]`` when empty.

    Raises
    ------
    ValueError
        An index lies outside, a number is not finite, counts differ, a name occurs twice, or a row's lower bound lies
        above its upper bound.

    Examples
    --------
    >>> program = Qubo(linear=[-1, -1], pairs=[[0, 1]], couplings=[3])
    >>> program.objective([1, 1]), program.objective([1, 0])
    (1, -1)
    """

    linear: AnyArray
    pairs: Int = ()  # type: ignore[assignment]
    couplings: AnyArray = ()  # type: ignore[assignment]
    offset: Number = 0
    row_entries: Int = ()  # type: ignore[assignment]
    row_values: AnyArray = ()  # type: ignore[assignment]
    lower: tuple[Number | None, ...] = ()
    upper: tuple[Number | None, ...] = ()
    row_names: tuple[str, ...] = ()
    variable_names: tuple[str, ...] = ()
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "qubo"
    sense: ClassVar[Sense] = "min"
    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        linear = number_vector(self.linear, "linear")
        n, m = linear.size, len(self.lower)
        pairs = np.sort(index_pairs(self.pairs, "pairs", n, n), axis=1)
        couplings = number_vector(self.couplings, "couplings", size=len(pairs))
        squares = pairs[:, 0] == pairs[:, 1]
        if squares.any():
            extra = np.bincount(pairs[squares, 0], couplings[squares].astype(np.float64), minlength=n)
            linear = number_vector(linear + extra, "linear")
        pairs, couplings = merged_pairs(pairs[~squares], couplings[~squares])
        entries = index_pairs(self.row_entries, "row_entries", m, n)
        entries, values = merged_pairs(entries, number_vector(self.row_values, "row_values", size=len(entries)))
        lower, upper = row_bounds(self.lower, self.upper)
        for key, value in (
            ("linear", linear),
            ("pairs", frozen(pairs, np.int64)),
            ("couplings", frozen_number(couplings, "couplings")),
            ("offset", number(float(frozen_number(self.offset, "offset")))),
            ("row_entries", frozen(entries, np.int64)),
            ("row_values", frozen_number(values, "row_values")),
            ("lower", lower),
            ("upper", upper),
            ("row_names", distinct_names(self.row_names, "row_names", m)),
            ("variable_names", distinct_names(self.variable_names, "variable_names", n)),
        ):
            object.__setattr__(self, key, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, self.__dataclass_fields__)

    @staticmethod
    def from_matrix(matrix: Any, *, offset: float = 0.0, name: str = "") -> Qubo:
        """``min x'Qx + offset`` of a square matrix, dense or scipy sparse; all entries count."""
        from .models import from_matrix

        return from_matrix(matrix, offset=offset, name=name)

    @staticmethod
    def from_bqm(bqm: Any, *, name: str = "") -> Qubo:
        """The QUBO of a dimod ``BinaryQuadraticModel``; spins become bits by ``s = 2 x - 1``."""
        from .models import from_bqm

        return from_bqm(bqm, name=name)

    @staticmethod
    def from_cqm(cqm: Any, *, name: str = "") -> Qubo:
        """The program of a dimod ``ConstrainedQuadraticModel`` with linear rows; bounded integers become bits."""
        from .models import from_constrained

        return from_constrained(cqm, name=name)

    @staticmethod
    def from_program(program: BinaryProgram, *, name: str = "", best_known: BestKnown | None = None) -> Qubo:
        """The program as an instance."""
        Q, rows = program.products.tocoo(), program.constraints
        A = rows.A.tocoo()
        return Qubo(
            linear=program.c,
            pairs=np.stack([Q.row, Q.col], axis=1),
            couplings=Q.data,
            offset=program.offset,
            row_entries=np.stack([A.row, A.col], axis=1),
            row_values=A.data,
            lower=tuple(None if np.isinf(bound) else float(bound) for bound in rows.lower),
            upper=tuple(None if np.isinf(bound) else float(bound) for bound in rows.upper),
            row_names=rows.names,
            variable_names=program.names,
            name=name,
            best_known=best_known,
        )

    @property
    def size(self) -> dict[str, int]:
        return {"variables": int(self.linear.size), "products": len(self.pairs), "rows": len(self.lower)}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        return {"program": QuboProgram}

    def objective(self, solution: Solution) -> Number:
        """Cost of the point, with the constant."""
        x = binary_solution(solution, self.linear.size, self.kind)
        products = self.couplings @ (x[self.pairs[:, 0]] & x[self.pairs[:, 1]])
        return number(self.linear @ x + products + self.offset)

    def violations(self, solution: Solution) -> dict[str, float]:
        """Amount by which each broken row misses its bound, by the row's name."""
        x = binary_solution(solution, self.linear.size, self.kind)
        return broken_rows(x, self.row_entries, self.row_values, self.lower, self.upper, self.row_names)


class QuboProgram(DirectForm[Qubo]):
    """The instance's own program."""

    name: ClassVar[str] = "program"

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import csr_array

        problem = self.problem
        n, m = problem.linear.size, len(problem.lower)
        Q = csr_array((problem.couplings.astype(np.float64), tuple(problem.pairs.T)), shape=(n, n))
        A = csr_array((problem.row_values.astype(np.float64), tuple(problem.row_entries.T)), shape=(m, n))
        rows = Rows(A, lower_array(problem.lower), upper_array(problem.upper), problem.row_names)
        return BinaryProgram(c=problem.linear, Q=Q, offset=problem.offset, rows=rows, names=problem.variable_names)

    @classmethod
    def size(cls, problem: Qubo) -> Size:
        """The matrix's own variables and rows, terms that are not 0."""
        arrays = (problem.linear, problem.couplings, problem.row_values)
        return Size(problem.linear.size, len(problem.lower), sum(int(np.count_nonzero(a)) for a in arrays))
