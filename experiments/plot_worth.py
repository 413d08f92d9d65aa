"""Picture of a record's crossover: uniform points whose best equals the best of k samples."""

from __future__ import annotations

from pathlib import Path

from ..core import Record
from .drawing import pyplot, save_picture


def plot_worth(record: Record, path: Path) -> None:
    """Draw the crossover with its intervals, as PNG or SVG by the suffix.

    Raises
    ------
    ValueError
        The record has no crossover: a native solver, or a run without a control.
    """
    rows = () if record.worth is None else record.worth.crossover
    known = [row for row in rows if row.uniform is not None]
    if record.worth is None or not known:
        text = "record must have rounds of an iterating encoder or a crossover of samples, got none"
        raise ValueError(f"{text}; solve with a sampler, and leave its control on")
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6, 4.5), layout="constrained")
    samples = [row.samples for row in known]
    points = [float(row.uniform or 0.0) for row in known]
    below = [max(0.0, point - (row.low if row.low is not None else point)) for row, point in zip(known, points)]
    above = [max(0.0, (row.high if row.high is not None else point) - point) for row, point in zip(known, points)]
    axes.errorbar(samples, points, yerr=[below, above], color="C0", marker="o", capsize=3, label="best of k samples")
    full = [(row.samples, float(row.uniform or 0.0)) for row in known if row.is_saturated]
    if full:
        axes.plot(*zip(*full), "s", color="C0", markersize=10, fillstyle="none", label="both surely find the best")
    ends = [min(samples), max(samples)]
    axes.plot(ends, ends, color="0.5", linestyle=":", label="a sample is a uniform point")
    axes.set(xscale="log", yscale="log", xlabel="k, samples", ylabel="uniform points with the same best")
    axes.set_title(f"{record.instance.name or record.instance.kind}: {record.pipeline['solver']['name']}")
    axes.legend(fontsize="small")
    save_picture(figure, path, dpi=120)
    plt.close(figure)
