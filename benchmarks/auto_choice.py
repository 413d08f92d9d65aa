"""Rewrite the table of docs/auto.md: what ``--solver auto`` reaches beside qopt's other solvers, in the same time.

``python benchmarks/auto_choice.py --instances DIR`` runs auto and its rivals for 5 s each on three sizes of every kind.
The gap is to the best that any of them found; a rival that refuses the instance, or finds nothing, has none.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from proven_optima import machine
from public import Collection, write_block

import qopt
from qopt.core import Problem, Record, UnsupportedError, signed

PAGE = Path(__file__).resolve().parents[1] / "docs" / "auto.md"
#: What auto may fall behind the best by.
AIM = 0.5
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
}
RIVALS: Mapping[str, tuple[str, ...]] = {
    "tsp": ("milp", "cpsat", "local-search", "held-karp"),
    "qap": ("gilmore-lawler", "robust-tabu", "sa"),
    "mis": ("cpsat", "milp", "mis-tabu", "sa"),
    "mdkp": ("cpsat", "milp", "sa"),
    "market-share": ("market-split", "cpsat", "sa"),
    "max-cut": ("milp", "cpsat", "sa", "tabu"),
    "qubo": ("milp", "cpsat", "sa", "tabu"),
    "multi-knapsack": ("cpsat", "milp", "sa"),
}


def solved(problem: Problem, solver: str, seconds: float, seed: int) -> Record | None:
    """The run, or None where the solver refuses the instance."""
    try:
        return qopt.solve(problem, solver, seconds=seconds, seed=seed, control=False)
    except UnsupportedError:
        return None


def gap(problem: Problem, value: float | None, best: float) -> float | None:
    """Percent by which a value is worse than the best; of 1 where the best is 0."""
    if value is None:
        return None
    return 100.0 * (signed(problem, value) - signed(problem, best)) / max(1.0, abs(best))


def row(problem: Problem, kind: str, seconds: float, seed: int) -> tuple[str, float | None]:
    """One row of the table, and auto's gap."""
    runs = {name: solved(problem, name, seconds, seed) for name in ("auto", *RIVALS[kind])}
    values = {name: None if run is None or run.violations else run.objective for name, run in runs.items()}
    found = [value for value in values.values() if value is not None]
    auto = runs["auto"]
    if not found or auto is None:
        return f"| {kind} | {problem.name} | - | - | - | - |", None
    best = (min if problem.sense == "min" else max)(found)
    chosen = auto.pipeline["solver"]["name"]
    distance = gap(problem, values["auto"], best)
    others = []
    for name in RIVALS[kind]:
        other = gap(problem, values[name], best)
        others.append(f"{name} {'-' if other is None else f'{other:.2f}'}")
    reached = "-" if distance is None else f"{distance:.2f}"
    size = ", ".join(f"{count} {what}" for what, count in problem.size.items())
    text = f"| {kind} | {problem.name} ({size}) | {chosen} | {values['auto']} | {reached} | {', '.join(others)} |"
    return text, distance


def main() -> None:
    """Run what was asked for and rewrite the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--instances", type=Path, required=True, help="folder of the public instances")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=FILES, default=list(FILES))
    arguments = parser.parse_args()
    collection = Collection(arguments.instances)
    lines = [
        "| kind | instance | auto takes | auto's value | gap % | gap of the others % |",
        "|---|---|---|---|---|---|",
    ]
    worst = []
    for kind in arguments.only:
        for file in FILES[kind]:
            if not (arguments.instances / file.partition("#")[0]).is_file():
                continue
            text, distance = row(collection.get(file, kind=kind), kind, arguments.seconds, arguments.seed)
            lines.append(text)
            print(text, flush=True)
            if distance is None or distance > AIM:
                worst.append(file)
    write_block(PAGE, "auto", lines)
    behind = f"Further than {AIM} % behind: {', '.join(worst)}." if worst else f"Nowhere further than {AIM} % behind."
    write_block(PAGE, "behind", [behind])
    write_block(PAGE, "machine", [machine()])


if __name__ == "__main__":
    main()
