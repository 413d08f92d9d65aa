"""The exact QAOA engine against Aer, lightning.qubit and QOKit's C simulator: one evaluation, and a whole optimisation.

    python benchmarks/engine.py --qubits 12 16 20       # minutes
    python benchmarks/engine.py --qubits 24 --layers 1 --rounds 1
    python benchmarks/engine.py --qubits --optimize --limits --write

Contenders run in turns in one process; figures are medians of process CPU time, one thread. The script sets one thread
for all of them before they are imported, whatever the environment says: threads that spin while they wait count as CPU
time, and made ratios wrong by factors of 10 to 100 on a machine with many cores. --qokit DIR names a
checkout of QOKit, whose C simulator is then built with -O3; lightning.qubit joins where it is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from one_thread import THREAD_VARIABLES  # before NumPy and every contender

import numpy as np  # isort: skip
from engine_contenders import Case, Evaluate, aer_estimator, contenders, qopt_engine
from public import write_block

from qopt.core import UnsupportedError
from qopt.engines import diagonal

DOCS = Path(__file__).resolve().parents[1] / "docs" / "engine.md"
AGREEMENT = 1e-10
#: A contender whose last run took longer sits out the larger cases of the same kind.
PATIENCE_SECONDS = 150.0
#: One that took longer than this is timed once, without a run to warm up.
LONG_SECONDS = 8.0


def cpu_seconds(evaluate: Evaluate) -> tuple[float, float]:
    """Process CPU time of one evaluation, and its value."""
    start = time.process_time()
    value = evaluate()
    return time.process_time() - start, value


def measure(case: Case, chosen: dict[str, Callable[[Case], Evaluate]], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each contender, taken in turns; their energies must agree."""
    ready = {name: make(case) for name, make in chosen.items()}
    first = {name: cpu_seconds(evaluate) for name, evaluate in ready.items()}  # warm
    values = {name: value for name, (_, value) in first.items()}
    scale = max(1.0, abs(values["qopt"]))
    for name, value in values.items():
        if abs(value - values["qopt"]) > AGREEMENT * scale:
            raise AssertionError(
                f"{name} must agree with qopt to {AGREEMENT}, got {value!r} and {values['qopt']!r} ({case})"
            )
    times: dict[str, list[float]] = {name: [] for name in ready}
    for name, (taken, _) in first.items():
        if taken > LONG_SECONDS:
            times[name] = [taken]
    for _ in range(rounds):
        for name, evaluate in ready.items():
            if first[name][0] > LONG_SECONDS:
                continue
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


def large() -> str:
    """Seconds of the largest states, one layer, and the refusal of one that does not fit."""
    lines = []
    for n, dtype in ((26, "complex128"), (30, "complex64")):
        case = Case("dense", n, 1)
        start = time.process_time()
        cost = diagonal.CostDiagonal.from_arrays(*case.terms())
        built, _ = time.process_time() - start, cost.bound
        taken, value = cpu_seconds(partial(diagonal.energy, cost, case.gammas, case.betas, dtype=dtype))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        lines.append(
            f"- n = {n}, {dtype}, dense, one layer, one thread: diagonal {built:.1f} s "
            f"({cost.nbytes / 2**30:.2f} GiB, {cost.data.dtype}), "
            f"evaluation {taken:.1f} s CPU, energy {value:.6f}; largest memory so far {peak:.1f} GiB."
        )
        print(lines[-1], flush=True)
    try:
        diagonal.CostDiagonal.from_arrays(*Case("dense", 36, 1).terms())
    except UnsupportedError as refusal:
        lines.append(f"- n = 36 is refused at once: {refusal}")
    return "\n".join(lines)


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
    cost = diagonal.CostDiagonal.from_arrays(*case.terms())
    times: list[list[float]] = [[], []]
    for _ in range(9):
        times[0].append(cpu_seconds(lambda: diagonal.energy(cost, case.gammas, case.betas))[0])
        times[1].append(cpu_seconds(lambda: diagonal.value_and_gradient(cost, case.gammas, case.betas)[0])[0])
    return statistics.median(times[1]) / statistics.median(times[0])


def optimization() -> str:
    """Full optimisation, 3-regular Max-Cut, n = 16, 5 layers: exact gradients against Aer with COBYLA."""
    from scipy.optimize import minimize

    case = Case("max-cut", 16, 5)
    cost = diagonal.CostDiagonal.from_arrays(*case.terms())
    ramp = np.concatenate([case.gammas, case.betas])
    rng = np.random.default_rng(1)

    def with_gradient(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, by_gamma, by_beta = diagonal.value_and_gradient(cost, x[:5], x[5:])
        return value, np.concatenate([by_gamma, by_beta])

    points = [ramp, *(rng.uniform(0, [np.pi] * 5 + [np.pi / 2] * 5) for _ in range(20))]

    def multistart(chosen: list[np.ndarray]) -> float:
        return min(float(minimize(with_gradient, x, jac=True, method="L-BFGS-B").fun) for x in chosen)

    def cobyla(evaluate: Callable[[np.ndarray], float], start: np.ndarray = ramp) -> float:
        return float(minimize(evaluate, start, method="COBYLA", options={"maxiter": 500, "rhobeg": 0.2}).fun)

    def on_aer(x: np.ndarray) -> float:
        return _aer_at(case, x)

    def on_engine(x: np.ndarray) -> float:
        return diagonal.energy(cost, x[:5], x[5:])

    runs: dict[str, Callable[[], float]] = {
        "qopt, L-BFGS-B, ramp": lambda: multistart(points[:1]),
        "qopt, COBYLA, ramp": lambda: cobyla(on_engine),
        "qopt, L-BFGS-B, one random start": lambda: multistart(points[1:2]),
        "qopt, L-BFGS-B, 5 random starts": lambda: multistart(points[1:6]),
        "qopt, L-BFGS-B, 20 random starts": lambda: multistart(points[1:]),
        "qopt, COBYLA, the first random start": lambda: cobyla(on_engine, points[1]),
    }
    if importlib.util.find_spec("qiskit_aer"):
        runs["Aer EstimatorV2, COBYLA, ramp"] = lambda: cobyla(on_aer)
        runs["Aer EstimatorV2, COBYLA, the first random start"] = lambda: cobyla(on_aer, points[1])
    lines = ["| method | CPU s | expected cut / largest cut |", "|---|---|---|"]
    for name, run in runs.items():
        taken, value = cpu_seconds(run)
        lines.append(f"| {name} | {taken:.2f} | {value / cost.min:.6f} |")
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


def processor() -> str:
    """The processor's name where the system tells it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def write(name: str, text: str) -> None:
    """Put a result between its markers in the documentation."""
    write_block(DOCS, name, [text])


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
    parser.add_argument("--large", action="store_true", help="n = 26 and n = 30: 10 GiB")
    parser.add_argument("--optimize", action="store_true", help="full optimisations")
    parser.add_argument("--name", default="evaluations", help="which markers in docs/engine.md the tables go between")
    parser.add_argument("--write", action="store_true", help="put the results into docs/engine.md")
    args = parser.parse_args()

    chosen, missing = contenders(args.qokit)
    machine = (
        f"{processor()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; engine {diagonal.engine_name()}, "
        f"one thread ({', '.join(THREAD_VARIABLES)} = 1)"
    )
    about = f"{machine}; medians of {args.rounds} rounds (one where a run takes over {LONG_SECONDS:.0f} s)."
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
    if args.large:
        results["large"] = large()
    if args.optimize:
        results["optimization"] = optimization()
    for name in results.keys() - {args.name}:
        results[name] = f"{machine}.\n\n{results[name]}"
    for name, text in results.items():
        print(f"\n{text}")
        if args.write:
            write(name, text)


if __name__ == "__main__":
    main()
