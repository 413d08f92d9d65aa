"""Permutations from broken assignments, and better ones by pair exchange."""

from __future__ import annotations

import numpy as np

from ..core import AnyArray, Bits, Float, Int
from ..problems.permutation import permutation_bits
from ..problems.qap import QapAssignment
from .assignment import complete_assignment
from .dispatch import improve, repair


@repair.register
def repair_assignment(formulation: QapAssignment, x: Bits, rng: np.random.Generator) -> Bits:
    """Facilities alone at a location of their own stay; the others are assigned at least marginal cost.

    The marginal cost of facility i at location k is what it exchanges with the kept facilities, plus what it would
    exchange with the free ones at the mean distance to the free locations.
    """
    bits = np.asarray(x, dtype=np.uint8)
    if formulation.decode(bits) is not None:
        return bits
    F = formulation.problem.flow.astype(np.float64)
    D = formulation.problem.distance.astype(np.float64)

    def marginal(kept: AnyArray) -> Float:
        placed, places = np.nonzero(kept)
        free, open_ = np.flatnonzero(~kept.any(axis=1)), np.flatnonzero(~kept.any(axis=0))
        costs = np.outer(np.diag(F), np.diag(D))
        costs += F[:, placed] @ D[:, places].T + F[placed].T @ D[places]
        others = max(len(free) - 1, 1)
        off = ~np.eye(len(F), dtype=bool)
        out_flow, in_flow = (F * off)[:, free].sum(axis=1), (F * off)[free].sum(axis=0)
        costs += np.outer(out_flow, (D * off)[:, open_].sum(axis=1) / others)
        costs += np.outer(in_flow, (D * off)[open_].sum(axis=0) / others)
        return np.asarray(costs)

    return permutation_bits(complete_assignment(bits, formulation.order, marginal))


@improve.register
def improve_assignment(formulation: QapAssignment, x: Bits, rng: np.random.Generator) -> Bits:
    """Best pair exchange until none lowers the cost."""
    p = formulation.decode(x)
    if p is None:
        raise ValueError("x must denote a permutation to be improved (assignment); repair it first")
    F, D = formulation.problem.flow, formulation.problem.distance
    return permutation_bits(exchange_descent(F.astype(np.float64), D.astype(np.float64), p))


def exchange_deltas(F: Float, B: Float) -> Float:
    """Change of ``sum F * B`` when locations of facilities r and s are exchanged, for all pairs, shape (n, n).

    ``B[i,j] = D[p_i,p_j]``; matrices may be asymmetric with diagonals. Two matrix products instead of n^2 sums of
    length n.

    References
    ----------
    R. E. Burkard, F. Rendl (1984), A thermodynamically motivated simulation procedure for combinatorial optimization
    problems, doi:10.1016/0377-2217(84)90231-5, the exchange formula, here for all pairs at once.

    Examples
    --------
    >>> exchange_deltas(np.array([[0.0, 2], [1, 0]]), np.array([[0.0, 5], [3, 0]])).tolist()
    [[0.0, -2.0], [-2.0, 0.0]]
    """
    f, b = np.diag(F), np.diag(B)
    columns, rows = F.T @ B, F @ B.T
    both = columns + columns.T + rows + rows.T
    alone = np.diag(columns) + np.diag(rows)
    deltas = both - alone[:, None] - alone[None, :]
    # the sums above run over all k; the terms k = r and k = s are replaced by the exact ones among r and s
    f_r, f_s, b_r, b_s = f[:, None], f[None, :], b[:, None], b[None, :]
    deltas -= (f_r - F) * (B - b_r) + (F.T - f_s) * (b_s - B.T)
    deltas -= (f_r - F.T) * (B.T - b_r) + (F - f_s) * (b_s - B)
    deltas += (f_r - f_s) * (b_s - b_r) + (F - F.T) * (B.T - B)
    return np.asarray(deltas)


def exchange_descent(F: Float, D: Float, p: Int) -> Int:
    """Steepest descent over pair exchanges from p; integers below 2**53 are exact."""
    p = np.array(p, dtype=np.int64)
    n = len(p)
    if n < 2:
        return p
    is_integer = bool((F % 1 == 0).all() and (D % 1 == 0).all())
    least = 0.5 if is_integer else 1e-9 * max(1.0, float(np.abs(F).sum() * np.abs(D).max()))
    while True:
        deltas = exchange_deltas(F, D[np.ix_(p, p)])
        r, s = divmod(int(deltas.argmin()), n)
        if deltas[r, s] > -least:
            return p
        p[r], p[s] = p[s], p[r]
