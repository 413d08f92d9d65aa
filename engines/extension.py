"""The compiled extension of an engine, where it was built, and the choice between it and NumPy."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import Any

from ..core import UnsupportedError

#: Instruction sets, the widest first.
WIDTHS = ("avx512", "avx2", "base", "scalar")


def allowed(names: Sequence[str]) -> list[str]:
    """The instruction sets of an extension that are no wider than ``$QOPT_ISA``; its narrowest where all are.

    Raises
    ------
    UnsupportedError
        ``$QOPT_ISA`` names none that there is.
    """
    widest = os.environ.get("QOPT_ISA", "")
    if not widest or not names:
        return list(names)
    if widest not in WIDTHS:
        raise UnsupportedError(f"QOPT_ISA must be one of {', '.join(WIDTHS)}, got {widest!r}; leave it out")
    found = [name for name in names if name not in WIDTHS or WIDTHS.index(name) >= WIDTHS.index(widest)]
    return found or [names[-1]]


def load_extension(name: str, package: str | None) -> tuple[Any, str]:
    """The module and an empty text, or None and why it is not there."""
    try:
        return importlib.import_module(name, package), ""
    except ImportError as error:
        return None, str(error)


def is_compiled(engine: str, module: Any, why: str) -> bool:
    """Whether a run uses the extension: ``auto`` does where it was built, unless QOPT_ENGINE is numpy.

    Parameters
    ----------
    module, why : what `load_extension` returned.

    Raises
    ------
    ValueError
        The engine has another name than auto, compiled or numpy.
    UnsupportedError
        ``compiled`` was asked for and was not built.
    """
    if engine not in ("auto", "compiled", "numpy"):
        raise ValueError(f"engine must be auto, compiled or numpy, got {engine!r}")
    if engine == "compiled" and module is None:
        raise UnsupportedError(
            f"engine must be one that was built, got 'compiled' ({why}); install with a C++ compiler, or use numpy"
        )
    wants_numpy = engine == "numpy" or (engine == "auto" and os.environ.get("QOPT_ENGINE") == "numpy")
    return module is not None and not wants_numpy
