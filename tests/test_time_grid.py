"""Lateness and overload of decimal data: what is rounding, and what is not, and that exact solvers agree on it."""

from __future__ import annotations

import numpy as np
import pytest

import qopt
from qopt.problems.time_grid import grid_tolerance, time_tolerance
from qopt.problems.tsptw import Tsptw
from qopt.problems.vehicle_forms import AssignThenRoute
from qopt.problems.vehicles import Cvrp, Vrptw

TRAVEL = [[0, 2.5, 3.5], [2.5, 0, 2], [3.5, 2, 0]]


@pytest.mark.parametrize("solver", ["tsptw-dp", "cpsat", "milp"])
def test_a_horizon_for_none_does_not_excuse_half_a_second(solver: str) -> None:
    problem = Tsptw(TRAVEL, [[0, 1e9], [0, 9], [0, 3.0]])
    assert problem.violations([2, 1]) == {"window[2]": 0.5}
    assert qopt.solve(problem, solver).status.value == "infeasible"


@pytest.mark.parametrize("solver", ["route-sets", "cpsat"])
def test_clock_times_of_an_epoch_keep_their_tenths(solver: str) -> None:
    begin = 1_700_000_000.0
    windows = np.array([[0, 40], [0, 9.5], [0, 4.4]]) + begin
    problem = Vrptw(TRAVEL, [0, 1, 1], 2, windows, [0, 0, 0], max_routes=1)
    assert problem.violations([2, 1]) == {}
    assert problem.violations([1, 2]) == {"window[2]": pytest.approx(0.1, abs=1e-6)}
    record = qopt.solve(problem, solver)
    assert record.status.value == "optimal"
    assert record.solution is not None
    assert list(record.solution) == [2, 1]


@pytest.mark.parametrize("solver", ["route-sets", "cpsat"])
def test_half_a_unit_of_a_large_load_is_an_overload(solver: str) -> None:
    problem = Cvrp([[0, 1, 1], [1, 0, 1], [1, 1, 0]], [0, 5e8, 5e8 + 0.5], 1e9, 1)
    assert problem.violations([1, 2]) == {"capacity[1]": 0.5}
    assert qopt.solve(problem, solver).status.value == "infeasible"


def test_rounding_of_decimals_is_still_no_lateness() -> None:
    problem = Tsptw([[0, 0.1, 9], [9, 0, 0.2], [0.4, 9, 0]], [[0, 0.7], [0, 0.1], [0, 0.3]])
    assert 0.1 + 0.2 > 0.3
    assert problem.violations([1, 2]) == {}


def test_the_tolerance_follows_the_times_that_can_occur() -> None:
    third = np.full((3, 3), 1 / 3)
    assert time_tolerance(third, np.array([[0, 1e9], [0, 5.0], [0, 5.0]])) == pytest.approx(1e-9)
    far = third.copy()
    far[1, 2] = 1e8  # an arc that stands for none
    assert time_tolerance(far, np.array([[0, 1e9], [0, 5.0], [0, 5.0]])) == pytest.approx(1e-9)
    assert grid_tolerance(1e14, np.array([1e14, 0.5])) == pytest.approx(1e5)  # too large to tell steps of the grid


def test_a_late_set_breaks_a_row_whatever_its_size_and_the_rounding_of_its_load() -> None:
    near = [[0, 2, 2], [2, 0, 2], [2, 2, 0]]
    few = Vrptw(near, [0, 0.1, 0.2], 0.3, [[0, 99], [0, 3], [0, 3]], [0, 0, 0], max_routes=1)
    n = 12
    windows = [[0, 99], *[[0, 8]] * n]
    many = Vrptw(np.full((n + 1, n + 1), 2), [0, *[1] * n], n, windows, [0] * (n + 1), max_routes=1)
    for problem in (few, many):
        form = AssignThenRoute(problem)
        x = np.ones(problem.num_customers, dtype=np.uint8)
        assert not form.program.violations(x).any()
        assert problem.violations(form.decode(x))
        rows = form.separate(x[None])
        assert rows is not None
        assert len(rows) == 1
