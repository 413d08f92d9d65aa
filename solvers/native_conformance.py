"""Rules that every native solver keeps, on all kinds at two small sizes: part of what ``qopt check-plugin NAME`` runs.

Optima are found by looking at every solution. Quality is not judged: a solver may end with any solution, or none, but
what it claims of bounds, proofs and emptiness must be so, with every limit.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np

from ..core import Budget, Entry, Problem, Solution, UnsupportedError, from_spec
from ..core.margins import scaled_margin
from ..problems.generate import generate
from ..problems.hubo import Hubo
from ..problems.integer_program import IntegerProgram
from ..problems.labs import Labs
from ..problems.market_share import MarketShare
from ..problems.multi_knapsack import MultiKnapsack
from ..problems.qap import Qap
from ..problems.tsp import Tsp
from ..problems.tsptw import Tsptw
from ..problems.vehicles import Cvrp, Vrptw, solution_of
from .base import NativeSolver, Outcome

#: Instances by kind, the smallest first.
SIZES: Mapping[str, tuple[dict[str, Any], ...]] = {
    "tsp": ({"n": 3}, {"n": 7}),
    "qap": ({"n": 3}, {"n": 5}),
    "mis": ({"n": 4}, {"n": 9}),
    "mdkp": ({"n": 4, "m": 1}, {"n": 9, "m": 3}),
    "multi-knapsack": ({"n": 3, "knapsacks": 1}, {"n": 5, "knapsacks": 2}),
    "market-share": ({"products": 1, "retailers": 5}, {"products": 2, "retailers": 9}),
    "max-cut": ({"n": 4}, {"n": 8}),
    "qubo": ({"n": 4}, {"n": 9}),
    "integer-program": ({"n": 2, "m": 1}, {"n": 4, "m": 2}),
    "hubo": ({"n": 5}, {"n": 8}),
    "labs": ({"length": 5}, {"length": 9}),
    "tsptw": ({"n": 2}, {"n": 5}),
    "cvrp": ({"n": 2}, {"n": 5}),
    "vrptw": ({"n": 2}, {"n": 5}),
}
#: Settings of searches without an end of their own.
FEW = {"num_steps": 200, "num_kicks": 30, "num_optima": 10, "iterations": 50, "num_iterations": 50, "seconds": 0.1}


@cache
def instance(kind: str, index: int) -> Problem:
    """The instance of a kind at one of its sizes."""
    problem: Problem = generate(kind, seed=index, **SIZES[kind][index])
    return problem


def solutions(problem: Problem) -> Iterator[Solution]:
    """Every candidate solution of a small instance."""
    match problem:
        case Tsp():
            n = problem.num_cities
            yield from (np.array([0, *rest][:n]) for rest in itertools.permutations(range(1, n)))
        case Qap():
            yield from map(np.array, itertools.permutations(range(problem.num_facilities)))
        case Tsptw():
            yield from map(np.array, itertools.permutations(range(1, problem.num_customers + 1)))
        case Cvrp() | Vrptw():
            yield from _routes(problem.num_customers)
        case MultiKnapsack():
            places = range(problem.num_knapsacks + 1)
            yield from map(np.array, itertools.product(places, repeat=problem.num_items))
        case IntegerProgram():
            ranges = [range(low, high + 1) for low, high in zip(problem.minimum.tolist(), problem.maximum.tolist())]
            yield from map(np.array, itertools.product(*ranges))
        case _:
            yield from map(np.array, itertools.product((0, 1), repeat=_num_bits(problem)))


def _num_bits(problem: Problem) -> int:
    if isinstance(problem, MarketShare):
        return int(problem.demands.shape[1])
    if isinstance(problem, Hubo | Labs):
        return problem.num_bits
    return next(iter(problem.formulations.values())).size(problem).variables


def _routes(n: int) -> Iterator[Solution]:
    for order in itertools.permutations(range(1, n + 1)):
        for cuts in itertools.product((False, True), repeat=max(0, n - 1)):
            ends = [0, *(k + 1 for k, is_cut in enumerate(cuts) if is_cut), n]
            yield solution_of([order[start:end] for start, end in itertools.pairwise(ends)])


@cache
def optimum(kind: str, index: int) -> float | None:
    """The best objective of an instance; None where it has no solution."""
    problem = instance(kind, index)
    values = [float(problem.objective(x)) for x in solutions(problem) if not problem.violations(x)]
    if not values:
        return None
    return min(values) if problem.sense == "min" else max(values)


def assert_claims(problem: Problem, best: float | None, outcome: Outcome) -> None:
    """What an outcome says must be so.

    Parameters
    ----------
    best : the optimum; None where there is no solution.
    """
    what = f"{problem.kind} {problem.name}"
    if outcome.is_infeasible:
        assert best is None, f"{what}: called infeasible, but has a solution of {best}"
        assert outcome.solution is None, f"{what}: called infeasible beside a solution"
        return
    if outcome.solution is None:
        assert not outcome.is_optimal, f"{what}: called optimal without a solution"
    else:
        assert not problem.violations(outcome.solution), f"{what}: the solution breaks the instance"
    if best is None:
        return
    sign = 1.0 if problem.sense == "min" else -1.0
    margin = scaled_margin(best)
    if outcome.bound is not None:
        assert sign * float(outcome.bound) <= sign * best + margin, f"{what}: bound {outcome.bound}, optimum {best}"
    if outcome.is_optimal and outcome.solution is not None:
        found = float(problem.objective(outcome.solution))
        assert abs(found - best) <= margin, f"{what}: called optimal at {found}, optimum {best}"


def built(entry: Entry) -> NativeSolver | None:
    """The solver with few steps; None for what is no native solver."""
    if not (isinstance(entry.make, type) and hasattr(entry.make, "solve")):
        return None
    solver: Any = from_spec("solvers", entry.name)
    few = {field.name: FEW[field.name] for field in fields(solver) if field.name in FEW}
    made: NativeSolver = replace(solver, **few)
    return made


def accepted(solver: NativeSolver) -> Iterator[tuple[str, int, Problem]]:
    """The instances that a solver takes, as kind, index, problem."""
    for kind, sizes in SIZES.items():
        for index in range(len(sizes)):
            problem = instance(kind, index)
            if not solver.refusal(problem):
                yield kind, index, problem


def check_native_claims(entry: Entry) -> None:
    """native: bounds on the right side, optimal and infeasible only where they are"""
    solver = built(entry)
    if solver is None:
        return
    taken = 0
    for kind, index, problem in accepted(solver):
        taken += 1
        assert_claims(problem, optimum(kind, index), solver.solve(problem, budget=Budget(seconds=0.1), seed=index))
    assert taken, f"none of the kinds {', '.join(SIZES)} is taken at a small size"


def check_native_limits(entry: Entry) -> None:
    """native: no time at all, and a target that any solution meets, lead to no false claim"""
    solver = built(entry)
    if solver is None:
        return
    for kind, index, problem in accepted(solver):
        far = 1e12 if problem.sense == "min" else -1e12
        for budget in (Budget(seconds=1e-6), Budget(seconds=0.1, target=far)):
            refusal = ""
            try:
                assert_claims(problem, optimum(kind, index), solver.solve(problem, budget=budget, seed=0))
            except UnsupportedError as error:
                refusal = str(error)
            assert not refusal or "; " in refusal, f"a refusal for lack of time must name a remedy, got {refusal!r}"


def check_native_seeds(entry: Entry) -> None:
    """native: the same seed gives the same answer, unless info says that it need not; the instance stays as it was"""
    solver = built(entry)
    if solver is None:
        return
    for _, index, problem in accepted(solver):
        if index:  # one size a kind
            continue
        before = getattr(problem, "fingerprint", None)
        first, again = (solver.solve(problem, budget=Budget(), seed=2) for _ in range(2))
        if not first.info.get("is_replayable", True):
            continue
        told = [None if x.solution is None else x.solution.tolist() for x in (first, again)]
        assert told[0] == told[1], f"two runs of {problem.kind} with one seed gave {told[0]} and {told[1]}"
        assert first.bound == again.bound, f"two runs of {problem.kind} gave the bounds {first.bound} and {again.bound}"
        assert getattr(problem, "fingerprint", None) == before, f"the {problem.kind} instance was changed"


def check_native_refusals(entry: Entry) -> None:
    """native: what is refused is refused in one line with a remedy, by solve too"""
    solver = built(entry)
    if solver is None:
        return
    for kind in SIZES:
        problem = instance(kind, 0)
        refusal = solver.refusal(problem)
        if not refusal:
            continue
        assert "\n" not in refusal, f"a refusal is one line, got {refusal!r}"
        assert "; " in refusal, f"a refusal must name a remedy behind a semicolon, got {refusal!r}"
        try:
            solver.solve(problem, budget=Budget(), seed=0)
        except UnsupportedError:
            continue
        raise AssertionError(f"{kind} is refused, but solve went on")


CHECKS = (check_native_claims, check_native_limits, check_native_seeds, check_native_refusals)
