"""Size and memory are counted before anything is allocated; too large is refused with the numbers and the remedy."""

from __future__ import annotations

from ...core import UnsupportedError
from ...engines.diagonal.memory import available_bytes

#: Most bytes that one table or one run of this package plans to take, unless the caller says otherwise.
MAX_BYTES = 4 * 2**30


def check_bytes(subject: str, needed: int, remedy: str, max_bytes: int | None = None) -> None:
    """Refuse what would take more than ``max_bytes`` (None: ``MAX_BYTES``), or than the machine has left.

    Raises
    ------
    UnsupportedError
        ``needed`` bytes are too many.

    Examples
    --------
    >>> check_bytes("a state of 10 amplitudes", 160, "take fewer", max_bytes=100)
    Traceback (most recent call last):
        ...
    qopt.core.errors.UnsupportedError: a state of 10 amplitudes must fit in 100 B, got 160 B; take fewer
    """
    limit = MAX_BYTES if max_bytes is None else max_bytes
    free = available_bytes()
    if free is not None:
        limit = min(limit, free)
    if needed > limit:
        raise UnsupportedError(f"{subject} must fit in {readable(limit)}, got {readable(needed)}; {remedy}")


def readable(num_bytes: int) -> str:
    """Bytes with a binary prefix, four digits.

    Examples
    --------
    >>> readable(100), readable(3 * 2**20), readable(5 * 2**40)
    ('100 B', '3 MiB', '5 TiB')
    """
    value, unit = float(num_bytes), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if value < 1024 or unit == "PiB":
            break
        value /= 1024
    return f"{value:.4g} {unit}"
