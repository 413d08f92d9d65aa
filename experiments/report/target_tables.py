"""Tables of the core-seconds to named targets, and the curve of the gap against core-seconds by run length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import numpy as np

from .plot import Axis, Panel, Plot, Series, finite
from .plots_quality import GAP, colors
from .runs import Run, RunSet
from .summary import upper_median
from .tables import (
    MISSING,
    Cell,
    Column,
    Measure,
    Table,
    count,
    interval,
    percent,
    percent_text,
    short,
    tabulate,
    words,
)
from .targets import TARGETS, WHATS, Setting, Told, What, over_instances, settings_of, told

#: Rows of the table by instance; a larger sweep has the table by pipeline alone.
MAX_ROWS = 300
NOTE = (
    "CPU seconds from encoding to improvement, controls left out, until 99 % chance. Of several run lengths one is "
    "chosen on every other seed, for each instance and figure, and the figure is told on the others. Intervals: 95 %, "
    "instances drawn with replacement and runs within them; '>' is a lower limit (Jeffreys), the target was not met."
)


@dataclass(frozen=True)
class _Row:
    """A setting and a target, with what was told of each instance, by figure."""

    runs: RunSet
    setting: Setting
    target: str
    found: dict[What, list[Told]]

    @property
    def instances(self) -> list[str]:
        return list(dict.fromkeys(one.instance for told_of in self.found.values() for one in told_of))

    def kinds(self) -> Cell:
        """Kinds of the references: a target that is the best of these runs is no independent one."""
        kinds = Counter(self.runs.references[instance].kind for instance in self.instances)
        return words(", ".join(f"{number} {kind}" for kind, number in kinds.most_common()))

    def met(self) -> Cell:
        """Instances on which a run of the half that tells met the target."""
        there = {one.instance for told_of in self.found.values() for one in told_of if one.is_met}
        return Cell(f"{len(there)}/{len(self.instances)}", len(there) / len(self.instances))

    def share(self) -> Cell:
        """Median share of the reads."""
        reads = self.found["a read, amortised"]
        return percent(float(np.median([one.batches.share for one in reads]))) if reads else MISSING

    def time(self, what: What) -> Cell:
        """Seconds with their interval."""
        time = over_instances(self.found[what])
        return MISSING if time is None else interval(time)

    def lengths(self) -> Cell:
        """Lengths that were chosen for whole runs, the most frequent first."""
        chosen = Counter(one.length for one in self.found["a run"] if one.length)
        return words(", ".join(f"{text} ({number})" for text, number in chosen.most_common())) if chosen else MISSING


def _timed(what: What) -> Callable[[_Row], Cell]:
    return lambda row: row.time(what)


_MEASURES: tuple[Measure[_Row], ...] = (
    Measure("pipeline", lambda row: words(row.setting.name), "Run lengths of a grid are one pipeline."),
    Measure("target", lambda row: words(row.target), "The reference, or 0.1 % or 1 % from it on the worse side."),
    Measure("instances", lambda row: count(len(row.instances)), "With a reference, and two seeds of a length."),
    Measure("references", _Row.kinds, "A best-seen one is the best of these runs: the target is no independent one."),
    Measure("met", _Row.met, "Instances on which a run of those that tell met the target."),
    Measure("share of reads", _Row.share, "Raw reads at the target, median over instances."),
    Measure("amortised, s", _timed("a read, amortised"), "A raw read's share of its run, times the reads needed."),
    Measure("latency, s", _timed("a run"), "Whole runs, a run's success being any of its raw reads'; median."),
    Measure("latency, final answer, s", _timed("a run, final answer"), "The same after repair and improvement."),
    Measure("run length", _Row.lengths, "Chosen for whole runs, with the number of instances."),
)


def target_table(runs: RunSet) -> Table:
    """A row a setting and target; no rows where the runs have neither several lengths nor reads."""
    rows = []
    for setting in settings_of(runs) if _has_lengths_or_reads(runs) else ():
        for target in TARGETS:
            found = {what: _of_instances(runs, setting, target, what) for what in WHATS}
            if any(found.values()):
                rows.append(_Row(runs, setting, target, found))
    return tabulate("targets", "Core-seconds to a target", _MEASURES, rows, NOTE)


def _of_instances(runs: RunSet, setting: Setting, target: str, what: What) -> list[Told]:
    every = (told(runs, setting, instance, target, what) for instance in setting.by_instance)
    return [one for one in every if one is not None]


def _has_lengths_or_reads(runs: RunSet) -> bool:
    """Whether anything is left to tell that the table of times does not."""
    if any(setting.keys for setting in settings_of(runs)):
        return True
    return any((run.stages["raw"].num_points or 1) > 1 for run in runs.runs if "raw" in run.stages)


def target_by_instance(runs: RunSet) -> Table:
    """A row an instance, setting, target and figure, with the runs that it is told from; none beyond MAX_ROWS."""
    columns = [
        Column("instance"),
        Column("pipeline"),
        Column("target"),
        Column("objective", "Of the target."),
        Column("time of"),
        Column("run length", "Chosen on the other half of the seeds."),
        Column("hits", "Reads or runs at the target, of all, in the runs that tell."),
        Column("CPU seconds", "Of these runs together."),
        Column("seconds to target", "With the 95 % interval over the runs."),
        Column("rows", "First digits of the ids of the rows that the figure is told from."),
    ]
    every = (
        one
        for setting in (settings_of(runs) if _has_lengths_or_reads(runs) else ())
        for instance in setting.by_instance
        for target in TARGETS
        for what in WHATS
        if (one := told(runs, setting, instance, target, what)) is not None
    )
    found = list(islice(every, MAX_ROWS + 1))
    rows = [_instance_row(runs, one) for one in found] if len(found) <= MAX_ROWS else []
    return Table("targets-instances", "Core-seconds to a target by instance", columns, rows)


def _instance_row(runs: RunSet, one: Told) -> list[Cell]:
    hits, reads = int(one.batches.hits.sum()), int(one.batches.reads.sum())
    return [
        words(runs.instances[one.instance].name),
        words(one.setting),
        words(one.target),
        Cell(f"{one.objective:.10g}", one.objective),
        words(one.what),
        words(one.length) if one.length else MISSING,
        Cell(f"{hits}/{reads}", hits / reads),
        Cell(short(float(one.batches.seconds.sum())), float(one.batches.seconds.sum())),
        interval(one.time),
        words(" ".join(run.id[:8] for run in one.runs)),
    ]


def residual_curve(runs: RunSet) -> Plot:
    """Gap of a run's best raw read against its CPU seconds, a point a run length; empty without several lengths."""
    panels = []
    settings = settings_of(runs)
    if any(setting.keys for setting in settings):
        for kind in sorted({run.kind for run in runs.runs}):
            series = [one for setting in settings for one in _residuals(runs, setting, kind)]
            panels.append(Panel(kind, Axis("CPU seconds a run", "log"), GAP, series))
    caption = (
        "Residual energy: medians over instances of the median over seeds, of the best raw read's gap to the reference "
        "and of the CPU seconds of a run. A point a run length, all seeds; nothing is drawn where the median run has "
        "no feasible read."
    )
    return Plot("residual", "Gap against core-seconds", caption, panels)


def _residuals(runs: RunSet, setting: Setting, kind: str) -> list[Series]:
    lengths: dict[str, dict[str, list[Run]]] = {}
    for instance, by_length in setting.by_instance.items():
        for text, cell in by_length.items():
            if cell[0].kind == kind:
                lengths.setdefault(text, {})[instance] = cell
    points = []
    for text, cells in lengths.items():
        spent = _median(cells.values(), lambda run: run.figures.get("cpu_seconds", np.nan))
        gap = _median(cells.values(), lambda run: runs.gap(run, "raw"))
        if spent > 0 and not np.isnan(gap):
            points.append((spent, gap, text))
    points.sort()
    x, y = [spent for spent, *_ in points], finite([gap for _, gap, _ in points])
    labels = [f"{setting.name} {text}: {short(s)} s, {percent_text(gap)}" for s, gap, text in points]
    color = colors(runs)[setting.members[0].pipeline]
    line = Series(setting.name, "line", x, y, color, is_dashed=True, in_legend=False)
    return [line, Series(setting.name, "points", x, y, color, labels=labels)] if points else []


def _median(cells: object, value: Callable[[Run], float]) -> float:
    return upper_median([upper_median([value(run) for run in cell]) for cell in cells])  # type: ignore[attr-defined]
