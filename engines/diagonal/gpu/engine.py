"""The calls of the exact engine on a card: states, energies, derivatives and landscapes of alternating circuits.

The same circuits and conventions as the compiled engine. Costs may be diagonals of the host, which are uploaded once,
or of the card. Limits: one card; the state, and for a gradient a second one, beside the diagonal in its memory.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ....core.errors import UnsupportedError
from ..diagonal import CostDiagonal
from ..layers import Layers
from ..objectives import CVaR, Objective
from ..state import State
from .circuit import Circuit, Tuning
from .device import Array, Card
from .energies import CardDiagonal
from .state import CardState, hadamard_on_card, product_state

Float = npt.NDArray[np.float64]
AnyDiagonal = CostDiagonal | CardDiagonal

_MAX_BATCH = 1 << 14
_REMEDY = "lower the number of qubits, use dtype='complex64', or several cards"


def on_card(card: Card, cost: AnyDiagonal) -> CardDiagonal:
    """A cost as a diagonal of the card."""
    return cost if isinstance(cost, CardDiagonal) else CardDiagonal.from_cost(card, cost)


def run(card: Card, layers: Layers, dtype: str, start: State | CardState | None = None) -> CardState:
    """State after any alternating circuit, from the uniform superposition or from `start`."""
    circuit, _ = _circuit(card, layers, dtype, None, start is None)
    require_circuit(circuit, states=1)
    states = _begin(circuit, start)
    if layers.diagonals:
        circuit.forward(states, None, starts=start is None, stores=True)
    phase = sum(gamma * d.offset for gamma, d in zip(layers.gammas, circuit.diagonals))
    return CardState(card, states, layers.n, circuit.is_half, float(phase))


def energy(card: Card, layers: Layers, dtype: str, cost: AnyDiagonal) -> float:
    """Mean of `cost` after all layers on the uniform superposition; the last pass measures and stores nothing."""
    if not layers.diagonals:
        return run(card, layers, dtype).expectation(on_card(card, cost))
    circuit, weights = _circuit(card, layers, dtype, cost, True)
    require_circuit(circuit, states=0 if circuit.is_whole else 1)
    states = None if circuit.is_whole else circuit.empty()
    sums = circuit.forward(states, weights, starts=True, stores=False)
    assert sums is not None
    return float(weights.offset + weights.unit * sums[0, 0] / sums[0, 1])


def landscape(card: Card, cost: AnyDiagonal, gammas: Float, betas: Float, dtype: str) -> Float:
    """Mean energies of k settings of one gamma and one beta a layer, as many at once as fit: shape (k,)."""
    count, p = gammas.shape
    if not p or not count:
        return np.full(count, energy(card, Layers((), np.empty(0), np.empty((0, cost.n))), dtype, cost))
    weights = on_card(card, cost)
    out = np.empty(count)
    at_once = _at_once(card, weights, dtype)
    for chunk in chunks(count, at_once):
        turns = gammas[chunk] * (weights.unit / (2 * np.pi))
        angles = np.repeat(betas[chunk, :, None], weights.n, axis=2)
        circuit = plain_circuit(card, weights, dtype, turns, angles)
        require_circuit(circuit, states=0 if circuit.is_whole else 1)
        states = None if circuit.is_whole else circuit.empty()
        sums = circuit.forward(states, weights, starts=True, stores=False)
        assert sums is not None
        out[chunk] = weights.offset + weights.unit * sums[:, 0] / sums[:, 1]
    return out


def gradient(
    card: Card,
    layers: Layers,
    dtype: str,
    cost: AnyDiagonal,
    objective: Objective,
    start: State | CardState | None = None,
) -> tuple[float, Float, Float]:
    """Objective of the final state and its derivatives by the layers' gammas (p,) and angles (p, n)."""
    if not layers.diagonals:
        value = objective_of(run(card, layers, dtype, start), on_card(card, cost), objective)[0]
        return value, np.empty(0), np.empty((0, layers.n))
    circuit, weights = _circuit(card, layers, dtype, cost, start is None)
    value, cap, scale, states = _to_the_end(circuit, layers, weights, objective, start)
    by_turn, by_angle = circuit.backward(states, weights, cap)
    units = np.array([on_card(card, d).unit for d in layers.diagonals])
    return value, scale * units * by_turn[0], scale * by_angle[0]


def gradient_densities(
    card: Card, layers: Layers, dtype: str, cost: AnyDiagonal, objective: Objective, masks: npt.NDArray[np.int64]
) -> tuple[float, Float, Float]:
    """Objective, Walsh-Hadamard entries of each layer's density at `masks` (p, t), and derivatives by angles (p, n).

    The density of a layer is that of `reference.backward`; its entry at a mask times the coefficient of the mask's
    term is the derivative by the term's angle.
    """
    out = np.zeros((len(layers.diagonals), masks.size))
    if not layers.diagonals:
        value = objective_of(run(card, layers, dtype), on_card(card, cost), objective)[0]
        return value, out, np.empty((0, layers.n))
    circuit, weights = _circuit(card, layers, dtype, cost, True)
    value, cap, scale, states = _to_the_end(circuit, layers, weights, objective, None)
    chosen = card.upload(masks & (circuit.size - 1))

    def keep(layer: int, density: Array) -> None:
        hadamard_on_card(card, density)
        out[layer] = scale * card.download(density[chosen])

    _, by_angle = circuit.backward(states, weights, cap, keep)
    return value, out, scale * by_angle[0]


def objective_of(final: CardState, cost: CardDiagonal, objective: Objective) -> tuple[float, float, float]:
    """Value of an objective, and (cap, scale) with its gradient = scale * that of the diagonal ``min(E, cap)``."""
    if isinstance(objective, CVaR):
        value, at_risk = final.tail_of(cost, objective.alpha)
        return value, at_risk, 1 / objective.alpha
    return final.expectation(cost), np.inf, 1.0


def most_qubits(card: Card, dtype: str, *, states: int = 1, bytes_a_point: int = 2, is_half: bool = False) -> int:
    """The most qubits whose states and diagonal fit in the card's free memory."""
    free = card.free_bytes()
    point = states * np.dtype(dtype).itemsize + bytes_a_point
    return max((n for n in range(1, 60) if point * 2 ** (n - is_half) * (1 + 2**-8) <= free), default=0)


def popcount_diagonal(card: Card, n: int, kind: int) -> CardDiagonal:
    """Number of ones less n / 2, twice: the sum of -Z, in a given stored type."""
    return CardDiagonal.from_arrays(card, np.ones(n), kind=kind).scaled(2.0, -float(n))


def warm_start(card: Card, thetas: Float, dtype: str) -> CardState:
    """RY(theta_i)|0> on each qubit; thetas of shape (n,)."""
    half = np.asarray(thetas, dtype=np.float64) / 2
    return CardState(
        card, product_state(card, np.stack([np.cos(half), np.sin(half)], axis=1), np.dtype(dtype)), len(half)
    )


def _to_the_end(
    circuit: Circuit, layers: Layers, cost: CardDiagonal, objective: Objective, start: State | CardState | None
) -> tuple[float, Float, float, Array]:
    """Value, cap and mean of the capped energy in stored units (1, 2), scale in units, and the final state's array."""
    require_circuit(circuit, states=2)
    states = _begin(circuit, start)
    sums = circuit.forward(states, cost, starts=start is None, stores=True)
    assert sums is not None
    if not isinstance(objective, CVaR):
        value = float(cost.offset + cost.unit * sums[0, 0] / sums[0, 1])
        return value, np.array([[np.inf, sums[0, 0] / sums[0, 1]]]), cost.unit, states
    final = CardState(circuit.card, states, layers.n, circuit.is_half)
    value, at_risk, scale = objective_of(final, cost, objective)
    cap = (at_risk - cost.offset) / cost.unit
    centre = cap + objective.alpha * ((value - cost.offset) / cost.unit - cap)
    return value, np.array([[cap, centre]]), scale * cost.unit, states


def _circuit(
    card: Card, layers: Layers, dtype: str, cost: AnyDiagonal | None, may_be_half: bool
) -> tuple[Circuit, CardDiagonal]:
    """The circuit with all diagonals on the card in one stored type, and the cost that is measured."""
    known = {id(d): on_card(card, d) for d in layers.diagonals}
    measured = next(iter(known.values()), None) if cost is None else on_card(card, cost)
    kind = max((d.kind for d in (*known.values(), *([measured] if measured else []))), default=0)
    widened = {id(d): d.as_kind(kind) for d in (*known.values(), *([measured] if measured else []))}
    diagonals = tuple(widened[id(known[id(d)])] for d in layers.diagonals)
    weights = widened[id(measured)] if measured is not None else None
    turns = layers.gammas * np.array([d.unit for d in diagonals]) / (2 * np.pi) if diagonals else np.empty(0)
    is_half = may_be_half and layers.is_symmetric and (weights is None or weights.is_symmetric)
    angles = np.ascontiguousarray(layers.angles)[None]
    circuit = Circuit(
        card, layers.n, np.dtype(dtype), diagonals, turns[None], angles, layers.axis, tuning=tuning_of(card)
    )
    if is_half and diagonals and not circuit.is_whole:
        circuit = Circuit(
            card, layers.n, np.dtype(dtype), diagonals, turns[None], angles, layers.axis, True, tuning=tuning_of(card)
        )
    assert weights is not None or cost is None
    return circuit, weights  # type: ignore[return-value]


def plain_circuit(
    card: Card, cost: CardDiagonal, dtype: str, turns: Float | None = None, angles: Float | None = None
) -> Circuit:
    """QAOA for a batch of settings: turns of shape (B, p), angles (B, p, n); without them one layer of zeros."""
    turns = np.zeros((1, 1)) if turns is None else turns
    angles = np.zeros((*turns.shape, cost.n)) if angles is None else angles
    is_half = cost.is_symmetric and cost.n > tuning_of(card).tile
    diagonals = (cost,) * turns.shape[1]
    return Circuit(card, cost.n, np.dtype(dtype), diagonals, turns, angles, "x", is_half, tuning=tuning_of(card))


def tuning_of(card: Card) -> Tuning:
    """The card's own sizes of tiles and launches; the default ones where it has none."""
    return getattr(card, "tuning", None) or Tuning()


def _at_once(card: Card, cost: CardDiagonal, dtype: str) -> int:
    """Settings that are run together: enough to fill the card, no more than a quarter of its free memory."""
    state = np.dtype(dtype).itemsize << cost.n
    return int(max(1, min(_MAX_BATCH, card.free_bytes() // 4 // state)))


def _begin(circuit: Circuit, start: State | CardState | None) -> Array:
    """The first state of a run in an array of its own; with whatever stands in it where the first pass makes it."""
    if start is None and circuit.diagonals:
        return circuit.empty()
    if start is None:
        half = np.full((circuit.n, 2), np.sqrt(0.5))
        return product_state(circuit.card, half, circuit.dtype)
    if start.n != circuit.n:
        raise ValueError(f"initial must have {circuit.n} qubits, got {start.n}")
    if isinstance(start, CardState):
        return start.data.astype(circuit.dtype, copy=True)
    return circuit.card.upload(start.amplitudes().astype(circuit.dtype))


def require_circuit(circuit: Circuit, *, states: int) -> None:
    """Refuse what does not fit in the card's memory, with the number of qubits that does.

    Raises
    ------
    UnsupportedError
        The circuit does not fit; the text says how many qubits do.
    """
    need = states * circuit.batch * circuit.size * circuit.dtype.itemsize
    need += need >> 8  # sums of the blocks
    free = circuit.card.free_bytes()
    if need > free:
        point = 1 if circuit.diagonals and circuit.diagonals[0].kind == 0 else 2
        held = sum(d.nbytes for d in set(circuit.diagonals))
        fits = _fits(free + held, circuit, states, point)
        raise UnsupportedError(
            f"the state of {circuit.n} qubits must fit in the free memory of {circuit.card.name}, {free:,} bytes "
            f"({free / 2**30:.1f} GiB), got {need:,} bytes ({need / 2**30:.1f} GiB); {fits} qubits fit; {_REMEDY}"
        )


def _fits(free: int, circuit: Circuit, states: int, bytes_a_point: int) -> int:
    point = (states * circuit.dtype.itemsize * (1 + 2**-8) + bytes_a_point) * circuit.batch
    return max((n for n in range(1, 60) if point * 2 ** (n - circuit.is_half) <= free), default=0)


def chunks(count: int, at_once: int) -> Iterator[slice]:
    """Slices of at most so many.

    >>> list(chunks(5, 3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    return (slice(first, min(first + at_once, count)) for first in range(0, count, at_once))


__all__ = [
    "chunks",
    "energy",
    "gradient",
    "gradient_densities",
    "landscape",
    "most_qubits",
    "objective_of",
    "on_card",
    "popcount_diagonal",
    "run",
    "warm_start",
]
