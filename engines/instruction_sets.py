"""Which instruction set the compiled engines run on: one choice for all, the widest that QOPT_ISA allows.

Every extension has its kernels for several sets and lists those that the machine can run; ``engines/cpu`` holds the
compiler's targets and the tests for them. Values of circuits differ between sets in the last digits.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from typing import Any

from ..core import UnsupportedError

#: All sets, widest first; ``base`` is what the compiler takes for granted (SSE2, NEON), ``scalar`` no vectors at all.
ORDER = ("avx512", "avx2", "base", "scalar")


def allowed(found: Iterable[str]) -> tuple[str, ...]:
    """Those of an extension's sets, best first, that are no wider than ``$QOPT_ISA``; its narrowest where none is.

    Raises
    ------
    UnsupportedError
        ``$QOPT_ISA`` names no set that this machine can run.

    Examples
    --------
    >>> allowed(["base"])
    ('base',)
    """
    return _allowed(tuple(found), os.environ.get("QOPT_ISA", ""))


def instruction_set_of(engine: Any) -> tuple[str, ...]:
    """The best allowed set as an extension's further argument; nothing for an engine in Python, which lists numpy.

    Raises
    ------
    UnsupportedError
        ``$QOPT_ISA`` names no set that this machine can run.
    """
    found = engine.kernels()
    return () if found == ["numpy"] else allowed(found)[:1]


@cache
def _allowed(found: tuple[str, ...], widest: str) -> tuple[str, ...]:
    if not widest:
        return found
    if widest not in ORDER or ORDER.index(widest) < ORDER.index(found[0]):
        runs = ORDER[ORDER.index(found[0]) :]
        raise UnsupportedError(
            f"QOPT_ISA must be one that this machine can run ({', '.join(runs)}), got {widest!r}; leave it out"
        )
    return tuple(name for name in found if ORDER.index(name) >= ORDER.index(widest)) or found[-1:]
