"""Pair exchanges of a quadratic assignment: values of permutations, changes by every exchange, descent.

Any square matrices, symmetric or not, negative or with diagonals; integers whose sums stay below 2**53 are exact. All
pairs at once by two matrix products, or in O(n^2) after an exchange (``ExchangeTable``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core.arrays import Float, Int
from ..core.margins import min_improvement


def permutation_values(flow: Float, distance: Float, permutations: Int) -> Float:
    """Objective ``sum_ij F[i, j] D[p(i), p(j)]`` of each row of permutations (k, n).

    Examples
    --------
    >>> permutation_values(np.array([[0, 3], [1, 0]]), np.array([[0, 2], [5, 0]]), np.array([[0, 1], [1, 0]])).tolist()
    [11, 17]
    """
    placed = distance[permutations[:, :, None], permutations[:, None, :]]
    values: Float = (flow[None] * placed).sum(axis=(1, 2))
    return values


def exchange_deltas(flow: Float, placed: Float) -> Float:
    """Change of ``sum F * P`` when facilities r and s exchange their locations, for all pairs.

    With ``A = F P' + F' P``: ``A_rs + A_sr - A_rr - A_ss``, plus the pair's own terms
    ``(F_rr + F_ss - F_rs - F_sr) (P_rr + P_ss - P_rs - P_sr)``, which the products count at the old places.

    Parameters
    ----------
    flow : F, shape (n, n).
    placed : ``P[i, j] = D[p(i), p(j)]``, shape (..., n, n): one permutation or several.

    Returns
    -------
    Changes, shape (..., n, n), symmetric with a zero diagonal.

    References
    ----------
    R. E. Burkard, F. Rendl (1984), A thermodynamically motivated simulation procedure for combinatorial optimization
    problems, doi:10.1016/0377-2217(84)90231-5, the exchange formula, here for all pairs by two matrix products.

    Examples
    --------
    >>> exchange_deltas(np.array([[0.0, 2], [1, 0]]), np.array([[0.0, 5], [3, 0]])).tolist()
    [[0.0, -2.0], [-2.0, 0.0]]
    """
    across = flow @ placed.swapaxes(-1, -2) + flow.T @ placed
    return _changes(across, _spread(flow), placed)


def _changes(across: Float, spread: Float, placed: Float) -> Float:
    own = np.diagonal(across, axis1=-2, axis2=-1)
    change: Float = across + across.swapaxes(-1, -2) - own[..., :, None] - own[..., None, :]
    change += spread * _spread(placed)
    return change


def _spread(matrices: Float) -> Float:
    own = np.diagonal(matrices, axis1=-2, axis2=-1)
    spread: Float = own[..., :, None] + own[..., None, :] - matrices - matrices.swapaxes(-1, -2)
    return spread


class ExchangeTable:
    """The changes of one permutation, kept up to date: O(n^2) an exchange instead of O(n^3).

    After r and s are exchanged P changes only in their rows and columns, so for the other columns v
    ``A_uv`` grows by ``(F_ur - F_us)(P_vs - P_vr) + (F_ru - F_su)(P_sv - P_rv)``, with P as it was before; the two
    columns r and s are computed anew.

    References
    ----------
    E. Taillard (1991), Robust taboo search for the quadratic assignment problem, doi:10.1016/S0167-8191(05)80147-4,
    whose update this is, for asymmetric matrices with diagonals.
    """

    def __init__(self, flow: Float, distance: Float, permutation: Int) -> None:
        self.flow = np.ascontiguousarray(flow, dtype=np.float64)
        self.permutation = np.array(permutation, dtype=np.int64)
        self.placed = np.array(distance, dtype=np.float64)[np.ix_(self.permutation, self.permutation)]
        self._transposed = np.ascontiguousarray(self.flow.T)
        self._flow_spread = _spread(self.flow)
        self._across = self.flow @ self.placed.T + self._transposed @ self.placed

    def deltas(self) -> Float:
        """Change of the objective by each exchange, shape (n, n)."""
        return _changes(self._across, self._flow_spread, self.placed)

    def exchange(self, r: int, s: int) -> None:
        """Let facilities r and s exchange their locations."""
        F, P = self.flow, self.placed
        self._across += np.outer(F[:, r] - F[:, s], P[:, s] - P[:, r])
        self._across += np.outer(F[r] - F[s], P[s] - P[r])
        P[[r, s]] = P[[s, r]]
        P[:, [r, s]] = P[:, [s, r]]
        pair = [r, s]
        self._across[:, pair] = F @ P[pair].T + self._transposed @ P[:, pair]
        self.permutation[pair] = self.permutation[[s, r]]


def exchange_descent(
    flow: Float, distance: Float, permutation: Int, is_over: Callable[[], bool] = lambda: False
) -> Int:
    """Steepest descent over pair exchanges, until none lowers the objective or ``is_over`` says so.

    Flow and distance have shape (n, n), permutations (n,).

    Examples
    --------
    >>> exchange_descent(np.array([[0, 1.0], [0, 0]]), np.array([[0, 5.0], [3, 0]]), np.array([0, 1])).tolist()
    [1, 0]
    """
    F, D = np.asarray(flow, dtype=np.float64), np.asarray(distance, dtype=np.float64)
    n = len(F)
    if n < 2:
        return np.array(permutation, dtype=np.int64)
    least = min_improvement(F, D, size=float(np.abs(F).sum() * np.abs(D).max()))
    table = ExchangeTable(F, D, permutation)
    while not is_over():
        deltas = table.deltas()
        r, s = divmod(int(deltas.argmin()), n)
        if deltas[r, s] > -least:
            break
        table.exchange(r, s)
    return table.permutation
