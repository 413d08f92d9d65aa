"""The best fixed cut-off of runs that are started again until one reaches the target, from their run lengths.

Limits: a cut-off is fitted to few runs and looks better on them than it is; so the gain is told for runs left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .runs import Run, RunSet
from .tables import Cell, Measure, Table, count, figure, tabulate, words
from .times import Settings, target_time

#: Runs of an instance from which a cut-off is told.
MIN_RUNS = 5


@dataclass(frozen=True)
class Restart:
    """Cut-off in seconds, expected seconds to the target with it and without, and with it on runs left out."""

    cutoff: float
    expected: float
    without: float
    held_out: float

    @property
    def gain(self) -> float:
        """Expected time without by that with the cut-off, on runs left out."""
        return self.without / self.held_out


def expected_seconds(times: Sequence[float], lengths: Sequence[float], cutoff: float) -> float:
    """``E[min(T, t)] / F(t)``: mean seconds until success, restarted after t; inf where no run is that fast.

    ``times`` to the target, inf for never; ``lengths`` of the whole runs, after which a failed one ends by itself.

    References
    ----------
    Luby, Sinclair, Zuckerman (1993), Optimal speedup of Las Vegas algorithms, doi:10.1016/0020-0190(93)90029-9.

    Examples
    --------
    >>> expected_seconds([1.0, math.inf], [10.0, 10.0], 1.0), expected_seconds([1.0, math.inf], [10.0, 10.0], 10.0)
    (2.0, 11.0)
    """
    hits = sum(math.isfinite(t) and t <= cutoff for t in times)
    spent = sum(min(t, length, cutoff) for t, length in zip(times, lengths, strict=True))
    return spent / hits if hits else math.inf


def best_restart(times: Sequence[float], lengths: Sequence[float]) -> Restart | None:
    """The cut-off of the least expected time among the times that were seen; None where no run reached the target."""
    if not any(math.isfinite(t) for t in times):
        return None
    cutoff = _cutoff(times, lengths)
    spent, hits = 0.0, 0
    for i, (t, length) in enumerate(zip(times, lengths, strict=True)):
        others = [k for k in range(len(times)) if k != i]
        limit = _cutoff([times[k] for k in others], [lengths[k] for k in others])
        spent += min(t, length, limit)
        hits += math.isfinite(t) and t <= limit
    held_out = spent / hits if hits else math.inf
    return Restart(
        cutoff, expected_seconds(times, lengths, cutoff), expected_seconds(times, lengths, math.inf), held_out
    )


def _cutoff(times: Sequence[float], lengths: Sequence[float]) -> float:
    """The best cut-off; inf where nothing reached the target, or where the whole run is as good."""
    seen = [math.inf, *sorted((t for t in times if math.isfinite(t)), reverse=True)]
    return min(seen, key=lambda t: expected_seconds(times, lengths, t))


@dataclass(frozen=True)
class _Restarts:
    """One row: a pipeline's instances with enough runs."""

    label: str
    found: Sequence[Restart]

    @property
    def cut(self) -> list[Restart]:
        """Instances on which a cut-off beats whole runs."""
        return [one for one in self.found if math.isfinite(one.cutoff)]

    def cutoff(self) -> Cell:
        return figure(float(np.median([one.cutoff for one in self.cut])) if self.cut else None, "s")

    def median(self, value: Callable[[Restart], float]) -> float:
        return float(np.median([value(one) for one in self.found]))


_RESTARTS: tuple[Measure[_Restarts], ...] = (
    Measure("pipeline", lambda row: words(row.label)),
    Measure(
        "instances",
        lambda row: count(len(row.found)),
        f"With at least {MIN_RUNS} runs, one of which reached the target.",
    ),
    Measure("with a cut-off", lambda row: count(len(row.cut)), "Instances on which some cut-off beats whole runs."),
    Measure("cut-off", _Restarts.cutoff, "Median over these."),
    Measure(
        "as run",
        lambda row: figure(row.median(lambda one: one.without), "s"),
        "Expected seconds to the target: whole runs, started again until one reaches it; median.",
    ),
    Measure(
        "with the cut-off",
        lambda row: figure(row.median(lambda one: one.expected), "s"),
        "The same on the runs that it was chosen on: an upper estimate of the gain.",
    ),
    Measure(
        "gain, left out",
        lambda row: figure(row.median(lambda one: one.gain)),
        "As run by with the cut-off, each run cut by what the other runs say; median.",
    ),
)


def restart_table(runs: RunSet, settings: Settings) -> Table:
    """Cut-offs by pipeline, over the instances with enough runs; no rows where none has them."""
    rows = []
    for label in runs.pipelines:
        cells = [cell for (_, name), cell in runs.by_cell.items() if name == label]
        found = [one for cell in cells if (one := _of(runs, cell, settings))]
        if found:
            rows.append(_Restarts(label, found))
    note = "E[min(T, t)] / F(t) over the seen run lengths (Luby, Sinclair, Zuckerman 1993). A gain below 1 is a loss."
    return tabulate("restarts", "When to start again", _RESTARTS, rows, note)


def _of(runs: RunSet, cell: Sequence[Run], settings: Settings) -> Restart | None:
    done = [run for run in cell if run.status != "failed" and run.total_seconds > 0]
    if len(done) < MIN_RUNS or runs.references[done[0].instance].value is None:
        return None
    times = [target_time(runs, run, settings.target_gap) for run in done]
    return best_restart(times, [run.total_seconds for run in done])
