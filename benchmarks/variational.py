"""Tables of docs/variational.md: PCE on a Max-Cut of 2,000 variables, and circuits on devices.

``python benchmarks/variational.py NAME`` computes one table and rewrites its block of the page; names: large,
scale, devices.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import dimod
import numpy as np
from public import write_block

import qopt
from qopt.core import from_spec
from qopt.experiments.papers.tables import markdown
from qopt.solvers.ansatz.bit_swap import one_round_swap
from qopt.solvers.ansatz.circuits import initial_angles
from qopt.solvers.ansatz.pauli_strings import num_qubits
from qopt.solvers.ansatz.pce import Pce
from qopt.solvers.base import energies_of

PAGE = Path("docs/variational.md")

#: The Max-Cut: a random 3-regular graph, and the circuit of at most 1,000 angles that encodes it.
LARGE = {"n": 2000, "degree": 3, "seed": 1}
LARGE_PCE = Pce(k=3, num_layers=16, num_restarts=0, max_evaluations=1000, init="random")

#: Evaluations of its two runs.
MARKS = (200, 1000)

#: The smaller graphs on which scales of the tanh are compared, 11 qubits.
SCALE_N, SCALE_SEEDS = 480, range(1, 6)

#: Solvers of the table of devices, and targets.
CIRCUITS = (
    ("vqe", {"encoder": "unbalanced"}),
    ("vqe", {"encoder": "slack", "backend": "mps"}),
    ("pce", {"encoder": "slack", "num_restarts": 0}),
    ("qrao", {"encoder": "slack", "backend": "mps"}),
    ("qaoa", {"encoder": "unbalanced", "num_layers": 1}),
)
TARGETS = ("all-to-all", "heavy-hex", "fake_torino")


def cut_model(n: int, seed: int) -> tuple[dimod.BinaryQuadraticModel, int]:
    """QUBO of Max-Cut on a random 3-regular graph, and its edges: the cut is (edges - energy) / 2."""
    edges = np.asarray(qopt.generate("max-cut", n=n, degree=LARGE["degree"], seed=seed).edges)
    couplings = {(int(u), int(v)): 1.0 for u, v in edges}
    bqm = dimod.BinaryQuadraticModel.from_ising(dict.fromkeys(range(n), 0.0), couplings)
    bqm.change_vartype("BINARY", inplace=True)
    return bqm, len(edges)


def annealed_energy(bqm: dimod.BinaryQuadraticModel) -> float:
    """Of simulated annealing, ten reads of a thousand sweeps."""
    return float(
        from_spec("solvers", {"name": "sa", "num_reads": 10, "num_sweeps": 1000}).sample(bqm, seed=1).first.energy
    )


def best_before_and_after(bqm: dimod.BinaryQuadraticModel, points: np.ndarray) -> tuple[float, float]:
    """Energy of the best point, and of that point after one round of swaps."""
    energies = energies_of(bqm, points)
    best = points[[int(energies.argmin())]]
    return float(energies.min()), float(energies_of(bqm, one_round_swap(bqm, best))[0])


def large() -> list[str]:
    """PCE with k = 3 beside random points and annealing, before and after one round of bit swaps."""
    bqm, edges = cut_model(LARGE["n"], LARGE["seed"])

    def cut(energy: float) -> float:
        return (edges - energy) / 2

    rng = np.random.default_rng(1)
    evaluator = LARGE_PCE.evaluator(bqm, rng)
    angles = initial_angles(LARGE_PCE.init, evaluator.circuit, rng)
    took = []
    for _ in range(7):
        start = time.process_time()
        evaluator.value_and_gradient(angles)
        took.append(time.process_time() - start)
    points = rng.integers(0, 2, (MARKS[-1] + 1, LARGE["n"]), dtype=np.uint8)
    told: list[tuple[str, int, float, float | None]] = []
    control: list[tuple[str, int, float, float | None]] = []
    for evaluations in MARKS:
        start = time.process_time()
        samples = LARGE_PCE.sample(bqm, seed=1, evaluations=evaluations)
        spent = time.process_time() - start
        raw, swapped = float(samples.first.energy), samples.info["swapped"]["energy"]
        told.append(("PCE, k = 3, the best of its decoded points", evaluations + 1, raw, spent))
        told.append(("PCE, that point after one round of swaps", evaluations + 1, swapped, None))
        raw, swapped = best_before_and_after(bqm, points[: evaluations + 1])
        control.append(("random, the best of as many points", evaluations + 1, raw, None))
        control.append(("random, that point after one round of swaps", evaluations + 1, swapped, None))
    rows = told + control
    every = float(energies_of(bqm, one_round_swap(bqm, points)).min())
    rows.append(("random, the best of all points after one round of swaps each", len(points), every, None))
    start = time.process_time()
    best = annealed_energy(bqm)
    rows.append(("SA, 10 reads of 1,000 sweeps", 10, best, time.process_time() - start))
    head = ["method", "points", "cut", "share of SA's", "CPU s"]
    table = [
        [name, number, f"{cut(value):,.0f}", f"{cut(value) / cut(best):.4f}", "" if cpu is None else f"{cpu:.1f}"]
        for name, number, value, cpu in rows
    ]
    info = samples.info
    facts = (
        f"{info['qubits']} qubits, {info['parameters']} angles, {info['logical_two_qubit_gates']} two-qubit gates; "
        f"a loss with its gradient takes {statistics.median(took):.2f} CPU s on one "
        f"core (median of 7). {edges:,} edges."
    )
    return [facts, "", *markdown(head, table).splitlines()]


def scale() -> list[str]:
    """The scale of the tanh with k = 3: qubits**floor(k / 2), as published, and qubits**(k / 2), our default."""
    graphs = [(seed, *cut_model(SCALE_N, seed)) for seed in SCALE_SEEDS]
    annealed = [annealed_energy(bqm) for _, bqm, _ in graphs]

    def shares(points_of: Callable[[dimod.BinaryQuadraticModel, int], np.ndarray]) -> list[str]:
        """Medians over the graphs of the cut's share of annealing's, before and after the swaps."""
        found = []
        for (seed, bqm, edges), best in zip(graphs, annealed, strict=True):
            energies = best_before_and_after(bqm, points_of(bqm, seed))
            found.append([(edges - energy) / (edges - best) for energy in energies])
        return [f"{statistics.median(column):.4f}" for column in zip(*found, strict=True)]

    rows = []
    for name, exponent in (("qubits^floor(k/2)", 1.0), ("qubits^(k/2)", 1.5)):
        for init in ("unit", "random"):
            pce = Pce(
                k=3, num_layers=16, num_restarts=0, init=init, tanh_scale=float(num_qubits(SCALE_N, 3) ** exponent)
            )
            decoded = shares(lambda bqm, seed, pce=pce: pce.sample(bqm, seed=seed, evaluations=200).record.sample)
            rows.append([name, init, *decoded])
    uniform = shares(lambda bqm, seed: np.random.default_rng(seed).integers(0, 2, (201, SCALE_N), dtype=np.uint8))
    rows.append(["random points, as many", "", *uniform])
    return markdown(["scale", "start", "best point, share of SA's cut", "after one round of swaps"], rows).splitlines()


def devices() -> list[str]:
    """Depth and two-qubit gates of the Record, by target."""
    problem = qopt.generate("mdkp", n=10, m=3, seed=1)
    rows = []
    for name, options in CIRCUITS:
        settings = {**options, "max_evaluations": 1}
        encoder = settings.pop("encoder")
        row: list[object] = [name, encoder]
        for target in TARGETS:
            spec = {"name": name, "target_device": target, **settings}
            record = qopt.solve(problem, spec, encoder=encoder, control=False, improve=False, seed=1)
            used = record.resources
            if target == TARGETS[0]:
                row.append(used.qubits)
            row.append(f"{used.depth} / {used.two_qubit_gates}")
        rows.append(row)
    head = ["solver", "encoder", "qubits", *(f"{target}: depth / two-qubit gates" for target in TARGETS)]
    return markdown(head, rows).splitlines()


TABLES: dict[str, Callable[[], list[str]]] = {"large": large, "scale": scale, "devices": devices}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=TABLES)
    name = parser.parse_args().table
    lines = TABLES[name]()
    print("\n".join(lines), file=sys.stderr)
    write_block(PAGE, name, lines)


if __name__ == "__main__":
    main()
