"""What a run may spend, and the clock that says what is left; None means no limit."""

from __future__ import annotations

import math
import numbers
import time
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Budget:
    """Limits of one run, the same for every solver it is compared with.

    Parameters
    ----------
    seconds : wall-clock time of the whole run; never passed by more than one circuit evaluation or 10 %.
    evaluations : energy evaluations of a circuit optimiser.
    shots : samples of a round, the same for every sampler: reads of an annealer, or what a circuit draws in all
        evaluations and from its final state together. Moves inside a read and points that an exact search goes
        through are no samples. Without an iterating encoder a run has one round.
    rounds : rounds of an iterating encoder.
    target : stop as soon as a verified solution is at least this good, in the instance's own units.
    memory_bytes : most memory a solver may plan to take.

    Raises
    ------
    TypeError
        A value of another type, such as ``seconds="3"`` or ``shots=2.5``.
    ValueError
        A limit that is not positive and finite.
    """

    seconds: float | None = None
    evaluations: int | None = None
    shots: int | None = None
    rounds: int | None = None
    target: float | None = None
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            whole = field.name in ("evaluations", "shots", "rounds", "memory_bytes")
            kind = numbers.Integral if whole else numbers.Real
            is_endless = isinstance(value, float) and not math.isfinite(value)  # told below as such
            if isinstance(value, bool) or not (is_endless or isinstance(value, kind)):
                raise TypeError(f"{field.name} must be {'an integer' if whole else 'a number'}, got {value!r}")
            value = int(value) if isinstance(value, numbers.Integral) else float(value)
            object.__setattr__(self, field.name, value)
            if field.name == "target":
                if not math.isfinite(value):
                    raise ValueError(f"target must be a finite number, got {value!r}; leave it out for none")
                continue
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{field.name} must be > 0, got {value!r}; leave it out for no limit")


class Clock:
    """Seconds since its making, and seconds left of a limit.

    Parameters
    ----------
    seconds : limit; None for none.
    spent : seconds that were used before, which count.

    Examples
    --------
    >>> Clock(2.0, spent=3.0).is_over
    True
    """

    def __init__(self, seconds: float | None = None, *, spent: float = 0.0) -> None:
        self._start = time.monotonic() - spent
        self._limit = seconds

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._start

    @property
    def remaining(self) -> float | None:
        """Seconds left, at least 0; None without a limit."""
        return None if self._limit is None else max(0.0, self._limit - self.elapsed)

    @property
    def is_over(self) -> bool:
        return self._limit is not None and self.elapsed >= self._limit
