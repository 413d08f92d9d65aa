"""``qopt verify`` holds what a record says against its instance; a false claim is exit 1, where it was 0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import qopt

from .shell import Shell


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"objective": 17}, "the file states 17, the instance says 9"),
        ({"objective": 9.001}, "the file states 9.001"),
        ({"solution": [0, 0, 0], "objective": 0}, "says optimal, and its bound 9 does not prove that"),
        ({"solution": [1, 1, 1], "objective": 15}, "broken by 3: capacity[0]"),
        ({"bound": 8}, "states the bound 8, and its own solution is better"),
        ({"bound": 11}, "says optimal, and its bound 11"),
        ({"status": "infeasible"}, "says infeasible, and has a solution"),
        ({"instance": {"kind": "mdkp", "fingerprint": "0" * 16}}, "not of this one"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_false_claim_is_told(changes: dict[str, Any], words: str, tmp_path: Path, shell: Shell) -> None:
    problem = qopt.Mdkp(profits=[6, 5, 4], weights=[[3, 2, 2]], capacities=[4])
    instance, record = tmp_path / "k.json", tmp_path / "r.json"
    qopt.save(problem, instance)
    assert shell.run("solve", instance, "--solver", "cpsat", "--quiet", "--out", record).code == 0
    record.write_text(json.dumps({**json.loads(record.read_text()), **changes}))
    assert shell.run("verify", instance, record).code == (1 if changes else 0)
    assert words in shell.err
    assert shell.run("verify", instance, record, "--json").code == (1 if changes else 0)
    assert bool(shell.json["broken_claims"] or shell.json["violations"]) == bool(changes)
