"""Run a matrix: what is missing, so many at a time, each row written as its run ends.

Who executes is an Executor: the local Pool, or a Dask cluster. The runner alone writes the store. A stop (Ctrl-C, kill)
loses the runs under way and nothing else; the next call does them.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ...core import Instance, Record, Resources, Stages, Status
from ..energy import IDLE_SECONDS, card_joules, measure_idle, read_counters
from ..environment import environment
from .imports import imports_of
from .incumbents import Incumbents
from .job import Done, Job
from .matrix import Cell, Matrix, Task
from .pool import Pool
from .store import Store, statuses


class Executor(Protocol):
    """Takes jobs and gives back how they ended, in any order.

    ``is_alone``: one run at a time and on this machine, so that the processor's energy counters are the run's; then
    ``idle_seconds`` is how long the idle power is measured before.
    """

    @property
    def is_alone(self) -> bool: ...

    @property
    def idle_seconds(self) -> float: ...

    def run(self, jobs: Iterator[tuple[Task, Job]]) -> Iterator[tuple[Task, Done]]:
        """Every job of the iterator once; jobs are asked for as there is room."""
        ...


@dataclass
class Progress:
    """Counts of a sweep, and the best objectives so far, for the live table; ``running`` includes what is queued."""

    total: int
    already: int = 0
    done: int = 0
    failed: int = 0
    running: int = 0
    incumbents: Incumbents = field(default_factory=Incumbents)

    @property
    def left(self) -> int:
        return self.total - self.already - self.done


Watch = Callable[[Progress, Task, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Local:
    """So many runs at a time on this machine; alone, the idle power is measured for ``idle_seconds`` before them.

    ``pool``: one that is kept between calls, as the start of its process costs more than small runs do.
    """

    jobs: int = 1
    log: Path | None = None
    idle_seconds: float = IDLE_SECONDS
    pool: Pool | None = None

    @property
    def is_alone(self) -> bool:
        return self.jobs == 1

    def run(self, jobs: Iterator[tuple[Task, Job]]) -> Iterator[tuple[Task, Done]]:
        """Run the jobs in processes of this machine, at most ``jobs`` at once; each outcome as soon as it is there."""
        running: dict[int, Task] = {}
        with Pool(self.log) if self.pool is None else nullcontext(self.pool) as pool:
            while True:
                while len(running) < self.jobs and (item := next(jobs, None)) is not None:
                    running[pool.submit(item[1])] = item[0]
                if not running:
                    return
                for token, done in pool.collect():
                    yield running.pop(token), done


def missing_tasks(matrix: Matrix, store: Store, *, redo_failed: bool = False) -> list[Task]:
    """Tasks without a row, and if asked for those whose last row failed."""
    known = statuses(store.folder)
    redo = {Status.FAILED.value} if redo_failed else set()
    return [task for task in matrix.tasks if task.id not in known or known[task.id] in redo]


def run_matrix(
    matrix: Matrix, tasks: Sequence[Task], store: Store, executor: Executor, *, watch: Watch | None = None
) -> Progress:
    """Run these tasks of the matrix and write their rows.

    Parameters
    ----------
    tasks : from ``missing_tasks``.
    watch : called after each row.
    """
    progress = Progress(len(matrix.tasks), already=len(matrix.tasks) - len(tasks))
    able = []
    for task in tasks:
        cell = matrix.cells[task.cell]
        if cell.pipeline is None:
            progress.running += 1
            _take(matrix, store, progress, watch, task, Done("refused", message=cell.refusal))
        else:
            able.append(task)
    if able:
        idle = _idle(executor)
        for task, done in executor.run(_jobs(matrix, able, progress, idle)):
            _take(matrix, store, progress, watch, task, done)
    return progress


def _idle(executor: Executor) -> tuple[float | None, float | None] | None:
    """Idle watts of processor and cards; None where energy is not to be read: no counter, or runs side by side."""
    if not executor.is_alone or not (read_counters().counters or card_joules() is not None):
        return None
    idle = measure_idle(executor.idle_seconds)
    return idle.processor, idle.cards


def _jobs(
    matrix: Matrix, tasks: Iterable[Task], progress: Progress, idle: tuple[float | None, float | None] | None
) -> Iterator[tuple[Task, Job]]:
    """The jobs of tasks, each made when there is room for it."""
    limits = matrix.limits
    pickled: dict[int, bytes] = {}
    for task in tasks:
        cell = matrix.cells[task.cell]
        if task.cell not in pickled:
            if len(pickled) > 256:
                pickled.clear()
            path = cell.source.origin.get("file")
            pickled[task.cell] = pickle.dumps((cell.source.problem, cell.pipeline, limits.budget, path))
        progress.running += 1
        yield (
            task,
            Job(
                cell=pickled[task.cell],
                seed=task.seed,
                labels=labels(cell, task),
                wall_seconds=limits.wall_seconds,
                memory_bytes=limits.memory,
                reads_energy=idle is not None,
                idle_watts=idle or (None, None),
                imports=imports_of(cell.spec),
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
    cell = matrix.cells[task.cell]
    if done.ending == "row":
        summary = dict(done.summary or {})
        if summary["id"] != task.id:  # else the run would be done again and again
            raise RuntimeError(f"run {task.id[:16]} must give the row that was planned, got id {summary['id'][:16]}")
        store.append(done.line)
        progress.incumbents.add(cell.variant.label, cell.source, summary)
    else:
        store.append(json.dumps(failed_row(cell, task, done), separators=(",", ":")).encode())
        summary = {"status": Status.FAILED.value, "message": done.message, "ending": done.ending}
        progress.failed += 1
    progress.done += 1
    progress.running -= 1
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
