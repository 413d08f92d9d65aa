"""What was made at the last angles: value, figures and points of one state are asked for one after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from ...core import Float

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class LastMade(Generic[T]):
    """One state at most, with the angles that it belongs to; the one before is let go first, since it may be large.

    Examples
    --------
    >>> last: LastMade[str] = LastMade()
    >>> last.at(np.array([0.1]), lambda: "made"), last.at(np.array([0.1]), lambda: "made again")
    ('made', 'made')
    >>> last.at(np.array([0.2]), lambda: "other")
    'other'
    """

    _held: dict[bytes, T] = field(default_factory=dict, init=False, repr=False)

    def at(self, angles: Float, make: Callable[[], T]) -> T:
        """What belongs to these angles, shape (parameters,), bit for bit; made where it is not the last."""
        key = np.asarray(angles, dtype=np.float64).tobytes()
        if key not in self._held:
            self._held.clear()
            self._held[key] = make()
        return self._held[key]
