"""What ``qopt bench`` shows: the matrix of a dry run, the live table on a terminal, a plain log elsewhere."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from .render import page

if TYPE_CHECKING:
    from ..experiments.sweep.matrix import Matrix, Task
    from ..experiments.sweep.runner import Progress

#: Seconds between two lines of the plain log, and rows that are always logged at the start.
LOG_SECONDS = 5.0
#: Rows of a dry run's table; the rest is counted.
MAX_ROWS = 200


def print_matrix(matrix: Matrix, *, as_json: bool) -> int:
    """Qubits, bytes, seconds of each cell, and what will be refused and why."""
    counts: dict[int, int] = {}
    for task in matrix.tasks:
        counts[task.cell] = counts.get(task.cell, 0) + 1
    rows: list[dict[str, Any]] = []
    for index, (cell, told) in enumerate(matrix.estimates()):
        rows.append(
            {
                "instance": cell.source.name,
                "kind": cell.source.problem.kind,
                "pipeline": cell.variant.label,
                "runs": counts.get(index, 0),
                "qubits": told.qubits,
                "bytes": told.bytes,
                "seconds": told.seconds,
                "refusal": told.refusal or None,
            }
        )
    if as_json:
        typer.echo(json.dumps({"schema": "qopt.bench-plan/1", "runs": len(matrix.tasks), "cells": rows}))
        return 0
    table = Table(title=f"{matrix.sweep.name or 'sweep'}: {len(matrix.tasks)} runs", title_justify="left")
    for column in ("instance", "pipeline", "runs", "qubits", "bytes", "s a run", "refused because"):
        table.add_column(column, justify="left" if column[:3] in ("ins", "pip", "ref") else "right", overflow="fold")
    for row in rows[:MAX_ROWS]:
        cells = (row["qubits"], _bytes(row["bytes"]), None if row["seconds"] is None else f"{row['seconds']:.2g}")
        shown = ["-" if item is None else str(item) for item in cells]
        table.add_row(row["instance"], row["pipeline"], str(row["runs"]), *shown, row["refusal"] or "")
    console = page()
    console.print(table, markup=False)
    refused = sum(row["runs"] for row in rows if row["refusal"])
    known = sum(row["runs"] * (row["seconds"] or 0.0) for row in rows if not row["refusal"])
    more = f"; {len(rows) - MAX_ROWS} more cells, see --json" if len(rows) > MAX_ROWS else ""
    twins = f"; {matrix.twins} equal runs counted once" if matrix.twins else ""
    typer.echo(f"{refused} runs will be refused; the samplers' own estimate is {known:.3g} s in all{twins}{more}")
    return 0


class Watcher:
    """Called after each row; a context manager around the sweep."""

    def __init__(self, matrix: Matrix, left: int, jobs: int, *, is_quiet: bool) -> None:
        self._matrix, self._left, self._jobs = matrix, left, jobs
        self._start = self._logged = time.monotonic()
        console = Console(stderr=True, highlight=False)
        is_live = sys.stdout.isatty() and not is_quiet
        self._live = Live(console=console, refresh_per_second=4) if is_live else None
        self._is_plain = not is_quiet and not is_live
        self._counts: dict[str, list[int]] = {}

    def __enter__(self) -> Watcher:
        if self._live is not None:
            self._live.start()
        elif self._is_plain:
            typer.echo(f"{self._left} of {len(self._matrix.tasks)} runs to do", err=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, progress: Progress, task: Task, summary: Mapping[str, Any]) -> None:
        label = self._matrix.cells[task.cell].variant.label
        count = self._counts.setdefault(label, [0, 0])
        count[0] += 1
        count[1] += summary.get("status") == "failed"
        if self._live is not None:
            self._live.update(self._table(progress))
        elif self._is_plain:
            self._log(progress, task, summary)

    def _log(self, progress: Progress, task: Task, summary: Mapping[str, Any]) -> None:
        now = time.monotonic()
        has_failed = summary.get("status") == "failed"
        if not has_failed and progress.left and now - self._logged < LOG_SECONDS:
            return
        self._logged = now
        cell = self._matrix.cells[task.cell]
        what = f"{cell.source.name} {cell.variant.label} seed {task.seed}: {summary.get('status')}"
        if has_failed:
            what += f" ({summary.get('ending')}: {summary.get('message')})"
        typer.echo(f"{progress.already + progress.done}/{progress.total}  {self._eta(progress)}  {what}", err=True)

    def _eta(self, progress: Progress) -> str:
        elapsed = time.monotonic() - self._start
        left = elapsed / max(1, progress.done) * progress.left
        return f"{elapsed:.0f} s, about {left:.0f} s left"

    def _table(self, progress: Progress) -> Table:
        running = min(self._jobs, progress.left)
        title = (
            f"{progress.already + progress.done}/{progress.total} done, {progress.failed} failed, {running} running; "
            f"{self._eta(progress)}"
        )
        table = Table(title=title, title_justify="left")
        for column in ("pipeline", "done", "failed", "best gap"):
            table.add_column(column, justify="left" if column == "pipeline" else "right")
        for label, (done, failed) in self._counts.items():
            gap = progress.best.get(label)
            table.add_row(label, str(done), str(failed), "-" if gap is None else f"{gap:.2%}")
        return table


def _bytes(count: int | None) -> str | None:
    if count is None:
        return None
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.3g} {unit}"
        value /= 1024
    return f"{value:.3g} TiB"
