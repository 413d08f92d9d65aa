"""Native solvers that fail in every way, for the runner's tests: a plugin, loaded by ``qopt --plugin`` alone.

They behave where the environment variable BEHAVE is set; each writes its process's id into the folder PIDS first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qopt.core import SOLVERS, Budget, Problem
from qopt.solvers.base import Outcome


def hang() -> None:
    time.sleep(1000)


def hang_with_child() -> None:
    child = subprocess.Popen(["sleep", "1000"])
    _note(child.pid)
    hang()


def eat() -> None:
    kept = []
    while True:
        kept.append(np.empty(1 << 22))  # address space is what the limit counts: no page need be touched


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(7)


def fail() -> None:
    raise RuntimeError("a part's own\nerror")


def flood() -> None:
    print("x" * 100_000)
    fail()


DEEDS = {deed.__name__: deed for deed in (hang, hang_with_child, eat, crash, leave, fail, flood)}


@SOLVERS.register("misbehaving")
@dataclass(frozen=True)
class Misbehaving:
    """Does what it is told, which is nothing good."""

    deed: str = "fail"

    def refusal(self, problem: Problem) -> str:
        return ""

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Any = None) -> Outcome:
        _note(os.getpid())
        if "BEHAVE" not in os.environ:
            DEEDS[self.deed]()
        return Outcome(None)


def _note(pid: int) -> None:
    if "PIDS" in os.environ:
        (Path(os.environ["PIDS"]) / str(pid)).touch()
