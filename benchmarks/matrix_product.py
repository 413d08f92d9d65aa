"""The truncated matrix product state against the exact engine, Aer's and quimb's; Pauli propagation; two QOBLIB graphs.

    OMP_NUM_THREADS=1 python benchmarks/matrix_product.py            # minutes; rewrites docs/large_circuits.md
    OMP_NUM_THREADS=1 python benchmarks/matrix_product.py accuracy peers --dry-run

Tables: ``accuracy`` (bonds 16 to 512 at 24 qubits), ``peers`` (the same circuit in the same order of qubits on Aer and
quimb, skipped where they are not installed), ``pauli``, ``qoblib`` (es60fst01 and es60fst04 of QOBLIB's class 07, where
../shared/instances is there). Process CPU seconds of one run; the exact engine says what is true.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from public import write_block

from qopt.engines import diagonal
from qopt.engines.matrix_product.correlations import means_of_z
from qopt.engines.matrix_product.ordering import Line, line_of
from qopt.engines.matrix_product.state import MatrixProduct
from qopt.engines.matrix_product.truncated import Layer, Truncated, truncated_state
from qopt.engines.pauli import Observable, Truncation, propagate

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "large_circuits.md"
INSTANCES = ROOT.parent / "shared" / "instances"
SEED = 2026
#: No further bond of a contender once one took so many CPU seconds.
LONGEST = 90.0


@dataclass(frozen=True)
class Circuit:
    """Max-Cut QAOA without fields: couplings 1/2 on the edges of a line of qubits."""

    line: Line
    gammas: tuple[float, ...]
    betas: tuple[float, ...]
    value: float = 0.5

    @property
    def n(self) -> int:
        return self.line.n

    def edges(self) -> list[tuple[int, int]]:
        """Sites of each edge."""
        return list(zip(self.line.lows.tolist(), self.line.highs.tolist()))


def regular_graph(n: int, degree: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Edges of a random regular graph without loops and double edges."""
    while True:
        ends = rng.permutation(np.repeat(np.arange(n), degree)).reshape(-1, 2)
        pairs = {tuple(sorted(pair)) for pair in ends.tolist()}
        if len(pairs) == n * degree // 2 and all(a != b for a, b in pairs):
            return sorted(pairs)


def circuit_of(n: int, degree: int, num_layers: int) -> Circuit:
    """Fixed angles of 3-regular graphs (Wurtz, Lykov 2021) on a random regular graph."""
    from qopt.algorithms.fixed_angles import FIXED_ANGLES

    edges = np.array(regular_graph(n, degree, np.random.default_rng(SEED)))
    gammas, betas = FIXED_ANGLES[3, num_layers].scaled()
    return Circuit(line_of(n, edges[:, 0], edges[:, 1]), tuple(2 * g for g in gammas), tuple(betas))


def ours(circuit: Circuit, bond: int) -> Truncated:
    """Our state."""
    n, count = circuit.n, len(circuit.line.lows)
    layers = []
    for gamma, beta in zip(circuit.gammas, circuit.betas):
        mixer = np.array([[math.cos(beta), 1j * math.sin(beta)], [1j * math.sin(beta), math.cos(beta)]])
        layers.append(Layer(np.full(count, gamma * circuit.value), np.tile(mixer, (n, 1, 1))))
    return truncated_state(circuit.line, np.full((n, 2), math.sqrt(0.5), dtype=complex), layers, bond)


def aer_state(circuit: Circuit, bond: int) -> MatrixProduct:
    """Aer's state; its tensors are Gamma_i times lambda_i."""
    from qiskit import QuantumCircuit
    from qiskit_aer import AerSimulator

    built = QuantumCircuit(circuit.n)
    built.h(range(circuit.n))
    for gamma, beta in zip(circuit.gammas, circuit.betas):
        for a, b in circuit.edges():
            built.rzz(2 * gamma * circuit.value, a, b)
        built.rx(-2 * beta, range(circuit.n))
    built.save_matrix_product_state()
    simulator = AerSimulator(
        method="matrix_product_state", matrix_product_state_max_bond_dimension=bond, max_parallel_threads=1
    )
    gammas, lambdas = simulator.run(built).result().data()["matrix_product_state"]
    tensors = [np.stack([np.asarray(m) for m in pair], axis=1) for pair in gammas]
    scaled = [tensor * np.asarray(lam) for tensor, lam in zip(tensors, lambdas)]
    return MatrixProduct((*scaled, tensors[-1]))


def quimb_state(circuit: Circuit, bond: int) -> MatrixProduct:
    """quimb's state: swaps and splits, cut by the bond alone."""
    import quimb.tensor as qtn

    built = qtn.CircuitMPS(circuit.n, max_bond=bond, cutoff=1e-13)
    for q in range(circuit.n):
        built.apply_gate("H", q)
    for gamma, beta in zip(circuit.gammas, circuit.betas):
        for a, b in circuit.edges():
            built.apply_gate("RZZ", 2 * gamma * circuit.value, a, b)
        for q in range(circuit.n):
            built.apply_gate("RX", -2 * beta, q)
    state = built.psi
    state.permute_arrays("lpr")
    tensors = [np.asarray(array, dtype=complex) for array in state.arrays]
    return MatrixProduct((tensors[0][None], *tensors[1:-1], tensors[-1][:, :, None]))


def exact_state(circuit: Circuit) -> tuple[float, np.ndarray]:
    """Mean energy and amplitudes of the exact engine, bit i = site i."""
    n, (lows, highs) = circuit.n, (circuit.line.lows, circuit.line.highs)
    count = len(lows)
    linear = -2 * circuit.value * (np.bincount(lows, minlength=n) + np.bincount(highs, minlength=n))
    cost = diagonal.CostDiagonal.from_arrays(
        linear, lows, highs, np.full(count, 4 * circuit.value), circuit.value * count
    )
    state = diagonal.evolve(cost, np.array(circuit.gammas), np.array(circuit.betas))
    return diagonal.expectation(state, cost), state.amplitudes()


def energy(product: MatrixProduct, circuit: Circuit) -> float:
    """Mean energy of any matrix product, by its norm."""
    amplitudes = product.amplitudes()
    n = circuit.n
    couplings = np.zeros((n, n))
    couplings[circuit.line.lows, circuit.line.highs] = circuit.value
    norm = float(np.vdot(amplitudes, amplitudes).real)
    return product.expectation(range(n), ["Z"] * n, np.zeros(n), couplings) / norm


def fidelity(product: MatrixProduct, exact: np.ndarray) -> float:
    """``|<exact|state>|**2`` of the normalised state."""
    amplitudes = product.amplitudes()
    return float(abs(np.vdot(exact, amplitudes)) ** 2 / np.vdot(amplitudes, amplitudes).real)


def shown(rows: list[list[str]], row: list[str]) -> None:
    """A row more, printed at once: a run may be stopped."""
    rows.append(row)
    print(" | ".join(row), flush=True)


def timed(make: Callable[[], Any]) -> tuple[Any, float]:
    """What is made, and the CPU seconds of it."""
    start = time.process_time()
    made = make()
    return made, time.process_time() - start


def table(head: str, rows: list[list[str]]) -> str:
    """A markdown table."""
    names = head.split(" | ")
    return "\n".join("| " + " | ".join(row) + " |" for row in [names, ["---"] * len(names), *rows])


def accuracy(bonds: tuple[int, ...] = (16, 32, 64, 128, 256, 512)) -> str:
    """Bonds against the exact engine at 24 qubits, 2 layers."""
    circuit = circuit_of(24, 3, 2)
    true, amplitudes = exact_state(circuit)
    rows = []
    for bond in bonds:
        # the state that the exact amplitudes are compared with may be read from its other end
        made, spent = timed(lambda bond=bond: ours(circuit, bond))
        mine = means_of_z(made.product, made.line.lows, made.line.highs)[1].sum() * circuit.value
        _, drawing = timed(lambda made=made: made.product.sample(1000, np.random.default_rng(1)))
        there = fidelity(_read_as(made, circuit), amplitudes)
        cut = made.cut
        label = "exact" if cut.is_exact else "estimate"
        shown(
            rows,
            [
                str(bond),
                f"{mine:.6f} ({label})",
                f"{mine - true:+.1e}",
                f"{cut.discarded:.1e}",
                f"{cut.fidelity:.5f}",
                f"{there:.5f}",
                f"{spent:.2f}",
                f"{drawing:.2f}",
            ],
        )
    head = "bond | energy | error | weight dropped | fidelity, estimate | fidelity, true | CPU s | CPU s, 1,000 points"
    return f"Exact energy {true:.6f}.\n\n{table(head, rows)}"


def _read_as(made: Truncated, circuit: Circuit) -> MatrixProduct:
    """The state with its sites in the circuit's order: it may have been turned round by an odd number of layers."""
    if np.array_equal(made.line.order, circuit.line.order):
        return made.product
    return MatrixProduct(tuple(tensor.transpose(2, 1, 0) for tensor in reversed(made.product.tensors)))


def peers(bonds: tuple[int, ...] = (16, 32, 64, 128)) -> str:
    """Our state, Aer's and quimb's, one after the other at each bond."""
    circuit = circuit_of(24, 3, 2)
    true, amplitudes = exact_state(circuit)
    makers: dict[str, Callable[[int], MatrixProduct]] = {"ours": lambda bond: _read_as(ours(circuit, bond), circuit)}
    if importlib.util.find_spec("qiskit_aer"):
        makers[f"Aer {importlib.metadata.version('qiskit-aer')}"] = lambda bond: aer_state(circuit, bond)
    if importlib.util.find_spec("quimb"):
        makers[f"quimb {importlib.metadata.version('quimb')}"] = lambda bond: quimb_state(circuit, bond)
        quimb_state(circuit_of(8, 3, 1), 4)  # its kernels are compiled at the first call
    rows, spent = [], dict.fromkeys(makers, 0.0)
    for bond in bonds:
        for name, make in makers.items():
            if spent[name] > LONGEST:
                continue
            product, spent[name] = timed(lambda make=make, bond=bond: make(bond))
            found = f"{energy(product, circuit) - true:+.1e}"
            shown(rows, [str(bond), name, f"{fidelity(product, amplitudes):.5f}", found, f"{spent[name]:.2f}"])
    return table("bond | state of | fidelity, true | error of the energy | CPU s", rows)


def pauli() -> str:
    """Propagation at 2 layers on a complete graph with random couplings of 20 qubits, by weight kept."""
    n = 20
    rng = np.random.default_rng(SEED)
    rows, columns = np.triu_indices(n, 1)
    values = rng.choice([-1.0, 1.0], size=len(rows)) / math.sqrt(n)
    model = Observable(np.zeros(n), rows, columns, values)
    linear = -2 * (np.bincount(rows, values, minlength=n) + np.bincount(columns, values, minlength=n))
    cost = diagonal.CostDiagonal.from_arrays(linear, rows, columns, 4 * values, float(values.sum()))
    norm = math.sqrt(float((values**2).sum()))
    out = []
    for scale, name in ((1.0, "large"), (0.3, "0.3 of them")):
        gammas, betas = scale * np.array(SK_GAMMAS), np.array(SK_BETAS)
        true = diagonal.expectation(diagonal.evolve(cost, gammas, betas), cost)
        for weight in (2, 4, 6):
            limits = Truncation(max_weight=weight, max_strings=50_000)
            found, seconds = timed(lambda g=gammas, b=betas, t=limits: propagate(model, g, b, t))
            label = "exact" if found.is_exact else "estimate"
            estimate = norm * math.sqrt(found.dropped)
            shown(
                out,
                [
                    name,
                    str(weight),
                    f"{found.value:.4f} ({label})",
                    f"{true:.4f}",
                    f"{found.value - true:+.4f}",
                    f"{estimate:.3f}",
                    f"{found.bound:.1f}",
                    f"{found.most_strings:,}",
                    f"{seconds:.1f}",
                ],
            )
    head = "gammas | weight | energy | exact | error | error, estimate | error, bound | strings | CPU s"
    return table(head, out)


#: Angles that bring such graphs near their best energy at 2 layers.
SK_GAMMAS, SK_BETAS = (0.3817, 0.6655), (0.4960, 0.2690)


def gradients() -> str:
    """What differences of energies cost beside COBYLA, which the backends without gradients take."""
    import networkx as nx
    from scipy.optimize import minimize

    from qopt.core import bqm_from_arrays
    from qopt.solvers.qaoa.evaluators import QaoaVariant
    from qopt.solvers.qaoa.qaoa import Qaoa

    graph = nx.random_regular_graph(3, 40, seed=1)
    ends = np.array(graph.edges)
    model = bqm_from_arrays(-3.0 * np.ones(40), ends[:, 0], ends[:, 1], np.full(len(ends), 2.0), 0.0)
    rows = []
    for layers in (1, 2):
        options: dict[str, Any] = {
            "num_layers": layers,
            "backend": "mps",
            "bond_dimension": 16,
            "init": "ramp",
            "num_shots": 1,
        }
        for most in (20, 60):
            found = Qaoa(**options, max_evaluations=most).sample(model, seed=1).info
            shown(rows, ["mps", str(layers), "COBYLA", str(found["evaluations"]), f"{found['expectation']:.4f}"])
        sampler = Qaoa(**options)
        evaluator = sampler.runs_on.evaluators(sampler, model, QaoaVariant(), 1)(layers)
        start = np.concatenate([np.linspace(0.3, 0.6, layers), np.linspace(0.6, 0.3, layers)])
        for most in (20, 60):
            counted: list[float] = []

            def energy(angles: Any, evaluator: Any = evaluator, counted: list[float] = counted) -> float:
                counted.append(float(evaluator.evaluate(angles).value))
                return counted[-1]

            minimize(energy, start, method="L-BFGS-B", options={"maxfun": most, "eps": 1e-4})
            shown(rows, ["mps", str(layers), "L-BFGS, differences", str(len(counted)), f"{min(counted):.4f}"])
    return table("backend | layers | optimiser | evaluations | lowest energy", rows)


#: Ramps that are tried: the default, then steeper ones; layers and bond of all runs on independent sets.
RAMPS, LAYERS, BOND = ((0.6, 0.6), (1.0, 0.6), (1.0, 1.0), (1.6, 0.6)), 10, 32


#: The best of them on the graphs of ``ramps``; none of these is a public one.
CHOSEN_RAMP = (1.0, 0.6)


def independent_set(problem: Any, ramp: tuple[float, float], seed: int) -> Any:
    """A run at ramp angles, no training, 2,000 points, after the linear relaxation's reduction."""
    import qopt

    return qopt.solve(
        problem,
        "qaoa",
        encoder="slack",
        formulation="edges",
        presolve="lp",
        seed=seed,
        num_layers=LAYERS,
        backend="mps",
        bond_dimension=BOND,
        optimizer="none",
        init="ramp",
        ramp=ramp,
        num_shots=2000,
    )


def ramps() -> str:
    """The ramp, chosen on random graphs of the same degree as the public ones."""
    import networkx as nx

    from qopt.problems.mis import Mis

    rows = []
    for ramp in RAMPS:
        cells = []
        for seed in (1, 2, 3):
            graph = nx.gnm_random_graph(80, 118, seed=seed)
            record, _ = timed(lambda graph=graph, ramp=ramp: independent_set(Mis.from_networkx(graph), ramp, 1))
            found = record.stages.raw
            cells.append(
                f"{found.objective} ({100 * found.feasible_share:.0f} % feasible)" if found.feasible else "none"
            )
        shown(rows, [f"{ramp[0]}, {ramp[1]}", *cells])
    return table("ramp | seed 1: raw | seed 2: raw | seed 3: raw", rows)


def qoblib() -> str:
    """es60fst01 and es60fst04 by QAOA on the matrix product state, three seeds."""
    folder = INSTANCES / "mis" / "qoblib"
    if not folder.is_dir():
        return "Not run: ../shared/instances is not there."
    rows = []
    for name, known in (("es60fst01", 60), ("es60fst04", 78)):
        for seed in (1, 2, 3):
            record, seconds = timed(
                lambda name=name, seed=seed: independent_set(folder / f"{name}.gph", CHOSEN_RAMP, seed)
            )
            for row in _stages(f"{name}, seed {seed}", known, LAYERS, record, seconds):
                shown(rows, row)
    return table(
        "graph | best known | qubits | layers | fidelity, estimate | points of | raw | repaired | improved | CPU s",
        rows,
    )


def _stages(name: str, known: int, layers: int, record: Any, seconds: float) -> Iterator[list[str]]:
    """Two lines: the sampler, and uniform points of the same reduced program under the same repair and search."""
    told, stages = record.resources.extra, record.stages

    def size(stage: Any) -> str:
        if stage is None:
            return "-"
        if not stage.feasible:
            return "none feasible"
        share = stage.feasible_share
        return f"{stage.objective}" + (f" ({100 * share:.0f} % feasible)" if share is not None else "")

    head = [name, str(known), str(record.resources.qubits), str(layers)]
    for who, found in (("QAOA", stages), ("control", stages.control)):
        fidelity_told = f"{told['fidelity_estimate']:.3f}" if who == "QAOA" else ""
        yield [
            *head,
            fidelity_told,
            who,
            *(size(getattr(found, stage)) for stage in ("raw", "repaired", "improved")),
            f"{seconds:.0f}" if who == "QAOA" else "",
        ]


TABLES: dict[str, Callable[[], str]] = {
    "accuracy": accuracy,
    "peers": peers,
    "pauli": pauli,
    "gradients": gradients,
    "ramps": ramps,
    "qoblib": qoblib,
}


def rewrite(name: str, text: str) -> None:
    """The page with one table new, between its marks."""
    write_block(PAGE, f"matrix product {name}", [text])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], help="all where none is named")
    parser.add_argument("--dry-run", action="store_true", help="print, and leave the page as it is")
    asked = parser.parse_args()
    for name in asked.tables or TABLES:
        text = TABLES[name]()
        print(f"## {name}\n\n{text}\n", flush=True)
        if not asked.dry_run:
            rewrite(name, text)


if __name__ == "__main__":
    main()
