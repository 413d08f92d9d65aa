"""The README's picture, docs/img/samples.png: objectives of a circuit's samples beside as many uniform points."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import qopt
from qopt.experiments.plot_samples import plot_objectives
from qopt.problems.formulations import formulate

ROOT = Path(__file__).resolve().parents[1]
SHOTS = 20_000


def main() -> None:
    """Five layers on an independent set of 14 vertices, seed 1."""
    problem = qopt.load(str(ROOT / "examples" / "mis.json"))
    encoding = qopt.encode(problem, "slack")
    program = formulate(problem, None).program
    found = qopt.Qaoa(num_layers=5).sample(encoding.bqm, seed=1, num_shots=SHOTS).record
    drawn = np.repeat(np.asarray(found.sample, dtype=np.uint8), found.num_occurrences, axis=0)
    uniform = np.random.default_rng(1).integers(0, 2, drawn.shape, dtype=np.uint8)
    values = []
    every = qopt.core.Cube(drawn.shape[1]).block(0, 1 << drawn.shape[1])
    for points in (encoding.decode(drawn), encoding.decode(uniform), encoding.decode(every)):
        values.append(np.where(program.feasible(points), -program.costs(points), np.nan))
    path = ROOT / "docs" / "img" / "samples.png"
    plot_objectives(*values[:2], path, best=6, title="independent set, 14 vertices: QAOA, 5 layers", name="samples")
    for name, own in zip(("samples", "uniform", "all points"), values, strict=True):
        print(f"{name}: {np.isfinite(own).mean():.2%} feasible, {(own == 6).mean():.3%} optimal")


if __name__ == "__main__":
    main()
