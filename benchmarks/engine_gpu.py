"""The exact QAOA engine on NVIDIA cards: time a layer beside the card's own floor, QOKit's nbcuda and our CPU engine.

    python benchmarks/engine_gpu.py --layers --gradients --largest --optimize --outcomes --qokit QOKIT
    python benchmarks/engine_gpu.py --cards 2 --qubits 31 32 33

All in one call, so that ratios hold. The floor of a layer is its passes' traffic (state read and written, diagonal read
once) at the rate of a large copy on the same card. Figures are medians of wall time between synchronisations. --write
puts the tables into docs/engine.md. QOKIT is a folder that holds QOKit's package ``qokit``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from one_thread import THREAD_VARIABLES  # noqa: F401 - before NumPy and every contender

import numpy as np  # isort: skip
from engine import processor, write
from engine_cards import circulant, measure
from engine_contenders import Case

from qopt.core import UnsupportedError
from qopt.engines import diagonal as exact
from qopt.engines.diagonal.gpu import device
from qopt.engines.diagonal.gpu.batch import CardBatch
from qopt.engines.diagonal.gpu.energies import CardDiagonal
from qopt.engines.diagonal.gpu.nccl import CopyLink, NcclLink

ROUNDS = 5
SHORT, LONG = 2, 12
#: Below so many qubits a layer takes microseconds, and circuits must be long to see it.
SMALL, SMALL_LONG = 25, 102


def seconds(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median wall time of a run that ends with a value on the host, after one to warm up."""
    run()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def copy_rate() -> float:
    """Bytes a second that a large copy on the card reads and writes."""
    import cupy

    source, target = (cupy.empty(1 << 30, np.float32) for _ in range(2))

    def copy() -> None:
        cupy.copyto(target, source)
        cupy.cuda.Device().synchronize()

    return 2 * source.nbytes / seconds(copy)


def made(case: Case) -> CardDiagonal:
    return CardDiagonal.from_arrays(device.card(), *case.terms())


def angles(case: Case, layers: int) -> tuple[np.ndarray, np.ndarray]:
    other = Case(case.kind, case.n, layers)
    return other.gammas, other.betas


def layer_seconds(case: Case, energy: Callable[..., object], rounds: int = ROUNDS) -> float:
    """Seconds that one more layer takes in a long circuit."""
    long = SMALL_LONG if case.n < SMALL else LONG
    times = [seconds(partial(energy, *angles(case, p)), rounds) for p in (SHORT, long)]
    return (times[1] - times[0]) / (long - SHORT)


def floor(cost: CardDiagonal, dtype: str, rate: float) -> tuple[float, int]:
    """Seconds of a layer's traffic at the copy's rate, and its passes."""
    from qopt.engines.diagonal.gpu.engine import plain_circuit

    groups = len(plain_circuit(device.card(), cost, dtype).groups)
    points = 2.0 ** (cost.n - cost.is_symmetric)
    state = 2 * np.dtype(dtype).itemsize * points
    return ((groups - 1) * state + cost.data.itemsize * points) / rate, groups - 1


def layers_table(qubits: list[int], rate: float, qokit: Path | None, threads: int) -> str:
    """Milliseconds a layer, and how many times ours the others take."""
    peers = "our CPU engine" if qokit is None else "QOKit nbcuda (complex128)"
    lines = [
        f"| n, kind | dtype | ms a layer | floor | over floor | {peers} | CPU engine, {threads} threads |",
        "|---|---|---|---|---|---|---|",
    ]
    for n in qubits:
        for kind in ("dense", "max-cut"):
            case = Case(kind, n, LONG)
            cost = made(case)
            rival = None if qokit is None or n > 29 or kind == "dense" else qokit_seconds(case)
            host = None if n > 28 else cpu_seconds(case, threads)
            for dtype in ("complex64", "complex128"):
                if n > 31 and dtype == "complex128":
                    continue
                own = layer_seconds(case, partial(exact.energy, cost, dtype=dtype, engine="gpu"))
                least, passes = floor(cost, dtype, rate)
                cells = [f"{1e3 * own:.4g}", f"{1e3 * least:.4g} ({passes} pass{'es' if passes > 1 else ''})"]
                cells += [
                    f"{own / least:.2f}",
                    _times(rival, own),
                    _times(host if dtype == "complex128" else None, own),
                ]
                lines.append(f"| {n}, {kind} | {dtype} | " + " | ".join(cells) + " |")
                print(lines[-1], flush=True)
            del cost
            device.card().give_back()
    return "\n".join(lines)


def _times(rival: float | None, own: float) -> str:
    return "-" if rival is None else f"{1e3 * rival:.4g} ({rival / own:.3g}x)"


def qokit_seconds(case: Case) -> float:
    """Seconds a layer of QOKit's simulator in numba and CuPy, full states in complex128."""
    if not hasattr(np, "row_stack"):  # numba-cuda of some versions still asks for it
        np.__dict__["row_stack"] = np.vstack
    import cupy
    from qokit.fur.nbcuda.qaoa_simulator import QAOAFURXSimulatorGPU

    fields, couplings, _ = case.spins()
    terms = [(w, (i, j)) for i, j, w in couplings] + [(float(f), (i,)) for i, f in enumerate(fields) if f]
    simulator = QAOAFURXSimulatorGPU(case.n, terms=terms)

    def run(gammas: np.ndarray, betas: np.ndarray) -> None:
        simulator.simulate_qaoa(2 * gammas, -2 * betas)
        cupy.cuda.Device().synchronize()

    return layer_seconds(case, run, 3)


def cpu_seconds(case: Case, threads: int) -> float:
    """Seconds a layer of the host's engine in complex128."""
    cost = exact.CostDiagonal.from_arrays(*case.terms())
    run = partial(exact.energy, cost, threads=threads, engine="compiled")
    times = [seconds(partial(run, *angles(case, p)), 3 if case.n < 26 else 1) for p in (1, 3)]
    return (times[1] - times[0]) / 2


def gradients_table() -> str:
    """Milliseconds of a value and of a value with its gradient."""
    lines = ["| n, kind, layers | dtype | value, ms | with gradient, ms | ratio |", "|---|---|---|---|---|"]
    for n, kind in ((20, "dense"), (26, "dense"), (26, "max-cut"), (28, "dense")):
        for layers in (1, 5):
            case = Case(kind, n, layers)
            cost = made(case)
            for dtype in ("complex64", "complex128"):
                options = {"dtype": dtype, "engine": "gpu"}
                value = seconds(partial(exact.energy, cost, case.gammas, case.betas, **options))
                both = seconds(partial(exact.value_and_gradient, cost, case.gammas, case.betas, **options))
                lines.append(
                    f"| {n}, {kind}, {layers} | {dtype} | {1e3 * value:.3g} | {1e3 * both:.3g} | {both / value:.2f} |"
                )
                print(lines[-1], flush=True)
            del cost
            device.card().give_back()
    return "\n".join(lines)


def largest() -> str:
    """The largest states in complex64, one layer, and the refusal of one more qubit."""
    lines = []
    for kind, n in (("signs", 33), ("max-cut", 34)):
        for size in (n, n + 1):
            try:
                start = time.perf_counter()
                cost = CardDiagonal.from_arrays(device.card(), *_terms(kind, size))
                built = time.perf_counter() - start
                run = partial(exact.energy, cost, [0.3], [0.4], dtype="complex64", engine="gpu")
                lines.append(
                    f"- n = {size}, {kind}, complex64, one layer: diagonal {built:.2f} s ({cost.data.dtype}, "
                    f"{cost.nbytes / 2**30:.0f} GiB), evaluation {1e3 * seconds(run, 1):.0f} ms, energy {run():.5f}."
                )
            except UnsupportedError as refusal:
                lines.append(f"- n = {size}, {kind}, is refused: {refusal}")
            print(lines[-1], flush=True)
            cost = None
            device.card().give_back()
    return "\n".join(lines)


def _terms(kind: str, n: int) -> tuple[np.ndarray, ...]:
    if kind == "max-cut":
        return Case(kind, n, 1).terms() if n % 2 == 0 else circulant(n)
    rng = np.random.default_rng(1)
    rows, cols = np.triu_indices(n, 1)
    return rng.choice([-1, 1], n), rows, cols, rng.choice([-1, 1], rows.size)


def optimize(instances: int) -> str:
    """Full optimisations: one large Max-Cut, and a thousand small ones at once."""
    import networkx as nx
    from scipy.optimize import minimize

    from qopt.solvers.training.batched import minimize_batch

    lines = []
    case = Case("max-cut", 28, 5)
    large, calls = made(case), 0
    ramp = np.concatenate([case.gammas, case.betas])

    def evaluate(x: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal calls
        calls += 1
        value, *slopes = exact.value_and_gradient(large, x[:5], x[5:], dtype="complex64", engine="gpu")
        return value, np.concatenate(slopes)

    evaluate(ramp)
    start = time.perf_counter()
    found = minimize(evaluate, ramp, jac=True, method="L-BFGS-B")
    taken = time.perf_counter() - start
    lines.append(
        f"- Max-Cut, 3-regular, n = 28, 5 layers, complex64, L-BFGS-B from the ramp: {taken:.2f} s, "
        f"{calls - 1} gradients, "
        f"expected cut / largest cut {found.fun / large.min:.4f}."
    )
    print(lines[-1], flush=True)
    costs = []
    for seed in range(instances):
        edges = np.array(nx.random_regular_graph(3, 16, seed=seed).edges)
        costs.append(exact.CostDiagonal.from_arrays(np.full(16, -3), edges[:, 0], edges[:, 1], np.full(24, 2)))
    starts = np.tile(ramp, (instances, 1))
    batch = CardBatch.from_costs(device.card(), costs)

    def together(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, by_gamma, by_beta = batch.values_and_gradients(x[:, :5], x[:, 5:])
        return values, np.concatenate([by_gamma, by_beta], axis=1)

    together(starts)
    start = time.perf_counter()
    minima = minimize_batch(together, starts)
    taken = time.perf_counter() - start
    ratio = float((minima.values / batch.lowest).mean())
    few, start = min(20, instances), time.perf_counter()
    values = [_on_host(cost, ramp) / cost.min for cost in costs[:few]]
    each = (time.perf_counter() - start) / few
    lines.append(
        f"- Max-Cut, 3-regular, n = 16, 5 layers, {instances} instances at once, complex64, batched L-BFGS from the "
        f"ramp: {taken:.2f} s, {minima.evaluations} batched gradients, {instances / taken:.0f} instances/s, mean ratio "
        f"{ratio:.4f}; CPU engine, one thread, L-BFGS-B: {1 / each:.1f} instances/s ({instances / taken * each:.0f}x), "
        f"mean ratio of {few} {np.mean(values):.4f}."
    )
    print(lines[-1], flush=True)
    return "\n".join(lines)


def _on_host(cost: exact.CostDiagonal, start: np.ndarray) -> float:
    from scipy.optimize import minimize

    def evaluate(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, *slopes = exact.value_and_gradient(cost, x[:5], x[5:], engine="compiled")
        return value, np.concatenate(slopes)

    return float(minimize(evaluate, start, jac=True, method="L-BFGS-B").fun)


def outcomes() -> str:
    """Sampling, CVaR and correlations of 28 qubits."""
    case = Case("dense", 28, 1)
    cost, rng = made(case), np.random.default_rng(0)
    state = exact.evolve(cost, case.gammas, case.betas, dtype="complex64", engine="gpu")
    pairs = (1 << np.arange(28))[:, None] ^ (1 << np.arange(28))
    runs = {
        "10^6 shots": lambda: exact.sample(state, 10**6, rng),
        "CVaR": lambda: exact.cvar(state, cost, 0.05),
        "probability of the optimum": lambda: exact.probability_below(state, cost, cost.min),
        "all correlations of pairs": lambda: state.correlations(pairs.ravel()),
    }
    text = ", ".join(f"{name} {1e3 * seconds(run, 3):.3g} ms" for name, run in runs.items())
    print(text, flush=True)
    return f"- n = 28, complex64, one state: {text}."


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for part in ("layers", "gradients", "largest", "optimize", "outcomes", "write"):
        parser.add_argument(f"--{part}", action="store_true")
    parser.add_argument("--qubits", type=int, nargs="+", default=[20, 24, 26, 28, 30])
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--cards", type=int, help="measure so many cards of this host")
    parser.add_argument("--link", choices=["nccl", "copy"], default="copy", help="how cards exchange amplitudes")
    parser.add_argument("--qokit", type=Path, help="folder that holds QOKit's package")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of the CPU engine")
    args = parser.parse_args()
    if device.why_missing():
        sys.exit(device.why_missing())
    if args.qokit:
        sys.path.insert(0, str(args.qokit))
    if args.cards:
        links = {"nccl": NcclLink, "copy": CopyLink}
        results = {f"cards-{args.cards}": measure(args.cards, args.qubits, copy_rate(), links[args.link])}
    else:
        rate = copy_rate()
        parts = {
            "gpu-layers": (args.layers, partial(layers_table, args.qubits, rate, args.qokit, args.threads)),
            "gpu-gradients": (args.gradients, gradients_table),
            "gpu-largest": (args.largest, largest),
            "gpu-optimize": (args.optimize, partial(optimize, args.instances)),
            "gpu-outcomes": (args.outcomes, outcomes),
        }
        about = (
            f"{exact.card_name()}; copy {rate / 1e9:,.0f} GB/s; host {processor()}, {os.cpu_count()} CPUs, "
            f"{exact.engine_name('compiled')}."
        )
        print(about, flush=True)
        results = {name: f"{about}\n\n{run()}" for name, (wanted, run) in parts.items() if wanted}
    for name, text in results.items():
        print(f"\n<!-- {name} -->\n{text}")
        if args.write:
            write(name, text)


if __name__ == "__main__":
    main()
