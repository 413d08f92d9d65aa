"""Binary quadratic program with linear rows: the one model between problems and encoders.

``minimise x'Qx + c'x + offset  subject to  lower <= A x <= upper,  x in {0,1}^n``. Everything is vectorised over
points: ``X`` has shape (k, n), one point a row. Products of variables stand only in the cost, never in rows; they are
stored, or held by two factors (kronecker.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .arrays import AnyArray, Float, digest, freeze_csr, frozen, frozen_csr
from .kronecker import KroneckerProducts
from .margins import row_tolerances
from .products import Products, StoredProducts
from .row_kinds import RowFacts, facts_of_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Rows:
    """Linear rows ``lower <= A x <= upper`` with names; A has shape (m, n)."""

    A: csr_array
    lower: AnyArray
    upper: AnyArray
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "A", frozen_csr(self.A))
        object.__setattr__(self, "lower", frozen(self.lower))
        object.__setattr__(self, "upper", frozen(self.upper))
        object.__setattr__(self, "names", tuple(self.names))
        m = self.A.shape[0]
        if not (self.lower.shape == self.upper.shape == (m,) and len(self.names) == m):
            raise ValueError(
                f"rows must have one lower, upper and name each, got {self.A.shape[0]} rows, "
                f"{self.lower.size} lower, {self.upper.size} upper, {len(self.names)} names"
            )

    def __len__(self) -> int:
        return int(self.A.shape[0])

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()


@dataclass(frozen=True, eq=False)
class BinaryProgram:
    """Binary quadratic program ``min x'Qx + c'x + offset, lower <= A x <= upper``.

    Parameters
    ----------
    c : linear costs, shape (n,).
    Q : products, shape (n, n); stored upper triangular, the diagonal moved into ``c`` (x_i**2 = x_i). Or a
        KroneckerProducts, which stays as it is.
    offset : constant of the cost.
    rows : linear rows over the same n variables; None for none.
    names : ``family[index]`` of each variable; ``x[i]`` when empty.

    Raises
    ------
    ValueError
        Shapes do not fit, a cost is not finite, or a row's lower bound lies above its upper bound.

    Examples
    --------
    >>> program = BinaryProgram(c=[-3, -2], rows=make_rows([[2, 1]], upper=[2]))
    >>> program.costs(np.array([[1, 0], [1, 1]])).tolist(), program.feasible(np.array([[1, 0], [1, 1]])).tolist()
    ([-3.0, -5.0], [True, False])
    """

    c: AnyArray
    Q: csr_array | KroneckerProducts | None = None
    offset: float = 0.0
    rows: Rows | None = None
    names: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        from scipy.sparse import csr_array

        c = np.array(self.c, dtype=np.float64)
        n = c.size
        if not (np.isfinite(c).all() and np.isfinite(self.offset)):
            raise ValueError("costs must be finite numbers; check the instance for overflow")
        c, Q = _cost_parts(c, self.Q)
        rows = self.rows if self.rows is not None else Rows(csr_array((0, n)), np.zeros(0), np.zeros(0), ())
        if rows.A.shape[1] != n:
            raise ValueError(f"rows must have {n} columns, one a variable, got {rows.A.shape[1]}")
        if (rows.lower > rows.upper).any():
            bad = rows.names[int(np.argmax(rows.lower > rows.upper))]
            raise ValueError(f"row {bad} must have lower <= upper")
        names = tuple(self.names) or tuple(f"x[{i}]" for i in range(n))
        if len(names) != n:
            raise ValueError(f"names must be {n}, one a variable, got {len(names)}")
        for key, value in (("c", frozen(c)), ("Q", Q), ("rows", rows), ("names", names)):
            object.__setattr__(self, key, value)
        object.__setattr__(self, "offset", float(self.offset))

    def __getstate__(self) -> dict[str, Any]:
        derived = ("row_facts", "couplings")  # as large as the rows and the products
        return {key: value for key, value in self.__dict__.items() if key not in derived}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if not isinstance(self.Q, KroneckerProducts):
            freeze_csr(self.products)
        self.__dict__["c"] = frozen(self.c)

    @property
    def num_variables(self) -> int:
        return int(self.c.size)

    @property
    def num_rows(self) -> int:
        return len(self.constraints)

    @property
    def num_terms(self) -> int:
        """Nonzero coefficients of the cost."""
        return int(np.count_nonzero(self.c)) + self.couplings.num_products

    @property
    def coefficients(self) -> Float:
        """All coefficients of the cost but the offset: the linear ones, then those of the products."""
        return np.concatenate([self.c, self.products.data])

    @property
    def weight(self) -> float:
        """No sum of the cost's terms is larger: the sum of all |coefficients| where no products of factors cancel."""
        return float(np.abs(self.c).sum() + self.couplings.weight + abs(self.offset))

    @property
    def is_integral(self) -> bool:
        """Whether all coefficients of the cost and its constant are known to be integers."""
        return self.offset % 1 == 0 and bool((self.c % 1 == 0).all()) and self.couplings.is_integral

    @cached_property
    def couplings(self) -> Products:
        """The products in the form that they are held in."""
        if isinstance(self.Q, KroneckerProducts):
            return self.Q
        assert self.Q is not None
        return StoredProducts(self.Q)

    @property
    def products(self) -> csr_array:
        """Q as a matrix: strictly upper triangular, canonical.

        Raises
        ------
        UnsupportedError
            It is held by factors and has more products than can be stored.
        """
        return self.couplings.stored()

    @property
    def constraints(self) -> Rows:
        """The rows, an empty Rows when there are none."""
        assert self.rows is not None
        return self.rows

    @cached_property
    def row_facts(self) -> tuple[RowFacts, ...]:
        """Kind, columns and bounds of every row, in order; see row_kinds.py."""
        return facts_of_rows(self.constraints)

    @cached_property
    def fingerprint(self) -> str:
        """Digest of costs and rows, names apart; of products held by factors it is another than of the same stored."""
        rows = self.constraints
        bounds = _bounds(rows.lower), _bounds(rows.upper)
        return digest([self.c, *self.couplings.digest_parts, np.array([self.offset]), rows.A, *bounds])

    def costs(self, X: npt.ArrayLike) -> Float:
        """Cost of each point, shape (k,); see the module for the formula."""
        points = self._points(X)
        quadratic = self.couplings.values(points)
        # whole numbers are summed exactly in any order; of others a BLAS's order is the processor's
        linear = points @ self.c if self._is_whole else (points * self.c).sum(axis=1)
        return np.asarray(linear + quadratic + self.offset, dtype=np.float64)

    @cached_property
    def _is_whole(self) -> bool:
        """Whether every linear cost is a whole number."""
        return bool((self.c == np.rint(self.c)).all())

    def violations(self, X: npt.ArrayLike) -> Float:
        """Amount >= 0 by which each point breaks each row, shape (k, m); 0 within the feasibility tolerance."""
        rows = self.constraints
        activity = np.asarray((rows.A @ self._points(X).T).T)
        amount: Float = np.maximum(0.0, np.maximum(rows.lower - activity, activity - rows.upper))
        amount[amount <= self.tolerances] = 0.0
        return amount

    def feasible(self, X: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether each point keeps every row, shape (k,)."""
        return np.asarray(~self.violations(X).any(axis=1))

    def with_rows(self, more: Rows) -> BinaryProgram:
        """The same program with further rows below its own."""
        from scipy.sparse import vstack

        own = self.constraints
        rows = Rows(
            vstack([own.A, more.A], format="csr"),
            np.concatenate([own.lower, more.lower]),
            np.concatenate([own.upper, more.upper]),
            own.names + more.names,
        )
        return BinaryProgram(self.c, self.Q, self.offset, rows, self.names)

    @cached_property
    def tolerances(self) -> Float:
        """What each row may be missed by, shape (m,): 0 for integer coefficients, else the rounding of its sum."""
        rows = self.constraints
        return row_tolerances(rows.A, rows.lower, rows.upper)

    def _points(self, X: npt.ArrayLike) -> Float:
        points = np.atleast_2d(np.asarray(X, dtype=np.float64))
        if points.ndim != 2 or points.shape[1] != self.num_variables:
            raise ValueError(f"points must have shape (k, {self.num_variables}), got {points.shape}")
        return points


def _cost_parts(c: Float, Q: Any) -> tuple[Float, csr_array | KroneckerProducts]:
    """Linear costs with the diagonal of Q, and Q upper triangular; factors as they are."""
    from scipy.sparse import csr_array, triu

    n = c.size
    if isinstance(Q, KroneckerProducts):
        if c.ndim != 1 or Q.num_variables != n:
            raise ValueError(f"Q must have {n} variables for {n} linear costs, got factors of {Q.num_variables}")
        return c, Q
    Q = csr_array((n, n)) if Q is None else csr_array(Q, dtype=np.float64)
    if c.ndim != 1 or Q.shape != (n, n):
        raise ValueError(f"Q must have shape ({n}, {n}) for {n} linear costs, got {Q.shape}")
    if not np.isfinite(Q.data).all():
        raise ValueError("costs must be finite numbers; check the instance for overflow")
    diagonal = Q.diagonal()
    return c + diagonal if diagonal.any() else c, frozen_csr(triu(Q, 1) + triu(Q.T, 1))


def make_rows(
    A: Any,
    *,
    lower: npt.ArrayLike | None = None,
    upper: npt.ArrayLike | None = None,
    names: Sequence[str] | None = None,
    family: str = "row",
) -> Rows:
    """Rows from any matrix; a missing bound is infinite, missing names are ``family[i]``.

    A has shape (m, n), the bounds (m,) or that of a number.
    """
    from scipy.sparse import csr_array

    matrix = csr_array(A, dtype=np.float64)
    m = matrix.shape[0]
    low = np.full(m, -np.inf) if lower is None else np.broadcast_to(np.asarray(lower, dtype=np.float64), (m,))
    high = np.full(m, np.inf) if upper is None else np.broadcast_to(np.asarray(upper, dtype=np.float64), (m,))
    return Rows(matrix, low, high, tuple(names) if names is not None else tuple(f"{family}[{i}]" for i in range(m)))


def _bounds(values: AnyArray) -> AnyArray:
    """Bounds as digestible numbers: infinities keep their sign as the largest float."""
    return np.nan_to_num(values, posinf=np.finfo(np.float64).max, neginf=np.finfo(np.float64).min)
