"""Cutting-plane model of a concave dual function, and its masters: the best in a box, the proximal and the level point.

Cut i says that the function is at most ``F_i + h_i l`` everywhere. Where every cut comes from a point of the primal,
the weights of a master combine these points into one that keeps the dualised rows: the convex primal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.arrays import Float
from .cone_qp import least_combination


@dataclass(frozen=True, eq=False)
class Master:
    """Multipliers that a master asks next, shape (m,), the model's value there, and the weights of the cuts, (B,)."""

    multipliers: Float
    value: float
    weights: Float


@dataclass(frozen=True, eq=False)
class CutModel:
    """``model(l) = min_i F_i + h_i l`` over ``l_j >= 0`` where not ``is_free``.

    Parameters
    ----------
    F : shape (B,), B >= 1.
    H : shape (B, m).
    is_free : shape (m,).
    """

    F: Float
    H: Float
    is_free: npt.NDArray[np.bool_]

    def value(self, multipliers: Float) -> float:
        """Upper estimate of the function, exact where its cuts touch it. Multipliers have shape (m,)."""
        return float((self.F + self.H @ multipliers).min())

    def best(self, lower: npt.ArrayLike, upper: npt.ArrayLike) -> Master:
        """Maximiser of the model over a box, by HiGHS.

        Raises
        ------
        ArithmeticError
            HiGHS does not solve the LP.

        References
        ----------
        J. E. Kelley (1960), The cutting-plane method for solving convex programs, doi:10.1137/0108053.

        Examples
        --------
        >>> model = CutModel(np.array([0.0, 3.0]), np.array([[1.0], [-2.0]]), np.array([False]))
        >>> found = model.best([0.0], [10.0])
        >>> found.multipliers.tolist(), found.value, [round(w, 6) for w in found.weights.tolist()]
        ([1.0], 1.0, [0.666667, 0.333333])
        """
        from scipy.optimize import linprog

        B, m = self.H.shape
        low, high = np.broadcast_to(lower, (m,)), np.broadcast_to(upper, (m,))
        bounds = np.concatenate([np.stack([low, high], axis=1), [[-np.inf, np.inf]]])
        objective = np.concatenate([np.zeros(m), [-1.0]])
        A = np.concatenate([-self.H, np.ones((B, 1))], axis=1)
        answer = linprog(objective, A_ub=A, b_ub=self.F, bounds=bounds, method="highs")
        if answer.status != 0:
            raise ArithmeticError(f"LP master must be solved, HiGHS says: {answer.message}; rescale the rows")
        weights = np.maximum(-answer.ineqlin.marginals, 0.0)
        total = float(weights.sum())
        weights = weights / total if total > 0 else np.full(B, 1.0 / B)
        return Master(np.clip(answer.x[:m], low, high), -float(answer.fun), weights)

    def proximal(self, centre: Float, length: float) -> Master:
        """Maximiser of ``model(l) - ||l - centre||^2 / (2 length)``. The centre has shape (m,)."""
        found = least_combination(self.H, self.F + self.H @ centre, centre, length=length, is_free=self.is_free)
        return self._at(centre + length * found.combination, found.weights)

    def level(self, centre: Float, level: float) -> Master:
        """Point nearest to ``centre`` at which the model reaches ``level``, which must lie below its maximum.

        Shape (m,).

        References
        ----------
        C. Lemarechal, A. Nemirovskii, Y. Nesterov (1995), New variants of bundle methods, doi:10.1007/BF01585555.
        """
        costs = self.F + self.H @ centre - level
        found = least_combination(self.H, costs, centre, is_free=self.is_free, on_simplex=False)
        total = float(found.weights.sum())
        weights = found.weights / total if total > 0 else np.full(len(self.F), 1.0 / len(self.F))
        return self._at(centre + found.combination, weights)

    def _at(self, multipliers: Float, weights: Float) -> Master:
        at = np.where(self.is_free, multipliers, np.maximum(multipliers, 0.0))
        return Master(at, self.value(at), weights)
