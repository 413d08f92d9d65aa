"""Run a matrix on a Dask cluster: the same jobs, the same rows; the runner alone writes the store.

A worker does not run a job itself: it forks it from its own template process (pool.py), so that the time and memory
limits hold there too. Workers may die and join at any time; a job whose workers keep dying is given up as ``died``.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ...core import MissingDependencyError
from .job import Done, Job
from .matrix import Task
from .pool import Pool, loaded_plugins

if TYPE_CHECKING:
    # distributed is typed in parts only, and its untyped calls are errors under strict rules
    Client = Any
    Future = Any

#: Jobs handed to the scheduler for each thread of the workers: one that runs, one that is there when it ends.
QUEUED = 2
#: A job is handed out so often; each time the scheduler itself tries it on 4 workers (its allowed-failures). Since it
#: blames a death on every job that the worker had, and runs are apart from the worker, most jobs are blamed wrongly.
ATTEMPTS = 5
#: Tries to start the workers of ``local``.
STARTS = 3
#: Seconds between two looks at who has joined or left, and before the first worker is missed aloud.
LOOK_SECONDS = 1.0
#: Seconds that a scheduler may take to answer.
CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Cluster:
    """A Dask cluster as Executor.

    Parameters
    ----------
    where : ``tcp://host:port`` of a scheduler, ``local`` (worker processes on this machine) or ``slurm``
        (dask-jobqueue, which reads its queue, cores, memory and walltime from Dask's own configuration).
    jobs : workers of ``local``, jobs of ``slurm``; a scheduler that is there has its own workers.
    tell : where one-line news go, such as that no worker is there.

    Raises
    ------
    MissingDependencyError
        distributed, or for slurm dask-jobqueue, is not installed.
    ValueError
        Another place, or no scheduler answers.
    """

    where: str
    jobs: int = 1
    tell: Callable[[str], None] = field(default=lambda text: None)
    is_alone = False
    idle_seconds = 0.0

    def __post_init__(self) -> None:
        if self.where not in ("local", "slurm") and "://" not in self.where:
            raise ValueError(f"dask must be tcp://host:port, local or slurm, got {self.where!r}; see docs/sweeps.md")

    def run(self, jobs: Iterator[tuple[Task, Job]]) -> Iterator[tuple[Task, Done]]:
        """Every job once, in the order in which they end."""
        with self._client() as (client, restock):
            yield from _Desk(client, self.tell, restock).run(jobs)

    @contextlib.contextmanager
    def _client(self) -> Iterator[tuple[Client, Callable[[], object]]]:
        """The client, and what replaces workers that are gone for good."""
        try:
            from distributed import Client
        except ImportError:
            raise MissingDependencyError("distributed", "dask") from None
        with contextlib.ExitStack() as stack:
            for name in ("distributed", "distributed.client"):  # no tracebacks: lost workers have one line
                logger = logging.getLogger(name)
                stack.callback(logger.setLevel, logger.level)
                logger.setLevel(logging.CRITICAL)
            address: Any = self.where
            restock: Callable[[], object] = _nothing
            if self.where in ("local", "slurm"):
                is_local = self.where == "local"
                address = stack.enter_context(_local(self.jobs) if is_local else _slurm())
                restock = partial(address.scale, **{"n" if is_local else "jobs": self.jobs})
                restock()
            connect: Any = Client
            try:
                client = stack.enter_context(connect(address, timeout=CONNECT_SECONDS, set_as_default=False))
            except (OSError, TimeoutError) as error:
                text = " ".join(str(error).split()) or type(error).__name__
                raise ValueError(f"a Dask scheduler must answer at {address}, got: {text}; is it running?") from None
            yield client, restock


def _nothing() -> None:
    """Workers of a scheduler that was there are not ours."""


def _local(workers: int) -> Any:
    import distributed

    make: Any = distributed.LocalCluster
    for attempt in range(STARTS):
        try:
            return make(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=":0",  # any free port
                silence_logs=logging.CRITICAL,  # a worker that dies is no error here: its job is done again
            )
        except RuntimeError:  # a worker died while it started
            if attempt == STARTS - 1:
                raise
    raise AssertionError("not reached")


def _slurm() -> Any:
    try:
        jobqueue: Any = importlib.import_module("dask_jobqueue")
    except ImportError:
        raise MissingDependencyError("dask_jobqueue", "slurm") from None
    return jobqueue.SLURMCluster()


class _Desk:
    """Jobs handed to one client and not yet back; one use."""

    def __init__(self, client: Client, tell: Callable[[str], None], restock: Callable[[], object]) -> None:
        self._client, self._tell, self._restock = client, tell, restock
        self._plugins = tuple(loaded_plugins())
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._out: dict[str, tuple[Task, Job, int, Future]] = {}
        self._room = 0
        self._looked = -LOOK_SECONDS
        self._is_missed = False

    def run(self, jobs: Iterator[tuple[Task, Job]]) -> Iterator[tuple[Task, Done]]:
        try:
            is_empty = False
            while True:
                self._look()
                while not is_empty and len(self._out) < self._room:
                    item = next(jobs, None)
                    is_empty = item is None
                    if item is not None:
                        self._submit(*item, attempt=1)
                if is_empty and not self._out:
                    return
                with contextlib.suppress(queue.Empty):
                    yield from self._take(self._ended.get(timeout=LOOK_SECONDS))
        finally:
            for *_, future in self._out.values():
                with contextlib.suppress(Exception):  # while closing: the scheduler may be gone
                    future.cancel()

    def _look(self) -> None:
        """How many jobs the workers that are there now keep busy."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        self._restock()
        if self._client.status not in ("running", "connecting"):
            raise RuntimeError("the Dask scheduler must stay up, lost it; start it and run the same command again")
        threads = sum(self._client.nthreads().values())
        self._room = max(1, QUEUED * threads)
        if not threads and not self._is_missed:
            self._tell("no Dask worker is there; waiting for one to join")
        self._is_missed = not threads

    def _submit(self, task: Task, job: Job, *, attempt: int) -> None:
        future = self._client.submit(perform_on_worker, job, self._plugins, pure=False)
        self._out[future.key] = (task, job, attempt, future)
        future.add_done_callback(self._ended.put)

    def _take(self, future: Future) -> Iterator[tuple[Task, Done]]:
        from distributed import KilledWorker

        found = self._out.pop(future.key, None)
        if found is None:
            return
        task, job, attempt, _ = found
        if future.status == "finished":
            yield task, future.result()
            return
        if future.status != "error":
            raise RuntimeError("the Dask scheduler must stay up, lost a job; start it and run the same command again")
        error = future.exception()
        if not isinstance(error, KilledWorker):
            text = " ".join(str(error).split())
            yield task, Done("error", message=f"on the Dask worker: {type(error).__name__}: {text}")
        elif attempt < ATTEMPTS:
            self._submit(task, job, attempt=attempt + 1)
        else:
            yield task, Done("died", message=f"its Dask workers died, {attempt} times as often as the scheduler allows")


#: The template process of each worker thread: what a worker keeps from job to job.
_KEPT = threading.local()


def perform_on_worker(job: Job, plugins: Sequence[tuple[str, str]]) -> Done:
    """Run the job in a process of its own, forked from this worker thread's template; stop it when it is not wanted."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    pool = _pool(tuple(plugins))
    token = pool.submit(job)
    while True:
        for ended, done in pool.collect(LOOK_SECONDS):
            if ended == token:
                return done
        state = worker.state.tasks.get(key)
        if state is None or state.state == "cancelled":  # the runner was stopped: nobody waits for the row
            _drop_pool()
            return Done("died", message="cancelled")


def _pool(plugins: tuple[tuple[str, str], ...]) -> Pool:
    if getattr(_KEPT, "plugins", None) != plugins:
        _drop_pool()
        _KEPT.pool, _KEPT.plugins = Pool(plugins=plugins), plugins
    found: Pool = _KEPT.pool
    return found


def _drop_pool() -> None:
    if getattr(_KEPT, "plugins", None) is not None:
        _KEPT.plugins = None
        _KEPT.pool.close()
