"""A record as an HTML table for notebooks: the answer, and each stage beside its control."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .record import Record, Stage
    from .samples import Samples

#: Points that a table of samples shows.
SHOWN = 10
#: Bits of a point that are shown.
MAX_BITS = 64


def record_html(record: Record) -> str:
    """One table with its caption; a dash where there is nothing."""
    solver = (record.pipeline.get("solver") or {}).get("name", "")
    name = record.instance.name or record.instance.kind
    title = f"{name}: {solver}, {record.status.value}, objective {record.objective}"
    if record.gap is not None:
        title += f", gap {record.gap:.2%} of {record.reference.value} ({record.reference.kind})"
    body = _line(["stage", "objective", "feasible", "gap", "control", "gap"], "th")
    for stage_name in ("raw", "repaired", "improved"):
        stage, twin = getattr(record.stages, stage_name), getattr(record.stages.judge, stage_name, None)
        if stage is not None or twin is not None:
            own, other = _told(stage, ("objective", "feasible", "gap")), _told(twin, ("objective", "gap"))
            body += _line([stage_name, *own, *other])
    return f"<table><caption>{escape(title)}</caption>{body}</table>"


def samples_html(samples: Samples) -> str:
    """The best points by violation, then energy, with their figures; the caption says how many there are."""
    best = np.lexsort((samples.energies, samples.violations))[:SHOWN].tolist()
    body = _line(["count", "energy", "objective", "feasible", "round", "point"], "th")
    for k in best:
        point = "".join(map(str, samples.points[k].tolist()))
        cells = [samples.counts[k], f"{samples.energies[k]:g}", f"{samples.objectives[k]:g}"]
        body += _line([*cells, bool(samples.is_feasible[k]), samples.rounds[k], _cut(point)])
    return f"<table><caption>{escape(repr(samples)[1:-1])}</caption>{body}</table>"


def _cut(point: str) -> str:
    return point if len(point) <= MAX_BITS else f"{point[:MAX_BITS]}... ({len(point)} bits)"


def _line(cells: list[object], tag: str = "td") -> str:
    shown = ["-" if cell is None else str(cell) for cell in cells]
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in shown) + "</tr>"


def _told(stage: Stage | None, names: tuple[str, ...]) -> list[object]:
    values = [getattr(stage, name, None) for name in names]
    return [
        f"{value:.2%}" if isinstance(value, float) and name == "gap" else value for name, value in zip(names, values)
    ]
