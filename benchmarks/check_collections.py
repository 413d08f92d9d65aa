"""Rewrite the table of docs/instances.md that says which published files load, and which optima are reproduced.

``python benchmarks/check_collections.py --instances DIR`` reads every row of ``DIR/best_known.csv`` whose kind qopt
knows: the file is loaded as `qopt info` loads it, and each solution file beside it is checked as `qopt verify` does,
against the best known value. Anything that fails is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

from public import write_block

from qopt.core import Problem
from qopt.experiments.verify import verify
from qopt.problems.files import load_all
from qopt.problems.solutions import read_solution_file

PAGE = Path(__file__).resolve().parents[1] / "docs" / "instances.md"
#: Problem of a row -> kind here; a clique is an independent set of the complement, a cover the rest of one.
KINDS = {
    "TSP": "tsp",
    "ATSP": "tsp",
    "QAP": "qap",
    "MDKP": "mdkp",
    "MIS": "mis",
    "MaxClique": "mis",
    "MVC": "mis",
    "MarketSplit": "market-share",
    "MKP": "multi-knapsack",
    "MaxCut": "max-cut",
    "QUBO": "qubo",
}
SOLUTIONS = (".opt.tour", ".sln", ".sol", ".opt.sol", ".bst.sol")


def rows_of(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of best_known.csv by problem, those of kinds that qopt knows."""
    grouped: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (folder / "best_known.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["problem"] in KINDS:
                grouped[row["problem"]].append(row)
    return grouped


def instance_of(folder: Path, row: dict[str, str], cache: dict[str, list[Problem]]) -> Problem:
    """The instance of a row; a file with several is read once."""
    if row["file"] not in cache:
        cache.clear()
        cache[row["file"]] = load_all(str(folder / row["file"]), complement=row["problem"] == "MaxClique")
    found = cache[row["file"]]
    return found[0] if len(found) == 1 else next(one for one in found if one.name == row["instance"])


def solution_files(folder: Path, row: dict[str, str]) -> list[Path]:
    """Files beside the instance that hold a solution of it."""
    path = folder / row["file"]
    stem = path.with_suffix("") if path.suffix[1:].isalpha() else path
    return [file for file in (stem.with_name(stem.name + ending) for ending in SOLUTIONS) if file.is_file()]


def check(folder: Path, problem: str, rows: list[dict[str, str]]) -> tuple[str, list[str]]:
    """One line of the table, and what failed."""
    counts: Counter[str] = Counter()
    failures: list[str] = []
    cache: dict[str, list[Problem]] = {}
    start = time.process_time()
    for row in rows:
        try:
            instance = instance_of(folder, row, cache)
        except (ValueError, StopIteration) as error:
            failures.append(f"{row['file']}: {error}")
            continue
        counts["loaded"] += instance.kind == KINDS[problem]
        for file in solution_files(folder, row):
            counts["solutions"] += 1
            read = read_solution_file(str(file), instance)
            found = verify(instance, read.solution)
            if found.is_feasible and float(found.objective or 0) == float(row["best_known"]):
                counts["reproduced"] += 1
            else:
                failures.append(f"{file}: {found.objective}, published {row['best_known']} {dict(found.violations)}")
    files = len({row["file"] for row in rows})
    cells = [problem, KINDS[problem], files, len(rows), counts["loaded"], counts["solutions"], counts["reproduced"]]
    line = "| " + " | ".join(str(cell) for cell in [*cells, f"{time.process_time() - start:.1f}"]) + " |"
    return line, failures


def main() -> None:
    """Check every row and rewrite the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--instances", type=Path, required=True, help="folder of the public instances")
    folder = parser.parse_args().instances
    lines = [
        "| problem | kind | files | instances | loaded | solution files | best known value reproduced | CPU s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    failures: list[str] = []
    for problem, rows in rows_of(folder).items():
        line, failed = check(folder, problem, rows)
        print(line, flush=True)
        lines.append(line)
        failures += failed
    write_block(PAGE, "collections", lines)
    print("\n".join(failures) or "nothing failed")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
