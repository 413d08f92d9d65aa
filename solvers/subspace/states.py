"""QAOA in a feasible subspace: states, expectation, CVaR, probability of the optimum, exact gradients, samples.

``|gammas, betas> = prod_l exp(-i beta_l M) exp(-i gamma_l C) |start>``, C diagonal over the points of the space. Costs
are minimised; positive ramps of both angles anneal. Memory: one state for a value, two for a gradient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ...algorithms.tails import tail_slopes
from ...core import AnyArray, Float, Int, frozen
from ...core.margins import ROUNDING
from .chebyshev import Complex
from .mixers import Mixer, uniform_state

#: Share of distinct costs below which a phase is looked up instead of computed for each point.
FEW_LEVELS = 0.25


@dataclass(frozen=True, eq=False)
class Costs:
    """Cost of each point of a space, and the sorted distinct costs where they are few.

    Parameters
    ----------
    values : finite costs, shape (size,).

    Examples
    --------
    >>> costs = Costs([3, 1, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    >>> costs.levels.tolist(), costs.is_optimal.sum().item()
    ([1.0, 2.0, 3.0], 10)
    """

    values: Float

    def __post_init__(self) -> None:
        values = frozen(self.values)
        if values.ndim != 1 or not values.size or not np.isfinite(values).all():
            raise ValueError(f"costs must be finite numbers, one a point of the space, got shape {values.shape}")
        object.__setattr__(self, "values", values)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @cached_property
    def _distinct(self) -> tuple[Float, AnyArray]:
        levels, level_of = np.unique(self.values, return_inverse=True)
        return frozen(levels), frozen(level_of, np.int32)

    @property
    def levels(self) -> Float:
        """Distinct costs, ascending."""
        return self._distinct[0]

    @property
    def level_of(self) -> AnyArray:
        """Index into ``levels`` of each point's cost."""
        return self._distinct[1]

    @property
    def size(self) -> int:
        return int(self.values.size)

    @property
    def spread(self) -> float:
        """Standard deviation over the space, 1 where all costs are equal: the unit of 1 / gamma."""
        return float(self.values.std()) or 1.0

    @property
    def is_optimal(self) -> npt.NDArray[np.bool_]:
        """Points of least cost: for a symmetric tour both orientations, and all rotations where no city is fixed."""
        least, most = self.levels[0], self.levels[-1]
        return np.asarray(self.values <= least + ROUNDING * (most - least))

    def phase(self, gamma: float) -> Complex:
        """exp(-i gamma cost) of each point, shape (size,)."""
        if self.levels.size <= FEW_LEVELS * self.size:
            return np.asarray(np.exp(-1j * gamma * self.levels)[self.level_of])
        out = np.empty(self.size, dtype=np.complex128)
        angle = -gamma * self.values
        out.real, out.imag = np.cos(angle), np.sin(angle)
        return out


def as_costs(costs: Costs | npt.ArrayLike) -> Costs:
    """The costs, shape (size,), with their distinct levels; made once where many evaluations follow."""
    return costs if isinstance(costs, Costs) else Costs(np.asarray(costs, dtype=np.float64))


def evolve(
    mixer: Mixer,
    costs: Costs | npt.ArrayLike,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    start: npt.ArrayLike | None = None,
) -> Complex:
    """State of shape (size,) behind all layers, from ``start`` (None: the mixer's ground state).

    Raises
    ------
    ValueError
        Numbers of costs, amplitudes or angles do not fit.

    Examples
    --------
    >>> from .mixers import GroverMixer
    >>> from .spaces import permutation_space
    >>> state = evolve(GroverMixer(permutation_space(3)), [5, 1, 4, 3, 4, 3], [0.5], [1.0])
    >>> round(float((abs(state) ** 2).sum()), 12)
    1.0
    """
    table = as_costs(costs)
    state = _start(mixer, table, start)
    for gamma, beta in zip(*_angles(gammas, betas), strict=True):
        state = mixer.apply(table.phase(gamma) * state, beta)
    return state


def expectation(state: Complex, costs: Costs | npt.ArrayLike) -> float:
    """``<C>`` of a state of norm 1; state and costs have shape (size,)."""
    return float(probabilities(state) @ as_costs(costs).values)


def cvar(state: Complex, costs: Costs | npt.ArrayLike, alpha: float) -> float:
    """Mean of the ``alpha`` best share of the cost distribution; ``alpha = 1`` is the expectation.

    State and costs have shape (size,).

    References
    ----------
    Barkoutsos et al. (2020), Improving variational quantum optimization using CVaR, doi:10.22331/q-2020-04-20-256.

    Examples
    --------
    >>> round(cvar(np.full(4, 0.5), [1, 2, 3, 4], 0.375), 9)  # all of cost 1, half of cost 2
    1.333333333
    """
    return _cvar(probabilities(state), as_costs(costs), alpha)[0]


def optimum_probability(state: Complex, costs: Costs | npt.ArrayLike) -> float:
    """Probability of the points of least cost, all of them together. State and costs have shape (size,)."""
    return float(probabilities(state)[as_costs(costs).is_optimal].sum())


def probabilities(state: Complex) -> Float:
    """``|amplitude|**2`` of each point, shape (size,) as the state."""
    return np.asarray(np.abs(state) ** 2)


def value_and_gradient(
    mixer: Mixer,
    costs: Costs | npt.ArrayLike,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    alpha: float = 1.0,
    start: npt.ArrayLike | None = None,
) -> tuple[float, Float, Float]:
    """Expectation (``alpha = 1``) or CVaR, and its exact derivatives by all gammas and betas, by the adjoint method.

    One run forwards, one backwards on two states, whatever the number of layers. The CVaR's gradient is that of
    ``-(VaR - C)_+ / alpha`` with the VaR held fixed; it jumps where the cumulative probability meets alpha exactly.
    Angles and derivatives have shape (layers,), costs and ``start`` (size,).

    References
    ----------
    Jones, Gacon (2020), Efficient calculation of gradients in classical simulations of variational quantum algorithms,
    arXiv:2009.02823.

    Examples
    --------
    >>> from .mixers import GroverMixer
    >>> from .spaces import permutation_space
    >>> mixer, costs = GroverMixer(permutation_space(3)), [5, 1, 4, 3, 4, 3]
    >>> value, by_gamma, by_beta = value_and_gradient(mixer, costs, [0.5], [1.0])
    >>> step = expectation(evolve(mixer, costs, [0.5 + 1e-6], [1.0]), costs) - value
    >>> bool(abs(step / 1e-6 - by_gamma[0]) < 1e-4)
    True
    """
    table = as_costs(costs)
    gammas, betas = _angles(gammas, betas)
    state = evolve(mixer, table, gammas, betas, start=start)
    chances = probabilities(state)
    if alpha == 1:
        value, observable = float(chances @ table.values), table.values
    else:
        value, observable = _cvar(chances, table, alpha)
    adjoint = observable * state
    by_gamma, by_beta = np.zeros(len(gammas)), np.zeros(len(betas))
    for layer in reversed(range(len(gammas))):
        state, adjoint, by_beta[layer] = mixer.pull_back(state, adjoint, float(betas[layer]))
        by_gamma[layer] = 2 * float(np.imag(np.vdot(adjoint, table.values * state)))
        if layer:
            back = table.phase(-float(gammas[layer]))
            state, adjoint = back * state, back * adjoint
    return value, by_gamma, by_beta


def draw(state: Complex, num_shots: int, rng: np.random.Generator) -> Int:
    """Indices, shape (num_shots,), of measured points of a state, shape (size,)."""
    cumulative = np.cumsum(probabilities(state))
    at = np.searchsorted(cumulative, rng.random(num_shots) * cumulative[-1], side="right")
    return np.asarray(np.minimum(at, len(cumulative) - 1), dtype=np.int64)


def _cvar(chances: Float, costs: Costs, alpha: float) -> tuple[float, Float]:
    """The CVaR, and the diagonal whose gradient is its gradient."""
    if not 0 < alpha <= 1:
        raise ValueError(f"alpha must lie in (0, 1], got {alpha!r}; 1 is the expectation")
    mass = np.bincount(costs.level_of, weights=chances, minlength=costs.levels.size)
    value, slopes = tail_slopes(mass, costs.levels, alpha)
    return value, slopes[costs.level_of]


def _angles(gammas: npt.ArrayLike, betas: npt.ArrayLike) -> tuple[Float, Float]:
    g, b = np.atleast_1d(np.asarray(gammas, dtype=np.float64)), np.atleast_1d(np.asarray(betas, dtype=np.float64))
    if g.shape != b.shape or g.ndim != 1:
        raise ValueError(f"gammas and betas must be one of each a layer, got shapes {g.shape} and {b.shape}")
    return g, b


def _start(mixer: Mixer, costs: Costs, start: npt.ArrayLike | None) -> Complex:
    size = mixer.space.size
    if costs.size != size:
        raise ValueError(f"costs must be {size}, one a point of the space, got {costs.size}")
    state = np.array(mixer.ground if start is None else start, dtype=np.complex128)
    if state.shape != (size,) or not math.isclose(float(np.vdot(state, state).real), 1.0, rel_tol=ROUNDING):
        raise ValueError(f"start must be a state of norm 1 with {size} amplitudes, got shape {state.shape}")
    return state


def point_state(mixer: Mixer, point: npt.ArrayLike) -> Float:
    """The state, shape (size,), that is one point, shape (num_bits,), with certainty, such as the empty set."""
    state = np.zeros(mixer.space.size)
    state[mixer.space.index(point)] = 1
    return state


__all__ = [
    "Costs",
    "as_costs",
    "cvar",
    "draw",
    "evolve",
    "expectation",
    "optimum_probability",
    "point_state",
    "probabilities",
    "uniform_state",
    "value_and_gradient",
]
