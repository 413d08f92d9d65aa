"""Warm-started QAOA: each qubit starts at RY(theta_i)|0>, the ground state of its own mixer.

The mixer ``M_i = -(sin theta_i X + cos theta_i Z)`` is RY(-theta), a Z phase, RY(theta): two alternating layers.
theta_i = pi/2 on every qubit is plain QAOA.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .diagonal import CostDiagonal
from .engine import AnyCost, AnyState, EngineChoice, Options, angle_vector, layers_gradient, run_layers
from .gpu import engine as gpu
from .gpu.state import CardState
from .layers import Float, Layers
from .measure import MEAN, Objective
from .memory import Precision
from .state import State, popcounts, product_state


def warm_start_thetas(values: npt.ArrayLike, eps: float = 0.25) -> Float:
    """Angles ``2 arcsin sqrt(c_i)`` of a relaxed solution c in [0, 1], clipped to [eps, 1 - eps]; shape (n,) both.

    Raises
    ------
    ValueError
        ``eps`` is outside 0..0.5, or ``values`` is no point of [0, 1].

    References
    ----------
    Egger, Marecek, Woerner (2021), Warm-starting quantum optimization, arXiv:2009.10095, eqs. 3 and 9.

    >>> warm_start_thetas([0.5, 0.0], eps=0.5).round(4).tolist()
    [1.5708, 1.5708]
    """
    if not 0 <= eps <= 0.5:
        raise ValueError(f"eps must be in [0, 0.5], got {eps!r}")
    relaxed = np.asarray(values, dtype=np.float64)
    if relaxed.ndim != 1 or not ((relaxed >= -1e-9) & (relaxed <= 1 + 1e-9)).all():
        raise ValueError("values must be a relaxed point in [0, 1] of shape (n,)")
    return 2 * np.arcsin(np.sqrt(np.clip(relaxed, eps, 1 - eps)))


def ws_evolve(
    cost: AnyCost,
    thetas: npt.ArrayLike,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    dtype: Precision = "complex128",
    threads: int = 1,
    engine: EngineChoice = "auto",
) -> AnyState:
    """State after p warm-started layers: ``exp(-i gamma cost)``, then ``exp(-i beta M_i)`` on each qubit.

    Parameters
    ----------
    thetas : shape (n,), of the start and of the mixers
    gammas, betas : shape (p,)
    """
    options = Options(dtype, threads, engine)
    layers, start = _circuit(cost, thetas, gammas, betas, options)
    return run_layers(layers, options, start)


def ws_value_and_gradient(
    cost: AnyCost,
    thetas: npt.ArrayLike,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    objective: Objective = MEAN,
    dtype: Precision = "complex128",
    threads: int = 1,
    engine: EngineChoice = "auto",
) -> tuple[float, Float, Float]:
    """Objective and its exact derivatives by gammas and betas, shape (p,) each; thetas, shape (n,), stay fixed."""
    options = Options(dtype, threads, engine)
    layers, start = _circuit(cost, thetas, gammas, betas, options)
    value, by_gamma, _ = layers_gradient(layers, cost, objective, options, start)
    return value, by_gamma[0::2], by_gamma[1::2]


def _circuit(
    cost: AnyCost, thetas: npt.ArrayLike, gammas: npt.ArrayLike, betas: npt.ArrayLike, options: Options
) -> tuple[Layers, State | CardState]:
    theta = angle_vector(thetas, "thetas")
    gamma, beta = angle_vector(gammas, "gammas"), angle_vector(betas, "betas")
    if theta.size != cost.n or gamma.size != beta.size:
        raise ValueError(
            f"thetas must have {cost.n} angles and gammas, betas one length, "
            f"got {theta.size}, {gamma.size} and {beta.size}"
        )
    card = options.card_for(cost.n, cost)
    # exp(-i beta M) = RY(theta) exp(i beta sum Z) RY(-theta); -sum Z = 2 popcount - n.
    ones: AnyCost
    if card is None:
        ones = CostDiagonal(popcounts(2**cost.n), unit=2.0, offset=-float(cost.n))
    else:
        ones = gpu.popcount_diagonal(card, cost.n, gpu.on_card(card, cost).kind)
    turns = np.stack([-theta / 2, theta / 2])
    layers = Layers(
        diagonals=(cost, ones) * gamma.size,
        gammas=np.stack([gamma, beta], axis=1).ravel(),
        angles=np.tile(turns, (gamma.size, 1)),
        axis="y",
    )
    if card is not None:
        return layers, gpu.warm_start(card, theta, options.dtype)
    return layers, product_state(theta, options.real)
