"""Everything that a report says about a set of runs, computed once: findings, tables, plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..metrics import wilson
from .control_tables import control_table, program_table, uniform_table
from .energies import energy_by_instance, energy_table
from .findings import findings
from .matrix import matrix_table
from .paired import Comparison, against_control, compare_all, rank_all
from .plot import Plot
from .plots_quality import critical_difference, crossover, feasibility, gap_by_size, quantum_scatter, waterfall
from .plots_time import profile, qubit_scaling, target_ecdf, time_scaling
from .restarts import restart_table
from .routes import RouteAnswers, route_answers
from .runs import Run, RunSet, StageName
from .statistics import Ranking
from .summary import (
    mean_ranks,
    quality_table,
    resource_table,
    time_table,
    upper_median,
    utility_table,
    worth_table,
)
from .tables import (
    MISSING,
    Cell,
    Column,
    Measure,
    Table,
    count,
    figure,
    interval,
    p_cell,
    percent,
    percent_text,
    tabulate,
    words,
)
from .target_tables import residual_curve, target_by_instance, target_table
from .times import Settings, tts_of_runs


@dataclass(frozen=True, eq=False)
class Report:
    """Sentences, tables and plots by key, and the routes that the page draws."""

    runs: RunSet
    settings: Settings
    findings: Sequence[str]
    tables: dict[str, Table]
    plots: dict[str, Plot]
    routes: RouteAnswers = field(default_factory=RouteAnswers)


def make_report(runs: RunSet, settings: Settings | None = None) -> Report:
    """All of a report; the same rows and settings give the same one."""
    settings = settings or Settings()
    ranked = rank_all(runs, runs.tested, settings.unit)
    comparisons = compare_all(runs, runs.tested, settings.unit)
    controls = against_control(runs, settings.unit)
    tables = [
        matrix_table(runs, controls),
        control_table(controls),
        worth_table(runs),
        program_table(against_control(runs.against_program(), settings.unit)),
        uniform_table(against_control(runs.against_uniform(), settings.unit)),
        quality_table(runs, settings),
        kind_table(runs),
        pair_table(comparisons, ranked[0] if ranked else None, runs.tested),
        time_table(runs, settings),
        utility_table(runs, settings),
        restart_table(runs, settings),
        target_table(runs),
        target_by_instance(runs),
        resource_table(runs),
        energy_table(runs, settings),
        energy_by_instance(runs, settings),
        instance_table(runs, settings),
        failure_table(runs),
    ]
    plots = [gap_by_size(runs), quantum_scatter(runs), waterfall(runs), crossover(runs), feasibility(runs)]
    plots += [critical_difference(runs, *ranked)] if ranked else []
    plots += [target_ecdf(runs), profile(runs, settings), time_scaling(runs), qubit_scaling(runs)]
    plots += [plot for plot in [residual_curve(runs)] if not plot.is_empty]
    return Report(
        runs=runs,
        settings=settings,
        findings=findings(runs, ranked, comparisons, controls),
        tables={table.key: table for table in tables},
        plots={plot.key: plot for plot in plots},
        routes=route_answers(runs),
    )


def kind_table(runs: RunSet) -> Table:
    """Median final gap of each pipeline on each kind of problem, and its mean rank over all."""
    kinds = sorted({run.kind for run in runs.runs})
    ranks = mean_ranks(runs, Settings())
    rows = []
    for label in runs.pipelines:
        row = [words(label), figure(ranks.get(label))]
        for kind in kinds:
            gaps = [runs.gap(run) for run in runs.by_pipeline[label] if run.kind == kind]
            row.append(percent(upper_median(gaps)) if gaps else MISSING)
        rows.append(row)
    columns = [Column("pipeline"), Column("mean rank", "Over instances, by final gap."), *map(Column, kinds)]
    return Table("kinds", "Median final gap by kind", columns, rows)


def pair_table(comparisons: Sequence[Comparison], ranking: Ranking | None, labels: Sequence[str]) -> Table:
    """Every pair of pipelines: who is better, by how much, and how sure that is."""
    place = {label: i for i, label in enumerate(labels)}

    def nemenyi(found: Comparison) -> Cell:
        return MISSING if ranking is None else p_cell(float(ranking.pairs[place[found.first], place[found.second]]))

    measures: list[Measure[Comparison]] = [
        Measure("first", lambda found: words(found.first)),
        Measure("second", lambda found: words(found.second)),
        Measure("better", _winner, "The one with the lower final gap, where Holm's p is below 0.05."),
        Measure(
            "effect",
            lambda found: figure(found.test.effect),
            "Matched-pairs rank-biserial correlation; negative: the first is better.",
        ),
        Measure("median difference", lambda found: percent(found.test.median), "Of the gaps, first minus second."),
        Measure("p", lambda found: p_cell(found.test.p), "Wilcoxon's signed-rank test, two-sided."),
        Measure("p, Holm", lambda found: p_cell(found.adjusted)),
        Measure("p, Nemenyi", nemenyi, "After Friedman's test, on ranks."),
        Measure("units", lambda found: count(found.test.num_pairs)),
        Measure("ties", lambda found: count(found.test.num_ties)),
    ]
    note = "Final gaps, paired by instance and seed. The effect counts the pairs that differ."
    return tabulate("pairs", "Every pair of pipelines", measures, comparisons, note)


def _winner(found: Comparison) -> Cell:
    winner = found.first if found.test.effect < 0 else found.second
    return words(winner if found.adjusted < 0.05 else "no difference seen")


def instance_table(runs: RunSet, settings: Settings) -> Table:
    """A row an instance and pipeline, with links to the records of its runs."""
    columns = [
        Column("instance"),
        Column("kind"),
        Column("size"),
        Column("pipeline"),
        Column("feasible"),
        Column("gap", "Final answer, median over seeds."),
        Column("best", "Best objective over seeds."),
        Column("reference"),
        Column("its kind"),
        Column("raw gap"),
        Column("repaired gap"),
        Column("control, repaired"),
        Column("P(target)", "Share of seeds that reached the target, with Wilson's 95 % interval."),
        Column("TTS99 a run", "Training included, with its 95 % interval, in seconds."),
        Column("seconds"),
        Column("qubits"),
        Column("records", "One link a seed."),
    ]
    rows = []
    for instance, sample in runs.instances.items():
        for label in runs.pipelines:
            cell = runs.by_cell.get((instance, label))
            if cell:
                rows.append(_instance_row(runs, sample, cell, settings))
    return Table("instances", "Instances", columns, rows)


def _instance_row(runs: RunSet, sample: Run, cell: Sequence[Run], settings: Settings) -> list[Cell]:
    yardstick = runs.references[sample.instance]
    found = [run.objective for run in cell if run.objective is not None]
    best = None if not found else min(found) if sample.sense == "min" else max(found)
    row = [words(sample.name), words(sample.kind), count(sample.size), words(cell[0].pipeline)]
    row.append(Cell(f"{len(found)}/{len(cell)}", len(found) / len(cell)))
    row.append(percent(upper_median([runs.gap(run) for run in cell])))
    row += [MISSING if value is None else Cell(f"{value:.10g}", value) for value in (best, yardstick.value)]
    row.append(words(yardstick.kind))
    for stage, is_control in (("raw", False), ("repaired", False), ("repaired", True)):
        row.append(_stage_gap(runs, cell, stage, is_control=is_control))  # type: ignore[arg-type]
    if yardstick.value is None:
        row += [MISSING, MISSING]
    else:
        hits = sum(runs.reaches(run, settings.target_gap) for run in cell)
        row.append(interval(wilson(hits, len(cell)), percent_text))
        tts = tts_of_runs(runs, cell, settings)
        row.append(MISSING if tts is None else interval(tts))
    row.append(figure(float(np.median([run.total_seconds for run in cell]))))
    row.append(count(max((run.figures.get("qubits", float("nan")) for run in cell), default=None)))
    row.append(Cell(" ".join(run.id[:12] for run in cell), link="records"))
    return row


def _stage_gap(runs: RunSet, cell: Sequence[Run], stage: StageName, *, is_control: bool) -> Cell:
    there = [run for run in cell if stage in (run.control if is_control else run.stages)]
    return percent(upper_median([runs.gap(run, stage, is_control=is_control) for run in there])) if there else MISSING


def failure_table(runs: RunSet) -> Table:
    """Why runs gave no record, counted."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for run in runs.runs:
        if run.status == "failed":
            counts[run.pipeline, run.failure or "error", run.message] += 1
    rows = [
        [words(label), words(failure), count(number), words(message)]
        for (label, failure, message), number in counts.most_common(100)
    ]
    columns = [Column("pipeline"), Column("ended by"), Column("runs"), Column("message")]
    return Table("failures", "Failures", columns, rows, "The 100 most frequent." if len(counts) > 100 else "")
