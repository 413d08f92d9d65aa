"""Expectation, CVaR and probabilities of a diagonal cost in a state.

Points are taken block by block, so that nothing of the state's size is made beside it. CVaR is exact: of integer costs
from the weight of each energy; real ones take three numbers a point, refused where they do not fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ...algorithms.tails import tail
from ...core import inner
from .diagonal import CostDiagonal
from .gpu.energies import CardDiagonal
from .gpu.state import CardState
from .memory import require_bytes
from .objectives import MEAN, CVaR, Expectation, Objective
from .state import BLOCK, Float, State, squares


def expectation(state: State | CardState, cost: CostDiagonal | CardDiagonal) -> float:
    """Mean energy; a state whose norm drifted (complex64) is divided by its norm."""
    if isinstance(state, CardState):
        return state.expectation(_on_card(state, cost))
    cost = _on_host(cost)
    total = energy = 0.0
    for weights, data in _blocks(state, cost):
        total += float(weights.sum())
        energy += inner(weights, data)
    return cost.offset + cost.unit * energy / total


def cvar(state: State | CardState, cost: CostDiagonal | CardDiagonal, alpha: float) -> float:
    """Mean energy of the best fraction alpha of the outcomes.

    >>> from .state import plus_state
    >>> uniform = plus_state(2, np.dtype(float))
    >>> cvar(uniform, CostDiagonal.from_values([3.0, 1.0, 2.0, 4.0]), 0.5)
    1.5
    """
    return tail_of(state, cost, CVaR(alpha).alpha)[0]


def tail_of(state: State | CardState, cost: CostDiagonal | CardDiagonal, alpha: float) -> tuple[float, float]:
    """CVaR and value at risk of a cost in a state."""
    if isinstance(state, CardState):
        return state.tail_of(_on_card(state, cost), alpha)
    cost = _on_host(cost)
    if cost.data.dtype == np.int16:
        return tail(*_by_energy(state, cost), alpha)
    require_bytes(24 * cost.data.size, f"the outcomes of {cost.n} qubits", "use alpha=1, or costs that are integers")
    weights, data = (np.concatenate(parts) for parts in zip(*_blocks(state, cost)))
    return tail(weights, cost.offset + cost.unit * data.astype(np.float64), alpha)


def probability_of(state: State | CardState, points: npt.ArrayLike) -> float:
    """Probability of a set of points: a Boolean mask of shape (2**n,), or an array of distinct indices.

    Raises
    ------
    ValueError
        The mask has another shape, or an index lies outside.
    """
    chosen = np.asarray(points)
    size = 2**state.n
    if chosen.dtype == bool:
        if chosen.shape != (size,):
            raise ValueError(f"points must have shape ({size},) as a mask, got {chosen.shape}")
        chosen = np.flatnonzero(chosen)
    if chosen.size and (chosen.min() < 0 or chosen.max() >= size):
        raise ValueError(f"points must lie in 0..{size - 1}, got {chosen.min()}..{chosen.max()}")
    if isinstance(state, CardState):
        return state.probability_of(chosen)
    if state.is_half:
        chosen = np.minimum(chosen, size - 1 - chosen)
    picked = float(squares(state.real[chosen], state.imag[chosen]).sum()) / state.norm()
    return picked / 2 if state.is_half else picked


def probability_below(state: State | CardState, cost: CostDiagonal | CardDiagonal, threshold: float) -> float:
    """Probability of an energy <= threshold: of the optimum for ``threshold = cost.min``."""
    if isinstance(state, CardState):
        return state.probability_below(_on_card(state, cost), threshold)
    cost = _on_host(cost)
    # Energies are unit * integer: the same number may be one rounding away.
    limit = threshold + 8 * np.finfo(float).eps * max(abs(threshold), abs(cost.offset), 1e-300)
    total = below = 0.0
    for weights, data in _blocks(state, cost):
        total += float(weights.sum())
        below += float(weights[cost.offset + cost.unit * data.astype(np.float64) <= limit].sum())
    return below / total


def _on_card(state: CardState, cost: CostDiagonal | CardDiagonal) -> CardDiagonal:
    return cost if isinstance(cost, CardDiagonal) else CardDiagonal.from_cost(state.card, cost)


def _on_host(cost: CostDiagonal | CardDiagonal) -> CostDiagonal:
    return cost if isinstance(cost, CostDiagonal) else CostDiagonal.from_values(cost.values())


def _blocks(state: State, cost: CostDiagonal) -> Iterator[tuple[Float, npt.NDArray[Any]]]:
    """Weights and stored energies, block by block; over half of the points where state and cost are both symmetric."""
    if state.n != cost.n:
        raise ValueError(f"state and cost must have one number of qubits, got {state.n} and {cost.n}")
    size, last = state.real.size, cost.data.size
    for start in range(0, size, BLOCK):
        stop = min(start + BLOCK, size)
        weights = squares(state.real[start:stop], state.imag[start:stop])
        yield weights, cost.data[start:stop]
        if state.is_half and not cost.is_symmetric:
            yield weights[::-1], cost.data[last - stop : last - start]


def _by_energy(state: State, cost: CostDiagonal) -> tuple[Float, Float]:
    """Total weight of each energy of an integer cost, and the energies."""
    lowest, highest = (int(cost.data[k]) for k in (cost.argmin, cost.argmax))
    mass = np.zeros(highest - lowest + 1)
    for weights, data in _blocks(state, cost):
        mass += np.bincount(data.astype(np.int64) - lowest, weights, minlength=mass.size)
    return mass, cost.offset + cost.unit * (lowest + np.arange(mass.size, dtype=np.float64))


__all__ = [
    "MEAN",
    "CVaR",
    "Expectation",
    "Objective",
    "cvar",
    "expectation",
    "probability_below",
    "probability_of",
    "tail_of",
]
