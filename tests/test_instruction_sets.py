"""Rows of circuits and the instruction set they ran on: recorded, replayed under it, refused where it is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

import qopt
from qopt.core import Record, UnsupportedError
from qopt.engines.diagonal import compiled
from qopt.experiments.environment import environment, instruction_sets
from qopt.experiments.sweep.pool import Pool
from qopt.experiments.sweep.replay import instruction_set_of, not_replayable, replay

PROBLEM = qopt.generate("max-cut", n=10, seed=3)
needs_two = pytest.mark.skipif(len(instruction_sets()) < 2, reason="one instruction set alone")


def solved(**options: Any) -> dict[str, Any]:
    record = qopt.solve(PROBLEM, "qaoa", seed=3, num_layers=2, **options)
    row = json.loads(json.dumps(record.to_json()))
    assert isinstance(row, dict)
    return row


@needs_two
def test_a_row_is_replayed_under_the_instruction_set_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of an AVX2 machine came out different on an AVX-512 one although it called itself replayable."""
    narrow = instruction_sets()[1]
    monkeypatch.setenv("QOPT_ISA", narrow)
    row = solved()
    monkeypatch.delenv("QOPT_ISA")
    assert row["environment"]["instruction_set"] == instruction_set_of(row) == narrow
    wide = solved()
    assert instruction_set_of(wide) == instruction_sets()[0]
    with Pool() as pool:
        assert replay(row, PROBLEM, pool).verdict == "identical"
        assert replay(wide, PROBLEM, pool).verdict == "identical"
    one, other = (Record.from_json(each).replay_view() for each in (row, wide))
    assert one["resources"]["engine"] != other["resources"]["engine"]


def test_a_row_of_an_instruction_set_that_is_not_here_is_no_fault() -> None:
    row = solved()
    engine = str(row["resources"]["engine"])
    if "compiled" not in engine:
        pytest.skip("no compiled engine")
    row["environment"]["instruction_set"] = "avx1024"
    row["resources"]["engine"] = "exact compiled (avx1024), complex128"
    assert "which this machine has not" in not_replayable(row)
    row["resources"]["engine"] = "numpy"  # a classical sampler does not use it
    assert not_replayable(row) == ""


@needs_two
def test_the_widest_that_is_allowed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    names = instruction_sets()
    for name in names:
        monkeypatch.setenv("QOPT_ISA", name)
        assert compiled.instruction_set() == environment()["instruction_set"] == name
    monkeypatch.setenv("QOPT_ISA", "neon2")
    with pytest.raises(UnsupportedError, match="QOPT_ISA must be one that this machine can run"):
        compiled.instruction_set()
