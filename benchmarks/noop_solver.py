"""Plugin for the runner's overhead: a native solver that does nothing (qopt --plugin benchmarks/noop_solver.py ...)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qopt.core import SOLVERS, Budget, Problem
from qopt.solvers.base import Outcome


@SOLVERS.register("noop")
@dataclass(frozen=True)
class Noop:
    """Finds nothing, at once; ``like: cpsat`` has the runner load what that solver needs."""

    like: str = ""

    def refusal(self, problem: Problem) -> str:
        return ""

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Any = None) -> Outcome:
        return Outcome(None)
