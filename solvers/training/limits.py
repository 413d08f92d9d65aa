"""What one ``sample`` call of a circuit may spend, and what it was handed: the same keywords for every method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core import Clock
from ..base import Observe


@dataclass(frozen=True)
class Limits:
    """The keywords of one ``sample`` call; ``QuboSampler`` says what each of them means."""

    seed: int | None = None
    num_shots: int | None = None
    seconds: float | None = None
    evaluations: int | None = None
    device: Any = None
    observe: Observe | None = None
    max_points: int | None = None

    def clock(self) -> Clock:
        """A clock that starts now and knows the time limit."""
        return Clock(self.seconds)
