"""Scores of configurations from ordinary rows of a run folder: what is there is not run again.

The score of a run is ``(1 - gap) * w(t)``: 0 without a feasible answer, gap to the instance's reference, w the linear
utility of the run's seconds where a captime is given, else 1. References are fixed before the first score (literature,
or a run of ``auto``), so that a score never depends on what was tried before it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml

from ...core import Problem, fingerprint, relative_gap
from ...problems.files import save
from ..forecast import GiveUp
from ..sweep.document import parse_document
from ..sweep.folder import prepare
from ..sweep.matrix import Matrix, build_matrix
from ..sweep.runner import Executor, Local, missing_tasks, run_matrix
from ..sweep.store import Store, read_rows, statuses
from .floors import Floors, is_killed, with_floors
from .space import Config

Fidelity = Literal["instances", "shots", "evaluations", "seconds"]
#: Seconds that the run of ``auto`` may take for a reference.
REFERENCE_SECONDS = 3.0


@dataclass(frozen=True)
class Rules:
    """What a score is made of.

    Parameters
    ----------
    fidelity : what grows from rung to rung: ``instances`` (and seeds beyond their number), or a limit of the budget.
    unit : of that limit, so that a rung's budget is ``unit * resource``.
    budget : limits of every run.
    captime : seconds at which an answer is worth nothing; None looks at the gap alone.
    seed : of the repeats.
    stage : whose answer is scored: ``final``, or ``raw`` for what the samples hold before any repair.
    kill_hopeless : stop a run that is foreseen to end worse than the default's on the same instance and limits.
    """

    fidelity: Fidelity = "instances"
    unit: float = 1
    budget: Mapping[str, float] = field(default_factory=dict)
    captime: float | None = None
    seed: int = 0
    stage: Literal["final", "raw"] = "final"
    kill_hopeless: bool = False

    def __post_init__(self) -> None:
        limits = {"unit": self.unit, **self.budget}
        if self.captime is not None:
            limits["captime"] = self.captime
        for name, value in limits.items():
            if not 0 < value < math.inf:
                option = "time-limit" if name == "seconds" else name
                raise ValueError(f"--{option} must be a finite number > 0, got {value!r}; leave it out for its default")


class Scores:
    """Scores of configurations on some instances, kept as rows of a folder."""

    def __init__(
        self, folder: Path, problems: Sequence[Problem], rules: Rules, executor: Executor | None = None
    ) -> None:
        if not problems:
            raise ValueError("a tuning must have an instance, got none; name files or a sweep's YAML")
        self.folder, self.rules = folder, rules
        self.executor = executor or Local(1, folder / "runs.log", idle_seconds=0)
        self.num_runs = self.num_ended = 0
        self.failure = ""
        self.killed: set[str] = set()
        (folder / "inputs").mkdir(parents=True, exist_ok=True)
        self.paths: dict[str, str] = {}
        for problem in problems:
            path = folder / "inputs" / f"{fingerprint(problem)[:16]}.json"
            if not path.exists():
                save(problem, path)
            self.paths[fingerprint(problem)] = str(path.resolve())
        self.senses = {fingerprint(problem): problem.sense for problem in problems}
        self.references = self._references(problems)

    def evaluate(self, configs: Sequence[Config], resource: int) -> list[float]:
        """Mean score of each configuration at a resource."""
        count = len(self.paths)
        budget = dict(self.rules.budget)
        instances, repeats = list(self.paths), 1
        if self.rules.fidelity == "instances":
            instances, repeats = instances[:resource], max(1, math.ceil(resource / count))
        else:
            limit = self.rules.unit * resource
            budget[self.rules.fidelity] = limit if self.rules.fidelity == "seconds" else max(1, round(limit))
        floors = self._floors(configs, instances, budget)
        rows = self._rows({config.label: config.pipeline for config in configs}, instances, budget, repeats, floors)
        return [float(np.mean([self.score(row) for row in rows[config.label]])) for config in configs]

    def by_instance(self, config: Config, repeats: int) -> list[float]:
        """Mean score on each instance, in order, over some repeats: what a paired comparison stands on."""
        budget = dict(self.rules.budget)
        rows = self._rows({config.label: config.pipeline}, list(self.paths), budget, repeats)[config.label]
        return [
            float(np.mean([self.score(row) for row in rows if row["instance"]["fingerprint"] == instance]))
            for instance in self.paths
        ]

    def on_one(self, configs: Sequence[Config], index: int, repeat: int) -> list[float]:
        """Score of each configuration on one instance and repeat."""
        pipelines = {config.label: config.pipeline for config in configs}
        instances, budget = [list(self.paths)[index]], dict(self.rules.budget)
        floors = self._floors(configs, instances, budget)
        rows = self._rows(pipelines, instances, budget, repeat + 1, floors)
        return [self.score(rows[config.label][repeat]) for config in configs]

    def score(self, row: Mapping[str, Any]) -> float:
        """Score of one row."""
        instance = row["instance"]["fingerprint"]
        reference, objective = self.references.get(instance), _objective(row, self.rules.stage)
        if objective is None:
            return 0.0
        if reference is None:
            return 1.0
        gap = relative_gap(objective, reference, self.senses[instance])
        quality = float(objective == reference) if gap is None else max(0.0, 1 - gap)
        if self.rules.captime is None:
            return quality
        spent = float(row["resources"]["seconds"].get("total", math.inf))
        return quality * max(0.0, 1 - spent / self.rules.captime)

    def check_any(self) -> None:
        """Refuse to choose among settings none of whose runs ended.

        Raises
        ------
        ValueError
            With what the first of them said.
        """
        if self.failure and not self.num_ended:
            raise ValueError(
                f"a tuning must have a run that ends, got none (the first said: {self.failure}); "
                "change what it says, and give another --out"
            )

    def _references(self, problems: Sequence[Problem]) -> dict[str, float]:
        known = {fingerprint(p): float(p.best_known.value) for p in problems if p.best_known is not None}
        missing = [instance for instance in self.paths if instance not in known]
        if missing:
            budget = {"seconds": REFERENCE_SECONDS}
            rows = self._rows({"reference": {"solver": {"name": "auto"}}}, missing, budget, 1)["reference"]
            known |= {
                row["instance"]["fingerprint"]: float(row["objective"]) for row in rows if row["objective"] is not None
            }
        return known

    def _floors(self, configs: Sequence[Config], instances: Sequence[str], budget: Mapping[str, float]) -> Floors:
        """The objective of the default's first run on each instance under these limits; none where it found nothing."""
        if not self.rules.kill_hopeless or not configs:
            return {}
        default = configs[0].space.default
        rows = self._rows({default.label: default.pipeline}, instances, budget, 1)[default.label]
        floors = {}
        for row in rows:
            instance, end = row["instance"]["fingerprint"], _objective(row, self.rules.stage)
            if end is not None and instance in self.references:
                floors[instance] = GiveUp(float(end), self.references[instance])
        return floors

    def _rows(
        self,
        pipelines: Mapping[str, Any],
        instances: Sequence[str],
        budget: Mapping[str, float],
        repeats: int,
        floors: Floors | None = None,
    ) -> dict[str, list[dict[str, Any]]]:
        """Rows of pipelines on instances, run where they are missing."""
        spec = {
            "name": "tuning",
            "instances": [self.paths[instance] for instance in instances],
            "pipelines": dict(pipelines),
            "budget": dict(budget),
            "repeats": repeats,
            "seed": self.rules.seed,
        }
        text = yaml.safe_dump(spec, sort_keys=False)
        matrix = build_matrix(parse_document(text, str(self.folder / "tuning.yaml")), self.folder)
        if floors:
            matrix = with_floors(matrix, floors, statuses(self.folder))
        found = _of_labels(matrix, self._run(matrix, text), pipelines)
        failed = [row for rows in found.values() for row in rows if row["status"] == "failed"]
        if "reference" not in pipelines:
            self.num_ended += sum(map(len, found.values())) - len(failed)
            self.failure = self.failure or next((str(row["message"]) for row in failed), "")
        self.killed |= {str(row["id"]) for rows in found.values() for row in rows if is_killed(row)}
        return found

    def _run(self, matrix: Matrix, text: str) -> dict[str, dict[str, Any]]:
        with Store(self.folder) as store:
            prepare(self.folder, matrix, text.encode(), [])
            missing = missing_tasks(matrix, store)
            self.num_runs += len(missing)
            if missing:
                run_matrix(matrix, missing, store, self.executor)
        return {row["id"]: row for row in read_rows(self.folder)}


def _objective(row: Mapping[str, Any], stage: Literal["final", "raw"]) -> float | None:
    """Objective of the row's feasible answer, or of its best feasible sample; None without one."""
    if stage == "raw":
        raw = (row.get("stages") or {}).get("raw") or {}
        return raw.get("objective") if raw.get("feasible") else None
    if row.get("violations") or row["status"] in ("failed", "violated", "infeasible"):
        return None
    return row.get("objective")


def _of_labels(
    matrix: Matrix, rows: Mapping[str, dict[str, Any]], pipelines: Mapping[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {label: [] for label in pipelines}
    for task in matrix.tasks:
        found[matrix.cells[task.cell].variant.label].append(rows[task.id])
    return found


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, for YAML and JSON."""
    return json.loads(json.dumps(value, default=float))
