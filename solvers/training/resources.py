"""Estimate the memory a circuit needs before it runs; refuse what does not fit."""

from __future__ import annotations

from collections.abc import Callable

from ...core import Clock, UnsupportedError
from ...engines.diagonal import available_bytes

#: Seconds that an evaluation may be estimated to take whatever the limit: estimates of short ones are worth little.
GRACE_SECONDS = 1.0


def check_evaluation(seconds: float, clock: Clock, num_variables: int) -> None:
    """Refuse a run whose one evaluation and final state would not end within the time limit, before it is begun.

    Parameters
    ----------
    seconds : estimate of one evaluation without a gradient.

    Raises
    ------
    UnsupportedError
        With the numbers and the remedy.
    """
    left = clock.remaining
    if left is not None and 2 * seconds > max(left, GRACE_SECONDS):
        raise UnsupportedError(
            f"the time limit must leave two evaluations of {num_variables} qubits, about {2 * seconds:.3g} s, got "
            f"{left:.3g} s; raise it, or take another encoder or fewer variables"
        )


def has_time(seconds: float, clock: Clock) -> bool:
    """Whether work estimated at so many seconds ends within the time limit; always for short work and no limit."""
    return clock.remaining is None or seconds <= max(clock.remaining, GRACE_SECONDS)


def too_large(n: int, need: int, where: str, remedy: str) -> str:
    """The refusal of a size, empty if it fits."""
    free = available_bytes()
    if free is None or need <= free:
        return ""
    size = f"{need:,} bytes" if need < 2**62 else f"more than {2**62:,} bytes"
    return f"backend {where} must fit in the memory available, {free:,} bytes, got {n} qubits ({size}); {remedy}"


def most_that_fit(bytes_of: Callable[[int], int], below: int) -> int:
    """The most qubits, fewer than ``below``, whose bytes are free; 0 for none."""
    free = available_bytes()
    return max((n for n in range(below) if free is None or bytes_of(n) <= free), default=0)


def amplitudes(n: int) -> float:
    """2**n as a float, at most 2**62: nothing larger is estimated in earnest."""
    return 2.0 ** min(n, 62)


def power(n: int, factor: float) -> int:
    """factor * 2**n as an int, at most 2**62."""
    return 2**62 if n > 62 else int(min(2.0**n * factor, 2.0**62))


def require(holds: bool, text: str) -> None:
    """ValueError with that text unless it holds.

    Raises
    ------
    ValueError
        ``holds`` is false.
    """
    if not holds:
        raise ValueError(text)
