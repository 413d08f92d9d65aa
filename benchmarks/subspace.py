"""QAOA in the feasible subspace on a tour of 8 cities and an assignment of 8 facilities, layers 1 to 10; and its speed.

    OMP_NUM_THREADS=1 python benchmarks/subspace.py    # minutes; rewrites the results in docs/subspace.md
    OMP_NUM_THREADS=1 python benchmarks/subspace.py --layers 3 --dry-run

Instances are generated here from fixed seeds. Every optimum is proven by the enumeration that the subspace is. Process
CPU time, medians, the mixers interleaved.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from public import write_block

from qopt.core import BinaryProgram
from qopt.problems.qap import Qap, QapAssignment
from qopt.problems.tsp import Tsp
from qopt.problems.tsp_positions import TspPositions
from qopt.solvers.subspace import (
    Costs,
    GroupMixer,
    GroupSpace,
    GroverMixer,
    Mixer,
    PermutationSpace,
    Search,
    TranspositionMixer,
    evolve,
    expectation,
    grown,
    optimize,
    optimum_probability,
    permutation_space,
    recognise,
    value_and_gradient,
)
from qopt.solvers.subspace.chebyshev import exponential
from qopt.solvers.subspace.sampler import MIXERS

DOCS = Path(__file__).resolve().parents[1] / "docs"
SEED = 2024
SEARCH = Search(num_starts=2, max_iterations=100)
COLOURS = {"transposition": "#1f6fb4", "grover": "#d1495b"}


@dataclass(frozen=True)
class Row:
    """One line of the table: a mixer at a number of layers."""

    instance: str
    mixer: str
    layers: int
    probability: float
    gap: float
    ratio: float
    evaluations: int
    seconds: float


def tour(cities: int) -> BinaryProgram:
    """Uniform cities in a square of side 100, rounded Euclidean distances, city 0 fixed."""
    where = np.random.default_rng(SEED).random((cities, 2)) * 100
    distances = np.rint(np.hypot(*(where[:, None] - where[None]).transpose(2, 0, 1)))
    return TspPositions(Tsp(distances)).program


def assignment() -> BinaryProgram:
    """Facilities on a 2 x 4 grid with Manhattan distances (as Nugent's), symmetric flows 0..5."""
    places = np.array(list(itertools.product(range(2), range(4))))
    distances = np.abs(places[:, None] - places[None]).sum(axis=2)
    flows = np.triu(np.random.default_rng(SEED).integers(0, 6, size=(8, 8)), 1)
    return QapAssignment(Qap(flows + flows.T, distances)).program


def costs_on(program: BinaryProgram) -> tuple[PermutationSpace, Costs]:
    found = recognise(program)
    assert isinstance(found.space, PermutationSpace)
    assert not found.left
    return found.space, Costs(program.costs(found.space.points()))


def study(instance: str, program: BinaryProgram, max_layers: int) -> list[Row]:
    """Layers 0 (the start) to ``max_layers`` for both mixers; each layer also starts from the grown angles."""
    space, costs = costs_on(program)
    least, most = costs.levels[0], costs.levels[-1]
    rows = []
    for name in ("transposition", "grover"):
        mixer = MIXERS[name](space, "sum", None)
        initial: list[tuple[Any, Any]] = []
        for layers in range(max_layers + 1):
            start = time.process_time()
            gammas, betas, evaluations = np.zeros(0), np.zeros(0), 0
            if layers:
                search = Search(layers, SEARCH.num_starts, 1.0, SEARCH.max_iterations)
                best = optimize(mixer, costs, search, seed=SEED, initial=initial)
                gammas, betas, evaluations = best.gammas, best.betas, best.evaluations
                initial = [(grown(gammas), grown(betas))]
            state = evolve(mixer, costs, gammas, betas)
            energy = expectation(state, costs)
            row = Row(
                instance,
                name,
                layers,
                optimum_probability(state, costs),
                (energy - least) / abs(least),
                (most - energy) / (most - least),
                evaluations,
                time.process_time() - start,
            )
            print(row, flush=True)
            rows.append(row)
    return rows


def chebyshev_gate(space: PermutationSpace) -> Callable[[Any, float], Any]:
    """The same gate from the sparse adjacency by a Chebyshev series, for comparison."""
    from scipy.sparse import csr_array

    p, n = space.permutations(), space.num_objects
    columns = []
    for i, j in itertools.combinations(range(n), 2):
        swapped = p.copy()
        swapped[:, [i, j]] = swapped[:, [j, i]]
        columns.append(space.rank(swapped).astype(np.int32))
    size, degree = space.size, len(columns)
    indices = np.stack(columns, axis=1).ravel()
    A = csr_array((np.ones(len(indices)), indices, np.arange(size + 1) * degree), shape=(size, size))
    return lambda state, beta: exponential(lambda x: -(A @ x), state[:, None], beta, -degree, degree)[:, 0]


def cpu_ms(work: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median CPU milliseconds of each, one after the other in turns."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeats + 1):  # the first round builds tables and is left out
        for name, call in work.items():
            start = time.process_time()
            call()
            taken[name].append(1e3 * (time.process_time() - start))
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def speed() -> list[str]:
    """Milliseconds a layer (phase and mixer), and a gradient of five layers in units of a five-layer value."""
    lines = [
        "| states | space | transposition, Fourier | the same by Chebyshev | Grover | gradient / value, 5 layers |",
        "|---|---|---|---|---|---|",
    ]
    for n in (7, 8, 9):
        space = permutation_space(n)
        costs = Costs(np.random.default_rng(0).integers(0, 500, size=space.size))
        mixer, grover, series = TranspositionMixer(space), GroverMixer(space), chebyshev_gate(space)
        angles = np.full(5, 0.02), np.full(5, 0.7 * mixer.beta_unit)
        state = evolve(mixer, costs, *angles)
        beta = angles[1][0]
        difference = np.abs(series(state, beta) - mixer.apply(state, beta)).max()
        assert difference < 1e-10, difference
        work: dict[str, Callable[[], object]] = {
            "fourier": lambda m=mixer, c=costs, s=state, b=beta: m.apply(c.phase(0.02) * s, b),
            "series": lambda g=series, c=costs, s=state, b=beta: g(c.phase(0.02) * s, b),
            "grover": lambda m=grover, c=costs, s=state: m.apply(c.phase(0.02) * s, 1.0),
            "value": lambda m=mixer, c=costs, a=angles: expectation(evolve(m, c, *a), c),
            "gradient": lambda m=mixer, c=costs, a=angles: value_and_gradient(m, c, *a),
        }
        ms = cpu_ms(work, 9 if n < 9 else 3)
        lines.append(
            f"| {space.size:,} | permutations of {n} | {ms['fourier']:.2f} | {ms['series']:.2f} | {ms['grover']:.2f} | "
            f"{ms['gradient'] / ms['value']:.1f} |"
        )
        print(lines[-1], flush=True)
    groups = GroupSpace(tuple(tuple(range(7 * g, 7 * g + 7)) for g in range(7)))
    costs = Costs(np.random.default_rng(0).integers(0, 500, size=groups.size))
    mixers: dict[str, Mixer] = {"complete": GroupMixer(groups, "complete"), "ring": GroupMixer(groups, "ring")}
    state = mixers["ring"].ground + 0j
    ms = cpu_ms({k: (lambda m=m: m.apply(costs.phase(0.1) * state, 0.4)) for k, m in mixers.items()}, 3)
    words = f"One-hot XY on 7 groups of 7 ({groups.size:,} states): complete {ms['complete']:.0f} ms a layer"
    return [*lines, "", f"{words}, ring {ms['ring']:.0f} ms."]


def table(rows: list[Row]) -> list[str]:
    out = [
        "| instance | mixer | layers | P(optimum) | expected gap | ratio | evaluations | CPU s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        out.append(
            f"| {r.instance} | {r.mixer} | {r.layers} | {r.probability:.4f} | {100 * r.gap:.1f} % | {r.ratio:.4f} | "
            f"{r.evaluations} | {r.seconds:.1f} |"
        )
    return out


def plot(rows: list[Row], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    instances = list(dict.fromkeys(r.instance for r in rows))
    figure, axes = plt.subplots(2, len(instances), figsize=(8.4, 5.6), sharex=True, squeeze=False)
    for column, instance in enumerate(instances):
        for name, colour in COLOURS.items():
            some = [r for r in rows if r.instance == instance and r.mixer == name]
            layers = [r.layers for r in some]
            style: dict[str, Any] = {"color": colour, "marker": "o", "markersize": 4, "label": f"{name} mixer"}
            axes[0, column].semilogy(layers, [r.probability for r in some], **style)
            axes[1, column].plot(layers, [100 * r.gap for r in some], **style)
        axes[0, column].set_title(instance)
        axes[1, column].set_xlabel("layers (0: uniform over feasible points)")
        axes[1, column].set_ylim(bottom=0)
        for axis in axes[:, column]:
            axis.grid(alpha=0.3)
    axes[0, 0].set_ylabel("P(optimum)")
    axes[1, 0].set_ylabel("gap of the expectation, %")
    axes[0, 0].legend(loc="lower right")
    figure.tight_layout()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=90)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=10, help="most layers")
    parser.add_argument("--dry-run", action="store_true", help="print only, leave docs/ as it is")
    options = parser.parse_args()
    instances = {"TSP, 8 cities": tour(8), "QAP, 2 x 4 grid": assignment()}
    rows = [row for name, program in instances.items() for row in study(name, program, options.layers)]
    facts = []
    for name, program in instances.items():
        space, costs = costs_on(program)
        facts.append(
            f"- {name}: {space.describe()}; optimum {costs.levels[0]:g} at {int(costs.is_optimal.sum())} points, mean "
            f"{costs.values.mean():.1f}, worst {costs.levels[-1]:g}."
        )
    threads = os.environ.get("OMP_NUM_THREADS", "")
    where = f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, process CPU time"
    command = f"{'OMP_NUM_THREADS=' + threads + ' ' if threads else ''}python benchmarks/subspace.py"
    if options.layers != 10:
        command += f" --layers {options.layers}"
    lines = [
        f"Made by `{command}` ({where}).",
        "",
        *facts,
        "",
        *table(rows),
        "",
        "![P(optimum) and gap over layers](img/subspace_layers.png)",
        "",
        "Milliseconds a layer (phase and mixer), median:",
        "",
        *speed(),
    ]
    print("\n".join(lines))
    if not options.dry_run:
        plot(rows, DOCS / "img" / "subspace_layers.png")
        write_block(DOCS / "subspace.md", "results", lines)


if __name__ == "__main__":
    main()
