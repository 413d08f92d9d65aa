"""Core-seconds to named targets in the report: planted rows with a known answer, reads as counted."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.experiments.report.lengths import length_of, setting_of, without_lengths
from qopt.experiments.report.report import make_report
from qopt.experiments.report.row import Run, Yardstick, run_of
from qopt.experiments.report.runs import RunSet
from qopt.experiments.report.targets import TARGETS, over_instances, reads_at, settings_of, target_value, told

from .report_cases import rows

#: Reads of 10 at each objective, by sweeps: those of the even seeds, and those of the odd ones.
PLANTED = {
    10: ([[100, 5]], [[100, 1], [99.95, 2], [99, 3]]),
    100: ([[100, 4]], [[100, 9]]),
}
SECONDS = {10: 1.0, 100: 4.0}


def planted(instance: str = "a", *, found: dict[int, Any] = PLANTED, seeds: int = 4) -> list[Run]:
    """Rows of a grid of two lengths on one instance with reference 100, to be maximised."""
    base, made = rows()[0], []
    for sweeps, halves in found.items():
        for seed in range(seeds):
            reached = halves[seed % 2]
            row = {**base, "id": f"{instance}-{sweeps}-{seed}", "seed": seed, "reached": reached}
            row["instance"] = {**base["instance"], "fingerprint": instance, "name": instance, "sense": "max"}
            row["objective"] = reached[0][0] if reached else 90
            row["reference"] = {"value": 100, "kind": "best-known", "source": "by hand"}
            row["resources"] = {"seconds": {"total": 9.0}, "cpu_seconds": SECONDS[sweeps]}
            row["stages"] = {"raw": {"objective": row["objective"], "feasible": True, "num_points": 10}}
            row["pipeline"] = {"solver": {"name": "sa", "num_sweeps": sweeps}, "encoder": {"name": "none"}}
            row["sweep"] = {"pipeline": f"sa[num_sweeps={sweeps}]", "family": "sa", "repeat": seed}
            made.append(run_of(row))
    return made


def of(runs: RunSet, target: str, what: Any) -> Any:
    (setting,) = settings_of(runs)
    return told(runs, setting, "a", target, what)


def test_planted_rows_have_the_times_of_the_formula() -> None:
    """The even seeds say 10 sweeps: 0.1 s a read and half of them hit. The odd ones, alone, would say 100 sweeps."""
    runs = RunSet(planted())
    for target, hits in (("best known", 1), ("99.9 %", 3), ("99 %", 6)):
        read = of(runs, target, "a read, amortised")
        assert (read.length, [run.id for run in read.runs]) == ("num_sweeps 10", ["a-10-1", "a-10-3"])
        assert (read.batches.hits.tolist(), read.batches.reads.tolist()) == ([hits, hits], [10, 10])
        assert read.seconds == pytest.approx(0.1 * math.log(0.01) / math.log(1 - hits / 10))
    whole = of(runs, "best known", "a run")  # every run of 10 sweeps has a hit
    assert (whole.length, whole.seconds, whole.batches.hits.tolist()) == ("num_sweeps 10", 1.0, [1, 1])
    table = make_report(runs).tables["targets"]
    first = dict(zip([column.name for column in table.columns], table.rows[0], strict=True))
    assert (first["pipeline"].text, first["references"].text, first["met"].text) == ("sa", "1 best-known", "1/1")
    assert first["amortised, s"].value == pytest.approx(0.1 * math.log(0.01) / math.log(0.9))
    assert first["latency, s"].value == 1.0
    by_instance = make_report(runs).tables["targets-instances"]
    assert [row[-1].text for row in by_instance.rows[:1]] == ["a-10-1 a-10-3"]
    assert by_instance.rows[0][6].text == "2/20"


def test_a_target_that_was_never_met_has_a_lower_limit() -> None:
    runs = RunSet(planted(found={10: ([[98, 5]], [[98, 5]])}))
    read = of(runs, "99 %", "a read, amortised")
    assert (len(read.runs), read.seconds, read.is_met) == (4, math.inf, False)  # one length: all seeds tell
    assert read.time.is_limit
    assert 0 < read.time.low < math.inf
    table = make_report(runs).tables["targets"]
    assert [row[6].text[0] for row in table.rows] == [">", ">", ">"]


def test_intervals_draw_instances_and_cover() -> None:
    """Times of instances are 2**k, 30 instances a trial: the interval of the median holds it nearly always."""
    few = {10: ([[100, 10]], [[100, 10]])}
    template = of(RunSet(planted(found=few)), "best known", "a run")
    inside = 0
    for trial in range(100):
        times = 2.0 ** np.random.default_rng(trial).normal(0, 3, 30)
        many = [replace(template, batches=replace(template.batches, seconds=np.full(4, t))) for t in times]
        found = over_instances(many)
        assert found is not None
        inside += found.low <= 1.0 <= found.high
    assert inside >= 88
    one = over_instances([template])
    assert one is not None
    assert (one.value, one.low) == (1.0, 1.0)
    mixed = [replace(template, batches=replace(template.batches, hits=np.zeros(4))), template]
    limit = over_instances(mixed)  # one of two was never met: the median is one's limit
    assert limit is not None
    assert limit.is_limit


@pytest.mark.parametrize(
    ("value", "sense", "expected"),
    [
        (100, "max", [100, 99.9, 99]),
        (100, "min", [100, 100.1, 101]),
        (-100, "min", [-100, -99.9, -99]),
        (-100, "max", [-100, -100.1, -101]),
        (0, "min", [0, None, None]),
        (None, "min", [None, None, None]),
    ],
)
def test_targets_by_name(value: Any, sense: Any, expected: list[float | None]) -> None:
    found = [target_value(Yardstick(value, "proven"), sense, share) for share in TARGETS.values()]
    assert found == pytest.approx(expected)


def test_reads_beyond_what_the_row_counts_are_not_known() -> None:
    run = planted()[1]
    assert [reads_at(run, target) for target in (101, 100, 99.95, 99)] == [0, 1, 3, 6]
    assert reads_at(run, 98) is None  # the row ends 1 % from the run's best
    assert reads_at(replace(run, reached=()), 100) is None  # a row of a former version
    assert reads_at(replace(run, reached=()), 101) == 0


def test_a_row_that_was_killed_leaves_its_length_out() -> None:
    made = planted()
    made[0] = replace(made[0], figures={})
    read = of(RunSet(made), "best known", "a read, amortised")
    assert read.length == "num_sweeps 100"
    assert len(read.runs) == 4  # the only length that is left: nothing is chosen


def test_lengths_are_one_pipeline_and_other_options_are_not() -> None:
    runs = [planted()[0].pipeline, "sa[encoder=slack,num_sweeps=5]", "sa[num_layers=2]"]
    assert [without_lengths(label) for label in runs] == ["sa", "sa[encoder=slack]", "sa[num_layers=2]"]
    short, long = ({"solver": {"name": "sa", "num_sweeps": n}, "budget": {"seconds": n}} for n in (1, 2))
    other = {"solver": {"name": "sa", "num_sweeps": 1, "beta_range": [0.1, 1]}, "budget": {"seconds": 1}}
    assert setting_of(short) == setting_of(long) != setting_of(other)
    assert length_of(long) == {"num_sweeps": 2, "seconds": 2}


def test_rows_without_lengths_and_reads_have_no_table() -> None:
    alone = [replace(run, stages={}) for run in planted(found={10: PLANTED[10]})]
    report = make_report(RunSet(alone))
    assert not report.tables["targets"].rows
    assert not report.tables["targets-instances"].rows
    assert "residual" not in report.plots


def test_the_curve_has_a_point_a_length() -> None:
    plot = make_report(RunSet(planted())).plots["residual"]
    points = [series for panel in plot.panels for series in panel.series if series.mark == "points"]
    assert [(list(series.x), list(series.y)) for series in points] == [([1.0, 4.0], [0.0, 0.0])]


@pytest.mark.parametrize(("kind", "size"), [("mdkp", {"n": 12, "m": 2}), ("max-cut", {"n": 14})])
def test_a_run_counts_its_reads_by_objective(kind: str, size: dict[str, int]) -> None:
    record = qopt.solve(
        qopt.generate(kind, seed=1, **size), "sa", num_reads=200, num_sweeps=5, seed=1, keep_samples=True
    )
    samples = record.samples
    assert samples is not None
    counts: Counter[float] = Counter()
    for objective, times in zip(samples.objectives.tolist(), samples.counts.tolist(), strict=True):
        if not math.isnan(objective):
            counts[objective] += times
    best = max(counts)
    assert dict(record.reached) == {value: n for value, n in counts.items() if value >= best - 0.01 * abs(best)}
    assert [value for value, _ in record.reached] == sorted(dict(record.reached), reverse=True)
    run = run_of(record.to_json())
    assert reads_at(run, best) == counts[best]
    assert qopt.Record.from_json(record.to_json()).reached == record.reached


def test_the_export_has_reads_at_each_target(tmp_path: Path) -> None:
    from qopt.experiments.export.tabular import flat_row
    from qopt.experiments.report.times import Settings

    runs = RunSet(planted())
    row = flat_row(runs, runs.runs[1], 1.0, Settings())
    assert [row[f"reads_at_{name}"] for name in ("best_known", "99_9_percent", "99_percent")] == [1, 3, 6]
    assert row["cpu_seconds"] == 1.0
