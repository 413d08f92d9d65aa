"""Remedies that errors name are typed as they stand, and work: they were in Python's spelling, or refused again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import qopt
from qopt.commands.errors import as_typed

from .shell import Shell

FEW = ("--no-control", "--reference", "none")
#: What is typed, the words of the remedy in the answer, and the whole line that follows it.
CASES = [
    (
        "--solver qaoa --init fixed --layers 30",
        "use --init interp",
        "--solver qaoa --init interp --layers 2 --evaluations 4",
    ),
    (
        "--solver qaoa --alpha 0.5 --backend pauli --encoder unbalanced",
        "use --backend exact",
        "--solver qaoa --alpha 0.5 --backend exact --encoder unbalanced --evaluations 4",
    ),
    (
        "--solver rqaoa --correlations depth-one --layers 2",
        "use --correlations state",
        "--solver rqaoa --correlations state --layers 2 --evaluations 4",
    ),
    ("--solver tabu --seconds 1", "did you mean --time-limit", "--solver sa --time-limit 1"),
    ("--solver sa --encoder polynomial", "use --encoder slack", "--solver sa --encoder slack"),
    (
        "--solver qaoa --encoder bundle --restarts 2 --optimizer none",
        "--optimizer none",
        "--solver sa --encoder bundle --rounds 2",
    ),
    ("--solver pyvrp", "use cpsat", "--solver cpsat"),
    (
        "--solver adapt --encoder slack",
        "--encoder neighbourhood",
        "--solver adapt --encoder neighbourhood --time-limit 1",
    ),
    ("--solver sa --shrink 3 --presolve bad", "lp", "--solver sa --presolve lp"),
]


@pytest.mark.parametrize(("typed", "remedy", "again"), CASES)
def test_a_remedy_works_as_it_is_printed(typed: str, remedy: str, again: str, shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "items.json"
    qopt.save(qopt.generate("mdkp", n=6, m=2, seed=1), path)
    shell.run("solve", path, *typed.split(), *FEW)
    assert shell.code == 2
    said = shell.err.splitlines()[-1]
    assert remedy in said
    assert not re.search(r"\w='", said), said
    shell.run("solve", path, *again.split(), *FEW)
    assert shell.code == 0, shell.err


def test_a_target_of_the_dimod_solver_is_asked_for_by_an_option_that_takes_it(shell: Shell, tmp_path: Path) -> None:
    """It said --target, which is the budget's: a number."""
    path = tmp_path / "items.json"
    qopt.save(qopt.generate("mdkp", n=4, m=1, seed=1), path)
    shell.run("solve", path, "--solver", "dimod")
    assert "give --solver.target" in shell.err
    words = ("--solver", "dimod", "--solver.target", "dimod:ExactSolver", "--encoder", "slack", *FEW)
    shell.run("--allow-module", "dimod", "solve", path, *words)
    assert shell.code == 0, shell.err


def test_settings_of_python_are_told_as_options() -> None:
    assert as_typed("e.g. shots=1000, or backend='exact'") == "e.g. --shots-per-evaluation 1000, or --backend exact"
    assert as_typed("write solver.restarts or encoder.restarts") == "write --solver.restarts or --encoder.restarts"
    assert as_typed("has_hint=False with x=1,2 in a=5.json") == "--no-has-hint with x=1,2 in a=5.json"


def test_a_plan_spells_remedies_as_they_are_typed(shell: Shell, tmp_path: Path) -> None:
    """`plan` said backend='aer-mps' where `solve` says --backend."""
    qopt.save(qopt.generate("max-cut", n=60, degree=3, seed=1), tmp_path / "g.json")
    shell.run("plan", tmp_path / "g.json", "--solver", "qaoa", "--encoder", "slack")
    assert "use --backend mps," in shell.out
    assert "backend='" not in shell.out
