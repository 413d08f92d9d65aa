"""The rows of a sweep as the report sees them: one Run each, measured against one reference for each instance.

A row's own reference may be this run's proof alone. Here every instance has one reference for all its runs: the
strongest of what the literature and all runs together know, with its kind. Gaps are computed anew against it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ...core import Sense, absolute_gap, relative_gap
from ..sweep.folder import sweep_document
from ..sweep.store import read_lines, rows_path
from .row_types import check_row

StageName = Literal["raw", "repaired", "improved", "final"]
STAGES: tuple[StageName, ...] = ("raw", "repaired", "improved")
#: Kinds of references, the strongest first. ``best-seen`` is the best verified objective among the runs themselves.
KINDS = ("proven", "proven-here", "best-known", "best-seen", "none")
#: Which of an instance's sizes is *the* size, where it is not the first one.
SIZES = {"market-share": "retailers"}
#: Solvers that prepare quantum states, simulated or on a device; others by the depth of their circuits.
QUANTUM = frozenset(
    "qaoa cvar-qaoa ws-qaoa ma-qaoa lr-qaoa rqaoa adapt xy vqe cvar-vqe pce qrao".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Point:
    """Best point of one stage of one run; ``hit_share`` is the share of reads at least as good as the raw objective."""

    objective: float | None
    is_feasible: bool
    feasible_share: float | None = None
    hit_share: float | None = None
    flips: int | None = None
    num_points: int | None = None


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What all runs of an instance are measured against."""

    value: float | None
    kind: str
    source: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One row: what was run, what each stage found, what it took."""

    id: str
    instance: str
    name: str
    kind: str
    sense: Sense
    size_name: str
    size: int
    pipeline: str
    family: str
    solver: str
    seed: int
    repeat: int
    status: str
    message: str
    failure: str
    objective: float | None
    bound: float | None
    reference: Yardstick
    stages: Mapping[str, Point]
    control: Mapping[str, Point]
    trace: tuple[tuple[float, float], ...]
    seconds: Mapping[str, float]
    figures: Mapping[str, float]
    extra: Mapping[str, Any]
    budget: Mapping[str, Any]

    @property
    def is_feasible(self) -> bool:
        return self.objective is not None

    @property
    def total_seconds(self) -> float:
        return self.seconds.get("total", math.nan)

    def found(self, stage: StageName, *, is_control: bool = False) -> float | None:
        """Feasible objective of a stage; None without one. ``final`` is the answer of the whole run."""
        if stage == "final":
            return self.objective
        point = (self.control if is_control else self.stages).get(stage)
        return point.objective if point is not None and point.is_feasible else None


@dataclass(frozen=True, eq=False)
class RunSet:
    """All runs of a folder, the latest of each id; ``lines`` are the rows as they stand in the store, by id."""

    runs: Sequence[Run]
    lines: Mapping[str, bytes] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

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
        return value + margin if run.sense == "min" else value - margin


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


def run_of(row: Mapping[str, Any]) -> Run:
    """A Run from one row, or from a record that ``qopt solve`` wrote."""
    sweep, instance, pipeline = row.get("sweep") or {}, row["instance"], row["pipeline"]
    stages, used = row.get("stages") or {}, row.get("resources") or {}
    solver = str((pipeline.get("solver") or {}).get("name", "unknown"))
    label = str(sweep.get("pipeline") or solver)
    size_name = SIZES.get(instance["kind"]) or next(iter(instance["size"]), "size")
    sense = instance["sense"]
    return Run(
        id=row["id"],
        instance=instance["fingerprint"],
        name=str(instance["name"] or instance["fingerprint"][:8]),
        kind=instance["kind"],
        sense=sense,
        size_name=size_name,
        size=int(instance["size"].get(size_name, 0)),
        pipeline=label,
        family=str(sweep.get("family") or label),
        solver=solver,
        seed=row["seed"],
        repeat=int(sweep.get("repeat", 0)),
        status=row["status"],
        message=row.get("message", ""),
        failure=str(sweep.get("failure") or ""),
        objective=row["objective"],
        bound=row.get("bound"),
        reference=_yardstick(row.get("reference") or {}),
        stages=_points(stages),
        control=_points(stages.get("control") or {}),
        trace=tuple((float(seconds), float(value)) for seconds, value in row.get("trace") or ()),
        seconds=used.get("seconds") or {},
        figures=_figures(used, sweep),
        extra={key: value for key, value in (used.get("extra") or {}).items() if isinstance(value, int | float | str)},
        budget=pipeline.get("budget") or {},
    )


def _yardstick(reference: Mapping[str, Any]) -> Yardstick:
    value, kind, source = reference.get("value"), reference.get("kind", "none"), reference.get("source", "")
    if kind == "proven" and source == "this run":
        kind = "proven-here"
    return Yardstick(value, kind, source) if kind in KINDS else Yardstick(None, "none")


def _points(stages: Mapping[str, Any]) -> dict[str, Point]:
    found: dict[str, Point] = {}
    for name in STAGES:
        stage = stages.get(name)
        if stage is not None:
            keys: Iterable[str] = ("feasible_share", "hit_share", "flips", "num_points")
            found[name] = Point(stage["objective"], stage["feasible"], *(stage.get(key) for key in keys))
    return found


def _figures(used: Mapping[str, Any], sweep: Mapping[str, Any]) -> dict[str, float]:
    """Counted and measured resources that are there."""
    keys = ("qubits", "aux_qubits", "depth", "two_qubit_gates", "evaluations", "shots", "rounds", "cpu_seconds")
    found = {key: used[key] for key in (*keys, "peak_bytes") if used.get(key) is not None}
    return found | {key: sweep[key] for key in ("joules", "wall_seconds") if sweep.get(key) is not None}
