"""A sweep on a real Dask cluster of separate processes gives the rows of a local one, also when a worker is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qopt.core import MissingDependencyError
from qopt.experiments.sweep import dask_runner
from qopt.experiments.sweep.dask_runner import Cluster
from qopt.experiments.sweep.store import ROWS

from .shell import Shell
from .sweep_cases import SMALL, digests, is_alive, start

distributed = pytest.importorskip("distributed", reason="needs distributed, of the extra dask")


def _dask(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:], "--no-dashboard"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a worker of a scheduler whose address is in ``scheduler.json``; all end with the test."""
    file = str(tmp_path / "scheduler.json")
    processes = [_dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file)]

    def worker() -> subprocess.Popen[bytes]:
        made = _dask("worker", "--scheduler-file", file, "--nthreads", "1", "--no-nanny")
        processes.append(made)
        return made

    yield worker
    for process in reversed(processes):
        process.kill()
        process.wait()


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def test_rows_of_a_cluster_whose_worker_dies_are_those_of_this_machine(
    tmp_path: Path, cluster: Callable[[], subprocess.Popen[bytes]], shell: Shell
) -> None:
    spec, local, far = tmp_path / "spec.yaml", tmp_path / "local", tmp_path / "far"
    spec.write_text(SMALL)
    first, _ = cluster(), cluster()
    shell.run("bench", spec, "--out", local, "--quiet")
    assert shell.code == 0, shell.err
    file = tmp_path / "scheduler.json"
    _wait_for(lambda: file.exists() and file.read_text().endswith("}"))
    address = json.loads(file.read_text())["address"]
    process = start("bench", str(spec), "--out", str(far), "--dask", address)
    _wait_for(lambda: (far / ROWS).exists() and (far / ROWS).read_bytes().count(b"\n") >= 3)
    orphans = _children(first.pid)
    assert orphans, "the runs must have a process of their own"
    first.kill()
    first.wait()
    cluster()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert digests(far) == digests(local)
    _wait_for(lambda: not any(is_alive(pid) for pid in orphans))


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="dask must be tcp://host:port, local or slurm, got 'slrum'"):
        Cluster("slrum")
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with pytest.raises(MissingDependencyError, match=r"qopt-workbench\[slurm\]"):
        list(Cluster("slurm").run(iter(())))
    monkeypatch.setattr(dask_runner, "CONNECT_SECONDS", 0.3)
    with pytest.raises(ValueError, match=r"a Dask scheduler must answer at tcp://127.0.0.1:9, got: .*; is it running"):
        list(Cluster("tcp://127.0.0.1:9").run(iter(())))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingDependencyError, match=r"qopt-workbench\[dask\]"):
        list(Cluster("local").run(iter(())))
