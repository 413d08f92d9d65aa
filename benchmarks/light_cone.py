"""Rewrite the tables of docs/large_circuits.md: speed of light cones, public graphs, ratios of the fixed angles.

``python benchmarks/light_cone.py [--speed] [--graphs G12 G32 --layers 1 2] [--angles]``. Times are process CPU seconds
of one thread. Rows of other graphs and layers stay as they are in the page.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path
from typing import Any

from one_thread import THREAD_VARIABLES  # noqa: F401 - before NumPy

import networkx as nx  # isort: skip
import numpy as np  # isort: skip
from public import Collection, write_block

import qopt
from qopt.algorithms.fixed_angles import DEGREES, FIXED_ANGLES, MAX_LAYERS
from qopt.algorithms.mixing import Mixing, mixing_method
from qopt.core import UnsupportedError, bqm_from_arrays
from qopt.encoders.slack import Slack
from qopt.problems.formulations import formulate
from qopt.solvers.base import points_of
from qopt.solvers.qaoa.qaoa import Qaoa

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "large_circuits.md"
SHARED = ROOT.parent / "shared" / "instances"
POINTS = 1000
HEAD = (
    "| graph | n | edges | layers | cones, distinct | mean cut | rounded | improved | RQAOA | control | SDP "
    "| SDP improved | SA | best known | QAOA s | RQAOA s |"
)


def cut_model(graph: nx.Graph) -> Any:
    """Max-Cut of an unweighted graph as a BINARY model: minus the cut."""
    ends = np.array(graph.edges)
    linear = -np.bincount(ends.ravel(), minlength=len(graph)).astype(float)
    return bqm_from_arrays(linear, ends[:, 0], ends[:, 1], np.full(len(ends), 2.0), 0.0)


def speed() -> list[str]:
    """Energy with gradient, and a whole training, on random 3-regular graphs."""
    lines = [
        "| n | layers | cones | distinct | largest | plan s | energy + gradient s | whole run s (evaluations) | ratio "
        "| the tree's |",
        "|" + "---|" * 10,
    ]
    for n, layers in ((1000, 1), (1000, 2), (1000, 3), (2000, 1), (2000, 2), (2000, 3)):
        model = cut_model(nx.random_regular_graph(3, n, seed=1))
        sampler = Qaoa(num_layers=layers, backend="light-cone", threads=1, num_shots=1)
        began = time.process_time()
        make = sampler.runs_on.evaluators(sampler, model, variant(), 1)
        evaluator = make(layers)
        planned = time.process_time() - began
        start = evaluator.spec.flat(*fixed(evaluator.spec))
        began = time.process_time()
        evaluator.value_and_gradient(start)
        one = time.process_time() - began
        began = time.process_time()
        info = sampler.sample(model, seed=1, evaluations=60).info
        trained = time.process_time() - began
        cones, edges = info["cones"], 3 * n // 2
        lines.append(
            f"| {n:,} | {layers} | {cones['num_cones']:,} | {cones['num_distinct']:,} | {cones['largest']} "
            f"| {planned:.2f} | {one:.4f} | {trained:.2f} ({info['evaluations']}) | {-info['expectation'] / edges:.4f} "
            f"| {FIXED_ANGLES[3, layers].ratio:.4f} |"
        )
        print(lines[-1], flush=True)
    return lines


def variant() -> Any:
    """The plain circuit."""
    from qopt.solvers.qaoa.evaluators import QaoaVariant

    return QaoaVariant()


def fixed(spec: Any) -> Any:
    """The table's angles for a circuit."""
    from qopt.solvers.qaoa.initial_angles import fixed_angles

    return fixed_angles(spec)


def solved(problem: Any, solver: str, **options: Any) -> tuple[dict[str, Any], float]:
    """A record (as JSON) of the ordinary pipeline, and the CPU seconds of all of it."""
    began = time.process_time()
    record = qopt.solve(problem, solver, seed=1, backend="light-cone", threads=1, **options)
    return json.loads(json.dumps(record.to_json())), time.process_time() - began


def row(problem: Any, name: str, layers: int) -> str:
    """One line of the table."""
    program = formulate(problem, None).program
    model = Slack().encode(program).bqm
    n, edges = program.num_variables, model.num_interactions
    known = problem.best_known.value
    most = 10 if layers >= 3 else 30
    try:
        record, seconds = solved(problem, "qaoa", num_layers=layers, num_shots=POINTS, max_evaluations=most)
    except UnsupportedError as error:
        print(error)
        size = re.search(r"cone of (\d+) qubits|largest cone (\d+) qubits", str(error))
        qubits = next(filter(None, size.groups())) if size else "?"
        return f"| {name} | {n:,} | {edges:,} | {layers} | does not fit: a cone of {qubits} qubits {'| ' * 11}|"
    extra, stages = record["resources"]["extra"], record["stages"]
    mean = -extra["expectation"]
    merges = 100 if edges > 4000 else 10
    found, time_taken = solved(problem, "rqaoa", num_layers=layers, merges=merges, max_evaluations=most)
    recursive, spent = f"{found['stages']['raw']['objective']:,}", f"{time_taken:.0f}"
    sdp = sdp_cuts(model)
    cones = extra["cones"]
    annealed = annealed_cut(model, seconds)
    return (
        f"| {name} | {n:,} | {edges:,} | {layers} | {cones['num_cones']:,}, {cones['num_distinct']:,} | {mean:,.1f} "
        f"| {stages['raw']['objective']:,} | {stages['improved']['objective']:,} | {recursive} "
        f"| {stages['control']['improved']['objective']:,} | {sdp[0]:,.0f} | {sdp[1]:,.0f} | {annealed:,.0f} "
        f"| {known:,} | {seconds:.1f} | {spent} |"
    )


def sdp_cuts(model: Any) -> tuple[float, float]:
    """Best cut of 1,000 hyperplane roundings of the SDP's vectors, and after flips that gain."""
    n = model.num_variables
    linear, quadratic = model.to_numpy_vectors(variable_order=range(n), return_labels=False)[:2]
    del linear
    W = np.zeros((n, n))
    W[quadratic.row_indices, quadratic.col_indices] = quadratic.biases / 2
    W += W.T
    vectors = mixing_method(W, Mixing(), certify=False).vectors
    spins = np.where(vectors @ np.random.default_rng(1).normal(size=(vectors.shape[1], POINTS)) > 0, 1.0, -1.0)
    cuts = (W.sum() - np.einsum("is,is->s", spins, W @ spins)) / 4
    best = 0.0
    for s in spins.T[np.argsort(-cuts)[:50]].copy():  # as many as the pipeline repairs and improves
        pull = W @ s
        while True:
            gains = s * pull
            i = int(np.argmax(gains))
            if gains[i] <= 1e-9:
                break
            s[i] = -s[i]
            pull += 2 * s[i] * W[:, i]
        best = max(best, (W.sum() - s @ W @ s) / 4)
    return float(cuts.max()), best


def annealed_cut(model: Any, seconds: float) -> float:
    """The best cut of the annealer in so many CPU seconds."""
    began, best, seed = time.process_time(), 0.0, 0
    while time.process_time() - began < seconds:
        samples = qopt.SimulatedAnnealing(num_reads=16, num_sweeps=200).sample(model, seed=seed)
        best, seed = min(best, float(points_of(samples)[1].min())), seed + 1
    return -best


def kept(names: list[str], layers: list[int]) -> list[str]:
    """Rows of the page that are not made anew."""
    text = PAGE.read_text(encoding="utf-8")
    block = text.split("<!-- table: graphs -->\n")[1].split("<!-- end -->")[0].splitlines()[2:]
    cells = [line.split("|") for line in block]
    return [line for line, cell in zip(block, cells) if cell[1].strip() not in names or int(cell[4]) not in layers]


def graphs(names: list[str], layers: list[int]) -> None:
    """Rows of some graphs, written one by one."""
    collection = Collection(SHARED)
    lines = kept(names, layers)
    for name in names:
        problem = collection.get(f"maxcut/{name}.txt", kind="max-cut")
        for depth in layers:
            lines.append(row(problem, name, depth))
            print(lines[-1], flush=True)
            lines.sort(key=lambda line: (int(line.split("|")[1].strip()[1:]), int(line.split("|")[4])))
            write_block(PAGE, "graphs", [HEAD, "|" + "---|" * 16, *lines])


def angles() -> list[str]:
    """Ratios of the fixed angles."""
    lines = ["| layers | " + " | ".join(f"degree {d}" for d in DEGREES) + " |", "|" + "---|" * (1 + len(DEGREES))]
    for p in range(1, MAX_LAYERS + 1):
        lines.append(f"| {p} | " + " | ".join(f"{FIXED_ANGLES[d, p].ratio:.4f}" for d in DEGREES) + " |")
    return lines


def main() -> None:
    """The tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--angles", action="store_true")
    parser.add_argument("--graphs", nargs="*", default=[])
    parser.add_argument("--layers", nargs="*", type=int, default=[1, 2, 3])
    asked = parser.parse_args()
    if asked.angles:
        write_block(PAGE, "angles", angles())
    if asked.speed:
        write_block(PAGE, "speed", speed())
    if asked.graphs:
        graphs(asked.graphs, asked.layers)


if __name__ == "__main__":
    main()
