"""Runs of a table side by side: each in a process of its own that keeps to one core."""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def at_once(run: Callable[[Task], Result], tasks: Sequence[Task], jobs: int) -> Iterator[Result]:
    """The results of ``run`` in the order of the tasks; ``jobs`` at a time, each in a new process on one core.

    One job runs in this process, on all of its cores.
    """
    if jobs == 1:
        yield from map(run, tasks)
        return
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    context = multiprocessing.get_context("spawn")
    cores: Any = context.Queue()
    ours = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    for index in range(jobs):
        cores.put(ours[index % len(ours)] if ours else None)
    with ProcessPoolExecutor(jobs, context, initializer=_keep, initargs=(cores,)) as pool:
        yield from pool.map(run, tasks)


def _keep(cores: Any) -> None:
    """Keep this process to one core that no other process of the pool has."""
    core = cores.get()
    if core is not None:
        os.sched_setaffinity(0, {core})


def instances_option(parser: argparse.ArgumentParser) -> None:
    """``--instances``, or the variable ``QOPT_INSTANCES``."""
    folder = os.environ.get("QOPT_INSTANCES")
    parser.add_argument(
        "--instances",
        type=Path,
        required=folder is None,
        default=folder and Path(folder),
        help="folder of the public instances with best_known.csv (default: the variable QOPT_INSTANCES)",
    )


def jobs_option(parser: argparse.ArgumentParser) -> None:
    """``--jobs``, at least 1."""
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time, each on a core of its own")
