"""The rules of native solvers see what they are there for, and every native solver ends when its clock says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from qopt.core import SOLVERS, Budget, Entry, Problem, UnsupportedError
from qopt.core import budget as budget_module
from qopt.problems.generate import generate
from qopt.problems.mis import Mis
from qopt.solvers import native_conformance as rules
from qopt.solvers.base import Outcome

NATIVE = sorted(entry.name for entry in SOLVERS if not entry.missing and rules.built(entry) is not None)
#: Instances that leave each solver something to do.
MIDDLE: dict[str, dict[str, Any]] = {
    "tsp": {"n": 60},
    "qap": {"n": 25},
    "mis": {"n": 120},
    "mdkp": {"n": 60, "m": 5},
    "multi-knapsack": {"n": 30, "knapsacks": 3},
    "market-share": {"products": 4, "retailers": 30},
    "labs": {"length": 24},
    "integer-program": {"n": 20, "m": 4},
    "tsptw": {"n": 12},
    "cvrp": {"n": 15},
    "vrptw": {"n": 15},
}
#: Looks at the clock after it is over, of all loops that end one after another.
MOST_LOOKS = 100


class Clockwork:
    """A clock by itself: nothing passes for some looks, then everything has passed."""

    def __init__(self, looks: int) -> None:
        self.left, self.late = looks, 0

    def monotonic(self) -> float:
        if self.left:
            self.left -= 1
            return 0.0
        self.late += 1
        return 1e6


@pytest.mark.parametrize("looks", [2, 30])
@pytest.mark.parametrize("name", NATIVE)
def test_a_native_solver_ends_when_its_clock_is_over(name: str, looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However far it has come: its loops ask the clock, and it keeps the greedy answer where there is one."""
    solver = rules.built(SOLVERS.get(name))
    assert solver is not None
    taken = 0
    for kind, size in MIDDLE.items():
        problem = generate(kind, seed=1, **size)
        if solver.refusal(problem):
            continue
        taken += 1
        clock = Clockwork(looks)
        with monkeypatch.context() as patched:
            patched.setattr(budget_module, "time", clock)
            outcome = solver.solve(problem, budget=Budget(seconds=0.05), seed=0)
        assert clock.late <= MOST_LOOKS, f"{name} on {kind} looked {clock.late} times at a clock that was over"
        if outcome.solution is not None:
            assert not problem.violations(outcome.solution)
    assert taken


@dataclass(frozen=True)
class Liar:
    """A solver of independent sets that makes one false claim."""

    claim: Callable[[Problem, int], Outcome]
    says: str = "liar must have a mis instance; use cpsat"

    def refusal(self, problem: Problem) -> str:
        return "" if isinstance(problem, Mis) else self.says

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Any = None) -> Outcome:
        if self.refusal(problem) and "go on" not in self.says:
            raise UnsupportedError(self.refusal(problem))
        return self.claim(problem, len(TOLD))


TOLD: list[int] = []


def _none(problem: Problem) -> np.ndarray:
    return np.zeros(problem.size["vertices"], dtype=np.int64)


def _first_or_none(problem: Problem, count: int) -> Outcome:
    TOLD.append(count)
    solution = _none(problem)
    solution[0] = len(TOLD) % 2
    return Outcome(solution=solution)


@pytest.mark.parametrize(
    ("liar", "check", "says"),
    [
        (Liar(lambda p, k: Outcome(solution=_none(p), bound=1)), rules.check_native_claims, "bound"),
        (Liar(lambda p, k: Outcome(solution=_none(p), bound=0, is_optimal=True)), rules.check_native_claims, "bound 0"),
        (Liar(lambda p, k: Outcome(solution=_none(p), is_optimal=True)), rules.check_native_claims, "optimal at 0"),
        (Liar(lambda p, k: Outcome(solution=None, is_infeasible=True)), rules.check_native_claims, "infeasible"),
        (Liar(lambda p, k: Outcome(solution=_none(p) + 1)), rules.check_native_claims, "breaks"),
        (Liar(lambda p, k: Outcome(solution=None, is_infeasible=True)), rules.check_native_limits, "infeasible"),
        (Liar(_first_or_none), rules.check_native_seeds, "one seed"),
        (Liar(lambda p, k: Outcome(solution=None), says="no"), rules.check_native_refusals, "remedy"),
        (Liar(lambda p, k: Outcome(solution=None), says="no; go on"), rules.check_native_refusals, "solve went on"),
    ],
)
def test_the_rules_see_a_solver_that_lies(
    liar: Liar, check: Callable[[Entry], None], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "built", lambda entry: liar)
    with pytest.raises(AssertionError, match=says):
        check(Entry("liar", Liar))
