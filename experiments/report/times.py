"""Times of runs: to a target, to the incumbent, TTS99 a run and a read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..metrics import Interval, first_time, incumbent_time, primal_integral, time_to_solution
from .paired import Unit
from .runs import Run, RunSet, StageName

#: Watts that one busy core is taken to draw where no counter was read; an assumption, see ``--watts``.
WATTS_PER_CORE = 10.0


@dataclass(frozen=True)
class Settings:
    """What the figures of a report depend on.

    Parameters
    ----------
    unit : what a test counts: ``instance`` (seeds averaged) or ``run``.
    target_gap : gap to the reference up to which a run has reached the target; 0 is the reference itself.
    captime : seconds of utilities, primal integrals; None is the budget's seconds, else the longest run.
    watts : power of one busy core in the energy model.
    qpu_kilowatts : power of the quantum machine in the energy model; None leaves its energy out.
    qpu_shot_seconds : seconds of one shot on it, for rows that do not hold the seconds of a device.
    """

    unit: Unit = "instance"
    target_gap: float = 0.0
    captime: float | None = None
    watts: float = WATTS_PER_CORE
    qpu_kilowatts: float | None = None
    qpu_shot_seconds: float | None = None

    def __post_init__(self) -> None:
        if self.unit not in ("instance", "run"):
            raise ValueError(f"unit must be instance or run, got {self.unit!r}")
        if not self.target_gap >= 0 or not self.watts > 0 or not (self.captime is None or self.captime > 0):
            raise ValueError("target_gap must be >= 0, captime and watts > 0")
        for name in ("watts", "qpu_kilowatts", "qpu_shot_seconds"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be a finite number > 0, got {value!r}")
        if self.qpu_shot_seconds is not None and self.qpu_kilowatts is None:
            raise ValueError("qpu_kilowatts must be given with qpu_shot_seconds, got none; add it")


def captime_of(runs: RunSet, settings: Settings) -> float:
    """Seconds of the settings, else of the sweep's budget, else of the longest run."""
    if settings.captime is not None:
        return settings.captime
    limits = {run.budget["seconds"] for run in runs.runs if run.budget.get("seconds")}
    longest = max((run.total_seconds for run in runs.runs if run.total_seconds > 0), default=1.0)
    return float(max(limits)) if limits else longest


def target_time(runs: RunSet, run: Run, target_gap: float) -> float:
    """Seconds until the verified incumbent of a run was within the gap; inf if never."""
    target = runs.target(run, target_gap)
    return math.inf if target is None else first_time(run.trace, target, run.sense)


def mean_incumbent_time(runs: Sequence[Run]) -> float:
    """QOBLIB's "time to solution": mean over runs of the time of the final incumbent; nan without any."""
    times = [incumbent_time(run.trace) for run in runs if run.trace]
    return float(np.mean(times)) if times else math.nan


def tts_of_runs(
    runs: RunSet, cell: Sequence[Run], settings: Settings, *, stage: StageName = "final", with_training: bool = True
) -> Interval | None:
    """TTS99 of one instance and pipeline, the read being one whole run; None where training cannot be taken out.

    p is the share of seeds whose stage reached the target, t the mean seconds of a run, without those of the
    optimiser if training is left out.
    """
    spent = [_seconds(run, with_training=with_training) for run in cell]
    if not cell or any(seconds is None for seconds in spent):
        return None
    hits = sum(runs.reaches(run, settings.target_gap, stage) for run in cell)
    return time_to_solution(hits, len(cell), float(np.mean([seconds or 0.0 for seconds in spent])))


def tts_of_reads(
    runs: RunSet, cell: Sequence[Run], settings: Settings, *, with_training: bool = True
) -> Interval | None:
    """TTS99 of one instance and pipeline at the stage raw, the read being one sample.

    p is the share of samples of all seeds that reached the target; it is known where the raw stage has ``hit_share``,
    the share of reads as good as the run's best, and that best did reach it. t is the sampler's time by reads.
    """
    reads = hits = 0
    seconds = 0.0
    for run in cell:
        raw = run.stages.get("raw")
        spent = _sampler_seconds(run, with_training=with_training)
        if raw is None or not raw.num_points or spent is None:
            return None
        if runs.reaches(run, settings.target_gap, "raw"):
            if raw.hit_share is None:
                return None
            hits += round(raw.hit_share * raw.num_points)
        reads += raw.num_points
        seconds += spent
    return time_to_solution(hits, reads, seconds / reads) if reads else None


def _is_pooled(run: Run) -> bool:
    """Whether the reads of training are among the samples, so that training cannot be taken out."""
    return run.extra.get("shots_per_evaluation") is not None


def _seconds(run: Run, *, with_training: bool) -> float | None:
    total = run.seconds.get("total")
    if with_training or total is None:
        return total
    return None if _is_pooled(run) else max(0.0, total - run.seconds.get("optimize", 0.0))


def _sampler_seconds(run: Run, *, with_training: bool) -> float | None:
    solve = run.seconds.get("solve")
    if with_training or solve is None:
        return solve
    return None if _is_pooled(run) else max(0.0, solve - run.seconds.get("optimize", 0.0))


def primal_share(runs: RunSet, run: Run, captime: float) -> float:
    """Primal integral over 0..captime by its length: 0 is the reference at once, 1 nothing at all; nan without one."""
    reference = runs.references[run.instance].value
    return math.nan if reference is None else primal_integral(run.trace, reference, captime, run.sense) / captime


def middle(found: Sequence[Interval | None]) -> tuple[Interval, int, int] | None:
    """Median over instances of a TTS99, how many reached the target, and how many there are; limits count as never.

    Of an even number it is the mean of the middle two. None where the figure does not exist for any instance.
    """
    told = [item for item in found if item is not None]
    if not told:
        return None
    reached = [item for item in told if not item.is_limit]
    if 2 * len(reached) <= len(told):
        least = float(np.median([item.low for item in told]))
        return Interval(least, least, math.inf, is_limit=True), len(reached), len(told)
    order = sorted(told, key=lambda item: math.inf if item.is_limit else item.value)
    # more than half reached it, so the middle one or two did
    both = order[(len(order) - 1) // 2], order[len(order) // 2]
    value, low, high = (sum(getattr(item, part) for item in both) / 2 for part in ("value", "low", "high"))
    return Interval(value, low, high), len(reached), len(told)
