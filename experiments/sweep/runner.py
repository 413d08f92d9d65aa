"""Run a matrix: what is missing, so many at a time, each row written as its run ends.

Who executes is an Executor: the local Pool, or a Dask cluster. The runner alone writes the store. A stop (Ctrl-C, kill)
loses the runs under way and nothing else; the next call does them.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ...core import Instance, Record, Resources, Stages, Status
from ..environment import environment
from .job import Done, Job, joules
from .matrix import Cell, Matrix, Task
from .pool import Pool
from .store import Store, statuses

Retry = Literal["none", "failed"]


class Executor(Protocol):
    """Takes jobs and gives back how they ended, in any order."""

    def run(self, jobs: Iterator[tuple[Task, Job]]) -> Iterator[tuple[Task, Done]]:
        """Every job of the iterator once; jobs are asked for as there is room."""
        ...


@dataclass
class Progress:
    """Counts of a sweep, for the live table."""

    total: int
    already: int = 0
    done: int = 0
    failed: int = 0
    best: dict[str, float] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return self.total - self.already - self.done


Watch = Callable[[Progress, Task, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Local:
    """So many runs at a time on this machine."""

    jobs: int = 1
    log: Any = None

    def run(self, jobs: Iterator[tuple[Task, Job]]) -> Iterator[tuple[Task, Done]]:
        running: dict[int, Task] = {}
        with Pool(self.log) as pool:
            while True:
                while len(running) < self.jobs and (item := next(jobs, None)) is not None:
                    running[pool.submit(item[1])] = item[0]
                if not running:
                    return
                for token, done in pool.collect():
                    yield running.pop(token), done


def missing_tasks(matrix: Matrix, store: Store, retry: Retry = "none") -> list[Task]:
    """Tasks without a row; with ``failed`` also those whose last row failed."""
    known = statuses(store.folder)
    redo = {Status.FAILED.value} if retry == "failed" else set()
    return [task for task in matrix.tasks if task.id not in known or known[task.id] in redo]


def run_matrix(
    matrix: Matrix,
    store: Store,
    executor: Executor,
    *,
    retry: Retry = "none",
    watch: Watch | None = None,
) -> Progress:
    """Run what is missing and write its rows.

    Parameters
    ----------
    retry : ``failed`` also runs again what failed.
    watch : called after each row.
    """
    tasks = missing_tasks(matrix, store, retry)
    progress = Progress(len(matrix.tasks), already=len(matrix.tasks) - len(tasks))
    refused = [task for task in tasks if matrix.cells[task.cell].pipeline is None]
    for task in refused:
        cell = matrix.cells[task.cell]
        _take(matrix, store, progress, watch, task, Done("refused", message=cell.refusal))
    able = [task for task in tasks if matrix.cells[task.cell].pipeline is not None]
    if able:
        is_alone = getattr(executor, "jobs", None) == 1  # the counters are those of the whole processor
        for task, done in executor.run(_jobs(matrix, able, reads_energy=is_alone and joules() is not None)):
            _take(matrix, store, progress, watch, task, done)
    return progress


def _jobs(matrix: Matrix, tasks: Iterable[Task], *, reads_energy: bool) -> Iterator[tuple[Task, Job]]:
    limits = matrix.limits
    pickled: dict[int, bytes] = {}
    for task in tasks:
        cell = matrix.cells[task.cell]
        if task.cell not in pickled:
            if len(pickled) > 256:
                pickled.clear()
            path = cell.source.origin.get("file")
            pickled[task.cell] = pickle.dumps((cell.source.problem, cell.pipeline, limits.budget, path))
        yield (
            task,
            Job(
                cell=pickled[task.cell],
                seed=task.seed,
                labels=labels(cell, task),
                wall_seconds=limits.wall_seconds,
                memory_bytes=limits.memory,
                reads_energy=reads_energy,
            ),
        )


def labels(cell: Cell, task: Task) -> dict[str, Any]:
    """What the sweep adds to a row: the pipeline's name and label, the group, the number of the repeat."""
    return {
        "pipeline": cell.variant.label,
        "family": cell.variant.name,
        "group": cell.source.group,
        "repeat": task.repeat,
    }


def _take(matrix: Matrix, store: Store, progress: Progress, watch: Watch | None, task: Task, done: Done) -> None:
    if done.ending == "row":
        store.append(done.line)
        summary = dict(done.summary or {})
    else:
        store.append(json.dumps(failed_row(matrix.cells[task.cell], task, done), separators=(",", ":")).encode())
        summary = {"status": Status.FAILED.value, "message": done.message, "ending": done.ending}
        progress.failed += 1
    progress.done += 1
    label = matrix.cells[task.cell].variant.label
    gap = summary.get("gap")
    if gap is not None:
        progress.best[label] = min(gap, progress.best.get(label, gap))
    if watch is not None:
        watch(progress, task, summary)


def failed_row(cell: Cell, task: Task, done: Done) -> dict[str, Any]:
    """The row of a run that gave none."""
    source = cell.source
    problem = source.problem
    record = Record(
        id=task.id,
        status=Status.FAILED,
        seed=task.seed,
        is_replayable=done.ending in ("error", "refused"),
        instance=Instance(
            problem.name, problem.kind, problem.sense, problem.size, source.fingerprint, source.origin.get("file")
        ),
        pipeline=cell.spec,
        objective=None,
        solution=None,
        violations={},
        bound=None,
        gap=None,
        abs_gap=None,
        reference=_reference(cell),
        stages=Stages(),
        resources=Resources(seconds={"total": done.seconds}),
        environment=environment(),
        message=done.message,
    )
    row = record.to_json()
    row["sweep"] = {**labels(cell, task), "wall_seconds": done.seconds, "failure": done.ending}
    return row


def _reference(cell: Cell) -> Any:
    from ..references import reference_of

    return reference_of(cell.source.problem, Status.FAILED, None, None)
