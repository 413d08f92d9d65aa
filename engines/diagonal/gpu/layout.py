"""Which qubits a pass over the state rotates, and the order of the passes: plain index arithmetic, no card needed.

A tile of 2**tile amplitudes fits a block of the card. The lowest group is the tile's own bits; a higher group carries
some of the lowest bits along, so that memory is read in whole lines, and rotates a run of higher ones. Groups are
walked up and down, so that the last group of a layer is the first of the next one: g groups cost g - 1 passes a layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

#: Flags of a pass, as in kernels/tile.h.
START, MIX_BEFORE, PHASE, MIX_AFTER, MEASURE, STORE, PLAIN_BEFORE, PLAIN_AFTER, FOLDED, WEIGH, DENSITY = (
    1 << k for k in range(11)
)
#: Ints of a pass in the table, as in kernels/tile.h.
COLUMNS = 9

Int = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Group:
    """Bits of one tile: ``carried`` lowest bits, then the runs ``near`` and ``far``; local bits from `first` rotate.

    Parameters
    ----------
    near, far : (first bit, number of bits); far may be empty
    is_folded : the top bit is that of a half state's opposite points
    """

    carried: int
    near: tuple[int, int]
    far: tuple[int, int]
    first: int
    is_folded: bool = False

    @cached_property
    def bits(self) -> Int:
        """The state's bit of each local bit."""
        runs = [np.arange(self.carried)] + [np.arange(at, at + width) for at, width in (self.near, self.far)]
        return np.concatenate(runs)

    @cached_property
    def qubits(self) -> Int:
        """The qubit that each local bit's rotation is about; -1 for bits that are only carried."""
        out = self.bits.copy()
        out[: self.first] = -1
        return out

    def indices(self, block: int, size: int) -> Int:
        """Where in the state the points of a block's tile stand, shape (2**tile,): what the kernels compute."""
        bits = self.bits
        base = block << self.carried
        for at, width in (self.near, self.far):
            if width:
                low = base & ((1 << at) - 1)
                base = ((base ^ low) << width) | low
        local = np.arange(1 << bits.size)
        index = base + (((local[:, None] >> np.arange(bits.size)) & 1) << bits).sum(axis=1)
        if self.is_folded:
            index = np.where(index & size, index ^ (2 * size - 1), index)
        return np.asarray(index, dtype=np.int64)


@dataclass(frozen=True)
class Step:
    """One pass: a group, the layer it finishes, the layer whose phase it applies, and the layer it begins."""

    group: int
    before: int | None
    phase: int | None
    after: int | None
    is_first: bool = False
    is_last: bool = False


def groups_of(qubits: int, tile: int, fewest_carried: int, is_half: bool = False) -> tuple[Group, ...]:
    """The fewest groups for so many qubits, with as many carried bits as they leave room for.

    Parameters
    ----------
    fewest_carried : lowest bits that a higher group reads together at least

    Raises
    ------
    ValueError
        The qubits fit in one tile, which needs no groups.

    Examples
    --------
    >>> [(group.carried, group.near) for group in groups_of(28, 12, 4)]
    [(12, (12, 0)), (4, (12, 8)), (4, (20, 8))]
    """
    if qubits <= tile:
        raise ValueError(f"qubits must be more than a tile's {tile}, got {qubits}")
    groups = [Group(tile, (tile, 0), (tile, 0), 0)]
    left = qubits - tile
    count = -(-left // (tile - fewest_carried))
    at = tile
    for k in range(count):
        width = left // count + (k < left % count)
        is_folded = is_half and k == count - 1
        groups.append(Group(tile - width, (at, width), (at + width, 0), tile - width, is_folded))
        at += width
    return tuple(groups)


def forward_steps(groups: int, layers: int) -> Iterator[Step]:
    """The passes of a circuit of two groups or more, from the uniform superposition or a loaded state."""
    yield Step(0, None, 0, 0, is_first=True)
    at = 0
    for layer in range(layers):
        order = range(1, groups) if at == 0 else range(groups - 2, -1, -1)
        for at in order:
            is_turn = at == order[-1]
            following = layer + 1 if is_turn and layer + 1 < layers else None
            yield Step(at, layer, following, following, is_last=is_turn and layer + 1 == layers)


def backward_steps(groups: int, layers: int) -> Iterator[Step]:
    """The passes back, the last layer first; ``phase`` is the layer whose phase is taken back."""
    at = groups - 1
    is_first = True
    for layer in reversed(range(layers)):
        order = range(groups - 1, -1, -1) if at == groups - 1 else range(groups)
        for at in order[0 if is_first else 1 :]:
            is_turn = at == order[-1]
            phase = layer if is_turn else None
            following = layer - 1 if is_turn and layer else None
            yield Step(at, layer, phase, following, is_first=is_first, is_last=is_turn and layer == 0)
            is_first = False


def row_of(group: Group, flags: int, held: int) -> list[int]:
    """A pass's ints in the table of its program."""
    top = -(-group.bits.size // held) - 1
    bottom = min(group.first // held, top)
    flags |= FOLDED if group.is_folded else 0
    near, far = group.near, group.far
    return [flags, group.carried, near[1], near[0], far[1], far[0], group.first, group.first, bottom]


def exchanged(rank: int, ranks: int, size: int) -> tuple[Int, Int]:
    """Where each amplitude of a card stands before the exchange of its top bits with the card's number.

    Returns the card and the index there, each of shape (size,): slot j of card r is slot r of card j.

    Examples
    --------
    >>> exchanged(1, 2, 4)
    (array([0, 0, 1, 1]), array([2, 3, 2, 3]))
    """
    slot = size // ranks
    index = np.arange(size)
    return index // slot, rank * slot + index % slot
