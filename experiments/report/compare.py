"""Two sets of rows side by side: what got better or worse from the first to the second, and how sure that is.

Runs are paired by instance data, seed and pipeline; both sets are measured against one reference an instance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...core import Float
from .paired import Unit, averaged, rounded
from .runs import Run, RunSet
from .statistics import ALPHA, Paired, holm, wilcoxon
from .tables import Cell, Measure, Table, count, figure, p_cell, percent_text, short, tabulate, words

#: Pairs that are named on each side.
MAX_NAMED = 10

Pair = tuple[Run, Run]


@dataclass(frozen=True)
class Change:
    """One measure of one pipeline before and after (medians, shares of 0/1 measures), pairs each way, the test."""

    pipeline: str
    measure: str
    before: float
    after: float
    num_better: int
    num_worse: int
    test: Paired
    adjusted: float

    @property
    def verdict(self) -> str:
        if self.adjusted >= ALPHA:
            return "no difference seen"
        return "better" if self.test.effect < 0 else "worse"


@dataclass(frozen=True)
class Difference:
    """All changes, pairs whose answer changed most, and rows that only one of the two has."""

    changes: Sequence[Change]
    worse: Sequence[str]
    better: Sequence[str]
    num_pairs: int
    only_first: int
    only_second: int

    @property
    def is_worse(self) -> bool:
        return any(change.verdict == "worse" for change in self.changes)


def compare_runs(first: RunSet, second: RunSet, unit: Unit = "instance") -> Difference:
    """Changes of gap, feasibility and seconds from the first set to the second.

    Where each set has one pipeline alone, the two are compared whatever their names.

    Raises
    ------
    ValueError
        No run of the one has a partner in the other.
    """
    both = RunSet([*first.runs, *second.runs])
    is_single = len(first.pipelines) == len(second.pipelines) == 1
    name = f"{first.pipelines[0]} -> {second.pipelines[0]}" if is_single else ""
    pairs, only_first, only_second = _pairs(first, second, is_single=is_single)
    if not pairs:
        raise ValueError(
            f"{first.source} and {second.source} must share runs of one instance, seed and pipeline, got none; "
            "give rows of the same spec, or of one pipeline each"
        )
    tests = []
    worst = both.worst_cost
    for label in dict.fromkeys(a.pipeline for a, _ in pairs):
        members = [pair for pair in pairs if pair[0].pipeline == label]
        for measure, value in _measures(both, worst):
            tests.append((name or label, measure, *_test(members, value, unit)))
    adjusted = holm([test[-1].p for test in tests])
    changes = [Change(*test, p) for test, p in zip(tests, adjusted, strict=True)]
    worse, better = _named(both, pairs, worst)
    return Difference(changes, worse, better, len(pairs), only_first, only_second)


def _pairs(first: RunSet, second: RunSet, *, is_single: bool) -> tuple[list[Pair], int, int]:
    def key(run: Run) -> tuple[str, int, str]:
        return run.instance, run.seed, "" if is_single else run.pipeline

    others = {key(run): run for run in second.runs}
    own = {key(run): run for run in first.runs}
    pairs = [(run, others[at]) for at, run in own.items() if at in others]
    return pairs, len(own) - len(pairs), len(others) - len(pairs)


def _measures(both: RunSet, worst: float) -> tuple[tuple[str, Callable[[Run], float]], ...]:
    """Measures of a run, lower is better; seconds as logarithms, so that a factor counts alike at every size."""
    return (
        ("gap", lambda run: min(both.gap(run), worst)),
        ("raw infeasible", lambda run: float(run.found("raw") is None)),
        ("log seconds", lambda run: math.log(max(run.total_seconds, 1e-6))),
    )


def _test(pairs: Sequence[Pair], value: Callable[[Run], float], unit: Unit) -> tuple[float, float, int, int, Paired]:
    before, after = (rounded(np.array([value(pair[side]) for pair in pairs])) for side in (0, 1))
    known = ~(np.isnan(before) | np.isnan(after))
    before, after = before[known], after[known]
    instances = [pair[0].instance for pair, is_known in zip(pairs, known, strict=True) if is_known]
    change: Float = after - before
    tested = rounded(averaged(change, instances, unit))
    middle = [float(np.median(side)) if side.size else math.nan for side in (before, after)]
    better, worse = int((change < 0).sum()), int((change > 0).sum())
    return middle[0], middle[1], better, worse, wilcoxon(tested if tested.size else np.zeros(1))


def _named(both: RunSet, pairs: Sequence[Pair], worst: float) -> tuple[list[str], list[str]]:
    """Pairs whose final gap changed most, worse and better, as lines."""
    changes = []
    for a, b in pairs:
        before, after = both.gap(a), both.gap(b)
        change = min(after, worst) - min(before, worst)
        if abs(change) > 1e-9:
            text = f"{a.name}, {a.pipeline}, seed {a.seed}: {percent_text(before)} -> {percent_text(after)}"
            changes.append((change, text))
    changes.sort()
    better = [text for change, text in changes if change < 0][:MAX_NAMED]
    worse = [text for change, text in reversed(changes) if change > 0][:MAX_NAMED]
    return worse, better


_CHANGES: tuple[Measure[Change], ...] = (
    Measure("pipeline", lambda change: words(change.pipeline)),
    Measure("measure", lambda change: words("seconds" if change.measure == "log seconds" else change.measure)),
    Measure("before", lambda change: _median_cell(change.measure, change.before)),
    Measure("after", lambda change: _median_cell(change.measure, change.after)),
    Measure("verdict", lambda change: words(change.verdict), "By Holm's adjusted p below 0.05."),
    Measure(
        "effect",
        lambda change: figure(change.test.effect),
        "Matched-pairs rank-biserial correlation; negative: lower, that is better, after.",
    ),
    Measure("p, Holm", lambda change: p_cell(change.adjusted)),
    Measure("units", lambda change: count(change.test.num_pairs)),
    Measure("better", lambda change: count(change.num_better)),
    Measure("worse", lambda change: count(change.num_worse)),
)


def change_table(found: Difference) -> Table:
    """The changes as a table."""
    note = (
        f"{found.num_pairs} pairs; {found.only_first} rows only in the first, {found.only_second} only in the second. "
        "Medians of gap and seconds, share of runs whose raw best is infeasible. Seconds of two sets were measured at "
        "different times: other load on the machine shows as a change."
    )
    return tabulate("changes", "From the first to the second", _CHANGES, found.changes, note)


def _median_cell(measure: str, value: float) -> Cell:
    if measure == "log seconds":
        return Cell(f"{short(math.exp(value))} s", value)
    return Cell(percent_text(value), value)
