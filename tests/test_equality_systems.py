"""Market split and other equality systems: `plan` names the exact solvers, with commands that work."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.experiments.equality_systems import MAX_CHANCE, equality_system
from qopt.problems.market_share import MarketShare
from qopt.problems.qubo import Qubo

from .shell import Shell

#: Two equalities that one point keeps: (1, 0, 1, 0, 0, 1, 1, 0, 1, 0).
WIDE = [[37, 81, 59, 22, 91, 13, 48, 75, 66, 29], [12, 44, 93, 71, 18, 66, 27, 84, 31, 57]]
POINT = [1, 0, 1, 0, 0, 1, 1, 0, 1, 0]


def system(A: Any, lower: Sequence[int | None], upper: Sequence[int]) -> Qubo:
    """Bits with these rows and the objective ``sum x``."""
    matrix = np.asarray(A)
    entries = np.argwhere(matrix)
    values = matrix[matrix != 0]
    return Qubo([1] * matrix.shape[1], row_entries=entries, row_values=values, lower=tuple(lower), upper=tuple(upper))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """A market split of 2 products and 12 retailers with a division that meets the targets."""
    demands = np.random.default_rng(1).integers(1, 100, size=(2, 12))
    path = tmp_path / "a split.dat"
    rows = [f"{' '.join(map(str, row))} {row[:6].sum()}" for row in demands]
    path.write_text("\n".join(["2 12", *rows]) + "\n")
    return path


@pytest.mark.parametrize("solver", [[], ["--solver", "sa"], ["--solver", "constrained-sa"]])
def test_plan_names_exact_solvers_with_commands_that_work(split: Path, shell: Shell, solver: list[str]) -> None:
    told = json.loads(shell.run("plan", str(split), "--json", *solver).out)["equality_system"]
    assert "2 equalities with wide coefficients" in told["text"]
    assert [one["solver"] for one in told["exact"]] == ["market-split", "cpsat"]
    text = shell.run("plan", str(split), *solver).out
    for one in told["exact"]:
        assert one["command"] in text
        typed = shlex.split(one["command"])
        assert typed[:1] == ["qopt"]
        record = json.loads(shell.run(*typed[1:], "--json").out)
        assert (record["status"], record["objective"]) == ("optimal", 0)


@pytest.mark.parametrize("solver", ["sa", "constrained-sa"])
def test_a_sampler_that_is_asked_for_is_told_beside(split: Path, shell: Shell, solver: str) -> None:
    done = shell.run("solve", str(split), "--solver", solver, "--num-reads", "2", "--num-sweeps", "10")
    assert "exact here: --solver market-split or --solver cpsat" in done.err
    assert "exact here" not in shell.run("solve", str(split)).err


def test_equalities_of_a_file_are_for_cpsat() -> None:
    target = (np.array(WIDE) @ POINT).tolist()
    found = equality_system(system(WIDE, lower=target, upper=target))
    assert found is not None
    assert (found.num_rows, [name for name, _ in found.solvers]) == (2, ["cpsat"])
    spread = [0.5 * np.linalg.norm(row) * np.sqrt(2 * np.pi) for row in WIDE]
    assert found.chance == pytest.approx(1 / np.prod(spread))
    record = qopt.solve(system(WIDE, lower=target, upper=target), "cpsat")
    assert record.status.value == "optimal"


def test_what_is_no_wide_equality_is_left_alone() -> None:
    target = (np.array(WIDE) @ POINT).tolist()
    assert equality_system(system(WIDE, lower=[None] * 2, upper=target)) is None  # knapsacks
    ones = np.ones((2, 10))
    assert equality_system(system(ones, lower=[5, 5], upper=[5, 5])) is None  # cardinalities
    links = [[1, 1, 1, 1, -4, 0], [0, 1, 1, 1, 0, -3]]
    assert equality_system(system(links, lower=[0, 0], upper=[0, 0])) is None
    slack = np.hstack([WIDE, np.kron(np.eye(2), [1, 2, 4, 8, 16, 32, 64, 128, 44])])
    assert equality_system(system(slack, lower=target, upper=target)) is None  # inequalities with their slack
    assert equality_system(qopt.generate("tsp", n=5, seed=1)) is None
    assert equality_system(MarketShare([[1, 1, 1]], [2])) is None
    assert equality_system(qopt.generate("qubo", n=6, seed=1)) is None


def test_the_chance_is_that_of_uniform_points() -> None:
    """Against enumeration: the mean over all targets that can be reached, as the normal law near its middle."""
    row = np.array(WIDE[0])
    bits = (np.arange(2**10)[:, None] >> np.arange(10)) & 1
    sums = bits @ row
    middle = np.abs(sums - row.sum() / 2) <= 60
    exact = middle.mean() / 121  # chance of each whole number within 60 of the mean
    found = equality_system(system([row.tolist()], lower=[242], upper=[242]))
    assert found is not None
    assert found.chance < MAX_CHANCE
    assert found.chance == pytest.approx(exact, rel=0.25)
