"""Annealing against its peers in process CPU seconds: QUBO by time to target, programs with rows by raw gaps.

``python benchmarks/annealing.py qubo --instances DIR`` runs our ``sa``, dwave-samplers' annealing (its own range and
ours) and its tabu search in turns in one process, one thread, and writes docs/annealing.md; ``--mqlib PROGRAM`` adds
four heuristics of MQLib (built from its sources). ``rows`` writes the table of docs/benchmarks.md: constrained-sa,
``sa`` on the slack encoding and CP-SAT with the same seconds; ``seeds`` the medians of docs/annealing.md. Each takes
several minutes of one core; ``--jobs N`` takes N models at a time.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from processes import at_once, instances_option, jobs_option
from public import PROVEN_BY, Collection, write_block

import qopt
from qopt.core import Problem, UnsupportedError, bqm_from_arrays, from_spec, signed
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
LENGTHS = (10, 20, 50, 100, 200, 500, 1000, 2000)
#: Batches of each length; 64 reads each of ours, two of dwave's.
BATCHES = {"sa": 40, "dwave, our range": 20, "dwave": 20}
#: Heuristics of MQLib (Dunning, Gupta, Silberholz, 2018, doi:10.1287/ijoc.2017.0798), and their runs.
MQLIB = ("BURER2002", "PALUBECKIS2004bMST2", "LU2010", "MERZ2004")
MQLIB_RUNS, MQLIB_SECONDS = 8, 2.0
#: Programs with rows, by family, with their seeds' medians in docs/annealing.md.
FAMILIES = {
    "QAPLIB to 36": [f"qaplib/{n}.dat" for n in ("chr18a", "nug30", "ste36a", "tai35a")],
    "QAPLIB 40-64": [f"qaplib/{n}.dat" for n in ("sko42", "tai50b", "sko64")],
    "QAPLIB 72-150": [f"qaplib/{n}.dat" for n in ("sko72", "tai80a", "sko100c", "tai100a", "tai100b", "tho150")],
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


def case(folder: Path, name: str) -> Case:
    """One of the models of QUBOS."""
    import dimod
    import networkx as nx

    file, target = next((file, target) for known, file, target in QUBOS if known == name)
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
    return Case(name, IsingModel.from_bqm(spin), None if wanted is None else wanted - offset, spin, offset)


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


@dataclass(frozen=True)
class QuboTask:
    """One model of QUBOS, and the program of MQLib if there is one."""

    folder: Path
    name: str
    mqlib: Path | None


def qubo(folder: Path, jobs: int, mqlib: Path | None) -> None:
    """Time to target in turns, and milliseconds a read of 1,000 sweeps."""
    lines = [
        "| model | target (energy) | kernel | flips/ns | ms a read: ours | dwave | ratio | TTT99: ours, latency "
        "| amortised | dwave, best of two ranges | tabu | MQLib, median | ratio (latency) |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for line in at_once(qubo_line, [QuboTask(folder, name, mqlib) for name, _, _ in QUBOS], jobs):
        lines.append(line)
        print(line, flush=True)
    write_block(DOCS, "qubo", lines)


def qubo_line(task: QuboTask) -> str:
    """One row of the table: batches of the contenders in turns."""
    model = case(task.folder, task.name)
    tried = contenders(model)
    runs: dict[str, list[Reads]] = {}
    for sweeps in LENGTHS:
        for name, batches in BATCHES.items():
            runs.setdefault(name, []).append(measured(tried[name], batches, sweeps))
    runs["tabu"] = [measured(tried["tabu"], 10, milliseconds) for milliseconds in (20, 100)]
    long = {name: next(run for run in found if run.length == 1000) for name, found in runs.items() if name != "tabu"}
    ms = {name: 1e3 * run.seconds.sum() / run.values.size for name, run in long.items()}
    rate = 1e-6 * model.model.num_variables * 1000 / ms["sa"]
    dwave_ms = min(ms["dwave"], ms["dwave, our range"])
    target = model.target
    if target is None:  # the best that dwave's reads met
        target = min(float(run.values.min()) for name in ("dwave", "dwave, our range") for run in runs[name])
    found = {name: time_to_target(part, target + 1e-6) for name, part in runs.items()}
    # a batch is a read of its best for who waits for it; its length is chosen for itself
    waited = [Reads(run.length, run.seconds, run.values.min(axis=1, keepdims=True)) for run in runs["sa"]]
    latency = time_to_target(waited, target + 1e-6).amortised
    best = min((found[name].amortised for name in ("dwave", "dwave, our range")), key=lambda peer: peer.value)
    lower = best.low if math.isinf(best.value) else best.value
    cells = [
        task.name,
        f"{target:g}",
        model.model.kind + (", rows" if model.model.is_dense else ""),
        f"{rate:.2f}",
        f"{ms['sa']:.3f}",
        f"{dwave_ms:.2f}",
        f"{dwave_ms / ms['sa']:.0f}x",
        shown(latency),
        shown(found["sa"].amortised),
        shown(best),
        shown(found["tabu"].amortised),
        "-" if task.mqlib is None else mqlib_time(task.mqlib, model, target),
        f"{'>' if math.isinf(best.value) else ''}{lower / latency.value:.0f}x",
    ]
    return "| " + " | ".join(cells) + " |"


def mqlib_time(program: Path, model: Case, target: float) -> str:
    """Median seconds in which the best of four heuristics meets the target, of eight runs of two seconds each."""
    n, ising = model.model.num_variables, model.model
    tail = np.repeat(np.arange(n), np.diff(ising.ptr))
    upper = tail < ising.col
    rows = [(int(i) + 1, int(j) + 1, w) for i, j, w in zip(tail[upper], ising.col[upper], ising.weight[upper])]
    # fields couple to one more vertex; the cut is (sum of weights - energy in units) / 2
    rows += [(int(i) + 1, n + 1, ising.field[i]) for i in np.flatnonzero(ising.field)]
    total = sum(weight for _, _, weight in rows)
    cut = 0.5 * (total - (target + 1e-6) / ising.unit)
    vertices = n + bool(ising.field.any())
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "graph.txt"
        text = "".join(f"{i} {j} {weight:.17g}\n" for i, j, weight in rows)
        graph.write_text(f"{vertices} {len(rows)}\n{text}", encoding="ascii")
        for heuristic in MQLIB:
            times = []
            for seed in range(1, MQLIB_RUNS + 1):
                options = ["-fM", str(graph), "-h", heuristic, "-r", str(MQLIB_SECONDS), "-s", str(seed)]
                out = subprocess.run([program, *options], capture_output=True, text=True, check=True).stdout
                steps = [step.split(":") for step in out.strip().rpartition("[")[2].rstrip("]").split(";")]
                times.append(min((float(at) for value, at in steps if float(value) >= cut), default=math.inf))
            found[heuristic] = median(times)
    best = min(found, key=lambda name: found[name])
    return f"> {MQLIB_SECONDS:g}" if math.isinf(found[best]) else f"{found[best]:.2g} ({best})"


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


@dataclass(frozen=True)
class SeedsTask:
    """The runs of one instance."""

    folder: Path
    file: str
    seconds: float
    count: int


def seeds_of(task: SeedsTask) -> tuple[str, list[float]]:
    """An instance's name and its gaps by seed, in percent; infinite where no point was feasible."""
    use_cpu_clock()
    problem, sampler = Collection(task.folder).get(task.file), constrained_annealing.ConstrainedAnnealing()
    try:
        formulate(problem, None)
    except UnsupportedError as error:
        print(f"{task.file}: {error}", flush=True)
        return problem.name, [math.inf] * task.count
    gaps = [raw_gap(problem, sampler, "native", task.seconds, seed)[0] for seed in range(1, task.count + 1)]
    return problem.name, [math.inf if gap is None else gap for gap in gaps]


def seeds(folder: Path, seconds: float, count: int, jobs: int) -> None:
    """Medians over seeds by family."""
    lines = ["| family | instance: median gap (worst) | median of medians |", "|---|---|---|"]
    files = [file for family in FAMILIES.values() for file in family]
    ends = at_once(seeds_of, [SeedsTask(folder, file, seconds, count) for file in files], jobs)
    for family, members in FAMILIES.items():
        found = [next(ends) for _ in members]
        medians = [median(gaps) for _, gaps in found]
        cells = [f"{name} {middle:.2f} ({max(gaps):.2f})" for (name, gaps), middle in zip(found, medians)]
        lines.append(f"| {family} | {', '.join(cells)} | {median(medians):.2f} |")
        print(lines[-1], flush=True)
    write_block(DOCS, "seeds", lines)


def use_cpu_clock() -> None:
    """Time limits of the annealers in CPU seconds of this process."""
    annealing.Clock = constrained_annealing.Clock = CpuClock  # type: ignore[misc, assignment]


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=["qubo", "rows", "seeds"])
    instances_option(parser)
    jobs_option(parser)
    parser.add_argument("--mqlib", type=Path, help="MQLib's program, for its column")
    parser.add_argument("--seconds", type=float, default=3.0, help="CPU seconds of a run with rows")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    use_cpu_clock()
    if arguments.part == "qubo":
        qubo(arguments.instances, arguments.jobs, arguments.mqlib)
    elif arguments.part == "rows":
        rows(arguments.instances, arguments.seconds)
    else:
        seeds(arguments.instances, arguments.seconds, arguments.seeds, arguments.jobs)


if __name__ == "__main__":
    main()
