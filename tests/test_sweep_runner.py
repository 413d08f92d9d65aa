"""The runner kills what must be killed, writes a row a run, and loses or doubles none when it is killed itself."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qopt.experiments.sweep.store import ROWS, latest_rows, read_rows

from .sweep_cases import PLUGIN, SMALL, call, digests, is_alive, rows_by_pipeline, start

MISBEHAVING = """\
instances: [{generate: mis, n: 5}]
pipelines:
  deed: {solver: {name: misbehaving, deed: [hang, hang_with_child, eat, crash, leave, fail, flood]}}
  wrong: {solver: sa, formulation: no-such-formulation}
  good: greedy
budget: {kill_seconds: 1.5, memory: 300MiB}
"""
ENDINGS = {
    "deed[deed=hang]": ("timeout", "killed after 1.5 s"),
    "deed[deed=hang_with_child]": ("timeout", "killed after 1.5 s"),
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
    assert json.loads(out)["done"] == 18
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
    assert code == 0, err
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
    assert code == 0
    assert json.loads(out) == json.loads(out) | {"runs": 9, "already": 1, "done": 8, "failed": 1}
    assert len(list(read_rows(run))) == 17
    last = {row["sweep"]["pipeline"]: row["status"] for row in latest_rows(run).values()}
    assert {name for name, status in last.items() if status == "failed"} == {"wrong"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_stopped_runner_leaves_no_process_and_keeps_its_rows(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(MISBEHAVING.replace("kill_seconds: 1.5", "kill_seconds: 500"))
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
    assert call(*bench, "--json")[1].count('"done": 0') == 1


def test_a_row_is_replayed_and_a_changed_one_is_told(small: Path, tmp_path: Path) -> None:
    rows = {row["sweep"]["pipeline"]: row for row in read_rows(small / "run")}
    for name in ("qaoa", "sa"):
        code, out, _ = call("replay", rows[name]["id"][:20], "--run", str(small / "run"))
        assert (code, out.split()) == (0, [rows[name]["id"][:16], "identical"])
    changed = rows["sa"] | {"seed": rows["sa"]["seed"] ^ 1, "objective": -1}
    (tmp_path / "record.json").write_text(json.dumps(changed))
    instance = next(
        path for path in (small / "run" / "instances").iterdir() if path.stem == changed["instance"]["fingerprint"][:16]
    )
    code, out, _ = call("replay", str(tmp_path / "record.json"), "--instance", str(instance))
    assert code == 1
    assert "different: the environment is the same" in out
    assert "objective: -1 -> " in out


def test_the_live_table_on_a_terminal(small: Path, tmp_path: Path) -> None:
    command = f"qopt bench {small / 'spec.yaml'} --out {tmp_path / 'run'} repeats=1"
    script = ["script", "-qec", command.replace("qopt", "python -m qopt", 1), "/dev/null"]
    if shutil.which("script") is None:
        pytest.skip("needs script(1) for a terminal")
    variables = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "TERM": "xterm"}
    found = subprocess.run(script, capture_output=True, text=True, env=variables, timeout=120, check=True)
    assert "6/6 done, 0 failed, 0 running" in found.stdout
    assert "best gap" in found.stdout
    assert "\x1b[" in found.stdout
