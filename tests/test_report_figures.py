"""What a report tells of rows: one reference an instance, gaps, TTS99, controls, comparisons."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qopt.experiments.metrics import ecdf, repeats_to_target
from qopt.experiments.report.compare import compare_runs
from qopt.experiments.report.paired import against_control, compare_all, costs_of, rank_all
from qopt.experiments.report.report import make_report
from qopt.experiments.report.runs import RunSet, Yardstick, contradictions, load_runs, run_of
from qopt.experiments.report.tables import escape_latex, latex_table, markdown_table
from qopt.experiments.report.times import Settings, middle, tts_of_reads, tts_of_runs

from .report_cases import rows, write_rows


@pytest.fixture
def runs(tmp_path: Path) -> RunSet:
    return load_runs(write_rows(tmp_path))


def made(**changes: object) -> RunSet:
    """Rows of one pipeline on one instance with these objectives; the reference is 100, to be maximised."""
    base = rows()[0]
    found = []
    for i, objective in enumerate(changes["objectives"]):  # type: ignore[arg-type,var-annotated]
        row = {**base, "id": str(i), "seed": i, "objective": objective, "status": "feasible"}
        row["reference"] = {"value": 100, "kind": "best-known", "source": "by hand"}
        row["trace"] = [] if objective is None else [[1.0 + i, objective]]
        row["resources"] = {"seconds": {"total": 2.0, "solve": 1.5, "optimize": 0.5}}
        raw = {"objective": objective, "feasible": objective is not None, "hit_share": 0.25, "num_points": 8}
        row["stages"] = {"raw": raw, "control": changes.get("control")}
        found.append(run_of(row))
    return RunSet(found)


def test_a_proof_of_one_run_is_the_reference_of_all(runs: RunSet) -> None:
    kinds = {yardstick.kind for yardstick in runs.references.values()}
    assert kinds == {"proven-here"}
    unknown = Yardstick(None, "none")
    runs = RunSet([replace(run, reference=unknown) if run.pipeline == "greedy" else run for run in runs.runs])
    greedy = [run for run in runs.runs if run.pipeline == "greedy"]
    assert {runs.references[run.instance].kind for run in greedy} == {"proven-here"}
    assert all(runs.gap(run) >= 0 for run in greedy)
    assert contradictions(runs) == []


def test_gaps_are_signed_and_missing_answers_infinite() -> None:
    found = made(objectives=[95, 104, None])
    assert [found.gap(run) for run in found.runs] == pytest.approx([0.05, -0.04, math.inf])
    assert "better than the best-known" in contradictions(found)[0]


def test_values_that_contradict_a_proof_are_told(tmp_path: Path) -> None:
    some = rows()
    proven = next(row for row in some if row["status"] == "optimal")
    proven["reference"]["value"] -= 1
    assert any("call different values proven" in text for text in contradictions(load_runs(write_rows(tmp_path, some))))


def test_tts_of_runs_and_reads_by_hand() -> None:
    found = made(objectives=[100, 90, 90, 100])
    cell = found.runs
    run = tts_of_runs(found, cell, Settings())
    assert run is not None
    assert run.value == pytest.approx(2.0 * math.log(0.01) / math.log(0.5))
    trained = tts_of_runs(found, cell, Settings(), with_training=False)
    assert trained is not None
    assert trained.value == pytest.approx(1.5 * repeats_to_target(0.5))
    read = tts_of_reads(found, cell, Settings())  # two of four runs have 2 hits of 8 reads; 6 s over 32 reads
    assert read is not None
    assert read.value == pytest.approx(6 / 32 * math.log(0.01) / math.log(1 - 4 / 32))
    assert tts_of_runs(found, cell, Settings(target_gap=0.1)).value == 2.0  # type: ignore[union-attr]


def test_without_a_success_tts_is_a_limit_and_reads_pooled_with_training_are_not_split() -> None:
    found = made(objectives=[90, 90])
    told = tts_of_runs(found, found.runs, Settings())
    assert told is not None
    assert told.is_limit
    assert middle([told, None]) is not None
    assert middle([told])[0].is_limit  # type: ignore[index]
    row = rows()[0]
    row["resources"]["extra"]["shots_per_evaluation"] = 100
    pooled = RunSet([run_of(row)])
    assert tts_of_runs(pooled, pooled.runs, Settings(), with_training=False) is None
    assert tts_of_runs(pooled, pooled.runs, Settings()) is not None


def test_ecdf_counts_every_run_by_hand() -> None:
    steps, shares = ecdf([2.0, math.inf, 1.0, 4.0, math.inf])
    assert (steps.tolist(), shares.tolist()) == ([1.0, 2.0, 4.0], pytest.approx([0.2, 0.4, 0.6]))


def test_costs_are_paired_and_seeds_averaged(runs: RunSet) -> None:
    by_run, by_instance = (costs_of(runs, runs.pipelines, unit) for unit in ("run", "instance"))  # type: ignore[arg-type]
    assert by_run.costs.shape == (8, 4)
    assert by_instance.costs.shape == (4, 4)
    assert by_run.num_dropped == 1  # the failed row is of the first pipeline alone
    assert by_instance.costs[0] == pytest.approx(by_run.costs[:2].mean(axis=0))


def test_a_failed_run_costs_more_than_the_worst_gap() -> None:
    found = made(objectives=[50, None])
    assert found.worst_cost == pytest.approx(1.5)


def test_a_sampler_that_is_better_than_its_control_is_called_so() -> None:
    control = {"raw": {"objective": 10, "feasible": True}}
    found = made(objectives=[90 + i % 5 for i in range(12)], control=control)
    (by_run,) = against_control(found, "run")
    assert (by_run.verdict, by_run.test.effect) == ("better", -1.0)
    assert by_run.test.p == pytest.approx(2 / 2**12)
    (by_instance,) = against_control(found, "instance")  # one instance proves nothing
    assert by_instance.verdict == "no difference seen"


def test_report_is_the_same_twice_and_says_what_there_is(runs: RunSet) -> None:
    first, second = make_report(runs), make_report(RunSet(runs.runs, runs.lines))
    assert first.findings == second.findings
    assert first.tables == second.tables
    assert any("against equally many uniform points of its own ground" in text for text in first.findings)
    assert set(first.plots) == {
        *("gap", "scatter", "waterfall", "feasibility", "ranks"),
        *("ecdf", "profile", "time-scaling", "qubit-scaling", "crossover"),
    }
    assert not any(plot.is_empty for plot in first.plots.values())
    assert len(first.tables["failures"].rows) == 1
    assert len(compare_all(runs, runs.pipelines, "instance")) == 6
    ranked = rank_all(runs, runs.pipelines, "instance")
    assert ranked is not None
    assert np.sum(ranked[0].ranks) == pytest.approx(10.0)


def test_report_of_one_row_needs_no_second(tmp_path: Path) -> None:
    report = make_report(load_runs(write_rows(tmp_path, rows()[:1])))
    assert "ranks" not in report.plots
    assert any("Ranks need three pipelines" in text for text in report.findings)


def test_tables_escape_what_their_format_reads(runs: RunSet) -> None:
    report = make_report(runs)
    assert "\\<script>" in markdown_table(report.tables["instances"])
    assert "<b>" not in markdown_table(report.tables["quality"]).replace("\\<b>", "")
    tex = latex_table(report.tables["quality"])
    assert r"qaoa\textless{}b\textgreater{}" in tex
    assert r"100 \%" in tex


def test_compare_finds_what_got_worse(tmp_path: Path, runs: RunSet) -> None:
    some = [row for row in rows() if row["status"] != "failed"]
    for row in some:
        if row["sweep"]["pipeline"] == "greedy":
            row["objective"] *= 0.9
    changed = load_runs(write_rows(tmp_path / "b", some))
    found = compare_runs(runs, changed, "run")
    gap = next(change for change in found.changes if (change.pipeline, change.measure) == ("greedy", "gap"))
    assert (gap.test.effect, gap.num_worse) == (1.0, 8)
    assert gap.test.p == pytest.approx(2 / 2**8)
    assert (found.num_pairs, found.only_first, found.only_second) == (32, 1, 0)
    assert all(name.split(", ")[1] == "greedy" for name in found.worse)
    same = compare_runs(runs, runs)
    assert {change.verdict for change in same.changes} == {"no difference seen"}
    with pytest.raises(ValueError, match="share runs"):
        compare_runs(made(objectives=[1]), load_runs(write_rows(tmp_path / "c", some[-8:])))


def test_a_torn_or_foreign_line_is_told_by_its_number(tmp_path: Path) -> None:
    folder = write_rows(tmp_path, rows()[:2])
    with (folder / "rows.jsonl").open("a") as file:
        file.write('{"id": "x"}\n')
    with pytest.raises(ValueError, match=r"rows.jsonl line 3 must be a row"):
        load_runs(folder)


def test_a_bar_between_two_numbers_is_no_dash_in_latex() -> None:
    assert escape_latex("6 | 5 of 6") == r"6 \textbar{} 5 of 6"
