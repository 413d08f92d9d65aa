"""Any instance, any sampler: the command a person types, on instances far beyond the sampler's qubits.

    python benchmarks/any_instance.py --jobs 15                       # 207 runs of a minute each
    python benchmarks/any_instance.py --solvers qaoa --seeds 1 --files mknap/sac94/pet7.dat
    python benchmarks/any_instance.py --write                         # the tables of docs/decomposition.md

Every run is ``qopt solve FILE --solver NAME --seed S`` in a process of its own with one thread, no other option: the
encoder, the size of a round and the limit (60 s, run and control together) are the defaults. A run is a line of the
store, and a run that is there is not repeated.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from decomposition import ASSIGNMENTS, FILES, PAGE, ROOT, figure, mean, verdict
from public import Collection, write_block

from qopt.core import Record
from qopt.experiments.earned import earned

SOLVERS = ("qaoa", "ws-qaoa", "vqe", "xy", "sa")
STORE = Path(tempfile.gettempdir()) / "qopt-any-instance.jsonl"
#: A run that has not ended after so many seconds is told as such: the limit is 60 s.
PATIENCE = 240


def run(instances: Path, file: str, solver: str, seed: int) -> dict[str, Any]:
    """One command; the figures of its record, or the line it ended with."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "record.json"
        command = [sys.executable, "-m", "qopt", "solve", str(instances / file), "--solver", solver]
        command += ["--seed", str(seed), "--quiet", "--out", str(out)]
        start = time.perf_counter()
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE, env={**os.environ, **one_thread}, check=False
            )
            code, error = done.returncode, done.stderr.strip().splitlines()[-1:]
        except subprocess.TimeoutExpired:
            code, error = 124, [f"not ended after {PATIENCE} s"]
        row: dict[str, Any] = {"file": file, "solver": solver, "seed": seed, "code": code, "error": "".join(error)}
        row["seconds"] = time.perf_counter() - start
        if out.exists():
            row |= figures(Record.from_json(json.loads(out.read_text(encoding="utf-8"))))
        return row


def figures(record: Record) -> dict[str, Any]:
    """Raw figures side by side, and the answer after repair and improvement."""
    found, raw = earned(record), record.stages.raw
    return {
        "start": found.start if found else None,
        "uniform": found.uniform if found else None,
        "raw": raw.objective if raw is not None and raw.feasible else None,
        "answer": record.objective,
        "encoder": (record.pipeline.get("encoder") or {}).get("name"),
        "rounds": record.resources.rounds,
        "qubits": record.resources.qubits,
        "cpu": record.resources.cpu_seconds,
        "id": record.id,
    }


def cells(solvers: Iterable[str], files: Iterable[str], seeds: Iterable[int]) -> list[tuple[str, str, int]]:
    """Every run: one seed after the other, so that an interrupted store has whole seeds."""
    runs = [(file, solver, seed) for seed in seeds for solver in solvers for file in files]
    return [one for one in runs if one[1] != "xy" or one[0] in ASSIGNMENTS]


def lines(rows: list[dict[str, Any]], collection: Collection, solver: str) -> list[str]:
    """One line an instance: means over the seeds; below, the paired test of sampler and uniform points."""
    table = [
        f"| instance | best known | start | uniform | {solver} | answer, gap | rounds | s, most | runs |",
        "|---" * 9 + "|",
    ]
    is_decomposed = any(row.get("start") is not None for row in rows if row["solver"] == solver)
    for file in FILES:
        mine = [row for row in rows if row["solver"] == solver and row["file"] == file]
        if not mine:
            continue
        problem = collection.get(file)
        best = None if problem.best_known is None else problem.best_known.value
        ended = [row for row in mine if row.get("answer") is not None]
        shown = [mean(row.get(key) for row in mine) for key in ("start", "uniform", "raw", "answer")]
        gap = "" if shown[3] is None or not best else f", {100 * abs(shown[3] - best) / abs(best):.2f} %"
        table.append(
            f"| {problem.name} | {figure(best)} | {figure(shown[0])} | {figure(shown[1])} | {figure(shown[2])} | "
            f"{figure(shown[3])}{gap} | {figure(mean(row.get('rounds') for row in mine))} | "
            f"{max(row['seconds'] for row in mine):.0f} | {len(ended)} of {len(mine)} |"
        )
    return [*table, "", verdict(table)] if is_decomposed else table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--solvers", nargs="+", choices=SOLVERS, default=SOLVERS)
    parser.add_argument("--files", nargs="+", default=FILES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--jobs", type=int, default=1, help="commands at a time")
    parser.add_argument("--store", type=Path, default=STORE)
    parser.add_argument("--instances", type=Path, default=ROOT.parent / "shared" / "instances")
    parser.add_argument("--write", action="store_true", help="run nothing, write the tables")
    options = parser.parse_args()
    text = options.store.read_text(encoding="utf-8") if options.store.exists() else ""
    rows = [json.loads(line) for line in text.splitlines()]
    if options.write:
        for solver in SOLVERS:
            write_block(PAGE, f"command-{solver}", lines(rows, Collection(options.instances), solver))
        return
    there = {(row["file"], row["solver"], row["seed"]) for row in rows}
    left = [cell for cell in cells(options.solvers, options.files, options.seeds) if cell not in there]
    with ThreadPoolExecutor(options.jobs) as pool, options.store.open("a", encoding="utf-8") as store:
        for row in pool.map(lambda cell: run(options.instances, *cell), left):
            print(json.dumps(row), flush=True)
            store.write(json.dumps(row) + "\n")
            store.flush()


if __name__ == "__main__":
    main()
