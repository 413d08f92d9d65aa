"""Rewrite docs/penalties.md: the cost of encoding, what a smaller penalty breaks, and two penalty sweeps.

``python benchmarks/penalties.py --instances DIR [--only encode planted sweeps]``. The planted penalties are tried on
the instances of tests/test_encoder_ground_states.py, whose every state is enumerated. A minute of one core.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from public import write_block

import qopt
from qopt.encoders.slack import Slack
from qopt.experiments.penalty_sweep import penalty_sweep, plot_sweep
from qopt.experiments.resolve_pipeline import choose_pipeline

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "penalties.md"
LARGE = ("qaplib/nug30.dat", "tsplib/pr76.tsp")
FACTORS = (1.0, 0.5, 0.25, 0.1, 0.01)
SWEPT = ("mis.json", "tsp.json")


def encode(folder: Path) -> Iterator[str]:
    """The whole command in a process of its own: seconds of CPU, memory of the QUBO and of the process."""
    yield "| instance | variables | terms | penalty | bytes of the QUBO | peak of the process | CPU s of the command |"
    yield "|---|---|---|---|---|---|---|"
    for file in LARGE:
        words = [sys.executable, "-m", "qopt", "encode", str(folder / file), "--encoder", "slack", "--json"]
        # the first call writes the bytecode that an installed package has
        subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
        before = os.times()
        done = subprocess.run(
            [sys.executable, "-c", PEAK, *words[1:]], cwd=ROOT, check=True, capture_output=True, text=True
        )
        spent = os.times()
        seconds = spent.children_user + spent.children_system - before.children_user - before.children_system
        (row,) = json.loads(done.stdout)["encoders"]
        yield (
            f"| {Path(file).stem} | {row['qubits']:,} | {row['quadratic_terms']:,} | {row['penalty_max']:,.0f} "
            f"| {row['bytes']:,} | {int(done.stderr):,} KiB | {seconds:.2f} |"
        )


#: Runs qopt and says its peak of resident memory.
PEAK = """
import resource, runpy, sys
sys.argv = ["qopt", *sys.argv[3:]]
try:
    runpy.run_module("qopt", run_name="__main__")
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def planted(_: Path) -> Iterator[str]:
    """Ground states of the slack encoding by enumeration, with penalties below the valid ones."""
    tests = _module(ROOT / "tests" / "test_encoder_ground_states.py")
    programs = [one.values[0] for one in tests.PROGRAMS if one.values[0].num_rows]
    yield "| penalties | programs with rows | every ground state an optimum | some ground state is not |"
    yield "|---|---|---|---|"
    for factor in FACTORS:
        holds = sum(_holds(tests, program, factor) for program in programs)
        label = "valid" if factor == 1 else f"{factor:g} of the valid ones"
        yield f"| {label} | {len(programs)} | {holds} | {len(programs) - holds} |"


def _holds(tests: ModuleType, program: qopt.core.BinaryProgram, factor: float) -> bool:
    valid = Slack().encode(program).penalties
    encoding = Slack(penalty={name: factor * value for name, value in valid.items()}).encode(program)
    try:
        tests.assert_exact(program, encoding)
    except AssertionError:
        return False
    return True


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sweeps(_: Path) -> Iterator[str]:
    """Two sweeps of simulated annealing, as `qopt penalty-sweep` runs them, and a picture of the second."""
    yield "| instance | penalty / valid | feasible | raw gap | verdict |"
    yield "|---|---|---|---|---|"
    for file in SWEPT:
        rows, lines = swept(file)
        yield from lines
        name = qopt.load(str(ROOT / "examples" / file)).name
        plot_sweep(rows, ROOT / "docs" / "img" / "penalty_sweep.png", f"{name}: sa on slack")


def swept(file: str) -> tuple[Any, list[str]]:
    """The rows of one penalty sweep, and the table's lines."""
    problem = qopt.load(str(ROOT / "examples" / file))
    pipeline = choose_pipeline(problem, "sa", "slack", options={"num_reads": 100})
    rows = penalty_sweep(problem, pipeline, factors=(0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0)).rows
    lines = []
    for row in rows:
        share = "-" if row.feasible_share is None else f"{row.feasible_share:.0%}"
        gap = "-" if row.gap is None else f"{row.gap:.2%}"
        lines.append(f"| {problem.name} | {row.factor:g} | {share} | {gap} | {row.verdict} |")
    return rows, lines


PARTS: dict[str, Callable[[Path], Iterator[str]]] = {"encode": encode, "planted": planted, "sweeps": sweeps}


def main() -> None:
    """Measure the named parts and rewrite their tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--instances", type=Path, required=True, help="folder of the public instances")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    for name in arguments.only:
        lines = []
        for line in PARTS[name](arguments.instances.resolve()):
            print(line, flush=True)
            lines.append(line)
        write_block(PAGE, name, lines)


if __name__ == "__main__":
    main()
