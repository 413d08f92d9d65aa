"""Rewrite the tables of docs/proven_optima.md: published optima, proven again, and what they took.

``python benchmarks/proven_optima.py --instances DIR`` solves each instance with the named solver until it is proven,
60 s at most; a run without a proof stands in the table as such. Wall seconds and CPU seconds of all threads.
``--jobs N`` runs N at a time, each in a process of its own that keeps to one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from processes import at_once, instances_option, jobs_option
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


def proven(task: tuple[Path, str, str, int]) -> str:
    """The row of ``(folder, solver, file, seed)``."""
    folder, solver, file, seed = task
    return row(qopt.solve(Collection(folder).get(file), solver=solver, seconds=SECONDS, seed=seed))


def table(folder: Path, groups: Mapping[str, tuple[str, ...]], seed: int, jobs: int) -> list[str]:
    """The rows of the groups, printed as they come."""
    lines = [
        "| kind | instance | solver | published | found | bound | proven equal | s | CPU s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    tasks = [(folder, solver, file, seed) for solver, files in groups.items() for file in files]
    for line in at_once(proven, tasks, jobs):
        lines.append(line)
        print(line, flush=True)
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
    instances_option(parser)
    jobs_option(parser)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=groups, default=list(groups))
    parser.add_argument("--list", action="store_true", help="print the files below the folder that are needed, and end")
    arguments = parser.parse_args()
    if arguments.list:
        files = [file for name in arguments.only for group in groups[name].values() for file in group]
        print("\n".join(file.partition("#")[0] for file in files))
        return
    for name in arguments.only:
        write_block(PAGE, name, table(arguments.instances, groups[name], arguments.seed, arguments.jobs))
    write_block(
        PAGE, "machine", [f"{arguments.jobs} at a time{', each on one core' * (arguments.jobs > 1)}; {machine()}"]
    )


if __name__ == "__main__":
    main()
