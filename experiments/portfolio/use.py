"""Solve an instance by a portfolio: what it chose, what it predicted, and what came out, in the Record.

The Record is that of the pipeline that found the answer, so it replays as any other;
``resources.extra.portfolio`` holds the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...core import Budget, Clock, Problem, Record, Status
from .features import features_of
from .train import Portfolio

#: Seconds of a run that is begun with no time left, so that there is a Record.
MIN_SECONDS = 1e-9
#: Runs a named pipeline of the portfolio within a budget.
RunOne = Callable[[Mapping[str, Any], Budget], Record]


@dataclass(frozen=True)
class Choice:
    """The slices to run, in order (seconds None: the caller's budget), and the prediction for every pipeline."""

    mode: str
    slices: Sequence[tuple[str, float | None]]
    predicted: Mapping[str, Mapping[str, float]]
    reason: str

    @property
    def text(self) -> str:
        """The choice and its prediction in one line."""
        label = self.slices[0][0]
        told = self.predicted[label]
        head = f"portfolio ({self.mode}; {self.reason}): {label}"
        if len(self.slices) > 1:
            head += " for " + ", then ".join(f"{one} {seconds:.3g} s" for one, seconds in self.slices if seconds)
        return f"{head}, predicted {told['seconds']:.3g} s to the target, {told['failure']:.0%} never reach it"


def choose(trained: Portfolio, problem: Problem) -> Choice:
    """What to run on an instance.

    Examples
    --------
    A selector runs the pipeline of the largest predicted worth; a schedule its slices, whatever the instance.
    """
    features = features_of(problem)
    predicted = trained.models.predicted(features)
    slices: list[tuple[str, float | None]] = [(trained.models.single, None)]
    if trained.mode == "selector":
        slices = [(trained.models.chosen(features), None)]
    elif trained.mode == "schedule" and trained.models.schedule:
        slices = list(trained.models.schedule)
    reason = trained.reason
    if trained.kinds and problem.kind not in trained.kinds:
        reason += f"; learnt from no {problem.kind}"
    return Choice(trained.mode, slices, predicted, reason)


def solve_by(trained: Portfolio, problem: Problem, choice: Choice, budget: Budget, run_one: RunOne) -> Record:
    """The best Record of the slices; it ends at a proof or at the budget's seconds.

    Limits that the budget leaves open are those of the runs that were learnt from (shots, evaluations, rounds).

    A slice that cannot run (a solver that refuses the instance) is told in the Record, and the next one runs; where
    none could, the single best runs with the whole budget.

    Raises
    ------
    ValueError, RuntimeError
        What the last pipeline said, where none could run.
    """
    clock = Clock(budget.seconds)
    limits_of_training = {key: value for key, value in trained.budget.items() if getattr(budget, key) is None}
    budget = replace(budget, **limits_of_training)  # type: ignore[arg-type]
    done: list[dict[str, Any]] = []
    best: Record | None = None
    slices = [*choice.slices, (trained.models.single, None)]
    for position, (label, seconds) in enumerate(slices):
        if position == len(choice.slices) and best is not None:
            break
        left = clock.remaining
        if left is not None and left <= 0 and best is not None:
            break
        limits = [value for value in (seconds, left if left is None else max(left, MIN_SECONDS)) if value is not None]
        try:
            record = run_one(trained.pipelines[label], replace(budget, seconds=min(limits) if limits else None))
        except (ValueError, RuntimeError) as error:
            if position == len(slices) - 1:
                raise
            done.append({"pipeline": label, "seconds": seconds, "refusal": str(error)})
            continue
        spent = record.resources.seconds.get("total")
        done.append({"pipeline": label, "limit": seconds, "seconds": spent, "objective": record.objective})
        best = record if best is None else _better(best, record, problem.sense)
        if record.status in (Status.OPTIMAL, Status.INFEASIBLE):
            break
    assert best is not None
    return _carrying(best, choice, done)


def _better(first: Record, second: Record, sense: str) -> Record:
    if second.status in (Status.OPTIMAL, Status.INFEASIBLE) or first.objective is None:
        return second
    if second.objective is None:
        return first
    is_better = second.objective < first.objective if sense == "min" else second.objective > first.objective
    return second if is_better else first


def _carrying(record: Record, choice: Choice, done: Sequence[Mapping[str, Any]]) -> Record:
    reached = next((t for t, value in record.trace if value == record.objective), None)
    told = {
        "mode": choice.mode,
        "reason": choice.reason,
        "chosen": [label for label, _ in choice.slices],
        "predicted": {label: dict(values) for label, values in choice.predicted.items()},
        "slices": [dict(one) for one in done],
        "came_out": {"objective": record.objective, "gap": record.gap, "seconds_to_it": reached},
    }
    return replace(record, resources=replace(record.resources, extra={**record.resources.extra, "portfolio": told}))
