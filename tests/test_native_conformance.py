"""Every native solver on every kind, by enumeration: true status, bounds on the right side, seeds, refusals."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from qopt.core import SOLVERS, Budget, Problem, UnsupportedError, fingerprint, from_spec
from qopt.solvers.base import NativeSolver, Outcome
from tests.odd_instances import MAKERS, make, optimum

#: Instances of each kind with odd numbers; QOPT_ODD_INSTANCES asks for more.
ODD = int(os.environ.get("QOPT_ODD_INSTANCES", "64"))
#: What searches without a bound of their own do where there is no time limit.
FEW = {"num_steps": 200, "num_kicks": 30, "num_optima": 10, "iterations": 50, "num_iterations": 50}
KINDS = list(MAKERS)


def native_solvers() -> list[str]:
    names = []
    for entry in SOLVERS:
        if not entry.missing and isinstance(entry.make, type) and hasattr(entry.make, "solve"):
            names.append(entry.name)
    return sorted(names)


def built(name: str) -> Any:
    """The solver with its settings, but few steps."""
    solver = from_spec("solvers", name)
    given = {field.name: FEW[field.name] for field in fields(solver) if field.name in FEW}
    return replace(solver, **given)


@cache
def plain(kind: str, index: int) -> tuple[Problem, float | None]:
    """An instance of small integers, and its optimum."""
    rng = np.random.default_rng([index, KINDS.index(kind), 7])
    while True:
        problem = make(kind, rng)
        arrays = [v for v in vars(problem).values() if isinstance(v, np.ndarray) and v.size]
        if all(np.abs(v).max() < 1000 and (v % 1 == 0).all() for v in arrays):
            return problem, optimum(problem)


def check(problem: Problem, best: float | None, outcome: Outcome, who: str) -> None:
    """What an outcome may not claim, whatever the numbers are like."""
    sign = 1.0 if problem.sense == "min" else -1.0
    if outcome.is_infeasible:
        assert best is None, f"{who} calls a feasible instance infeasible: {problem}"
        return
    if best is None:
        assert outcome.solution is None
        return
    margin = 1e-9 * max(1.0, abs(best)) if abs(best) >= 1 else 1e-9 * abs(best) + 1e-16
    if outcome.bound is not None:
        assert sign * float(outcome.bound) <= sign * best + margin, f"{who}: false bound {outcome.bound}, right {best}"
    if outcome.solution is not None:
        assert not problem.violations(outcome.solution)
        if outcome.is_optimal:
            found = float(problem.objective(outcome.solution))
            assert abs(found - best) <= margin, f"{who}: 'optimal' at {found}, right {best}"


def test_the_suite_sees_the_native_solvers() -> None:
    known = {"cpsat", "milp", "greedy", "gilmore-lawler", "robust-tabu", "mis-tabu", "market-split", "held-karp"}
    assert known <= set(native_solvers())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", native_solvers())
def test_small_integers_are_solved_as_promised(name: str, kind: str) -> None:
    solver = built(name)
    assert isinstance(solver, NativeSolver)
    budget = Budget(seconds=0.5) if name == "routing" else Budget()  # it searches for 5 s where nobody says
    for index in range(4):
        problem, best = plain(kind, index)
        refusal = solver.refusal(problem)
        if refusal:
            assert ";" in refusal or "use " in refusal, f"the refusal must name a remedy: {refusal}"
            with pytest.raises(UnsupportedError, match=r".+"):
                solver.solve(problem, budget=Budget(), seed=0)
            return
        outcome = solver.solve(problem, budget=budget, seed=3)
        check(problem, best, outcome, name)
        if name in ("cpsat", "milp"):
            assert outcome.is_optimal or outcome.is_infeasible, f"{name} must end small instances, {outcome}"
        again = solver.solve(problem, budget=budget, seed=3)
        if outcome.info.get("is_replayable", True):
            assert outcome.bound == again.bound
            assert (outcome.solution is None) == (again.solution is None)
            if outcome.solution is not None:
                assert outcome.solution.tolist() == again.solution.tolist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["cpsat", "milp", "gilmore-lawler", "market-split", "held-karp"])
def test_odd_numbers_get_no_false_word(name: str, kind: str) -> None:
    """Magnitudes from 1e-8 to 1e15, decimals, negatives, zero rows: what is claimed is what enumeration finds."""
    solver = built(name)
    drawn = [make(kind, np.random.default_rng([index, KINDS.index(kind)])) for index in range(ODD)]
    problems = list({fingerprint(problem): problem for problem in drawn}.values())  # of LABS there are but few
    solved, count = 0, len(problems)
    for index, problem in enumerate(problems):
        if solver.refusal(problem):
            continue
        try:
            outcome = solver.solve(problem, budget=Budget(seconds=20.0), seed=index)
        except UnsupportedError:
            continue
        solved += 1
        check(problem, optimum(problem), outcome, f"{name} on {kind} {index}")
    if name in ("cpsat", "milp"):
        assert solved >= count // 2, f"{name} refused {count - solved} of {count}"


@pytest.mark.parametrize("name", ["robust-tabu", "mis-tabu", "market-split", "cpsat", "milp", "local-search"])
def test_a_target_that_the_start_meets_ends_the_run(name: str) -> None:
    for kind in KINDS:
        solver = built(name)
        problem, best = plain(kind, 0)
        if best is None or solver.refusal(problem):
            continue
        far = best + 1e6 if problem.sense == "min" else best - 1e6
        outcome = solver.solve(problem, budget=Budget(target=far), seed=0)
        assert outcome.solution is not None
        assert len(outcome.trace) == 1
