"""Core-seconds to named targets by pipeline: the run length is chosen on half of the seeds and told on the other half.

Targets are the reference itself, and 0.1 % and 1 % from it: ``cost <= reference + share * |reference|`` with costs
signed so that lower is better. So 99 % of a maximum of 100 is 99, of a minimum of 100 it is 101, and of a minimum of
-100 it is -99. At a reference of 0 no share of it is a distance, and the first target is the only one.

Seconds are CPU seconds of a run from encoding to improvement, without its controls. *A read, amortised* takes a raw
read's share of its run; *a run* takes whole runs, a run's success being any of its raw reads'; *a run, final answer* is
the same after repair and improvement. Each has a length of its own, on each instance: of the seeds in order the even
ones choose and the odd ones tell. Where a pipeline has one length nothing is chosen, and all seeds tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ...core import Sense, signed
from ...core.margins import scaled_margin
from ...core.record import MAX_REACHED
from ..metrics import Interval
from ..time_to_target import RESAMPLES, Batches, amortised, best_length, with_interval
from .lengths import length_text, varied, without_lengths
from .runs import Run, RunSet, Yardstick
from .statistics import BOOTSTRAP_SEED, row_medians
from .summary import upper_median

#: Targets by name, with their distance from the reference as a share of it.
TARGETS = {"best known": 0.0, "99.9 %": 0.001, "99 %": 0.01}
#: Draws of an instance that a resample takes one of: RESAMPLES for up to so many instances, then fewer, to save time.
FEW_INSTANCES, LEAST_DRAWS = 20, 50
What = Literal["a read, amortised", "a run", "a run, final answer"]
WHATS: tuple[What, ...] = ("a read, amortised", "a run", "a run, final answer")


@dataclass(frozen=True, eq=False)
class Setting:
    """Pipelines that differ by the length of their runs alone; ``keys`` are the options that say it."""

    name: str
    members: Sequence[Run]
    keys: tuple[str, ...]

    @cached_property
    def by_instance(self) -> dict[str, dict[str, list[Run]]]:
        """Runs by instance and text of their length, in order of seed."""
        found: dict[str, dict[str, list[Run]]] = {}
        for run in sorted(self.members, key=lambda run: run.seed):
            found.setdefault(run.instance, {}).setdefault(length_text(run.length, self.keys), []).append(run)
        return found


def settings_of(runs: RunSet) -> list[Setting]:
    """The settings of all runs, in the order of the pipelines."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for label in runs.pipelines:
        for run in runs.by_pipeline[label]:
            groups.setdefault((run.family, run.setting), []).append(run)
    return [
        Setting(without_lengths(members[0].pipeline), members, varied([run.length for run in members]))
        for members in groups.values()
    ]


def target_value(yardstick: Yardstick, sense: Sense, share: float) -> float | None:
    """The objective of a target; None without a reference, or where it is 0 and the target another."""
    value = yardstick.value
    if value is None or (value == 0 and share):
        return None
    return value + signed(sense, share * abs(value))


def reads_at(run: Run, target: float) -> int | None:
    """Raw reads that are feasible and at least as good as a target; None where the row does not say.

    Rows count reads up to 1 % from the run's own best and at most MAX_REACHED objectives.
    """
    return _reads_within(run, _limit(run.sense, target))


def _limit(sense: Sense, target: float) -> float:
    """Largest cost that counts as at the target."""
    return signed(sense, target) + scaled_margin(target)


def _reads_within(run: Run, limit: float) -> int | None:
    best = run.found("raw")
    if best is None or signed(run.sense, best) > limit:
        return 0
    costs = [(signed(run.sense, objective), reads) for objective, reads in run.reached]
    if not costs:
        return None
    told = costs[0][0] + 0.01 * abs(costs[0][0])
    if len(costs) == MAX_REACHED:
        told = min(told, costs[-1][0])
    if limit > told + 2 * scaled_margin(told):
        return None
    return sum(reads for cost, reads in costs if cost <= limit)


def batches_of(cell: Sequence[Run], target: float, what: What) -> Batches | None:
    """Runs as batches; None where a run does not tell its CPU seconds or its reads, as one that was killed."""
    seconds, hits, reads = [], [], []
    limit = _limit(cell[0].sense, target)
    for run in cell:
        spent = run.figures.get("cpu_seconds")
        counted = _counted(run, limit, what)
        if spent is None or counted is None:
            return None
        seconds.append(spent)
        hits.append(counted[0])
        reads.append(counted[1])
    return Batches(np.array(seconds), np.array(hits), np.array(reads)) if seconds else None


def _counted(run: Run, limit: float, what: What) -> tuple[int, int] | None:
    """Hits of one run, and of how many, where a hit costs at most the limit."""
    raw = run.stages.get("raw")
    if what == "a read, amortised":
        hits = _reads_within(run, limit)
        return None if raw is None or not raw.num_points or hits is None else (hits, raw.num_points)
    if what == "a run" and raw is None:
        return None
    found = run.found("final" if what == "a run, final answer" else "raw")
    return int(found is not None and signed(run.sense, found) <= limit), 1


@dataclass(frozen=True, eq=False)
class Told:
    """One setting on one instance: the length that was chosen, and the runs and batches that tell the time."""

    setting: str
    instance: str
    target: str
    objective: float
    what: What
    length: str
    runs: Sequence[Run]
    batches: Batches

    @cached_property
    def seconds(self) -> float:
        return float(amortised(self.batches, self.batches.share))

    @property
    def is_met(self) -> bool:
        return bool(self.batches.hits.any())

    @property
    def time(self) -> Interval:
        """With its interval over the runs; a lower limit where the target was never met."""
        return with_interval(amortised, self.batches, self.batches.draws(np.random.default_rng(BOOTSTRAP_SEED)))


def told(runs: RunSet, setting: Setting, instance: str, target: str, what: What) -> Told | None:
    """Time of one setting to one target on one instance; None where the rows do not tell it."""
    lengths = setting.by_instance.get(instance, {})
    objective = target_value(runs.references[instance], runs.instances[instance].sense, TARGETS[target])
    if objective is None:
        return None
    found = {text: batches for text, cell in lengths.items() if (batches := batches_of(cell, objective, what))}
    if len(found) > 1:
        found = {text: batches for text, batches in found.items() if len(batches.seconds) > 1}
    if not found or (len(found) == 1 and len(lengths) > 1 and len(next(iter(found.values())).seconds) < 2):
        return None
    texts = list(found)
    text, half = texts[0], slice(None)
    if len(texts) > 1:
        gaps = [upper_median([runs.gap(run, "raw") for run in lengths[text][0::2]]) for text in texts]
        text, half = (
            texts[best_length(list(found.values()), np.nan_to_num(gaps, nan=np.inf).tolist())],
            slice(1, None, 2),
        )
    batches = found[text].take(half)
    return Told(setting.name, instance, target, objective, what, text, lengths[text][half], batches)


def over_instances(found: Sequence[Told]) -> Interval | None:
    """Median over instances of the seconds, its interval by drawing instances, and runs within each that was drawn.

    Instances whose target was never met count as infinite; where the median is one, a lower limit is told, the
    median of the limits. One instance alone has the interval over its runs.
    """
    if len(found) < 2:
        return found[0].time if found else None
    seconds = np.array([one.seconds for one in found])
    middle = float(row_medians(seconds[None, :])[0])
    if not np.isfinite(middle):
        low = float(np.median([one.seconds if one.is_met else one.time.low for one in found]))
        return Interval(low, low, np.inf, is_limit=True)
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    draws = min(RESAMPLES, max(LEAST_DRAWS, RESAMPLES * FEW_INSTANCES // len(found)))
    drawn = (one.batches.draws(rng, draws) for one in found)
    times = np.array([amortised(batches, batches.share) for batches in drawn])  # (instances, draws)
    shape = (RESAMPLES, len(found))
    sampled = row_medians(times[rng.integers(len(found), size=shape), rng.integers(draws, size=shape)])
    low, high = np.quantile(sampled, [0.025, 0.975], method="nearest")
    return Interval(middle, float(low), float(high))
