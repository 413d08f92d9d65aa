"""A state on the card, and what is read off it there: sums, CVaR, probabilities, outcomes, correlations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..state import State
from .device import POINT_THREADS, Array, Build, Card, blocks_for
from .energies import CardDiagonal, require_card_bytes

Float = npt.NDArray[np.float64]

_MAX_RUNS_BITS = 20
_BINS = 1 << 16
_ROUNDS = 3  # histograms of 2**16 bins each: the quantile of real energies to 2**-48 of their range


@dataclass(frozen=True, eq=False)
class CardState:
    """Amplitudes of 2**n points in an array of the card; of the first half where `is_half` (see `State`)."""

    card: Card
    data: Array
    n: int
    is_half: bool = False
    phase: float = 0.0

    @property
    def dtype(self) -> np.dtype[Any]:
        """complex128 or complex64."""
        out: np.dtype[Any] = self.data.dtype
        return out

    def to_host(self) -> State:
        """The same state in the host's memory."""
        values = self.card.download(self.data)
        return State(values.real.copy(), values.imag.copy(), self.n, is_half=self.is_half, phase=self.phase)

    def amplitudes(self) -> npt.NDArray[Any]:
        """All amplitudes on the host, shape (2**n,)."""
        return self.to_host().amplitudes()

    def probabilities(self) -> Float:
        """Probability of each point on the host, shape (2**n,)."""
        return self.to_host().probabilities()

    def norm(self) -> float:
        """Sum of all probabilities: 1 but for rounding."""
        return float(self.card.download(self._runs()[0]).sum())

    def expectation(self, cost: CardDiagonal) -> float:
        """Mean energy; a state whose norm drifted is divided by its norm."""
        total, energy, *_ = self._sums(cost, np.inf)
        return float(cost.offset + cost.unit * energy / total)

    def tail_of(self, cost: CardDiagonal, alpha: float) -> tuple[float, float]:
        """CVaR and value at risk of a cost."""
        if cost.lowest == cost.highest:
            return cost.min, cost.min
        target = alpha * self._sums(cost, np.inf)[0]
        at_risk = self._quantile(cost, target)
        _, _, below, energy, _ = self._sums(cost, at_risk)
        mean = (energy + (target - below) * at_risk) / target
        return cost.offset + cost.unit * mean, cost.offset + cost.unit * at_risk

    def probability_below(self, cost: CardDiagonal, threshold: float) -> float:
        """Probability of an energy <= threshold."""
        # Energies are unit * integer: the same number may be one rounding away.
        limit = threshold + 8 * np.finfo(float).eps * max(abs(threshold), abs(cost.offset), 1e-300)
        total, _, below, _, at = self._sums(cost, (limit - cost.offset) / cost.unit)
        return float((below + at) / total)

    def probability_of(self, indices: npt.NDArray[np.int64]) -> float:
        """Probability of distinct points with these indices, shape (k,), together."""
        index = np.minimum(indices, 2**self.n - 1 - indices) if self.is_half else indices
        points = self.card.upload(np.ascontiguousarray(index, dtype=np.int64))
        out = self.card.empty(max(1, index.size), np.float64)
        self._launch("pick", blocks_for(index.size), points, np.uint64(index.size), out)
        picked = float(self.card.download(out)[: index.size].sum()) / self.norm()
        return picked / 2 if self.is_half else picked

    def histogram(self, cost: CardDiagonal) -> tuple[Float, Float]:
        """Weights of the energies of an integer cost, and the energies: shape (levels,), a unit apart.

        Raises
        ------
        ValueError
            The cost has energies that are no multiples of a unit.
        """
        if not cost.is_integer:
            raise ValueError("cost must have integer multiples of a unit for a histogram; use tail_of for real ones")
        bins = round(cost.highest - cost.lowest) + 1
        weights = self._histogram(cost, cost.lowest, cost.highest, 1.0, bins)
        return weights, cost.offset + cost.unit * (cost.lowest + np.arange(bins, dtype=np.float64))

    def sample(self, shots: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Indices of independent measurements, shape (shots,), from the same random numbers as on the host."""
        runs, bits = self._runs()
        ends = np.cumsum(self.card.download(runs))
        uniform = rng.random(shots)
        goals = self.card.upload(np.minimum(uniform * ends[-1], ends[-1] * (1 - 1e-15)))
        found, beyond = self.card.empty(max(1, shots), np.int64), self.card.upload(ends)
        arguments = beyond, np.uint64(ends.size), goals, np.int32(shots), np.int32(bits), found
        if shots:
            self._launch("locate", -(-shots // 8), *arguments)
        out = np.asarray(self.card.download(found)[:shots], dtype=np.int64)
        if self.is_half:
            flipped = rng.random(shots) < 0.5
            out[flipped] = 2**self.n - 1 - out[flipped]
        return out

    def correlations(self, masks: npt.NDArray[np.int64]) -> Float:
        """Mean of ``(-1)**popcount(k & mask)`` for each mask, in their shape; 0 for odd masks in a half state."""
        require_card_bytes(self.card, 8 * self._size, f"the weights of {self.n} qubits", "use fewer qubits")
        values = self.card.empty(self._size, np.float64)
        self._launch("squares", self._blocks, np.uint64(self._size), values)
        hadamard_on_card(self.card, values)
        wanted = np.concatenate([[0], masks.ravel() & (self._size - 1)])
        spectrum = self.card.download(values[self.card.upload(wanted)])
        out = (spectrum[1:] / spectrum[0]).reshape(masks.shape)
        return np.where(np.bitwise_count(masks) % 2, 0.0, out) if self.is_half else out

    @property
    def _size(self) -> int:
        return int(self.data.size)

    @property
    def _blocks(self) -> int:
        return blocks_for(self._size)

    def _launch(self, name: str, grid: int, *arguments: Any, kind: int = 1) -> None:
        bits = 32 if self.dtype == np.complex64 else 64
        kernel = self.card.kernel("measure.cu", name, Build(bits, kind).measuring())
        plain = (a if isinstance(a, np.generic) else np.uint64(self.card.address(a)) for a in (self.data, *arguments))
        kernel((grid, 1), POINT_THREADS, tuple(plain))

    def _sums(self, cost: CardDiagonal, limit: float) -> Float:
        """Weight and energy of all points, of those below a stored energy, and the weight at it."""
        out = self.card.empty((self._blocks, 5), np.float64)
        energies, lasts = self._energies(cost)
        found = np.zeros(5)
        for last in lasts:
            self._launch(
                "sums", self._blocks, energies, np.uint64(self._size), last, np.float64(limit), out, kind=cost.kind
            )
            found += self.card.download(out).sum(axis=0)
        return found / len(lasts)

    def _energies(self, cost: CardDiagonal) -> tuple[np.uint64, list[np.uint64]]:
        """Address of the energies, and for each run over them the opposite of point 0 (0 for the points themselves)."""
        if cost.n != self.n:
            raise ValueError(f"state and cost must have one number of qubits, got {self.n} and {cost.n}")
        if self.is_half and cost.is_symmetric:
            return np.uint64(self.card.address(cost.data)), [np.uint64(0)]
        last = [np.uint64(0), np.uint64(2**self.n - 1)] if self.is_half else [np.uint64(0)]
        return np.uint64(self.card.address(cost.full)), last

    def _histogram(self, cost: CardDiagonal, lowest: float, highest: float, per: float, bins: int) -> Float:
        out = self.card.zeros(bins, np.uint64)
        energies, lasts = self._energies(cost)
        between = np.float64(lowest), np.float64(highest), np.float64(per), np.int32(bins)
        for last in lasts:
            self._launch(
                "histogram", self._blocks, energies, np.uint64(self._size), last, *between, out, kind=cost.kind
            )
        weights: Float = self.card.download(out).astype(np.float64) * (2.0**-62 / len(lasts))
        return weights

    def _quantile(self, cost: CardDiagonal, target: float) -> float:
        """The stored energy at which the cumulative weight reaches the target."""
        if cost.is_integer:
            weights, _ = self.histogram(cost)
            return cost.lowest + min(int(np.searchsorted(np.cumsum(weights), target)), weights.size - 1)
        low, high = cost.lowest, cost.highest
        for _ in range(_ROUNDS):
            below = self._sums(cost, low)[2]
            per = _BINS / (high - low)
            weights = self._histogram(cost, low, high, per, _BINS)
            edge = min(int(np.searchsorted(below + np.cumsum(weights), target)), _BINS - 1)
            low, high = low + edge / per, min(high, low + (edge + 1) / per)
            if not low < high:
                break
        return high

    def _runs(self) -> tuple[Array, int]:
        """Weights of runs of 2**bits neighbours, and the bits."""
        bits = max(0, self._size.bit_length() - 1 - _MAX_RUNS_BITS)
        count = self._size >> bits
        runs = self.card.empty(count, np.float64)
        self._launch("runs", -(-count // 8), np.uint64(count), np.int32(bits), runs)
        return runs, bits


def hadamard_on_card(card: Card, values: Array) -> None:
    """``out[m] = sum_k (-1)**popcount(k & m) values[k]`` in place, four bits a pass."""
    kernel = card.kernel("measure.cu", "hadamard", Build().measuring())
    bits = int(values.size).bit_length() - 1
    for at in range(0, bits, 4):
        width = min(4, bits - at)
        arguments = np.uint64(card.address(values)), np.uint64(values.size), np.int32(at), np.int32(width)
        kernel((blocks_for(values.size >> 4), 1), POINT_THREADS, arguments)


def product_state(card: Card, factors: Float, dtype: np.dtype[Any]) -> Array:
    """Amplitudes ``prod_i factors[i, bit i]``, shape (2**n,), of factors, shape (n, 2).

    Made from two tables of half the qubits each.
    """
    n = len(factors)
    low = n // 2
    tables = []
    for part in (factors[:low], factors[low:]):
        table = np.ones(1)
        for zero, one in part:
            table = np.concatenate([zero * table, one * table])
        tables.append(card.upload(table))
    out = card.empty(1 << n, dtype)
    kernel = card.kernel("measure.cu", "product", Build(32 if dtype == np.complex64 else 64).measuring())
    addresses = [np.uint64(card.address(table)) for table in tables]
    kernel(
        (blocks_for(1 << n), 1),
        POINT_THREADS,
        (np.uint64(card.address(out)), np.uint64(1 << n), *addresses, np.int32(low)),
    )
    return out
