"""Any program over bounded integers as an instance: linear costs, products, a constant, linear rows, and its own sense.

What LP, MPS and CQM files hold beyond the kind ``qubo``: integers, fixed variables, and maximisation. Solutions are the
variables' own values; the formulation writes each variable as its smallest value plus weighted bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..core import (
    PROBLEMS,
    AnyArray,
    BestKnown,
    BinaryProgram,
    Bits,
    Float,
    Formulation,
    Int,
    Number,
    Rows,
    Sense,
    Size,
    Solution,
    frozen,
    frozen_number,
    number,
)
from ..core.bits import bounded_coefficients, num_bits, split_bits
from ..core.labels import distinct_texts
from ..core.margins import largest_bound, row_tolerance
from ..core.model_html import problem_html
from ..core.problem import short_repr, signed
from ..core.program_io import MAX_SPAN
from .checks import LARGEST, merged_pairs, number_vector, restore
from .direct import DirectForm
from .linear_rows import broken_rows, distinct_names, index_pairs, lower_array, row_bounds, upper_array


@PROBLEMS.register("integer-program")
@dataclass(frozen=True, eq=False)
class IntegerProgram:
    """Minimise or maximise ``linear x + sum_k couplings_k x_i x_j + offset`` over bounded integers that keep the rows.

    Parameters
    ----------
    linear : shape (n,); its length is the number of variables.
    minimum, maximum : smallest and largest value of each variable, shape (n,); 0 and 1 where empty.
    pairs, couplings : products, shapes (k, 2) and (k,); equal pairs are added, a pair (i, i) is a square.
    offset : constant of the objective.
    row_entries, row_values : (row, column) places of the rows' coefficients, shapes (e, 2) and (e,).
    lower, upper : bounds of the rows; None for no bound.
    row_names, variable_names : one each; ``row[i]`` and ``x[i]`` when empty.
    sense : ``min`` or ``max``.

    Raises
    ------
    ValueError
        An index lies outside, a number is not finite, counts differ, a name occurs twice, a bound lies above its
        other, a range is wider than 2**31 - 1, or values of the objective or of a row leave the exact integers.

    Examples
    --------
    >>> program = IntegerProgram(linear=[3, 2], minimum=[0, -1], maximum=[4, 5], sense="max")
    >>> program.objective([4, 5]), program.objective([0, -1])
    (22, -2)
    """

    linear: AnyArray
    minimum: Int = ()  # type: ignore[assignment]
    maximum: Int = ()  # type: ignore[assignment]
    pairs: Int = ()  # type: ignore[assignment]
    couplings: AnyArray = ()  # type: ignore[assignment]
    offset: Number = 0
    row_entries: Int = ()  # type: ignore[assignment]
    row_values: AnyArray = ()  # type: ignore[assignment]
    lower: tuple[Number | None, ...] = ()
    upper: tuple[Number | None, ...] = ()
    row_names: tuple[str, ...] = ()
    variable_names: tuple[str, ...] = ()
    sense: Sense = "min"
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "integer-program"

    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        linear = number_vector(self.linear, "linear")
        n, m = linear.size, len(self.lower)
        if self.sense not in ("min", "max"):
            raise ValueError(f"sense must be min or max, got {self.sense!r}; check the instance")
        names = distinct_names(self.variable_names, "variable_names", n)
        minimum, maximum = _ranges(self.minimum, self.maximum, names)
        pairs = np.sort(index_pairs(self.pairs, "pairs", n, n), axis=1)
        pairs, couplings = merged_pairs(pairs, number_vector(self.couplings, "couplings", size=len(pairs)))
        entries = index_pairs(self.row_entries, "row_entries", m, n)
        entries, values = merged_pairs(entries, number_vector(self.row_values, "row_values", size=len(entries)))
        lower, upper = row_bounds(self.lower, self.upper)
        for key, value in (
            ("linear", linear),
            ("minimum", minimum),
            ("maximum", maximum),
            ("pairs", frozen(pairs, np.int64)),
            ("couplings", frozen_number(couplings, "couplings")),
            ("offset", number(float(frozen_number(self.offset, "offset")))),
            ("row_entries", frozen(entries, np.int64)),
            ("row_values", frozen_number(values, "row_values")),
            ("lower", lower),
            ("upper", upper),
            ("row_names", distinct_names(self.row_names, "row_names", m)),
            ("variable_names", names),
        ):
            object.__setattr__(self, key, value)
        self._check_reach()

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, self.__dataclass_fields__)

    @property
    def size(self) -> dict[str, int]:
        return {"variables": int(self.linear.size), "products": len(self.pairs), "rows": len(self.lower)}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        return {"bits": IntegerBits}

    def objective(self, solution: Solution) -> Number:
        """Value of the point in the instance's own sense, with the constant."""
        x = self._checked(solution)
        products = self.couplings @ (x[self.pairs[:, 0]] * x[self.pairs[:, 1]])
        return number(self.linear @ x + products + self.offset)

    def violations(self, solution: Solution) -> dict[str, float]:
        """Amount by which each broken row misses its bound, by the row's name."""
        x = self._checked(solution)
        return broken_rows(x, self.row_entries, self.row_values, self.lower, self.upper, self.row_names)

    def _checked(self, solution: npt.ArrayLike) -> Solution:
        """The solution as int64 vector, each value within its variable's range."""
        x = np.asarray(solution)
        if x.shape != self.linear.shape:
            raise ValueError(f"an integer-program solution must be {self.linear.size} integers, got {x.size} values")
        if x.dtype.kind not in "iub" and not (np.isfinite(x).all() and (x == np.rint(x)).all()):
            raise ValueError("an integer-program solution must be integers, got other numbers; check the solution file")
        outside = (x < self.minimum) | (x > self.maximum)
        if outside.any():
            i = int(outside.argmax())
            raise ValueError(
                f"{self.variable_names[i]} must lie in {self.minimum[i]}..{self.maximum[i]}, got {x[i]}; "
                "check the solution file"
            )
        return x.astype(np.int64)

    def _check_reach(self) -> None:
        """No value of the objective or of a row leaves the numbers that doubles hold exactly."""
        size = np.maximum(np.abs(self.minimum), np.abs(self.maximum)).astype(np.float64)
        cost = float(np.abs(self.linear) @ size + abs(self.offset))
        cost += float(np.abs(self.couplings) @ (size[self.pairs[:, 0]] * size[self.pairs[:, 1]]))
        row, column = self.row_entries.T
        rows = np.bincount(row, np.abs(self.row_values) * size[column], minlength=len(self.lower))
        for what, reach in (("the objective", cost), ("a row", float(rows.max(initial=0.0)))):
            if reach > LARGEST:
                raise ValueError(f"{what} must stay below {LARGEST:g}, got up to {reach:g}; give tighter bounds")


def _ranges(minimum: Any, maximum: Any, names: tuple[str, ...]) -> tuple[Int, Int]:
    n = len(names)
    arrays = []
    for given, default, subject in ((minimum, 0, "minimum"), (maximum, 1, "maximum")):
        array = frozen_number(given if len(given) else np.full(n, default), subject)
        if array.size and array.dtype.kind != "i":
            raise ValueError(f"{subject} must be integers, got others; check the instance")
        arrays.append(number_vector(array, subject, size=n).astype(np.int64))
    low, high = arrays
    wrong = (low > high) | (high - low > MAX_SPAN)
    if wrong.any():
        i = int(wrong.argmax())
        raise ValueError(
            f"variable {names[i]} must have a range of at most {MAX_SPAN} values, minimum <= maximum, "
            f"got {low[i]}..{high[i]}; check its bounds"
        )
    return frozen(low, np.int64), frozen(high, np.int64)


class IntegerBits(DirectForm[IntegerProgram]):
    """Each variable as its smallest value plus weighted bits; a maximum negated.

    ``v = minimum + W x``; a variable with two values keeps its name, bit b of any other is called ``name[b]``.

    Examples
    --------
    >>> form = IntegerBits(IntegerProgram(linear=[1], minimum=[2], maximum=[7]))
    >>> form.program.num_variables, form.decode([1, 1, 1]).tolist(), form.encode([4]).tolist()
    (3, [7], [0, 1, 0])
    """

    name: ClassVar[str] = "bits"

    @cached_property
    def _weights(self) -> list[Int]:
        spans = self.problem.maximum - self.problem.minimum
        return [bounded_coefficients(int(span)) for span in spans]

    @cached_property
    def _matrix(self) -> Any:
        """W, shape (v, n)."""
        from scipy.sparse import csr_array

        lengths = [weights.size for weights in self._weights]
        rows = np.repeat(np.arange(len(lengths)), lengths)
        values = np.concatenate([*self._weights, np.zeros(0)]).astype(np.float64)
        return csr_array((values, (rows, np.arange(rows.size))), shape=(len(lengths), rows.size))

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import csr_array

        problem, W = self.problem, self._matrix
        sign = signed(problem, 1.0)
        v, m = problem.linear.size, len(problem.lower)
        constants = problem.minimum.astype(np.float64)
        J = csr_array((problem.couplings.astype(np.float64), tuple(problem.pairs.T)), shape=(v, v))
        # objective of k + W x: constant, linear and quadratic parts
        linear = W.T @ (problem.linear + (J + J.T) @ constants)
        offset = float(problem.offset + problem.linear @ constants + constants @ (J @ constants))
        A = csr_array((problem.row_values.astype(np.float64), tuple(problem.row_entries.T)), shape=(m, v))
        rows = _shifted(A, W, constants, lower_array(problem.lower), upper_array(problem.upper), problem.row_names)
        return BinaryProgram(sign * linear, sign * (W.T @ J @ W), sign * offset, rows, self._names())

    def _names(self) -> tuple[str, ...]:
        names = []
        for name, weights in zip(self.problem.variable_names, self._weights, strict=True):
            names += [name] if weights.size == 1 else [f"{name}[{b}]" for b in range(weights.size)]
        return distinct_texts(names)

    def decode(self, x: AnyArray) -> Solution | None:
        """Values of the variables, shape (v,), that bits, shape (n,), denote; every point denotes some.

        Raises
        ------
        ValueError
            The point has another number of bits.
        """
        bits = np.asarray(x)
        if bits.shape != (self._matrix.shape[1],):
            raise ValueError(f"a point must have {self._matrix.shape[1]} bits, got shape {bits.shape}")
        return np.asarray(self.problem.minimum + np.rint(self._matrix @ bits).astype(np.int64))

    def encode(self, solution: Solution) -> Bits:
        """A point, shape (n,), that denotes the solution, shape (v,)."""
        values = self.problem._checked(solution) - self.problem.minimum
        parts = [split_bits(value, weights) for value, weights in zip(values, self._weights, strict=True)]
        return np.concatenate([*parts, np.zeros(0, dtype=np.uint8)]).astype(np.uint8)

    @classmethod
    def size(cls, problem: IntegerProgram) -> Size:
        """Variables (all bits of the integers), rows and terms, counted from the data."""
        bits = np.array([num_bits(int(span)) for span in problem.maximum - problem.minimum], dtype=np.int64)
        form = cls(problem)
        costs = form._costs()
        i, j = problem.pairs.T
        products = np.where(i == j, bits[i] * (bits[i] - 1) // 2, bits[i] * bits[j])[problem.couplings != 0]
        entries = bits[problem.row_entries[:, 1]][problem.row_values != 0]
        return Size(int(bits.sum()), len(problem.lower), int(np.count_nonzero(costs) + products.sum() + entries.sum()))

    def _costs(self) -> Float:
        """Linear costs of the bits (squares of bits included), shape (n,), without products."""
        problem, weights = self.problem, self._weights
        slope, squares = problem.linear.astype(np.float64), np.zeros(problem.linear.size)
        i, j = problem.pairs.T
        minimum = problem.minimum.astype(np.float64)
        np.add.at(slope, i, problem.couplings * minimum[j])
        np.add.at(slope, j, problem.couplings * minimum[i])
        np.add.at(squares, i[i == j], problem.couplings[i == j])
        parts = [slope[k] * w + squares[k] * w.astype(np.float64) ** 2 for k, w in enumerate(weights)]
        return np.concatenate([*parts, np.zeros(0)])


def _shifted(A: Any, W: Any, constants: Float, lower: Float, upper: Float, names: tuple[str, ...]) -> Rows:
    """Rows over bits: ``lower - A k <= A W x <= upper - A k``.

    Where the bits' coefficients are integers the bounds are rounded inwards, past the error of the subtraction: a
    decimal of a fixed variable must not cut off what the row allows.
    """
    shift = A @ constants
    over = A @ W
    low, high = lower - shift, upper - shift
    decimal = np.zeros(len(names), dtype=bool)
    decimal[np.repeat(np.arange(len(names)), np.diff(over.indptr))[over.data % 1 != 0]] = True
    size = abs(A) @ np.maximum(1.0, np.abs(constants)) + largest_bound(lower, upper)
    margin = row_tolerance(True, size, np.diff(A.indptr))
    whole = ~decimal & (_is_decimal(shift) | _is_decimal(low) | _is_decimal(high))
    inner_low, inner_high = np.ceil(low - margin), np.floor(high + margin)
    whole &= inner_low <= inner_high  # else no integer lies between: the row stays one that no point keeps
    low, high = np.where(whole, inner_low, low), np.where(whole, inner_high, high)
    return Rows(over, low, high, names)


def _is_decimal(values: Float) -> AnyArray:
    return np.asarray(np.isfinite(values) & (values != np.rint(values)))
