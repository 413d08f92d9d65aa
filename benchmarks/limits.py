"""Rewrite the table of docs/limits.md: CPU seconds of every solver on a mid-size instance of each kind at 2 s.

``python benchmarks/limits.py`` generates the instances itself. CPU seconds count all threads, so that a search on two
cores may take up to twice the limit; the aim for one thread is 2.2 s and the start-up.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proven_optima import machine
from public import write_block

import qopt
from qopt.core import SOLVERS, Problem, UnsupportedError

PAGE = Path(__file__).resolve().parents[1] / "docs" / "limits.md"
SIZES: Mapping[str, dict[str, Any]] = {
    "tsp": {"n": 120},
    "qap": {"n": 40},
    "mis": {"n": 1500},
    "mdkp": {"n": 2500, "m": 100},
    "market-share": {"products": 5, "retailers": 44},
    "max-cut": {"n": 2000},
    "qubo": {"n": 400},
}
#: Circuits hold some twenty qubits: they refuse all of these.
SOLVERS_HERE = (
    *("cpsat", "milp", "greedy", "gilmore-lawler", "robust-tabu", "mis-tabu", "market-split", "held-karp"),
    *("local-search", "sa", "tabu", "random"),
)


def cell(problem: Problem, solver: str, seconds: float) -> str:
    """CPU / wall seconds of a run; ``-`` where the solver refuses, ``!`` where nothing feasible came back."""
    wall, cpu = time.monotonic(), time.process_time()
    try:
        record = qopt.solve(problem, solver, seconds=seconds, control=False, reference="none")
    except UnsupportedError:
        return "-"
    mark = "" if record.objective is not None else " !"
    return f"{time.process_time() - cpu:.1f} / {time.monotonic() - wall:.1f}{mark}"


def main() -> None:
    """Run every solver on every kind and rewrite the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--solvers", nargs="+", default=list(SOLVERS_HERE))
    parser.add_argument("--kinds", nargs="+", choices=SIZES, default=list(SIZES))
    arguments = parser.parse_args()
    names = [name for name in arguments.solvers if not SOLVERS.get(name).missing]
    lines = [f"| kind | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]
    for kind in arguments.kinds:
        problem = qopt.generate(kind, seed=1, **SIZES[kind])
        size = ", ".join(f"{count} {what}" for what, count in problem.size.items())
        cells = [cell(problem, name, arguments.seconds) for name in names]
        lines.append(f"| {kind} ({size}) | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    write_block(PAGE, "limits", lines)
    write_block(PAGE, "machine", [machine()])


if __name__ == "__main__":
    main()
