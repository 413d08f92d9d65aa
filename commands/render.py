"""Records as tables for a terminal: the stages side by side, and several solvers one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..core import SOLVERS
from ..experiments.earned import earned
from ..experiments.worth_text import worth_lines
from .terminal import page

if TYPE_CHECKING:
    from ..core import Control, Record, Stage


def print_records(records: Sequence[Record]) -> None:
    """One block a record, and a comparison where there are several."""
    console = page()
    for record in records:
        _print_record(console, record)
    if len(records) > 1:
        console.print(_comparison(records))


def _print_record(console: Console, record: Record) -> None:
    solver = SOLVERS.name_of(record.pipeline["solver"])
    encoder = record.pipeline["encoder"]
    title = f"{record.instance.name or record.instance.kind}: {solver}"
    if encoder is not None:
        title += f" on {encoder['name']}"
    if record.stages.control is None and record.stages.repaired is None and record.stages.improved is None:
        console.print(Text(title, style="bold"))
    else:
        console.print(_stage_table(record, title))
        for line in _samples(record):
            console.print(line, markup=False, soft_wrap=True)
    told = earned(record)
    if told is not None:
        console.print(f"  {told.words(solver)}", markup=False, soft_wrap=True)
    for text in filter(None, (_summary(record), record.message)):
        console.print(Padding(Text(text), (0, 0, 0, 2), expand=False))


def _stage_table(record: Record, title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("stage", "objective", "gap", "feasible", "flips", "control", "gap"):
        table.add_column(column, justify="left" if column == "stage" else "right", no_wrap=True)
    stages, control = record.stages, record.stages.judge
    for name in ("raw", "repaired", "improved"):
        stage: Stage | None = getattr(stages, name)
        twin: Stage | None = getattr(control, name) if control is not None else None
        if stage is None and twin is None:
            continue
        table.add_row(
            name,
            _objective(stage),
            _gap(stage),
            "-" if stage is None else "yes" if stage.feasible else "no",
            "" if stage is None or stage.flips is None else str(stage.flips),
            _objective(twin),
            _gap(twin),
        )
    return table


def _samples(record: Record) -> list[str]:
    """How often a sample and a random point are feasible, and as good as the best sample."""
    raw, control = record.stages.raw, record.stages.control
    lines = []
    if raw is not None and raw.num_points is not None:
        lines.append(f"  samples: {raw.num_points:,}{_shares(raw, raw)}")
    begun = record.stages.control_start
    if begun is not None:
        drawn = f"  control: {begun.num_points:,} points of its own start, {begun.start}"
        lines.append(drawn + _shares(begun.raw, raw) + "; same repair")
    if control is not None:
        drawn = f"  {'control' if begun is None else 'uniform'}: {control.num_points:,} uniform points of the "
        drawn += control.space + _shares(control.raw, raw)
        lines.append(f"{drawn}; same repair" if begun is None else f"{drawn}; {_found(control)}")
    whole = record.stages.control_program
    if whole is not None:
        drawn = f"  whole program: {whole.num_points:,} uniform points of its bits{_shares(whole.raw, raw)}"
        lines.append(f"{drawn}; {_found(whole)}")
    if record.stages.start is not None:  # samples of different rounds have different grounds: see ``earned`` instead
        return lines
    stopped = record.resources.extra.get("stopped")
    ended = [f"  ended: {stopped}"] if stopped else []
    return [*lines, *(f"  {line}" for line in worth_lines(record)), *ended]


def _found(control: Control) -> str:
    """The objectives of a control's stages."""
    return ", ".join(f"{name} {_objective(getattr(control, name))}" for name in ("raw", "repaired", "improved"))


def _shares(stage: Stage | None, raw: Stage | None) -> str:
    if stage is None or stage.feasible_share is None:
        return ""
    text = f", {stage.feasible_share:.2%} feasible"
    if stage.hit_share is not None and raw is not None and raw.feasible:
        text += f", {stage.hit_share:.2%} reach the raw {raw.objective}"
    return text


def _objective(stage: Stage | None) -> str:
    if stage is None or stage.objective is None:
        return "-"
    return str(stage.objective) if stage.feasible else f"({stage.objective})"


def _gap(stage: Stage | None) -> str:
    return "-" if stage is None or stage.gap is None else f"{stage.gap:.2%}"


def _summary(record: Record) -> str:
    parts = [record.status.value, f"objective {record.objective}"]
    if record.bound is not None:
        parts.append(f"bound {record.bound}")
    reference = record.reference
    if record.gap is not None:
        # a source such as "proven by cpsat" says the kind itself
        says_kind = reference.source.startswith(reference.kind)
        source = reference.source if says_kind else ", ".join(filter(None, (reference.kind, reference.source)))
        parts.append(f"gap {record.gap:.2%} of {reference.value} ({source})")
    elif reference.kind != "none":
        parts.append(f"reference {reference.value} ({reference.kind})")
    used = record.resources
    if used.qubits:
        parts.append(f"{used.qubits} qubits ({used.aux_qubits} aux)")
    if used.evaluations:
        parts.append(f"{used.evaluations} evaluations")
    parts.append(f"{used.seconds.get('total', 0.0):.2f} s")
    if used.engine:
        parts.append(f"engine {used.engine}")
    return "; ".join(parts)


def _comparison(records: Sequence[Record]) -> Table:
    table = Table(title="compared: same instance, seed, limits and checker", title_justify="left")
    for column in ("solver", "raw", "repaired", "improved", "bound", "gap", "status", "seconds"):
        table.add_column(column, justify="left" if column in ("solver", "status") else "right")
    for record in records:
        table.add_row(
            SOLVERS.name_of(record.pipeline["solver"]),
            _objective(record.stages.raw),
            _objective(record.stages.repaired),
            _objective(record.stages.improved),
            "-" if record.bound is None else str(record.bound),
            "-" if record.gap is None else f"{record.gap:.2%}",
            record.status.value,
            f"{record.resources.seconds.get('total', 0.0):.2f}",
        )
    return table
