"""Figures of docs/lagrangian.md: dual bounds, 1-trees, cliques, sampled oracles against their control, QAOA.

``python benchmarks/lagrangian.py --instances DIR [--only bounds trees cliques sampled qaoa]`` measures the named parts
and rewrites their tables between the markers of the page. ``DIR`` holds mknap/sac94, tsplib, mis/sloane and
best_known.csv. One process, one BLAS thread; about 40 minutes for everything on one core.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from public import write_block

from qopt.algorithms.cuts import fractional_cuts
from qopt.algorithms.linear import linear_relaxation
from qopt.algorithms.one_tree import held_karp_bound
from qopt.core import BinaryProgram, Budget, Problem, Record, Round, from_spec
from qopt.encoders.slack import Slack
from qopt.experiments.pipeline import Pipeline
from qopt.experiments.references import read_best_known
from qopt.experiments.run import formulate, run
from qopt.problems.files import load
from qopt.problems.mdkp import Mdkp
from qopt.solvers.base import points_of
from qopt.solvers.classical.exact_oracle import ExactOracle

PAGE = Path(__file__).resolve().parents[1] / "docs" / "lagrangian.md"
KNAPSACKS = ("hp1", "hp2", "pb1", "pb2", "pb4", "pb5", "pet2", "pet3", "pet4", "pet5", "pet6", "pet7")
TOURS = ("burma14", "ulysses16", "gr17", "gr21", "ulysses22", "gr24", "fri26", "bayg29", "bays29")
GRAPHS = ("1tc.8", "1tc.16", "1tc.32", "1tc.64", "1et.64", "1dc.64", "1dc.128")
DUALS: dict[str, tuple[dict[str, Any], float, int]] = {
    # settings, relative distance to the LP that counts as reached, rounds within which it is asked for
    "bundle": ({"name": "bundle"}, 1e-3, 30),
    "bundle, level": ({"name": "bundle", "form": "level"}, 1e-3, 30),
    "bundle, box": ({"name": "bundle", "form": "box"}, 1e-3, 30),
    "cutting-plane": ({"name": "cutting-plane"}, 1e-3, 40),
    "cutting-plane, in-out": ({"name": "cutting-plane", "in_out": 0.5}, 1e-3, 40),
    "dual-ascent": ({"name": "dual-ascent"}, 2e-3, 1000),
    "dual-ascent, deflected": ({"name": "dual-ascent", "deflection": 1.5}, 2e-3, 1000),
    "dual-ascent, volume": ({"name": "dual-ascent", "rule": "volume"}, 2e-3, 1000),
}
SA = {"name": "sa", "num_reads": 100, "num_sweeps": 300}
AUGMENTED: dict[str, dict[str, Any]] = {
    f"{variant}, start {start}": {"name": "augmented-lagrangian", "variant": variant, "start": start}
    for start in ("zero", "lp")
    for variant in ("L", "Q", "AS", "UP", "T3P", "SE")
}
AUGMENTED |= {
    "AS, start one": {"name": "augmented-lagrangian", "start": "one"},
    "T3P, start one": {"name": "augmented-lagrangian", "variant": "T3P", "start": "one"},
    "T3P, start one, mu fixed": {"name": "augmented-lagrangian", "variant": "T3P", "start": "one", "growth": 1.0},
    "AS, start lp, 10 reads": {"name": "augmented-lagrangian", "start": "lp", "reads": 10},
    "AS, start lp, growth 1.5": {"name": "augmented-lagrangian", "start": "lp", "growth": 1.5},
    "AS, start lp, mu 0.3": {"name": "augmented-lagrangian", "start": "lp", "mu": 0.3},
    "linear (dual-ascent)": {"name": "dual-ascent", "max_rounds": 15},
    "slack": {"name": "slack"},
    "unbalanced": {"name": "unbalanced"},
}


class Instances:
    """Public instances with their best known values."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known = {file: known for _, file, known in read_best_known(folder / "best_known.csv")}

    def get(self, file: str) -> Problem:
        problem = load(str(self.folder / file))
        return replace(problem, best_known=self.known.get(file, problem.best_known))  # type: ignore[type-var]

    def knapsack(self, name: str) -> Problem:
        return self.get(f"mknap/sac94/{name}.dat")

    def tour(self, name: str) -> Problem:
        return self.get(f"tsplib/{name}.tsp")

    def graph(self, name: str) -> Problem:
        return self.get(f"mis/sloane/{name}.txt")


def lp_value(program: BinaryProgram) -> float:
    """Value of the linear relaxation, which is the Lagrangian dual of linear rows."""
    rows = program.constraints
    return linear_relaxation(program.c, rows.A, rows.lower, rows.upper).value + program.offset


def pipeline(solver: Any, encoder: Any, **options: Any) -> Pipeline:
    return Pipeline(from_spec("solvers", solver), from_spec("encoders", encoder), **options)


def bounds(instances: Instances) -> Iterator[str]:
    """Rounds of an exact oracle until the best dual value is near the LP, and how near it ends."""
    exact = {"name": "exact", "num_reads": 1}
    head = [f"{label} (<= {limit})" for label, (_, _, limit) in DUALS.items()]
    yield f"| instance | qubits | with slack | LP | {' | '.join(head)} |"
    yield "|---" * (4 + len(head)) + "|"
    misses, below = [], 0
    for name in KNAPSACKS:
        problem = instances.knapsack(name)
        program = formulate(problem, None).program
        lp = -lp_value(program)
        cells = [name, str(program.num_variables), str(Slack().num_qubits(program)), f"{lp:.2f}"]
        for label, (spec, near, limit) in DUALS.items():
            record = run(problem, pipeline(exact, spec, improve=False, control=False, repair_top=1))
            values = np.array([row["bound"] for row in record.rounds])
            below += int((values < lp * (1 - 1e-6)).sum())
            gaps = np.minimum.accumulate(values) / lp - 1
            reached = np.flatnonzero(gaps <= near)
            if not reached.size or reached[0] >= limit:
                misses.append(f"{label} on {name}")
            cells.append(f"{reached[0] + 1 if reached.size else '-'} ({max(gaps[-1], 0):.4%} after {len(values)})")
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield f"Dual values below LP * (1 - 1e-6): {below}. Missed limits: {', '.join(misses) or 'none'}."


def trees(instances: Instances) -> Iterator[str]:
    """1-tree bounds against the subtour LP, and the edge form's relax-and-cut."""
    yield "| tour | edge qubits | n^2 | optimum | subtour LP | held-karp | below LP | relax-and-cut | rounds | status |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name in TOURS:
        problem = instances.tour(name)
        form = formulate(problem, "edges")
        program = subtour_program(problem)
        rows = program.constraints
        lp = linear_relaxation(program.c, rows.A, rows.lower, rows.upper).value
        tree = held_karp_bound(problem.distances).bound  # type: ignore[attr-defined]
        spec = {"name": "relax-and-cut"}
        exact = {"name": "exact", "num_reads": 1}
        record = run(problem, pipeline(exact, spec, formulation="edges", control=False, repair_top=1))
        best = record.rounds[-1]["best_bound"]
        cities = len(problem.distances)  # type: ignore[attr-defined]
        yield (
            f"| {name} | {form.program.num_variables} | {cities**2} | {problem.best_known.value} | {lp:.2f} "  # type: ignore[union-attr]
            f"| {tree:.2f} | {1 - tree / lp:.3%} | {best:.2f} | {len(record.rounds)} | {record.status.value} |"
        )


def subtour_program(problem: Problem) -> BinaryProgram:
    """The edge form with every subtour row that its LP needs."""
    form = formulate(problem, "edges")
    program = form.program
    while True:
        rows = program.constraints
        x = linear_relaxation(program.c, rows.A, rows.lower, rows.upper).x
        cuts = fractional_cuts(form, x)
        if cuts is None:
            return program
        program = program.with_rows(cuts)


def dual_bound(program: BinaryProgram, spec: dict[str, Any]) -> tuple[float, int]:
    """Best dual value by an exact oracle without any incumbent, so that nothing is rounded; and the rounds."""
    encoder = from_spec("encoders", spec)
    encoding = encoder.encode(program)
    index = 0
    while True:
        samples = ExactOracle(num_reads=1).sample(encoding.bqm)
        Z, energies, counts = points_of(samples)
        told = Round(encoding.decode(Z), energies, samples.info["energy_bound"], None, program, index, counts)
        following = encoder.update(encoding, told)
        index += 1
        if following is None or following.state.get("is_done"):
            last = (following or encoding).trace[-1]
            return float(last["best_bound"]), index
        encoding = following


def cliques(instances: Instances) -> Iterator[str]:
    """Bounds of the clique rows, and the best independent set of augmented Lagrangians with products."""
    yield "| graph | alpha | edge LP | clique LP | bundle | rounds | sa, products: raw | gap | feasible reads |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name in GRAPHS:
        problem = instances.graph(name)
        programs = {form: formulate(problem, form).program for form in ("edges", "cliques")}
        lps = {form: -lp_value(program) for form, program in programs.items()}
        value, rounds = dual_bound(programs["cliques"], {"name": "bundle", "max_rounds": 200})
        record = run(problem, pipeline(SA, {"name": "augmented-lagrangian"}, repair="off", improve=False), seed=1)
        raw = record.stages.raw
        assert raw is not None
        yield (
            f"| {name} | {problem.best_known.value} | {lps['edges']:.2f} | {lps['cliques']:.2f} | {-value:.4f} "  # type: ignore[union-attr]
            f"| {rounds} | {raw.objective} | {_percent(raw.gap)} | {_percent(raw.feasible_share)} |"
        )


def sampled(instances: Instances) -> Iterator[str]:
    """Annealing as the oracle: raw and repaired gaps of each form, and of as many repaired uniform points."""
    problems = [instances.knapsack(name) for name in KNAPSACKS]
    yield "| form | raw feasible reads | raw: none feasible | raw median | raw max | median | max | zeros | seconds |"
    yield "|---|---|---|---|---|---|---|---|---|"
    control: list[float] = []
    for label, spec in AUGMENTED.items():
        # one-shot encoders get as many reads as the others in 15 rounds, and the same share of them repaired
        is_single = spec["name"] in ("slack", "unbalanced")
        solver = {**SA, "num_reads": 1500} if is_single else SA
        start = time.process_time()
        top = 1500 if is_single else 100
        with_control = label == "AS, start lp"
        made = pipeline(solver, spec, repair_top=top, improve=False, control=with_control)
        records = [run(problem, made, seed=1, budget=Budget(rounds=15)) for problem in problems]
        seconds = time.process_time() - start
        if with_control:
            control = [_gap(record.stages.control and record.stages.control.repaired) for record in records]
        yield f"| {label} | {_sampled_cells(records)} | {seconds:.0f} |"
    yield f"| control: uniform points, all repaired | | | | | {_spread(control)} | |"
    yield ""
    yield from tours_sampled(instances)


def tours_sampled(instances: Instances) -> Iterator[str]:
    """Annealing on the edge form of tours."""
    yield "| tour | encoder | rounds | rows | raw feasible reads | raw gap | repaired gap | control, repaired |"
    yield "|---|---|---|---|---|---|---|---|"
    specs = {
        "augmented-lagrangian, 30 rounds": {"name": "augmented-lagrangian", "start": "lp", "max_rounds": 30},
        "relax-and-cut, degree rows linear": {"name": "relax-and-cut", "max_rounds": 60},
        "relax-and-cut, degree rows squared": {
            "name": "relax-and-cut",
            "max_rounds": 60,
            "inner": {"name": "bundle", "equalities": "squares"},
        },
    }
    for name in TOURS[:3]:
        problem = instances.tour(name)
        for label, spec in specs.items():
            made = pipeline({**SA, "num_reads": 50}, spec, formulation="edges", improve=False)
            record = run(problem, made, seed=1)
            stages = record.stages
            assert stages.raw is not None
            yield (
                f"| {name} | {label} | {len(record.rounds)} | {record.rounds[-1]['num_rows']} "
                f"| {_percent(stages.raw.feasible_share)} | {_percent(stages.raw.gap)} "
                f"| {_percent(stages.repaired and stages.repaired.gap)} "
                f"| {_percent(stages.control and stages.control.repaired and stages.control.repaired.gap)} |"
            )


def qaoa(instances: Instances) -> Iterator[str]:
    """Slack against slack-free circuits, equal shots: qubits, gates, raw feasibility, gap, oracle calls, seconds."""
    yield (
        "| instance | encoder | qubits | two-qubit gates | raw feasible shots | raw gap | repaired gap | control "
        "| oracle calls | circuit evaluations | seconds |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    specs = {
        "slack": {"name": "slack"},
        "Q, start zero": {"name": "augmented-lagrangian", "variant": "Q"},
        "AS, start zero": {"name": "augmented-lagrangian"},
        "Q, start lp": {"name": "augmented-lagrangian", "variant": "Q", "start": "lp"},
        "AS, start lp": {"name": "augmented-lagrangian", "start": "lp"},
        "bundle (separable)": {"name": "bundle", "max_rounds": 15},
    }
    problems = [*(small_knapsack(n, m) for n, m in ((8, 2), (10, 2), (15, 1)))]
    problems += [instances.knapsack(name) for name in ("pet2", "pet3")]
    for problem in problems:
        program = formulate(problem, None).program
        for label, spec in specs.items():
            encoding = from_spec("encoders", spec).encode(program)
            layers = from_spec("solvers", "qaoa").num_layers
            if encoding.num_qubits > 24:
                gates = layers * encoding.bqm.num_interactions
                yield f"| {problem.name} | {label} | {encoding.num_qubits} | {gates} | not simulable | | | | | | |"
                continue
            shots = 15000 if label == "slack" else 1000
            made = pipeline({"name": "qaoa"}, spec, improve=False)
            record = run(problem, made, seed=1, budget=Budget(shots=shots))
            yield _qaoa_row(problem, label, record)


def small_knapsack(n: int, m: int) -> Mdkp:
    """Weights 1..9, capacities half their sum, profits correlated with the weights; its optimum by enumeration."""
    from qopt.core import BestKnown

    rng = np.random.default_rng([n, m])
    weights = rng.integers(1, 10, (m, n))
    profits = weights.sum(axis=0) * 5 + rng.integers(1, 20, n)
    problem = Mdkp(profits, weights, weights.sum(axis=1) // 2, name=f"small {n}x{m}")
    optimum = run(problem, Pipeline(from_spec("solvers", "cpsat"))).objective
    assert optimum is not None
    return replace(problem, best_known=BestKnown(optimum, True, "CP-SAT"))


def _qaoa_row(problem: Problem, label: str, record: Record) -> str:
    stages, used = record.stages, record.resources
    assert stages.raw is not None
    repaired = stages.repaired and stages.repaired.gap
    control = stages.control and stages.control.repaired and stages.control.repaired.gap
    gates = "none: no circuit" if used.two_qubit_gates is None else used.two_qubit_gates
    return (
        f"| {problem.name} | {label} | {used.qubits} | {gates} "
        f"| {_percent(stages.raw.feasible_share)} | {_percent(stages.raw.gap)} | {_percent(repaired)} "
        f"| {_percent(control)} | {used.rounds} | {used.evaluations or 0} | {used.seconds['total']:.1f} |"
    )


def _gap(stage: Any) -> float:
    return float("nan") if stage is None or stage.gap is None else 100 * float(stage.gap)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _sampled_cells(records: list[Record]) -> str:
    raws = [record.stages.raw for record in records]
    shares = [raw.feasible_share or 0.0 for raw in raws if raw is not None]
    found = [_gap(raw) for raw in raws if raw is not None and raw.gap is not None]
    raw = f"{statistics.median(found):.2f} % | {max(found):.2f} %" if found else "- | -"
    repaired = [_gap(record.stages.repaired) for record in records]
    return (
        f"{statistics.mean(shares):.1%} | {len(records) - len(found)} of {len(records)} | {raw} | {_spread(repaired)}"
    )


def _spread(gaps: list[float]) -> str:
    return f"{statistics.median(gaps):.2f} % | {max(gaps):.2f} % | {sum(gap == 0 for gap in gaps)}"


PARTS: dict[str, Callable[[Instances], Iterator[str]]] = {
    "bounds": bounds,
    "trees": trees,
    "cliques": cliques,
    "sampled": sampled,
    "qaoa": qaoa,
}


def rewrite(name: str, table: str) -> None:
    """Put a part's table between its markers on the page."""
    write_block(PAGE, name, [table])


def main() -> None:
    """Measure the named parts and rewrite their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    instances = Instances(options.instances)
    for name in options.only:
        start = time.process_time()
        lines = []
        for line in PARTS[name](instances):
            print(line, flush=True)
            lines.append(line)
        lines += ["", f"Process CPU time of this part: {time.process_time() - start:.0f} s."]
        rewrite(name, "\n".join(lines))


if __name__ == "__main__":
    main()
