"""The report's tables of figures by pipeline: quality, time, resources, and worth by utility."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...core import Float
from ..metrics import Interval
from .paired import costs_of
from .runs import Run, RunSet, StageName
from .statistics import clustered_share, median_interval
from .tables import (
    MISSING,
    Cell,
    Measure,
    Table,
    count,
    figure,
    interval,
    percent,
    percent_text,
    tabulate,
    words,
)
from .times import (
    Settings,
    captime_of,
    mean_incumbent_time,
    middle,
    primal_share,
    target_time,
    tts_of_reads,
    tts_of_runs,
)
from .utility import Shape, Utility, utility_score


def by_instance(runs: Sequence[Run], value: Callable[[Run], float]) -> Float:
    """One number an instance, shape (instances,): the median over its seeds."""
    groups: dict[str, list[float]] = {}
    for run in runs:
        groups.setdefault(run.instance, []).append(value(run))
    return np.array([upper_median(group) for group in groups.values()])


def upper_median(values: Sequence[float]) -> float:
    """Median; the upper of the middle two where it would mix a number with inf."""
    ordered = sorted(value for value in values if not math.isnan(value))
    if not ordered:
        return math.nan
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return high if math.isinf(high) else (low + high) / 2


def gap_interval(runs: RunSet, members: Sequence[Run], stage: StageName, *, is_control: bool = False) -> Interval:
    """Median over instances of the median gap over seeds, with its bootstrap interval."""
    return median_interval(by_instance(members, lambda run: runs.gap(run, stage, is_control=is_control)))


@dataclass(frozen=True)
class Pipeline:
    """One row of the tables by pipeline: its label, its runs, and all the runs it stands among."""

    label: str
    members: Sequence[Run]
    runs: RunSet
    settings: Settings

    def gap(self, stage: StageName) -> Cell:
        """Median gap at a stage over the runs that have it."""
        there = [run for run in self.members if stage == "final" or stage in run.stages]
        return interval(gap_interval(self.runs, there, stage), percent_text) if there else MISSING

    def control_gap(self) -> Cell:
        """Median repaired gap of the control."""
        there = [run for run in self.members if "repaired" in run.control]
        if not there:
            return MISSING
        return interval(gap_interval(self.runs, there, "repaired", is_control=True), percent_text)

    def hits(self) -> Cell:
        """Share of runs that reached the target."""
        known = [run for run in self.members if self.runs.references[run.instance].value is not None]
        reached = [self.runs.reaches(run, self.settings.target_gap) for run in known]
        names = [run.instance for run in known]
        return interval(clustered_share(reached, names), percent_text) if known else MISSING

    def ratio(self) -> Cell:
        """Median of ``objective_ratio``."""
        ratios = [ratio for run in self.members if (ratio := objective_ratio(self.runs, run)) is not None]
        return figure(float(np.median(ratios))) if ratios else MISSING

    def median(self, name: str) -> float:
        """Median of a figure over the runs that have it."""
        return _median(run.figures.get(name, math.nan) for run in self.members)

    def cells(self) -> list[Sequence[Run]]:
        """Its runs instance by instance."""
        return [cell for (_, label), cell in self.runs.by_cell.items() if label == self.label]


def by_pipeline(runs: RunSet, settings: Settings | None = None) -> list[Pipeline]:
    """The rows of a table by pipeline."""
    chosen = Settings() if settings is None else settings
    return [Pipeline(label, runs.by_pipeline[label], runs, chosen) for label in runs.pipelines]


NAME: Measure[Pipeline] = Measure("pipeline", lambda row: words(row.label))


def quality_table(runs: RunSet, settings: Settings) -> Table:
    """Gaps of every stage, feasibility, chance of the reference, and approximation ratio by pipeline."""
    target = "the reference" if not settings.target_gap else f"a gap of {percent_text(settings.target_gap)}"
    measures: list[Measure[Pipeline]] = [
        NAME,
        Measure("runs", lambda row: count(len(row.members))),
        Measure(
            "failed",
            lambda row: count(sum(run.status == "failed" for run in row.members)),
            "Runs that ended with an error, a refusal, or at the limits of time and memory.",
        ),
        Measure(
            "feasible",
            lambda row: percent(np.mean([run.is_feasible for run in row.members]).item()),
            "Share of runs with a feasible answer.",
        ),
        Measure(
            "gap",
            lambda row: row.gap("final"),
            "Final answer: median over instances of the median over seeds, 95 % bootstrap interval.",
        ),
        Measure("raw gap", lambda row: row.gap("raw"), "Best sample as it came, unrepaired."),
        Measure("repaired gap", lambda row: row.gap("repaired")),
        Measure("improved gap", lambda row: row.gap("improved"), "After local search."),
        Measure(
            "control, repaired",
            lambda row: row.control_gap(),
            "Equally many uniform points of the same ground, same selection and repair.",
        ),
        Measure(
            "P(target)", lambda row: row.hits(), f"Share of runs that reached {target}, 95 % interval by instance."
        ),
        Measure(
            "ratio",
            lambda row: row.ratio(),
            "Objective by reference (max) or reference by objective (min), median of final answers.",
        ),
    ]
    note = (
        "Gaps are signed, lower is better, 0 is the reference. A run without a feasible point counts as worse than "
        "every gap; 'none' means that this is so for the median. Native solvers have one stage."
    )
    return tabulate("quality", "Quality", measures, by_pipeline(runs, settings), note)


def objective_ratio(runs: RunSet, run: Run) -> float | None:
    """Objective by reference (max), reference by objective (min); None for infeasible runs and values not > 0.

    It is ``(Emax - E) / (Emax - Emin)`` for sense max where the worst value is 0; rows do not hold the worst value
    otherwise.
    """
    reference, found = runs.references[run.instance].value, run.objective
    if reference is None or found is None or reference <= 0 or found <= 0:
        return None
    return found / reference if run.sense == "max" else reference / found


def time_table(runs: RunSet, settings: Settings) -> Table:
    """Seconds, time to the incumbent, TTS99 a run and a read with and without training, primal integral."""
    captime = captime_of(runs, settings)

    def tts(row: Pipeline, *, reads: bool, with_training: bool) -> Cell:
        find = tts_of_reads if reads else tts_of_runs
        return _tts([find(runs, cell, settings, with_training=with_training) for cell in row.cells()])

    def integral(row: Pipeline) -> Cell:
        shares = [primal_share(runs, run, captime) for run in row.members]
        return figure(float(np.nanmean(shares)) if not np.isnan(shares).all() else None)

    measures: list[Measure[Pipeline]] = [
        NAME,
        Measure(
            "seconds",
            lambda row: figure(_median(run.total_seconds for run in row.members), "s"),
            "Wall time of a run, encoding to check, median.",
        ),
        Measure(
            "CPU seconds",
            lambda row: figure(row.median("cpu_seconds"), "s"),
            "Of the run's process from encoding to improvement, the controls left out, median.",
        ),
        Measure(
            "time to incumbent",
            lambda row: figure(mean_incumbent_time(row.members), "s"),
            "QOBLIB's time to solution: mean time of the run's final incumbent.",
        ),
        Measure(
            "TTS99 a run",
            lambda row: tts(row, reads=False, with_training=True),
            "Final answer: seconds of restarts until 99 % chance, training included.",
        ),
        Measure(
            "TTS99 a run, trained",
            lambda row: tts(row, reads=False, with_training=False),
            "The same without the seconds of the optimiser.",
        ),
        Measure(
            "TTS99 a read, raw",
            lambda row: tts(row, reads=True, with_training=True),
            "Best sample unrepaired: seconds of reads until 99 % chance, training included.",
        ),
        Measure(
            "TTS99 a read, raw, trained",
            lambda row: tts(row, reads=True, with_training=False),
            "The same without the seconds of the optimiser.",
        ),
        Measure(
            "primal integral", integral, f"Mean over 0..{captime:.3g} s by that length; 0 is the reference at once."
        ),
    ]
    note = (
        "TTS99 is the median over instances, with the share of instances that were solved at all; '>' is a lower "
        "limit (Wilson). It is not QOBLIB's time to solution. '-': native solver, or training that cannot be "
        "told apart from the reads."
    )
    return tabulate("time", "Time", measures, by_pipeline(runs, settings), note)


def _tts(found: Sequence[Interval | None]) -> Cell:
    told = middle(found)
    if told is None:
        return MISSING
    at, reached, total = told
    text = f"> {figure(at.low).text} s" if at.is_limit else f"{figure(at.value).text} s"
    return Cell(f"{text} ({reached}/{total})", at.low if at.is_limit else at.value)


def _median(values: object) -> float:
    told = [value for value in values if not math.isnan(value)]  # type: ignore[attr-defined]
    return float(np.median(told)) if told else math.nan


RESOURCES = {
    "qubits": "Of the sampler's model, median over runs.",
    "aux_qubits": "Of these, bits that the encoding added.",
    "depth": "Two-qubit gates count as one layer each.",
    "two_qubit_gates": "",
    "shots": "Samples of circuits, training included.",
    "evaluations": "Of the circuit's energy, by the optimiser.",
}


def resource_table(runs: RunSet) -> Table:
    """Qubits, depth, gates, shots, evaluations and memory, medians by pipeline; joules have a table of their own."""
    measures: list[Measure[Pipeline]] = [
        NAME,
        *(Measure(key.replace("_", " "), _counted(key), text) for key, text in RESOURCES.items()),
        Measure("peak MiB", lambda row: count(row.median("peak_bytes") / 2**20)),
    ]
    return tabulate("resources", "Resources", measures, by_pipeline(runs))


def _counted(key: str) -> Callable[[Pipeline], Cell]:
    return lambda row: count(row.median(key))


@dataclass(frozen=True)
class _Arrivals:
    """One row of the table of utilities: the times to target of a pipeline's runs, and the instance of each."""

    label: str
    times: Sequence[float]
    instances: Sequence[str]

    def reached(self) -> Cell:
        return percent(np.mean(np.isfinite(self.times)).item() if self.times else math.nan)


def utility_table(runs: RunSet, settings: Settings) -> Table:
    """Mean worth of the time to target by three beliefs about when the user gives up."""
    captime = captime_of(runs, settings)
    shapes: tuple[Shape, ...] = ("linear", "log-laplace", "step")
    measures: list[Measure[_Arrivals]] = [
        Measure("pipeline", lambda row: words(row.label)),
        Measure("reached", _Arrivals.reached, "Share of runs that reached the target at any time."),
        *(Measure(shape, _scored(Utility(shape, captime))) for shape in shapes),
    ]
    rows = []
    for label in runs.pipelines:
        members = [run for run in runs.by_pipeline[label] if runs.references[run.instance].value is not None]
        times = [target_time(runs, run, settings.target_gap) for run in members]
        rows.append(_Arrivals(label, times, [run.instance for run in members]))
    note = (
        "Mean of u(time to target), over the runs of an instance and then over instances, 1 is best, 95 % "
        "interval of instances that holds at any number of them (by betting); a run that never got there is worth 0. "
        f"Captime {captime:.3g} s: linear falls to 0 at it, log-Laplace is 1/2 there, step is 1 up to it."
    )
    return tabulate("utility", "Worth by utility of time", measures, rows, note)


def _scored(utility: Utility) -> Callable[[_Arrivals], Cell]:
    return lambda row: interval(utility_score(row.times, utility, row.instances))


@dataclass(frozen=True)
class _Worths:
    """One row of the table of worth: a pipeline's runs that have a worth for one target."""

    label: str
    target: str
    there: Sequence[Run]

    @property
    def known(self) -> list[Run]:
        """Runs whose uniform points reached the target: the others have a worth without limit."""
        return [run for run in self.there if run.worth[self.target].worth is not None]

    def worth(self) -> Cell:
        known = self.known
        if not known:
            return MISSING
        return interval(median_interval(by_instance(known, lambda run: run.worth[self.target].worth or 0.0)))

    def middle(self, value: Callable[[Run], float | None]) -> float:
        """Median over instances of the median over their seeds, of the runs that have a value."""

        def told(run: Run) -> float:  # medians leave out what is no number
            found = value(run)
            return math.nan if found is None else found

        return _median(by_instance(self.there, told))


_WORTHS: tuple[Measure[_Worths], ...] = (
    Measure("pipeline", lambda row: words(row.label)),
    Measure(
        "target",
        lambda row: words(row.target),
        "Of its best known or proven optimum; 1 % from it; or the best of the run itself.",
    ),
    Measure("instances", lambda row: count(len({run.instance for run in row.there}))),
    Measure(
        "worth",
        _Worths.worth,
        "Chance of one sample over that of one uniform point: median over instances of the median.",
    ),
    Measure(
        "chance",
        lambda row: percent(row.middle(lambda run: run.worth[row.target].sampler)),
        "Of one sample: median over instances of the median.",
    ),
    Measure(
        "uniform",
        lambda row: percent(row.middle(lambda run: run.worth[row.target].uniform)),
        "Of one uniform point: median over instances of the median.",
    ),
    Measure(
        "exact",
        lambda row: count(sum(run.worth[row.target].is_exact for run in row.there)),
        "Runs in which both chances were counted, not sampled.",
    ),
    Measure(
        "no limit",
        lambda row: count(len(row.there) - len(row.known)),
        "Runs in which uniform points never reached the target: left out of the median.",
    ),
    Measure(
        "beyond start",
        lambda row: figure(row.middle(lambda run: run.worth[row.target].beyond)),
        "The same in points of the sampler's own start, where it has one: median over instances of the median.",
    ),
    Measure(
        "by second",
        lambda row: figure(row.middle(lambda run: run.worth_by_second(row.target))),
        "Worth for this target times the CPU seconds of a uniform point, over those of a sample with training.",
    ),
)


def worth_table(runs: RunSet) -> Table:
    """What one sample is worth in uniform points of the same ground, by pipeline and target."""
    rows = [
        _Worths(label, target, [run for run in runs.by_pipeline[label] if target in run.worth])
        for label in runs.pipelines
        for target in dict.fromkeys(name for run in runs.by_pipeline[label] for name in run.worth)
    ]
    note = (
        "Uniform points of the sampler's own ground: same reduction, core, start and kept rows. A worth of 1 is a "
        "uniform point. The target 'best of this run' is chosen from the samples, so its worth is an upper estimate."
    )
    unlike = _unlike(rows)
    if unlike:
        note += f" Not on the instances of the others, and no comparison with them: {unlike}."
    return tabulate("worth", "What one sample is worth", _WORTHS, rows, note)


def mean_ranks(runs: RunSet, settings: Settings) -> dict[str, float]:
    """Mean rank of each pipeline over the units that all have; empty where there are none."""
    from scipy.stats import rankdata

    table = costs_of(runs, runs.tested, settings.unit)
    if not len(table.costs):
        return {}
    ranks = rankdata(np.round(table.costs, 12), axis=1).mean(axis=0)
    return dict(zip(table.pipelines, map(float, ranks), strict=True))


def _unlike(rows: Sequence[_Worths]) -> str:
    """Rows whose target other pipelines have on further instances; the best of a run is each run's own."""
    named = []
    every: dict[str, set[str]] = {}
    for row in rows:
        every.setdefault(row.target, set()).update(run.instance for run in row.there)
    for row in rows:
        here, all_of_them = len({run.instance for run in row.there}), len(every[row.target])
        if row.target != "best of this run" and here < all_of_them:
            named.append(f"{row.label} ({row.target}: {here} of {all_of_them} instances)")
    return ", ".join(named)
