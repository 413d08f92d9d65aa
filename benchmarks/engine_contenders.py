"""What the engine's benchmark compares: the energies to evaluate, and each simulator's way to do it."""

from __future__ import annotations

import ctypes
import importlib.util
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qopt.engines import diagonal

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
    cost = diagonal.CostDiagonal.from_arrays(*case.terms())
    cost.bound, cost.is_symmetric  # noqa: B018 - cached beside the diagonal
    return lambda: diagonal.energy(cost, case.gammas, case.betas, threads=threads, dtype=dtype)


def numpy_engine(case: Case) -> Evaluate:
    """This package's reference engine."""
    cost = diagonal.CostDiagonal.from_arrays(*case.terms())
    return lambda: diagonal.energy(cost, case.gammas, case.betas, engine="numpy")


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
    energies = diagonal.CostDiagonal.from_arrays(*case.terms()).values()

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
        energies = diagonal.CostDiagonal.from_arrays(*case.terms()).values()
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
