"""dimod's CQM generators by constrained annealing from Ocean, beside CP-SAT on the same models with the same seconds.

``python benchmarks/cqm.py`` writes a table of docs/annealing.md: ``qopt.samplers.ConstrainedAnnealing().sample_cqm(cqm,
time_limit=5)`` and ``qopt.solve(cqm, "cpsat", workers=1, seconds=5)``, one thread, three seeds of the generator, which
are also the samplers'. Feasibility and energies are dimod's own. Annealing counts CPU seconds of the process; CP-SAT's
wall clock is stretched by what other jobs take. It takes some seven minutes of one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import dimod
import numpy as np
from annealing import CpuClock, stretched
from public import write_block

import qopt
from qopt import samplers

DOCS = Path(__file__).resolve().parents[1] / "docs" / "annealing.md"


def assignment(n: int, seed: int) -> dimod.ConstrainedQuadraticModel:
    """Symmetric integer distances and flows in 0..9 without diagonals; dimod has no random ones."""
    rng = np.random.default_rng(seed)
    upper = [np.triu(rng.integers(0, 10, size=(n, n)), 1) for _ in range(2)]
    return dimod.generators.quadratic_assignment(*(matrix + matrix.T for matrix in upper))


def many_bins(n: int, seed: int) -> dimod.ConstrainedQuadraticModel:
    """Weights as those of random_bin_packing in bins of capacity 50, so that a bin takes two or three."""
    weights = np.random.default_rng(seed).integers(10, 30, n).tolist()
    return dimod.generators.bin_packing(weights, 50)


def half_knapsacks(n: int, bins: int, seed: int) -> dimod.ConstrainedQuadraticModel:
    """Values, weights and capacities drawn as random_multi_knapsack draws them, with half the capacities.

    There nearly every item fits.
    """
    rng = np.random.default_rng(seed)
    values, weights = rng.integers(10, 50, n), rng.integers(10, 50, n)
    capacities = rng.integers(10 * n // bins, 50 * n // bins, bins) // 2
    return dimod.generators.multi_knapsack(values, weights, capacities)


#: Models by name: a label of each size, and what makes it of a seed.
MODELS: dict[str, dict[str, Callable[[int], dimod.ConstrainedQuadraticModel]]] = {
    "random_knapsack": {
        f"{n} items": lambda seed, n=n: dimod.generators.random_knapsack(n, seed=seed) for n in (100, 1000)
    },
    "random_bin_packing": {
        f"{n} items": lambda seed, n=n: dimod.generators.random_bin_packing(n, seed=seed) for n in (10, 20, 40, 100)
    },
    "bin_packing": {f"{n} items, capacity 50": lambda seed, n=n: many_bins(n, seed) for n in (20, 40, 60)},
    "quadratic_assignment": {f"{n} places": lambda seed, n=n: assignment(n, seed) for n in (8, 15, 25)},
    "random_multi_knapsack": {
        f"{n} items, {bins} bins": lambda seed, n=n, bins=bins: dimod.generators.random_multi_knapsack(
            n, bins, seed=seed
        )
        for n, bins in ((50, 5), (100, 10), (300, 20))
    },
    "multi_knapsack": {
        f"{n} items, {bins} bins": lambda seed, n=n, bins=bins: half_knapsacks(n, bins, seed)
        for n, bins in ((50, 5), (100, 10), (300, 20))
    },
}


def annealed(cqm: dimod.ConstrainedQuadraticModel, seconds: float, seed: int) -> float | None:
    """Energy of the best feasible sample, by dimod; None without one."""
    samples = samplers.ConstrainedAnnealing().sample_cqm(cqm, time_limit=seconds, seed=seed)
    feasible = samples.filter(lambda row: row.is_feasible)
    return float(feasible.first.energy) if len(feasible) else None


def proven(cqm: dimod.ConstrainedQuadraticModel, seconds: float, seed: int) -> tuple[float | None, bool]:
    """CP-SAT's objective and whether it is proven."""
    record = qopt.solve(cqm, "cpsat", workers=1, seconds=seconds * stretched(), seed=seed, reference="none")
    return (None if record.objective is None else float(record.objective)), record.status.value == "optimal"


def row(name: str, size: str, make: Callable[[int], Any], seconds: float, seeds: int) -> str:
    """One line of the table: medians over the seeds of both, and of the gap between them."""
    ours: list[float | None] = []
    theirs: list[tuple[float | None, bool]] = []
    for seed in range(1, seeds + 1):
        cqm = make(seed)
        ours.append(annealed(cqm, seconds, seed))
        theirs.append(proven(cqm, seconds, seed))
        print(f"{name} {size} seed {seed}: {len(cqm.variables)} bits, {ours[-1]}, {theirs[-1]}", flush=True)
    gaps = [
        100 * (own - best) / max(abs(best), 1e-9) for own, (best, _) in zip(ours, theirs) if None not in (own, best)
    ]
    cells = [
        f"{name}, {size}",
        len(make(1).variables),
        f"{sum(own is not None for own in ours)}/{seeds}",
        ", ".join("-" if own is None else f"{own:g}" for own in ours),
        ", ".join("-" if best is None else f"{best:g}{'*' if is_proven else ''}" for best, is_proven in theirs),
        f"{median(gaps):.2f} ({max(gaps):.2f})" if len(gaps) == seeds else "-",
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Every model and size, or those of one name."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="CPU seconds of a run")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=list(MODELS), help="one generator; the page's lines of the others stay")
    arguments = parser.parse_args()
    samplers.Clock = CpuClock  # type: ignore[misc, assignment]
    lines = [
        "| model | bits | feasible | energies | CP-SAT (* proven) | gap in %: median (worst) |",
        "|---|---:|---:|---|---|---:|",
    ]
    began, page = time.process_time(), DOCS.read_text(encoding="utf-8").splitlines()
    for name, sizes in MODELS.items():
        if arguments.only not in (None, name):
            lines += [line for line in page if line.startswith(f"| {name}, ")]
            continue
        for size, make in sizes.items():
            lines.append(row(name, size, make, arguments.seconds, arguments.seeds))
            print(lines[-1], flush=True)
    print(f"{time.process_time() - began:.0f} CPU s")
    write_block(DOCS, "cqm", lines)


if __name__ == "__main__":
    main()
