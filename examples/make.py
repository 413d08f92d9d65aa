"""Write the instances of this folder: generated, seeded, each with its optimum proven by an exact solver.

``python examples/make.py``; the README and the tests use them. No public collection is copied here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import qopt
from qopt.core import BestKnown

#: File -> kind, seed and sizes of its generator, and the solver that proves its optimum.
EXAMPLES: dict[str, tuple[str, int, dict[str, Any], str]] = {
    "mdkp.json": ("mdkp", 5, {"n": 10, "m": 3}, "cpsat"),
    "mdkp-50x5.json": ("mdkp", 1, {"n": 50, "m": 5}, "cpsat"),
    "mis.json": ("mis", 1, {"n": 14, "p": 0.3}, "cpsat"),
    "tsp.json": ("tsp", 3, {"n": 8}, "cpsat"),
    "tsp4.json": ("tsp", 4, {"n": 4}, "cpsat"),
    "qap.json": ("qap", 2, {"n": 6}, "gilmore-lawler"),
    "qap3.json": ("qap", 3, {"n": 3}, "gilmore-lawler"),
    "qap4.json": ("qap", 4, {"n": 4}, "gilmore-lawler"),
    "market-share.json": ("market-share", 0, {"products": 2}, "cpsat"),
    "max-cut.json": ("max-cut", 1, {"n": 16, "degree": 3}, "cpsat"),
    "qubo.json": ("qubo", 1, {"n": 16}, "cpsat"),
    "tsptw.json": ("tsptw", 2, {"n": 4, "width": 90}, "tsptw-dp"),
    "cvrp.json": ("cvrp", 1, {"n": 4, "stops": 2, "limited": True}, "route-sets"),
    "vrptw.json": ("vrptw", 1, {"n": 4, "stops": 2}, "route-sets"),
    "hubo.json": ("hubo", 1, {"n": 8, "degree": 4}, "cpsat"),
    "labs.json": ("labs", 0, {"length": 8}, "cpsat"),
    "integer-program.json": ("integer-program", 2, {"n": 4, "m": 1}, "cpsat"),
    "multi-knapsack.json": ("multi-knapsack", 1, {"n": 8, "knapsacks": 2}, "cpsat"),
}


def make(folder: Path) -> None:
    """Write every example into the folder."""
    for file, (kind, seed, sizes, solver) in EXAMPLES.items():
        problem = qopt.generate(kind, seed=seed, **sizes)
        record = qopt.solve(problem, solver=solver, seed=0)
        if record.status is not qopt.Status.OPTIMAL:
            raise RuntimeError(f"{file} must be proven, got {record.status.value}; choose a smaller size")
        known = BestKnown(record.objective, True, f"proven by {solver}")
        qopt.save(replace(problem, best_known=known), str(folder / file))
        print(f"{file}: {kind} {sizes} seed {seed}: {record.objective}")


if __name__ == "__main__":
    make(Path(__file__).parent)
