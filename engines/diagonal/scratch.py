"""Arrays of states that a run gives back for the next one: an optimisation then waits for fresh pages only once.

Held beside the cost diagonal and freed with it. Limit: at most two states of 64 MiB are kept; larger ones go back to
the system, where the pages of one layer cost less than the layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

Parts = tuple[npt.NDArray[Any], npt.NDArray[Any]]

_ALIGNMENT = 64
_MAX_BYTES = 1 << 26
_MAX_STATES = 2


class Scratch:
    """Pairs of real arrays, lent and taken back; several threads may borrow at once. Copies and pickles are empty."""

    def __init__(self) -> None:
        self._kept: list[Parts] = []

    @contextmanager
    def parts(self, size: int, real: np.dtype[Any]) -> Iterator[Parts]:
        """Real and imaginary part of ``size`` amplitudes, with whatever stands in them.

        >>> scratch = Scratch()
        >>> with scratch.parts(8, np.dtype(float)) as first:
        ...     first[0][:] = 1.0
        >>> with scratch.parts(8, np.dtype(float)) as second:
        ...     second[0] is first[0]
        True
        """
        try:
            out = self._kept.pop()  # one step, so that no two threads get the same
        except IndexError:
            out = aligned_parts(size, real)
        if out[0].size != size or out[0].dtype != real:
            out = aligned_parts(size, real)
        try:
            yield out
        finally:
            if 2 * out[0].nbytes <= _MAX_BYTES and len(self._kept) < _MAX_STATES:
                self._kept.append(out)

    def __reduce__(self) -> tuple[type[Scratch], tuple[()]]:
        return Scratch, ()


def aligned_parts(size: int, real: np.dtype[Any]) -> Parts:
    """Two uninitialised arrays that begin on a cache line."""
    out = []
    for _ in range(2):
        raw = np.empty(size * real.itemsize + _ALIGNMENT, dtype=np.uint8)
        first = -raw.ctypes.data % _ALIGNMENT
        out.append(raw[first : first + size * real.itemsize].view(real))
    return out[0], out[1]
