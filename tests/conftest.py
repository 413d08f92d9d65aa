"""Fixtures that every test file may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# before NumPy is imported: several test processes with several BLAS threads each slow one another down a hundredfold
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from .one_template import lent_to_all
from .shell import Shell

# the same examples on every machine and in every run
settings.register_profile("qopt", derandomize=True, deadline=None)
settings.load_profile("qopt")


@pytest.fixture(scope="session")
def instances_dir() -> Path:
    """Folder of public benchmark instances: $QOPT_INSTANCES, else ../shared/instances beside the checkout."""
    default = Path(__file__).resolve().parents[2] / "shared" / "instances"
    folder = Path(os.environ.get("QOPT_INSTANCES", default))
    if not (folder / "best_known.csv").is_file():
        pytest.skip(f"no public instances at {folder}; set QOPT_INSTANCES to their folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _one_template() -> Iterator[None]:
    """Runs of sweeps are forked from one process, whichever test starts them."""
    with lent_to_all():
        yield


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Runs ``qopt`` in this process."""
    monkeypatch.delenv("COLUMNS", raising=False)  # set to 80 by parallel test runners
    return Shell(monkeypatch, capsys)
