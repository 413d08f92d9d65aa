"""What ``qopt bench`` shows: the matrix of a dry run, the live table on a terminal, a plain log elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.live import Live
from rich.table import Table
from rich.text import Text

from .progress import is_piped
from .terminal import echo, page

if TYPE_CHECKING:
    from ..experiments.sweep.matrix import Matrix, Task
    from ..experiments.sweep.runner import Progress

#: Seconds between two lines of the plain log.
LOG_SECONDS = 5.0
#: Pipelines in the live table.
MAX_LIVE_ROWS = 20
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
        echo(json.dumps({"schema": "qopt.bench-plan/1", "runs": len(matrix.tasks), "cells": rows}))
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
    echo(f"{refused} runs will be refused; the samplers' own estimate is {known:.3g} s in all{twins}{more}")
    return 0


class Watcher:
    """Called after each row; a context manager around the sweep.

    A table that is kept up to date where stderr is a terminal, lines every few seconds elsewhere; failures always.
    """

    def __init__(self, matrix: Matrix, tasks: Sequence[Task], *, is_quiet: bool) -> None:
        self._matrix = matrix
        self._start = self._logged = time.monotonic()
        self._counts: dict[str, list[int]] = {}
        for task in tasks:
            self._counts.setdefault(self._label(task), [0, 0, 0])[2] += 1
        self._progress: Progress | None = None
        self._left = len(tasks)
        console = page(stderr=True)
        is_live = console.is_terminal and not is_quiet
        self._live = (
            Live(console=console, refresh_per_second=4, get_renderable=self._table, transient=True) if is_live else None
        )
        self._is_plain = not is_quiet and not is_live and not is_piped()

    def __enter__(self) -> Watcher:
        if self._live is not None:
            self._live.start()
        elif self._is_plain:
            echo(f"{self._left} of {len(self._matrix.tasks)} runs to do", err=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live.console.print(self._table())  # the last state stays on the screen

    def __call__(self, progress: Progress, task: Task, summary: Mapping[str, Any]) -> None:
        self._progress = progress
        count = self._counts[self._label(task)]
        count[0] += 1
        has_failed = summary.get("status") == "failed"
        count[1] += has_failed
        if has_failed and self._live is not None:
            self._live.console.print(self._line(progress, task, summary), markup=False)
        elif self._is_plain:
            self._log(progress, task, summary)

    def _label(self, task: Task) -> str:
        return self._matrix.cells[task.cell].variant.label

    def _log(self, progress: Progress, task: Task, summary: Mapping[str, Any]) -> None:
        now = time.monotonic()
        has_failed = summary.get("status") == "failed"
        if not has_failed and progress.left and now - self._logged < LOG_SECONDS:
            return
        self._logged = now
        echo(self._line(progress, task, summary), err=True)

    def _line(self, progress: Progress, task: Task, summary: Mapping[str, Any]) -> str:
        what = f"{self._matrix.cells[task.cell].source.name} {self._label(task)} seed {task.seed}: {summary['status']}"
        if summary["status"] == "failed":
            what += f" ({summary.get('ending')}: {summary.get('message')})"
        return f"{progress.already + progress.done}/{progress.total}  {self._eta(progress)}  {what}"

    def _eta(self, progress: Progress) -> str:
        elapsed = time.monotonic() - self._start
        if not progress.done:
            return f"{elapsed:.0f} s"
        return f"{elapsed:.0f} s, about {elapsed / progress.done * progress.left:.0f} s left"

    def _table(self) -> Table:
        progress = self._progress
        if progress is None:
            return Table(title=f"{self._left} of {len(self._matrix.tasks)} runs to do", title_justify="left")
        title = (
            f"{progress.already + progress.done}/{progress.total} done, {progress.failed} failed, "
            f"{progress.running} running; {self._eta(progress)}"
        )
        table = Table(title=title, title_justify="left")
        for column in ("pipeline", "done", "failed", "best gap"):
            table.add_column(column, justify="left" if column == "pipeline" else "right")
        for label, (done, failed, all_runs) in list(self._counts.items())[:MAX_LIVE_ROWS]:
            gap = progress.incumbents.gap(label)
            table.add_row(Text(label), f"{done}/{all_runs}", str(failed), "-" if gap is None else f"{gap:.2%}")
        if len(self._counts) > MAX_LIVE_ROWS:
            table.add_row(f"and {len(self._counts) - MAX_LIVE_ROWS} more", "", "", "")
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
