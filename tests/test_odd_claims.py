"""False words and needless errors that odd numbers of the newer kinds brought out; each test names its fault."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.algorithms.cpsat_search import whole_bound
from qopt.core import Budget
from qopt.experiments.verify import DisagreementError, verify_point
from qopt.problems.hubo import Hubo
from qopt.problems.integer_program import IntegerBits, IntegerProgram
from qopt.problems.tsptw import Tsptw
from qopt.problems.vehicles import Cvrp, Vrptw
from qopt.solvers.native.cpsat.solver import CpSat
from qopt.solvers.native.routing.ortools_routing import OrToolsRouting
from qopt.solvers.native.routing.scaled import scaled_routing


def test_a_proven_optimum_that_cancels_with_its_constant_is_no_bug_of_cpsat() -> None:
    """The bound -1.74e11 was moved by 174, then the constant 7.4e10 added: 'must equal ...; report this bug'."""
    terms = [(3,), (4,), (2, 3), (3, 4), (0, 1, 3), (1, 2, 4)]
    values = [20000000000, 29000000000, 25000000000, -4000000000, 6000000000, 7000000000]
    outcome = CpSat().solve(Hubo(5, terms, values, -9000000000, "spin"), budget=Budget(), seed=0)
    assert outcome.is_optimal
    assert outcome.bound == -100000000000


def test_a_proven_optimum_of_integers_with_large_squares() -> None:
    problem = IntegerProgram(
        linear=[8, 11],
        minimum=[-3, 0],
        maximum=[0, 3],
        pairs=[[0, 0]],
        couplings=[3000000000],
        row_entries=[[0, 0], [0, 1]],
        row_values=[11000000000000, 9000000000000],
        lower=(None,),
        upper=(-6000000000000,),
    )
    outcome = CpSat().solve(problem, budget=Budget(), seed=0)
    assert outcome.bound == 2999999992 == problem.objective(outcome.solution)


@pytest.mark.parametrize("value", [-(2**40), -174000000000, -7, 0, 5, 2**40])
def test_bounds_of_cpsat_keep_their_last_digit(value: int) -> None:
    assert whole_bound(float(value)) == value
    assert whole_bound(value + 0.25) == value + 1
    assert whole_bound(value * (1 + 2**-52)) == value


def test_large_terms_that_cancel_are_no_bug_of_the_formulation() -> None:
    """-48.2 is right; the program's cost, around a constant of 1.5e14, says -48.1875."""
    problem = IntegerProgram(
        linear=[24.1, -2.3], minimum=[-2, -3], maximum=[-1, 0], pairs=[[1, 1]], couplings=[17000000000000]
    )
    form = IntegerBits(problem)
    assert verify_point(form, form.encode(np.array([-2, 0]))).objective == pytest.approx(-48.2)


def test_a_formulation_that_is_wrong_is_still_told() -> None:
    form = IntegerBits(IntegerProgram(linear=[24.1, -2.3], minimum=[-2, -3], maximum=[-1, 0]))
    x = form.encode(np.array([-2, 0]))
    assert form.program.num_variables == 3  # built, and kept
    object.__setattr__(form, "problem", IntegerProgram(linear=[24.2, -2.3], minimum=[-2, -3], maximum=[-1, 0]))
    with pytest.raises(DisagreementError, match="must equal the objective"):
        verify_point(form, x)


def test_windows_of_one_moment_are_not_rounded_away() -> None:
    """Beyond the decimals of a grid the earliest time was rounded above the latest: pyvrp's bare ValueError."""
    travel = np.array([[0.0, 89.52697649106, 22.43793563461], [89.52697649106, 0.0, 29.33354096095], [22.4, 29.3, 0.0]])
    travel = travel * np.pi
    at = [[0.0, 900.0], [200.0 * np.pi, 200.0 * np.pi], [0.0, 800.0]]
    scaled = scaled_routing(Tsptw(travel, at))
    assert not scaled.is_exact
    assert (scaled.windows[:, 0] <= scaled.windows[:, 1]).all()
    tour = OrToolsRouting().solve(Tsptw(travel, at), budget=Budget(seconds=0.05), seed=0)
    assert tour.solution is None or not Tsptw(travel, at).violations(tour.solution)


@pytest.mark.parametrize(
    "problem",
    [
        Tsptw([[0, 5], [5, 0]], [[0, 100], [1, 2]]),
        Cvrp([[0, 5, 5], [5, 0, 5], [5, 5, 0]], [0, 3, 3], 5, max_routes=1),
        Cvrp([[0, 5, 5], [5, 0, 5], [5, 5, 0]], [0, 9, 3], 5),
    ],
)
def test_what_no_vehicle_keeps_is_no_bare_failure_of_the_search(problem: Tsptw | Cvrp) -> None:
    """OR-Tools' 'CP Solver fail' came through as a traceback."""
    outcome = OrToolsRouting().solve(problem, budget=Budget(seconds=0.05), seed=0)
    assert outcome.solution is None
    assert outcome.bound is None
    assert not outcome.is_infeasible


@pytest.mark.parametrize(
    "problem",
    [
        Tsptw([[0, 5], [5, 0]], [[0, 100], [1, 2]]),
        Vrptw([[0, 5], [5, 0]], [0, 1], 5, [[0, 100], [1, 2]], [0, 0]),
        Vrptw([[0, 5], [5, 0]], [0, 9], 5, [[0, 100], [1, 20]], [0, 0]),
    ],
)
def test_windows_that_leave_no_arc_are_infeasible(problem: Tsptw | Vrptw) -> None:
    """CP-SAT refused a circuit without arcs: a bare ValueError."""
    outcome = CpSat().solve(problem, budget=Budget(), seed=0)
    assert outcome.is_infeasible


def test_points_of_polynomials_are_verified_too() -> None:
    form = Hubo(3, [(0, 1, 2)], [-3]).formulations["polynomial"](Hubo(3, [(0, 1, 2)], [-3]))
    assert verify_point(form, np.array([1, 1, 1])).objective == -3
