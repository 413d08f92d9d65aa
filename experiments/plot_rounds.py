"""Picture of an iterating encoder's run: dual value and incumbent, and the multipliers, over the rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core import Record
from .drawing import pyplot, save_picture

#: More multipliers than this are drawn without a legend.
MAX_LEGEND = 8


def plot_rounds(record: Record, path: Path) -> None:
    """Draw the rounds of a record, as PNG or SVG by the suffix.

    Raises
    ------
    ValueError
        The record has no rounds: its encoder does not iterate.
    """
    rows = record.rounds
    if not rows or not any("multiplier_norm" in row for row in rows):
        raise ValueError("record must have rounds of an iterating encoder, got none; solve with --encoder bundle")
    plt = pyplot()
    figure, (values, prices, shares) = plt.subplots(
        3, 1, figsize=(7, 7.5), sharex=True, layout="constrained", height_ratios=(3, 2, 1)
    )
    _draw_values(values, rows)
    if record.reference.value is not None:
        label = f"reference ({record.reference.kind})"
        values.axhline(float(record.reference.value), color="0.5", linestyle=":", label=label)
    encoder = record.pipeline["encoder"]
    values.set(ylabel="objective", title=f"{record.instance.name or record.instance.kind}: {encoder['name']}")
    values.legend(fontsize="small")
    _draw_multipliers(prices, rows)
    at = [row["round"] for row in rows]
    shares.step(at, [row["raw_feasible_share"] for row in rows], where="mid", color="C2")
    shares.set(ylabel="raw feasible", xlabel="round", ylim=(-0.05, 1.05))
    save_picture(figure, path, dpi=120)
    plt.close(figure)


def _draw_values(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Proven bounds and unproven estimates by different lines, and the incumbent as steps."""
    series = (
        ("bound", "dual value (bound)", {"color": "C0", "marker": "."}),
        ("dual_estimate", "dual estimate (no bound)", {"color": "C0", "linestyle": "--", "marker": "."}),
        ("energy", "least energy (no dual value)", {"color": "C0", "linestyle": ":", "marker": "."}),
        ("best_bound", "best bound", {"color": "C3"}),
    )
    for key, label, style in series:
        points = [(row["round"], row[key]) for row in rows if row.get(key) is not None]
        if points:
            axes.plot(*zip(*points), label=label, linewidth=1, markersize=3, **style)
    points = [(row["round"], row["incumbent"]) for row in rows if row.get("incumbent") is not None]
    if points:
        axes.step(*zip(*points), where="post", color="C1", label="incumbent")


def _draw_multipliers(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Each multiplier where the rows hold them all, in any case their norm."""
    at = [row["round"] for row in rows]
    count = max(len(row.get("multipliers", ())) for row in rows)
    for i in range(count):
        points = [(row["round"], row["multipliers"][i]) for row in rows if len(row.get("multipliers", ())) > i]
        axes.plot(*zip(*points), linewidth=0.8, label=f"row {i}" if count <= MAX_LEGEND else None)
    axes.plot(at, [row["multiplier_norm"] for row in rows], color="0.3", linestyle="--", label="norm")
    axes.set(ylabel="multipliers")
    axes.legend(fontsize="small", ncols=3)
