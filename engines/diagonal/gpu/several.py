"""One state over 2**g cards of a host: amplitudes split by their top g qubits, one exchange a layer.

The exchange swaps the cards' number with the top g bits of the local index, so that the qubits that no card could
rotate become local; the next layer starts in the swapped order. Chunks of the state are sent while others are still
rotated. Limits: energies of circuits from the uniform superposition (no derivatives), full states, cards of one host
in one process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ....core.errors import UnsupportedError
from ..diagonal import dense_terms, integer_multiples
from . import layout
from .circuit import Tuning
from .device import Array, Build, Card
from .energies import CardDiagonal, Terms, narrowest, require_card_bytes
from .layout import Group
from .passes import add_up, header_of
from .program import phases_of, rotations_of

Float = npt.NDArray[np.float64]

_CHUNK_BITS = 4


class Link(Protocol):
    """What moves amplitudes between cards: `start` after the work given to them so far, `wait` before more."""

    cards: Sequence[Card]

    def use(self, rank: int) -> None:
        """Make that card, and the stream it computes on, those of the calls that follow."""

    def release(self) -> None:
        """Go back to the first card and its default stream."""

    def start(self, chunk: int, states: Sequence[Array], begins: Sequence[int], length: int) -> None:
        """Slot j of card r goes to slot r of card j: ``length`` amplitudes from ``begins[j]`` on."""

    def wait(self, chunk: int) -> None:
        """What the cards are given from now on waits for that chunk."""


@dataclass(frozen=True)
class Split:
    """Groups of a card's local qubits: `low` goes before the exchange, `top` (with the swapped bits) after it.

    Parameters
    ----------
    local, swapped : qubits of a card, and g
    chunk_bits : bits just below the swapped ones that number the chunks; neither low nor top rotates them
    """

    local: int
    swapped: int
    low: Group
    middle: tuple[Group, ...]
    top: Group
    chunk_bits: int

    @classmethod
    def of(cls, local: int, swapped: int, tile: int, fewest_carried: int) -> Split:
        """The split with as few groups as tiles allow.

        >>> Split.of(31, 2, 13, 3).top
        Group(carried=3, near=(13, 8), far=(29, 2), first=3, is_folded=False)

        Raises
        ------
        UnsupportedError
            Each card would hold too few qubits.
        """
        if local - swapped < tile:
            raise UnsupportedError(
                f"a card must hold at least {tile + swapped} qubits where there are {1 << swapped}, got {local}; "
                "use fewer cards"
            )
        below = local - swapped
        near = min(tile - fewest_carried - swapped, below - tile)
        carried = tile - near - swapped
        top = Group(carried, (tile, near), (below, swapped), carried)
        middle, at = [], tile + near
        left = below - at
        count = -(-left // (tile - fewest_carried))
        for k in range(count):
            width = left // count + (k < left % count)
            middle.append(Group(tile - width, (at, width), (at + width, 0), tile - width))
            at += width
        chunk_bits = min(_CHUNK_BITS, middle[-1].near[1]) if middle else 0
        return cls(local, swapped, Group(tile, (tile, 0), (tile, 0), 0), tuple(middle), top, chunk_bits)

    def order(self, is_swapped: bool) -> npt.NDArray[np.int64]:
        """The qubit at each local bit, then at each bit of the card's number; shape (local + swapped,)."""
        qubits = np.arange(self.local + self.swapped)
        below = self.local - self.swapped
        if is_swapped:
            qubits[below:] = np.roll(qubits[below:], self.swapped)
        return qubits


@dataclass(frozen=True, eq=False)
class SplitCost:
    """A QUBO's diagonal over several cards, in both orders of the qubits; one unit, offset and stored type for all."""

    split: Split
    parts: tuple[tuple[CardDiagonal, ...], tuple[CardDiagonal, ...]]
    offset: float
    unit: float

    @property
    def n(self) -> int:
        """Number of qubits."""
        return self.split.local + self.split.swapped


def split_cost(
    link: Link,
    linear: npt.ArrayLike,
    rows: npt.ArrayLike = (),
    cols: npt.ArrayLike = (),
    values: npt.ArrayLike = (),
    offset: float = 0.0,
    *,
    dtype: str = "complex64",
    tuning: Tuning | None = None,
) -> SplitCost:
    """Diagonal of a QUBO's terms over all cards of a link; arguments as in `CostDiagonal.from_arrays`, of its shapes.

    Raises
    ------
    UnsupportedError
        The number of cards is no power of two, or states and diagonals do not fit; nothing was allocated.
    """
    tuning = tuning or Tuning()
    swapped = len(link.cards).bit_length() - 1
    if len(link.cards) != 1 << swapped or not swapped:
        raise UnsupportedError(f"cards must be 2, 4, 8, ..., got {len(link.cards)}; leave some out")
    fields, couplings = dense_terms(linear, rows, cols, values)
    n = fields.size
    index = 0 if dtype == "complex64" else 1
    local = n - swapped
    tile = tuning.large_tile if dtype == "complex64" and local + swapped > tuning.large_from else tuning.tile
    split = Split.of(local, swapped, tile, tuning.carried[index])
    scaled = integer_multiples(np.concatenate([fields, couplings[np.triu_indices(n, 1)]]))
    unit = 1.0 if scaled is None else scaled[1]
    fields, couplings = (fields, couplings) if scaled is None else (np.rint(fields / unit), np.rint(couplings / unit))
    terms = [[_local_terms(link, split, fields, couplings, r, o) for r in range(1 << swapped)] for o in (False, True)]
    ranges = []
    for rank, (part, constant) in enumerate(terms[0]):
        link.use(rank)
        ranges.append(np.array(part.range()) + constant)
    lowest, highest = min(r[0] for r in ranges), max(r[1] for r in ranges)
    kind, shift = narrowest(lowest, highest, scaled is not None)
    _require(link, split, dtype, kind)
    made = []
    for row in terms:
        parts = []
        for rank, (part, constant) in enumerate(row):
            link.use(rank)
            data = part.fill(kind, shift - constant)
            parts.append(CardDiagonal(link.cards[rank], data, local, unit, 0.0, lowest, highest, False))
        made.append(tuple(parts))
    link.release()
    return SplitCost(split, (made[0], made[1]), offset + unit * shift, unit)


def energy(
    link: Link,
    cost: SplitCost,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    dtype: str = "complex64",
    tuning: Tuning | None = None,
) -> float:
    """Mean energy after p >= 1 QAOA layers over all cards of the link.

    Raises
    ------
    ValueError
        Gammas and betas are not of one shape (p,) with p >= 1.
    """
    gamma, beta = np.atleast_1d(np.asarray(gammas, float)), np.atleast_1d(np.asarray(betas, float))
    if gamma.shape != beta.shape or gamma.ndim != 1 or not gamma.size:
        raise ValueError(f"gammas and betas must have one shape (p,), p >= 1, got {gamma.shape} and {beta.shape}")
    run = _Run(link, cost, gamma, np.repeat(beta[:, None], cost.n, axis=1), np.dtype(dtype), tuning or Tuning())
    return run.energy()


class _Run:
    """One circuit on all cards: their states, tables and launches."""

    def __init__(
        self, link: Link, cost: SplitCost, gammas: Float, angles: Float, dtype: np.dtype[Any], tuning: Tuning
    ) -> None:
        self.link, self.cost, self.split, self.layers = link, cost, cost.split, gammas.size
        index = 0 if dtype == np.complex64 else 1
        tile = self.split.low.bits.size
        blocks = tuning.blocks[index] if tile <= tuning.tile else 2
        self.build = Build(32 << index, cost.parts[0][0].kind, tile, min(tuning.held, tile), blocks)
        self.real = np.dtype(np.float32 if index == 0 else np.float64)
        self.size = 1 << self.split.local
        self.rotations = rotations_of(angles[None], together=True)
        self.turns = gammas * cost.unit / (2 * np.pi)
        self.rows = self._rows()
        self.states: list[Array] = []
        self.sums: list[Array] = []
        self.headers: list[np.uint64] = []
        self.held: list[Array] = []
        for rank, card in enumerate(link.cards):
            link.use(rank)
            self.states.append(card.empty(self.size, dtype))
            self.sums.append(card.empty(2 * (self.size >> tile), np.float64))
            self._make_header(rank, card)

    def _rows(self) -> list[tuple[Group, int, int | None, int | None, int | None]]:
        """(group, flags, layer before, layer of the phase, layer after) of each pass."""
        rows: list[tuple[Group, int, int | None, int | None, int | None]] = []
        store = layout.STORE
        for layer in range(self.layers):
            first = layout.MIX_BEFORE if layer else layout.START
            before = layer - 1 if layer else None
            rows.append((self.split.top, first | layout.PHASE | layout.MIX_AFTER | store, before, layer, layer))
            for group in (*self.split.middle, self.split.low):
                rows.append((group, layout.MIX_BEFORE | store, layer, None, None))
        rows.append((self.split.top, layout.MIX_BEFORE | layout.MEASURE, self.layers - 1, None, None))
        return rows

    def _make_header(self, rank: int, card: Card) -> None:
        tile, held = self.build.tile, self.build.held
        first, second = self.rotations.first[0], self.rotations.second[0]
        plain, scales = self.rotations.is_plain[0], self.rotations.scales[0]
        ints = np.zeros((len(self.rows), layout.COLUMNS), dtype=np.int32)
        rotations = np.zeros((1, len(self.rows), 2 * tile + 1, 2), dtype=self.real)
        rotations[..., 0] = 1.0
        phases = np.zeros(len(self.rows))
        diagonals = []
        for k, (group, flags, before, phase, after) in enumerate(self.rows):
            flags |= layout.PLAIN_BEFORE if before is not None and plain[before] else 0
            flags |= layout.PLAIN_AFTER if after is not None and plain[after] else 0
            ints[k] = layout.row_of(group, flags, held)
            # The swapped bits alone are left over from the layer before.
            is_rest = group is self.split.top and before is not None
            ints[k, 6] = tile - self.split.swapped if is_rest else group.first
            ints[k, 8] = min(ints[k, 6:8].min() if after is not None else ints[k, 6], tile) // held
            ints[k, 8] = min(int(ints[k, 8]), -(-tile // held) - 1)
            layer = before if after is None else after
            assert layer is not None
            order = self.split.order(bool(layer % 2) != (is_rest and after is None))
            qubits = order[group.bits]
            if before is not None:
                rotations[0, k, 1 : 1 + tile] = np.stack([first[before][qubits], second[before][qubits]], axis=1)
            if after is not None:
                rotations[0, k, 1 + tile :] = np.stack([first[after][qubits], second[after][qubits]], axis=1)
            rotations[0, k, 0] = 1.0 if after is None else scales[after], (self.size * len(self.link.cards)) ** -0.5
            phases[k] = 0.0 if phase is None else self.turns[phase]
            diagonals.append(None if phase is None else self.cost.parts[phase % 2][rank].data)
        weights = self.cost.parts[self.layers % 2][rank].data
        held_table, address = header_of(
            card,
            (ints, phases_of(phases[None]), rotations),
            diagonals,
            (self.states[rank], None),
            weights,
            self.sums[rank],
            self.size,
        )
        self.held.append(held_table)
        self.headers.append(address)

    def energy(self) -> float:
        passes = 2 + len(self.split.middle)
        chunks = 1 << self.split.chunk_bits
        blocks = self.size >> self.build.tile
        for layer in range(self.layers):
            row = layer * passes
            self._top(row, chunks, blocks, is_first=layer == 0)
            for k in range(len(self.split.middle)):
                self._launch(row + 1 + k, 0, blocks)
            self._low(row + passes - 1, chunks)
        self._top(self.layers * passes, chunks, blocks, is_first=False, at_once=True)
        found = np.zeros(2)
        for rank, card in enumerate(self.link.cards):
            self.link.use(rank)
            totals = card.empty(2, np.float64)
            add_up(card, self.sums[rank], 2, blocks, totals)
            found += card.download(totals)
        self.link.release()
        return float(self.cost.offset + self.cost.unit * found[0] / found[1])

    def _top(self, row: int, chunks: int, blocks: int, *, is_first: bool, at_once: bool = False) -> None:
        """The pass after an exchange: each chunk as soon as it has come. Chunk bits are its blocks' highest."""
        for chunk in range(chunks):
            if not is_first:
                self.link.wait(chunk)
            if not at_once:
                self._launch(row, chunk * (blocks // chunks), blocks // chunks)
        if at_once:
            self._launch(row, 0, blocks)

    def _low(self, row: int, chunks: int) -> None:
        """The pass before an exchange: each chunk is sent as soon as it is done."""
        slots = len(self.link.cards)
        slot = self.size // slots
        length = slot // chunks
        for chunk in range(chunks):
            begins = [j * slot + chunk * length for j in range(slots)]
            for begin in begins:
                self._launch(row, begin >> self.build.tile, length >> self.build.tile)
            self.link.start(chunk, self.states, begins, length)

    def _launch(self, row: int, first: int, count: int) -> None:
        for rank, card in enumerate(self.link.cards):
            self.link.use(rank)
            kernel = card.kernel("forward.cu", "forward", self.build, self.build.tile_bytes)
            kernel.sweep((count, 1), self.build.threads, self.headers[rank], range(row, row + 1), first)


def _local_terms(
    link: Link, split: Split, fields: Float, couplings: Float, rank: int, is_swapped: bool
) -> tuple[Terms, float]:
    """A card's part of a QUBO: its local variables in order, the others fixed to the bits of its number."""
    link.use(rank)
    order = split.order(is_swapped)
    both = couplings + couplings.T
    inside, outside = order[: split.local], order[split.local :]
    bits = ((rank >> np.arange(split.swapped)) & 1).astype(np.float64)
    linear = fields[inside] + both[np.ix_(inside, outside)] @ bits
    constant = float(fields[outside] @ bits + bits @ np.triu(both[np.ix_(outside, outside)], 1) @ bits)
    return Terms(link.cards[rank], linear, np.triu(both[np.ix_(inside, inside)], 1), split.local), constant


def _require(link: Link, split: Split, dtype: str, kind: int) -> None:
    """Refuse what does not fit: a state, two diagonals and the buffers of an exchange on each card."""
    sizes = 1, 2, 4, 8
    size = 1 << split.local
    need = size * np.dtype(dtype).itemsize + 2 * size * sizes[kind]
    need += 2 * (size >> split.chunk_bits) * np.dtype(dtype).itemsize + (need >> 8)
    n, cards = split.local + split.swapped, len(link.cards)
    for rank, card in enumerate(link.cards):
        link.use(rank)
        require_card_bytes(
            card,
            need,
            f"a part of the state of {n} qubits on {cards} cards",
            "lower the number of qubits, or more cards",
        )
