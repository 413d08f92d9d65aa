"""The same QAOA circuit exactly, with shots, and with the noise of fake devices: expected cut, depth, two-qubit gates.

    OMP_NUM_THREADS=1 python benchmarks/devices.py             # a minute or two
    OMP_NUM_THREADS=1 python benchmarks/devices.py --write     # into docs/devices.md

Angles are optimised exactly and held. Needs qiskit-aer and qiskit-ibm-runtime (extra ``ibm``).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import dimod
import networkx as nx
import numpy as np
from public import write_block

from qopt.solvers.backends.transpile import fake_backend
from qopt.solvers.base import energies_of
from qopt.solvers.qaoa.evaluators import CircuitEvaluator
from qopt.solvers.qaoa.qaoa import Qaoa
from qopt.solvers.qaoa.run import QaoaVariant, evaluator_factory
from qopt.solvers.training.evaluation_log import Evaluation

DOCS = Path(__file__).resolve().parents[1] / "docs" / "devices.md"
#: Device, qubits, layers, shots: a shot of a noisy circuit on 13 physical qubits takes 15 ms, on 8 far less.
CASES = (
    ("fake_montreal", 8, 1, 2000),
    ("fake_montreal", 8, 2, 2000),
    ("fake_montreal", 8, 4, 2000),
    ("fake_montreal", 10, 1, 500),
    ("fake_montreal", 12, 1, 200),
    ("fake_sherbrooke", 8, 1, 2000),
    ("fake_sherbrooke", 8, 2, 2000),
    ("fake_sherbrooke", 12, 1, 200),
)
SEED = 1


@dataclass(frozen=True)
class Graph:
    """Max-Cut of a random 3-regular graph, its angles from the exact engine, and what they give exactly."""

    n: int
    layers: int

    def model(self) -> dimod.BinaryQuadraticModel:
        graph = nx.random_regular_graph(3, self.n, seed=SEED)
        model = dimod.BinaryQuadraticModel(dict.fromkeys(range(self.n), 0.0), {}, 0.0, "BINARY")
        for i, j in graph.edges:
            model.add_linear(i, -1.0)
            model.add_linear(j, -1.0)
            model.add_quadratic(i, j, 2.0)
        return model


def shares(model: dimod.BinaryQuadraticModel, measured: Evaluation, lowest: float) -> tuple[float, float, float]:
    """Expected share of the largest cut, its standard error, and the share of optimal points."""
    energies, counts = energies_of(model, measured.Z), np.asarray(measured.counts, dtype=float)
    mean = float(counts @ energies / counts.sum())
    error = np.sqrt(counts @ (energies - mean) ** 2 / counts.sum() / counts.sum())
    return mean / lowest, float(error / abs(lowest)), float(counts[energies <= lowest + 1e-9].sum() / counts.sum())


def row(device: str, n: int, layers: int, shots: int) -> str:
    """One line of the table."""
    model = Graph(n, layers).model()
    found = Qaoa(num_layers=layers, num_restarts=3).sample(model, seed=SEED, num_shots=1)
    lowest = float(dimod.ExactSolver().sample(model).first.energy)
    angles = np.array(found.info["angles"]["gammas"] + found.info["angles"]["betas"])
    angles[:layers] *= found.info["angles"]["unit"]

    def evaluator(backend: str, readout: str = "none") -> CircuitEvaluator:
        settings = Qaoa(num_layers=layers, backend=backend, readout=readout, shots_per_evaluation=shots)  # type: ignore[arg-type]
        made = evaluator_factory(settings, model, QaoaVariant(), SEED)(layers)
        assert isinstance(made, CircuitEvaluator)
        return made

    ideal = shares(model, evaluator("aer").draw(angles, shots), lowest)
    start = time.process_time()
    noisy = evaluator(f"noisy:{device}", "mitigate")
    measured = noisy.draw(angles, shots)
    seconds = time.process_time() - start
    raw = shares(model, measured, lowest)
    uniform = 0.5 * len(model.quadratic) / -lowest
    facts = noisy.metadata
    return (
        f"| {device} ({fake_backend(device).num_qubits}) | {n}, {layers} | {shots:,} | {facts['logical_depth']} / "
        f"{facts['logical_two_qubit_gates']} | {facts['depth']} / {facts['two_qubit_gates']} | "
        f"{facts['qubits_used']} | "
        f"{found.info['expectation'] / lowest:.3f} | {ideal[0]:.3f} ± {ideal[1]:.3f} | {raw[0]:.3f} ± {raw[1]:.3f} | "
        f"{measured.value / lowest:.3f} | {uniform:.3f} | {found.info['optimum_probability']:.3f} / {raw[2]:.3f} | "
        f"{seconds:.1f} |"
    )


def main() -> None:
    """Run all cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the results into docs/devices.md")
    args = parser.parse_args()
    packages = ", ".join(f"{name} {version(name)}" for name in ("qiskit", "qiskit-aer", "qiskit-ibm-runtime"))
    lines = [
        f"Made by `OMP_NUM_THREADS=1 python benchmarks/devices.py --write` ({packages}).",
        "",
        "| device (qubits) | n, layers | shots | depth / two-qubit gates as built | on the device | qubits used | "
        "exact | sampled | noisy | readout mitigated | random bits | P(optimum) exact / noisy | CPU s |",
        "|---" * 13 + "|",
    ]
    print(*lines, sep="\n")
    for case in CASES:
        lines.append(row(*case))
        print(lines[-1], flush=True)
    if args.write:
        write_block(DOCS, "results", lines)


if __name__ == "__main__":
    main()
