"""What a portfolio learns from: seconds to the target of each run, and what they are worth under a captime.

``u(t) = max(0, 1 - t / captime)``, 0 for a run that never reached the target or failed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..report.runs import Run, RunSet
from ..report.times import target_time

Slice = tuple[str, float]
#: Seconds of the shortest slice: below it the times of runs are mostly noise of the machine.
MIN_SLICE = 0.01


@dataclass(frozen=True, eq=False)
class Table:
    """Times by instance and pipeline, each instance with its features and family (its kind).

    ``times[i][label]`` are seconds to the target by run, inf for never.
    """

    instances: Sequence[str]
    families: Sequence[str]
    features: Sequence[tuple[float, ...]]
    times: Sequence[Mapping[str, Sequence[float]]]
    pipelines: tuple[str, ...]
    captime: float

    def part(self, chosen: Sequence[int]) -> Table:
        """The table of these instances alone."""
        return Table(
            [self.instances[i] for i in chosen],
            [self.families[i] for i in chosen],
            [self.features[i] for i in chosen],
            [self.times[i] for i in chosen],
            self.pipelines,
            self.captime,
        )

    def utility(self, i: int, label: str) -> float:
        """Mean worth of a pipeline's runs on instance i."""
        return float(np.mean([worth(t, self.captime) for t in self.times[i][label]]))


def worth(seconds: float, captime: float) -> float:
    """``max(0, 1 - t / captime)``."""
    return max(0.0, 1 - seconds / captime) if math.isfinite(seconds) else 0.0


def times_of(runs: RunSet, target_gap: float) -> tuple[list[str], tuple[str, ...], list[dict[str, list[float]]]]:
    """Instances that every pipeline ran on and that have a reference; the pipelines; times by instance and pipeline."""
    labels = runs.tested
    kept, times = [], []
    for instance in runs.instances:
        cells = {label: runs.by_cell.get((instance, label), []) for label in labels}
        if runs.references[instance].value is None or not all(cells.values()):
            continue
        kept.append(instance)
        times.append({label: [_time(runs, run, target_gap) for run in cell] for label, cell in cells.items()})
    return kept, labels, times


def _time(runs: RunSet, run: Run, target_gap: float) -> float:
    return math.inf if run.status == "failed" else target_time(runs, run, target_gap)


def schedule_utility(table: Table, i: int, slices: Sequence[Slice]) -> float:
    """Expected worth of a schedule on instance i: each slice starts its pipeline anew and ends at its seconds."""
    found, alive, start = 0.0, 1.0, 0.0
    for label, seconds in slices:
        times = table.times[i][label]
        hits = [t for t in times if t <= seconds]
        found += alive * sum(worth(start + t, table.captime) for t in hits) / len(times)
        alive *= 1 - len(hits) / len(times)
        start += seconds
    return found


def greedy_schedule(table: Table) -> list[Slice]:
    """Slices (pipeline, seconds), each the one with the largest gain of mean utility a second, up to the captime.

    References
    ----------
    Streeter, Golovin (2008), An online algorithm for maximizing submodular functions, NIPS: the greedy schedule is
    within 1 - 1/e of the best one for coverage, which this utility is a discounted form of.
    """
    cuts = {
        label: _cuts([t for times in table.times for t in times[label] if t <= table.captime])
        for label in table.pipelines
    }
    rows = range(len(table.instances))
    slices: list[Slice] = []
    value, left = 0.0, table.captime
    while True:
        best: tuple[float, Slice, float] | None = None
        for label, choices in cuts.items():
            for seconds in choices:
                if seconds > left:
                    continue
                total = float(np.mean([schedule_utility(table, i, [*slices, (label, seconds)]) for i in rows]))
                rate = (total - value) / seconds
                if total > value + 1e-9 and (best is None or rate > best[0]):
                    best = rate, (label, seconds), total
        if best is None:
            return slices
        slices.append(best[1])
        value, left = best[2], left - best[1][1]


def _cuts(times: Sequence[float]) -> list[float]:
    """At most eight lengths of a slice: quantiles of the times that it can reach, a little longer."""
    if not times:
        return []
    return sorted({float(f"{1.1 * max(q, MIN_SLICE):.3g}") for q in np.quantile(times, np.linspace(0.125, 1, 8))})
