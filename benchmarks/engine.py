"""The exact QAOA engine against Aer, lightning.qubit and QOKit's C simulator: one evaluation, and a whole optimisation.

    OMP_NUM_THREADS=1 python benchmarks/engine.py --qubits 12 16 20       # minutes
    OMP_NUM_THREADS=1 python benchmarks/engine.py --qubits 24 --layers 1 --rounds 1
    OMP_NUM_THREADS=1 python benchmarks/engine.py --qubits --optimize --limits --write

Contenders run in turns in one process; figures are medians of process CPU time, one thread. --qokit DIR names a
checkout of QOKit, whose C simulator is then built with -O3; lightning.qubit joins where it is installed.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qopt.solvers import exact

DOCS = Path(__file__).resolve().parents[1] / "docs" / "engine.md"
AGREEMENT = 1e-10
#: A contender whose last run took longer sits out the larger cases of the same kind.
PATIENCE_SECONDS = 60.0

Evaluate = Callable[[], float]


@dataclass(frozen=True)
class Case:
    """One energy to evaluate: a QUBO of n bits, as terms and as spins, at p layers."""

    kind: str
    n: int
    layers: int

    @property
    def gammas(self) -> np.ndarray:
        """A ramp up, of a size that suits the couplings."""
        size = 0.6 if self.kind == "max-cut" else 0.08
        return size * (np.arange(self.layers) + 1) / self.layers

    @property
    def betas(self) -> np.ndarray:
        """A ramp down."""
        return 0.5 * (1 - np.arange(self.layers) / self.layers)

    def terms(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Linear part, rows, columns and values of the QUBO."""
        if self.kind == "max-cut":
            import networkx as nx

            edges = np.array(nx.random_regular_graph(3, self.n, seed=1).edges)
            return np.full(self.n, -3), edges[:, 0], edges[:, 1], np.full(len(edges), 2)
        rng = np.random.default_rng(1)
        rows, cols = np.triu_indices(self.n, 1)
        return rng.integers(-10, 11, self.n), rows, cols, rng.integers(-10, 11, rows.size)

    def spins(self) -> tuple[np.ndarray, list[tuple[int, int, float]], float]:
        """Fields, couplings and constant of the same energy in s = 1 - 2 z."""
        linear, rows, cols, values = self.terms()
        fields = -linear / 2.0
        np.subtract.at(fields, rows, values / 4)
        np.subtract.at(fields, cols, values / 4)
        couplings = [(int(i), int(j), v / 4) for i, j, v in zip(rows, cols, values) if v]
        return fields, couplings, float(linear.sum() / 2 + values.sum() / 4)


def qopt_engine(case: Case, threads: int = 1, dtype: str = "complex128") -> Evaluate:
    """This package's engine: the compiled one where it was built."""
    cost = exact.CostDiagonal.from_arrays(*case.terms())
    cost.bound, cost.is_symmetric  # noqa: B018 - cached beside the diagonal
    return lambda: exact.energy(cost, case.gammas, case.betas, threads=threads, dtype=dtype)


def numpy_engine(case: Case) -> Evaluate:
    """This package's reference engine."""
    cost = exact.CostDiagonal.from_arrays(*case.terms())
    return lambda: exact.energy(cost, case.gammas, case.betas, engine="numpy")


def _circuit(case: Case) -> Any:
    from qiskit import QuantumCircuit

    fields, couplings, _ = case.spins()
    circuit = QuantumCircuit(case.n)
    circuit.h(range(case.n))
    for gamma, beta in zip(case.gammas, case.betas):
        for i, field in enumerate(fields):
            if field:
                circuit.rz(2 * gamma * field, i)
        for i, j, coupling in couplings:
            circuit.rzz(2 * gamma * coupling, i, j)
        circuit.rx(-2 * beta, range(case.n))
    return circuit


def aer_estimator(case: Case) -> Evaluate:
    """What a user of Qiskit writes: EstimatorV2 on a circuit and an operator."""
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_aer.primitives import EstimatorV2

    fields, couplings, constant = case.spins()
    terms = [("ZZ", [i, j], w) for i, j, w in couplings] + [("Z", [i], f) for i, f in enumerate(fields) if f]
    operator = SparsePauliOp.from_sparse_list(terms, case.n)
    circuit = _circuit(case)
    estimator = EstimatorV2(options={"backend_options": {"method": "statevector", "max_parallel_threads": 1}})
    return lambda: float(estimator.run([(circuit, operator)], precision=0).result()[0].data.evs) + constant


def aer_statevector(case: Case) -> Evaluate:
    """Aer at its best: save_statevector, and a dot product with the precomputed diagonal."""
    from qiskit_aer import AerSimulator

    circuit = _circuit(case)
    circuit.save_statevector()
    simulator = AerSimulator(method="statevector", max_parallel_threads=1)
    energies = exact.CostDiagonal.from_arrays(*case.terms()).values()

    def evaluate() -> float:
        amplitudes = np.asarray(simulator.run(circuit).result().get_statevector())
        return float((amplitudes.real**2 + amplitudes.imag**2) @ energies)

    return evaluate


def lightning(case: Case) -> Evaluate:
    """PennyLane's lightning.qubit."""
    import pennylane as qml

    fields, couplings, constant = case.spins()
    operators = [qml.PauliZ(i) @ qml.PauliZ(j) for i, j, _ in couplings] + [
        qml.PauliZ(i) for i in np.flatnonzero(fields)
    ]
    weights = [w for _, _, w in couplings] + [float(fields[i]) for i in np.flatnonzero(fields)]
    observable = qml.Hamiltonian(weights, operators)

    @qml.qnode(qml.device("lightning.qubit", wires=case.n), diff_method=None)
    def circuit() -> Any:
        for i in range(case.n):
            qml.Hadamard(i)
        for gamma, beta in zip(case.gammas, case.betas):
            for i in np.flatnonzero(fields):
                qml.RZ(2 * gamma * fields[i], wires=int(i))
            for i, j, w in couplings:
                qml.IsingZZ(2 * gamma * w, wires=[i, j])
            for i in range(case.n):
                qml.RX(-2 * beta, wires=i)
        return qml.expval(observable)

    return lambda: float(circuit()) + constant


class Qokit:
    """QOKit's C simulator, built with -O3 from a checkout; called as its own Python layer does."""

    def __init__(self, checkout: Path) -> None:
        source = checkout / "qokit" / "fur" / "c" / "csim" / "src"
        self.folder = tempfile.TemporaryDirectory()
        library = Path(self.folder.name) / "libcsim.so"
        files = [str(source / name) for name in ("diagonal.c", "fur.c", "qaoa_fur.c")]
        flags = ["-O3", "-fPIC", "-shared", "-std=c99", f"-I{source}"]
        subprocess.run(["cc", *flags, *files, "-o", str(library), "-lm"], check=True, capture_output=True)
        self.library = ctypes.CDLL(str(library))

    def __call__(self, case: Case) -> Evaluate:
        energies = exact.CostDiagonal.from_arrays(*case.terms()).values()
        doubles = ctypes.POINTER(ctypes.c_double)
        # Its mixer is exp(-i theta X), its phase exp(-i theta C / 2).
        gammas, betas = 2 * case.gammas, -case.betas

        def pointer(array: np.ndarray) -> Any:
            return array.ctypes.data_as(doubles)

        def evaluate() -> float:
            real, imag = np.full(2**case.n, 2.0 ** (-case.n / 2)), np.zeros(2**case.n)
            arrays = (pointer(array) for array in (real, imag, gammas, betas, energies))
            sizes = ctypes.c_uint(case.n), ctypes.c_size_t(2**case.n), ctypes.c_size_t(case.layers)
            self.library.apply_qaoa_furx(*arrays, *sizes)
            return float((real**2 + imag**2) @ energies)

        return evaluate


def contenders(qokit: Path | None) -> tuple[dict[str, Callable[[Case], Evaluate]], list[str]]:
    """All that can run here, and why the others cannot."""
    out: dict[str, Callable[[Case], Evaluate]] = {"qopt": qopt_engine, "qopt numpy": numpy_engine}
    missing = []
    if importlib.util.find_spec("qiskit_aer"):
        out |= {"Aer EstimatorV2": aer_estimator, "Aer statevector": aer_statevector}
    else:
        missing.append("Aer: qiskit-aer is not installed")
    if importlib.util.find_spec("pennylane_lightning"):
        out["lightning.qubit"] = lightning
    else:
        missing.append("lightning.qubit: pennylane-lightning is not installed")
    if qokit is None:
        missing.append("QOKit: no checkout given (--qokit DIR)")
    else:
        try:
            out["QOKit C -O3"] = Qokit(qokit)
        except (OSError, subprocess.CalledProcessError) as error:
            missing.append(f"QOKit: could not be built ({error})")
    return out, missing


def cpu_seconds(evaluate: Evaluate) -> tuple[float, float]:
    """Process CPU time of one evaluation, and its value."""
    start = time.process_time()
    value = evaluate()
    return time.process_time() - start, value


def measure(case: Case, chosen: dict[str, Callable[[Case], Evaluate]], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each contender, taken in turns; their energies must agree."""
    ready = {name: make(case) for name, make in chosen.items()}
    values = {name: evaluate() for name, evaluate in ready.items()}  # warm
    scale = max(1.0, abs(values["qopt"]))
    for name, value in values.items():
        if abs(value - values["qopt"]) > AGREEMENT * scale:
            raise AssertionError(
                f"{name} must agree with qopt to {AGREEMENT}, got {value!r} and {values['qopt']!r} ({case})"
            )
    times: dict[str, list[float]] = {name: [] for name in ready}
    for _ in range(rounds):
        for name, evaluate in ready.items():
            # Short runs are repeated, so that the clock's grain does not show.
            repeats = 20 if case.n <= 12 and name.startswith("qopt") else 3 if name == "qopt" else 1
            times[name].append(statistics.median(cpu_seconds(evaluate)[0] for _ in range(repeats)))
    return {name: statistics.median(taken) for name, taken in times.items()}


def table(kind: str, args: argparse.Namespace, chosen: dict[str, Callable[[Case], Evaluate]]) -> str:
    """CPU milliseconds, and how many times qopt's each contender takes."""
    chosen = dict(chosen)
    if args.engines:
        chosen = {name: make for name, make in chosen.items() if name == "qopt" or name in args.engines}
    lines = [f"**{kind}**: CPU ms an evaluation (times qopt's)", ""]
    lines += ["| qubits, layers | " + " | ".join(chosen) + " |", "|---" * (len(chosen) + 1) + "|"]
    slow: set[str] = set()
    for n in args.qubits:
        for layers in args.layers:
            case = Case(kind, n, layers)
            times = measure(case, {k: v for k, v in chosen.items() if k not in slow}, args.rounds)
            slow |= {name for name, taken in times.items() if taken > PATIENCE_SECONDS}
            cells = ["-" if name not in times else _cell(times[name], times["qopt"], name == "qopt") for name in chosen]
            lines.append(f"| {n}, {layers} | " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    return "\n".join(lines)


def _cell(seconds: float, ours: float, is_ours: bool) -> str:
    shown = f"{1e3 * seconds:.3g}"
    return f"**{shown}**" if is_ours else f"{shown} ({seconds / ours:.3g}x)"


def threads_and_limits(n: int, layers: int) -> str:
    """Wall time of two threads against one, and the share of the machine's limits that one thread reaches."""
    lines = []
    for qubits in (20, n):
        case = Case("dense", qubits, layers)
        one, two = qopt_engine(case), qopt_engine(case, threads=2)
        walls: dict[str, list[float]] = {"one": [], "two": []}
        for _ in range(5):
            for name, evaluate in (("one", one), ("two", two)):
                start = time.perf_counter()
                evaluate()
                walls[name].append(time.perf_counter() - start)
        ratio = statistics.median(walls["one"]) / statistics.median(walls["two"])
        load = os.getloadavg()[0]
        lines.append(
            f"- Two threads, dense, n = {qubits}, {layers} layers: {ratio:.2f} times as fast as one "
            f"(wall time; load {load:.1f})."
        )
    seconds = statistics.median(cpu_seconds(one)[0] for _ in range(3))
    # Two multiply-adds an amplitude and qubit for the mixers alone; a read and a write of the state a layer, and the
    # energies read.
    rate = 4.0 * n * 2**n * layers / seconds
    moved = (2 * 16 + 2) * 2**n * layers / seconds
    lines.append(
        f"- Limits at n = {n}, {layers} layers, one thread: mixers alone are {rate / 1e9:.1f} GFLOP/s, "
        f"{100 * rate / _matmul_rate():.0f} % of what a float64 matrix product reaches here; "
        f"{moved / 1e9:.1f} GB/s, {100 * moved / _copy_rate():.0f} % of what copying reaches."
    )
    return "\n".join(lines)


def _matmul_rate() -> float:
    a = np.random.default_rng(0).normal(size=(1500, 1500))
    return 2 * 1500**3 / min(cpu_seconds(lambda: float((a @ a)[0, 0]))[0] for _ in range(4))


def _copy_rate() -> float:
    a, b = np.ones(2**25), np.zeros(2**25)

    def copy() -> float:
        b[:] = a
        return 0.0

    return 16 * 2**25 / min(cpu_seconds(copy)[0] for _ in range(4))


def gradients(qubits: list[int]) -> str:
    """The cost of a gradient in evaluations."""
    lines = ["| qubits, layers | max-cut | dense |", "|---|---|---|"]
    for n in qubits:
        for layers in (1, 10):
            cells = [f"{gradient_cost(Case(kind, n, layers)):.2f}" for kind in ("max-cut", "dense")]
            lines.append(f"| {n}, {layers} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def gradient_cost(case: Case) -> float:
    """CPU time of value and gradient over that of an energy."""
    cost = exact.CostDiagonal.from_arrays(*case.terms())
    times: list[list[float]] = [[], []]
    for _ in range(9):
        times[0].append(cpu_seconds(lambda: exact.energy(cost, case.gammas, case.betas))[0])
        times[1].append(cpu_seconds(lambda: exact.value_and_gradient(cost, case.gammas, case.betas)[0])[0])
    return statistics.median(times[1]) / statistics.median(times[0])


def optimization() -> str:
    """Full optimisation, 3-regular Max-Cut, n = 16, 5 layers: exact gradients against Aer with COBYLA."""
    from scipy.optimize import minimize

    case = Case("max-cut", 16, 5)
    cost = exact.CostDiagonal.from_arrays(*case.terms())
    ramp = np.concatenate([case.gammas, case.betas])
    rng = np.random.default_rng(1)

    def with_gradient(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, by_gamma, by_beta = exact.value_and_gradient(cost, x[:5], x[5:])
        return value, np.concatenate([by_gamma, by_beta])

    def multistart(starts: int) -> float:
        points = [ramp] + [rng.uniform(0, [np.pi] * 5 + [np.pi / 2] * 5) for _ in range(starts - 1)]
        return min(float(minimize(with_gradient, x, jac=True, method="L-BFGS-B").fun) for x in points)

    def cobyla(evaluate: Callable[[np.ndarray], float]) -> float:
        return float(minimize(evaluate, ramp, method="COBYLA", options={"maxiter": 500, "rhobeg": 0.2}).fun)

    def on_aer(x: np.ndarray) -> float:
        return _aer_at(case, x)

    runs: dict[str, Callable[[], float]] = {
        "qopt, L-BFGS-B, 1 start (ramp)": lambda: multistart(1),
        "qopt, L-BFGS-B, 20 starts": lambda: multistart(20),
        "qopt, COBYLA": lambda: cobyla(lambda x: exact.energy(cost, x[:5], x[5:])),
    }
    if importlib.util.find_spec("qiskit_aer"):
        runs["Aer EstimatorV2, COBYLA"] = lambda: cobyla(on_aer)
    lines = ["| method | CPU s | expected cut / largest cut |", "|---|---|---|"]
    for name, run in runs.items():
        taken, value = cpu_seconds(run)
        lines.append(f"| {name} | {taken:.2f} | {value / cost.min:.4f} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def _aer_at(case: Case, x: np.ndarray) -> float:
    @dataclass(frozen=True)
    class At(Case):
        @property
        def gammas(self) -> np.ndarray:
            return x[: self.layers]

        @property
        def betas(self) -> np.ndarray:
            return x[self.layers :]

    return aer_estimator(At(case.kind, case.n, case.layers))()


def write(name: str, text: str) -> None:
    """Put a result between its markers in the documentation."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = DOCS.read_text()
    head, rest = page.split(begin)
    DOCS.write_text(f"{head}{begin}\n{text}\n{end}{rest.split(end)[1]}")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qubits", type=int, nargs="*", default=[12, 16, 20])
    parser.add_argument("--layers", type=int, nargs="+", default=[1, 5, 10])
    parser.add_argument("--kinds", nargs="+", default=["max-cut", "dense"], choices=["max-cut", "dense"])
    parser.add_argument("--engines", nargs="*", help="contenders beside qopt (default: all)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--qokit", type=Path, help="checkout of QOKit")
    parser.add_argument("--gradients", action="store_true", help="cost of gradients")
    parser.add_argument("--limits", action="store_true", help="threads and machine limits, n = 24")
    parser.add_argument("--optimize", action="store_true", help="full optimisations")
    parser.add_argument("--name", default="evaluations", help="which markers in docs/engine.md the tables go between")
    parser.add_argument("--write", action="store_true", help="put the results into docs/engine.md")
    args = parser.parse_args()

    chosen, missing = contenders(args.qokit)
    about = (
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; "
        f"engine {exact.engine_name()}, 1 thread (OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')}); "
        f"medians of {args.rounds} rounds."
    )
    print(about, *missing, sep="\n")
    results = {}
    if args.qubits:
        tables = [table(kind, args, chosen) for kind in args.kinds]
        left_out = [] if args.engines else [f"Left out: {'; '.join(missing)}."] if missing else []
        results[args.name] = "\n\n".join([about, *tables, *left_out])
    if args.gradients:
        results["gradients"] = gradients([12, 16, 20])
    if args.limits:
        results["limits"] = threads_and_limits(24, 5)
    if args.optimize:
        results["optimization"] = optimization()
    for name, text in results.items():
        print(f"\n{text}")
        if args.write:
            write(name, text)


if __name__ == "__main__":
    main()
