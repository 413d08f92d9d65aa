"""``qopt solve --portfolio FILE``: the choice before the run, and one line of what came out after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .terminal import echo

if TYPE_CHECKING:
    from ..core import Budget, Problem, Record
    from ..experiments.portfolio.train import Portfolio
    from ..experiments.portfolio.use import Choice


@dataclass(frozen=True, eq=False)
class ByPortfolio:
    """A portfolio and what it chose for the instance."""

    trained: Portfolio
    choice: Choice
    problem: Problem

    @staticmethod
    def of(
        file: Path | None, problem: Problem, solver: str, encoder: str | None, given: Mapping[str, Any]
    ) -> ByPortfolio:
        """Read the file and choose.

        Raises
        ------
        ValueError
            No file was named, or solver, encoder or their fields were too: the portfolio brings its own.
        """
        from ..core import SOLVERS
        from ..experiments.portfolio.file import read_portfolio
        from ..experiments.portfolio.use import choose

        if file is None:
            raise ValueError(
                "--solver portfolio must have --portfolio FILE, got none; make one with `qopt portfolio train`"
            )
        if solver not in ("auto", "portfolio") or encoder is not None or given:
            raise ValueError("--portfolio names solver, encoder and their fields; leave out those on the command line")
        trained = read_portfolio(file)
        choice = choose(trained, problem)
        for label, _ in choice.slices:
            name = trained.pipelines[label]["solver"]["name"]
            try:
                SOLVERS.get(name)
            except ValueError:
                raise ValueError(
                    f"{file} must name solvers that are here, got {name!r} ({label}); load its --plugin, or train anew"
                ) from None
        return ByPortfolio(trained, choice, problem)

    @property
    def first(self) -> tuple[Any, Any]:
        """Solver and encoder of the first slice."""
        spec = self.trained.pipelines[self.choice.slices[0][0]]
        return spec["solver"], spec.get("encoder")

    def solve(
        self,
        budget: Budget,
        *,
        seed: int,
        formulation: str | None,
        switches: Mapping[str, Any],
        more: Mapping[str, Any],
    ) -> Record:
        """The Record, with the choice in it; where a progress is reported, the choice and what came out of it too."""
        from ..experiments.portfolio.use import solve_by
        from ..experiments.resolve_pipeline import choose_pipeline
        from ..experiments.run import run

        def one(spec: Mapping[str, Any], limits: Budget) -> Record:
            pipeline = choose_pipeline(self.problem, spec["solver"], spec.get("encoder"), formulation, {}, **switches)
            return run(self.problem, pipeline, budget=limits, seed=seed, **more)

        if more["report"] is not None:
            echo(self.choice.text, err=True)
        record = solve_by(self.trained, self.problem, self.choice, budget, one)
        if more["report"] is not None:
            told = record.resources.extra["portfolio"]["came_out"]
            when = "no answer" if told["seconds_to_it"] is None else f"its answer after {told['seconds_to_it']:.3g} s"
            gap = "no gap known" if told["gap"] is None else f"gap {told['gap']:.2%}"
            echo(f"portfolio: came out: {when}, {gap}", err=True)
        return record
