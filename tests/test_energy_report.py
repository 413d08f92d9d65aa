"""The report's joules: measured, net and modelled in columns of their own, with what was typed and what is a bound."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qopt
from qopt.experiments import energy
from qopt.experiments.energy import Idle, Meter, Spent, counters_note, landauer_joules, measure_idle, read_counters
from qopt.experiments.report.energies import energy_by_instance, energy_table
from qopt.experiments.report.runs import load_runs
from qopt.experiments.report.tables import Table
from qopt.experiments.report.times import Settings, tts_of_runs

RANGE = 999_999
SPEC = """
name: joules
instances:
  - {generate: mis, n: [6, 8], seeds: [1]}
pipelines:
  sa: {solver: sa, num_sweeps: 5}
  qaoa: {solver: lr-qaoa, layers: 1}
budget: {shots: 20}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("joules")
    (root / "joules.yaml").write_text(SPEC, encoding="utf-8")
    return Path(qopt.bench(root / "joules.yaml", out=root / "run"))


def _with(folder: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The folder's rows, changed."""
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        change(row)
    target.mkdir()
    (target / "sweep.json").write_bytes((folder / "sweep.json").read_bytes())
    (target / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return target


def _column(table: Table, name: str) -> list[Any]:
    at = [column.name for column in table.columns].index(name)
    return [row[at].value for row in table.rows]


def test_without_counters_every_figure_says_model(folder: Path) -> None:
    table = energy_table(load_runs(folder), Settings(watts=20))
    names = [column.name for column in table.columns if column.name.startswith("J ")]
    assert names == ["J a run (model)", "J to solution (model)", "J a run, Landauer (bound (model))"]
    run = load_runs(folder).by_pipeline["sa"][0]
    [joules, *_] = _column(energy_by_instance(load_runs(folder), Settings(watts=20)), "J a run (model)")
    assert joules == pytest.approx(20 * run.figures["cpu_seconds"])


def test_measured_and_modelled_joules_share_no_column(folder: Path, tmp_path: Path) -> None:
    def change(row: dict[str, Any]) -> None:
        if row["sweep"]["pipeline"] == "sa":
            row["sweep"] |= {"joules": 50.0, "net_joules": 20.0, "card_joules": 7.0, "metered_seconds": 2.0}

    runs = load_runs(_with(folder, tmp_path / "run", change))
    table = energy_by_instance(runs, Settings())
    by = _column(table, "pipeline")
    for pipeline, gross, net, modelled in zip(
        by,
        _column(table, "J a run, gross (RAPL)"),
        _column(table, "J a run, net (RAPL)"),
        _column(table, "J a run (model)"),
        strict=True,
    ):
        assert (gross, net) == ((50.0, 20.0) if pipeline == "sa" else (None, None))
        assert (modelled is None) == (pipeline == "sa")
    assert _column(table, "J a run, card gross (NVML)") == [7.0 if name == "sa" else None for name in by]
    cell = runs.by_cell[next(key for key in runs.by_cell if key[1] == "sa")]
    time = tts_of_runs(runs, cell, Settings())
    assert time is not None
    expected = 50.0 / cell[0].total_seconds * time.value
    assert expected in [pytest.approx(value) for value in _column(table, "J to solution (RAPL)") if value]


def test_half_measured_instances_are_not_averaged(folder: Path, tmp_path: Path) -> None:
    """One run with counters and one without: the mean of the measured ones would be of another set."""

    def change(row: dict[str, Any]) -> None:
        if row["instance"]["size"]["vertices"] == 6:
            row["sweep"]["joules"] = 50.0
        row["instance"] = {**row["instance"], "fingerprint": "same"}

    table = energy_by_instance(load_runs(_with(folder, tmp_path / "run", change)), Settings())
    assert not [column.name for column in table.columns if "RAPL" in column.name]


def test_a_quantum_machine_of_typed_kilowatts(folder: Path, tmp_path: Path) -> None:
    table = energy_table(load_runs(folder), Settings(qpu_kilowatts=25, qpu_shot_seconds=1e-3))
    assert _column(table, "J a run, QPU (model)") == [None, pytest.approx(25e3 * 20 * 1e-3)]

    def change(row: dict[str, Any]) -> None:
        row["resources"]["seconds"]["qpu"] = 0.5  # what the device itself said comes first

    told = load_runs(_with(folder, tmp_path / "run", change))
    table = energy_table(told, Settings(qpu_kilowatts=25, qpu_shot_seconds=1e-3))
    assert _column(table, "J a run, QPU (model)") == [None, 12_500.0]
    for settings in ({"qpu_kilowatts": float("nan")}, {"qpu_kilowatts": -1.0}, {"qpu_shot_seconds": 1.0}, {"watts": 0}):
        with pytest.raises(ValueError, match="must be"):
            Settings(**settings)  # type: ignore[arg-type]


def test_the_floor_counts_the_bits_of_all_samples(folder: Path) -> None:
    floors = _column(energy_by_instance(load_runs(folder), Settings()), "J a run, Landauer (bound (model))")
    assert landauer_joules(20 * 6) in [pytest.approx(value) for value in floors]


def _set(root: Path, microjoules: int) -> None:
    zone = root / "intel-rapl:0"
    zone.mkdir(exist_ok=True)
    (zone / "name").write_text("package-0\n")
    (zone / "energy_uj").write_text(f"{microjoules}\n")
    (zone / "max_energy_range_uj").write_text(f"{RANGE}\n")


def test_a_meter_counts_each_wrap(tmp_path: Path) -> None:
    """Two wraps within one run: the difference of first and last reading alone would lose 1 J."""
    _set(tmp_path, 0)
    with Meter(tmp_path, poll_seconds=1e9) as meter:
        for value in (600_000, 200_000, 800_000, 400_000):
            _set(tmp_path, value)
            meter._add()
    assert meter.spent.processor == pytest.approx(2.4)
    assert meter.spent.net(Idle(processor=0.0)).processor == pytest.approx(2.4)
    assert meter.spent.net(Idle()).processor is None


def test_a_counter_that_goes_away_leaves_no_figure(tmp_path: Path) -> None:
    _set(tmp_path, 0)
    with Meter(tmp_path, poll_seconds=1e9) as meter:
        (tmp_path / "intel-rapl:0" / "energy_uj").write_text("none\n")
    assert meter.spent.processor is None
    assert counters_note(read_counters(tmp_path)).startswith(
        f"energy: {tmp_path / 'intel-rapl:0' / 'energy_uj'} cannot"
    )
    assert counters_note(read_counters(tmp_path / "nowhere")) == ""


class _Card:
    """A library with two cards whose counters stand at ``millijoules``."""

    class NVMLError(Exception):
        pass

    millijoules = 0

    def module(self) -> types.ModuleType:
        made = types.ModuleType("pynvml")
        made.NVMLError = self.NVMLError  # type: ignore[attr-defined]
        made.nvmlInit = lambda: None  # type: ignore[attr-defined]
        made.nvmlDeviceGetCount = lambda: 2  # type: ignore[attr-defined]
        made.nvmlDeviceGetHandleByIndex = lambda index: index  # type: ignore[attr-defined]
        made.nvmlDeviceGetTotalEnergyConsumption = lambda handle: self.millijoules  # type: ignore[attr-defined]
        return made


def test_cards_are_measured_where_their_library_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = _Card()
    monkeypatch.setitem(sys.modules, "pynvml", card.module())

    def work(seconds: float) -> None:
        card.millijoules += round(1e3 * 15 * seconds)

    assert measure_idle(2, root=tmp_path, sleep=work) == Idle(None, 30.0)
    with Meter(tmp_path) as meter:
        work(4)
    assert (meter.spent.processor, meter.spent.cards) == (None, 120.0)
    assert Spent(2.0, None, 120.0).net(Idle(None, 30.0)).cards == 60.0
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert energy.card_joules() is None


def test_a_sweep_measures_idle_first_and_tells_gross_and_net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counters of a made-up tree stand still, so the run takes 0 J gross and net of 0 idle watts."""
    _set(tmp_path, 5)
    monkeypatch.setattr(energy, "IDLE_SECONDS", 0.01)
    from qopt.experiments.sweep import job, runner

    read = read_counters
    monkeypatch.setattr(runner, "read_counters", lambda: read(tmp_path))
    monkeypatch.setattr(runner, "measure_idle", lambda seconds: measure_idle(0.01, root=tmp_path))
    assert runner._idle(runner.Local(1)) == (0.0, None)
    assert runner._idle(runner.Local(2)) is None
    told = job._joules(Spent(2.0, 50.0, None), job.Job(b"", 0, {}, 1.0, idle_watts=(10.0, None)))
    assert told == {"joules": 50.0, "net_joules": 30.0, "metered_seconds": 2.0}
