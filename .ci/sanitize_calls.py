"""Small calls of the compiled kernels: what ``sanitize.py --quick`` runs on sanitized extensions.

Diagonals, gates and light cones are held to NumPy; of annealed samples the energies are computed anew; the searches on
polynomials and the walks on programs only run, for the sanitizers' sake (their own tests hold their results). All
instruction sets that were built are taken in turn, by QOPT_ISA. A kernel that the sanitizers stop ends the process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import dimod
import numpy as np

from qopt.core import from_spec
from qopt.engines import diagonal, light_cone, statevector
from qopt.engines.annealing import _constrained, kernels
from qopt.engines.diagonal import compiled

RNG = np.random.default_rng(1)


def model(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Linear terms (n,), and ends and values of all pairs; whole numbers."""
    rows, columns = np.triu_indices(n, 1)
    return RNG.integers(-3, 4, n).astype(float), rows, columns, RNG.integers(-3, 4, rows.size).astype(float)


def same(function: Callable[..., Any], *given: Any, **options: Any) -> None:
    """The function gives with engine compiled what it gives with numpy."""
    found = [function(*given, engine=engine, **options) for engine in ("compiled", "numpy")]
    if isinstance(found[0], diagonal.State):
        found = [state.amplitudes() for state in found]
    for first, second in zip(*(one if isinstance(one, tuple) else (one,) for one in found), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-9)


def check_diagonal() -> None:
    """States, values and gradients of plain, multi-angle and warm-started circuits; states below and above one tile."""
    gammas, betas = np.array([0.3, 0.7]), np.array([0.5, 0.2])
    for n in (1, 2, 3, 5, 8, 13):
        terms = model(n)
        cost, spins, thetas = diagonal.cost_of(*terms, 0.5), diagonal.IsingTerms.from_arrays(*terms), np.full(n, 0.8)
        for objective in (diagonal.Expectation(), diagonal.CVaR(0.3)):
            same(diagonal.value_and_gradient, cost, gammas, betas, objective=objective)
            same(diagonal.ws_value_and_gradient, cost, thetas, gammas, betas, objective=objective)
        same(diagonal.energy, cost, gammas, betas)
        same(diagonal.evolve, cost, gammas, betas)
        angles = RNG.normal(size=(2, spins.coefficients.size)), RNG.normal(size=(2, n))
        same(diagonal.ma_value_and_gradient, spins, *angles)
        single = [diagonal.energy(cost, gammas, betas, engine=e, dtype="complex64") for e in ("compiled", "numpy")]
        np.testing.assert_allclose(*single, rtol=1e-3, atol=1e-3)


def check_statevector() -> None:
    """All kinds of gates within a block of 12 qubits and beyond, their adjoint, and the transform."""
    kind = statevector.Kind
    for n in (1, 2, 5, 13):
        rows = [(one, q, -1, k * n + q) for k, one in enumerate((kind.RX, kind.RY, kind.RZ)) for q in range(n)]
        for q in range(n - 1):
            rows += [(kind.RXX, q, q + 1, 3 * n), (kind.RZZ, q + 1, q, 3 * n + 1), (kind.CX, q, q + 1, -1)]
            rows += [(kind.CZ, q + 1, q, -1), (kind.H, q, -1, -1)]
        circuit = statevector.GateCircuit.of(n, rows)
        angles = RNG.normal(size=circuit.num_parameters)
        cotangent = RNG.normal(size=2**n) + 1j * RNG.normal(size=2**n)
        same(statevector.simulate, circuit, angles)
        same(statevector.pull_back, circuit, angles, statevector.simulate(circuit, angles, engine="numpy"), cotangent)
        same(statevector.hadamard_transform, cotangent)


def cone_values(n: int, layers: int, numbers: np.ndarray, *, engine: str) -> tuple[Any, ...]:
    """Energy and gradient of a ring by light cones; ``numbers`` are fields, couplings and angles."""
    rows = np.arange(n)
    cones = light_cone.LightCones.of(numbers[:n], rows, (rows + 1) % n, numbers[n : 2 * n], layers, engine=engine)
    return cones.value_and_gradient(numbers[2 * n :][:layers], numbers[2 * n :][layers:])


def check_light_cone() -> None:
    """Networks of one and two layers, one row at a time and several as lanes."""
    for layers in (1, 2):
        same(cone_values, 9, layers, RNG.normal(size=18 + 2 * layers))


def check_annealing() -> None:
    """Anneals of each number type, whose energies are computed anew; polynomial searches, which only run."""
    linear, rows, columns, values = model(9)
    pairs = {(int(i), int(j)): float(v) for i, j, v in zip(rows, columns, values, strict=True)}
    for scale in (1.0, 100.0, 40_000.0, 0.317):  # int8, int16, int32 and float64 kernels
        bqm = dimod.BinaryQuadraticModel(
            dict(enumerate(scale * linear)), {k: scale * v for k, v in pairs.items()}, 0.0, "BINARY"
        )
        for reads in (1, 70):  # rows, lanes
            for options in ({}, {"acceptance": "Gibbs"}):
                spec = {"name": "sa", "num_reads": reads, "num_sweeps": 20, "engine": "compiled", **options}
                samples = from_spec("solvers", spec).sample(bqm, seed=1)
                energies = bqm.energies((samples.record.sample, list(samples.variables)))
                np.testing.assert_allclose(energies, samples.record.energy)
    for name in ("polynomial-sa", "polynomial-tabu", "memetic-tabu", "self-avoiding-walk"):
        more = {"num_sweeps": 20} if name == "polynomial-sa" else {"num_evaluations": 500}
        spec = {"name": name, "engine": "compiled", **more}
        from_spec("solvers", spec).sample(bqm, seed=1)


def check_walks() -> None:
    """Permutations, products, chains and general programs, each kind's own walk; they only run."""
    import qopt

    problems = [
        (qopt.generate("qap", n=4, seed=1), None),
        (qopt.generate("tsp", n=5, seed=1), None),
        (qopt.generate("mdkp", n=6, m=2, seed=1), None),
        (qopt.generate("multi-knapsack", n=4, knapsacks=2, seed=1), None),
    ]
    for problem, form in problems:
        options = {"num_sweeps": 20, "num_reads": 3, "solver.engine": "compiled"}
        qopt.solve(problem, "constrained-sa", formulation=form, seed=1, control=False, improve=False, **options)


def main() -> None:
    sets = list(compiled.instruction_sets())
    print("instruction sets of the sanitized extensions:", ", ".join(sets), "; annealing:", ", ".join(kernels()))
    for name in dict.fromkeys([*kernels(), *sets]):
        os.environ["QOPT_ISA"] = name
        check_annealing()
        if name in _constrained.kernels():
            check_walks()
        if name in sets:
            check_diagonal()
            check_statevector()
            check_light_cone()
    print(
        "the sanitizers stopped no kernel: diagonals, gates and light cones agree with NumPy, energies of annealed "
        "samples are right; polynomial searches and walks ran, their results were not compared"
    )


if __name__ == "__main__":
    main()
