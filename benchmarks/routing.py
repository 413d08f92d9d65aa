"""Routing: what the window presolve leaves, and which public tours and fleets are proven, with their CPU seconds.

    OMP_NUM_THREADS=1 python benchmarks/routing.py --instances DIR    # some minutes; rewrites docs/routing.md

``auto`` chooses the solver; every value is compared with the published one. Process CPU time of one run each.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from public import write_block

import qopt
from qopt.core import Problem
from qopt.problems.files import load

PAGE = Path(__file__).resolve().parents[1] / "docs" / "routing.md"
SHOWN = [
    "Dumas/n20w20.001.txt",
    "Dumas/n20w100.001.txt",
    "Dumas/n40w40.001.txt",
    "Dumas/n60w100.001.txt",
    "Dumas/n100w60.001.txt",
    "SolomonPotvinBengio/rc_201.3.txt",
    "SolomonPotvinBengio/rc_203.1.txt",
    "SolomonPotvinBengio/rc_206.2.txt",
    "AFG/rbg010a.tw",
    "AFG/rbg019a.tw",
    "AFG/rbg035a.2.tw",
]
#: Set -> which rows of best_known.csv belong to it.
SETS = {
    "Dumas, 20 stops": lambda row: row["file"].startswith("tsptw/Dumas/n20"),
    "Dumas, 40 stops": lambda row: row["file"].startswith("tsptw/Dumas/n40"),
    "Dumas, 60 stops": lambda row: row["file"].startswith("tsptw/Dumas/n60"),
    "AFG, to 19 stops": lambda row: row["file"].startswith("tsptw/AFG") and int(row["size"]) <= 20,
    "Potvin and Bengio, to 20 stops": lambda row: "PotvinBengio" in row["file"] and int(row["size"]) <= 21,
    "E-n13 and E-n22": lambda row: row["instance"] in ("E-n13-k4", "E-n22-k4"),
    "XSH, 20 customers": lambda row: row["instance"].startswith("XSH-n20"),
}


def rows_of(folder: Path, name: str) -> Iterator[tuple[Problem, float]]:
    """Instances of a set with their published values."""
    with (folder / "best_known.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["problem"] in ("TSPTW", "CVRP", "VRPTW") and SETS[name](row):
                yield load(folder / row["file"]), float(row["best_known"])


def presolve_table(folder: Path) -> list[str]:
    """Bits and arcs before and after."""
    lines = ["| instance | stops | position bits | left | arcs | left |", "|---|---|---|---|---|---|"]
    for name in SHOWN:
        problem: Any = load(folder / "tsptw" / name)
        info = problem.presolve.info
        cells = [Path(name).stem, problem.num_customers, *info["positions"], *info["arcs"]]
        lines.append("| " + " | ".join(f"{x:,}" if isinstance(x, int) else x for x in cells) + " |")
    return lines


def proof_table(folder: Path, seconds: float, most: int) -> list[str]:
    """Proven optima of each set, and the CPU seconds."""
    lines = ["| set | solver | instances | proven | equal to the published value | CPU s, median | CPU s, most |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name in SETS:
        found = []
        for problem, value in list(rows_of(folder, name))[:most]:
            started = time.process_time()
            record = qopt.solve(problem, "auto", seconds=seconds)
            used = time.process_time() - started
            equal = record.objective is not None and abs(float(record.objective) - value) < 0.006
            found.append((used, record.status.value == "optimal", equal, record.pipeline["solver"]["name"]))
            print(name, problem.name, record.status.value, record.objective, value, f"{used:.2f} s", flush=True)
        times = [x[0] for x in found]
        solver = ", ".join(sorted({x[3] for x in found}))
        counts = [len(found), sum(x[1] for x in found), sum(x[2] for x in found)]
        middle, last = statistics.median(times), max(times)
        lines.append(f"| {name} | {solver} | {' | '.join(map(str, counts))} | {middle:.2f} | {last:.2f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--most", type=int, default=1_000)
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    tables = {
        "presolve": presolve_table(options.instances),
        "proofs": proof_table(options.instances, options.seconds, options.most),
    }
    for name, lines in tables.items():
        print("\n".join(lines))
        if not options.dry_run:
            write_block(PAGE, name, lines)


if __name__ == "__main__":
    main()
