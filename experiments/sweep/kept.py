"""One process that many small matrices are run from, as the rungs of a tuning: its start costs more than they do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from .job import Done, Job
from .matrix import Task
from .pool import Pool
from .runner import Local


@dataclass
class Kept:
    """As ``Local``, with the pool kept from the first run to the end of the ``with``; energy is read without idle."""

    jobs: int = 1
    log: Path | None = None
    idle_seconds: float = field(default=0.0, init=False)
    _pool: Pool | None = field(default=None, init=False)

    def __enter__(self) -> Kept:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    @property
    def is_alone(self) -> bool:
        return self.jobs == 1

    def run(self, jobs: Iterator[tuple[Task, Job]]) -> Iterator[tuple[Task, Done]]:
        """As ``Local.run``; the first run starts the pool."""
        if self._pool is None:
            self._pool = Pool(self.log)
        yield from Local(self.jobs, pool=self._pool).run(jobs)
