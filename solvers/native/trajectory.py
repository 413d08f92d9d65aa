"""One seeded search from a constructed start, the way that the tabu searches of native solvers run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from ...core import Budget, Clock, Problem, Solution
from ..base import Outcome, Report
from .incumbent import Incumbent

P = TypeVar("P", bound=Problem)


class Search(Protocol):
    """Hands ever better solutions to ``on_better``; whether it said that this is enough."""

    def __call__(
        self,
        start: Solution,
        rng: np.random.Generator,
        *,
        num_steps: int | None,
        is_over: Callable[[], bool],
        on_better: Callable[[Solution], bool],
    ) -> bool: ...


@dataclass(frozen=True)
class Trajectory:
    """A search with its number of steps, which counts only where no time limit is given.

    Parameters
    ----------
    engine : its name in the outcome's info.
    """

    search: Search
    num_steps: int
    engine: str

    def run(
        self, problem: P, construct: Callable[[P], Solution], *, budget: Budget, seed: int, report: Report | None
    ) -> Outcome:
        """The best solution within the budget, of the start and the search; no bound. The start's time counts."""
        clock = Clock(budget.seconds)
        incumbent = Incumbent(problem, clock, budget.target, report)
        start = construct(problem)
        is_done = incumbent.offer(start) or self.search(
            start,
            np.random.default_rng(seed),
            num_steps=None if budget.seconds is not None else self.num_steps,
            is_over=lambda: clock.is_over,
            on_better=incumbent.offer,
        )
        info = {"engine": self.engine, "is_replayable": budget.seconds is None or is_done}
        return incumbent.outcome(bound=None, is_proven=False, info=info)
