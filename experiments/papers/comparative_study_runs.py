"""Runs of the comparative study as cells: one pipeline on one instance, its stages and the control's over the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..endings import judge_of
from .paired import NEVER, middle
from .paper import Rows
from .readings import Scale, references_of

#: The paper's methods, in the order of its tables.
METHODS = ("vqe", "cvar-vqe", "qaoa", "cvar-qaoa", "ws-qaoa", "ma-qaoa", "pce", "qrao")
CLASSICAL = ("sa", "tabu", "greedy", "cpsat", "gilmore-lawler")
KINDS = ("mdkp", "mis", "qap", "market-share")
STAGES = ("raw", "swapped", "repaired", "improved")

#: What a pipeline's words after its method mean.
ENCODINGS = {
    "slack": "slack QUBO",
    "unbalanced": "unbalanced, no slack",
    "plain": "penalties, no slack needed",
    "squares": "squared deviations, no slack",
    "core": "LP core of 16, unbalanced",
    "shrunk": "penalties, shrunk to 16",
    "": "as the solver's own",
}

#: Gap (of market share: summed deviation) of each stage.
Values = Mapping[str, float]


@dataclass(frozen=True)
class Cell:
    """A pipeline on an instance: medians over its runs.

    Parameters
    ----------
    values, control, program : by stage, of the run, of the control that judges it, and of uniform points of the whole
        program; gaps, of market share the summed deviation; NEVER where the median run had nothing feasible; stages
        that the pipeline does not have are left out.
    pairs : (own, control's) value of every run, by stage.
    share : median share of feasible raw samples.
    points, control_points : samples looked at in a run, and those that its control drew.
    """

    method: str
    encoding: str
    kind: str
    instance: str
    num_runs: int
    num_failed: int
    message: str
    values: Values
    control: Values
    pairs: Mapping[str, Sequence[tuple[float, float]]]
    program: Values
    share: float | None
    qubits: int | None
    points: int | None
    control_points: int | None
    evaluations: int | None
    seconds: float | None

    @property
    def line(self) -> str:
        """The line of a table that it belongs to: the QAOA family's encodings share one, as each instance has one."""
        return line_of(f"{self.method} {self.encoding}".strip())


def line_of(family: str) -> str:
    """The line of a table that a pipeline belongs to.

    Examples
    --------
    >>> line_of("ws-qaoa core"), line_of("pce slack"), line_of("sa")
    ('ws-qaoa', 'pce slack', 'sa')
    """
    method = family.split()[0]
    return method if "qaoa" in method else family


def cells(rows: Rows) -> list[Cell]:
    """All cells, in the order of the rows."""
    grouped: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        grouped.setdefault((row["sweep"]["family"], row["instance"]["name"]), []).append(row)
    references = references_of(rows)
    return [_cell(family, found, references) for (family, _), found in grouped.items()]


def _cell(family: str, rows: Sequence[Mapping[str, Any]], references: Mapping[str, float]) -> Cell:
    method, _, encoding = family.partition(" ")
    kind = rows[0]["instance"]["kind"]
    scale = Scale(references, is_objective=kind == "market-share")
    able = [row for row in rows if row["status"] != "failed"]
    pairs: dict[str, list[tuple[float, float]]] = {stage: [] for stage in STAGES}
    own: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for row in able:
        stages = row["stages"]
        control = judge_of(stages)
        for stage in STAGES:
            has_stage = stages.get(stage) is not None or control is not None
            if has_stage:
                own[stage].append(scale.value(row, stages.get(stage)))
            if control is not None:
                pairs[stage].append((own[stage][-1], scale.value(row, control.get(stage))))
    resources = [row["resources"] for row in able]
    raw = [row["stages"]["raw"] for row in able if row["stages"]["raw"] is not None]
    controls = [found for row in able if (found := judge_of(row["stages"])) is not None]
    return Cell(
        method=method,
        encoding=encoding,
        kind=kind,
        instance=rows[0]["instance"]["name"],
        num_runs=len(able),
        num_failed=len(rows) - len(able),
        message=next((row["message"] for row in rows if row["status"] == "failed"), ""),
        values={stage: middle(found) for stage, found in own.items() if found},
        control={stage: middle([pair[1] for pair in found]) for stage, found in pairs.items() if found},
        pairs=pairs,
        program=_program(able, scale),
        share=_some(stage["feasible_share"] for stage in raw),
        qubits=_whole(found["qubits"] for found in resources),
        points=_whole(stage["num_points"] for stage in raw),
        control_points=_whole(control["num_points"] for control in controls),
        evaluations=_whole(found["evaluations"] for found in resources),
        seconds=_some(found["cpu_seconds"] for found in resources),
    )


def _program(rows: Sequence[Mapping[str, Any]], scale: Scale) -> Values:
    """Medians of the control on the whole program; empty where the sampler's ground is the whole program."""
    whole = [(row, found) for row in rows if (found := row["stages"].get("control_program")) is not None]
    if not whole:
        return {}
    return {stage: middle([scale.value(row, found.get(stage)) for row, found in whole]) for stage in STAGES}


def against_control(found: Iterable[Cell], stage: str) -> tuple[int, int, int]:
    """Runs better than, equal to and worse than their control at a stage."""
    pairs = [pair for cell in found for pair in cell.pairs[stage]]
    better = sum(own < other - 1e-12 for own, other in pairs)
    worse = sum(own > other + 1e-12 for own, other in pairs)
    return better, len(pairs) - better - worse, worse


def _some(values: Iterable[float | None]) -> float | None:
    found = [float(value) for value in values if value is not None]
    return middle(found) if found else None


def _whole(values: Iterable[float | None]) -> int | None:
    found = _some(values)
    return None if found is None else round(found)


__all__ = [
    "CLASSICAL",
    "ENCODINGS",
    "KINDS",
    "METHODS",
    "NEVER",
    "STAGES",
    "Cell",
    "Values",
    "against_control",
    "cells",
    "line_of",
    "middle",
]
