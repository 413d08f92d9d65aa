"""Train a portfolio on the rows of a sweep, and say honestly what it would have done on families it never saw.

Three ways to use what was measured: ``selector`` (a forest a pipeline predicts log time and failure; the best predicted
worth runs), ``schedule`` (greedy slices), ``single`` (the best pipeline on average). The one that does best out of fold
is kept; one that is below the single best on training is replaced by it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...core import Problem
from ..pipeline import pipeline_in_new_words
from ..report.runs import RunSet
from ..report.times import Settings, captime_of
from .features import features_of
from .forest import Forest, grow
from .times import Slice, Table, greedy_schedule, schedule_utility, times_of, worth

Mode = Literal["selector", "schedule", "single"]
MODES: tuple[Mode, ...] = ("selector", "schedule", "single")
NUM_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Models:
    """What is fitted to a table: forests by pipeline of log seconds and of failure, a schedule, the single best."""

    log_seconds: Mapping[str, Forest]
    failure: Mapping[str, Forest]
    schedule: Sequence[Slice]
    single: str
    captime: float

    def predicted(self, features: Sequence[float]) -> dict[str, dict[str, float]]:
        """Seconds to the target where it is reached, chance of failure, and worth, by pipeline."""
        told = {}
        for label, forest in self.log_seconds.items():
            seconds = math.exp(forest(features))
            failure = min(1.0, max(0.0, self.failure[label](features)))
            told[label] = {
                "seconds": seconds,
                "failure": failure,
                "utility": (1 - failure) * worth(seconds, self.captime),
            }
        return told

    def chosen(self, features: Sequence[float]) -> str:
        """The pipeline of the largest predicted worth; the single best among equals."""
        told = self.predicted(features)
        return max(told, key=lambda label: (told[label]["utility"], label == self.single))


@dataclass(frozen=True)
class Scores:
    """Mean utility on some instances of the single best, the virtual best, and each mode."""

    num_instances: int
    single: float
    virtual: float
    modes: Mapping[str, float]

    def closed(self, mode: str) -> float | None:
        """Share of the gap between single and virtual best that a mode closes; None without a gap."""
        gap = self.virtual - self.single
        return (self.modes[mode] - self.single) / gap if gap > 1e-9 else None


@dataclass(frozen=True, eq=False)
class Portfolio:
    """Models, the mode in use and why, and scores in training, out of fold, and by family left out.

    ``kinds`` are those that it was learnt from; ``families`` has scores of none where there is one kind alone.
    """

    models: Models
    mode: Mode
    reason: str
    training: Scores
    folds: Scores
    families: Mapping[str, Scores]
    pipelines: Mapping[str, Mapping[str, Any]]
    budget: Mapping[str, float]
    kinds: tuple[str, ...] = ()


def table_of(
    runs: RunSet, problem_of: Callable[[str], Problem], *, target_gap: float = 0.0, captime: float | None = None
) -> Table:
    """Times and features of the runs' instances.

    Raises
    ------
    ValueError
        Fewer than two pipelines, or fewer than six instances that all of them ran on.
    """
    kept, labels, times = times_of(runs, target_gap)
    if len(labels) < 2 or len(kept) < 6:
        raise ValueError(
            f"a portfolio must have 2 pipelines and 6 instances that all of them ran on, got {len(labels)} and "
            f"{len(kept)}; add some to the sweep"
        )
    limit = captime_of(runs, Settings(target_gap=target_gap, captime=captime))
    features = [features_of(problem_of(key)) for key in kept]
    return Table(kept, [runs.instances[key].kind for key in kept], features, times, labels, limit)


def fit(table: Table, *, seed: int = 0) -> Models:
    """Forests, schedule and single best of a table."""
    seconds, failure = {}, {}
    for label in table.pipelines:
        reached = [
            (features, float(np.mean(np.log(np.maximum(finite, 1e-4)))))
            for features, times in zip(table.features, table.times, strict=True)
            if (finite := [t for t in times[label] if math.isfinite(t)])
        ]
        if reached:
            seconds[label] = grow([row for row, _ in reached], [value for _, value in reached], seed=seed)
        else:
            seconds[label] = Forest.constant(math.log(table.captime))
        shares = [float(np.mean(~np.isfinite(times[label]))) for times in table.times]
        failure[label] = grow(table.features, shares, seed=seed)
    means = {
        label: np.mean([table.utility(i, label) for i in range(len(table.instances))]) for label in table.pipelines
    }
    single = max(means, key=lambda label: means[label])
    return Models(seconds, failure, greedy_schedule(table), single, table.captime)


def score(models: Models, table: Table) -> Scores:
    """What the models earn on a table's instances."""
    rows = range(len(table.instances))
    told = {
        "selector": [table.utility(i, models.chosen(table.features[i])) for i in rows],
        "schedule": [schedule_utility(table, i, models.schedule) for i in rows],
        "single": [table.utility(i, models.single) for i in rows],
    }
    virtual = [max(table.utility(i, label) for label in table.pipelines) for i in rows]
    means = {mode: float(np.mean(values)) for mode, values in told.items()}
    return Scores(len(table.instances), means["single"], float(np.mean(virtual)), means)


def fit_portfolio(
    table: Table,
    pipelines: Mapping[str, Mapping[str, Any]],
    *,
    budget: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Portfolio:
    """Fit on everything, choose the mode out of fold, and validate on each family left out.

    ``budget`` are the limits of the runs: what was learnt holds under them.
    """
    models = fit(table, seed=seed)
    training = score(models, table)
    order = np.random.default_rng(seed).permutation(len(table.instances))
    fold_of = {int(i): k % NUM_FOLDS for k, i in enumerate(order)}
    folds = _held_out(table, [fold_of[i] for i in range(len(table.instances))], seed)
    kinds = tuple(dict.fromkeys(table.families))
    families = {}
    for family in kinds:
        inside = [i for i, name in enumerate(table.families) if name == family]
        outside = [i for i, name in enumerate(table.families) if name != family]
        if outside:
            families[family] = score(fit(table.part(outside), seed=seed), table.part(inside))
    mode: Mode = max(MODES, key=lambda one: (folds.modes[one], one == "single"))
    reason = f"best out of fold: {folds.modes[mode]:.3f}, single best {folds.single:.3f}"
    if training.modes[mode] < training.single:
        mode, reason = "single", f"{mode} was below the single best on training"
    return Portfolio(models, mode, reason, training, folds, families, pipelines, dict(budget or {}), kinds)


def _held_out(table: Table, groups: Sequence[int], seed: int) -> Scores:
    """Scores of each instance by models that did not see its group."""
    found = []
    for group in sorted(set(groups)):
        inside = [i for i, one in enumerate(groups) if one == group]
        outside = [i for i, one in enumerate(groups) if one != group]
        found.append(score(fit(table.part(outside), seed=seed), table.part(inside)))
    weights = [one.num_instances for one in found]

    def mean(values: Sequence[float]) -> float:
        return float(np.average(values, weights=weights))

    modes: dict[str, float] = {mode: mean([one.modes[mode] for one in found]) for mode in MODES}
    return Scores(sum(weights), mean([one.single for one in found]), mean([one.virtual for one in found]), modes)


def budget_of(runs: RunSet) -> dict[str, float]:
    """Limits that all runs had, seconds left out: these are the user's."""
    budgets = [run.budget for run in runs.runs]
    first = {key: value for key, value in budgets[0].items() if value is not None}
    return {
        key: value
        for key, value in first.items()
        if key in ("shots", "evaluations", "rounds") and all(budget.get(key) == value for budget in budgets)
    }


def pipelines_of(runs: RunSet, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Solver and encoder of each pipeline; an encoder that differs between instances is left to the default."""
    told: dict[str, dict[str, Any]] = {}
    for label in runs.tested:
        specs = [
            pipeline_in_new_words(rows[run.id]["pipeline"]) for run in runs.by_pipeline[label] if run.status != "failed"
        ]
        encoders = [spec.get("encoder") for spec in specs]
        told[label] = {"solver": specs[0]["solver"]}
        if encoders[0] and all(encoder == encoders[0] for encoder in encoders):
            told[label]["encoder"] = encoders[0]
    return told
