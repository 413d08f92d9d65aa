"""Expectation, CVaR and probabilities of a diagonal cost in a state.

CVaR is exact: a histogram of the energies finds the quantile's bin, only that bin is sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .diagonal import CostDiagonal
from .state import Float, State

_BINS = 1 << 16


@dataclass(frozen=True)
class Expectation:
    """The mean energy."""


@dataclass(frozen=True)
class CVaR:
    """Mean energy of the best fraction `alpha` of the measurement outcomes (the last outcome counts in part).

    References
    ----------
    Barkoutsos et al. (2020), Improving Variational Quantum Optimization using CVaR, arXiv:1907.04769, eq. 8.
    """

    alpha: float = 0.25

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 1:
            raise ValueError(f"alpha must be in (0, 1], got {self.alpha!r}")


Objective = Expectation | CVaR
MEAN = Expectation()


def expectation(state: State, cost: CostDiagonal) -> float:
    """Mean energy; a state whose norm drifted (complex64) is divided by its norm."""
    weights, energies = _outcomes(state, cost)
    return float(weights @ energies / weights.sum())


def cvar(state: State, cost: CostDiagonal, alpha: float) -> float:
    """Mean energy of the best fraction alpha of the outcomes.

    >>> from .state import plus_state
    >>> uniform = plus_state(2, np.dtype(float))
    >>> cvar(uniform, CostDiagonal.from_values([3.0, 1.0, 2.0, 4.0]), 0.5)
    1.5
    """
    return tail(*_outcomes(state, cost), CVaR(alpha).alpha)[0]


def tail(weights: Float, energies: Float, alpha: float) -> tuple[float, float]:
    """CVaR and value at risk (the energy at which the cumulative weight reaches alpha)."""
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
    total = weights[full] @ energies[full] + weights[kept] @ energies[kept] + (target - used) * at_risk
    return float(total / target), at_risk


def probability_of(state: State, points: npt.ArrayLike) -> float:
    """Probability of a set of points: a Boolean mask of shape (2**n,), or an array of distinct indices."""
    chosen = np.asarray(points)
    size = 2**state.n
    if chosen.dtype == bool:
        if chosen.shape != (size,):
            raise ValueError(f"points must have shape ({size},) as a mask, got {chosen.shape}")
        chosen = np.flatnonzero(chosen)
    if chosen.size and (chosen.min() < 0 or chosen.max() >= size):
        raise ValueError(f"points must lie in 0..{size - 1}, got {chosen.min()}..{chosen.max()}")
    weights = state.weights()
    if state.is_half:
        chosen = np.minimum(chosen, size - 1 - chosen)
    picked = float(weights[np.atleast_1d(chosen)].sum()) / float(weights.sum())
    return picked / 2 if state.is_half else picked


def probability_below(state: State, cost: CostDiagonal, threshold: float) -> float:
    """Probability of an energy <= threshold: of the optimum for ``threshold = cost.min``."""
    weights, energies = _outcomes(state, cost)
    # Energies are unit * integer: the same number may be one rounding away.
    limit = threshold + 8 * np.finfo(float).eps * max(abs(threshold), abs(cost.offset), 1e-300)
    return float(weights[energies <= limit].sum() / weights.sum())


def _outcomes(state: State, cost: CostDiagonal) -> tuple[Float, Float]:
    """Weights and energies, over half of the points where state and cost are both symmetric."""
    if state.n != cost.n:
        raise ValueError(f"state and cost must have one number of qubits, got {state.n} and {cost.n}")
    if not state.is_half:
        return state.weights(), cost.values()
    if cost.is_symmetric:
        return state.weights(), half_values(cost)
    return state.probabilities(), cost.values()


def half_values(cost: CostDiagonal) -> Float:
    """Energies of the points whose top bit is 0."""
    data: npt.NDArray[Any] = cost.data[: cost.data.size // 2]
    out: Float = cost.offset + cost.unit * data.astype(np.float64)
    return out
