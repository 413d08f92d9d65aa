"""Lazy import of matplotlib with the Agg backend, which draws to files alone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..core.errors import MissingDependencyError
from ..core.files import draft_of


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


def save_picture(figure: Any, path: Path, **settings: Any) -> None:
    """The figure in the format of the path's suffix, whole or not at all; errors as in ``core.files.draft_of``."""
    with draft_of(path) as draft:
        figure.savefig(draft, **settings)
