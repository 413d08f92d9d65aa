"""Many instances of one size at once: their diagonals side by side on the card, one launch a pass for all.

Below 20 qubits one state does not fill a card; a thousand do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..diagonal import CostDiagonal
from .circuit import Circuit
from .device import Card
from .energies import KINDS, CardDiagonal, require_card_bytes
from .engine import require_circuit, tuning_of

Float = npt.NDArray[np.float64]

#: Blocks of a launch's second dimension.
MAX_INSTANCES = 65535


@dataclass(frozen=True, eq=False)
class CardBatch:
    """Costs of B instances of n variables.

    Parameters
    ----------
    stacked : their energies one after another, halves where all of them are symmetric under flipping all bits
    units, offsets : shape (B,)
    """

    stacked: CardDiagonal
    units: Float
    offsets: Float
    lowest: Float

    @classmethod
    def from_costs(cls, card: Card, costs: Sequence[CostDiagonal]) -> CardBatch:
        """The diagonals of the host, uploaded in the smallest type that holds them all.

        Raises
        ------
        ValueError
            Too many costs, or costs of several sizes.
        """
        sizes = {cost.n for cost in costs}
        if len(sizes) != 1 or len(costs) > MAX_INSTANCES:
            raise ValueError(f"costs must be 1..{MAX_INSTANCES} of one size, got {len(costs)} of sizes {sorted(sizes)}")
        n = sizes.pop()
        is_half = all(cost.is_symmetric for cost in costs) and n > tuning_of(card).tile
        size = 2 ** (n - is_half)
        kind = max(_kind(cost) for cost in costs)
        require_card_bytes(card, len(costs) * size * KINDS[kind].itemsize, f"{len(costs)} diagonals of {n} variables")
        stacked = np.empty((len(costs), size), dtype=KINDS[kind])
        shifts = np.zeros(len(costs))
        for row, cost in enumerate(costs):
            shifts[row] = _shift(cost) if kind == 0 else 0
            stacked[row] = cost.data[:size] - cost.data.dtype.type(shifts[row])
        units = np.array([cost.unit for cost in costs])
        offsets = np.array([cost.offset for cost in costs]) + units * shifts
        data = card.upload(stacked.reshape(-1))
        made = CardDiagonal(card, data, n, 1.0, 0.0, 0.0, 0.0, is_half)
        return cls(made, units, offsets, np.array([cost.min for cost in costs]))

    @property
    def size(self) -> int:
        """Number of instances."""
        return int(self.units.size)

    def energies(self, gammas: Float, betas: Float, dtype: str = "complex64") -> Float:
        """Mean energy of each instance at its own angles, shape (B,); gammas and betas of shape (B, p)."""
        circuit = self._circuit(gammas, betas, dtype)
        require_circuit(circuit, states=0 if circuit.is_whole else 1)
        states = None if circuit.is_whole else circuit.empty()
        sums = circuit.forward(states, self.stacked, starts=True, stores=False)
        assert sums is not None
        return np.asarray(self.offsets + self.units * sums[:, 0] / sums[:, 1])

    def values_and_gradients(self, gammas: Float, betas: Float, dtype: str = "complex64") -> tuple[Float, Float, Float]:
        """Mean energies (B,) and their derivatives by gammas and betas (B, p)."""
        circuit = self._circuit(gammas, betas, dtype)
        require_circuit(circuit, states=2)
        states = circuit.empty()
        sums = circuit.forward(states, self.stacked, starts=True, stores=True)
        assert sums is not None
        mean = sums[:, 0] / sums[:, 1]
        caps = np.stack([np.full(self.size, np.inf), mean], axis=1)
        by_turn, by_angle = circuit.backward(states, self.stacked, caps)
        unit = self.units[:, None]
        return self.offsets + self.units * mean, unit**2 * by_turn, unit * by_angle.sum(axis=2)

    def _circuit(self, gammas: Float, betas: Float, dtype: str) -> Circuit:
        if gammas.shape != betas.shape or gammas.shape[0] != self.size or gammas.ndim != 2 or not gammas.shape[1]:
            raise ValueError(f"gammas and betas must have shape ({self.size}, p), got {gammas.shape}, {betas.shape}")
        cost = self.stacked
        turns = gammas * (self.units[:, None] / (2 * np.pi))
        angles = np.repeat(betas[:, :, None], cost.n, axis=2)
        diagonals = (cost,) * gammas.shape[1]
        return Circuit(
            cost.card,
            cost.n,
            np.dtype(dtype),
            diagonals,
            turns,
            angles,
            is_half=cost.is_symmetric,
            is_shared=False,
            tuning=tuning_of(cost.card),
        )


def _kind(cost: CostDiagonal) -> int:
    """Number of the smallest stored type in `KINDS`."""
    if cost.data.dtype == np.int16:
        return int(cost.data.max()) - int(cost.data.min()) > 255
    return KINDS.index(cost.data.dtype)


def _shift(cost: CostDiagonal) -> int:
    return (int(cost.data.max()) + int(cost.data.min()) + 1) // 2
