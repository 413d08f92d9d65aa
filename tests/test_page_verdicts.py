"""Sentences below the tables of the pages say what their cells say, an instance counted once."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    path = ROOT / "benchmarks" / "decomposition.py"
    spec = importlib.util.spec_from_file_location("bench_decomposition", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(path.parent))  # as where the script is run: it imports its neighbour
        spec.loader.exec_module(module)
    sys.modules.pop("bench_decomposition", None)
    return module


def test_the_paired_tests_of_the_decomposition_are_of_their_own_cells(bench: ModuleType) -> None:
    """Three seeds on one instance counted as three: p = 6.1e-05 of xy, which has five instances (0.062)."""
    text = (ROOT / "docs/decomposition.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- table: (?:command|table)-(qaoa|ws-qaoa|vqe|xy) -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert len(blocks) == 8
    for solver, block in blocks:
        *table, _, told = block.splitlines()
        assert told == bench.verdict(table)
        assert f": {solver} better on " in told
        assert int(told.split()[0]) == len(table) - 2


def test_a_mean_that_is_missing_is_worse_than_any(bench: ModuleType) -> None:
    head = ["| instance | best known | start | uniform | qaoa |", "|---|---|---|---|---|"]
    told = bench.verdict([*head, "| a | 9 | 5 | - | 1 |", "| b | 2 | 1,000 | 30 | - |", "| c | 2 | 8 | - | - |"])
    assert told.startswith("3 instances, seeds averaged: qaoa better on 1, uniform points on 1, equal on 1;")
