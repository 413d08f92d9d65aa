"""Picture of a record's crossover: uniform points whose best equals the best of k samples."""

from __future__ import annotations

from pathlib import Path

from ..core import Record
from .drawing import require_pictures, save_picture


def plot_worth(record: Record, path: Path) -> None:
    """Draw what ``record.plot()`` shows, as PNG or SVG by the suffix.

    Raises
    ------
    ValueError
        The record has no crossover: a native solver, or a run without a control.
    """
    require_pictures()
    save_picture(record.plot(), path, dpi=120)
