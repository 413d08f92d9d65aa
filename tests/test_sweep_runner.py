"""The runner kills what must be killed, writes a row a run, and loses or doubles none when it is killed itself."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qopt import generate
from qopt.commands.bench_view import Watcher
from qopt.experiments.sweep.folder import instance_of
from qopt.experiments.sweep.matrix import read_matrix
from qopt.experiments.sweep.merge import merge
from qopt.experiments.sweep.pool import Pool
from qopt.experiments.sweep.replay import Replay, find_row, replay
from qopt.experiments.sweep.runner import Progress
from qopt.experiments.sweep.store import ROWS, Store, latest_rows, read_rows

from .sweep_cases import PLUGIN, SMALL, call, digests, is_alive, rows_by_pipeline, start

MISBEHAVING = """\
instances: [{generate: mis, n: 5}]
pipelines:
  deed: {solver: {name: misbehaving, deed: [hang, hang_with_child, eat, crash, leave, fail, flood]}}
  wrong: {solver: sa, formulation: no-such-formulation}
  good: greedy
budget: {kill_seconds: 3, memory: 300MiB}
"""
ENDINGS = {
    "deed[deed=hang]": ("timeout", "killed after 3 s"),
    "deed[deed=hang_with_child]": ("timeout", "killed after 3 s"),
    "deed[deed=eat]": ("memory", "out of memory"),
    "deed[deed=crash]": ("died", "killed by SIGSEGV"),
    "deed[deed=leave]": ("died", "exit code 7"),
    "deed[deed=fail]": ("error", "RuntimeError: a part's own error"),
    "deed[deed=flood]": ("error", "RuntimeError: a part's own error"),
    "wrong": ("refused", "no-such-formulation"),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spec and the run folder of an undisturbed sweep, ``run`` beside it."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "spec.yaml").write_text(SMALL)
    code, out, err = call("bench", str(folder / "spec.yaml"), "--out", str(folder / "run"), "-j", "2", "--json")
    assert code == 0, err
    assert json.loads(out)["done"] == 12
    assert err == ""
    return folder


def _pids(folder: Path) -> list[int]:
    return [int(path.name) for path in folder.iterdir()]


def _wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_every_way_to_fail_is_a_row_and_can_be_retried(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(MISBEHAVING)
    (tmp_path / "pids").mkdir()
    run = tmp_path / "run"
    bench = ["--plugin", str(PLUGIN), "bench", str(tmp_path / "spec.yaml"), "--out", str(run), "-j", "2"]
    code, _, err = call(*bench, variables={"PIDS": str(tmp_path / "pids")})
    assert code == 1, err
    rows = rows_by_pipeline(run)
    assert rows.pop("good")["status"] == "feasible"
    assert {name: row["sweep"]["failure"] for name, row in rows.items()} == {n: e[0] for n, e in ENDINGS.items()}
    for name, (_, words) in ENDINGS.items():
        assert rows[name]["status"] == "failed"
        assert words in rows[name]["message"]
        assert "\n" not in rows[name]["message"]
    assert len(_pids(tmp_path / "pids")) == 8
    assert not any(is_alive(pid) for pid in _pids(tmp_path / "pids"))
    assert "x" * 100_000 in (run / "runs.log").read_text()

    code, out, _ = call(*bench, "--retry", "failed", "--json", variables={"BEHAVE": "1"})
    assert code == 1
    assert json.loads(out) == json.loads(out) | {"runs": 9, "already": 1, "done": 8, "failed": 1}
    assert len(list(read_rows(run))) == 17
    last = {row["sweep"]["pipeline"]: row["status"] for row in latest_rows(run).values()}
    assert {name for name, status in last.items() if status == "failed"} == {"wrong"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_stopped_runner_leaves_no_process_and_keeps_its_rows(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(MISBEHAVING.replace("kill_seconds: 3", "kill_seconds: 500"))
    (tmp_path / "pids").mkdir()
    run, pids = tmp_path / "run", tmp_path / "pids"
    process = start(
        *("--plugin", str(PLUGIN), "bench", str(tmp_path / "spec.yaml"), "--out", str(run), "-j", "2"),
        variables={"PIDS": str(pids)},
    )
    _wait_for(lambda: len(_pids(pids)) == 3)  # hang, hang_with_child and its child
    assert all(is_alive(pid) for pid in _pids(pids))
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "stopped; every finished run is in" in err
        assert "Traceback" not in err
    _wait_for(lambda: not any(is_alive(pid) for pid in _pids(pids)))
    assert [row["sweep"]["pipeline"] for row in read_rows(run)] == ["wrong"]


def test_a_runner_killed_at_random_bytes_ends_with_the_rows_of_an_undisturbed_one(small: Path, tmp_path: Path) -> None:
    expected = digests(small / "run")
    size = (small / "run" / ROWS).stat().st_size
    rows = tmp_path / "run" / ROWS
    bench = ("bench", str(small / "spec.yaml"), "--out", str(tmp_path / "run"), "-j", "2")
    rng = random.Random(5)
    for moment in sorted(rng.sample(range(size), 2)):
        process = start(*bench)
        _wait_for(lambda at=moment: rows.exists() and rows.stat().st_size >= at)
        process.kill()
        process.communicate()
        with rows.open("ab") as file:  # a row cut in the middle, as a kill inside a write leaves it
            file.write(b'{"schema": "qopt.record/1", "id": "' + b"f" * rng.randrange(9000))
    code, _, err = call(*bench)
    assert code == 0
    assert "dropped a torn last line" in err
    assert digests(tmp_path / "run") == expected


def test_a_row_is_replayed_and_a_changed_one_is_told(small: Path) -> None:
    run = small / "run"
    rows = {row["sweep"]["pipeline"]: row for row in read_rows(run)}
    with Pool() as pool:

        def again(row: dict[str, Any]) -> Replay:
            return replay(row, instance_of(run, row["instance"]["fingerprint"]), pool)

        for name in ("qaoa", "sa", "exact"):
            folder, row = find_row([run], rows[name]["id"][:20])
            assert (folder, row) == (run, rows[name])
            assert again(row) == Replay(row["id"], "identical")
        found = again(rows["sa"] | {"seed": rows["sa"]["seed"] ^ 1, "objective": -1})
        assert (found.verdict, found.reason) == ("different", "the environment is the same")
        assert any(line.startswith("objective: -1 -> ") for line in found.differences)
        timed = rows["sa"] | {"is_replayable": False}
        timed["pipeline"] = timed["pipeline"] | {"budget": {"seconds": 5}}
        found = again(timed)
        assert found.verdict == "not replayable"
        assert "time limit of 5 s" in found.reason
        with pytest.raises(ValueError, match="instance must be the row's"):
            replay(rows["sa"], generate("mis", n=9), pool)


def test_an_id_must_name_one_row(small: Path) -> None:
    with pytest.raises(ValueError, match=r"got none; give its folder by --run"):
        find_row([small / "run"], "0000")
    with pytest.raises(ValueError, match="4 to 64 digits"):
        find_row([small / "run"], "xyz")


def test_merging_keeps_equal_rows_once_and_differing_ones_twice(small: Path, tmp_path: Path) -> None:
    whole = [json.loads(line) for line in (small / "run" / ROWS).read_text().splitlines()]
    first, second = tmp_path / "first", tmp_path / "second"
    failed = whole[0] | {"status": "failed", "objective": None}
    slower = json.loads(json.dumps(whole[4]))
    slower["resources"]["seconds"]["total"] = 99.0
    slower["environment"] = {"python": "another"}
    other = whole[3] | {"objective": -5}
    for folder, rows in ((first, [failed, *whole[3:8]]), (second, [whole[0], slower, other, *whole[8:]])):
        with Store(folder) as store:
            for row in rows:
                store.append(row)
    done = merge([first, second], tmp_path / "both")
    assert (done.runs, done.added, done.equal) == (10, 12, 1)
    assert [(pair.id, pair.is_replayable) for pair in done.differing] == [(other["id"], True)]
    assert "-> -5" in done.differing[0].text
    kept = [row["id"] for row in read_rows(tmp_path / "both")]
    assert sorted(kept) == sorted([*(row["id"] for row in (*whole[3:], whole[0])), whole[0]["id"], other["id"]])
    assert latest_rows(tmp_path / "both")[failed["id"]]["status"] == whole[0]["status"]
    again = merge([second, first], tmp_path / "both")
    assert (again.added, again.equal, again.differing) == (0, 13, ())
    assert merge([small / "run"], first).added == 12 - 5
    assert sorted(path.name for path in (first / "instances").iterdir())
    with pytest.raises(ValueError, match=r"must be a run folder with rows.jsonl, found none"):
        merge([tmp_path / "nothing"], tmp_path / "both")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_live_table_on_a_terminal_and_lines_elsewhere(
    is_terminal: bool, small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE" if is_terminal else "NO_COLOR", "1")
    matrix, _ = read_matrix(str(small / "spec.yaml"))
    progress = Progress(12, already=2)
    with Watcher(matrix, matrix.tasks[2:], is_quiet=False) as watch:
        for task, objective in zip(matrix.tasks[2:5], (3, 2, None), strict=True):
            summary = {"status": "feasible" if objective else "failed", "objective": objective, "message": "[red] bad"}
            cell = matrix.cells[task.cell]
            progress.incumbents.add(cell.variant.label, cell.source, summary)
            progress.done += 1
            progress.failed += objective is None
            watch(progress, task, summary)
    shown = capsys.readouterr().err
    assert "[red] bad" in shown
    assert ("5/12 done, 1 failed, 0 running" in shown) == is_terminal
    assert ("best gap" in shown) == is_terminal
    assert ("10 of 12 runs to do" in shown) != is_terminal
