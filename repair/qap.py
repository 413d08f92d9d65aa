"""Permutations from broken assignments, and better ones by pair exchange."""

from __future__ import annotations

import numpy as np

from ..algorithms.exchanges import exchange_descent
from ..core import AnyArray, Bits, Clock, Float
from ..problems.permutation import permutation_bits
from ..problems.qap import QapAssignment
from .assignment import complete_assignment
from .dispatch import improve, over, repair


@repair.register
def repair_assignment(formulation: QapAssignment, x: Bits, rng: np.random.Generator) -> Bits:
    """Facilities alone at a location of their own stay; the others are assigned with minimum total marginal cost.

    The marginal cost of facility i at location k is what it exchanges with the kept facilities, plus what it would
    exchange with the free ones at the mean distance to the free locations.

    x and the answer have shape (n**2,) for n facilities.
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
def improve_assignment(
    formulation: QapAssignment, x: Bits, rng: np.random.Generator, clock: Clock | None = None
) -> Bits:
    """Best pair exchange until none lowers the cost, or the time is over.

    x and the answer have shape (n**2,) for n facilities.

    Raises
    ------
    ValueError
        ``x`` denotes no permutation.
    """
    p = formulation.decode(x)
    if p is None:
        raise ValueError("x must denote a permutation to be improved (assignment); repair it first")
    F, D = formulation.problem.flow, formulation.problem.distance
    return permutation_bits(exchange_descent(F.astype(np.float64), D.astype(np.float64), p, over(clock)))
