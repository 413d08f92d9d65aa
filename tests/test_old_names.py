"""Fields that were renamed: former words still work everywhere, ids did not change, and giving both is one error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import qopt
from qopt.core import CORRELATIONS, ENCODERS, SOLVERS, fields_of, from_spec, in_new_words, in_old_words, to_spec
from qopt.core.old_names import old_names
from qopt.experiments.composite import Decompose
from qopt.experiments.sweep.equality import comparable
from qopt.experiments.sweep.matrix import read_matrix
from qopt.experiments.sweep.store import ROWS, read_rows

from .shell import Shell

PROBLEM = qopt.generate("mdkp", n=6, m=2, seed=3)
PARTS = [(room, entry.name) for room in (SOLVERS, ENCODERS, CORRELATIONS) for entry in room if old_names(entry.make)]

#: Ids that these runs had before the fields were renamed.
IDS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "qaoa",
        {"layers": 1, "maxiter": 3, "restarts": 1, "encoder": "unbalanced"},
        {"num_layers": 1, "max_evaluations": 3, "num_restarts": 1, "encoder": "unbalanced"},
        "bba9aed284dccfb30ba11d62ee19e7667b0e3699d759d8dc2b5637eca1157b9b",
    ),
    (
        "qaoa",
        {"layers": 1, "maxiter": 3, "solver__shots": 20, "encoder": "unbalanced"},
        {"num_layers": 1, "max_evaluations": 3, "shots_per_evaluation": 20, "encoder": "unbalanced"},
        "7f0daad3dd75cee097f5118777074e76abde898106ffc8d2f862a9cf290cfc07",
    ),
    (
        "pce",
        {"reps": 1, "maxiter": 2, "restarts": 0, "encoder": "unbalanced"},
        {"num_layers": 1, "max_evaluations": 2, "num_restarts": 0, "encoder": "unbalanced"},
        "b9e2127b622b3cf3754e5b710a0d7b8761aaa1df709959c53f8577cc67efa388",
    ),
    (
        "xy",
        {"layers": 1, "maxiter": 2, "num_starts": 1},
        {"num_layers": 1, "max_iterations": 2, "num_starts": 1},
        "4a8217c8ad1d72f1df2e78364f8ddbd8db77102338f8251e9e6916effa955c85",
    ),
    (
        "sa",
        {"encoder": {"name": "neighbourhood", "size": 4, "restarts": 1}, "rounds": 2, "num_reads": 2},
        {"encoder": {"name": "neighbourhood", "size": 4, "num_restarts": 1}, "rounds": 2, "num_reads": 2},
        "222958a294bf54ccb9b42f08796d822262f7a335c2f0c8379ce0b1fe66f7d5b0",
    ),
    (
        "sa",
        {"shrink": 4, "correlations": {"name": "qaoa", "layers": 1}, "encoder": "unbalanced", "num_reads": 2},
        {"shrink": 4, "correlations": {"name": "qaoa", "num_layers": 1}, "encoder": "unbalanced", "num_reads": 2},
        "d4369c04035ee78c5ed679750a52ba1534b57787a456b53e63f30115482720e7",
    ),
]


@pytest.mark.parametrize(("solver", "old", "new", "expected"), IDS)
def test_both_words_give_the_id_that_a_run_had_before(
    solver: str, old: dict[str, Any], new: dict[str, Any], expected: str
) -> None:
    for options in (old, new):
        record = qopt.solve(PROBLEM, solver, seed=2, control=False, improve=False, **options)
        assert record.id == expected


def test_a_later_field_is_in_an_id_only_beside_its_default() -> None:
    spec = to_spec(from_spec("solvers", "sa"))
    assert spec["device"] == "cpu"
    assert "device" not in in_old_words("solvers", spec)
    assert in_old_words("solvers", spec | {"device": "gpu"})["device"] == "gpu"
    inner = {"name": "neighbourhood", "inner": {"name": "slack"}}
    assert in_old_words("encoders", inner) == inner


@pytest.mark.parametrize(("room", "name"), PARTS)
def test_a_former_name_is_a_keyword_and_a_key_and_never_a_field(room: qopt.core.Registry, name: str) -> None:
    entry = room.get(name)
    fields = fields_of(entry.make)
    spec = to_spec(from_spec(room.room, name))
    for was, field in old_names(entry.make).items():
        assert was not in fields
        assert field in fields
        value = spec[field]
        preset = {key: other for key, other in entry.preset.items() if key != field}
        assert getattr(entry.make(**{**preset, was: value}), field) == value
        assert to_spec(from_spec(room.room, {"name": name, was: value})) == spec
        with pytest.raises(ValueError, match=f"{field} must be given once, got {was} too"):
            entry.make(**{**preset, was: value, field: value})
        with pytest.raises(ValueError, match=f"{field} must be given once, got {was} too"):
            from_spec(room.room, {"name": name, was: value, field: value})
    old = in_old_words(room.room, spec)
    assert set(old_names(entry.make)) <= set(old)
    assert in_new_words(room.room, old) == spec


def test_the_parts_of_the_field_are_there() -> None:
    names = {name for _, name in PARTS}
    assert {"qaoa", "cvar-qaoa", "ma-qaoa", "rqaoa", "vqe", "pce", "qrao", "xy", "adapt", "neighbourhood"} <= names
    assert {"layers", "reps"} & set(old_names(SOLVERS.get("pce").make)) == {"reps"}


def test_an_object_keeps_its_other_fields_under_a_former_name() -> None:
    record = qopt.solve(PROBLEM, qopt.Qaoa(maxiter=3), encoder="unbalanced", layers=1, seed=1, control=False)
    assert record.pipeline["solver"]["num_layers"] == 1
    assert record.pipeline["solver"]["max_evaluations"] == 3


def test_a_composite_takes_the_former_name_and_no_unknown_one() -> None:
    import dimod

    child = dimod.ExactSolver()
    assert Decompose(child, restarts=2)._encoder == Decompose(child, num_restarts=2)._encoder
    with pytest.raises(ValueError, match="num_restarts must be given once"):
        Decompose(child, restarts=2, num_restarts=1)
    with pytest.raises(TypeError, match="restart"):
        Decompose(child, restart=2)


def test_an_old_record_says_the_same_as_its_replay() -> None:
    options: dict[str, Any] = {"encoder": "unbalanced", "num_layers": 1, "max_evaluations": 2, "seed": 1}
    row = qopt.solve(PROBLEM, "qaoa", **options).to_json()
    old = json.loads(json.dumps(row))
    old["pipeline"]["solver"] = in_old_words("solvers", old["pipeline"]["solver"])
    assert "layers" in old["pipeline"]["solver"]
    assert comparable(old) == comparable(row)
    pipeline, _ = qopt.experiments.pipeline.pipeline_from_spec(old["pipeline"])
    assert to_spec(pipeline.solver) == row["pipeline"]["solver"]


SWEEP = """
name: words
instances: [{generate: mdkp, n: 5, m: 1}]
pipelines:
  q: {solver: qaoa, encoder: unbalanced, WORD: [1, 2], FEW: 2, control: false}
  own: {solver: {name: vqe, FEW: 2}, encoder: unbalanced, control: false}
  wrong: {solver: {name: vqe, FEW: 2}, formulation: no-such-form, encoder: unbalanced}
"""


def test_a_sweep_in_old_words_is_resumed_in_new_ones(tmp_path: Path, shell: Shell) -> None:
    spec, out = tmp_path / "spec.yaml", tmp_path / "run"
    for layers, few in (("layers", "maxiter"), ("num_layers", "max_evaluations")):
        spec.write_text(SWEEP.replace("WORD", layers).replace("FEW", few))
        shell.run("bench", spec, "--out", out, "--json")
        assert shell.code in (0, 1), shell.err
        assert len(list(read_rows(out / ROWS))) == 4
    matrix, _ = read_matrix(str(spec), ["solver.maxiter=5"])
    assert [cell.spec["solver"]["max_evaluations"] for cell in matrix.cells if cell.variant.name == "own"] == [5]


def test_the_command_line_takes_both_words_and_refuses_both_at_once(shell: Shell) -> None:
    base = ("solve", "examples/mdkp.json", "--solver", "qaoa", "--encoder", "unbalanced", "--maxiter", "2", "--quiet")
    told = [shell.run(*base, "--json", word, "1").json for word in ("--layers", "--num-layers")]
    assert told[0]["id"] == told[1]["id"]
    shell.run(*base, "--layers", "1", "--num-layers", "2")
    assert shell.code == 2
    assert "num_layers must be given once, got layers too" in shell.err
