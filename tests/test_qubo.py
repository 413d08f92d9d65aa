"""Any binary program as an instance: canonical terms, rows with one or two bounds, and names."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from scipy.sparse import random_array

from qopt.core import BinaryProgram, fingerprint, make_rows
from qopt.problems.files import load, save
from qopt.problems.generate import generate
from qopt.problems.qubo import Qubo, QuboProgram


def points(n):
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8).reshape(2**n, n)


def some_program(seed, rows=3):
    rng = np.random.default_rng(seed)
    A = np.round(rng.normal(size=(rows, 7)) * 4, seed % 2)
    lower = np.where(rng.random(rows) < 0.5, -np.inf, -3)
    upper = np.where(rng.random(rows) < 0.5, np.inf, 3)
    Q = random_array((7, 7), density=0.5, rng=rng)
    return BinaryProgram(rng.normal(size=7), Q, 1.5, make_rows(A, lower=lower, upper=upper, family="limit"))


@pytest.mark.parametrize("seed", range(6))
def test_programs_come_back_from_instances_and_files(tmp_path, seed):
    program = some_program(seed)
    problem = Qubo.from_program(program, name="some")
    assert QuboProgram(problem).program.fingerprint == program.fingerprint
    save(problem, tmp_path / "some.json")
    again = load(tmp_path / "some.json")
    assert fingerprint(again) == fingerprint(problem)
    assert QuboProgram(again).program.fingerprint == program.fingerprint
    assert again.row_names == ("limit[0]", "limit[1]", "limit[2]")


@pytest.mark.parametrize("seed", range(4))
def test_objective_and_violations_are_those_of_the_program(seed):
    program = some_program(seed)
    problem, X = Qubo.from_program(program), points(7)
    amounts = program.violations(X)
    for x, cost, broken in zip(X, program.costs(X), amounts):
        assert problem.objective(x) == pytest.approx(cost)
        found = problem.violations(x)
        assert found == pytest.approx({f"limit[{i}]": broken[i] for i in np.flatnonzero(broken)})


def test_terms_are_canonical():
    problem = Qubo([1, 0, 0], [[2, 0], [0, 2], [1, 1]], [1, 2, 5], offset=2.0)
    assert problem.linear.tolist() == [1, 5, 0]
    assert problem.pairs.tolist() == [[0, 2]]
    assert problem.couplings.tolist() == [3]
    assert problem.objective(np.array([1, 1, 1])) == 11
    assert isinstance(problem.offset, int)
    assert problem.variable_names == ("x[0]", "x[1]", "x[2]")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"linear": [1], "pairs": [[0, 1]], "couplings": [1]}, "pairs must lie below (1, 1), got [0, 1]"),
        ({"linear": [1, 2], "pairs": [[0, 1]], "couplings": []}, "couplings must be 1 numbers"),
        ({"linear": [1, 2], "pairs": [[0, 0.5]], "couplings": [1]}, "pairs must be pairs of whole numbers"),
        ({"linear": [1], "lower": [0], "upper": []}, "lower and upper must be as many, got 1 and 0"),
        ({"linear": [1], "lower": [2], "upper": [1]}, "row 0 must have lower <= upper, got 2 and 1"),
        ({"linear": [1], "lower": [np.nan], "upper": [1]}, "lower must hold finite numbers"),
        ({"linear": [1], "row_entries": [[0, 0]], "row_values": [1]}, "row_entries must lie below (0, 1)"),
        ({"linear": [1, 1], "variable_names": ["a", "a"]}, "variable_names must be 2 different names"),
        ({"linear": [1], "offset": np.inf}, "offset must hold finite numbers"),
    ],
)
def test_impossible_programs_are_refused_in_one_line(fields, text):
    with pytest.raises(ValueError, match=re.escape(text)) as caught:
        Qubo(**fields)
    assert "\n" not in str(caught.value)


def test_smallest_programs():
    assert Qubo([]).objective(np.zeros(0)) == 0
    assert QuboProgram(Qubo([])).program.num_variables == 0
    one = Qubo([3], lower=[1], upper=[None], row_entries=[[0, 0]], row_values=[1])
    assert one.violations(np.array([0])) == {"row[0]": 1.0}
    assert one.violations(np.array([1])) == {}


def test_generator_density_and_range():
    problem = generate("qubo", n=60, density=0.25, max_coefficient=50, seed=4)
    assert abs(len(problem.pairs) / (60 * 59 / 2) - 0.25) < 0.04
    assert np.abs(problem.linear).max() <= 50
    assert np.abs(problem.couplings).max() <= 100
    assert (problem.couplings % 2 == 0).all()
