"""The rows of a sweep as the report sees them: one Run each, measured against one reference for each instance.

A row's own reference may be this run's proof alone. Here every instance has one reference for all its runs: the
strongest of what the literature and all runs together know, with its kind. Gaps are computed anew against it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ...core import Sense, absolute_gap, relative_gap, signed
from ..sweep.folder import sweep_document
from ..sweep.store import read_lines, rows_path
from .row import KINDS, QUANTUM, STAGES, Point, Run, StageName, Yardstick, run_of
from .row_types import check_row


@dataclass(frozen=True, eq=False)
class RunSet:
    """All runs of a folder, the latest of each id; ``lines`` are the rows as they stand in the store, by id."""

    runs: Sequence[Run]
    lines: Mapping[str, bytes] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    def against_program(self) -> RunSet:
        """These runs with the control on the whole program in the place of that on the sampler's own ground."""
        there = [replace(run, control=run.control_program) for run in self.runs if run.control_program]
        found = RunSet(there, document=self.document, source=self.source)
        found.__dict__["references"] = self.references  # of all runs, not of these alone
        return found

    def against_uniform(self) -> RunSet:
        """The runs that are judged by points of their own start, with uniform points as their control instead."""
        there = [replace(run, control=run.control_uniform) for run in self.runs if run.start and run.control_uniform]
        found = RunSet(there, document=self.document, source=self.source)
        found.__dict__["references"] = self.references  # of all runs, not of these alone
        return found

    @cached_property
    def pipelines(self) -> tuple[str, ...]:
        """Labels in the order of the spec, further ones as they appear."""
        seen = dict.fromkeys(run.pipeline for run in self.runs)
        order = [label for label in self.document.get("pipelines", ()) if label in seen]
        return tuple(dict.fromkeys([*order, *seen]))

    @cached_property
    def tested(self) -> tuple[str, ...]:
        """Pipelines of which some run was done: what never ran is in no test and in no ranking."""
        return tuple(
            label for label in self.pipelines if any(run.status != "failed" for run in self.by_pipeline[label])
        )

    @cached_property
    def references(self) -> dict[str, Yardstick]:
        """The one reference of each instance, by fingerprint."""
        by_instance: dict[str, list[Run]] = {}
        for run in self.runs:
            by_instance.setdefault(run.instance, []).append(run)
        return {instance: strongest(runs) for instance, runs in by_instance.items()}

    @cached_property
    def by_pipeline(self) -> dict[str, list[Run]]:
        found: dict[str, list[Run]] = {label: [] for label in self.pipelines}
        for run in self.runs:
            found[run.pipeline].append(run)
        return found

    @cached_property
    def by_cell(self) -> dict[tuple[str, str], list[Run]]:
        """Runs by instance and pipeline, in order of seed."""
        found: dict[tuple[str, str], list[Run]] = {}
        for run in sorted(self.runs, key=lambda run: run.seed):
            found.setdefault((run.instance, run.pipeline), []).append(run)
        return found

    @cached_property
    def instances(self) -> dict[str, Run]:
        """One run of each instance, for its name, kind and size; by kind, size, name."""
        seen: dict[str, Run] = {}
        for run in self.runs:
            seen.setdefault(run.instance, run)
        return dict(sorted(seen.items(), key=lambda item: (item[1].kind, item[1].size, item[1].name)))

    @cached_property
    def quantum(self) -> frozenset[str]:
        """Labels of the pipelines with a quantum part: the sweep's group ``quantum``, else told by solver and depth."""
        named = self.document.get("groups", {}).get("quantum")
        chosen = set()
        for label, runs in self.by_pipeline.items():
            is_quantum = any(run.solver in QUANTUM or "depth" in run.figures for run in runs)
            if named is not None:
                is_quantum = runs[0].family in named or label in named
            if is_quantum:
                chosen.add(label)
        return frozenset(chosen)

    @cached_property
    def worst_cost(self) -> float:
        """What a run without a feasible answer costs: one unit of gap more than the worst of all stages."""
        stages: tuple[StageName, ...] = (*STAGES, "final")
        gaps = (self.gap(run, stage, is_control=c) for run in self.runs for stage in stages for c in (False, True))
        return max((gap for gap in gaps if math.isfinite(gap)), default=0.0) + 1.0

    def gap(self, run: Run, stage: StageName = "final", *, is_control: bool = False) -> float:
        """Signed gap to the instance's reference; inf without a feasible point, nan without a reference.

        Absolute in the instance's units where the reference is 0, since no relative gap exists there.
        """
        key = (run, stage, is_control)
        if key not in self._gaps:
            value = self.references[run.instance].value
            self._gaps[key] = _gap(run.found(stage, is_control=is_control), value, run.sense)
        return self._gaps[key]

    @cached_property
    def _gaps(self) -> dict[tuple[Run, str, bool], float]:
        """Gaps told so far; every table and test asks for them again."""
        return {}

    def reaches(self, run: Run, target_gap: float, stage: StageName = "final") -> bool:
        """Whether a stage is within that gap of the reference."""
        return self.gap(run, stage) <= target_gap + 1e-9

    def target(self, run: Run, target_gap: float) -> float | None:
        """The objective that is ``target_gap`` away from the reference."""
        value = self.references[run.instance].value
        if value is None:
            return None
        margin = (target_gap + 1e-9) * (abs(value) or 1.0)
        return value + signed(run.sense, margin)


def _gap(found: float | None, value: float | None, sense: Sense) -> float:
    if found is None:
        return math.inf
    if value is None:
        return math.nan
    gap = relative_gap(found, value, sense)
    return float(absolute_gap(found, value, sense) or 0.0) if gap is None else gap


def strongest(runs: Sequence[Run]) -> Yardstick:
    """The reference of one instance: the literature's proof, a proof of any run, the literature, the best seen."""
    told = {run.reference.kind: run.reference for run in runs if run.reference.value is not None}
    if "proven" in told:
        return told["proven"]
    if "proven-here" in told:
        return told["proven-here"]
    if "best-known" in told:
        return told["best-known"]
    found = [run.objective for run in runs if run.objective is not None]
    if not found:
        return Yardstick(None, "none")
    return Yardstick(min(found) if runs[0].sense == "min" else max(found), "best-seen", "best of these runs")


def contradictions(runs: RunSet) -> list[str]:
    """Proofs that other rows contradict, as sentences; an empty list is what a sound store gives."""
    said = []
    proven: dict[str, set[float]] = {}
    for run in runs.runs:
        if run.reference.kind in ("proven", "proven-here") and run.reference.value is not None:
            proven.setdefault(run.instance, set()).add(run.reference.value)
    for instance, values in proven.items():
        name = runs.instances[instance].name
        if len(values) > 1:
            said.append(f"{name}: runs call different values proven: {', '.join(f'{v:g}' for v in sorted(values))}.")
    better: dict[str, float] = {}
    for run in runs.runs:
        gap = runs.gap(run)
        if gap < -1e-9 and runs.references[run.instance].kind != "none":
            better[run.instance] = min(gap, better.get(run.instance, 0.0))
    for instance, gap in better.items():
        yardstick, name = runs.references[instance], runs.instances[instance].name
        what = "a contradiction" if yardstick.kind.startswith("proven") else "a new best value if it holds"
        said.append(f"{name}: a verified objective is {-gap:.2%} better than the {yardstick.kind} reference, {what}.")
    return said


def load_runs(path: Path) -> RunSet:
    """The runs of a run folder or a file of rows, the last row of each id.

    Raises
    ------
    ValueError
        There are no rows, or a line is not a row.
    """
    file = rows_path(path)
    runs: dict[str, Run] = {}
    lines: dict[str, bytes] = {}
    for number, line in read_lines(file):
        try:
            row = json.loads(line)
            check_row(row)
            run = run_of(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise ValueError(f"{file} line {number} must be a row of a sweep ({what}); delete the line") from None
        runs[run.id], lines[run.id] = run, line.rstrip(b"\n")
    if not runs:
        raise ValueError(f"{file} must have at least one row, got none; run `qopt bench` first")
    document = sweep_document(file.parent)
    spec = file.parent / "spec.yaml"
    if document and spec.exists():
        document["spec"] = spec.read_text(encoding="utf-8", errors="replace")
    return RunSet(list(runs.values()), lines, document, str(path))


__all__ = [
    "KINDS",
    "QUANTUM",
    "STAGES",
    "Point",
    "Run",
    "RunSet",
    "StageName",
    "Yardstick",
    "contradictions",
    "load_runs",
    "run_of",
    "strongest",
]
