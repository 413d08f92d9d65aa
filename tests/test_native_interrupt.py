"""Ctrl-C ends every solver that works for long: exit code 130, one line, and soon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.interrupt_children import CASES, PATIENCE

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="CPU seconds of children are read in /proc"
)
SCRIPT = Path(__file__).with_name("interrupt_children.py")


def test_ctrl_c_ends_each_solver_soon_with_130_and_one_line(tmp_path: Path) -> None:
    """OR-Tools' routing search lost the signal in its callbacks and went on to its time limit.

    One test for all cases, run one after another by a process that imports everything once and forks.
    """
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) == set(CASES)
    wrong = {case: found for case, found in told.items() if "missing" not in found and not _is_well_ended(found)}
    assert not wrong


def _is_well_ended(found: Any) -> bool:
    text = found["err"]
    return (
        (found["code"], found["out"]) == (130, "")
        and text.endswith("qopt: interrupted\n")
        and text.count("interrupted") == 1
        and "Traceback" not in text
        and found["seconds"] < PATIENCE / 2  # of CPU, after the signal
    )
