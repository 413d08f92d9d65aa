"""The runner's end of the template process: jobs go in, Dones come out, at most so many at a time as were asked for.

If the template itself dies (the system's out-of-memory killer), its runs are told as died and it is started anew.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

from ...core import UnsupportedError
from .job import Done, Job

#: One thread a run for the libraries that take as many as there are cores; set by the user, it stays.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
#: Seconds that the template may take for its imports.
START_SECONDS = 300.0


class Pool:
    """Template process with the runs under way in it; a context manager.

    Parameters
    ----------
    log : file that the runs' own output goes to; without, it is dropped.
    plugins : module name and file of each plugin to load; those of this process without.

    Raises
    ------
    UnsupportedError
        The system has no fork.
    """

    def __init__(self, log: Path | None = None, plugins: Sequence[tuple[str, str]] | None = None) -> None:
        if not hasattr(os, "fork"):
            raise UnsupportedError("qopt bench needs a system with fork (Linux, macOS, WSL)")
        self._log = log
        self._plugins = loaded_plugins() if plugins is None else list(plugins)
        self._running: dict[int, Job] = {}
        self._next = 0
        self._start()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def num_running(self) -> int:
        return len(self._running)

    def submit(self, job: Job) -> int:
        """Start the job; its token."""
        self._next += 1
        self._running[self._next] = job
        with contextlib.suppress(OSError):  # the template is dead: collect() says so
            self._connection.send((self._next, job))
        return self._next

    def collect(self, timeout: float | None = None) -> list[tuple[int, Done]]:
        """Token and Done of what has ended; waits up to ``timeout`` seconds for the first."""
        found: list[tuple[int, Done]] = []
        try:
            while self._connection.poll(0 if found else timeout):
                token, done = self._connection.recv()
                self._running.pop(token, None)
                found.append((token, done))
        except (EOFError, OSError):
            lost = Done("died", message="the process that runs are forked from was killed")
            found += [(token, lost) for token in self._running]
            self._running.clear()
            self.close()
            self._start()
        return found

    def close(self) -> None:
        """End the template and every run in it."""
        self._connection.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        environment = {**dict.fromkeys(ONE_THREAD, "1"), **os.environ}
        log: Any = subprocess.DEVNULL if self._log is None else self._log.open("ab")
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.template", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            theirs.close()
            if self._log is not None:
                log.close()
        self._connection = Connection(ours.detach())
        self._connection.send(self._plugins)
        start = time.monotonic()
        while not self._connection.poll(1.0):
            if self._process.poll() is not None or time.monotonic() - start > START_SECONDS:
                raise RuntimeError(f"the runs' process must start, got exit {self._process.poll()}; see {self._log}")
        try:
            self._connection.recv()
        except EOFError:
            raise RuntimeError(f"the runs' process ended while it started; see {self._log}") from None


def loaded_plugins() -> list[tuple[str, str]]:
    """Module name and file of each plugin that this process has loaded."""
    return [
        (name, str(module.__file__))
        for name, module in list(sys.modules.items())
        if name.startswith("qopt_plugin_") and getattr(module, "__file__", None)
    ]
