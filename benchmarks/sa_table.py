"""The README's table: simulated annealing for ten seconds on published instances, raw and repaired apart.

``python benchmarks/sa_table.py --instances DIR`` runs the list and rewrites the table in README.md; every instance is
one run with one seed on the slack encoding, and the control stands beside it. Five minutes of one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from public import PROVEN_BY, Collection, write_block

import qopt
from qopt.core import Record, Stage

PAGE = Path(__file__).resolve().parents[1] / "README.md"


def line(record: Record) -> str:
    """One row: bits, reads, share of feasible reads, then the gap of each stage and of its control."""
    stages, control = record.stages, record.stages.control
    raw = stages.raw
    assert raw is not None
    assert control is not None
    cells = [record.instance.name, record.reference.value, record.resources.qubits, f"{raw.num_points:,}", share(raw)]
    pairs = ((raw, control.raw), (stages.repaired, control.repaired), (stages.improved, control.improved))
    cells += [gap(stage) for pair in pairs for stage in pair]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def share(stage: Stage) -> str:
    """Share of the reads that are feasible, before any repair."""
    return "-" if stage.feasible_share is None else f"{stage.feasible_share:.1%}"


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
    collection = Collection(arguments.instances)
    qopt.solve(qopt.generate("tsp", n=4), solver="sa", seconds=1.0)  # imports are not the first instance's time
    lines = [
        "| instance | optimum | bits | reads | feasible | raw | control | repaired | control | improved | control |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for file in (file for files in PROVEN_BY.values() for file in files):
        problem = collection.get(file)
        record = qopt.solve(problem, solver="sa", encoder="slack", seconds=arguments.time_limit, seed=arguments.seed)
        lines.append(line(record))
        print(lines[-1], f"{record.resources.seconds['total']:.1f} s", flush=True)
    write_block(PAGE, "sa", lines)


if __name__ == "__main__":
    main()
