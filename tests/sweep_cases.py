"""What the runner's tests share: a small sweep, ``qopt bench`` as a process, and rows made comparable."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qopt.experiments.sweep.equality import digest
from qopt.experiments.sweep.store import read_rows

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = ROOT / "tests" / "misbehaving_plugin.py"
SMALL = """\
instances:
  - {generate: mis, n: [5, 6], seeds: 0}
pipelines:
  sa: {solver: sa, num_reads: 5, num_sweeps: 20}
  qaoa: {solver: qaoa, encoder: unbalanced}
  exact: cpsat
budget: {evaluations: 5}
repeats: 2
"""


def start(*arguments: str, variables: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """``qopt`` with these arguments as a process of its own."""
    environment = {**os.environ, **(variables or {})}
    return subprocess.Popen(
        [sys.executable, "-m", "qopt", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


def call(*arguments: str, variables: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of ``qopt`` with these arguments."""
    process = start(*arguments, variables=variables)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def digests(folder: Path) -> dict[str, str]:
    """What each row says, by id; an id that stands twice is an error."""
    found: dict[str, str] = {}
    for row in read_rows(folder):
        assert row["id"] not in found, "a run is there twice"
        found[row["id"]] = digest(row)
    return found


def rows_by_pipeline(folder: Path) -> dict[str, dict[str, Any]]:
    """The last row of each pipeline."""
    return {row["sweep"]["pipeline"]: row for row in read_rows(folder)}


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that is only waited for does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"
