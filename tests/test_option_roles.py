"""Options of a part that have the name of a run's limit or of another part's option: none is guessed."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import pytest

import qopt
from qopt.core import ENCODERS, SOLVERS, fields_of

from .shell import Shell

WORDS = {*inspect.signature(qopt.solve).parameters} | {field.name for field in dataclasses.fields(qopt.Budget)}
WORDS |= {"repair_top", "control", "ceiling", "time_limit", "shrink", "presolve"}
#: Every field that has such a word, with a value that is not its default.
VALUES = {"seconds": 0.5, "target": 3.0, "shrink": 0.25, "options": {}}


def _colliding(room: Any) -> list[tuple[str, str]]:
    parts = [entry for entry in room if dataclasses.is_dataclass(entry.make)]
    return [(entry.name, field) for entry in parts for field in sorted(WORDS & set(fields_of(entry.make)))]


def test_the_collisions_are_those_that_are_tried_here() -> None:
    assert {field for room in (SOLVERS, ENCODERS) for _, field in _colliding(room)} == set(VALUES)


@pytest.mark.parametrize(("solver", "field"), _colliding(SOLVERS))
def test_a_solver_s_own_option_wins_by_its_role(solver: str, field: str) -> None:
    value: Any = "dimod:ExactSolver" if solver == "dimod" and field == "target" else VALUES[field]
    given: dict[str, Any] = {"solver__target": "dimod:ExactSolver"} if solver == "dimod" else {}
    given[f"solver__{field}"] = value
    kind, size = ("tsptw", {"n": 4}) if solver == "routing" else ("mis", {"n": 4})
    try:
        problem = qopt.generate(kind, seed=1, **size)
        record = qopt.solve(problem, solver, **given)
    except ImportError as error:
        pytest.skip(str(error))
    assert record.pipeline["solver"][field] == value
    assert field not in record.pipeline["budget"]


def test_shots_of_an_evaluation_have_a_name_of_their_own_and_the_old_one_by_its_role() -> None:
    problem = qopt.generate("mis", n=4, seed=1)
    for word in ("shots_per_evaluation", "solver__shots", "solver__shots_per_evaluation"):
        record = qopt.solve(problem, "qaoa", num_layers=1, max_evaluations=3, shots=200, **{word: 7})
        assert record.pipeline["solver"]["shots_per_evaluation"] == 7
        assert record.pipeline["budget"] == {"shots": 200}


def test_an_encoder_s_own_option_wins_by_its_role() -> None:
    problem = qopt.generate("mdkp", n=6, m=2, seed=1)
    dual = qopt.solve(problem, "sa", encoder="dual-ascent", encoder__shrink=0.25, rounds=2, shots=5)
    assert dual.pipeline["encoder"]["shrink"] == 0.25
    both = qopt.solve(problem, "sa", encoder="dual-ascent", shrink=4, encoder__shrink=0.25, rounds=2, shots=5)
    assert both.pipeline["encoder"]["target"] == 4
    assert both.pipeline["encoder"]["inner"]["shrink"] == 0.25
    shrunk = qopt.solve(problem, "sa", encoder="shrink", encoder__target=5, budget__target=2, shots=5)
    assert shrunk.pipeline["encoder"]["target"] == 5
    assert shrunk.pipeline["budget"]["target"] == 2


def test_shrink_s_target_was_taken_for_the_run_s_without_a_word() -> None:
    problem = qopt.generate("mis", n=8, seed=1)
    with pytest.raises(ValueError, match=r"encoder__target .*budget__target") as caught:
        qopt.solve(problem, "sa", encoder="shrink", target=4)
    assert "\n" not in str(caught.value)
    for encoder in ({"name": "shrink", "target": 5}, qopt.Shrink(target=5)):
        record = qopt.solve(problem, "sa", encoder=encoder, target=2, shots=5)
        assert record.pipeline["encoder"]["target"] == 5
        assert record.pipeline["budget"]["target"] == 2
    short = qopt.solve(problem, "sa", shrink=5, target=2, shots=5)
    assert (short.pipeline["encoder"]["target"], short.pipeline["budget"]["target"]) == (5, 2)


def test_the_command_says_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    shell, path = Shell(monkeypatch, capsys), tmp_path / "i.json"
    qopt.save(qopt.generate("mis", n=8, seed=1), path)
    words = ["solve", path, "--solver", "sa", "--encoder", "shrink", "--shots", 5, "--quiet", "--json"]
    assert shell.run(*words, "--target", 4).code == 2
    assert "--encoder.target" in shell.err
    assert "--budget.target" in shell.err
    assert shell.run(*words, "--encoder.target", 5, "--budget.target", 2).code == 0
    assert shell.json["pipeline"]["encoder"]["target"] == 5
    assert shell.json["pipeline"]["budget"]["target"] == 2
    assert shell.run(*words, "--encoder.target", 5, "--target", 2).code == 0
    assert shell.json["pipeline"]["budget"]["target"] == 2
    assert shell.run(*words, "--budget.target", "x").code == 2
    assert shell.run(*words, "--budget.target", 2, "--target", 2).code == 2


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"solver": "qaoa", "shots": "10"}, TypeError, "solver__shots"),
        ({"solver": "dimod", "target": "dimod:ExactSolver"}, TypeError, "solver__target"),
        ({"solver": "sa", "encoder": "shrink", "target": "4"}, TypeError, "encoder__target"),
        ({"solver": "qaoa", "encoder": "neighbourhood", "restarts": 1}, ValueError, "in Python solver__restarts"),
        ({"solver": "sa", "shots": 3, "budget__shots": 4}, ValueError, "not both"),
        ({"solver": "sa", "seconds": 3, "time_limit": 4}, ValueError, "not both"),
        ({"solver": "sa", "shots": 3, "budget": qopt.Budget()}, ValueError, "budget or its fields"),
    ],
)
def test_which_one_is_meant_is_told_by_the_message(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        qopt.solve(qopt.generate("mis", n=5, seed=1), **options)


def test_every_limit_of_a_budget_is_an_option() -> None:
    """``memory_bytes`` was none."""
    record = qopt.solve(qopt.generate("mis", n=5, seed=1), "sa", memory_bytes=10**9, shots=5)
    assert record.pipeline["budget"] == {"memory_bytes": 10**9, "shots": 5}
