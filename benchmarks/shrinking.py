"""Tables of docs/shrinking.md: feasibility of merges, density, size, and runs at 20 qubits.

``python benchmarks/shrinking.py NAME [--instances DIR]`` computes one table and rewrites its block of the page; names:
feasible, density, speed, end-to-end, rounds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from public import write_block

import qopt
from qopt.core import BinaryProgram, Encoding, LiteralMap, Problem, from_spec
from qopt.experiments.papers.tables import markdown, percent
from qopt.experiments.references import read_best_known
from qopt.problems.formulations import formulate

PAGE = Path("docs/shrinking.md")
#: Generated instances of the feasibility table, by kind.
NUM_INSTANCES = 125
KINDS = ("mdkp", "mis", "qap", "tsp")
ADMISSIBILITIES = ("off", "strict", "propagate", "verified")
#: Densities and instances each of the Max-Cut table.
DENSITIES = tuple(round(0.1 * k, 1) for k in range(1, 10))


def generated(kind: str, seed: int) -> Problem:
    """A small instance: knapsacks of 8 to 20 items, graphs of 8 to 24 nodes, permutations of 3 to 5."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    n = int(rng.integers(8, 21))
    if kind == "mdkp":
        return qopt.generate("mdkp", n=n, m=int(rng.integers(1, 5)), seed=seed)
    if kind == "mis":
        return qopt.generate("mis", n=int(rng.integers(8, 25)), p=float(rng.choice([0.1, 0.2, 0.4])), seed=seed)
    return qopt.generate(kind, n=int(rng.integers(3, 6)) + (kind == "tsp"), seed=seed)


def shrunk(program: BinaryProgram, **settings: object) -> Encoding:
    """The program's slack QUBO shrunk by these settings."""
    return from_spec("encoders", {"name": "shrink", **settings}).encode(program)


def has_point(program: BinaryProgram, literals: LiteralMap) -> bool:
    """Whether CP-SAT finds a point of the rows that keeps every merge as an equality.

    Written anew on ortools, apart from the check that the encoder itself uses. Rows of decimals are refused.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = [model.new_bool_var(f"x{i}") for i in range(program.num_variables)]
    first: dict[int, tuple[int, int]] = {}
    for i, (index, flip) in enumerate(zip(literals.index.tolist(), literals.flip.tolist(), strict=True)):
        if index < 0:
            model.add(x[i] == flip)
        elif index in first:
            other, its = first[index]
            model.add(x[i] == x[other]) if flip == its else model.add(x[i] + x[other] == 1)
        else:
            first[index] = (i, flip)
    rows = program.constraints
    A = rows.A.tocsr()
    if (A.data % 1).any():
        raise ValueError("rows must be of integers for this check")
    for r in range(A.shape[0]):
        part = slice(A.indptr[r], A.indptr[r + 1])
        total = sum(int(a) * x[j] for j, a in zip(A.indices[part].tolist(), A.data[part].tolist(), strict=True))
        if np.isfinite(rows.upper[r]):
            model.add(total <= int(np.floor(rows.upper[r])))
        if np.isfinite(rows.lower[r]):
            model.add(total >= int(np.ceil(rows.lower[r])))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status == cp_model.UNKNOWN:
        raise RuntimeError("CP-SAT must decide a small instance, it did not; raise its limits")
    return status in (cp_model.OPTIMAL, cp_model.FEASIBLE)


def feasible(arguments: argparse.Namespace) -> list[str]:
    """Instances that merges left without a feasible point, by admissibility; random merges to 30 % of the bits."""
    del arguments
    emptied: Counter[tuple[str, str]] = Counter()
    kept: dict[tuple[str, str], list[float]] = {}
    for kind in KINDS:
        for seed in range(NUM_INSTANCES):
            program = formulate(generated(kind, seed), None).program
            for mode in ADMISSIBILITIES:
                source = {"name": "random", "seed": seed}
                encoding = shrunk(program, target=0.3, correlations=source, admissibility=mode, every=0)
                emptied[kind, mode] += not has_point(program, encoding.decoder)
                share = encoding.num_qubits / encoding.trace[-1]["shrink"]["qubits_before"]
                kept.setdefault((kind, mode), []).append(share)
        print(kind, {mode: emptied[kind, mode] for mode in ADMISSIBILITIES}, flush=True)
    cells = []
    for mode in ADMISSIBILITIES:
        count = sum(emptied[kind, mode] for kind in KINDS)
        shares = [share for kind in KINDS for share in kept[kind, mode]]
        each = [emptied[kind, mode] for kind in KINDS]
        cells.append([mode, *each, f"{count} of {len(shares)}", percent(statistics.mean(shares), 0)])
    head = ["admissibility", *(f"{kind} ({NUM_INSTANCES})" for kind in KINDS), "emptied", "qubits kept, mean"]
    return [markdown(head, cells)]


def density(arguments: argparse.Namespace) -> list[str]:
    """Exact optimum of G(60, p) Max-Cut shrunk to 20 qubits, as a share of the best cut known to us."""
    cells = []
    for p in DENSITIES:
        found: dict[str, list[float]] = {name: [] for name in ("lp", "sdp", "random")}
        for seed in range(arguments.repeats):
            problem = qopt.generate("max-cut", n=60, p=p, seed=seed)
            program = formulate(problem, None).program
            cuts = {name: _best_after(program, name, seed) for name in found}
            best = max(*cuts.values(), _annealed(program, seed))
            for name, cut in cuts.items():
                found[name].append(cut / best)
        medians = {name: statistics.median(values) for name, values in found.items()}
        wins = sum(a > b for a, b in zip(found["lp"], found["sdp"], strict=True))
        ties = sum(a == b for a, b in zip(found["lp"], found["sdp"], strict=True))
        losses = arguments.repeats - wins - ties
        cells.append([p, *(f"{medians[name]:.4f}" for name in found), f"{wins} / {ties} / {losses}"])
        print(cells[-1], flush=True)
    return [markdown(["p", "lp", "sdp", "random", "lp better / equal / worse than sdp"], cells)]


def _best_after(program: BinaryProgram, source: str, seed: int) -> float:
    """Heaviest cut left after shrinking to 20 qubits, by enumeration."""
    spec: dict[str, object] = {"name": source}
    if source == "random":
        spec["seed"] = seed
    if source == "lp":
        spec["max_rounds"] = None  # until no odd cycle is violated
    encoding = shrunk(program, target=20, correlations=spec, admissibility="off", every=10)
    samples = from_spec("solvers", {"name": "brute-force"}).sample(encoding.bqm, num_reads=1)
    return -float(samples.first.energy)


def _annealed(program: BinaryProgram, seed: int) -> float:
    from dwave.samplers import SimulatedAnnealingSampler

    bqm = from_spec("encoders", {"name": "slack"}).encode(program).bqm
    return -float(SimulatedAnnealingSampler().sample(bqm, num_reads=100, num_sweeps=1000, seed=seed).first.energy)


def speed(arguments: argparse.Namespace) -> list[str]:
    """Processor seconds to shrink the QUBO of nug30 to 180 qubits."""
    program = formulate(qopt.load(f"{arguments.instances}/qaplib/nug30.dat"), None).program
    terms = len(from_spec("encoders", {"name": "slack"}).encode(program).bqm.quadratic)
    runs = (
        ("spectral", "strict", 20),
        ("sdp", "strict", 20),
        ("sdp", "verified", 20),
        ("sdp", "strict", 1),
        ("sampling", "strict", 20),
        ("qaoa", "strict", 60),
    )
    cells = []
    for source, mode, every in runs:
        start = time.process_time()
        encoding = shrunk(program, target=180, correlations=source, admissibility=mode, every=every)
        seconds = time.process_time() - start
        done = encoding.trace[-1]["shrink"]
        cells.append([source, mode, every, done["qubits"], done["num_solves"], f"{seconds:.0f}"])
        print(cells[-1], flush=True)
    head = ["correlations", "admissibility", "every", "qubits left", "computations", "seconds"]
    return [f"{program.num_variables} bits, {terms:,} products.\n", markdown(head, cells)]


HP1 = "mknap/sac94/hp1.dat"
#: File, encoder inside, solver.
RUNS = (
    ("mis/sloane/1dc.64.txt", "slack", {"name": "qaoa"}),
    ("mis/sloane/1dc.64.txt", "slack", {"name": "cvar-vqe"}),
    ("mis/sloane/1tc.64.txt", "slack", {"name": "qaoa"}),
    ("mis/sloane/1tc.64.txt", "slack", {"name": "cvar-vqe"}),
    ("mis/sloane/1et.64.txt", "slack", {"name": "qaoa"}),
    ("mis/sloane/1et.64.txt", "slack", {"name": "cvar-vqe"}),
    (HP1, "unbalanced", {"name": "qaoa"}),
    (HP1, "unbalanced", {"name": "cvar-qaoa"}),
    (HP1, "unbalanced", {"name": "cvar-qaoa", "num_shots": 10_000}),
    (HP1, "unbalanced", {"name": "cvar-vqe"}),
    # what the shrunk problem leaves to chance
    ("mis/sloane/1dc.64.txt", "slack", {"name": "random", "num_reads": 1000}),
    ("mis/sloane/1tc.64.txt", "slack", {"name": "random", "num_reads": 1000}),
    ("mis/sloane/1et.64.txt", "slack", {"name": "random", "num_reads": 1000}),
    (HP1, "unbalanced", {"name": "random", "num_reads": 1000}),
    (HP1, "unbalanced", {"name": "random", "num_reads": 10_000}),
)
#: Seeds at most of a VQE: at 20 qubits it takes many times as long as a QAOA.
VQE_SEEDS = 3
#: The same with an encoder that iterates; rounds.
ITERATING = {"name": "augmented-lagrangian", "variant": "AS"}
ROUNDS = 6


def end_to_end(arguments: argparse.Namespace) -> list[str]:
    """One run a row: shrunk to 20 qubits, the state vector's samples, and as many uniform points."""
    cells = []
    for file, inner, solver in RUNS:
        most = VQE_SEEDS if solver["name"] == "cvar-vqe" else arguments.repeats
        for seed in range(min(most, arguments.repeats)):
            cells.append(_at_twenty(arguments.instances, file, inner, solver, seed))
            print(cells[-1], flush=True)
    return [markdown(HEAD, cells)]


def rounds(arguments: argparse.Namespace) -> list[str]:
    """hp1 with multipliers instead of slack, each round's QUBO shrunk to 20 qubits."""
    cells = []
    for seed in range(arguments.repeats):
        cells.append(_at_twenty(arguments.instances, HP1, ITERATING, {"name": "qaoa"}, seed, rounds=ROUNDS))
        print(cells[-1], flush=True)
    return [markdown(HEAD, cells)]


HEAD = ["instance", "inside", "solver", "points", "seed", "qubits", "optimum", "raw", "feasible samples", "control"]
HEAD += ["repaired", "control", "improved", "control", "seconds"]


def _at_twenty(
    folder: Path, file: str, inner: object, solver: dict[str, object], seed: int, **limits: int
) -> list[object]:
    """Cells of one run."""
    known = {Path(path).stem: value for _, path, value in read_best_known(folder / "best_known.csv")}
    encoder = {"name": "shrink", "inner": inner, "target": 20, "admissibility": "verified"}
    problem = replace(qopt.load(str(folder / file)), best_known=known[Path(file).stem])
    record = qopt.solve(problem, solver=solver, encoder=encoder, seed=seed, **limits)
    stages, control = record.stages, record.stages.control
    assert stages.raw is not None
    assert control is not None
    name = inner if isinstance(inner, str) else inner["name"]  # type: ignore[index]
    row = [
        problem.name,
        name,
        solver["name"],
        f"{stages.raw.num_points:,}",
        seed,
        record.resources.qubits,
        record.reference.value,
    ]
    row += [_value(stages.raw), percent(stages.raw.feasible_share, 1), _value(control.raw)]
    row += [_value(stages.repaired), _value(control.repaired), _value(stages.improved)]
    return [*row, _value(control.improved), f"{record.resources.cpu_seconds:.0f}"]


def _value(stage: object) -> str:
    objective, is_feasible = getattr(stage, "objective", None), getattr(stage, "feasible", False)
    return str(objective) if is_feasible else "-"


TABLES: dict[str, Callable[[argparse.Namespace], list[str]]] = {
    "feasible": feasible,
    "density": density,
    "speed": speed,
    "end-to-end": end_to_end,
    "rounds": rounds,
}


def main() -> None:
    """Compute one table and rewrite it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("table", choices=sorted(TABLES))
    parser.add_argument("--instances", type=Path, help="folder of the public instances")
    parser.add_argument("--repeats", type=int, default=1, help="seeds a row of end-to-end, graphs a row of density")
    arguments = parser.parse_args()
    if arguments.instances is None and arguments.table in ("speed", "end-to-end", "rounds"):
        parser.error(f"{arguments.table} needs --instances DIR")
    write_block(PAGE, arguments.table, TABLES[arguments.table](arguments))


if __name__ == "__main__":
    main()
