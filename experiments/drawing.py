"""Lazy import of matplotlib with the Agg backend, which draws to files alone."""

from __future__ import annotations

import io
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..core.errors import MissingDependencyError
from ..core.files import draft_of, write_text
from ..core.printable import printable


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
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a name of the user's, control characters too
        if path.suffix == ".svg":  # no XML with a control character can be read
            drawn = io.BytesIO()
            figure.savefig(drawn, format="svg", **settings)
            write_text(path, printable(drawn.getvalue().decode("utf-8")))
            return
        with draft_of(path) as draft:
            figure.savefig(draft, **settings)
