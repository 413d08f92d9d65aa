"""QAOA of LABS on the exact engine: beside a QUBO of the same size, and beside QOKit's C simulator in one run.

``python benchmarks/labs_engine.py [--qokit libcsim.so] [--longest 24]`` rewrites the table of docs/labs.md. The library
is QOKit's ``qokit/fur/c/csim/src``, compiled by its own line or with ``-O3 -march=native`` added; both get the same
costs and angles and one thread. Times are process CPU seconds, least of rounds that alternate.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from public import write_block

import qopt
from qopt.engines import diagonal

PAGE = Path(__file__).resolve().parents[1] / "docs" / "labs.md"
LAYERS, ROUNDS, COMPARED = 12, 3, 20


def least(steps: dict[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, float]:
    """Least CPU seconds of each step over rounds in which they alternate."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.process_time()
            step()
            times[name].append(time.process_time() - start)
    return {name: min(values) for name, values in times.items()}


def dense_qubo(n: int) -> diagonal.CostDiagonal:
    """A QUBO with all products and integer coefficients."""
    rng = np.random.default_rng(n)
    i, j = np.triu_indices(n, 1)
    return diagonal.CostDiagonal.from_arrays(rng.integers(-9, 10, n), i, j, rng.integers(1, 10, i.size))


def peer(path: str, cost: diagonal.CostDiagonal, gammas: Any, betas: Any) -> Callable[[], Any]:
    """QOKit's state on the same costs: its gates are exp(-i gamma/2 ... ) and exp(-i beta sum X)."""
    library = ctypes.CDLL(path)
    array = np.ctypeslib.ndpointer(ctypes.c_double, flags="C_CONTIGUOUS")
    library.apply_qaoa_furx.restype = None
    library.apply_qaoa_furx.argtypes = [*[array] * 5, ctypes.c_uint, ctypes.c_size_t, ctypes.c_size_t]
    energies, n = cost.values(), cost.n
    their_gammas, their_betas = np.array(gammas) * 2.0, -np.array(betas)

    def run() -> Any:
        real, imag = np.full(2**n, 2.0 ** (-n / 2)), np.zeros(2**n)
        library.apply_qaoa_furx(real, imag, their_gammas, their_betas, energies, n, 2**n, len(gammas))
        return real + 1j * imag

    return run


def table(longest: int, library: str) -> list[str]:
    """Seconds of a state of 12 layers, and the ratios."""
    gammas, betas = np.linspace(0.002, 0.01, LAYERS), np.linspace(0.5, 0.05, LAYERS)
    lines = [
        "| N | LABS diagonal, s | LABS, s | QUBO of N bits, s | LABS / QUBO | QOKit C, s | QOKit / LABS |",
        "|---|---|---|---|---|---|---|",
    ]
    for n in (COMPARED, longest):
        start = time.process_time()
        labs = diagonal.polynomial_cost(qopt.Labs(n).polynomial)
        made = time.process_time() - start
        qubo = dense_qubo(n)
        steps: dict[str, Callable[[], Any]] = {
            "labs": lambda cost=labs: diagonal.evolve(cost, gammas, betas),
            "qubo": lambda cost=qubo: diagonal.evolve(cost, gammas, betas),
        }
        told = "- | -"
        if library and n == COMPARED:
            steps["qokit"] = peer(library, labs, gammas, betas)
            ours, theirs = np.asarray(steps["labs"]().amplitudes()), steps["qokit"]()
            overlap = abs(np.vdot(ours, theirs))
            assert abs(overlap - 1) < 1e-9, f"the states differ: overlap {overlap}"
        seconds = least(steps)
        if "qokit" in seconds:
            told = f"{seconds['qokit']:.3f} | {seconds['qokit'] / seconds['labs']:.1f}"
        ratio = seconds["labs"] / seconds["qubo"]
        lines.append(f"| {n} | {made:.3f} | {seconds['labs']:.3f} | {seconds['qubo']:.3f} | {ratio:.2f} | {told} |")
    return lines


def main() -> None:
    """Measure, and write the block."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qokit", default="", help="QOKit's libcsim.so")
    parser.add_argument("--longest", type=int, default=24)
    asked = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    lines = table(asked.longest, asked.qokit)
    print("\n".join(lines))
    write_block(PAGE, "engine", lines)


if __name__ == "__main__":
    main()
