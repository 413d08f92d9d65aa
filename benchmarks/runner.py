"""Evidence for ``qopt bench``: what a run costs beyond its work, and that killing loses and doubles nothing.

    python benchmarks/runner.py overhead     2,000 runs of a solver that does nothing, --jobs 2
    python benchmarks/runner.py kill         the 200 runs of four_kinds.yaml, the runner killed 20 times
    python benchmarks/runner.py dask         the same on --dask local, its workers killed 20 times

Each rewrites its block of docs/sweeps.md. Needs Linux (/proc).
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from public import write_block

from qopt import generate
from qopt.experiments.pipeline import Pipeline
from qopt.experiments.run import run
from qopt.experiments.sweep.equality import digest
from qopt.experiments.sweep.store import ROWS, read_rows

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "sweeps.md"
PLUGIN = ROOT / "benchmarks" / "noop_solver.py"
SWEEP = ROOT / "examples" / "sweeps" / "four_kinds.yaml"
NUM_RUNS = 2000
NUM_KILLS = 20
NOOP = "instances: [{generate: mis, n: 10}]\npipelines: {noop: {solver: noop, like: '%s'}}\nrepeats: %d\n"


def main() -> None:
    """Run the parts named on the command line, all without."""
    parts: dict[str, Callable[[Path], str]] = {"overhead": overhead, "kill": kill_runner, "dask": kill_workers}
    for name in sys.argv[1:] or list(parts):
        with tempfile.TemporaryDirectory() as folder:
            text = parts[name](Path(folder))
        print(text)
        write_block(PAGE, name, [text])


def overhead(folder: Path) -> str:
    """Table of wall-clock and processor milliseconds a run, start and work apart."""
    rows = []
    work = _work_seconds()
    for like, what in (("", "without OR-Tools"), ("cpsat", "with OR-Tools, as for `cpsat`")):
        start, start_cpu = _timed_noop(folder, like, 2)
        wall, cpu = _timed_noop(folder, like, NUM_RUNS)
        each, each_cpu = (wall - start) / (NUM_RUNS - 2), (cpu - start_cpu) / (NUM_RUNS - 2)
        load = os.getloadavg()[0]
        own, own_cpu = 1e3 * (each - work / 2), 1e3 * (each_cpu - work)
        rows.append(f"| {what} | {own:.1f} | {own_cpu:.1f} | {own_cpu / 2:.1f} | {start_cpu:.1f} | {load:.0f} |")
    return "\n".join(
        [
            f"{NUM_RUNS:,} runs, `--jobs 2`, {os.cpu_count()} cores that other work shares. The work itself",
            f"(the same run in a loop, {1e3 * work:.1f} ms) and the start of the processes are taken off. On idle",
            "cores the wall clock would be about the processor time over the two jobs.",
            "",
            "| template | wall clock, ms a run | processor, ms a run | over 2 jobs | start, s of processor | load |",
            "|---|--:|--:|--:|--:|--:|",
            *rows,
        ]
    )


def _timed_noop(folder: Path, like: str, count: int) -> tuple[float, float]:
    """Wall-clock and processor seconds of a sweep of so many runs."""
    spec = folder / f"{like}{count}.yaml"
    spec.write_text(NOOP % (like, count))
    wall, cpu = time.perf_counter(), _children_seconds()
    process = _start(["--plugin", str(PLUGIN)], spec, folder / spec.stem, ["-j", "2"])
    if process.wait() != 0 or len(_digests(folder / spec.stem)) != count:
        raise RuntimeError(f"the sweep must end with {count} rows; see its output")
    return time.perf_counter() - wall, _children_seconds() - cpu


def _work_seconds() -> float:
    """Processor seconds of one such run in this process, and of its row as text."""
    sys.path.insert(0, str(PLUGIN.parent))
    from noop_solver import Noop

    problem = generate("mis", n=10)
    pipeline = Pipeline(Noop())
    run(problem, pipeline, seed=0)
    start = time.process_time()
    for seed in range(200):
        json.dumps(run(problem, pipeline, seed=seed).to_json())
    return (time.process_time() - start) / 200


def kill_runner(folder: Path) -> str:
    """What a sweep whose runner was killed at random moments ends with."""
    expected = _undisturbed(folder)
    rng = random.Random(2026)
    out = folder / "killed"
    moments = []
    for number in range(NUM_KILLS):
        before = _count(out)
        process = _start([], SWEEP, out, ["-j", "2"])
        if number % 2:  # at work: after some rows and a moment more
            wanted = before + rng.randint(1, 15)
            while _count(out) < wanted and process.poll() is None:
                time.sleep(0.005)
            time.sleep(rng.uniform(0, 0.3))
        else:  # while it starts, or at the first rows
            time.sleep(rng.uniform(0, 5))
        was_alive = process.poll() is None
        process.kill()
        process.wait()
        moments.append((_count(out), was_alive))
        _wait_until_gone(out)
    if _start([], SWEEP, out, ["-j", "2"]).wait() != 0:
        raise RuntimeError("the last call must end the sweep; see its output")
    killed = sum(was_alive for _, was_alive in moments)
    counts = ", ".join(str(count) for count, _ in moments)
    return f"{killed} kills of the runner, after {counts} rows.\n\n{_verdict(expected, out)}"


def kill_workers(folder: Path) -> str:
    """What a sweep on ``--dask local`` whose workers were killed at random moments ends with."""
    expected = _undisturbed(folder)
    rng = random.Random(2027)
    out = folder / "dask"
    moments: list[int] = []
    process = _start([], SWEEP, out, ["-j", "2", "--dask", "local"])
    wanted = 1  # the cluster must have started once
    while process.poll() is None:
        time.sleep(0.005)
        if _count(out) < wanted or len(moments) == NUM_KILLS:
            continue
        time.sleep(rng.uniform(0, 5 if len(moments) % 2 else 0.3))  # while a worker starts, or at work
        workers = [pid for pid in _children(process.pid) if b"spawn_main" in _command(pid)]
        if workers and process.poll() is None:
            os.kill(rng.choice(workers), signal.SIGKILL)
            moments.append(_count(out))
            wanted = 0 if len(moments) % 2 else moments[-1] + rng.randint(1, 15)
    if process.wait() != 0:
        raise RuntimeError("the sweep must end; see its output")
    counts = ", ".join(str(count) for count in moments)
    return f"{len(moments)} kills of a worker of two, after {counts} rows, in one call.\n\n{_verdict(expected, out)}"


def _undisturbed(folder: Path) -> dict[str, str]:
    if _start([], SWEEP, folder / "whole", ["-j", "2"]).wait() != 0:
        raise RuntimeError("the undisturbed sweep must end; see its output")
    return _digests(folder / "whole")


def _verdict(expected: dict[str, str], out: Path) -> str:
    ids = [row["id"] for row in read_rows(out)]
    found = _digests(out)
    return "\n".join(
        [
            "| rows | of an undisturbed sweep | ids missing | ids twice | rows that say something else |",
            "|--:|--:|--:|--:|--:|",
            f"| {len(ids)} | {len(expected)} | {len(set(expected) - set(ids))} | {len(ids) - len(set(ids))} "
            f"| {sum(found.get(key) != value for key, value in expected.items())} |",
        ]
    )


def _start(before: Sequence[str], spec: Path, out: Path, after: Sequence[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "qopt", *before, "bench", str(spec), "--out", str(out), "--quiet", *after]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)


def _digests(folder: Path) -> dict[str, str]:
    return {row["id"]: digest(row) for row in read_rows(folder)}


def _count(folder: Path) -> int:
    path = folder / ROWS
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _children(pid: int) -> list[int]:
    try:
        texts = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(one) for text in texts for one in text.split()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _wait_until_gone(out: Path) -> None:
    """Until no process has the run's log open: the template and its runs end by themselves."""
    wanted = str((out / "runs.log").resolve())
    end = time.monotonic() + 30
    while any(_holds(pid, wanted) for pid in os.listdir("/proc") if pid.isdigit()):
        if time.monotonic() > end:
            raise RuntimeError("a killed runner must leave no process; see ps")
        time.sleep(0.05)


def _holds(pid: str, path: str) -> bool:
    try:
        return any(os.readlink(f"/proc/{pid}/fd/{fd}") == path for fd in ("1", "2"))
    except OSError:
        return False


if __name__ == "__main__":
    main()
