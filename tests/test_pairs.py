"""Every pair of a kind and a solver works or is refused in one line that says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import qopt
from qopt.core import PROBLEMS, SOLVERS, Problem, Record, Status, UnsupportedError, accepted_fields
from qopt.experiments.resolve_pipeline import is_sampler

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
FILES = {
    "tsp": "tsp4.json",
    "mdkp": "mdkp.json",
    "mis": "mis.json",
    "qap": "qap3.json",
    "market-share": "market-share.json",
    "max-cut": "max-cut.json",
    "qubo": "qubo.json",
    "multi-knapsack": "multi-knapsack.json",
    "tsptw": "tsptw.json",
    "cvrp": "cvrp.json",
    "vrptw": "vrptw.json",
    "integer-program": "integer-program.json",
}
#: Kinds of any degree: their quadratised examples take circuits of 24 qubits, so smaller instances stand for them.
ANY_DEGREE: dict[str, dict[str, Any]] = {
    "hubo": {"n": 5, "degree": 4, "terms": 6, "seed": 1},
    "labs": {"length": 5},
}
#: Fewer evaluations, reads and steps than the defaults: these tests ask whether a pair works, not how well.
FEW = {"num_shots": 100, "num_reads": 20, "num_sweeps": 200, "num_steps": 2000}
SMALL: dict[str, dict[str, Any]] = {
    "adapt": {"num_layers": 1, "pool": "single"},
    "xy": {"num_layers": 1, "num_starts": 1},
    "local-search": {"seconds": 0.5},
    "routing": {"seconds": 0.5},
    "pyvrp": {"seconds": 0.5},
    "exact": {"seconds": 1.0},
    "qrao": {"encoder": "unbalanced"},  # 15 qubits of slack take half a minute
}
NEEDS_ARGUMENTS = {"dimod"}


def test_every_kind_has_an_example() -> None:
    assert set(FILES) | set(ANY_DEGREE) == {entry.name for entry in PROBLEMS}
    assert all((EXAMPLES / f"{kind}.json").exists() for kind in ANY_DEGREE)


def solved_or_refused(problem: Problem, solver: str, options: dict[str, Any]) -> Record | str:
    try:
        return qopt.solve(problem, solver=solver, seed=1, **options)
    except UnsupportedError as error:
        return str(error)


@pytest.mark.parametrize("solver", [entry.name for entry in SOLVERS if entry.name not in NEEDS_ARGUMENTS])
@pytest.mark.parametrize("kind", [*FILES, *ANY_DEGREE])
def test_a_pair_works_or_says_why_not(kind: str, solver: str) -> None:
    entry = SOLVERS.get(solver)
    if entry.missing:
        pytest.skip(entry.missing)
    is_small = kind in ANY_DEGREE
    problem = qopt.generate(kind, **ANY_DEGREE[kind]) if is_small else qopt.load(str(EXAMPLES / FILES[kind]))
    fields = accepted_fields(entry.make)
    options = {name: value for name, value in FEW.items() if name in fields} | SMALL.get(solver, {})
    if is_sampler(solver):
        options.setdefault("evaluations", 5)
    record = solved_or_refused(problem, solver, options)
    if isinstance(record, str):
        assert "\n" not in record
        assert ";" in record, "a refusal names the remedy behind a semicolon"
        return
    assert record.status in (Status.OPTIMAL, Status.FEASIBLE)
    assert record.objective is not None
    assert record.gap is not None or record.reference.value == 0 or problem.best_known is None
    if record.bound is not None and problem.best_known is not None:
        known = float(problem.best_known.value)
        slack = 1e-9 * abs(known)
        assert record.bound <= known + slack if problem.sense == "min" else record.bound >= known - slack
    if record.status is Status.OPTIMAL:
        assert record.gap in (0.0, None)
