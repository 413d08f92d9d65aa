"""One process that the runs of all tests are forked from: each sweep's own would cost a second of imports.

A test with other variables, another folder or other plugins gets a new one. That a sweep starts and ends a process of
its own is held by test_sweep_runner.py, whose commands are processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from qopt.experiments.sweep import kept, pool, runner
from qopt.experiments.sweep.pool import Pool

#: Variables that pytest and its fixtures change from test to test, and no run reads.
OF_TESTS = ("PYTEST_CURRENT_TEST", "COLUMNS")


class Lent:
    """The kept pool, for one who would close his own."""

    def __init__(self, pool: Pool) -> None:
        self.submit, self.collect = pool.submit, pool.collect

    def __enter__(self) -> Lent:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Keep the process."""


class Lender:
    """Makes pools as ``Pool`` does: the same one for as long as nothing has changed that its process could tell."""

    def __init__(self) -> None:
        self._pool: Pool | None = None
        self._for: Any = None

    def __call__(self, log: object = None) -> Lent:
        """The kept pool; what its runs print is dropped, whatever ``log`` says."""
        variables = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
        wanted = (variables, os.getcwd(), pool.loaded_plugins())
        if self._pool is None or self._for != wanted or self._pool.num_running:
            self.end()
            self._pool, self._for = Pool(), wanted
        return Lent(self._pool)

    def end(self) -> None:
        """End the kept process."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None


@contextmanager
def lent_to_all() -> Iterator[None]:
    """A block in which every sweep, tuning and replay of this process forks its runs from one kept process."""
    lender = Lender()
    with pytest.MonkeyPatch.context() as patch:
        for module in (pool, runner, kept):
            patch.setattr(module, "Pool", lender)
        yield
    lender.end()
