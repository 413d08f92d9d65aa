"""Bytes of a state before it is taken, and the refusal of a size that does not fit.

Counts what the engine itself allocates; where the operating system tells nothing, nothing is refused.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

import numpy as np

from ...core.errors import UnsupportedError

Precision = Literal["complex128", "complex64"]

_ASSUMED: ContextVar[int | None] = ContextVar("assumed bytes", default=None)
_CGROUP = Path("/sys/fs/cgroup")
# The NumPy engine multiplies and rotates through temporaries; measured peak 2.6 states.
_NUMPY_STATES = 3.0


def real_type(dtype: str) -> np.dtype[np.float64] | np.dtype[np.float32]:
    """The real type of a complex one.

    >>> real_type("complex64")
    dtype('float32')

    Raises
    ------
    ValueError
        It is neither complex128 nor complex64.
    """
    if dtype == "complex128":
        return np.dtype(np.float64)
    if dtype == "complex64":
        return np.dtype(np.float32)
    raise ValueError(f"dtype must be complex128 or complex64, got {dtype!r}")


def required_bytes(n: int, dtype: str = "complex128", *, gradient: bool = False, engine: str = "compiled") -> int:
    """Bytes that a run on n qubits takes beyond its cost diagonal.

    One state (two for a gradient) of 2**n amplitudes; the NumPy engine's temporaries count as two more. A diagonal
    adds 2 (int16) to 8 (float64) bytes a state: `CostDiagonal.nbytes`. A diagonal that is symmetric under flipping
    all bits needs half a state.

    >>> required_bytes(30, "complex64") / 2**30
    8.0
    """
    states = 2 if gradient else 1
    factor = states * (_NUMPY_STATES if engine == "numpy" else 1.0)
    return int(2.0**n * 2 * real_type(dtype).itemsize * factor)


def available_bytes() -> int | None:
    """Memory that this process may still take: the least of machine and control group; None where unknown.

    Within ``assumed_bytes`` it is what is assumed there.
    """
    assumed = _ASSUMED.get()
    if assumed is not None:
        return assumed
    known = [value for value in (_from_meminfo(), _from_cgroup(), _from_sysconf()) if value is not None]
    return min(known) if known else None


@contextlib.contextmanager
def assumed_bytes(num_bytes: int) -> Iterator[None]:
    """Estimate as on a machine with so many bytes free: for choices that must be the same on every machine.

    >>> with assumed_bytes(4 * 2**30):
    ...     available_bytes()
    4294967296
    """
    token = _ASSUMED.set(num_bytes)
    try:
        yield
    finally:
        _ASSUMED.reset(token)


def require_bytes(need: int, subject: str, remedy: str) -> None:
    """Refuse a size that does not fit, before anything is allocated.

    Raises
    ------
    UnsupportedError
        `need` exceeds what is available; the text has both numbers and the remedy.
    """
    free = available_bytes()
    if free is not None and need > free:
        raise UnsupportedError(
            f"{subject} must fit in the memory available, {free:,} bytes ({free / 2**30:.1f} GiB), "
            f"got {need:,} bytes ({need / 2**30:.1f} GiB); {remedy}"
        )


def _from_meminfo() -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _from_cgroup() -> int | None:
    with contextlib.suppress(OSError, ValueError):
        limit = (_CGROUP / "memory.max").read_text().strip()
        if limit != "max":
            return max(0, int(limit) - int((_CGROUP / "memory.current").read_text()))
    return None


def _from_sysconf() -> int | None:
    # Physical memory: the only figure that macOS offers here; an upper limit elsewhere.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None
