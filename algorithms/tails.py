"""The best tail of weighted outcomes: CVaR, the value at risk, and the slopes by the weights. Exact.

A histogram finds the quantile's bin, and only that bin is sorted: outcomes may be as many as a state has amplitudes.
"""

from __future__ import annotations

import numpy as np

from ..core import AnyArray, Float, inner

_BINS = 1 << 16


def tail(weights: AnyArray, energies: Float, alpha: float) -> tuple[float, float]:
    """CVaR of weighted outcomes, the mean of their best share alpha, and the value at risk.

    The value at risk is the energy at which the cumulative weight reaches alpha; that outcome counts in part.

    Parameters
    ----------
    weights, energies : shape (k,) each, in any order; weights need not sum to one.

    References
    ----------
    Barkoutsos et al. (2020), Improving variational quantum optimization using CVaR, arXiv:1907.04769, equation 8.

    Examples
    --------
    >>> tail(np.array([1, 1, 2]), np.array([1.0, 2.0, 5.0]), 0.375)
    (1.3333333333333333, 2.0)
    """
    lowest, highest = float(energies.min()), float(energies.max())
    target = alpha * float(weights.sum())
    if highest == lowest:
        return lowest, lowest
    bins = ((energies - lowest) * ((_BINS - 1) / (highest - lowest))).astype(np.int64)
    mass = np.bincount(bins, weights, minlength=_BINS)
    below = np.cumsum(mass)
    edge = min(int(np.searchsorted(below, target)), int(bins.max()))
    inside = np.flatnonzero(bins == edge)
    inside = inside[np.argsort(energies[inside], kind="stable")]
    full = bins < edge
    reached = float(weights[full].sum()) + np.cumsum(weights[inside])
    last = min(int(np.searchsorted(reached, target)), inside.size - 1)
    at_risk = float(energies[inside[last]])
    kept = inside[:last]
    used = float(weights[full].sum() + weights[kept].sum())
    total = inner(weights[full], energies[full]) + inner(weights[kept], energies[kept]) + (target - used) * at_risk
    return float(total / target), at_risk


def tail_slopes(weights: AnyArray, energies: Float, alpha: float) -> tuple[float, AnyArray]:
    """Mean or CVaR of outcomes, and its derivative in each outcome's weight, shape (k,).

    The derivative of CVaR is ``-(VaR - E)_+ / alpha`` up to a constant, which has no effect where weights sum to one;
    VaR is held fixed. It jumps where the cumulative weight meets alpha exactly.

    Examples
    --------
    >>> tail_slopes(np.array([0.25, 0.25, 0.5]), np.array([1.0, 2.0, 5.0]), 0.5)[1].tolist()
    [-2.0, -0.0, -0.0]
    """
    if alpha == 1:
        return float(weights @ energies), energies
    value, at_risk = tail(weights, energies, alpha)
    return value, -np.maximum(at_risk - energies, 0.0) / alpha
