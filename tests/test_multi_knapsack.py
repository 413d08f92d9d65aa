"""Multiple knapsack: profits by knapsack, required items, joint risk, against enumeration of all assignments."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from qopt.core import fingerprint
from qopt.problems.files import load, save
from qopt.problems.generate import generate
from qopt.problems.multi_knapsack import MultiKnapsack, MultiKnapsackAssignment


def points(n):
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8).reshape(2**n, n)


@pytest.mark.parametrize("sizes", [{}, {"required": 2}, {"risk_aversion": 0.5}, {"required": 1, "risk_aversion": 2.0}])
@pytest.mark.parametrize("seed", range(3))
def test_program_and_assignments_have_one_optimum(sizes, seed):
    problem = generate("multi-knapsack", n=5, knapsacks=2, tightness=0.7, seed=seed, **sizes)
    best = -np.inf
    for place in itertools.product(range(3), repeat=5):
        profit, loads = 0.0, [0.0, 0.0]
        for item, k in enumerate(place):
            if k:
                profit += problem.profits[item][k - 1]
                loads[k - 1] += problem.weights[item]
        if problem.risk is not None:
            profit -= sum(problem.risk[i][j] for i in range(5) for j in range(5) if place[i] and place[j])
        needed = problem.required is None or all(place[i] for i in np.flatnonzero(problem.required))
        feasible = needed and all(load <= limit for load, limit in zip(loads, problem.capacities))
        assert (not problem.violations(np.array(place))) == feasible
        assert problem.objective(np.array(place)) == pytest.approx(profit)
        best = max(best, profit) if feasible else best
    program, X = MultiKnapsackAssignment(problem).program, points(10)
    assert -program.costs(X[program.feasible(X)]).min() == pytest.approx(best)


def test_an_item_in_two_knapsacks_is_no_solution_but_an_overload_is():
    form = MultiKnapsackAssignment(MultiKnapsack([3, 4], [2, 2], [3, 1]))
    assert form.decode(np.array([1, 1, 0, 0])) is None
    overloaded = form.decode(np.array([1, 0, 1, 0]))
    assert overloaded.tolist() == [1, 1]
    assert form.problem.violations(overloaded) == {"capacity[0]": 1.0}
    assert form.encode(np.array([2, 0])).tolist() == [0, 1, 0, 0]


def test_missing_required_items_are_violations_and_their_rows_one_hot():
    problem = MultiKnapsack([3, 4], [2, 2], [3], required=[0, 1])
    assert problem.violations(np.array([1, 0])) == {"required[1]": 1.0}
    rows = MultiKnapsackAssignment(problem).program.constraints
    assert rows.names == ("capacity[0]", "item[0]", "item[1]")
    assert rows.lower.tolist() == [-np.inf, -np.inf, 1.0]
    assert rows.upper.tolist() == [3.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (([1, 2], [1, -1], [3]), "weights must be >= 0, got -1"),
        (([1, 2], [1, 1], [-3]), "capacities must be >= 0, got -3"),
        (([1, 2, 3], [1, 1], [3]), "profits must be 2 numbers"),
        (([[1, 2], [3, 4]], [1, 1], [3]), "profits must have shape (2, 1)"),
        (([1, 2], [1, 1], [3], [2, 0]), "required must hold 0 or 1"),
        (([1, 2], [1, 1], [3], None, [[1, 2], [3, 1]]), "risk must be symmetric"),
    ],
)
def test_impossible_instances_are_refused_in_one_line(fields, text):
    with pytest.raises(ValueError, match=re.escape(text)) as caught:
        MultiKnapsack(*fields)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("solution", [[0, 3], [0, -1], [0], [0, 0.5]])
def test_a_solution_of_another_shape_is_refused(solution):
    with pytest.raises(ValueError, match=r"2 values 0\.\.2"):
        MultiKnapsack([1, 1], [1, 1], [1, 1]).objective(np.array(solution))


@pytest.mark.parametrize(("n", "K"), [(0, 0), (0, 2), (2, 0), (1, 1)])
def test_smallest_instances(tmp_path, n, K):
    problem = MultiKnapsack(np.ones(n), np.ones(n), np.ones(K))
    form = MultiKnapsackAssignment(problem)
    assert form.program.num_variables == n * K
    assert form.decode(np.zeros(n * K)).tolist() == [0] * n
    save(problem, tmp_path / "small.json")
    assert fingerprint(load(tmp_path / "small.json")) == fingerprint(problem)


def test_generator_is_feasible_and_positive_semidefinite_in_risk():
    problem = generate("multi-knapsack", n=30, knapsacks=4, required=6, risk_aversion=0.3, seed=7)
    assert problem.required.sum() == 6
    assert problem.capacities.sum() <= 0.5 * problem.weights.sum()
    assert np.linalg.eigvalsh(problem.risk).min() > 0
    with pytest.raises(ValueError, match="few enough"):
        generate("multi-knapsack", n=6, tightness=0.1, required=6)
    with pytest.raises(ValueError, match="required must be"):
        generate("multi-knapsack", n=3, tightness=5.0, required=4)


def test_ragged_and_huge_numbers_are_refused_in_our_words() -> None:
    with pytest.raises(ValueError, match="profits must be a rectangular array of numbers"):
        MultiKnapsack([[5, 2], [3]], [1, 1], [1, 1])
    with pytest.raises(ValueError, match=r"profits must be at most 1e\+15 in size, got 1e\+308"):
        MultiKnapsack([1e308, 1], [1, 1], [1])
