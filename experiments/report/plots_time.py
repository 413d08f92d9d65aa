"""Plots of what it took: growth of time and qubits with size, times to target, performance profiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..metrics import ecdf, performance_profile
from .paired import costs_of
from .plot import Axis, Panel, Plot, Series, thinned
from .plots_quality import colors, kinds, size_axis
from .runs import Run, RunSet
from .scaling import fit_law
from .summary import upper_median
from .tables import percent_text, short
from .times import Settings, target_time

SECONDS = Axis("seconds", "log")
#: Gaps of the targets whose times are shown.
TARGETS = (0.0, 0.01, 0.05)


def time_scaling(runs: RunSet) -> Plot:
    """Seconds of a run against size, with a fitted law for each pipeline."""
    return _scaling(
        runs,
        "time-scaling",
        "Growth of time with size",
        SECONDS,
        lambda run: run.total_seconds if run.is_feasible else float("nan"),
    )


def qubit_scaling(runs: RunSet) -> Plot:
    """Qubits of the sampler's model against size, with a fitted law for each pipeline."""
    axis = Axis("qubits", "log")
    return _scaling(
        runs, "qubit-scaling", "Growth of qubits with size", axis, lambda run: run.figures.get("qubits", float("nan"))
    )


def _scaling(runs: RunSet, key: str, title: str, axis: Axis, value: Callable[[Run], float]) -> Plot:
    panels = []
    for kind, _ in kinds(runs):
        series: list[Series] = []
        for label in runs.pipelines:
            series += _growth(runs, kind, label, value, axis.label)
        if series:
            panels.append(Panel(kind, size_axis(runs, kind), axis, series))
    caption = (
        "A point an instance, the median over its seeds. Lines are least squares of the logarithm, bands the 95 % "
        "interval of the mean; the law is the exponential or the power that fits better, a power where there are "
        "only two sizes. Slopes with intervals show on hovering."
    )
    return Plot(key, title, caption, panels)


def _growth(runs: RunSet, kind: str, label: str, value: Callable[[Run], float], unit: str) -> list[Series]:
    points = []
    for (instance, other), cell in runs.by_cell.items():
        if other == label and cell[0].kind == kind:
            middle = upper_median([value(run) for run in cell])
            if np.isfinite(middle) and middle > 0:
                points.append((runs.instances[instance].size, middle, runs.instances[instance].name))
    if not points:
        return []
    x, y = [float(n) for n, *_ in points], [v for _, v, _ in points]
    labels = [f"{name}, {label}: {short(v)} {unit}" for _, v, name in points]
    color = colors(runs)[label]
    series = [Series(label, "points", x, y, color, labels=labels)]
    law = fit_law(x, y)
    if law is not None:
        at = np.linspace(min(x), max(x), 30)
        fitted, low, high = law.band(at)
        text = [f"{label}: {unit} {law.text}, {law.num_points} instances"] * len(at)
        edge = {"low": low.tolist(), "high": high.tolist()}
        series.append(Series(label, "band", at.tolist(), fitted.tolist(), color, in_legend=False, **edge))
        series.append(Series(label, "line", at.tolist(), fitted.tolist(), color, labels=text, in_legend=False))
    return series


def target_ecdf(runs: RunSet) -> Plot:
    """Share of all runs that were within a gap of the reference by a time."""
    panels = []
    for target in TARGETS:
        series = []
        for label in runs.pipelines:
            times = [target_time(runs, run, target) for run in runs.by_pipeline[label]]
            steps, shares = ecdf(times)
            if steps.size:
                x, y = thinned(steps.tolist(), shares.tolist())
                labels = [f"{label}: {share:.1%} of {len(times)} runs by {short(t)} s" for t, share in zip(x, y)]
                series.append(Series(label, "step", x, y, colors(runs)[label], labels=labels))
        title = "target: the reference" if not target else f"target: gap {percent_text(target)}"
        share_axis = Axis("share of runs", is_percent=True, low=0.0, high=1.0)
        panels.append(Panel(title, SECONDS, share_axis, series))
    return Plot(
        "ecdf",
        "Time to target",
        "Empirical distribution of the time of the first verified incumbent within the gap. Runs that never got "
        "there count in the share: a curve that ends below 100 % is one that fails.",
        panels,
    )


def profile(runs: RunSet, settings: Settings) -> Plot:
    """Dolan-More performance profile of the time to target over instances and seeds."""
    times = costs_of(runs, runs.pipelines, "run", lambda run: target_time(runs, run, settings.target_gap))
    solved = times.costs[np.isfinite(times.costs).any(axis=1)] if len(times.costs) else times.costs
    series = []
    if len(solved):
        best = solved.min(axis=1, keepdims=True)
        ratios = solved / np.maximum(best, 1e-9)
        top = max(10.0, float(ratios[np.isfinite(ratios)].max()))
        grid = np.geomspace(1.0, top, 200)
        shares = performance_profile(np.maximum(solved, 1e-9), grid)
        for i, label in enumerate(times.pipelines):
            y = shares[:, i].tolist()
            labels = [f"{label}: within {short(r)} x the fastest on {s:.1%}" for r, s in zip(grid, y)]
            series.append(Series(label, "step", grid.tolist(), y, colors(runs)[label], labels=labels))
    target = "the reference" if not settings.target_gap else f"a gap of {percent_text(settings.target_gap)}"
    left = len(times.costs) - len(solved)
    caption = (
        f"Share of the {len(solved)} pairs of instance and seed on which a pipeline reached {target} within a factor "
        "of the fastest. At 1: how often it is the fastest; at the right: how often it gets there."
    )
    if left:
        caption += f" {left} pairs that no pipeline solved are left out."
    if times.num_dropped:
        caption += f" {times.num_dropped} pairs without a row of every pipeline are left out."
    share_axis = Axis("share of pairs", is_percent=True, low=0.0, high=1.0)
    panel = Panel("", Axis("times the fastest", "log"), share_axis, series)
    return Plot("profile", "Performance profile", caption, [panel])
