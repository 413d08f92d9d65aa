"""Text that third-party solvers print by themselves, kept off stdout: ``--json`` promises one document there.

HiGHS and others write with C's ``printf``, which ``sys.stdout`` never sees, so the file descriptor itself is turned to
the null device. It belongs to the whole process: while any thread is silent, stdout is silent for all of them.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import ParamSpec

P = ParamSpec("P")

_STDOUT = 1
_lock = threading.RLock()


class _Redirection:
    """How many are silent at present, and the descriptor that stands for the real stdout meanwhile."""

    def __init__(self) -> None:
        self.depth = 0
        self.real: int | None = None
        self.is_logged = False


_state = _Redirection()


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Nothing that is written to file descriptor 1 inside is seen; it may be nested, and used by several threads.

    Examples
    --------
    >>> import os
    >>> with silenced():
    ...     _ = os.write(1, b"a solver's banner")
    """
    with _lock:
        if _state.depth == 0 and not _state.is_logged:
            _state.real = _redirect()
        _state.depth += 1
    try:
        yield
    finally:
        with _lock:
            _state.depth -= 1
            if _state.depth == 0 and _state.real is not None:
                _restore(_state.real)
                os.close(_state.real)
                _state.real = None


@contextlib.contextmanager
def logged() -> Iterator[None]:
    """``silenced`` does nothing inside: stdout is a log, where what solvers and plugins print belongs."""
    with _lock:
        before, _state.is_logged = _state.is_logged, True
    try:
        yield
    finally:
        with _lock:
            _state.is_logged = before


def audible(function: Callable[P, None]) -> Callable[P, None]:
    """The function, with stdout as it was before ``silenced``: for callbacks that print what the user asked for."""

    def heard(*args: P.args, **keywords: P.kwargs) -> None:
        with _lock:
            if _state.real is None:
                return function(*args, **keywords)
            _restore(_state.real)
            try:
                return function(*args, **keywords)
            finally:
                _flush()
                _turn_off()

    return heard


def _redirect() -> int | None:
    """Turn stdout off; its copy, or None where the process has no stdout (then there is nothing to keep clean)."""
    _flush()
    try:
        real = os.dup(_STDOUT)
    except OSError:
        return None
    _turn_off()
    return real


def _turn_off() -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, _STDOUT)
    finally:
        os.close(null)


def _restore(real: int) -> None:
    _flush()  # what C still holds in its buffer was written inside
    os.dup2(real, _STDOUT)


def _flush() -> None:
    """Empty Python's and C's buffers into whatever stdout is at present."""
    with contextlib.suppress(Exception):  # a closed or broken stdout is its owner's to report
        sys.stdout.flush()
    with contextlib.suppress(Exception):  # no C library of that form: then its text is not buffered by us either
        import ctypes

        ctypes.CDLL(None).fflush(None)
