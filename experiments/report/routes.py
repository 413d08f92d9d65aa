"""The best verified routes of a few instances, for pictures: solutions of the rows on the instances beside them.

Rows do not hold an instance's data; the run folder does. Each answer is checked anew against them before it is drawn.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Problem, Solution, fingerprint, signed
from ...core.margins import scaled_margin
from ..plot_routes import ROUTED, routes_in
from ..sweep.folder import instance_of
from ..sweep.store import rows_path
from .runs import Run, RunSet

#: Instances with a picture, and customers beyond which a picture could not be read.
MAX_PICTURES = 5
MAX_CUSTOMERS = 200
#: Rows that did not verify that are told of.
MAX_NOTES = 5


@dataclass(frozen=True, eq=False)
class RouteAnswer:
    """A verified answer with its run and its instance; routes are lists of customers."""

    run: Run
    problem: Any
    routes: Sequence[Sequence[int]]


@dataclass(frozen=True, eq=False)
class RouteAnswers:
    """What is drawn, and sentences on what is not and why; both empty for rows without routing."""

    drawn: Sequence[RouteAnswer] = ()
    notes: Sequence[str] = ()


def route_answers(runs: RunSet) -> RouteAnswers:
    """The best verified answer of each of at most MAX_PICTURES instances, of every kind of routing in turn."""
    best: dict[str, list[Run]] = {}
    for run in runs.runs:
        if run.kind in ROUTED and run.objective is not None:
            best.setdefault(run.instance, []).append(run)
    order = _in_turn([sample for sample in runs.instances.values() if sample.instance in best])
    chosen = [sample for sample in order if sample.size <= MAX_CUSTOMERS][:MAX_PICTURES]
    notes: list[str] = []
    drawn = []
    for sample in chosen:
        answer, faults = _first_verified(runs, sample, best[sample.instance])
        drawn += [] if answer is None else [answer]
        notes += faults
    notes = [
        *notes[:MAX_NOTES],
        *([f"{len(notes) - MAX_NOTES:,} more of this kind."] if len(notes) > MAX_NOTES else []),
    ]
    if len(chosen) < len(order):
        notes.append(
            f"Pictures of at most {MAX_PICTURES} instances of up to {MAX_CUSTOMERS} customers; "
            f"{len(order) - len(chosen):,} more have routes: `qopt plot RECORD` draws any record."
        )
    return RouteAnswers(drawn, notes)


def _in_turn(samples: Sequence[Run]) -> list[Run]:
    """One of each kind, then the second of each, so that a handful shows every kind."""
    by_kind: dict[str, list[Run]] = {}
    for sample in samples:
        by_kind.setdefault(sample.kind, []).append(sample)
    return [sample for sample in chain.from_iterable(zip_longest(*by_kind.values())) if sample is not None]


def _first_verified(runs: RunSet, sample: Run, found: Sequence[Run]) -> tuple[RouteAnswer | None, list[str]]:
    """The best run whose solution gives its objective on the instance's data; what is told of those before it."""
    try:
        problem = instance_of(rows_path(Path(runs.source)).parent, sample.instance)
    except (ValueError, OSError) as error:
        return None, [f"{sample.name}: no picture, since its data are not to be had ({error})."]
    if fingerprint(problem) != sample.instance:
        return None, [f"{sample.name}: no picture, since the instance beside the rows is another one."]
    faults: list[str] = []
    place = {label: i for i, label in enumerate(runs.pipelines)}
    ranked = sorted(found, key=lambda run: (_cost(run), place[run.pipeline], run.seed, run.id))
    for run in ranked:
        try:
            solution = _solution(runs, run)
            _check(problem, solution, run)
            return RouteAnswer(run, problem, routes_in(problem, solution)), faults
        except ValueError as error:
            faults.append(f"{sample.name}: the answer of row {run.id[:12]} is not drawn: {error}.")
    return None, faults


def _cost(run: Run) -> float:
    assert run.objective is not None
    return signed(run.sense, run.objective)


def _solution(runs: RunSet, run: Run) -> Solution:
    values = json.loads(runs.lines.get(run.id, b"{}")).get("solution")
    if not isinstance(values, list) or not all(type(value) is int and abs(value) < 2**31 for value in values):
        raise ValueError("it holds no solution of whole numbers")
    return np.array(values, dtype=np.int64)


def _check(problem: Problem, solution: Solution, run: Run) -> None:
    broken = list(problem.violations(solution))
    if broken:
        raise ValueError(f"it breaks {', '.join(broken[:3])}")
    value = float(problem.objective(solution))
    assert run.objective is not None
    if abs(value - run.objective) > scaled_margin(value):
        raise ValueError(f"its routes give {value:g}, and the row says {run.objective:g}")
