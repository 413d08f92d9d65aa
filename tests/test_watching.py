"""Progress of long work: a bar on a terminal, lines in a log, silence in a pipe; no answer changes."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

import qopt
from qopt.commands.progress import Progress, bar, is_piped
from qopt.commands.watch import read_status
from qopt.core import Budget
from qopt.experiments.resolve_pipeline import choose_pipeline
from qopt.experiments.run import run
from qopt.solvers.base import LiveReport

from .shell import Shell

SPEC = """\
name: small
instances: [{generate: mis, n: [6, 8]}]
pipelines: {sa: {solver: sa, num_sweeps: 20}, greedy: greedy}
repeats: 2
seed: 1
"""


class Terminal(io.StringIO):
    """Text that claims to be a terminal."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("no descriptor")


class Heard:
    """A report that keeps all it is told."""

    def __init__(self) -> None:
        self.incumbents: list[float] = []
        self.bounds: list[float] = []
        self.shares: list[float | None] = []
        self.energies: list[float | None] = []

    def __call__(self, seconds: float, objective: float) -> None:
        self.incumbents.append(objective)

    def bound(self, value: float) -> None:
        self.bounds.append(value)

    def heard(self, share: float | None, energy: float | None) -> None:
        self.shares.append(share)
        self.energies.append(energy)


@pytest.mark.parametrize("engine", ["numpy", "auto"])
def test_annealing_tells_its_share_and_lowest_energy_and_answers_the_same(engine: str) -> None:
    problem = qopt.generate("max-cut", n=14, seed=1)
    pipeline = choose_pipeline(problem, "sa", None, None, {"num_sweeps": 40, "num_reads": 150, "engine": engine})
    heard = Heard()
    assert isinstance(heard, LiveReport)
    told, silent = (run(problem, pipeline, seed=3, report=report) for report in (heard, None))
    assert told.solution == silent.solution
    assert told.stages.raw == silent.stages.raw
    shares = [share for share in heard.shares if share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) >= 20
    energies = [energy for energy in heard.energies if energy is not None]
    assert energies == sorted(energies, reverse=True)


@pytest.mark.parametrize("solver", ["sa", "tabu"])
def test_samplers_under_a_time_limit_tell_what_they_have(solver: str) -> None:
    problem = qopt.generate("max-cut", n=10, seed=1)
    heard = Heard()
    pipeline = choose_pipeline(problem, solver, None, None, {})
    record = run(problem, pipeline, budget=Budget(seconds=0.4), seed=1, report=heard, reference=None)
    lowest = min(energy for energy in heard.energies if energy is not None)
    assert record.objective is not None
    assert -lowest == pytest.approx(record.objective)  # a cut's energy is minus its weight


@pytest.mark.parametrize("solver", ["cpsat", "milp"])
def test_native_solvers_tell_bounds_that_hold(solver: str) -> None:
    problem = qopt.generate("mdkp", n=30, m=5, seed=2)
    heard = Heard()
    record = run(problem, choose_pipeline(problem, solver, None, None, {}), seed=1, report=heard)
    assert record.status.value == "optimal"
    assert heard.bounds
    assert min(heard.bounds) >= record.objective  # the sense is max
    assert heard.incumbents[-1] == record.objective


def test_the_bar_has_incumbent_bound_gap_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with Progress(100.0, "max") as progress:
        progress(0.5, 90.0)
        progress.bound(100.0)
        progress.heard(0.5, -12.25)
        text = progress.text()
    for part in ("incumbent 90", "bound 100", "gap 10.00%", "lowest energy -12.25", "s left", bar(0.0, 0.0)):
        assert part in text
    assert "incumbent" not in screen.getvalue()  # no lines on a terminal
    assert screen.getvalue().endswith("\r\x1b[K")


def test_a_log_gets_lines_and_a_pipe_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        monkeypatch.setattr(sys, "stderr", log)
        assert not is_piped()
        with Progress() as progress:
            progress(0.25, 7.0)
    assert (tmp_path / "log").read_text() == "    0.25 s  incumbent 7.0\n"
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stderr", pipe)
        assert is_piped()
        with Progress() as progress:
            progress(0.25, 7.0)
    assert os.read(reader, 10) == b""
    os.close(reader)


def test_watch_reads_a_sweep_before_while_and_after(tmp_path: Path, shell: Shell) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    folder = tmp_path / "run"
    shell.run("bench", tmp_path / "spec.yaml", "--out", folder, "--quiet")
    assert shell.code == 0
    shell.run("watch", folder)  # stdout is no terminal: once
    assert shell.code == 0
    assert "8/8 runs" in shell.out
    rows = (folder / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "rows.jsonl").write_bytes(b"".join(rows[:3]) + rows[3][:20])  # torn: a run that ends just now
    shell.run("watch", folder, "--once")
    assert "3/8 runs" in shell.out
    assert "s of runs left" in shell.out
    assert {line.label for line in read_status(folder).lines} == {"sa", "greedy"}
    (folder / "rows.jsonl").unlink()
    shell.run("watch", folder, "--once")
    assert "0/8 runs" in shell.out


def test_watch_of_no_sweep_is_one_line(tmp_path: Path, shell: Shell) -> None:
    shell.run("watch", tmp_path)
    assert shell.code == 2
    assert "run folder" in shell.err
    assert len(shell.err.splitlines()) == 1


def test_watch_of_a_file_says_that_a_folder_is_wanted(tmp_path: Path, shell: Shell) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC)
    shell.run("watch", spec)
    assert shell.code == 2
    assert "run folder of a sweep, got a file" in shell.err
    assert len(shell.err.splitlines()) == 1
