"""The report's tables of figures by pipeline: quality, time, resources, and worth by utility."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ...core import Float
from ..metrics import Interval
from .paired import Control, costs_of
from .runs import STAGES, Run, RunSet, StageName
from .statistics import clustered_share, median_interval
from .tables import MISSING, Cell, Column, Table, count, figure, interval, p_text, percent, percent_text, words
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
    """One number an instance: the median over its seeds."""
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


def quality_table(runs: RunSet, settings: Settings) -> Table:
    """Gaps of every stage, feasibility, chance of the reference, and approximation ratio by pipeline."""
    target = "the reference" if not settings.target_gap else f"a gap of {percent_text(settings.target_gap)}"
    columns = [
        Column("pipeline"),
        Column("runs"),
        Column("failed", "Runs that ended with an error, a refusal, or at the limits of time and memory."),
        Column("feasible", "Share of runs with a feasible answer."),
        Column("gap", "Final answer: median over instances of the median over seeds, 95 % bootstrap interval."),
        Column("raw gap", "Best sample as it came, unrepaired."),
        Column("repaired gap"),
        Column("improved gap", "After local search."),
        Column("control, repaired", "Equally many uniform points of the same ground, same selection and repair."),
        Column("P(target)", f"Share of runs that reached {target}, 95 % interval by instance."),
        Column("ratio", "Objective by reference (max) or reference by objective (min), median of final answers."),
    ]
    rows = [_quality_row(runs, label, settings) for label in runs.pipelines]
    note = (
        "Gaps are signed, lower is better, 0 is the reference. A run without a feasible point counts as worse than "
        "every gap; 'none' means that this is so for the median. Native solvers have one stage."
    )
    return Table("quality", "Quality", columns, rows, note)


def _quality_row(runs: RunSet, label: str, settings: Settings) -> list[Cell]:
    members = runs.by_pipeline[label]
    with_control = [run for run in members if "repaired" in run.control]
    cells = [words(label), count(len(members)), count(sum(run.status == "failed" for run in members))]
    cells.append(percent(np.mean([run.is_feasible for run in members]).item()))
    cells.append(interval(gap_interval(runs, members, "final"), percent_text))
    for stage in STAGES:
        there = [run for run in members if stage in run.stages]
        cells.append(interval(gap_interval(runs, there, stage), percent_text) if there else MISSING)
    control = gap_interval(runs, with_control, "repaired", is_control=True) if with_control else None
    cells.append(MISSING if control is None else interval(control, percent_text))
    known = [run for run in members if runs.references[run.instance].value is not None]
    hits = [runs.reaches(run, settings.target_gap) for run in known]
    names = [run.instance for run in known]
    cells.append(interval(clustered_share(hits, names), percent_text) if known else MISSING)
    ratios = [ratio for run in members if (ratio := objective_ratio(runs, run)) is not None]
    cells.append(figure(float(np.median(ratios))) if ratios else MISSING)
    return cells


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
    columns = [
        Column("pipeline"),
        Column("seconds", "Wall time of a run, encoding to check, median."),
        Column("CPU seconds", "Of the run's process, the control included, median."),
        Column("time to incumbent", "QOBLIB's time to solution: mean time of the run's final incumbent."),
        Column("TTS99 a run", "Final answer: seconds of restarts until 99 % chance, training included."),
        Column("TTS99 a run, trained", "The same without the seconds of the optimiser."),
        Column("TTS99 a read, raw", "Best sample unrepaired: seconds of reads until 99 % chance, training included."),
        Column("TTS99 a read, raw, trained", "The same without the seconds of the optimiser."),
        Column("primal integral", f"Mean over 0..{captime:.3g} s by that length; 0 is the reference at once."),
    ]
    rows = []
    for label in runs.pipelines:
        members = runs.by_pipeline[label]
        cells = [cell for (_, other), cell in runs.by_cell.items() if other == label]
        row = [words(label), figure(_median(run.total_seconds for run in members), "s")]
        row.append(figure(_median(run.figures.get("cpu_seconds", math.nan) for run in members), "s"))
        row.append(figure(mean_incumbent_time(members), "s"))
        for with_training in (True, False):
            row.append(_tts([tts_of_runs(runs, cell, settings, with_training=with_training) for cell in cells]))
        for with_training in (True, False):
            row.append(_tts([tts_of_reads(runs, cell, settings, with_training=with_training) for cell in cells]))
        shares = [primal_share(runs, run, captime) for run in members]
        row.append(figure(float(np.nanmean(shares)) if not np.isnan(shares).all() else None))
        rows.append(row)
    note = (
        "TTS99 is the median over instances, with the share of instances that were solved at all; '>' is a lower "
        "limit (Wilson). It is not QOBLIB's time to solution. '-': native solver, or training that cannot be "
        "told apart from the reads."
    )
    return Table("time", "Time", columns, rows, note)


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
    columns = [Column("pipeline"), *(Column(key.replace("_", " "), text) for key, text in RESOURCES.items())]
    columns.append(Column("peak MiB"))
    rows = []
    for label in runs.pipelines:
        members = runs.by_pipeline[label]
        row = [words(label)]
        row += [count(_median(run.figures.get(key, math.nan) for run in members)) for key in RESOURCES]
        row.append(count(_median(run.figures.get("peak_bytes", math.nan) for run in members) / 2**20))
        rows.append(row)
    return Table("resources", "Resources", columns, rows)


def utility_table(runs: RunSet, settings: Settings) -> Table:
    """Mean worth of the time to target by three beliefs about when the user gives up."""
    captime = captime_of(runs, settings)
    shapes: tuple[Shape, ...] = ("linear", "log-laplace", "step")
    columns = [Column("pipeline"), Column("reached", "Share of runs that reached the target at any time.")]
    columns += [Column(shape) for shape in shapes]
    rows = []
    for label in runs.pipelines:
        members = [run for run in runs.by_pipeline[label] if runs.references[run.instance].value is not None]
        times = [target_time(runs, run, settings.target_gap) for run in members]
        row = [words(label), percent(np.mean(np.isfinite(times)).item() if times else math.nan)]
        names = [run.instance for run in members]
        row += [interval(utility_score(times, Utility(shape, captime), names)) for shape in shapes]
        rows.append(row)
    note = (
        "Mean of u(time to target), over the runs of an instance and then over instances, 1 is best, 95 % "
        "interval of instances that holds at any number of them (by betting); a run that never got there is worth 0. "
        f"Captime {captime:.3g} s: linear falls to 0 at it, log-Laplace is 1/2 there, step is 1 up to it."
    )
    return Table("utility", "Worth by utility of time", columns, rows, note)


def worth_table(runs: RunSet) -> Table:
    """What one sample is worth in uniform points of the same ground, by pipeline and target."""
    columns = [
        Column("pipeline"),
        Column("target", "Of its best known or proven optimum; 1 % from it; or the best of the run itself."),
        Column("instances"),
        Column("worth", "Chance of one sample over that of one uniform point: median over instances of the median."),
        Column("chance", "Of one sample, median."),
        Column("uniform", "Of one uniform point, median."),
        Column("exact", "Runs in which both chances were counted, not sampled."),
        Column("no limit", "Runs in which uniform points never reached the target: left out of the median."),
        Column("by second", "Worth times the CPU seconds of a uniform point, over those of a sample with training."),
    ]
    rows = []
    for label in runs.pipelines:
        members = runs.by_pipeline[label]
        for target in dict.fromkeys(name for run in members for name in run.worth):
            there = [run for run in members if target in run.worth]
            known = [run for run in there if run.worth[target].worth is not None]
            row = [words(label), words(target), count(len({run.instance for run in there}))]
            worths = by_instance(known, lambda run: run.worth[target].worth or 0.0) if known else None  # noqa: B023
            row.append(MISSING if worths is None else interval(median_interval(worths)))
            row.append(percent(_median(run.worth[target].sampler for run in there)))
            row.append(percent(_median(run.worth[target].uniform for run in there)))
            row.append(count(sum(run.worth[target].is_exact for run in there)))
            row.append(count(len(there) - len(known)))
            row.append(figure(_median(run.worth_per_second for run in known if run.worth_per_second is not None)))
            rows.append(row)
    note = (
        "Uniform points of the sampler's own ground: same reduction, core, start and kept rows. A worth of 1 is a "
        "uniform point. The target 'best of this run' is chosen from the samples, so its worth is an upper estimate."
    )
    return Table("worth", "What one sample is worth", columns, rows, note)


def program_table(controls: Sequence[Control]) -> Table:
    """Reduction and sampler together against the whole program."""
    found = control_table(controls)
    note = "Uniform points of the whole program: what the reduction fixed is counted here. No verdict on the sampler."
    title = "What reduction and sampler earned together"
    return Table("program", title, found.columns, found.rows, note)


def control_table(controls: Sequence[Control]) -> Table:
    """Whether each sampler beats equally many uniform points of its own ground, stage by stage."""
    columns = [
        Column("pipeline"),
        Column("stage"),
        Column("verdict", "By Holm's adjusted p below 0.05 and the sign of the effect."),
        Column("effect", "Matched-pairs rank-biserial correlation; negative: lower gap than the control."),
        Column("p", "Wilcoxon's signed-rank test, two-sided."),
        Column("p, Holm"),
        Column("units"),
        Column("ties"),
        Column("feasible", "Runs with a feasible point at this stage, and of the control."),
    ]
    rows = []
    for found in controls:
        test, (own, other) = found.test, found.feasible
        row = [words(found.pipeline), words(found.stage), words(found.verdict), figure(test.effect)]
        row += [Cell(p_text(p), p) for p in (test.p, found.adjusted)]
        row += [count(test.num_pairs), count(test.num_ties), Cell(f"{own} | {other} of {found.num_runs}", own)]
        rows.append(row)
    return Table("control", "Is it better than uniform points of the same ground with the same repair?", columns, rows)


def mean_ranks(runs: RunSet, settings: Settings) -> dict[str, float]:
    """Mean rank of each pipeline over the units that all have; empty where there are none."""
    from scipy.stats import rankdata

    table = costs_of(runs, runs.tested, settings.unit)
    if not len(table.costs):
        return {}
    ranks = rankdata(np.round(table.costs, 12), axis=1).mean(axis=0)
    return dict(zip(table.pipelines, map(float, ranks), strict=True))
