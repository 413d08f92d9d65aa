"""Rewrite the tables of docs/proven_optima.md: published optima, proven again, and what they took.

``python benchmarks/proven_optima.py --instances DIR`` solves each instance with the named solver until it is proven,
60 s at most; a run without a proof stands in the table as such. Wall seconds and CPU seconds of all threads.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from public import PROVEN_BY, PROVEN_TOO, Collection, write_block

import qopt
from qopt.core import Record, Status
from qopt.experiments.environment import environment

PAGE = Path(__file__).resolve().parents[1] / "docs" / "proven_optima.md"
SECONDS = 60.0
#: Packages whose versions the tables depend on.
PACKAGES = ("numpy", "ortools", "highspy")
#: Instances beyond the reach of the named solver in the time: what is reported is a bound, not a proof.
OPEN: Mapping[str, tuple[str, ...]] = {
    "gilmore-lawler": ("qaplib/nug20.dat",),
    "cpsat": ("maxcut/g05_60.0", "maxcut/t2g10_5555"),
}


def row(record: Record) -> str:
    """One row: published and found value, bound, whether they meet, wall and CPU seconds."""
    is_met = record.status is Status.OPTIMAL and record.objective == record.reference.value
    size = ", ".join(f"{count} {what}" for what, count in record.instance.size.items())
    used = record.resources
    cells = [
        record.instance.kind,
        f"{record.instance.name} ({size})",
        record.pipeline["solver"]["name"],
        record.reference.value,
        record.objective,
        record.bound,
        "yes" if is_met else "no",
        f"{used.seconds['total']:.2f}",
        f"{used.cpu_seconds:.2f}",
    ]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(collection: Collection, groups: Mapping[str, tuple[str, ...]], seed: int) -> list[str]:
    """The rows of the groups, printed as they come."""
    lines = [
        "| kind | instance | solver | published | found | bound | proven equal | s | CPU s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for solver, files in groups.items():
        for file in files:
            record = qopt.solve(collection.get(file), solver=solver, seconds=SECONDS, seed=seed)
            lines.append(row(record))
            print(lines[-1], flush=True)
    return lines


def machine() -> str:
    """The processor and the versions of the solvers that the tables come from."""
    here = environment()
    stack = ", ".join([f"qopt-workbench {qopt.__version__}", *(f"{name} {version(name)}" for name in PACKAGES)])
    return f"{here['cores']} cores of {here['processor']}; Python {here['python']}, {stack}."


def main() -> None:
    """Run the groups that were asked for and rewrite their tables."""
    groups = {"main": PROVEN_BY, "too": PROVEN_TOO, "open": OPEN}
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--instances", type=Path, required=True, help="folder of the public instances")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=groups, default=list(groups))
    arguments = parser.parse_args()
    collection = Collection(arguments.instances)
    for name in arguments.only:
        write_block(PAGE, name, table(collection, groups[name], arguments.seed))
    write_block(PAGE, "machine", [machine()])


if __name__ == "__main__":
    main()
