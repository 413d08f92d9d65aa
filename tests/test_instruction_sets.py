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


def solved(solver: str = "qaoa", **options: Any) -> dict[str, Any]:
    record = qopt.solve(PROBLEM, solver, seed=3, **options)
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


@needs_two
@pytest.mark.parametrize(
    ("solver", "options"),
    [("vqe", {"num_layers": 1}), ("pce", {}), ("qaoa", {"backend": "light-cone", "num_layers": 2})],
)
def test_every_engine_of_circuits_is_replayed_under_its_own(
    solver: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """State vectors and light cones did not say what they ran on: replayed on the widest, their rows differed."""
    with Pool() as pool:
        for name in instruction_sets():
            monkeypatch.setenv("QOPT_ISA", name)
            row = solved(solver, max_evaluations=20, **options)
            monkeypatch.delenv("QOPT_ISA")
            assert "compiled (" in row["resources"]["engine"]
            assert instruction_set_of(row) == name
            found = replay(row, PROBLEM, pool)
            assert found.verdict == "identical", (name, found.differences[:3])


def test_an_annealers_row_is_replayed_whatever_it_ran_on() -> None:
    """Its engine was compared with the set in its name, so that another machine told it different."""
    row = solved("sa", num_reads=5)
    if "compiled" not in row["resources"]["engine"]:
        pytest.skip("no compiled engine")
    row["environment"]["instruction_set"] = "avx1024"
    row["resources"]["engine"] = "annealing, compiled (avx1024)"
    assert not_replayable(row) == ""
    with Pool() as pool:
        assert replay(row, PROBLEM, pool).verdict == "identical"


def test_a_difference_of_another_blas_says_what_to_type() -> None:
    row = solved()
    if not row["environment"]["blas"].startswith("OpenBLAS"):
        pytest.skip("another BLAS")
    row["objective"] = -1
    with Pool() as pool:
        assert "OPENBLAS_CORETYPE" not in replay(row, PROBLEM, pool).reason
        row["environment"]["blas"] = "OpenBLAS Other"
        assert "with OPENBLAS_CORETYPE=Other before the command" in replay(row, PROBLEM, pool).reason


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
