"""Exact evolution of alternating circuits on a diagonal cost: the calls that users make, and the choice of the engine.

Gates are exp(-i gamma H) and exp(+i beta sum X), so that a positive ramp ends below the mean energy. The compiled
engine is used where it was built, a card for large states where there is one; asking by name for what is not there is
an error.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from . import compiled, reference
from .choice import AnyCost, AnyState, EngineChoice, Options, card_name, cost_of, engine_name, threads_for
from .diagonal import CostDiagonal
from .gpu import engine as gpu
from .gpu.device import Card
from .gpu.energies import CardDiagonal
from .gpu.state import CardState
from .layers import Float, Layers, angle_vector, qaoa_layers
from .measure import MEAN, Expectation, Objective, expectation, tail_of
from .memory import Precision, require_bytes, required_bytes
from .state import State, plus_state, state_of

_SMALL_FOR_THREADS = 17  # as in _schedule.h
_REMEDY = "lower the number of qubits, or use dtype='complex64'"


def evolve(
    cost: AnyCost,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    dtype: Precision = "complex128",
    threads: int = 1,
    engine: EngineChoice = "auto",
    initial: npt.ArrayLike | None = None,
) -> AnyState:
    """State after p QAOA layers ``exp(+i betas[l] sum X) exp(-i gammas[l] cost)`` on |+>, or on `initial`.

    Parameters
    ----------
    gammas, betas : shape (p,)
    initial : amplitudes, shape (2**n,), norm 1

    Raises
    ------
    UnsupportedError
        The state does not fit in memory (nothing was allocated), or the engine asked for is not there.

    Examples
    --------
    One layer cuts a single edge with certainty:

    >>> cost = CostDiagonal.from_arrays([-1, -1], [0], [1], [2])
    >>> round(expectation(evolve(cost, [np.pi / 2], [np.pi / 8]), cost), 12)
    -1.0
    """
    options = Options(dtype, threads, engine)
    return run_layers(qaoa_layers(cost, gammas, betas), options, initial)


def energy(
    cost: AnyCost,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    dtype: Precision = "complex128",
    threads: int = 1,
    engine: EngineChoice = "auto",
) -> float:
    """Mean energy after p layers: `evolve` and `expectation` in one, without keeping the state.

    Gammas and betas have shape (p,).
    """
    options = Options(dtype, threads, engine)
    layers = qaoa_layers(cost, gammas, betas)
    card = _card(layers, options)
    if card is not None:
        return gpu.energy(card, layers, dtype, cost)
    assert isinstance(cost, CostDiagonal)
    if options.is_compiled:
        _require(layers, options, gradient=False)
        return compiled.energy(layers, cost, options.how)
    return expectation(run_layers(layers, options), cost)


def landscape(
    cost: AnyCost,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    dtype: Precision = "complex128",
    threads: int = 1,
    engine: EngineChoice = "auto",
) -> Float:
    """Mean energies of k angle settings: gammas and betas of shape (k, p), energies of shape (k,).

    Threads take whole settings where one state is too small to share (below 17 qubits).

    Raises
    ------
    ValueError
        Gammas and betas have other shapes.
    """
    gamma, beta = np.asarray(gammas, dtype=np.float64), np.asarray(betas, dtype=np.float64)
    if gamma.ndim != 2 or gamma.shape != beta.shape:
        raise ValueError(f"gammas and betas must have one shape (k, p), got {gamma.shape} and {beta.shape}")
    card = Options(dtype, threads, engine).card_for(cost.n, cost)
    if card is not None:
        return gpu.landscape(card, cost, gamma, beta, dtype)
    at_once = threads if cost.n < _SMALL_FOR_THREADS else 1
    each = partial(energy, cost, dtype=dtype, threads=1 if at_once > 1 else threads, engine=engine)
    with ThreadPoolExecutor(at_once) as pool:
        return np.array(list(pool.map(each, gamma, beta)), dtype=np.float64)


def value_and_gradient(
    cost: AnyCost,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    objective: Objective = MEAN,
    dtype: Precision = "complex128",
    threads: int = 1,
    engine: EngineChoice = "auto",
    initial: npt.ArrayLike | None = None,
) -> tuple[float, Float, Float]:
    """Objective and its exact derivatives by all gammas and betas, by the adjoint method (two states of memory).

    Gammas, betas and the derivatives by each have shape (p,), the initial amplitudes (2**n,).

    The gradient of CVaR is that of the diagonal cost ``-(VaR - E)_+ / alpha`` with VaR held fixed; where the cumulative
    probability meets alpha exactly it is one of the one-sided derivatives.

    References
    ----------
    Jones, Gacon (2020), Efficient calculation of gradients in classical simulations of variational quantum
    algorithms, arXiv:2009.02823.
    """
    options = Options(dtype, threads, engine)
    layers = qaoa_layers(cost, gammas, betas)
    value, by_gamma, by_angle = layers_gradient(layers, cost, objective, options, initial)
    return value, by_gamma, by_angle.sum(axis=1)


def run_layers(layers: Layers, options: Options, initial: npt.ArrayLike | AnyState | None = None) -> AnyState:
    """State after any alternating circuit, from the initial amplitudes, shape (2**n,), or from |+>."""
    card = _card(layers, options)
    if card is not None:
        return gpu.run(card, layers, options.dtype, _card_start(layers, options, initial))
    _require(layers, options, gradient=False)
    start = _start(layers, options, initial)
    if options.is_compiled:
        return compiled.run(layers, start, options.how)
    return reference.run(layers, plus_state(layers.n, options.real) if start is None else start)


def layers_gradient(
    layers: Layers,
    cost: AnyCost,
    objective: Objective,
    options: Options,
    initial: npt.ArrayLike | AnyState | None = None,
) -> tuple[float, Float, Float]:
    """Objective of the final state and its derivatives by the layers' gammas (p,) and angles (p, n)."""
    card = _card(layers, options)
    if card is not None:
        return gpu.gradient(card, layers, options.dtype, cost, objective, _card_start(layers, options, initial))
    assert isinstance(cost, CostDiagonal)
    _require(layers, options, gradient=True)
    start = _start(layers, options, initial)
    if options.is_compiled and layers.n:
        return compiled.gradient(
            layers, start, cost, options.how, lambda final, mean: objective_of(final, cost, objective, mean)
        )
    final = reference.run(layers, plus_state(layers.n, options.real) if start is None else start)
    value, cap, scale = objective_of(final, cost, objective)
    steps = list(reference.backward(layers, final, np.minimum(cost.values(), cap)))[::-1]
    by_gamma = np.array([step[0] for step in steps])
    by_angle = np.array([step[1] for step in steps]).reshape(layers.angles.shape)
    return value, scale * by_gamma, scale * by_angle


def objective_of(
    final: State, cost: CostDiagonal, objective: Objective, mean: float | None = None
) -> tuple[float, float, float]:
    """Value of an objective, and (cap, scale) with its gradient = scale * that of the diagonal ``min(E, cap)``."""
    if isinstance(objective, Expectation):
        return expectation(final, cost) if mean is None else mean, np.inf, 1.0
    value, at_risk = tail_of(final, cost, objective.alpha)
    return value, at_risk, 1 / objective.alpha


def _card(layers: Layers, options: Options) -> Card | None:
    """The card of a run: that of its costs, where one was made on a card."""
    made = next((d for d in layers.diagonals if isinstance(d, CardDiagonal)), None)
    card = options.card_for(layers.n, made)
    if card is not None and any(d.n != layers.n for d in set(layers.diagonals)):
        raise ValueError(f"every diagonal must have {layers.n} variables")
    return card


def _card_start(layers: Layers, options: Options, initial: npt.ArrayLike | AnyState | None) -> State | CardState | None:
    return initial if isinstance(initial, CardState) else _start(layers, options, initial)


def _start(layers: Layers, options: Options, initial: npt.ArrayLike | AnyState | None) -> State | None:
    if initial is None:
        return None
    if isinstance(initial, CardState):
        initial = initial.to_host()
    start = initial if isinstance(initial, State) else state_of(initial, options.real)
    if start.n != layers.n:
        raise ValueError(f"initial must have {layers.n} qubits, got {start.n}")
    if start.real.dtype != options.real:
        start = replace(start, real=start.real.astype(options.real), imag=start.imag.astype(options.real))
    return start


def _require(layers: Layers, options: Options, *, gradient: bool) -> None:
    if layers.n != layers.angles.shape[1] or any(d.n != layers.n for d in set(layers.diagonals)):
        raise ValueError(f"every diagonal must have {layers.n} variables")
    if layers.n < 20:
        return
    name = "compiled" if options.is_compiled else "numpy"
    need = required_bytes(layers.n, options.dtype, gradient=gradient, engine=name)
    if options.is_compiled and layers.is_symmetric:
        need //= 2
    require_bytes(need, f"the state of {layers.n} qubits", _REMEDY)


__all__ = [
    "AnyCost",
    "AnyState",
    "EngineChoice",
    "Options",
    "angle_vector",
    "card_name",
    "cost_of",
    "energy",
    "engine_name",
    "evolve",
    "landscape",
    "layers_gradient",
    "objective_of",
    "run_layers",
    "threads_for",
    "value_and_gradient",
]
