"""Rows edited by hand are told by their line, ``python -OO`` works, and merge, replay and reproduce run as commands."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qopt.experiments.report.report import make_report
from qopt.experiments.report.runs import load_runs

from .report_cases import rows, write_rows
from .shell import Shell

SPEC = "name: small\ninstances: [{generate: mis, n: 6, seeds: '0..1'}]\npipelines: {g: greedy, r: {solver: random}}\n"
#: What a slip of the hand puts in the place of a value.
SLIPS: tuple[Any, ...] = (None, "x", -1, [], {}, True, float("inf"))


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, below in items:
        yield (*place, key)
        yield from _places(below, (*place, key))


def test_a_row_edited_by_hand_is_told_by_its_line_or_reported(tmp_path: Path) -> None:
    """7 of 268 such rows ended in "this is a fault of qopt"."""
    some = rows()[:8]
    places = list(_places(some[0]))
    rng = np.random.default_rng(7)
    told = 0
    for index in rng.choice(len(places), 40, replace=False):
        edited = copy.deepcopy(some)
        *path, last = places[index]
        at = edited[0]
        for key in path:
            at = at[key]
        at[last] = SLIPS[int(rng.integers(len(SLIPS)))]
        folder = write_rows(tmp_path / "run", edited)
        try:
            make_report(load_runs(folder))
        except ValueError as error:
            told += 1
            assert "line 1 must be a row of a sweep" in str(error)  # noqa: PT017 (either outcome is right)
    assert told >= 3


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("id",), True),
        (("seed",), {}),
        (("instance", "kind"), None),
        (("reference", "value"), "x"),
        (("resources", "cpu_seconds"), "x"),
        (("resources", "seconds"), 1.5),
        (("stages", "raw", "feasible_share"), {}),
        (("sweep", "repeat"), float("inf")),
    ],
)
def test_the_place_of_a_wrong_value_is_named(place: tuple[str, ...], value: Any, tmp_path: Path, shell: Shell) -> None:
    edited = rows()[:4]
    at: Any = edited[2]
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    shell.run("report", write_rows(tmp_path / "run", edited), "--no-pictures")
    assert shell.code == 2
    assert "line 3 must be a row of a sweep" in shell.err
    assert place[-1] in shell.err


def test_without_docstrings_everything_but_the_checks_works() -> None:
    """The first line of a docstring was asked for where ``python -OO`` had none: every command ended with 1."""
    environment = {**os.environ, "PYTHONOPTIMIZE": "2", "PYTHONDONTWRITEBYTECODE": "1"}
    code = (
        "import qopt\n"
        "from qopt.experiments.conformance import check\n"
        "print(qopt.solve(qopt.generate('mis', n=5, seed=1), 'qaoa', evaluations=3).objective)\n"
        "try:\n    check('greedy')\nexcept RuntimeError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    objective, refusal = done.stdout.splitlines()
    assert int(objective) >= 2
    assert "must have Python's assertions" in refusal


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_an_instance_may_come_through_a_named_pipe(tmp_path: Path) -> None:
    import qopt

    qopt.save(qopt.generate("mis", n=5, seed=1), tmp_path / "mis.json")
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    copy_code = f"open({str(pipe)!r}, 'wb').write(open({str(tmp_path / 'mis.json')!r}, 'rb').read())"
    writer = subprocess.Popen([sys.executable, "-c", copy_code])
    assert qopt.load(pipe).kind == "mis"
    assert writer.wait(60) == 0


def test_merge_and_replay_run_as_commands(tmp_path: Path, shell: Shell) -> None:
    """No test called them: their bodies were never executed."""
    (tmp_path / "spec.yaml").write_text(SPEC)
    for name in ("a", "b"):
        shell.run("bench", tmp_path / "spec.yaml", "--out", tmp_path / name, "--quiet", f"seed={ord(name)}")
        assert shell.code == 0
    shell.run("merge", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "both", "--json")
    assert shell.code == 0
    assert shell.json["runs"] == shell.json["added"]
    added = shell.json["added"]
    shell.run("merge", tmp_path / "a", "--out", tmp_path / "both")
    assert shell.code == 0
    lines = (tmp_path / "both" / "rows.jsonl").read_text().splitlines()
    assert len(lines) == added
    row = json.loads(lines[-1])
    shell.run("replay", row["id"][:12], "--run", tmp_path / "both")
    assert shell.code == 0
    assert "identical" in shell.out
    changed = {**row, "objective": (row["objective"] or 0) + 1}
    (tmp_path / "record.json").write_text(json.dumps(changed))
    instance = tmp_path / "both" / "instances" / f"{row['instance']['fingerprint'][:16]}.json"
    shell.run("replay", tmp_path / "record.json", "--instance", instance, "--json")
    assert shell.code == 1
    assert shell.json["replays"][0]["verdict"] == "different"


def test_reproduce_refuses_a_paper_that_it_does_not_know(shell: Shell) -> None:
    shell.run("reproduce", "no-such-paper")
    assert shell.code == 2
    assert "multi-knapsack" in shell.err


def test_reproduce_runs_a_spec_and_writes_its_report(tmp_path: Path, shell: Shell) -> None:
    """The command's own way, with a sweep of seconds in the place of the paper's."""
    from qopt.experiments.papers.paper import Paper

    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "instances: [{generate: multi-knapsack, n: 5, knapsacks: 2}]\n"
        "pipelines: {cpsat: cpsat, random: {solver: random, encoder: unbalanced, num_reads: 5}}\n"
    )
    shell.monkeypatch.setattr(Paper, "spec", lambda self, *, quick: spec)
    words = ("reproduce", "multi-knapsack", "--out", tmp_path / "run", "--quiet", "--json")
    shell.run(*words)
    assert shell.code == 0
    assert shell.json["rows"] == 2
    report = Path(shell.json["report"])
    assert "qopt reproduce multi-knapsack" in report.read_text()
    before = (tmp_path / "run" / "rows.jsonl").read_bytes()
    shell.run(*words)
    assert (tmp_path / "run" / "rows.jsonl").read_bytes() == before
    shell.run(*words, "--tell-only")
    assert shell.code == 0
