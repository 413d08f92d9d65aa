"""Rewrite the table of docs/auto.md: what ``--solver auto`` reaches beside qopt's other solvers, in the same time.

``python benchmarks/auto_choice.py --instances DIR`` runs auto and its rivals for 5 s each on three sizes of every kind;
``--jobs N`` runs N of them at a time, each in a process of its own that keeps to one core, and ``--seeds N`` takes the
median of N. The gap is to the best of these; a rival that refuses the instance, or finds nothing, has none.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes import at_once, instances_option, jobs_option
from proven_optima import machine
from public import Collection, write_block

import qopt
from qopt.core import Problem, UnsupportedError, signed

PAGE = Path(__file__).resolve().parents[1] / "docs" / "auto.md"
#: What auto may fall behind the best by, in percent.
AIM = 0.5
#: Three sizes of each kind: files below the instances' folder, or the sizes of generated ones where no collection is.
FILES: Mapping[str, tuple[str, ...]] = {
    "tsp": ("tsplib/kroA100.tsp", "tsplib/ftv70.atsp", "tsplib/lin318.tsp", "tsplib/pr1002.tsp"),
    "qap": ("qaplib/nug15.dat", "qaplib/tai60a.dat", "qaplib/sko100a.dat", "qaplib/tho150.dat"),
    "mis": ("mis/sloane/1dc.128.txt", "mis/bhoslib/frb30-15-1.mis", "mis/bhoslib/frb50-23-1.mis"),
    "mdkp": ("mknap/sac94/pet7.dat", "mknap/mknapcb1.txt#1", "mknap/mknapcb6.txt#1"),
    "market-share": (
        "market_split/ms_03_050_002.dat",
        "market_split/ms_04_100_003.dat",
        "market_split/ms_05_100_003.dat",
    ),
    "max-cut": ("maxcut/t2g10_5555", "maxcut/g05_100.1", "maxcut/G1.txt"),
    "qubo": ("qubo/bqp50-1.sparse", "qubo/bqp100-2.sparse", "qubo/bqp250-1.sparse"),
    "multi-knapsack": (
        "multiknap/SMALL/probT1_0U_R50_T002_M010_N0020_seed01.txt",
        "multiknap/FK_1/random10_100_1_1000_1_1.txt",
        "multiknap/FK_2/random20_120_1_1000_1_1.txt",
    ),
    "cvrp": ("cvrp/E-n22-k4.vrp", "cvrp/A-n45-k7.vrp", "cvrp/X-n214-k11.vrp"),
    "vrptw": ("vrptw/C101.25.txt", "vrptw/R101.50.txt", "vrptw/R201.txt"),
    "tsptw": ("tsptw/AFG/rbg019c.tw", "tsptw/Dumas/n40w60.003.txt", "tsptw/Dumas/n100w40.002.txt"),
    "integer-program": ('{"n": 10, "m": 4}', '{"n": 40, "m": 10}', '{"n": 150, "m": 30}'),
    "labs": ('{"length": 20}', '{"length": 40}', '{"length": 77}'),
    "hubo": ('{"n": 15}', '{"n": 40}', '{"n": 150}'),
}
_POLYNOMIAL = ("memetic-tabu", "polynomial-tabu", "polynomial-sa", "cpsat", "milp")
RIVALS: Mapping[str, tuple[str, ...]] = {
    "tsp": ("milp", "cpsat", "local-search", "held-karp"),
    "qap": ("gilmore-lawler", "robust-tabu", "sa"),
    "mis": ("cpsat", "milp", "mis-tabu", "sa"),
    "mdkp": ("cpsat", "milp", "sa"),
    "market-share": ("market-split", "cpsat", "sa"),
    "max-cut": ("milp", "cpsat", "sa", "tabu"),
    "qubo": ("milp", "cpsat", "sa", "tabu"),
    "multi-knapsack": ("cpsat", "milp", "sa"),
    "cvrp": ("route-sets", "cpsat", "routing", "hybrid-tabu"),
    "vrptw": ("route-sets", "cpsat", "routing", "hybrid-tabu"),
    "tsptw": ("tsptw-dp", "cpsat", "routing", "milp"),
    "integer-program": ("cpsat", "milp", "sa"),
    "labs": ("self-avoiding-walk", *_POLYNOMIAL),
    "hubo": _POLYNOMIAL,
}


@dataclass(frozen=True)
class Task:
    """One run of the table."""

    folder: Path
    kind: str
    file: str
    solver: str
    seconds: float
    seed: int


@dataclass(frozen=True)
class Reached:
    """What a run ended with: None as value where it found nothing, None as solver where it refused."""

    instance: str
    solver: str | None
    value: float | None


def instance(task: Task) -> Problem:
    """The instance of a task, read or generated."""
    if task.file.startswith("{"):
        return qopt.generate(task.kind, seed=1, **json.loads(task.file))
    return Collection(task.folder).get(task.file, kind=task.kind)


def reached(task: Task) -> Reached:
    """Run a task."""
    problem = instance(task)
    size = ", ".join(f"{count} {what}" for what, count in problem.size.items())
    name = f"{problem.name} ({size})"
    try:
        run = qopt.solve(problem, task.solver, seconds=task.seconds, seed=task.seed, control=False, reference="none")
    except UnsupportedError:
        return Reached(name, None, None)
    return Reached(name, run.pipeline["solver"]["name"], None if run.violations else run.objective)


def typical(ends: Sequence[Reached], sign: int) -> Reached:
    """The run of the median value, the worse of two; one that found nothing is the worst."""
    order = sorted(ends, key=lambda end: math.inf if end.value is None else sign * end.value)
    return order[len(order) // 2]


def gap(value: float | None, best: float) -> float | None:
    """Percent by which a value is worse than the best; of 1 where the best is 0."""
    return None if value is None else 100.0 * abs(value - best) / max(1.0, abs(best))


def row(kind: str, sign: int, ends: Mapping[str, Reached]) -> tuple[str, float | None]:
    """One row of the table, and auto's gap; ``sign`` is -1 where the objective is maximised."""
    auto = ends["auto"]
    found = [sign * end.value for end in ends.values() if end.value is not None]
    if not found:
        return f"| {kind} | {auto.instance} | {auto.solver or '-'} | - | - | - |", None
    best = sign * min(found)
    distance = gap(auto.value, best)
    others = []
    for name in RIVALS[kind]:
        other = gap(ends[name].value, best)
        others.append(f"{name} {'-' if other is None else f'{other:.2f}'}")
    own = "-" if distance is None else f"{distance:.2f}"
    return f"| {kind} | {auto.instance} | {auto.solver or '-'} | {auto.value} | {own} | {', '.join(others)} |", distance


def main() -> None:
    """Run what was asked for and rewrite the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    instances_option(parser)
    jobs_option(parser)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--only", nargs="+", choices=FILES, default=list(FILES), help="kinds; the page is left as it is"
    )
    parser.add_argument("--list", action="store_true", help="print the files below the folder that are needed, and end")
    arguments = parser.parse_args()
    cells = [(kind, file) for kind in arguments.only for file in FILES[kind]]
    if arguments.list:
        print("\n".join(file.partition("#")[0] for _, file in cells if not file.startswith("{")))
        return
    tasks = [
        Task(arguments.instances, kind, file, solver, arguments.seconds, seed)
        for kind, file in cells
        for solver in ("auto", *RIVALS[kind])
        for seed in range(arguments.seeds)
    ]
    lines = [
        "| kind | instance | auto takes | auto's value | gap % | gap of the others % |",
        "|---|---|---|---|---|---|",
    ]
    worst = []
    ends = at_once(reached, tasks, arguments.jobs)
    for kind, file in cells:
        sign = int(signed(instance(Task(arguments.instances, kind, file, "auto", arguments.seconds, 0)), 1))
        names = ("auto", *RIVALS[kind])
        text, distance = row(
            kind, sign, {name: typical([next(ends) for _ in range(arguments.seeds)], sign) for name in names}
        )
        lines.append(text)
        print(text, flush=True)
        if distance is None or distance > AIM:
            worst.append(f"{kind} {file}")
    behind = f"Further than {AIM} % behind: {', '.join(worst)}." if worst else f"Nowhere further than {AIM} % behind."
    print(behind)
    if arguments.only == list(FILES):
        write_block(PAGE, "auto", lines)
        write_block(PAGE, "behind", [behind])
        write_block(
            PAGE,
            "machine",
            [
                f"Medians of {arguments.seeds} seeds; {arguments.jobs} at a time"
                f"{', each on one core' * (arguments.jobs > 1)}; {machine()}"
            ],
        )


if __name__ == "__main__":
    main()
