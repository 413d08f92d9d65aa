"""Worth of one QAOA sample by kind, size and depth: docs/worth.md's table and fit.

``python benchmarks/worth.py [--sizes 8 12 16 20 24] [--write]``. Angles are trained once a kind and depth, on the
best of three instances of 12 bits, and carried over to all sizes without any optimisation, so that
growth with n is not that of an optimiser which ends early. Chances are exact: the circuit's from its state, the uniform
one from all 2^n points. Instances: Max-Cut on random 3-regular graphs, independent sets on G(n, 0.3), knapsacks of two
rows at tightness 1/2 (``unbalanced``, no slack). Beside them simulated annealing: 1,000 reads of its defaults.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from public import write_block

import qopt
from qopt.core import Record
from qopt.experiments.worth_text import figures

PAGE = Path(__file__).resolve().parents[1] / "docs/worth.md"
KINDS: dict[str, tuple[dict[str, object], str]] = {
    "max-cut": ({"degree": 3}, "slack"),
    "mis": ({"p": 0.3}, "slack"),
    "mdkp": ({"m": 2}, "unbalanced"),
}
DEPTHS = (1, 3, 5)
TRAINED_ON = 12
TRAINING_SEEDS = (101, 102, 103)
#: Instances of a size; fewer where one takes seconds.
INSTANCES = {24: 2}
MAX_INSTANCES = 5


def instance(kind: str, n: int, seed: int) -> qopt.core.Problem:
    """The instance of a kind, size and seed."""
    return qopt.generate(kind, n=n, seed=seed, **KINDS[kind][0])  # type: ignore[arg-type]


def solved(kind: str, n: int, seed: int, solver: str, **options: object) -> Record:
    """One run, unrepaired."""
    fixed = {"encoder": KINDS[kind][1], "repair": "off", "improve": False, "reference": "auto"}
    return qopt.solve(instance(kind, n, seed), solver, seed=seed, **fixed, **options)  # type: ignore[arg-type]


def angles_of(kind: str, layers: int) -> tuple[float, ...]:
    """Scaled angles trained on one of three instances of 12 bits: those with the best median worth on all three."""
    found = []
    for seed in TRAINING_SEEDS:
        angles = solved(kind, TRAINED_ON, seed, "qaoa", num_layers=layers, shots=100).resources.extra["angles"]
        gammas = np.array(angles["gammas"]) * angles["unit"]
        found.append(tuple(float(value) for value in (*gammas, *angles["betas"])))

    def middle(angles: tuple[float, ...]) -> float:
        each = [worth(solved(kind, TRAINED_ON, seed, "qaoa", **carried(layers, angles))) for seed in TRAINING_SEEDS]
        return statistics.median([value or 0.0 for value in each])

    return max(found, key=middle)


def carried(layers: int, angles: tuple[float, ...]) -> dict[str, object]:
    """Options of a circuit with given angles and no optimisation."""
    return {"num_layers": layers, "init": "transfer", "angles": angles, "optimizer": "none", "shots": 100}


def worth(record: Record) -> float | None:
    """Worth for the optimum."""
    assert record.worth is not None
    return next((each.worth for each in record.worth.targets if each.target == "optimum"), None)


def measured(kind: str, sizes: Sequence[int]) -> Iterator[tuple[str, int, list[float]]]:
    """``(method, n, worths of the instances)``."""
    for layers in DEPTHS:
        options = carried(layers, angles_of(kind, layers))
        for n in sizes:
            seeds = range(1, 1 + INSTANCES.get(n, MAX_INSTANCES))
            found = [worth(solved(kind, n, seed, "qaoa", **options)) for seed in seeds]
            yield f"QAOA, p = {layers}", n, [value for value in found if value is not None]
    for n in sizes:
        seeds = range(1, 1 + INSTANCES.get(n, MAX_INSTANCES))
        found = [worth(solved(kind, n, seed, "sa", shots=1000)) for seed in seeds]
        yield "sa", n, [value for value in found if value is not None]


def fit(points: Sequence[tuple[int, float]]) -> tuple[float, float, float]:
    """Slope of log2 of the worth a bit with its standard error, and the intercept, by least squares."""
    n, y = np.array([size for size, _ in points], dtype=float), np.log2([value for _, value in points])
    spread = n - n.mean()
    slope = float((spread @ y) / (spread @ spread))
    rest = y - y.mean() - slope * spread
    error = math.sqrt(float(rest @ rest) / max(1, n.size - 2) / float(spread @ spread))
    return slope, error, float(y.mean() - slope * n.mean())


def table(sizes: Sequence[int]) -> Iterator[str]:
    """A line a kind and method: median worth by size, and the growth a bit."""
    heads = " | ".join(f"n = {n}" for n in sizes)
    yield f"| problem | method | {heads} | factor a bit | of the 2 that uniform loses |"
    yield "|---" * (len(sizes) + 4) + "|"
    for kind in KINDS:
        by_method: dict[str, dict[int, list[float]]] = {}
        for method, n, values in measured(kind, sizes):
            by_method.setdefault(method, {})[n] = values
        for method, found in by_method.items():
            cells = [figures(statistics.median(found[n])) if found[n] else "-" for n in sizes]
            points = [(n, value) for n, values in found.items() for value in values if value > 0]
            factor = share = "-"
            if len({n for n, _ in points}) > 1:
                slope, error, _ = fit(points)
                factor = f"{2**slope:.2f} ({2 ** (slope - 1.96 * error):.2f} to {2 ** (slope + 1.96 * error):.2f})"
                share = f"{slope:.0%}"
            yield f"| {kind} | {method} | {' | '.join(cells)} | {factor} | {share} |"


def main() -> None:
    """Print the table; write it with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[8, 12, 16, 20, 24])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = []
    for text in table(options.sizes):
        print(text, flush=True)
        lines.append(text)
    if options.write:
        write_block(PAGE, "worth", lines)


if __name__ == "__main__":
    main()
