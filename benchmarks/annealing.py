"""Annealing against its peers in process CPU seconds: QUBO by time to target, programs with rows by raw gaps.

``python benchmarks/annealing.py qubo --instances DIR`` runs our ``sa``, dwave-samplers' annealing (its own range and
ours) and its tabu search in turns in one process, one thread, and writes docs/annealing.md; ``rows`` writes the table
of docs/benchmarks.md: constrained-sa, ``sa`` on the slack encoding and CP-SAT with the same seconds; ``seeds`` the
medians of docs/annealing.md. Each takes several minutes of one core.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from public import PROVEN_BY, Collection, write_block

import qopt
from qopt.core import Problem, bqm_from_arrays, from_spec, signed
from qopt.engines.annealing import How, IsingModel, anneal, batch_size
from qopt.experiments.time_to_target import Reads, time_to_target
from qopt.problems.formulations import formulate
from qopt.solvers.classical import annealing, constrained_annealing

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "annealing.md"
#: File, target in the model's own units (Max-Cut: cut), or None for a random 3-regular graph and a dense model.
QUBOS = (
    ("G1", "maxcut/G1.txt", 11624),
    ("G43", "maxcut/G43.txt", 6660),
    ("G32", "maxcut/G32.txt", 1404),
    ("G51", "maxcut/G51.txt", 3844),
    ("3-regular 2000", None, 2756),
    ("bqp250-1", "qubo/bqp250-1.sparse", -45607),
    ("bqp500-1", "qubo/bqp500-1.sparse", -116586),
    ("dense 1000", None, None),
)
SWEEPS = {"sa": (50, 200, 1000), "dwave, our range": (50, 200, 1000), "dwave": (200, 1000)}
#: Programs with rows, by family, with their seeds' medians in docs/annealing.md.
FAMILIES = {
    "QAPLIB to 36": [f"qaplib/{n}.dat" for n in ("chr18a", "nug30", "ste36a", "tai35a")],
    "QAPLIB 40-64": [f"qaplib/{n}.dat" for n in ("sko42", "tai50b", "sko64")],
    "TSPLIB": [f"tsplib/{n}.tsp" for n in ("berlin52", "kroA100", "rd100")],
    "ATSP": [f"tsplib/{n}.atsp" for n in ("ftv38", "ft53", "ftv70")],
    "OR-Library n = 100": [f"mknap/mknapcb{k}.txt#1" for k in (1, 7)],
    "OR-Library, n >= 250": ["mknap/mknapcb5.txt#1", "mknap/mknapcb8.txt#1", "mknap/gk/gk07.dat"],
    "code graphs": [f"mis/sloane/{n}.txt" for n in ("1et.1024", "1dc.1024", "1zc.1024")],
    "BHOSLIB": [f"mis/bhoslib/{n}.mis" for n in ("frb30-15-1", "frb50-23-1")],
    "multi-knapsack": [f"multiknap/FK_1/random{n}_1000_1_1.txt" for n in ("10_60_1", "15_75_2")],
}


class CpuClock:
    """Process CPU seconds in place of the wall clock, so that other jobs of the machine do not count."""

    def __init__(self, seconds: float | None = None) -> None:
        self._start, self._limit = time.process_time(), seconds

    @property
    def elapsed(self) -> float:
        return time.process_time() - self._start

    @property
    def remaining(self) -> float | None:
        return None if self._limit is None else max(0.0, self._limit - self.elapsed)

    @property
    def is_over(self) -> bool:
        return self._limit is not None and self.elapsed >= self._limit


# ---- QUBO ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Case:
    """An Ising model, the energy of the target without the offset, the same model for dimod, and its offset."""

    name: str
    model: IsingModel
    target: float | None
    spin: Any
    offset: float


def cases(folder: Path) -> Iterator[Case]:
    """The models of QUBOS."""
    import dimod
    import networkx as nx

    for name, file, target in QUBOS:
        if file is not None:
            problem = qopt.load(str(folder / file))
            program = formulate(problem, None).program
            products = program.products.tocoo()
            bqm = bqm_from_arrays(program.c, *products.coords, products.data, 0.0)
            wanted = signed(problem, float(target)) - program.offset  # in costs: cuts are maximised
        elif name.startswith("3-regular"):
            graph = nx.random_regular_graph(3, 2000, seed=1)
            bqm = dimod.BinaryQuadraticModel.from_ising({}, dict.fromkeys(graph.edges, 1.0))
            wanted = 3000 - 2.0 * float(target)  # sum of couplings less twice the cut
        else:
            rng = np.random.default_rng(1)
            i, j = np.triu_indices(1000, 1)
            bqm = dimod.BinaryQuadraticModel.from_ising(
                {}, dict(zip(zip(i.tolist(), j.tolist()), rng.choice([-1.0, 1.0], len(i))))
            )
            wanted = None
        spin = bqm.change_vartype("SPIN", inplace=False)
        spin.relabel_variables({v: k for k, v in enumerate(list(spin.variables))})
        offset = float(spin.offset)
        yield Case(name, IsingModel.from_bqm(spin), None if wanted is None else wanted - offset, spin, offset)


def measured(run: Callable[[int, int], Any], batches: int, length: int) -> Reads:
    """Batches of one length: CPU seconds of each, and the energies of its reads."""
    seconds, values = [], []
    for seed in range(batches):
        start = time.process_time()
        energies = run(length, seed)
        seconds.append(time.process_time() - start)
        values.append(energies)
    return Reads(length, np.array(seconds), np.array(values))


def contenders(case: Case) -> dict[str, Callable[[int, int], Any]]:
    """Energies (reads,) of a batch by sweeps and seed: ours, dwave's with our range and with its own, tabu."""
    from dwave.samplers import SimulatedAnnealingSampler, TabuSampler

    model, spin = case.model, case.spin
    how = How(descend=True)
    size = batch_size(model, how)
    first, last = 0.4 * model.rms_field, 0.02 * model.rms_field

    def ours(sweeps: int, seed: int) -> Any:
        return model.energies(anneal(model, np.linspace(first, last, sweeps), size, seed=seed, how=how).spins)

    def dwave(sweeps: int, seed: int, **options: Any) -> Any:
        found = SimulatedAnnealingSampler().sample(spin, num_reads=2, num_sweeps=sweeps, seed=seed, **options)
        return found.record.energy - case.offset

    def tuned(sweeps: int, seed: int) -> Any:
        betas = [0.5 / (first * model.unit), 0.5 / (last * model.unit)]
        return dwave(sweeps, seed, beta_range=betas)

    def tabu(milliseconds: int, seed: int) -> Any:
        found = TabuSampler().sample(spin, num_reads=1, timeout=milliseconds, seed=seed)
        return found.record.energy - case.offset

    return {"sa": ours, "dwave, our range": tuned, "dwave": dwave, "tabu": tabu}


def qubo(folder: Path) -> None:
    """Time to target in turns, and milliseconds a read of 1,000 sweeps."""
    lines = [
        "| model | target (energy) | kernel | flips/ns | ms a read: ours | dwave | ratio | TTT99: ours, latency "
        "| amortised | dwave, best of two ranges | tabu | ratio (latency) |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for case in cases(folder):
        runs: dict[str, list[Reads]] = {}
        tried = contenders(case)
        for name, lengths in SWEEPS.items():
            for sweeps in lengths:
                batches = 8 if name == "sa" else 6
                runs.setdefault(name, []).append(measured(tried[name], batches, sweeps))
        runs["tabu"] = [measured(tried["tabu"], 4, milliseconds) for milliseconds in (20, 100)]
        lines.append(qubo_line(case, runs))
        print(lines[-1], flush=True)
    write_block(DOCS, "qubo", lines)


def qubo_line(case: Case, runs: dict[str, list[Reads]]) -> str:
    """One row of the table."""
    longest = {name: found[-1] for name, found in runs.items()}
    ms = {name: 1e3 * run.seconds.sum() / run.values.size for name, run in longest.items()}
    rate = 1e-6 * case.model.num_variables * longest["sa"].length / ms["sa"]
    cells = [case.name, "-", case.model.kind + (", rows" if case.model.is_dense else ""), f"{rate:.2f}"]
    dwave_ms = min(ms["dwave"], ms["dwave, our range"])
    cells += [f"{ms['sa']:.3f}", f"{dwave_ms:.2f}", f"{dwave_ms / ms['sa']:.0f}x"]
    target = case.target
    if target is None:  # the best mean of a long read of dwave's
        target = min(float(found[-1].values.min()) for name, found in runs.items() if name.startswith("dwave"))
    found = {name: time_to_target(part, target + 1e-6) for name, part in runs.items()}
    peers = [found[name].amortised for name in ("dwave", "dwave, our range")]
    best = min(peers, key=lambda peer: peer.value)
    cells[1] = f"{target:g}"
    ours = found["sa"]
    cells += [shown(ours.latency), shown(ours.amortised), shown(best), shown(found["tabu"].amortised)]
    lower = best.low if math.isinf(best.value) else best.value
    cells.append(f"{'>' if math.isinf(best.value) else ''}{lower / ours.latency.value:.0f}x")
    return "| " + " | ".join(cells) + " |"


def shown(interval: Any) -> str:
    """Seconds with their interval; a lower limit where the target was never met."""
    if math.isinf(interval.value):
        return f"> {interval.low:.2g}"
    return f"{interval.value:.2g} ({interval.low:.2g}-{interval.high:.2g})"


# ---- programs with rows ----------------------------------------------------------------------------------------------


def raw_gap(
    problem: Problem, sampler: Any, encoder: str, seconds: float, seed: int
) -> tuple[float | None, float | None]:
    """Gap in percent of the best raw point that is feasible on the instance's own data, and that of its control."""
    formulation = formulate(problem, None)
    encoding = from_spec("encoders", {"name": encoder}).encode(formulation.program)
    keywords = {"seed": seed, "seconds": seconds}
    if "program" in sampler.parameters:
        keywords["program"] = encoding.native
    samples = sampler.sample(encoding.bqm, **keywords)
    Z = np.asarray(samples.record.sample, dtype=np.uint8)[:, np.argsort([int(v) for v in samples.variables])]
    X = formulation.complete(encoding.decode(Z))
    ground = sampler.ground(encoding.num_qubits, encoding.native)
    control = ground.draw(np.random.default_rng(seed), int(samples.record.num_occurrences.sum()))
    return best_gap(formulation, X), best_gap(formulation, formulation.complete(encoding.decode(control)))


def best_gap(formulation: Any, X: Any) -> float | None:
    """Gap of the best feasible point, from the instance's own data."""
    problem = formulation.problem
    found = []
    for x in X:
        solution = formulation.decode(x)
        if solution is not None and not any(problem.violations(solution).values()):
            found.append(signed(problem, float(problem.objective(solution))))
    if not found or problem.best_known is None:
        return None
    known = signed(problem, float(problem.best_known.value))
    return 100 * (min(found) - known) / max(1e-9, abs(known))


def stretched() -> float:
    """Wall seconds that a CPU second takes now, while other jobs run."""
    wall, cpu = time.perf_counter(), time.process_time()
    while time.process_time() - cpu < 0.1:
        pass
    return max(1.0, (time.perf_counter() - wall) / 0.1)


def cpsat_gap(problem: Problem, seconds: float, seed: int) -> float | None:
    """CP-SAT with one worker, its wall clock stretched by what other jobs take, so that the CPU time is the same."""
    record = qopt.solve(problem, "cpsat", workers=1, seconds=seconds * stretched(), seed=seed)
    raw = record.stages.raw
    return None if raw is None or raw.gap is None else 100 * abs(raw.gap)


def percent(gap: float | None) -> str:
    return "-" if gap is None else f"{gap:.2f}%"


def rows(folder: Path, seconds: float) -> None:
    """The table of docs/benchmarks.md."""
    collection = Collection(folder)
    lines = [
        "| instance | optimum | bits | constrained-sa | control | sa on slack | control | CP-SAT |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ours, penalised = constrained_annealing.ConstrainedAnnealing(), annealing.SimulatedAnnealing()
    for file in (file for files in PROVEN_BY.values() for file in files):
        problem = collection.get(file)
        kept = raw_gap(problem, ours, "native", seconds, 1)
        slack = raw_gap(problem, penalised, "slack", seconds, 1)
        bits = formulate(problem, None).program.num_variables
        cells = [
            problem.name,
            problem.best_known.value,
            bits,
            *map(percent, (*kept, *slack, cpsat_gap(problem, seconds, 1))),
        ]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
        print(lines[-1], flush=True)
    write_block(ROOT / "docs" / "benchmarks.md", "sa", lines)


def seeds(folder: Path, seconds: float, count: int) -> None:
    """Medians over seeds by family."""
    collection, sampler = Collection(folder), constrained_annealing.ConstrainedAnnealing()
    lines = ["| family | instance: median gap (worst) | median of medians |", "|---|---|---|"]
    for family, files in FAMILIES.items():
        cells, medians = [], []
        for file in files:
            try:
                problem = collection.get(file)
            except (KeyError, OSError, ValueError) as error:
                print(f"{file}: {error}", flush=True)
                continue
            gaps = [raw_gap(problem, sampler, "native", seconds, seed)[0] for seed in range(1, count + 1)]
            known = [math.inf if gap is None else gap for gap in gaps]
            medians.append(median(known))
            cells.append(f"{problem.name} {median(known):.2f} ({max(known):.2f})")
        lines.append(f"| {family} | {', '.join(cells)} | {median(medians):.2f} |")
        print(lines[-1], flush=True)
    write_block(DOCS, "seeds", lines)


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=["qubo", "rows", "seeds"])
    parser.add_argument("--instances", type=Path, required=True, help="folder of the public instances")
    parser.add_argument("--seconds", type=float, default=3.0, help="CPU seconds of a run with rows")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    annealing.Clock = constrained_annealing.Clock = CpuClock  # type: ignore[misc, assignment]
    if arguments.part == "qubo":
        qubo(arguments.instances)
    elif arguments.part == "rows":
        rows(arguments.instances, arguments.seconds)
    else:
        seeds(arguments.instances, arguments.seconds, arguments.seeds)


if __name__ == "__main__":
    main()
