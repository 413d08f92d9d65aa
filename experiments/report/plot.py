"""A plot as a value: panels of series with simple marks, drawn by the page's script and by matplotlib alike.

``None`` in y, low or high is a gap in the data. Colours are positions in a palette, the same for a pipeline everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

Scale = Literal["linear", "log", "symlog", "category"]
Mark = Literal["points", "line", "step", "band", "bar", "interval", "text", "segment"]
#: Colour of what is not a pipeline: references, diagonals, controls.
MUTED = -1
#: Gap up to which a symlog axis is linear.
LINEAR_BELOW = 0.01
#: Steps of a curve that are drawn; more are thinned evenly, ends kept.
MAX_STEPS = 300


@dataclass(frozen=True)
class Axis:
    """Label and scale; ``names`` are the categories, at 0, 1, 2 ...; ``ticks`` in the place of chosen ones."""

    label: str
    scale: Scale = "linear"
    names: Sequence[str] = ()
    is_percent: bool = False
    low: float | None = None
    high: float | None = None
    ticks: Sequence[float] = ()
    is_hidden: bool = False


@dataclass(frozen=True)
class Series:
    """Points of one name; ``labels`` are what hovering says, ``low`` and ``high`` intervals or the band's edges."""

    name: str
    mark: Mark
    x: Sequence[float]
    y: Sequence[float | None]
    color: int = MUTED
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    labels: Sequence[str] = ()
    is_dashed: bool = False
    in_legend: bool = True


@dataclass(frozen=True)
class Panel:
    """One set of axes."""

    title: str
    x: Axis
    y: Axis
    series: Sequence[Series]


@dataclass(frozen=True)
class Plot:
    """Panels under one title and one legend; ``caption`` says how to read it, ``key`` names its files."""

    key: str
    title: str
    caption: str
    panels: Sequence[Panel] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any(panel.series for panel in self.panels)

    def to_json(self) -> dict[str, Any]:
        """JSON values, numbers to six digits, nothing that is not finite."""
        plain: dict[str, Any] = _plain(self)
        return plain


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        pairs = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {name: _plain(item) for name, item in pairs if not _is_unset(item)}
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    number = float(value)
    return float(f"{number:.6g}") if math.isfinite(number) else None


def _is_unset(value: Any) -> bool:
    """What the page takes for granted when it is left out."""
    return value is None or value is False or (isinstance(value, str | tuple) and not value)


def finite(values: Sequence[float]) -> list[float | None]:
    """The values with None for what is not finite."""
    return [value if math.isfinite(value) else None for value in values]


def thinned(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """At most MAX_STEPS of the points, evenly, both ends kept."""
    if len(x) <= MAX_STEPS:
        return list(x), list(y)
    keep = [round(i * (len(x) - 1) / (MAX_STEPS - 1)) for i in range(MAX_STEPS)]
    return [x[i] for i in keep], [y[i] for i in keep]
