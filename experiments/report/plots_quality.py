"""Plots of what was found: gaps by size, quantum against classical, stages beside the control, feasibility, ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .paired import Table as Costs
from .plot import MUTED, Axis, Mark, Panel, Plot, Series, finite
from .runs import STAGES, Run, RunSet, StageName
from .statistics import Ranking, clustered_share
from .summary import by_instance, gap_interval, upper_median
from .tables import percent_text

GAP = Axis("gap to the reference", "symlog", is_percent=True)
#: Classical pipelines that get a panel of their own in the scatter.
MAX_SCATTERS = 6
#: Sizes that get a tick of their own.
MAX_TICKS = 8


def colors(runs: RunSet) -> dict[str, int]:
    """Position in the palette of each pipeline."""
    return {label: i for i, label in enumerate(runs.pipelines)}


def gap_by_size(runs: RunSet) -> Plot:
    """Median final gap and quartiles by kind, size and pipeline."""
    panels = []
    for kind, size_name in kinds(runs):
        series: list[Series] = []
        members = [run for run in runs.runs if run.kind == kind]
        sizes = sorted({run.size for run in members})
        step = min(np.diff(sizes), default=1) / (2 + 2 * len(runs.pipelines))
        for i, label in enumerate(runs.pipelines):
            cells = [[runs.gap(r) for r in members if r.size == n and r.pipeline == label] for n in sizes]
            there = [(n, gaps) for n, gaps in zip(sizes, cells, strict=True) if gaps and not np.isnan(gaps).all()]
            if not there:
                continue
            middle = [upper_median(gaps) for _, gaps in there]
            low, high = ([float(np.quantile(gaps, q, method="nearest")) for _, gaps in there] for q in (0.25, 0.75))
            x = [n + (i - (len(runs.pipelines) - 1) / 2) * step for n, _ in there]
            labels = [
                f"{label}, {size_name} {n}: median {percent_text(m)}, quartiles {percent_text(lo)} to "
                f"{percent_text(hi)}, {len(gaps)} runs"
                for (n, gaps), m, lo, hi in zip(there, middle, low, high, strict=True)
            ]
            color = colors(runs)[label]
            series.append(Series(label, "line", x, finite(middle), color, is_dashed=True, in_legend=False))
            marks = Series(label, "interval", x, finite(middle), color, finite(low), finite(high), labels)
            series.append(marks)
        panels.append(Panel(kind, size_axis(runs, kind), GAP, series))
    return Plot(
        "gap",
        "Gap by solver and size",
        "Final answers: median and quartiles over runs; lower is better, 0 is the reference. Nothing is drawn where "
        "the median run has no feasible answer. The axis is linear up to 1 % and logarithmic beyond.",
        panels,
    )


def kinds(runs: RunSet) -> list[tuple[str, str]]:
    """Kinds of instances with the name of their size."""
    return sorted({run.kind: run.size_name for run in runs.runs}.items())


def size_axis(runs: RunSet, kind: str) -> Axis:
    """Axis of a kind's sizes, with ticks at the sizes themselves where they are few."""
    sizes = sorted({run.size for run in runs.runs if run.kind == kind})
    name = dict(kinds(runs))[kind]
    return Axis(name, ticks=tuple(sizes) if len(sizes) <= MAX_TICKS else ())


def quantum_scatter(runs: RunSet) -> Plot:
    """Median gap of each quantum pipeline against each classical one, a point an instance."""
    quantum = [label for label in runs.pipelines if label in runs.quantum]
    classical = [label for label in runs.pipelines if label not in runs.quantum]
    panels = []
    for other in classical[:MAX_SCATTERS] if quantum else ():
        series = []
        top = 0.0
        for label in quantum:
            points = _scatter_points(runs, label, other)
            if points:
                x, y, labels = (list(part) for part in zip(*points, strict=True))
                series.append(Series(label, "points", x, y, colors(runs)[label], labels=labels))
                top = max(top, *x, *y)
        if series:
            diagonal = Series("equal", "line", [0.0, top or 0.01], [0.0, top or 0.01], MUTED, is_dashed=True)
            x_axis = Axis(f"gap of {other}", "symlog", is_percent=True)
            panels.append(
                Panel(
                    other, x_axis, Axis("gap of the quantum pipeline", "symlog", is_percent=True), [diagonal, *series]
                )
            )
    caption = (
        "A point an instance, medians over seeds of the final answers. Below the dashed line the quantum pipeline is "
        "better. Instances on which one of the two found nothing feasible are left out here; the tests count them."
    )
    if len(classical) > MAX_SCATTERS:
        caption += f" The first {MAX_SCATTERS} classical pipelines of {len(classical)}."
    return Plot("scatter", "Quantum against classical", caption, panels)


def _scatter_points(runs: RunSet, label: str, other: str) -> list[tuple[float, float, str]]:
    found = []
    for instance, sample in runs.instances.items():
        cells = [runs.by_cell.get((instance, name)) for name in (other, label)]
        if not all(cells):
            continue
        x, y = (upper_median([runs.gap(run) for run in cell or ()]) for cell in cells)
        if np.isfinite(x) and np.isfinite(y):
            text = f"{sample.name}: {label} {percent_text(y)}, {other} {percent_text(x)}"
            found.append((x, y, text))
    return found


def waterfall(runs: RunSet) -> Plot:
    """Median gap after sampling, repair and improvement, each beside that of the control."""
    panels = []
    for label, members in runs.by_pipeline.items():
        sampled = [run for run in members if run.control]
        if not sampled:
            continue
        bars = []
        for is_control, name in ((False, "pipeline"), (True, "control: random points, same repair")):
            values, low, high, labels = [], [], [], []
            for stage in STAGES:
                there = [run for run in sampled if stage in run.stages]
                found = gap_interval(runs, there, stage, is_control=is_control)
                share = np.mean([np.isfinite(runs.gap(run, stage, is_control=is_control)) for run in there] or [0])
                values.append(found.value)
                low.append(found.low)
                high.append(found.high)
                labels.append(
                    f"{label} {'control ' if is_control else ''}{stage}: median {percent_text(found.value)}, "
                    f"{share:.0%} of runs feasible"
                )
            x = [i + (0.2 if is_control else -0.2) for i in range(len(STAGES))]
            color = MUTED if is_control else colors(runs)[label]
            bars.append(Series(name, "bar", x, finite(values), color, finite(low), finite(high), labels))
        panels.append(Panel(label, Axis("", "category", STAGES), GAP, bars))
    return Plot(
        "waterfall",
        "Raw, repaired, improved, and the same for random points",
        "Median gap over instances with its 95 % bootstrap interval. A missing bar: most runs have nothing feasible "
        "at that stage. What the sampler earned is the distance between the two bars, not the height of one.",
        panels,
    )


def crossover(runs: RunSet) -> Plot:
    """Uniform points whose best equals the best of k samples, median over instances, by pipeline."""
    series: list[Series] = []
    for label, members in runs.by_pipeline.items():
        counts = sorted({k for run in members for k in run.crossover})
        points = []
        for k in counts:
            there = [run for run in members if run.crossover.get(k) is not None]
            if there:
                value = upper_median(list(by_instance(there, lambda run: run.crossover[k] or 0.0)))  # noqa: B023
                points.append((float(k), value, f"{label}: best of {k:,} samples as of {value:,.3g} uniform points"))
        if points:
            x, y, labels = (list(part) for part in zip(*points, strict=True))
            color = colors(runs)[label]
            series.append(Series(label, "line", x, y, color, is_dashed=True, in_legend=False))
            series.append(Series(label, "points", x, y, color, labels=labels))
    if series:
        series.insert(0, Series("a uniform point", "line", [1.0, 1000.0], [1.0, 1000.0], MUTED, is_dashed=True))
    panel = Panel("", Axis("samples", "log"), Axis("uniform points with the same best", "log"), series)
    return Plot(
        "crossover",
        "Crossover in samples",
        "How many uniform points of the same ground have as good a best as so many samples, median over instances. "
        "On the dashed line a sample is a uniform point. Numbers of samples with which both surely find the best of "
        "the ground are left out, and so are those whose uniform points never reached it.",
        [panel] if series else [],
    )


def feasibility(runs: RunSet) -> Plot:
    """Feasible samples, random samples, and runs with a feasible raw point and answer, by pipeline."""
    names = list(runs.pipelines)
    groups: list[tuple[str, int, list[float], list[tuple[float, float] | None]]] = []
    for text, color, is_control in (("samples", 0, False), ("random samples", MUTED, True)):
        shares = [_sample_share(runs.by_pipeline[label], is_control=is_control) for label in names]
        groups.append((text, color, shares, [None] * len(names)))
    stages: tuple[tuple[str, int, StageName], ...] = (
        ("runs, raw", 1, "raw"),
        ("runs, final answer", 2, "final"),
    )
    for text, color, stage in stages:
        values, spans = [], []
        for label in names:
            members = runs.by_pipeline[label]
            clusters = [run.instance for run in members]
            found = clustered_share([run.found(stage) is not None for run in members], clusters)
            values.append(found.value)
            spans.append((found.low, found.high))
        groups.append((text, color, values, list(spans)))
    series = []
    for i, (text, color, shares, intervals) in enumerate(groups):
        x = [at + (i - 1.5) * 0.2 for at in range(len(names))]
        labels = [f"{name}, {text}: {percent_text(share)}" for name, share in zip(names, shares, strict=True)]
        low = [None if span is None else span[0] for span in intervals]
        high = [None if span is None else span[1] for span in intervals]
        series.append(Series(text, "bar", x, finite(shares), color, low, high, labels))
    share_axis = Axis("feasible share", is_percent=True, low=0.0, high=1.0)
    return Plot(
        "feasibility",
        "Feasibility",
        "Share of single samples that are feasible, of uniform random points, and of whole runs (Wilson intervals).",
        [Panel("", Axis("", "category", names), share_axis, series)],
    )


def _sample_share(members: Sequence[Run], *, is_control: bool) -> float:
    points = [(run.control if is_control else run.stages).get("raw") for run in members]
    shares = [point.feasible_share for point in points if point is not None and point.feasible_share is not None]
    return float(np.mean(shares)) if shares else float("nan")


def critical_difference(runs: RunSet, ranking: Ranking, table: Costs) -> Plot:
    """Mean ranks on a line; pipelines that Nemenyi's test does not tell apart are joined."""
    order = [int(i) for i in np.argsort(ranking.ranks, kind="stable")]
    k = len(order)
    series: list[Series] = []
    for position, i in enumerate(order):
        label, rank = table.pipelines[i], float(ranking.ranks[i])
        y = -1.0 - position
        text = f"{label}: mean rank {rank:.2f} over {ranking.num_blocks} blocks"
        color = colors(runs)[label]
        series.append(Series(label, "segment", [rank, rank, k + 0.1], [0.0, y, y], color, in_legend=False))
        series.append(Series(label, "points", [rank], [0.0], color, labels=[text], in_legend=False))
        series.append(Series(label, "text", [k + 0.15], [y], color, labels=[f"{label}  {rank:.2f}"], in_legend=False))
    for level, group in enumerate(ranking.groups()):
        ends = [float(ranking.ranks[i]) for i in group]
        names = ", ".join(table.pipelines[i] for i in group)
        y = -0.25 - 0.2 * (level % 3)
        x = [min(ends) - 0.04, max(ends) + 0.04]
        mark: Mark = "segment"
        series.append(
            Series("not told apart", mark, x, [y, y], MUTED, low=[3.0], labels=[f"not told apart: {names}"] * 2)
        )
    cd = ranking.difference
    series.append(Series("critical difference", "segment", [1.0, 1.0 + cd], [1.0, 1.0], MUTED, low=[2.0]))
    series.append(Series("critical difference", "text", [1.0], [1.45], MUTED, labels=[f"CD = {cd:.2f}"]))
    x_axis = Axis("mean rank, 1 is best", low=0.9, high=1.35 * k + 0.6, ticks=range(1, k + 1))
    y_axis = Axis("", low=-k - 0.6, high=1.9, is_hidden=True)
    p = "p < 0.001" if ranking.p < 0.001 else f"p = {ranking.p:.3f}"
    return Plot(
        "ranks",
        "Critical differences",
        f"Mean ranks over {ranking.num_blocks} blocks by final gap, Friedman {p}. Bars join pipelines that Nemenyi's "
        f"test does not tell apart at 5 % (ranks closer than {cd:.2f}).",
        [Panel("", x_axis, y_axis, series)],
    )


__all__ = [
    "by_instance",
    "colors",
    "critical_difference",
    "feasibility",
    "gap_by_size",
    "kinds",
    "quantum_scatter",
    "size_axis",
    "waterfall",
]
