"""A record as a matplotlib figure: its crossover in samples, and its samples' objectives against uniform points.

Drawn from what the record keeps (``worth.crossover`` and ``worth.curve``), so that a stored record can be drawn too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import MissingDependencyError

if TYPE_CHECKING:
    from .record import Record

#: Best objectives shown beside each other.
MAX_BARS = 24


def record_figure(record: Record) -> Any:
    """``matplotlib.figure.Figure`` of one or two panels; it needs no screen, and no state of pyplot changes.

    Raises
    ------
    ValueError
        The record has no crossover: a native solver, or a run without a control.
    MissingDependencyError
        matplotlib is not installed (extra ``plot``).
    """
    worth = record.worth
    if worth is None or not any(row.uniform is not None for row in worth.crossover):
        text = "record must have rounds of an iterating encoder or a crossover of samples, got none"
        raise ValueError(f"{text}; solve with a sampler, and leave its control on")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependencyError("matplotlib", "plot") from None
    has_curve = bool(worth.curve)
    figure = Figure(figsize=(11 if has_curve else 6, 4.5), layout="constrained")
    axes = figure.subplots(1, 2 if has_curve else 1, squeeze=False)[0]
    draw_crossover(record, axes[0])
    if has_curve:
        draw_objectives(record, axes[1])
    return figure


def draw_crossover(record: Record, axes: Any) -> None:
    """Uniform points whose best equals the best of k samples, with intervals; needs a crossover."""
    assert record.worth is not None
    known = [row for row in record.worth.crossover if row.uniform is not None]
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


def draw_objectives(record: Record, axes: Any) -> None:
    """Chance of each of the best feasible objectives, for one sample and for one uniform point of the same ground.

    The curve holds the chances of *at least as good*; a bar is the step from the objective before.
    """
    assert record.worth is not None
    curve = record.worth.curve[:MAX_BARS]
    objectives = [objective for objective, _, _ in curve]
    chances = np.diff([(0.0, 0.0), *((own, other) for _, own, other in curve)], axis=0).clip(min=0.0)
    at = np.arange(len(curve))
    solver = str(record.pipeline["solver"]["name"])
    axes.bar(at - 0.2, chances[:, 0], 0.4, color="C0", label=f"one sample of {solver}")
    axes.bar(at + 0.2, chances[:, 1], 0.4, color="0.6", label="one uniform point")
    shown = at[:: max(1, len(at) // 8)]
    axes.set_xticks(shown, [f"{objectives[place]:g}" for place in shown], rotation=30, ha="right")
    if (chances > 0).any():
        axes.set_yscale("log")
    axes.set(xlabel="objective, the best first", ylabel="chance")
    axes.set_title(f"uniform: {record.worth.space}")
    axes.legend(fontsize="small")
