"""Tuning annealing and QAOA on 20 generated instances, judged on 20 others: a page of what came out.

    OMP_NUM_THREADS=1 python benchmarks/tuning.py             # minutes on two cores; goes on where it was stopped
    OMP_NUM_THREADS=1 python benchmarks/tuning.py --write     # into docs/tuning.md

The score has no time in it, so a stopped and resumed tuning ends with exactly the same settings.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from public import write_block

import qopt
from qopt.core import Problem
from qopt.experiments.tuning.rows import Rules
from qopt.experiments.tuning.space import Space
from qopt.experiments.tuning.tune import Tuned, tune

DOCS = Path(__file__).resolve().parents[1] / "docs" / "tuning.md"


@dataclass(frozen=True)
class Case:
    """One tuning: parts, limits of a run, Hyperband's R; seed of split and settings, first seed of the instances."""

    solver: str
    encoder: str
    budget: Mapping[str, float]
    resource: int
    seed: int = 1
    first: int = 1


CASES = (
    Case("sa", "slack", {"shots": 5}, 27),
    Case("sa", "slack", {"shots": 5}, 27, seed=2, first=101),
    Case("qaoa", "slack", {"shots": 1000, "evaluations": 30}, 9),
)


def instances(first: int) -> list[Problem]:
    """40 instances, half to tune on and half held out: knapsacks of 8 items and one row, graphs of 12 vertices."""
    seeds = range(first, first + 20)
    found = [qopt.generate("mdkp", n=8, m=1, seed=seed) for seed in seeds]
    return [*found, *(qopt.generate("mis", n=12, seed=seed) for seed in seeds)]


def measure(case: Case, folder: Path, jobs: int) -> Tuned:
    """The tuning of one case; rows that the folder has are not run again."""
    return tune(
        instances(case.first),
        Space.of(case.solver, case.encoder),
        folder / f"{case.solver}-{case.seed}",
        resource=case.resource,
        rules=Rules(budget=case.budget, seed=case.seed, stage="raw"),
        seed=case.seed,
        jobs=jobs,
    )


def row(case: Case, found: Tuned) -> str:
    """One line of the table."""
    held = found.validation
    assert held is not None
    budget = ", ".join(f"{value:g} {key}" for key, value in case.budget.items())
    cells = [f"`{case.solver}`, `{case.encoder}`", case.first, case.seed, budget, case.resource, found.config.text]
    cells += [f"{found.score:.4f}", f"{held.tuned:.4f}", f"{held.default:.4f}"]
    cells += [f"{held.difference:+.4f} [{held.low:+.4f}, {held.high:+.4f}]", held.verdict]
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the results into docs/tuning.md")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "qopt-tuning")
    args = parser.parse_args()
    lines = [
        "Made by `OMP_NUM_THREADS=1 python benchmarks/tuning.py --write`: best feasible sample before any repair, 20",
        "instances in training (Hyperband over instances) and 20 held out, 3 seeds each, paired by instance.",
        "",
        "| parts | instances from | seed | a run's limits | R | chosen | training | held out: tuned | default | "
        "difference [95 %] | verdict |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for case in CASES:
        start = time.perf_counter()
        found = measure(case, args.folder, args.jobs)
        lines.append(row(case, found))
        spent = time.perf_counter() - start
        print(json.dumps({"solver": case.solver, "runs": found.num_runs, "seconds": round(spent, 1)}))
    print("\n".join(lines))
    if args.write:
        write_block(DOCS, "results", lines)


if __name__ == "__main__":
    main()
