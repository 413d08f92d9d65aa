"""``record.plot()`` and the worth columns of an export: what they show is what the record says."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import qopt
from qopt.core import MissingDependencyError
from qopt.core.record import Record
from qopt.experiments.export.tabular import flat_row, write_csv
from qopt.experiments.report.row import run_of
from qopt.experiments.report.runs import RunSet
from qopt.experiments.report.times import Settings


@pytest.fixture(scope="module")
def record() -> Record:
    return qopt.solve(qopt.generate("max-cut", n=8, seed=2), "qaoa", num_layers=1, seed=1)


def test_the_figure_shows_the_crossover_and_the_objectives(record: Record) -> None:
    pytest.importorskip("matplotlib")
    figure = Record.from_json(json.loads(json.dumps(record.to_json()))).plot()
    crossed, objectives = figure.axes
    assert record.worth is not None
    known = [row for row in record.worth.crossover if row.uniform is not None]
    line = crossed.containers[0].lines[0]
    assert list(line.get_xdata()) == [row.samples for row in known]
    assert list(line.get_ydata()) == [row.uniform for row in known]
    own, uniform = objectives.containers
    heights = [sum(bar.get_height() for bar in bars) for bars in (own, uniform)]
    shown = record.worth.curve[: len(own)]
    assert heights == pytest.approx([shown[-1][1], shown[-1][2]])
    assert own[0].get_height() == pytest.approx(shown[0][1])
    assert "<table>" in record._repr_html_()


def test_no_crossover_and_no_matplotlib_are_told(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="leave its control on"):
        qopt.solve(qopt.generate("max-cut", n=6, seed=2), "greedy", seed=1).plot()
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependencyError, match="plot"):
        record.plot()


def test_the_export_has_the_worth_of_each_target(record: Record, tmp_path: Path) -> None:
    native = qopt.solve(qopt.generate("max-cut", n=8, seed=2), "cpsat", seed=1)
    runs = RunSet([run_of(each.to_json()) for each in (record, native)])
    write_csv([flat_row(runs, run, 10.0, Settings()) for run in runs.runs], tmp_path / "runs.csv")
    sampled, solved = csv.DictReader((tmp_path / "runs.csv").read_text(encoding="utf-8").splitlines())
    assert record.worth is not None
    target = record.worth.targets[0]
    assert target.target == "optimum"
    assert float(sampled["worth_optimum"]) == target.worth
    assert float(sampled["chance_optimum"]) == target.sampler.value
    assert float(sampled["uniform_chance_optimum"]) == target.uniform.value
    known = {row.samples: row.uniform for row in record.worth.crossover if not row.is_saturated}
    assert [sampled[f"crossover_{k}"] for k in (1, 10)] == ["" if k not in known else str(known[k]) for k in (1, 10)]
    assert sampled["is_fair_pair"] == "1"
    assert {solved[key] for key in sampled if "worth" in key or "crossover" in key or key == "is_fair_pair"} == {""}
