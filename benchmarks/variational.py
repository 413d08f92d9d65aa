"""Tables of docs/variational.md: PCE on a Max-Cut of 2,000 variables, and circuits on devices.

``python benchmarks/variational.py NAME`` computes one table and rewrites its block of the page; names: large, devices.
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
from qopt.solvers.ansatz import initial_angles
from qopt.solvers.bit_swap import one_round_swap
from qopt.solvers.contract import energies_of
from qopt.solvers.pce import Pce

PAGE = Path("docs/variational.md")

#: The Max-Cut: a random 3-regular graph, and the circuit of at most 1,000 angles that encodes it.
LARGE = {"n": 2000, "degree": 3, "seed": 1}
LARGE_PCE = Pce(k=3, reps=16, restarts=0, maxiter=200)

#: Solvers of the table of devices, and targets.
CIRCUITS = (
    ("vqe", {"encoder": "unbalanced"}),
    ("vqe", {"encoder": "slack", "backend": "mps"}),
    ("pce", {"encoder": "slack", "restarts": 0}),
    ("qrao", {"encoder": "slack", "backend": "mps"}),
    ("qaoa", {"encoder": "unbalanced", "layers": 1}),
)
TARGETS = ("all-to-all", "heavy-hex", "fake_torino")


def large() -> list[str]:
    """PCE with k = 3 beside random points and annealing, before and after one round of bit swaps."""
    problem = qopt.generate("max-cut", **LARGE)
    edges = np.asarray(problem.edges)
    bqm = dimod.BinaryQuadraticModel.from_ising({}, {(int(u), int(v)): 1.0 for u, v in edges})
    bqm = dimod.BinaryQuadraticModel.from_ising(dict.fromkeys(range(LARGE["n"]), 0.0), bqm.quadratic)
    bqm.change_vartype("BINARY", inplace=True)

    def cut(energy: float) -> float:
        return (len(edges) - energy) / 2

    rng = np.random.default_rng(1)
    evaluator = LARGE_PCE.evaluator(bqm, rng)
    angles = initial_angles(LARGE_PCE.init, evaluator.circuit, rng)
    took = []
    for _ in range(7):
        start = time.process_time()
        evaluator.slope(angles)
        took.append(time.process_time() - start)
    start = time.process_time()
    samples = LARGE_PCE.sample(bqm, seed=1)
    seconds = {"pce": time.process_time() - start}
    count = int(samples.record.num_occurrences.sum())
    points = rng.integers(0, 2, (count, LARGE["n"]), dtype=np.uint8)
    energies = energies_of(bqm, points)
    start = time.process_time()
    swapped = one_round_swap(bqm, points[[int(energies.argmin())]])
    seconds["random"] = time.process_time() - start
    every = float(energies_of(bqm, one_round_swap(bqm, points)).min())
    start = time.process_time()
    annealed = from_spec("solvers", {"name": "sa", "num_reads": 10, "num_sweeps": 1000}).sample(bqm, seed=1)
    seconds["sa"] = time.process_time() - start
    best = cut(float(annealed.first.energy))
    rows = [
        ("PCE, k = 3, the best of its decoded points", count, cut(float(samples.first.energy)), seconds["pce"]),
        ("PCE, that point after one round of swaps", count, cut(samples.info["swapped"]["energy"]), None),
        ("random, the best of as many points", count, cut(float(energies.min())), seconds["random"]),
        ("random, that point after one round of swaps", count, cut(float(energies_of(bqm, swapped)[0])), None),
        ("random, the best of all points after one round of swaps each", count, cut(every), None),
        ("SA, 10 reads of 1,000 sweeps", 10, best, seconds["sa"]),
    ]
    head = ["method", "points", "cut", "share of SA's", "CPU s"]
    table = [
        [name, number, f"{value:,.0f}", f"{value / best:.4f}", "" if spent is None else f"{spent:.1f}"]
        for name, number, value, spent in rows
    ]
    info = samples.info
    facts = (
        f"{info['qubits']} qubits, {info['parameters']} angles, {info['logical_two_qubit_gates']} two-qubit gates, "
        f"{info['evaluations']} evaluations; a loss with its gradient takes {statistics.median(took):.2f} CPU s on one "
        f"core (median of 7). {len(edges):,} edges."
    )
    return [facts, "", *markdown(head, table).splitlines()]


def devices() -> list[str]:
    """Depth and two-qubit gates of the Record, by target."""
    problem = qopt.generate("mdkp", n=10, m=3, seed=1)
    rows = []
    for name, options in CIRCUITS:
        settings = {**options, "maxiter": 1}
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


TABLES: dict[str, Callable[[], list[str]]] = {"large": large, "devices": devices}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=TABLES)
    name = parser.parse_args().table
    lines = TABLES[name]()
    print("\n".join(lines), file=sys.stderr)
    write_block(PAGE, name, lines)


if __name__ == "__main__":
    main()
