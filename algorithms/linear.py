"""LP relaxation of a linear binary program: value, point, row duals and reduced costs, solved by HiGHS.

Only rows and a linear cost: products of variables have to be linearised before. The reported ``bound`` is recomputed
from the row duals, so that it holds up to rounding whatever the solver's tolerances were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..core.arrays import Float

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_OPTIMAL, _LIMIT, _INFEASIBLE = 0, 1, 2  # status codes of scipy.optimize.linprog


@dataclass(frozen=True, eq=False)
class LinearResult:
    """Solution of the LP relaxation; ``is_infeasible`` makes value and bound +inf and every array nan.

    Parameters
    ----------
    value : optimal value of the LP, offset included.
    x : optimal point, shape (n,), within [0, 1].
    row_duals : shape (m,), d value / d (the active side of row i): >= 0 where ``lower`` is active, <= 0 where ``upper``
        is, 0 on slack rows. The Lagrange multiplier of ``A_i x - upper_i <= 0`` is ``-row_duals[i]``.
    reduced_costs : ``costs - A' row_duals``, shape (n,): > 0 only at x = 0, < 0 only at x = 1.
    bound : ``dual_value(...)`` at ``row_duals``, a lower bound of the LP and of the binary program up to rounding.
    is_infeasible : no point of [0, 1]^n satisfies the rows.
    """

    value: float
    x: Float
    row_duals: Float
    reduced_costs: Float
    bound: float
    is_infeasible: bool


def dual_value(
    costs: npt.ArrayLike,
    rows: Any,
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    row_duals: npt.ArrayLike,
    *,
    offset: float = 0.0,
) -> float:
    """Lower bound of ``min c'x + offset, lower <= A x <= upper, 0 <= x <= 1`` at *any* row duals y.

    ``offset + sum_i (lower_i [y_i]_+ - upper_i [-y_i]_+) + sum_j min(0, c_j - (A'y)_j)``: weak duality with the box.
    It is -inf where a dual has the sign of a side that is infinite.

    Costs have shape (n,), A (m, n), bounds and duals (m,).

    References
    ----------
    A. Neumaier, O. Shcherbina (2004), Safe bounds in linear and mixed-integer linear programming, Math. Program. 99,
    doi:10.1007/s10107-003-0433-3. We do not round outwards: the error is that of three float64 sums.

    Examples
    --------
    >>> dual_value([-3, -2], [[2, 1]], [-np.inf], [2], [-1.5])
    -3.5
    """
    matrix = _matrix(rows)
    y = np.asarray(row_duals, dtype=np.float64)
    side = np.where(y > 0, np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64))
    active = y != 0
    reduced = np.asarray(costs, dtype=np.float64) - matrix.T @ y
    return float(offset + y[active] @ side[active] + np.minimum(reduced, 0.0).sum())


def linear_relaxation(
    costs: npt.ArrayLike,
    rows: Any,
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    *,
    offset: float = 0.0,
    seconds: float | None = None,
) -> LinearResult:
    """Optimum of ``min c'x + offset, lower <= A x <= upper, 0 <= x <= 1``.

    Parameters
    ----------
    costs : c, shape (n,).
    rows : A, shape (m, n), dense or scipy sparse; m may be 0.
    lower, upper : shape (m,); -inf and +inf for a side that is free, equal for an equality.
    offset : constant of the cost.
    seconds : limit handed to HiGHS; None for none.

    Raises
    ------
    TimeoutError
        The LP was not solved within ``seconds``.
    ValueError
        Shapes do not fit.

    References
    ----------
    Q. Huangfu, J. A. J. Hall (2018), Parallelizing the dual revised simplex method, doi:10.1007/s12532-017-0130-5.

    Examples
    --------
    >>> result = linear_relaxation([-3, -2], [[2, 1]], [-np.inf], [2])
    >>> result.value, result.x.tolist(), result.row_duals.tolist(), result.bound
    (-3.5, [0.5, 1.0], [-1.5], -3.5)
    """
    from scipy.optimize import linprog

    c = np.asarray(costs, dtype=np.float64)
    matrix = _matrix(rows)
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    if matrix.shape != (low.size, c.size) or low.shape != high.shape:
        raise ValueError(
            f"rows must have shape (rows, {c.size}) with one lower and upper each, got {matrix.shape}, "
            f"{low.size} lower, {high.size} upper"
        )
    nothing = np.full(low.size, np.nan), np.full(c.size, np.nan)
    infeasible = LinearResult(np.inf, nothing[1], nothing[0], nothing[1], np.inf, True)
    if (low > high).any():
        return infeasible
    if not c.size:  # linprog refuses a model without columns
        feasible = bool(((low <= 0) & (high >= 0)).all())
        empty = np.zeros(0)
        return LinearResult(offset, empty, np.zeros(low.size), empty, offset, False) if feasible else infeasible

    equal = low == high
    at_most = ~equal & np.isfinite(high)
    at_least = ~equal & np.isfinite(low)
    answer = linprog(
        c,
        A_ub=_stack(matrix[at_most], -matrix[at_least]),
        b_ub=np.concatenate([high[at_most], -low[at_least]]),
        A_eq=matrix[equal],
        b_eq=low[equal],
        bounds=(0.0, 1.0),
        method="highs",
        options={} if seconds is None else {"time_limit": float(seconds)},
    )
    if answer.status == _INFEASIBLE:
        return infeasible
    if answer.status == _LIMIT:
        raise TimeoutError(f"LP relaxation must be solved within {seconds} s ({low.size} rows); allow more seconds")
    if answer.status != _OPTIMAL:
        raise ArithmeticError(f"LP relaxation must be solved, HiGHS says: {answer.message}; rescale the rows")

    duals = np.zeros(low.size)
    split = int(at_most.sum())
    duals[equal] = answer.eqlin.marginals
    duals[at_most] += answer.ineqlin.marginals[:split]  # linprog's marginals of <= rows are <= 0
    duals[at_least] -= answer.ineqlin.marginals[split:]
    bound = dual_value(c, matrix, low, high, duals, offset=offset)
    x = np.clip(answer.x, 0.0, 1.0)
    return LinearResult(float(answer.fun) + offset, x, duals, c - matrix.T @ duals, bound, False)


def _matrix(rows: Any) -> csr_array:
    from scipy.sparse import csr_array

    return csr_array(rows, dtype=np.float64) if hasattr(rows, "tocsr") else csr_array(np.atleast_2d(rows))


def _stack(above: csr_array, below: csr_array) -> csr_array:
    from scipy.sparse import vstack

    return vstack([above, below], format="csr")
