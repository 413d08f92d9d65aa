"""How large a generated instance may be: a wrong size is told at once, not after the memory is full."""

from __future__ import annotations

#: Numbers of the largest array that a generator makes: 200 MB in 64 bits, a few copies of which fit anywhere.
MAX_ENTRIES = 25_000_000


def require_entries(count: int, what: str) -> None:
    """Refuse an instance with more numbers than that.

    Raises
    ------
    ValueError
        Too many; the text gives both figures.
    """
    if count > MAX_ENTRIES:
        raise ValueError(f"{what} must be at most {MAX_ENTRIES:,}, got {count:,}; choose a smaller size")
