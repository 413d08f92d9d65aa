"""Runs as paired costs: which pipeline is better than which, and whether a sampler is better than random points.

Runs are paired by instance and seed. Runs of one instance resemble each other, so by default their differences are
averaged first and the instance is the unit that a test counts (``unit="instance"``); ``unit="run"`` counts every pair.
A run without a feasible answer costs one unit of gap (100 points) more than the worst feasible one of the whole set;
one that was refused before it ran costs nothing and is left out with its pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...core import Float
from .runs import STAGES, Run, RunSet, StageName
from .statistics import Paired, Ranking, friedman, holm, wilcoxon

Unit = Literal["instance", "run"]


@dataclass(frozen=True, eq=False)
class Table:
    """Costs (units, pipelines) of the units that every pipeline has; ``num_dropped`` pairs were not complete."""

    costs: Float
    pipelines: tuple[str, ...]
    units: tuple[str, ...]
    num_dropped: int


@dataclass(frozen=True)
class Comparison:
    """One pair of pipelines, ``effect`` < 0 where the first has the lower gap; ``adjusted`` is Holm's p."""

    first: str
    second: str
    test: Paired
    adjusted: float


@dataclass(frozen=True)
class Control:
    """A stage of a pipeline against equally many random points; ``effect`` < 0 where the pipeline is better.

    They are uniform on the sampler's ground, or of the sampler's own ``start``.
    ``num_left_out``: runs that ended at their own success, or whose control had fewer points (cut by its clock).
    """

    pipeline: str
    stage: StageName
    test: Paired
    adjusted: float
    feasible: tuple[int, int]
    num_runs: int
    num_left_out: int = 0
    start: str = ""

    @property
    def verdict(self) -> str:
        if self.adjusted >= 0.05:
            return "no difference seen"
        return "better" if self.test.effect < 0 else "worse"


def costs_of(runs: RunSet, pipelines: Sequence[str], unit: Unit, cost: Callable[[Run], float] | None = None) -> Table:
    """The table that a test takes; ``cost`` is the final gap where it is left out."""
    worst = runs.worst_cost if cost is None else np.inf
    value = cost or runs.gap

    def told(run: Run) -> float:
        return np.nan if run.failure == "refused" else min(value(run), worst)

    columns = [{(run.instance, run.seed): told(run) for run in runs.by_pipeline[n]} for n in pipelines]
    keys = [key for key in columns[0] if all(key in column for column in columns[1:])]
    costs = np.array([[column[key] for column in columns] for key in keys]).reshape(len(keys), len(pipelines))
    is_complete = ~np.isnan(costs).any(axis=1)
    names = [instance if unit == "instance" else f"{instance}/{seed}" for instance, seed in keys]
    units, costs = grouped([name for name, is_in in zip(names, is_complete, strict=True) if is_in], costs[is_complete])
    num_dropped = len(set().union(*columns)) - int(is_complete.sum())
    return Table(costs, tuple(pipelines), tuple(units), num_dropped)


def grouped(names: Sequence[str], values: Float) -> tuple[list[str], Float]:
    """Names in order of appearance, and the mean of the rows, values of shape (rows, ...), of each."""
    place = {name: i for i, name in enumerate(dict.fromkeys(names))}
    at = np.array([place[name] for name in names], dtype=np.int64)
    sums = np.zeros((len(place), *values.shape[1:]))
    np.add.at(sums, at, values)
    counts = np.bincount(at, minlength=len(place)).reshape(-1, *[1] * (values.ndim - 1))
    return list(place), sums / counts


def rounded(costs: Float) -> Float:
    """Costs without the last digits, in the same shape, so that equal gaps from sums in different orders are ties."""
    return np.asarray(np.round(costs, 12))


def compare_all(runs: RunSet, pipelines: Sequence[str], unit: Unit) -> list[Comparison]:
    """Wilcoxon's test of every pair of pipelines, adjusted by Holm over all of them."""
    tests: list[tuple[str, str, Paired]] = []
    for i, first in enumerate(pipelines):
        for second in pipelines[i + 1 :]:
            costs = rounded(costs_of(runs, (first, second), unit).costs)
            if len(costs):
                tests.append((first, second, wilcoxon(costs[:, 0] - costs[:, 1])))
    adjusted = holm([test.p for *_, test in tests])
    return [Comparison(first, second, test, p) for (first, second, test), p in zip(tests, adjusted, strict=True)]


def rank_all(runs: RunSet, pipelines: Sequence[str], unit: Unit) -> tuple[Ranking, Table] | None:
    """Friedman and Nemenyi over the units that all pipelines have; None with under 3 pipelines or 2 units."""
    table = costs_of(runs, pipelines, unit)
    if len(pipelines) < 3 or len(table.costs) < 2:
        return None
    return friedman(rounded(table.costs)), table


def against_control(runs: RunSet, unit: Unit) -> list[Control]:
    """Every pipeline with a control at the stages raw, repaired and improved, adjusted by Holm over all of them."""
    worst = runs.worst_cost
    tests: list[tuple[str, StageName, Paired, tuple[int, int], int]] = []
    left_out: dict[str, int] = {}
    starts: dict[str, str] = {}
    for label in runs.pipelines:
        controlled = [run for run in runs.by_pipeline[label] if run.control]
        members = [run for run in controlled if run.is_fair_pair]
        left_out[label] = len(controlled) - len(members)
        starts[label] = next((run.start for run in members if run.start), "")
        for stage in STAGES:
            both = [run for run in members if stage in run.stages or stage in run.control]
            pairs = [(runs.gap(run, stage), runs.gap(run, stage, is_control=True)) for run in both]
            if not pairs or np.isnan(pairs).any():
                continue
            gaps = np.minimum(np.array(pairs), worst)
            differences = averaged(gaps[:, 0] - gaps[:, 1], [run.instance for run in both], unit)
            feasible = (int(np.isfinite(pairs)[:, 0].sum()), int(np.isfinite(pairs)[:, 1].sum()))
            tests.append((label, stage, wilcoxon(rounded(differences)), feasible, len(both)))
    adjusted = holm([test.p for _, _, test, _, _ in tests])
    return [
        Control(label, stage, test, p, feasible, count, left_out[label], starts[label])
        for (label, stage, test, feasible, count), p in zip(tests, adjusted, strict=True)
    ]


def averaged(differences: Float, instances: Sequence[str], unit: Unit) -> Float:
    """The differences, shape (runs,), as a test counts them: one mean an instance, or as they are."""
    if unit == "run":
        return differences
    return grouped(instances, differences)[1]
