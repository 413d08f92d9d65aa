"""Parallel annealing of a QUBO as on the neuromorphic chip Loihi 2, in whole numbers, step for step.

Neuron i holds ``x_i`` and ``s_i = sum_j (Q_ij + Q_ji) x_j``; a flip changes the cost by ``D_i = (1 - 2 x_i)(Q_ii +
s_i)``. In each step all neurons decide on the old state: one that rests counts down; another draws 24 random bits r
and flips if ``D_i <= T * clz(r)``, which has probability 2**-ceil(D_i / T): Metropolis at temperature T / ln 2 on the
grid, without an exponential. A flip sends a spike and starts a random rest, so that neighbours rarely flip together.

References: Pierro et al. (2024), Solving QUBO on the Loihi 2 neuromorphic processor, arXiv:2408.03076. That the leading
zeros act by ``T * clz`` is our reading; the chip's own word is not published in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...core import AnyArray, Float

#: Limits of the chip: weights of eight bits, temperatures of sixteen.
WEIGHT_LIMIT, TEMPERATURE_LIMIT = 128, 2**16
#: Random bits of a decision, and of a rest.
DECISION_BITS, REST_BITS = 24, 8
Bits8 = npt.NDArray[np.int8]


@dataclass(frozen=True)
class LoihiSettings:
    """Knobs of the chip's solver, with its defaults.

    Parameters
    ----------
    t_max, t_min : first temperature, and the one at which it is set to the first again.
    delta, exponent : a linear schedule takes ``delta`` away, a geometric one makes T ``T * delta >> exponent``.
    steps_per_temperature : steps between two changes.
    refract_scaling : a rest is a byte shifted right by so many bits; 8 means no rest at all.
    update : all neurons at once, or one after the other (as a serial annealer would, for comparison).
    """

    t_max: int = 1000
    t_min: int = 0
    schedule: Literal["linear", "geometric"] = "linear"
    delta: int = 1
    exponent: int = 0
    steps_per_temperature: int = 1
    refract_scaling: int = 4
    update: Literal["parallel", "serial"] = "parallel"

    def __post_init__(self) -> None:
        if not 0 <= self.t_min < self.t_max < TEMPERATURE_LIMIT:
            raise ValueError(f"t_max must be 1..65535 and above t_min >= 0, got {self.t_max!r} and {self.t_min!r}")
        if not 0 <= self.refract_scaling <= REST_BITS:
            raise ValueError(f"refract_scaling must be 0..8, got {self.refract_scaling!r}")
        if self.steps_per_temperature < 1 or self.delta < 1 or not 0 <= self.exponent < 16:
            raise ValueError("steps_per_temperature and delta must be >= 1 and exponent 0..15")
        if self.schedule == "geometric" and self.delta >= 1 << self.exponent:
            raise ValueError(f"delta must be below 2**exponent for a geometric schedule, got {self.delta!r}")

    def temperatures(self) -> Iterator[int]:
        """The temperature of each step, without end: it falls and starts again."""
        t = self.t_max
        while True:
            for _ in range(self.steps_per_temperature):
                yield t
            t = t - self.delta if self.schedule == "linear" else (t * self.delta) >> self.exponent
            if t <= self.t_min:
                t = self.t_max


@dataclass(frozen=True, eq=False)
class LoihiRun:
    """Best point and cost of each chip, when it was met, and what the run did.

    Parameters
    ----------
    points : shape (chips, n); ``costs`` (chips,), in whole numbers.
    spikes : flips of all chips; ``synapses`` of them all: each spike reaches its neuron's neighbours.
    trace : cost of the present point after each step, shape (steps, chips).
    """

    points: Bits8
    costs: npt.NDArray[np.int64]
    steps: int
    spikes: int
    synapses: int
    trace: AnyArray


def leading_zeros(words: AnyArray, bits: int = DECISION_BITS) -> AnyArray:
    """Zeros before the first one of so many bits, in the shape of the words; ``bits`` for zero.

    Examples
    --------
    >>> leading_zeros(np.array([0, 1, 2**23, 2**24 - 1])).tolist()
    [24, 23, 0, 0]
    """
    _, exponent = np.frexp(np.asarray(words, dtype=np.float64))  # exact: the words are below 2**53
    return np.asarray(bits - exponent, dtype=np.int64)


def run_loihi(
    diagonal: npt.NDArray[np.int64],
    weights: Any,
    settings: LoihiSettings,
    *,
    chips: int,
    steps: int,
    seed: int,
    target: int | None = None,
) -> LoihiRun:
    """Independent chips, each for so many steps from x = 0.

    Parameters
    ----------
    diagonal : Q_ii, whole, shape (n,).
    weights : Q_ij + Q_ji, symmetric CSR without diagonal, whole.
    target : ends the run as soon as a chip's cost is at most this.
    """
    n = len(diagonal)
    rng = np.random.default_rng(seed)
    matrix = weights.astype(np.int64)
    degrees = np.diff(matrix.indptr)
    x = np.zeros((chips, n), dtype=np.int64)
    s = np.zeros((chips, n), dtype=np.int64)
    rest = _rests(rng, (chips, n), settings)
    best, best_x = np.zeros(chips, dtype=np.int64), x.astype(np.int8)
    trace, spikes, synapses, done = [], 0, 0, 0
    for done, t in enumerate(settings.temperatures(), 1):
        if done > steps:
            done = steps
            break
        words = rng.integers(1 << DECISION_BITS, size=(chips, n))
        if settings.update == "serial":
            flips = _serial_step(diagonal, matrix, x, s, rest, t * leading_zeros(words))
        else:
            gain = (1 - 2 * x) * (diagonal + s)
            flips = (rest == 0) & (gain <= t * leading_zeros(words))
            step = np.where(flips, 1 - 2 * x, 0)
            x += step
            s += (matrix @ step.T).T
        rest = np.where(flips, _rests(rng, (chips, n), settings), np.maximum(rest - 1, 0))
        spikes += int(flips.sum())
        synapses += int((flips * degrees).sum())
        cost = (x * (2 * diagonal + s)).sum(axis=1) // 2  # each pair stands in two sums
        trace.append(cost)
        better = cost <= best
        best = np.where(better, cost, best)
        best_x[better] = x[better]
        if target is not None and (best <= target).any():
            break
    return LoihiRun(best_x, best, done, spikes, synapses, np.array(trace).reshape(-1, chips))


def _rests(rng: np.random.Generator, shape: tuple[int, int], settings: LoihiSettings) -> npt.NDArray[np.int64]:
    """Random rests in steps."""
    return np.asarray(rng.integers(1 << REST_BITS, size=shape) >> settings.refract_scaling, dtype=np.int64)


def _serial_step(
    diagonal: npt.NDArray[np.int64], matrix: Any, x: AnyArray, s: AnyArray, rest: AnyArray, limits: AnyArray
) -> AnyArray:
    """One step in which each neuron sees the flips before it."""
    flips = np.zeros(x.shape, dtype=bool)
    for i in range(len(diagonal)):
        gain = (1 - 2 * x[:, i]) * (diagonal[i] + s[:, i])
        flips[:, i] = (rest[:, i] == 0) & (gain <= limits[:, i])
        step = np.where(flips[:, i], 1 - 2 * x[:, i], 0)
        x[:, i] += step
        part = slice(matrix.indptr[i], matrix.indptr[i + 1])
        s[:, matrix.indices[part]] += step[:, None] * matrix.data[part]
    return flips


@dataclass(frozen=True)
class ChipModel:
    """What a run would take on a chip: a model with stated assumptions, not a measurement.

    Parameters
    ----------
    microseconds_per_step : assumed; depends on the network's placement.
    picojoules_per_update, picojoules_per_synapse : of Loihi's first generation, Davies et al. (2018),
        doi:10.1109/MM.2018.112130359: 81 pJ an active neuron's update, 23.6 pJ a synaptic operation.
    """

    microseconds_per_step: float = 5.0
    picojoules_per_update: float = 81.0
    picojoules_per_synapse: float = 23.6

    def tell(self, run: LoihiRun, neurons: int, chips: int) -> dict[str, float | str]:
        """Seconds and joules of one chip."""
        updates = run.steps * neurons * self.picojoules_per_update
        return {
            "kind": "model",
            "chip_seconds": 1e-6 * run.steps * self.microseconds_per_step,
            "chip_joules": 1e-12 * (updates + run.synapses / max(1, chips) * self.picojoules_per_synapse),
        }


def whole_qubo(linear: Float, products: Any) -> tuple[npt.NDArray[np.int64], Any, float, bool]:
    """Diagonal, symmetric weights and unit of a QUBO in whole numbers of the chip, and whether they were rounded.

    Linear costs and diagonal have shape (n,), products and weights (n, n), sparse: a pair stands once in
    products, twice in weights.

    Numbers that are whole multiples of a power of two, with weights of eight bits, stay exact; others are rounded to
    the largest weight's 127th part, as a chip must.
    """
    from scipy.sparse import csr_array

    unit, is_rounded = _unit(np.concatenate([linear, products.data])), False
    largest = float(np.abs(products.data).max(initial=0.0))
    if unit is None or largest / unit >= WEIGHT_LIMIT:
        size = largest or float(np.abs(linear).max(initial=1.0))
        unit, is_rounded = size / (WEIGHT_LIMIT - 1), True
    diagonal = np.rint(linear / unit).astype(np.int64)
    upper = csr_array((np.rint(products.data / unit), products.indices, products.indptr), shape=products.shape)
    weights = csr_array(upper + upper.T)
    weights.sum_duplicates()
    weights.eliminate_zeros()
    return diagonal, weights, float(unit), is_rounded


def _unit(data: Float) -> float | None:
    """Greatest common divisor of the numbers as multiples of a power of two, or None."""
    if not data.any():
        return 1.0
    for shift in range(13):
        scaled = data * 2.0**shift
        if (scaled == np.rint(scaled)).all() and np.abs(scaled).max() < 2.0**31:
            return float(np.gcd.reduce(np.abs(scaled).astype(np.int64)) / 2.0**shift)
    return None
