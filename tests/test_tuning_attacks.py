"""Tuning and portfolios under misuse: a kill, two at once, edited files, plugins; winners by hand from the rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.core import SOLVERS, BestKnown, Problem
from qopt.experiments.portfolio.file import read_portfolio, to_json
from qopt.experiments.portfolio.train import fit_portfolio
from qopt.experiments.portfolio.use import choose
from qopt.experiments.sweep.pool import loaded_plugins
from qopt.experiments.sweep.store import latest_rows, locked
from qopt.experiments.tuning.hyperband import brackets
from qopt.experiments.tuning.rows import Rules, Scores
from qopt.experiments.tuning.space import Space
from qopt.experiments.tuning.tune import read_settings, split, tune, tune_within

from .shell import Shell
from .test_portfolio import PIPELINES, _table

PLUGIN = """\
from dataclasses import dataclass
from qopt.core import SOLVERS
from qopt.core.tunable import Range, tunable
from qopt.solvers.classical.annealing import SimulatedAnnealing

@SOLVERS.register("plugged-sa")
@dataclass(frozen=True)
class Plugged(SimulatedAnnealing):
    warmth: float = tunable(1.0, Range(0.5, 2.0))
"""


@pytest.fixture(scope="module")
def trained() -> Any:
    """A portfolio, trained once."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    return fit_portfolio(_table(), PIPELINES)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{seed}.json" for seed in range(4)]
    for seed, path in enumerate(made):
        qopt.save(_with_reference(seed), path)
    return made


def _with_reference(seed: int) -> Problem:
    """With a value to measure gaps by, so that no run is made for one."""
    return replace(qopt.generate("mdkp", n=8, m=1, seed=seed), best_known=BestKnown(1500))


def _qopt(*words: object) -> list[str]:
    return [sys.executable, "-m", "qopt", *map(str, words)]


def test_winners_by_hand_from_the_rows(tmp_path: Path) -> None:
    """Hyperband's winner is the best mean of ``1 - gap`` at the full resource, recomputed from rows.jsonl alone."""
    problems = [qopt.generate("mdkp", n=8, m=1, seed=seed) for seed in range(4)]
    rules = Rules(budget={"shots": 2}, stage="raw")
    found = tune(problems, Space.of("sa", "slack"), tmp_path, resource=3, rules=rules, seed=1, repeats=1)
    rows = list(latest_rows(tmp_path).values())
    training = {problem.name for problem in split(problems, 1)[0]}
    best = {row["instance"]["name"]: row["objective"] for row in rows if row["sweep"]["pipeline"] == "reference"}
    means: dict[str, list[float]] = {}
    for row in rows:
        name, label, raw = row["instance"]["name"], row["sweep"]["pipeline"], row["stages"]["raw"]
        if label not in ("reference", "default") and name in training:
            means.setdefault(label, []).append(raw["objective"] / best[name] if raw["feasible"] else 0.0)
    assert found.found is not None
    whole = {label: float(np.mean(values)) for label, values in means.items() if len(values) >= 4}  # 2 instances twice
    assert found.config.label in whole
    assert whole[found.config.label] == pytest.approx(max(whole.values()))
    assert found.score == pytest.approx(whole[found.config.label])
    assert sum(len(rung.scores) for rung in found.found.rungs) == sum(n for b in brackets(3) for n, _ in b.rungs)


def test_a_tuning_killed_by_the_system_goes_on(tmp_path: Path, files: list[Path], shell: Shell) -> None:
    """SIGKILL once a few rows are there; the same command gives the settings of a run that was never killed."""
    words = ["tune", *files[:2], "--solver", "sa", "--encoder", "slack", "--shots", 4, "-R", 3, "--repeats", 1]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen(_qopt(*words, "--out", killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rows = killed / "rows.jsonl"
    for _ in range(2000):
        if process.poll() is not None or (rows.exists() and rows.read_bytes().count(b"\n") >= 4):
            break
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = len(latest_rows(killed))
    told = [shell.run(*words, "--out", folder, "--json").json for folder in (killed, whole)]
    assert told[0]["runs"] == told[1]["runs"] - before
    assert (killed / "tuned.yaml").read_bytes() == (whole / "tuned.yaml").read_bytes()
    assert (told[0]["score"], told[0]["validation"]) == (told[1]["score"], told[1]["validation"])


def test_two_tunings_at_once_are_told_apart(tmp_path: Path, files: list[Path], shell: Shell) -> None:
    out = tmp_path / "run"
    out.mkdir()
    lock = locked(out / ".tuning.lock")
    try:
        shell.run("tune", *files, "--shots", 2, "-R", 1, "--out", out)
    finally:
        os.close(lock)
    assert shell.code == 2
    assert "one writer at a time" in shell.err
    assert len(shell.err.splitlines()) == 1


def test_an_instance_named_twice_is_not_on_both_sides() -> None:
    problem = qopt.generate("mis", n=6, seed=1)
    assert [len(half) for half in split([problem, problem], 0)] == [1, 0]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--captime", 0], "--captime must be a finite number"),
        (["--unit", 0], "--unit must be a finite number"),
        (["--time-limit", 0], "--time-limit must be a finite number"),
        (["--budget", "0"], "such as 90s, 10m or 1h"),
        (["--budget", "soon"], "such as 90s, 10m or 1h"),
        (["--budget", "9m", "--method", "tpe"], "must come with hyperband"),
    ],
)
def test_limits_that_cannot_be_meant(files: list[Path], shell: Shell, words: list[Any], text: str) -> None:
    shell.run("tune", *files, *words, "--out", files[0].parent / "run")
    assert shell.code == 2
    assert text in shell.err
    assert len(shell.err.splitlines()) == 1


def test_a_tuning_none_of_whose_runs_ends_says_why(tmp_path: Path) -> None:
    problem = qopt.generate("mis", n=6, seed=1)
    scores = Scores(tmp_path, [replace(problem, best_known=BestKnown(4))], Rules(budget={"shots": 2}))
    scores.failure = "no room"
    with pytest.raises(ValueError, match="no room"):
        scores.check_any()
    scores.num_ended = 1
    scores.check_any()


def test_a_time_for_the_whole_search_deepens_it() -> None:
    asked: list[int] = []

    def search(resource: int) -> Any:
        asked.append(resource)
        return resource

    assert tune_within(60.0, 27, search)[1] == 27
    assert asked == [1, 3, 9, 27]
    assert tune_within(1e-9, 27, search)[1] == 1  # the first level always runs


def test_more_must_be_of_the_same_tuning(tmp_path: Path, files: list[Path], shell: Shell) -> None:
    out = tmp_path / "run"
    words = ["tune", *files[:2], "--shots", 2, "--repeats", 1, "--out", out]
    shell.run(*words, "-R", 1)
    assert shell.code == 0
    qopt.save(_with_reference(77), files[0])
    shell.run(*words, "--more")
    assert shell.code == 2
    assert "instances was 2 files, is 2 files" in shell.err
    for text in ("{", '{"resource": -3}', '{"resource": 1e18}', "[]"):
        (out / "tuning.json").write_text(text, encoding="utf-8")
        shell.run(*words, "--more")
        assert shell.code == 2
        assert "drop --more" in shell.err
        assert len(shell.err.splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "pipelines: {}",
        "pipelines: {t: {solver: {num_sweeps: 3}}}",
        "pipelines: {t: {solver: {name: sa}, encoder: 3}}",
        "pipelines: {t: {solver: {name: sa}, 3: 4}}",
        "pipelines: 3",
    ],
)
def test_edited_settings_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="settings must"):
        read_settings(tmp_path / "t.yaml")


def _edits() -> dict[str, dict[str, Any]]:
    loop, leaf = [[0, 0.5, 0, 0, 1.0]], [-1, 0.0, -1, -1, 1.0]
    both = ("sa", "greedy")
    return {
        "captime": {"captime": -1},
        "no solver": {"pipelines": {key: {} for key in both}},
        "a pipeline less": {"log_seconds": {}},
        "no trees": {"failure": {key: [] for key in both}},
        "a loop": {"log_seconds": {key: [loop] for key in both}},
        "no such feature": {"log_seconds": {key: [[[99, 0.5, 1, 1, 1.0], leaf]] for key in both}},
        "e to the 5000": {"log_seconds": {key: [[[-1, 0.0, -1, -1, 5000.0]]] for key in both}},
        "a slice of -1 s": {"schedule": [["sa", -1.0]]},
        "a budget of nothing": {"budget": {"shots": 0}},
        "a budget of what": {"budget": {"hope": 3}},
    }


@pytest.mark.parametrize("name", _edits())
def test_edited_portfolios_are_refused(tmp_path: Path, trained: Any, name: str) -> None:
    """A tree that led back to itself ran for ever; others ended in a traceback."""
    document = to_json(trained)
    (tmp_path / "p.json").write_text(json.dumps({**document, **_edits()[name]}), encoding="utf-8")
    with pytest.raises(ValueError, match="train it anew"):
        read_portfolio(tmp_path / "p.json")


def test_a_portfolio_says_what_it_did_not_learn_from(tmp_path: Path, trained: Any, shell: Shell) -> None:
    assert "learnt from no mis" in choose(trained, qopt.generate("mis", n=6, seed=1)).text
    document = to_json(trained)
    document["pipelines"] = {label: {"solver": {"name": "gone"}} for label in document["pipelines"]}
    (tmp_path / "p.json").write_text(json.dumps(document), encoding="utf-8")
    qopt.save(qopt.generate("mis", n=6, seed=1), tmp_path / "a.json")
    shell.run("solve", tmp_path / "a.json", "--portfolio", tmp_path / "p.json")
    assert shell.code == 2
    assert "solvers that are here, got 'gone'" in shell.err


@pytest.fixture
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A plugin that a test loads is gone after it: other tests ask what is registered."""
    monkeypatch.setattr(SOLVERS, "_entries", dict(SOLVERS.load()._entries))
    yield
    for name, _ in loaded_plugins():
        del sys.modules[name]


@pytest.mark.usefixtures("_forgotten")
def test_a_plugin_is_tunable_the_moment_it_exists(tmp_path: Path, files: list[Path], shell: Shell) -> None:
    (tmp_path / "plugged.py").write_text(PLUGIN, encoding="utf-8")
    words = ["--plugin", tmp_path / "plugged.py", "tune", *files[:2], "--solver", "plugged-sa", "--shots", 2, "-R", 1]
    solver = shell.run(*words, "--out", tmp_path / "run", "--json").json["pipeline"]["solver"]
    assert {"warmth", "num_sweeps"} <= set(solver)
    assert 0.5 <= solver["warmth"] <= 2.0


@pytest.mark.parametrize(
    ("encoder", "field"),
    [
        ("fix", "encoder.inner.penalty"),
        ("shrink", "encoder.inner.tighten"),
        ("neighbourhood", "encoder.inner.penalty"),
        ("relax-and-cut", "encoder.inner.level"),
        ("binary-code", "encoder.penalty"),
    ],
)
def test_fields_of_parts_inside_parts(encoder: str, field: str) -> None:
    space = Space.of("sa", encoder)
    assert field in space.domains
    config = space.draw(np.random.default_rng(1))
    assert config.is_valid
    inner: Any = config.pipeline["encoder"]
    for step in field.split(".")[1:]:
        inner = inner[step]
    assert inner == dict(config.values)[field]
