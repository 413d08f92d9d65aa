"""A batch of replicas on a card: spins as bits there, advanced by kernels/lanes.cu or, for dense models, rows.cu.

Both layouts make the same flips of a whole-numbered model. Limits: single flips in the order of the variables; one
card; the dense layout needs n**2 to 8 n**2 bytes for J.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ....core import Float, UnsupportedError
from ....core.margins import ROUNDING
from ...diagonal.gpu import device
from ..model import IsingModel
from . import tables

if TYPE_CHECKING:
    from ..engine import How

Layout = Literal["lanes", "rows"]

KERNELS = Path(__file__).parent / "kernels"
#: Replicas of a batch: what fills the largest cards of today.
BATCHES: dict[Layout, int] = {"lanes": 1 << 16, "rows": 1 << 13}
#: Share of all pairs, for couplings in bytes and for others, from which on rows are taken: with bytes they were faster
#: from 6 % on for 500 and 1,000 variables, on an H200.
BYTE_SHARE, WIDE_SHARE, LEAST_DENSE = 0.05, 0.25, 32
#: Shared memory that a block takes at most.
BLOCK_BYTES = 1 << 16
#: Warps of a block, where so many fit.
WARPS: dict[Layout, int] = {"lanes": 2, "rows": 4}
#: Flips tried and sweeps made by one launch at most: a second's work, so that a run can be ended.
LAUNCH_FLIPS, LAUNCH_SWEEPS = 1e11, 4096
#: Spins that are taken from the card at once.
POINT_BYTES = 1 << 28


@dataclass(frozen=True)
class Build:
    """Settings of the kernels at compile time; see kernels/random.h."""

    is_real: bool
    has_levels: bool
    is_gibbs: bool
    weight_bytes: int

    @property
    def options(self) -> tuple[str, ...]:
        names = ("REAL", "LEVELS", "GIBBS", "WEIGHT")
        return tuple(f"-D{name}={int(value)}" for name, value in zip(names, astuple(self)))


def require_card() -> device.Card:
    """The card that runs use.

    Raises
    ------
    UnsupportedError
        There is none, with the reason and the remedy.
    """
    reason = device.why_missing()
    if reason:
        raise UnsupportedError(f"device must be cpu here, got 'gpu' ({reason})")
    return device.card()


def layout_of(model: IsingModel, wanted: Layout | None) -> Layout:
    """The layout that is faster on a card, unless one is asked for."""
    if wanted is not None:
        return wanted
    n = model.num_variables
    degree = len(model.col) / max(1, n)
    share = BYTE_SHARE if tables.weight_type(model) is np.int8 else WIDE_SHARE
    is_dense = degree >= LEAST_DENSE and degree >= share * (n - 1)
    return "rows" if is_dense and _row_bytes(model) <= BLOCK_BYTES else "lanes"


class CardModel:
    """A model's tables on the card, and the kernels for it.

    Raises
    ------
    UnsupportedError
        There is no card, the tables do not fit in its memory, or a dense layout was asked for too many variables.
    """

    def __init__(self, model: IsingModel, how: How) -> None:
        self.model, self.how, self.card = model, how, require_card()
        self.layout = layout_of(model, how.layout)
        n = model.num_variables
        number = np.float64 if tables.is_real(model) else np.int32
        down = tables.fields_down(model)
        if self.layout == "rows":
            bytes_a_warp = _row_bytes(model)
            if bytes_a_warp > BLOCK_BYTES:
                raise UnsupportedError(f"layout must be lanes for {n} variables on a card, got 'rows'")
            couplings = tables.doubled_rows(model)
            parts, weight = [couplings, down.astype(number)], couplings.itemsize
        else:
            bytes_a_warp, weight = 4 * tables.LEVELS * tables.has_levels(model), 0
            packed, starts = tables.entries(model)
            fields = np.zeros(tables.whole_fours(n), dtype=number)
            fields[:n] = down
            parts = [packed.view(np.uint8), starts, fields]
        _require_memory(self.card, sum(part.nbytes for part in parts), "the couplings")
        self.arrays = [self.card.upload(part) for part in parts]
        self.warps = max(1, min(WARPS[self.layout], BLOCK_BYTES // max(1, bytes_a_warp)))
        build = Build(tables.is_real(model), tables.has_levels(model), how.is_gibbs, weight)
        shared = self.warps * bytes_a_warp
        self.kernel = self.card.kernel(KERNELS / f"{self.layout}.cu", self.layout, build, shared)
        self.unpack = self.card.kernel(KERNELS / "points.cu", "points", Build(False, False, False, 0))


class CardReplicas:
    """A batch in the course of its anneal.

    Parameters
    ----------
    key : 64 bits; with a replica's number in the batch they say all its random words.
    initial : spins (count, n); None draws them.
    """

    def __init__(self, prepared: CardModel, count: int, key: int, initial: npt.NDArray[np.int8] | None = None) -> None:
        self.prepared, self.model, self.count, self.key = prepared, prepared.model, count, key
        self.is_fresh, self.sweeps, self.attempts, self.flips = initial is None, 0, 0, 0
        card, n = prepared.card, self.model.num_variables
        self.warps = count if prepared.layout == "rows" else -(-count // 32)
        self.words = tables.padded_size(n) // 32 if prepared.layout == "rows" else n
        _require_memory(card, 4 * self.warps * self.words, f"the spins of {count:,} replicas")
        if initial is None:
            self.state = card.zeros((self.warps, self.words), np.uint32)
        else:
            self.state = card.upload(self._packed(initial))
        self._flips = card.zeros(1, np.uint64)
        self._passes = card.zeros(self.warps, np.int32)

    def advance(self, half_temperatures: Float, *, descend: bool = False) -> None:
        """One sweep at each temperature, shape (sweeps,): half of T, in units of the model's whole numbers."""
        n = self.model.num_variables
        if not n:
            return
        smallest = ROUNDING * float(self.model.largest_fields.max(initial=1.0))
        descent = 0.0 if not descend else -smallest if self.model.kind == "float64" else -1.0
        t = np.asarray(half_temperatures, dtype=np.float64)
        step = int(max(1, min(LAUNCH_SWEEPS, LAUNCH_FLIPS // (n * self.count), 2**30 // n)))  # flips are counted in int
        firsts = range(0, max(1, len(t)), step)
        for first in firsts:
            part = t[first : first + step]
            self._launch(part, descent if first == firsts[-1] else 0.0)
            self.sweeps += len(part)
            self.is_fresh = False
        self.flips = int(self.prepared.card.download(self._flips)[0])
        lanes = 1 if self.prepared.layout == "rows" else 32
        passes = int(self.prepared.card.download(self._passes).sum()) if descend else 0
        self.attempts += n * lanes * (len(t) * self.warps + passes)

    def points(self) -> npt.NDArray[np.int8]:
        """Spins of each replica, shape (count, n)."""
        card, n = self.prepared.card, self.model.num_variables
        found = np.empty((self.count, n), dtype=np.int8)
        step = max(1, POINT_BYTES // max(1, n))
        for first in range(0, self.count if n else 0, step):
            part = found[first : first + step]
            spins = card.empty(part.shape, np.int8)
            numbers = n, self.words, self.prepared.layout == "rows", first, len(part)
            self.prepared.unpack(
                (device.blocks_for(part.size), 1),
                device.POINT_THREADS,
                (
                    np.uint64(card.address(self.state)),
                    np.uint64(card.address(spins)),
                    *(np.int32(number) for number in numbers),
                ),
            )
            part[:] = card.download(spins)
        return found

    def _launch(self, half_temperatures: Float, descent: float) -> None:
        prepared, card = self.prepared, self.prepared.card
        rules = tables.rules(self.model, half_temperatures, prepared.how.is_gibbs)
        table = card.upload(rules if rules.size else np.zeros(tables.LEVELS, dtype=np.uint64))
        n = self.model.num_variables
        sizes = (n, 32 * self.words, self.warps) if prepared.layout == "rows" else (n, self.warps)
        numbers = *sizes, self.sweeps, len(half_temperatures), int(self.is_fresh)
        pointers = [*prepared.arrays, table, self.state, self._flips]
        arguments = (
            *(np.uint64(card.address(array)) for array in pointers),
            *(np.int32(number) for number in numbers),
            np.uint64(self.key),
            np.float64(descent),
            np.uint64(card.address(self._passes)),
        )
        prepared.kernel((-(-self.warps // prepared.warps), 1), 32 * prepared.warps, arguments)

    def _packed(self, spins: npt.NDArray[np.int8]) -> npt.NDArray[np.uint32]:
        """Bits of the spins (count, n) as the kernel of the layout wants them, (warps, words)."""
        up = spins > 0
        if self.prepared.layout == "rows":
            wide = np.zeros((self.warps, 32 * self.words), dtype=bool)
            wide[:, : up.shape[1]] = up
        else:
            wide = np.zeros((32 * self.warps, up.shape[1]), dtype=bool)
            wide[: len(up)] = up
            wide = wide.reshape(self.warps, 32, -1).swapaxes(1, 2).reshape(self.warps, -1)
        packed = np.packbits(wide, axis=1, bitorder="little")
        return np.ascontiguousarray(packed).view("<u4").astype(np.uint32)


def _require_memory(card: device.Card, size: int, what: str) -> None:
    free = card.free_bytes()
    if size > free:
        raise UnsupportedError(
            f"{what} must fit in the free memory of {card.name}, {free:,} bytes, got {size:,}; use device='cpu'"
        )


def _row_bytes(model: IsingModel) -> int:
    """Shared memory of one replica of rows: its fields and spins."""
    padded = tables.padded_size(model.num_variables)
    return padded * (8 if tables.is_real(model) else 4) + padded // 8
