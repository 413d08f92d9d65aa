"""How long the report of many rows takes, and what memory: rows synthesised from a real run, seeded.

    OMP_NUM_THREADS=1 python benchmarks/report.py RUN            # 20,000 rows after those of a run folder
    OMP_NUM_THREADS=1 python benchmarks/report.py RUN --write    # and the figure into docs/report.md

Every row of the run stands for its instance, pipeline and size; copies get another instance, seed, objective and times.
Figures are those of a fresh process: CPU and wall seconds of `qopt report` as a whole, and its peak memory.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from public import write_block

DOCS = Path(__file__).resolve().parents[1] / "docs" / "report.md"
LIMIT_SECONDS, LIMIT_BYTES = 20.0, 2**30
SEEDS = 5


def synthesised(rows: list[dict[str, Any]], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """That many rows: instances as long as they last, each with every pipeline and some seeds.

    Objectives of all stages are moved by one factor of a log-normal law, so that gaps differ; a row in 500 fails.
    """
    rng = np.random.default_rng(seed)
    cells: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        cells.setdefault(row["instance"]["fingerprint"], {})[row["sweep"]["pipeline"]] = row
    made, copy = 0, 0
    while True:
        for fingerprint, pipelines in cells.items():
            for repeat in range(SEEDS):
                for label, row in pipelines.items():
                    if made == count:
                        return
                    yield _moved(row, f"{fingerprint}{copy}", f"{label}{repeat}", repeat, rng)
                    made += 1
        copy += 1


def _moved(row: dict[str, Any], instance: str, run: str, repeat: int, rng: np.random.Generator) -> dict[str, Any]:
    new = json.loads(json.dumps(row))
    new["instance"]["fingerprint"] = hashlib.sha256(instance.encode()).hexdigest()
    new["instance"]["name"] += "-" + new["instance"]["fingerprint"][:6]
    new["id"] = hashlib.sha256(f"{instance}/{run}".encode()).hexdigest()
    new["seed"] = int(hashlib.sha256(f"{instance}/{repeat}".encode()).hexdigest()[:7], 16)
    new["sweep"]["repeat"] = repeat
    sign = 1 if row["instance"]["sense"] == "min" else -1
    worse = 1.0 if new["status"] == "optimal" else float(np.exp(sign * abs(rng.normal(0, 0.05)) * (rng.random() < 0.5)))
    stages = new["stages"]
    for stage in [stages[key] for key in stages if key != "control"] + list((stages["control"] or {}).values()):
        if isinstance(stage, dict) and stage.get("objective") is not None:
            stage["objective"] *= worse * float(np.exp(sign * abs(rng.normal(0, 0.01))))
    if new["objective"] is not None:
        new["objective"] *= worse
    speed = float(np.exp(rng.normal(0, 0.3)))
    new["trace"] = [[seconds * speed, value * worse] for seconds, value in new["trace"]]
    new["resources"]["seconds"] = {key: value * speed for key, value in new["resources"]["seconds"].items()}
    if rng.random() < 0.002:
        new |= {"status": "failed", "objective": None, "trace": [], "message": "TimeoutError: killed"}
        new["stages"] = {}
    return new


def measure(folder: Path) -> dict[str, float]:
    """Seconds and bytes of one `qopt report` in a process of its own."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "qopt", "report", str(folder)], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    page = folder / "report" / "report.html"
    return {
        "wall": time.perf_counter() - start,
        "cpu": cpu,
        "bytes": after.ru_maxrss * 1024,
        "page": page.stat().st_size,
    }


def table(rows: int, size: int, found: dict[str, float]) -> str:
    """The figures as a table."""
    names = os.environ.get("OMP_NUM_THREADS", "all")
    return "\n".join(
        [
            "| rows | MB of rows | CPU s | wall s | peak MiB | page MB |",
            "|---:|---:|---:|---:|---:|---:|",
            f"| {rows:,} | {size / 1e6:.0f} | {found['cpu']:.1f} | {found['wall']:.1f} | {found['bytes'] / 2**20:.0f} "
            f"| {found['page'] / 1e6:.1f} |",
            "",
            f"{_processor()}, Python {platform.python_version()}, OMP_NUM_THREADS={names}; pictures included. Limits: "
            f"{LIMIT_SECONDS:.0f} s and {LIMIT_BYTES / 2**20:.0f} MiB.",
        ]
    )


def _processor() -> str:
    from qopt.experiments.environment import environment

    return f"{environment()['processor']}, {environment()['cores']} cores"


def main() -> int:
    """Synthesise, measure, and say whether the limits were kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    source = [json.loads(line) for line in (options.run / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "many"
        folder.mkdir()
        with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
            for row in synthesised(source, options.rows, options.seed):
                file.write(json.dumps(row, separators=(",", ":")) + "\n")
        found = measure(folder)
        text = table(options.rows, (folder / "rows.jsonl").stat().st_size, found)
    print(text)
    if options.write:
        write_block(DOCS, "measured", [text])
    return 0 if found["cpu"] < LIMIT_SECONDS and found["bytes"] < LIMIT_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
