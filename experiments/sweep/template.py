"""The process that every run is forked from: all parts imported, nothing ever run in it, so that a fork is clean.

A run is one process: it has its own memory peak and limit, is killed when its time is over, and takes nothing with it.
A fork costs 6 to 14 ms (imports.py) where a fresh interpreter with its imports costs 2 s. What a run imports that was
not there yet is imported here afterwards. Needs ``os.fork``; the memory limit is Linux's.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import os
import pickle
import signal
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from .job import Done, Job, perform

_PR_SET_PDEATHSIG = 1
#: Seconds that are waited for at a time: the system counts them in milliseconds of 31 bits.
LONGEST_WAIT = 86_400.0


@dataclass(eq=False)
class _Child:
    """A run under way."""

    token: int
    pid: int
    pipe: int
    start: float
    job: Job
    data: bytearray = field(default_factory=bytearray)

    @property
    def deadline(self) -> float:
        return self.start + self.job.wall_seconds


def serve(connection: Connection) -> None:
    """Fork a child for each job that comes, answer with its Done, until the connection ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    plugins = connection.recv()
    preload(plugins)
    connection.send(None)
    children: dict[int, _Child] = {}
    try:
        while True:
            now = time.monotonic()
            soonest = min((child.deadline for child in children.values()), default=None)
            ready = wait(
                [connection, *children], None if soonest is None else min(LONGEST_WAIT, max(0.0, soonest - now))
            )
            for item in ready:
                if item is connection:
                    token, job = connection.recv()
                    child = _start(token, job, connection)
                    children[child.pipe] = child
                else:
                    assert isinstance(item, int)
                    _read(children, item, connection)
            for child in [child for child in children.values() if child.deadline <= time.monotonic()]:
                del children[child.pipe]
                _kill(child)
                text = f"killed after {child.job.wall_seconds:g} s"
                connection.send((child.token, Done("timeout", message=text, seconds=child.job.wall_seconds)))
    except (EOFError, OSError):
        pass  # the runner is gone
    finally:
        for child in children.values():
            _kill(child)


def preload(plugins: Sequence[tuple[str, str]]) -> None:
    """Import every room and the plugins (module name, file)."""
    from ...core import REGISTRIES
    from .. import run as _run  # noqa: F401 (imported for the children)
    from ..environment import environment

    for registry in REGISTRIES.values():
        registry.load()
    environment()
    for name, file in plugins:
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    gc.collect()
    gc.freeze()  # a collection in a child must not touch, and so copy, every page


def _start(token: int, job: Job, connection: Connection) -> _Child:
    for name in job.imports:
        if name not in sys.modules:
            with contextlib.suppress(Exception):  # whatever an import raises: the run meets it itself
                importlib.import_module(name)
    read, write = os.pipe()
    start = time.monotonic()
    template = os.getpid()
    pid = os.fork()
    if pid:
        os.close(write)
        return _Child(token, pid, read, start, job)
    code = 1
    try:
        _die_with(template)
        _live(job, write, connection)
        code = 0
    finally:
        os._exit(code)  # skips the parent's atexit handlers


def _live(job: Job, write: int, connection: Connection) -> None:
    """The child's whole life."""
    os.setsid()  # so that a kill reaches what a solver starts, too
    connection.close()
    known = set(sys.modules)
    if job.memory_bytes is not None and sys.platform != "linux":
        done = Done("refused", message="a memory limit is enforced on Linux alone; leave budget.memory out")
    else:
        if job.memory_bytes is not None:
            limit_memory(job.memory_bytes)
        done = perform(job)
    new = [name for name in list(sys.modules) if name not in known and not name.startswith(("_", "qopt_plugin_"))]
    data = pickle.dumps((done, new))
    with os.fdopen(write, "wb") as pipe:
        pipe.write(struct.pack("!Q", len(data)) + data)


def limit_memory(num_bytes: int) -> None:
    """Let this process allocate that many bytes beyond what it has; Linux only."""
    import resource

    with open("/proc/self/status", encoding="ascii") as lines:
        held = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData"))
    resource.setrlimit(resource.RLIMIT_DATA, (held + num_bytes, resource.RLIM_INFINITY))


def _die_with(parent: int) -> None:
    """End when the parent does, at once if it has already."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


_LIBC: list[Any] = []


def _libc() -> Any:
    if not _LIBC:
        _LIBC.append(ctypes.CDLL(None))
    return _LIBC[0]


def _read(children: dict[int, _Child], pipe: int, connection: Connection) -> None:
    child = children[pipe]
    part = os.read(pipe, 1 << 20)
    child.data += part
    size = struct.unpack("!Q", child.data[:8])[0] if len(child.data) >= 8 else None
    if part and (size is None or len(child.data) < 8 + size):
        return
    del children[pipe]
    seconds = time.monotonic() - child.start
    if size is None or len(child.data) < 8 + size:
        connection.send((child.token, _died(child, seconds)))
        return
    done, new = pickle.loads(bytes(child.data[8:]))
    connection.send((child.token, done))
    _kill(child)  # it has nothing more to say; threads that a solver left must not keep it
    for name in new:
        with contextlib.suppress(Exception):  # whatever a stranger's import raises: the next run meets it itself
            importlib.import_module(name)


def _died(child: _Child, seconds: float) -> Done:
    """What is known of a child that ended without a word; what it had started ends too."""
    os.close(child.pipe)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    _, status = os.waitpid(child.pid, 0)
    if os.WIFSIGNALED(status):
        how = f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    else:
        how = f"ended with exit code {os.waitstatus_to_exitcode(status)}"
    if child.job.memory_bytes is not None:
        how += f" under a memory limit of {child.job.memory_bytes} bytes"
    return Done("died", message=f"the process was {how}" if "killed" in how else f"the process {how}", seconds=seconds)


def _kill(child: _Child) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child.pid, signal.SIGKILL)
    os.waitpid(child.pid, 0)
    os.close(child.pipe)


def main(arguments: Sequence[str]) -> None:
    """Serve on the connection whose descriptor the command line gives."""
    serve(Connection(int(arguments[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
