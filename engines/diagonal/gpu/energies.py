"""Cost diagonals on the card: uploaded, or made there from a QUBO's terms.

One byte a point where the energies are at most 255 units apart, else two, four or eight. A diagonal made from terms
that is symmetric under flipping all bits keeps its first half only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ....core.errors import UnsupportedError
from ..diagonal import CostDiagonal, dense_terms, doubled, integer_multiples
from .device import MAX_BLOCKS, POINT_THREADS, Array, Build, Card, blocks_for

Float = npt.NDArray[np.float64]

#: Stored types, as DIAGONAL counts them in kernels/types.h.
KINDS = tuple(np.dtype(name) for name in ("int8", "int16", "float32", "float64"))

_LOW_BITS = 10


@dataclass(frozen=True, eq=False)
class CardDiagonal:
    """Energies ``offset + unit * data[k]``; `data` is an array of the card, of 2**n points or of the first half."""

    card: Card
    data: Array
    n: int
    unit: float
    offset: float
    lowest: float
    highest: float
    is_symmetric: bool

    @classmethod
    def from_cost(cls, card: Card, cost: CostDiagonal) -> CardDiagonal:
        """A diagonal of the host, uploaded once and kept as long as that one lives."""
        known: CardDiagonal | None = card.diagonals.get(cost)
        if known is None:
            lowest, highest = (float(cost.data[k]) for k in (cost.argmin, cost.argmax))
            data, shift = cost.data, 0
            if cost.data.dtype == np.int16 and highest - lowest <= 255:
                shift = _centre(lowest, highest)
                data = (cost.data - np.int16(shift)).astype(np.int8)
            require_card_bytes(card, data.nbytes, f"the cost diagonal of {cost.n} variables")
            known = cls(
                card,
                card.upload(data),
                cost.n,
                cost.unit,
                cost.offset + cost.unit * shift,
                lowest - shift,
                highest - shift,
                cost.is_symmetric,
            )
            card.diagonals[cost] = known
        return known

    @classmethod
    def from_arrays(
        cls,
        card: Card,
        linear: npt.ArrayLike,
        rows: npt.ArrayLike = (),
        cols: npt.ArrayLike = (),
        values: npt.ArrayLike = (),
        offset: float = 0.0,
        *,
        kind: int | None = None,
    ) -> CardDiagonal:
        """Diagonal of a QUBO's terms, made on the card; arguments and shapes are those of `CostDiagonal.from_arrays`.

        Parameters
        ----------
        kind : number of the stored type in `KINDS`; None takes the smallest that is exact

        Raises
        ------
        UnsupportedError
            It does not fit in the card's memory; nothing was allocated.
        """
        fields, couplings = dense_terms(linear, rows, cols, values)
        n = fields.size
        coefficients = np.concatenate([fields, couplings[np.triu_indices(n, 1)]])
        scaled = integer_multiples(coefficients) if kind is None else None
        unit, is_symmetric = 1.0, False
        if scaled is not None:
            unit = scaled[1]
            fields, integers = scaled[0][:n], np.zeros((n, n))
            integers[np.triu_indices(n, 1)] = scaled[0][n:]
            couplings = integers
            is_symmetric = n > 1 and not (2 * fields + (couplings + couplings.T).sum(axis=1)).any()
        terms = Terms(card, fields, couplings, n - is_symmetric)
        shift = 0
        if kind is None:
            lowest, highest = terms.range()
            kind, shift = narrowest(lowest, highest, scaled is not None)
        data = terms.fill(kind, shift)
        made = cls(card, data, n, unit, offset + unit * shift, 0.0, 0.0, is_symmetric)
        lowest, highest = made._range()
        made = replace(made, lowest=lowest, highest=highest)
        return made if is_symmetric else replace(made, is_symmetric=made._is_its_mirror())

    @property
    def kind(self) -> int:
        """Number of the stored type in `KINDS`."""
        return KINDS.index(np.dtype(self.data.dtype))

    @property
    def is_integer(self) -> bool:
        """Whether stored energies are small integers."""
        return self.kind < 2

    @property
    def nbytes(self) -> int:
        """Bytes of the stored energies."""
        return int(self.data.nbytes)

    @property
    def min(self) -> float:
        """Lowest energy."""
        return self.offset + self.unit * self.lowest

    @property
    def max(self) -> float:
        """Highest energy."""
        return self.offset + self.unit * self.highest

    @cached_property
    def full(self) -> Array:
        """All 2**n stored energies."""
        if self.data.size == 2**self.n:
            return self.data
        data = self.card.empty(2**self.n, self.data.dtype)
        data[: self.data.size] = self.data
        data[self.data.size :] = self.data[::-1]
        return data

    @cached_property
    def argmin(self) -> int:
        """Index of the first lowest point."""
        found = self.card.upload(np.array([2**63], dtype=np.uint64))
        kernel = self.card.kernel("energies.cu", "first", self._build)
        kernel(
            (self._blocks, 1),
            POINT_THREADS,
            (*self._points, np.float64(self.lowest), np.uint64(self.card.address(found))),
        )
        return int(self.card.download(found)[0])

    def at(self, indices: npt.ArrayLike) -> Float:
        """Energies of the points with these indices, float64, in their shape."""
        index = np.asarray(indices, dtype=np.int64)
        if self.data.size < 2**self.n:
            index = np.minimum(index, 2**self.n - 1 - index)
        stored = self.card.download(self.data[self.card.upload(index)])
        out: Float = self.offset + self.unit * stored.astype(np.float64)
        return out

    def values(self) -> Float:
        """All energies on the host, float64, shape (2**n,)."""
        stored = self.card.download(self.data).astype(np.float64)
        if self.data.size < 2**self.n:
            stored = np.concatenate([stored, stored[::-1]])
        out: Float = self.offset + self.unit * stored
        return out

    def as_kind(self, kind: int) -> CardDiagonal:
        """The same energies in a wider type."""
        return self if kind == self.kind else replace(self, data=self.data.astype(KINDS[kind]))

    def scaled(self, factor: float, shift: float) -> CardDiagonal:
        """Energies times a positive factor, plus a number."""
        return replace(self, unit=self.unit * factor, offset=self.offset * factor + shift)

    @property
    def _build(self) -> Build:
        return Build(diagonal=self.kind).measuring()

    @property
    def _blocks(self) -> int:
        return blocks_for(self.data.size)

    @property
    def _points(self) -> tuple[Any, ...]:
        return np.uint64(self.card.address(self.data)), np.uint64(self.data.size)

    def _range(self) -> tuple[float, float]:
        out = self.card.empty((self._blocks, 2), np.float64)
        kernel = self.card.kernel("energies.cu", "range", self._build)
        kernel((self._blocks, 1), POINT_THREADS, (*self._points, np.uint64(self.card.address(out))))
        return _extremes(self.card.download(out))

    def _is_its_mirror(self) -> bool:
        if self.n == 0:
            return False
        flag = self.card.zeros(1, np.int32)
        kernel = self.card.kernel("energies.cu", "differs", self._build)
        kernel((self._blocks, 1), POINT_THREADS, (*self._points, np.uint64(self.card.address(flag))))
        return not int(self.card.download(flag)[0])


class Terms:
    """A QUBO's coefficients on the card, for `stored` low variables; those above are zero."""

    def __init__(self, card: Card, fields: Float, couplings: Float, stored: int) -> None:
        self.card, self.n, self.stored = card, fields.size, stored
        self.low = min(stored, _LOW_BITS)
        table = doubled(fields[: self.low], couplings[: self.low, : self.low], np.float64)
        self.arrays = [card.upload(values) for values in (table, fields, np.ascontiguousarray(couplings))]
        self.highs = 1 << (stored - self.low)

    def range(self) -> tuple[float, float]:
        """Smallest and largest energy of all states, without holding them."""
        grid = min(self.highs, MAX_BLOCKS)
        out = self.card.empty((grid, 2), np.float64)
        self._run(grid, 3, 0, self.card.address(out), 0)
        return _extremes(self.card.download(out))

    def fill(self, kind: int, shift: float) -> Array:
        """The energies less ``shift``, shape (2**stored,), as that kind of number."""
        need = KINDS[kind].itemsize << self.stored
        require_card_bytes(self.card, need, f"the cost diagonal of {self.n} variables")
        out = self.card.empty(1 << self.stored, KINDS[kind])
        self._run(min(self.highs, 1 << 20), kind, shift, 0, self.card.address(out))
        return out

    def _run(self, grid: int, kind: int, shift: float, ranges: int, out: int) -> None:
        kernel = self.card.kernel("energies.cu", "qubo", Build(diagonal=kind).measuring())
        pointers = [np.uint64(self.card.address(values)) for values in self.arrays]
        sizes = np.int32(self.n), np.int32(self.low), np.uint64(self.highs), np.float64(shift)
        kernel((grid, 1), POINT_THREADS, (*pointers, *sizes, np.uint64(ranges), np.uint64(out)))


def require_card_bytes(card: Card, need: int, subject: str, remedy: str = "lower the number of variables") -> None:
    """Refuse what does not fit in the card's free memory, before anything is allocated.

    Raises
    ------
    UnsupportedError
        With both numbers and the remedy.
    """
    free = card.free_bytes()
    if need > free:
        raise UnsupportedError(
            f"{subject} must fit in the free memory of {card.name}, {free:,} bytes ({free / 2**30:.1f} GiB), "
            f"got {need:,} bytes ({need / 2**30:.1f} GiB); {remedy}"
        )


def narrowest(lowest: float, highest: float, is_integer: bool) -> tuple[int, int]:
    """The smallest exact type, and the integer taken off the energies."""
    width = highest - lowest
    if not is_integer or width > 2**24:
        return 3, 0
    if width <= 255:
        return 0, _centre(lowest, highest)
    if width <= 2**16 - 1:
        return 1, _centre(lowest, highest)
    return 2, _centre(lowest, highest)


def _centre(lowest: float, highest: float) -> int:
    return int((lowest + highest + 1) // 2)


def _extremes(ranges: Float) -> tuple[float, float]:
    return float(ranges[:, 0].min()), float(ranges[:, 1].max())
