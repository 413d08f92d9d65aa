"""The README's table: simulated annealing for ten seconds on published instances, raw and repaired apart.

``python benchmarks/sa_table.py --instances DIR`` runs the list and rewrites the table in README.md; every instance is
one run with one seed on the slack encoding, and the control stands beside it.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path

import qopt
from qopt.core import Record, Stage
from qopt.experiments.references import read_best_known

#: File below the instances' folder, and which instance in it.
INSTANCES = (
    ("tsplib/burma14.tsp", ""),
    ("tsplib/ulysses16.tsp", ""),
    ("tsplib/gr17.tsp", ""),
    ("tsplib/bays29.tsp", ""),
    ("tsplib/berlin52.tsp", ""),
    ("qaplib/nug12.dat", ""),
    ("qaplib/tai10a.dat", ""),
    ("qaplib/chr12a.dat", ""),
    ("qaplib/rou12.dat", ""),
    ("qaplib/tai12a.dat", ""),
    ("qaplib/tai12b.dat", ""),
    ("qaplib/nug14.dat", ""),
    ("qaplib/nug15.dat", ""),
    ("qaplib/chr18a.dat", ""),
    ("mknap/sac94/hp1.dat", ""),
    ("mknap/sac94/pb5.dat", ""),
    ("mknap/sac94/pet7.dat", ""),
    ("mknap/mknapcb1.txt", "#1"),
    ("mis/sloane/1dc.64.txt", ""),
    ("mis/sloane/1tc.64.txt", ""),
    ("mis/sloane/1et.64.txt", ""),
)
TABLE = re.compile(r"(<!-- table: sa -->\n).*?(<!-- end -->)", re.DOTALL)


def rows(folder: Path, seconds: float, seed: int) -> list[str]:
    """Lines of the table, one an instance."""
    known = {(name, Path(file).parent.name): value for name, file, value in read_best_known(folder / "best_known.csv")}
    lines = []
    for file, part in INSTANCES:
        path = folder / file
        problem = qopt.load(f"{path}{part}")
        names = (problem.name, path.stem, f"{path.stem}-00")
        value = next(v for n in names for k, v in known.items() if k == (n, path.parent.name))
        problem = replace(problem, best_known=value)
        record = qopt.solve(problem, solver="sa", encoder="slack", seconds=seconds, seed=seed)
        lines.append(line(record))
        print(lines[-1], flush=True)
    return lines


def line(record: Record) -> str:
    """One row: bits, reads, share of feasible reads, then the gap of each stage and of its control."""
    stages, control = record.stages, record.stages.control
    raw = stages.raw
    assert raw is not None
    assert control is not None
    share = "-" if raw.feasible_share is None else f"{raw.feasible_share:.1%}"
    gaps = [gap(stage) for stage in (raw, stages.repaired, stages.improved)]
    twins = [gap(stage) for stage in (control.raw, control.repaired, control.improved)]
    cells = [record.instance.name, record.resources.qubits, raw.num_points, share]
    for mine, theirs in zip(gaps, twins, strict=True):
        cells += [mine, theirs]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def gap(stage: Stage | None) -> str:
    """Gap in percent; a dash for an infeasible point."""
    return "-" if stage is None or stage.gap is None else f"{stage.gap:.2%}"


def main() -> None:
    """Run the list and rewrite the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--instances", type=Path, required=True, help="folder of the public instances")
    parser.add_argument("--time-limit", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    head = [
        "| instance | bits | reads | feasible reads | raw | control | repaired | control | improved | control |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    text = "\n".join(head + rows(arguments.instances, arguments.time_limit, arguments.seed)) + "\n"
    page = Path("README.md")
    page.write_text(TABLE.sub(lambda m: m[1] + text + m[2], page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
