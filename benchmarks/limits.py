"""Rewrite the tables of docs/limits.md: CPU seconds of every registered solver on every kind at a limit of 2 s.

``python benchmarks/limits.py`` generates the instances itself and runs each cell in a process of its own, forked when
everything is imported, so that a cell that hangs is ended and told. CPU seconds count all threads, the choice of the
encoder and the checks. The package's own clock counts CPU seconds in these processes, so that other work on the machine
changes nothing; OR-Tools and HiGHS keep their own: on two cores they may take up to twice the limit.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from proven_optima import machine
from public import write_block

import qopt
from qopt.core import SOLVERS, Problem, UnsupportedError, budget

PAGE = Path(__file__).resolve().parents[1] / "docs" / "limits.md"
#: A mid-size instance of each kind.
SIZES: Mapping[str, dict[str, Any]] = {
    "tsp": {"n": 120},
    "qap": {"n": 40},
    "mis": {"n": 1500},
    "mdkp": {"n": 2500, "m": 100},
    "multi-knapsack": {"n": 200, "knapsacks": 5},
    "market-share": {"products": 5, "retailers": 44},
    "max-cut": {"n": 2000},
    "qubo": {"n": 400},
    "integer-program": {"n": 100, "m": 20},
    "hubo": {"n": 200},
    "labs": {"length": 60},
    "tsptw": {"n": 40},
    "cvrp": {"n": 40},
    "vrptw": {"n": 40},
}
#: Single instances that were once far beyond their limit.
LARGE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("local-search", "tsp", {"n": 5000}),
    ("auto", "tsp", {"n": 2000}),
    ("auto", "qap", {"n": 100}),
    ("vqe", "qubo", {"n": 22}),
    ("qaoa", "qubo", {"n": 22}),
    ("tabu", "max-cut", {"n": 20000}),
    ("sa", "max-cut", {"n": 20000}),
    ("auto", "mis", {"n": 1500}),
)
#: Names that need a target of their own.
LEFT_OUT = ("dimod",)
#: A cell is ended after this many times its limit, in CPU seconds.
PATIENCE = 10
#: Imported before the processes are forked: the start-up is not what this page is about.
WARM = (
    *("qopt.experiments.run", "qopt.experiments.resolve_pipeline", "qopt.experiments.control", "scipy.optimize"),
    *("scipy.sparse.linalg", "ortools.sat.python.cp_model", "highspy", "networkx", "dimod", "dwave.samplers"),
)


def cell(problem: Problem, solver: str, seconds: float) -> str:
    """CPU seconds of one run in a process of its own; see ``measured``."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(theirs, problem, solver, seconds), daemon=True)
    process.start()
    theirs.close()
    try:
        return str(ours.recv())
    except EOFError:
        return f"> {PATIENCE * seconds:g}" if process.exitcode in (None, -signal.SIGXCPU, -signal.SIGKILL) else "died"
    finally:
        process.kill()
        process.join()


def _measure(answer: Any, problem: Problem, solver: str, seconds: float) -> None:
    most = int(PATIENCE * seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    vars(budget)["time"] = SimpleNamespace(monotonic=time.process_time)
    try:
        answer.send(measured(problem, solver, seconds))
    except Exception as error:  # a cell tells its fault and the others go on
        answer.send(type(error).__name__)


def measured(problem: Problem, solver: str, seconds: float) -> str:
    """CPU seconds of a run; ``-`` where the solver refuses, in ``(...)`` if it took its time to say so, ``!`` where
    nothing feasible came back.
    """
    cpu = time.process_time()
    try:
        record = qopt.solve(problem, solver, seconds=seconds, control=False, reference="none")
    except UnsupportedError:
        spent = time.process_time() - cpu
        return "-" if spent < 0.5 else f"({spent:.1f})"
    spent = time.process_time() - cpu
    return f"{spent:.1f}{'' if record.objective is not None else ' !'}"


def every_solver() -> list[str]:
    """Registered solvers that can run here."""
    return [entry.name for entry in SOLVERS if not entry.missing and entry.name not in LEFT_OUT]


def main() -> None:
    """Run every solver on every kind and rewrite the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--solvers", nargs="+", help="these alone")
    parser.add_argument("--write", action="store_true", help="write the page although it is not all of them")
    parser.add_argument("--kinds", nargs="+", choices=SIZES, default=list(SIZES))
    arguments = parser.parse_args()
    for name in WARM:
        importlib.import_module(name)
    for name in ("auto", "cpsat", "milp", "sa", "qaoa", "vqe"):
        qopt.solve(qopt.generate("mdkp", n=6, m=2, seed=1), name, seconds=1)
    problems = {kind: qopt.generate(kind, seed=1, **SIZES[kind]) for kind in arguments.kinds}
    lines = [f"| solver | {' | '.join(problems)} |", "|---" * (1 + len(problems)) + "|"]
    for name in arguments.solvers or ["auto", *every_solver()]:
        cells = [cell(problem, name, arguments.seconds) for problem in problems.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    large = ["| solver | instance | CPU s |", "|---|---|---|"]
    for name, kind, size in LARGE:
        if arguments.solvers is None or name in arguments.solvers:
            took = cell(qopt.generate(kind, seed=1, **size), name, arguments.seconds)
            large.append(f"| {name} | {kind}, {_told(size)} | {took} |")
            print(large[-1], flush=True)
    is_whole = arguments.solvers is None and len(problems) == len(SIZES)
    if is_whole or arguments.write:
        sizes = [f"{kind} {_told(SIZES[kind])}" for kind in problems]
        write_block(PAGE, "limits", lines)
        write_block(PAGE, "large", large)
        write_block(PAGE, "sizes", [f"Instances: {'; '.join(sizes)}."])
        write_block(PAGE, "machine", [machine()])


def _told(size: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in size.items())


if __name__ == "__main__":
    main()
