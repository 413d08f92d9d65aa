"""``qopt watch``: how far the sweep of a run folder is, read from its rows; the writer is not disturbed."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .progress import bar
from .terminal import echo, page

if TYPE_CHECKING:
    from ..experiments.report.runs import RunSet


def watch(
    run: Annotated[Path, typer.Argument(help="Run folder of `qopt bench`.")],
    once: Annotated[bool, typer.Option("--once", help="Print the status and end.")] = False,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 2.0,
) -> int:
    """Show how far a sweep is, again and again until it is done or Ctrl-C; on no terminal once."""
    console = page()
    first = read_status(run)
    if once or not console.is_terminal or first.is_done:
        console.print(view_of(first, None))
        return 0
    start = time.monotonic()
    with Live(view_of(first, None), console=console, auto_refresh=False) as live:
        found = first
        try:
            while not found.is_done:
                time.sleep(every)
                found = read_status(run)
                new = found.done - first.done
                rate = new / (time.monotonic() - start) if new > 0 else None
                live.update(view_of(found, rate), refresh=True)
        except KeyboardInterrupt:
            pass
    echo("the sweep is done" if found.is_done else "no longer watching; the sweep is not touched", err=True)
    return 0


@dataclass(frozen=True)
class Line:
    """One pipeline: rows, failed ones, median gap of the final answers, seconds of all runs together."""

    label: str
    done: int
    failed: int
    gap: float | None
    seconds: float


@dataclass(frozen=True)
class SweepStatus:
    """What a run folder tells; ``total`` is None without sweep.json, ``age`` of the last row is in seconds."""

    name: str
    total: int | None
    lines: tuple[Line, ...]
    age: float | None

    @property
    def done(self) -> int:
        return sum(line.done for line in self.lines)

    @property
    def is_done(self) -> bool:
        return self.total is not None and self.done >= self.total


def read_status(folder: Path) -> SweepStatus:
    """The status of a run folder; a torn last line, as of a run that ends just now, is left out.

    Raises
    ------
    ValueError
        It is no run folder.
    """
    from ..experiments.report.runs import load_runs
    from ..experiments.sweep.folder import sweep_document
    from ..experiments.sweep.store import rows_path, statuses

    rows = rows_path(folder)
    if rows.parent.exists() and not rows.parent.is_dir():
        raise ValueError(f"{folder} must be the run folder of a sweep, got a file; give the folder that bench wrote")
    document = sweep_document(rows.parent)
    if not document and not rows.exists():
        raise ValueError(f"{folder} must be the run folder of a sweep, found neither rows nor sweep.json")
    labels = [str(label) for label in document.get("pipelines", ())]
    name = str(document.get("name") or folder.name)
    total = document.get("num_runs")
    if not statuses(rows.parent):
        return SweepStatus(name, total, tuple(Line(label, 0, 0, None, 0.0) for label in labels), None)
    runs = load_runs(folder)
    seen = dict.fromkeys([*labels, *runs.pipelines])
    return SweepStatus(name, total, tuple(_line(runs, label) for label in seen), time.time() - rows.stat().st_mtime)


def _line(runs: RunSet, label: str) -> Line:
    members = runs.by_pipeline.get(label, [])
    gaps = sorted(gap for run in members if (gap := runs.gap(run)) < float("inf"))
    failed = sum(one.status == "failed" for one in members)
    seconds = sum(one.total_seconds for one in members if one.total_seconds == one.total_seconds)
    return Line(label, len(members), failed, statistics.median(gaps) if gaps else None, seconds)


def view_of(status: SweepStatus, rate: float | None) -> Group:
    """The status as a line over a table; ``rate`` is rows a second since the watching began."""
    parts = [status.name]
    if status.total is not None:
        share = status.done / status.total if status.total else 1.0
        parts.append(f"{bar(share, 0.0)} {status.done}/{status.total} runs")
    else:
        parts.append(f"{status.done} runs")
    if status.total is not None and not status.is_done:
        left = status.total - status.done
        if rate is not None:
            parts.append(f"about {left / rate:.0f} s left")
        elif status.done:
            mean = sum(line.seconds for line in status.lines) / status.done
            parts.append(f"about {left * mean:.0f} s of runs left")
    if status.age is not None:
        parts.append(f"last row {max(0.0, status.age):.0f} s ago")
    table = Table()
    for column in ("pipeline", "done", "failed", "median gap", "s a run"):
        table.add_column(column, justify="left" if column == "pipeline" else "right")
    for line in status.lines:
        gap = "-" if line.gap is None else f"{line.gap:.2%}"
        seconds = f"{line.seconds / line.done:.3g}" if line.done else "-"
        table.add_row(Text(line.label), str(line.done), str(line.failed), gap, seconds)
    return Group(Text("  ".join(parts)), table)
