"""matplotlib, where it is installed, drawing to files alone."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from ..core.errors import MissingDependencyError


def require_pictures() -> None:
    """Refuse to go on without matplotlib, before any work is done for a picture.

    Raises
    ------
    MissingDependencyError
        It is not installed; the text says how to.
    """
    if find_spec("matplotlib") is None:
        raise MissingDependencyError("matplotlib", "plot")


def pyplot() -> Any:
    """``matplotlib.pyplot`` without a screen.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    require_pictures()
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as module

    return module
