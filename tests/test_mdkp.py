"""Multidimensional knapsack: native values against enumeration, published bounds, and what instances are refused."""

from __future__ import annotations

import itertools
import pickle
import re

import numpy as np
import pytest

from qopt.core import fingerprint
from qopt.problems.files import load, save
from qopt.problems.generate import generate
from qopt.problems.mdkp import Mdkp, MdkpLinear

#: Optimum, and bound of the linear relaxation, of the twelve SAC-94 instances that comparisons use.
SAC94 = {
    "hp1": (3418, 3472.35),
    "hp2": (3186, 3261.82),
    "pb1": (3090, 3144.35),
    "pb2": (3186, 3261.29),
    "pb4": (95168, 99622.68),
    "pb5": (2139, 2221.28),
    "pet2": (87061, 92977.12),
    "pet3": (4015, 4127.89),
    "pet4": (6120, 6155.33),
    "pet5": (12400, 12462.10),
    "pet6": (10618, 10672.35),
    "pet7": (16537, 16612.82),
}


def points(n):
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8).reshape(2**n, n)


@pytest.mark.parametrize("seed", range(4))
def test_the_program_has_the_optimum_that_enumeration_over_the_items_finds(seed):
    problem = generate("mdkp", n=9, m=3, seed=seed)
    best = 0
    for chosen in itertools.product((0, 1), repeat=9):
        loads = [sum(w * x for w, x in zip(row, chosen)) for row in problem.weights.tolist()]
        if all(load <= limit for load, limit in zip(loads, problem.capacities.tolist())):
            best = max(best, sum(p * x for p, x in zip(problem.profits.tolist(), chosen)))
    program, X = MdkpLinear(problem).program, points(9)
    assert -program.costs(X[program.feasible(X)]).min() == best > 0


@pytest.mark.parametrize("name", SAC94)
def test_sac94_relaxations_have_the_published_bounds(instances_dir, name):
    from scipy.optimize import linprog

    problem = load(instances_dir / "mknap" / "sac94" / f"{name}.dat")
    optimum, bound = SAC94[name]
    assert problem.best_known.value == optimum
    program = MdkpLinear(problem).program
    found = linprog(program.c, A_ub=program.constraints.A, b_ub=program.constraints.upper, bounds=(0, 1))
    assert -found.fun == pytest.approx(bound, abs=0.006)


def test_overloads_are_named_with_their_amounts():
    problem = Mdkp([1, 1, 1], [[3, 2, 2], [1, 1, 1]], [4, 3])
    assert problem.violations(np.array([1, 1, 1])) == {"capacity[0]": 3.0}
    assert problem.violations(np.array([0, 1, 1])) == {}


def test_decimal_rows_hold_to_a_share_of_their_size_and_integer_rows_exactly():
    decimal = Mdkp([1, 1, 1], [[0.1, 0.2, 0.3]], [0.6])
    assert 0.1 + 0.2 + 0.3 > 0.6
    assert decimal.violations(np.array([1, 1, 1])) == {}
    mixed = Mdkp([1, 1], [[0.5, 0.25], [10**9, 1]], [1, 10**9])
    assert mixed.violations(np.array([1, 1])) == {"capacity[1]": 1.0}


def test_values_are_integers_where_the_data_are():
    assert isinstance(Mdkp([2.0, 3.0], [], []).objective(np.array([1, 1])), int)
    assert Mdkp([2.5, 3.0], [], []).objective(np.array([1, 0])) == 2.5


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (([1, 2], [[1, -3]], [4]), "weights must be >= 0, got -3 (at 0, 1)"),
        (([1, 2], [[1, 3]], [-4]), "capacities must be >= 0, got -4"),
        (([1, 2], [[1, 3, 2]], [4]), "weights must have shape (1, 2), got (1, 3)"),
        (([1, 2], [[1, 3], [1]], [4]), "weights must be a rectangular array of numbers"),
        (([1, np.inf], [[1, 3]], [4]), "profits must hold finite numbers"),
        (([1, None], [[1, 3]], [4]), "profits must hold finite numbers"),
        ((["1", "2"], [[1, 3]], [4]), "profits must be a rectangular array of numbers"),
        (([2**52, 2**52], [[1, 3]], [4]), "profits must sum to less than 2**53"),
        (([[1, 2]], [[1, 3]], [4]), "profits must be one vector"),
    ],
)
def test_impossible_instances_are_refused_in_one_line(fields, text):
    with pytest.raises(ValueError, match=re.escape(text)) as caught:
        Mdkp(*fields)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("solution", [[1, 0], [1, 0, 2], [1, 0, 0.5], [[1, 0, 1]]])
def test_a_solution_of_another_shape_is_refused(solution):
    problem = Mdkp([1, 1, 1], [[1, 1, 1]], [2])
    with pytest.raises(ValueError, match="3 values 0 or 1"):
        problem.objective(np.array(solution))


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("m", [0, 1])
def test_smallest_instances(tmp_path, n, m):
    problem = Mdkp(np.ones(n), np.ones((m, n)), np.zeros(m))
    program = MdkpLinear(problem).program
    assert (program.num_variables, program.num_rows) == (n, m)
    assert program.feasible(points(n)).tolist() == [True] + [m == 0] * (2**n - 1)
    save(problem, tmp_path / "small.json")
    assert fingerprint(load(tmp_path / "small.json")) == fingerprint(problem)


def test_relabelling_items_changes_nothing_but_their_order():
    problem, order = generate("mdkp", n=8, seed=2), np.random.default_rng(0).permutation(8)
    other = Mdkp(problem.profits[order], problem.weights[:, order], problem.capacities)
    for x in points(8)[::7]:
        assert problem.objective(x) == other.objective(x[order])
        assert problem.violations(x) == other.violations(x[order])


def test_arrays_cannot_be_changed_even_after_pickling():
    problem = generate("mdkp", seed=1)
    for copy in (problem, pickle.loads(pickle.dumps(problem))):
        with pytest.raises(ValueError, match="read-only"):
            copy.weights[0, 0] = 1
    given = np.array([1, 2])
    kept = Mdkp(given, [[1, 1]], [1])
    given[0] = 9
    assert kept.profits.tolist() == [1, 2]


@pytest.mark.parametrize("tightness", [0.25, 0.5, 0.75])
def test_generator_follows_chu_and_beasley(tightness):
    problem = generate("mdkp", n=200, m=5, tightness=tightness, seed=3)
    assert problem.weights.min() >= 0
    assert problem.weights.max() <= 1000
    assert np.array_equal(problem.capacities, np.floor(tightness * problem.weights.sum(axis=1)))
    extra = problem.profits - problem.weights.mean(axis=0)
    assert (extra > -1).all()
    assert (extra <= 500).all()
    assert 200 < extra.mean() < 300
    assert fingerprint(problem) != fingerprint(generate("mdkp", n=200, m=5, tightness=tightness, seed=4))
