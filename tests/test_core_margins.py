"""Margins and boundaries of the core that no other test looks at: each of these lines could be changed unnoticed."""

from __future__ import annotations

import numpy as np
import pytest

import qopt
from qopt.core import BinaryProgram, make_rows, number, relative_gap
from qopt.core.encoding import Encoding, LiteralMap, bqm_from_arrays
from qopt.experiments.references import status_of
from qopt.experiments.verify import Verified
from qopt.problems.mdkp import Mdkp


def test_the_tolerance_of_a_decimal_row_grows_with_its_size_and_its_terms():
    big = make_rows([[1e7 + 0.5, 1e7 + 0.25], [0.25, 0.5], [3, 4]], upper=[2e7 + 0.75 - 0.01, 0.75 - 0.01, 6])
    program = BinaryProgram(c=[0, 0], rows=big)
    assert program.tolerances.tolist() == pytest.approx([2.0**-44 * (4e7 + 1.49), 2.0**-44 * 1.49, 0.0], rel=1e-12)
    assert program.violations([[1, 1]])[0].tolist() == pytest.approx([0.01, 0.01, 1.0])
    many = BinaryProgram(c=np.zeros(10), rows=make_rows(np.full((1, 10), 0.1), upper=[1.0]))
    assert many.tolerances.tolist() == pytest.approx([2.0**-46 * 12 * 2.0], rel=1e-12)
    assert many.feasible(np.ones((1, 10))).tolist() == [True]  # ten times 0.1, added up, is not 1 in floats


@pytest.mark.parametrize(
    ("row", "upper", "y"),
    [
        ([1e9, 0.5], 0.2, 0),  # a share of 1e-9 of the row is 1: the second bit broke it unseen
        ([1e9, 0.5], 1e9 + 0.2, 0),
        ([1e12, 0.5], 1e12 + 0.25, 0),
        ([1e6, 0.0005], 0.0002, 0),
        ([1e-10, 1e-10], 0.5e-10, 0),  # as large as the whole row
        ([0.1, 0.2], 0.2, 1),
        ([1e9, 0.1], 1e9 + 0.1, 1),
    ],
)
def test_a_large_coefficient_does_not_hide_a_broken_row(row, upper, y):
    x = int(upper > 1e6)
    program = BinaryProgram(c=[0, 0], rows=make_rows([row], upper=[upper]))
    assert program.feasible([[x, 0], [x, 1]]).tolist() == [True, bool(y)]
    for swapped in (make_rows([[-row[0], -row[1]]], lower=[-upper]), make_rows(np.array([row]), upper=[upper])):
        assert BinaryProgram(c=[0, 0], rows=swapped).feasible([[x, 1]]).tolist() == [bool(y)]


@pytest.mark.parametrize(
    ("sense", "objective", "bound", "right"),
    [
        ("max", 2_000_004_031, 2_000_004_100, "feasible"),  # 1e-6 of 2e9 is 2000: 'optimal' was said
        ("max", 2_000_004_031, 2_000_004_032, "feasible"),
        ("max", 2_000_004_031, 2_000_004_031, "optimal"),
        ("min", 3e-7, 0, "feasible"),  # below 1e-6 all values were one
        ("min", 3e-7, 3e-7, "optimal"),
        ("min", 0.1 + 0.2, 0.3, "optimal"),
        ("min", 1e9 + 0.75, 1e9 + 0.5, "feasible"),
        ("min", 10**15 + 1, 10**15, "feasible"),
    ],
)
def test_optimal_is_what_the_bound_says_to_the_last_unit(sense, objective, bound, right):
    problem = qopt.generate("mdkp" if sense == "max" else "tsp", n=4, seed=1)
    found = Verified(np.zeros(4), objective, {})
    assert problem.sense == sense
    assert status_of(problem, found, bound, is_optimal=False, is_infeasible=False).value == right


@pytest.mark.parametrize("unit", ["", "e9", "e-9", "e-1"])
def test_a_large_or_tiny_optimum_is_still_proven(unit):
    problem = Mdkp(profits=[float(f"{p}{unit}") for p in (6, 5, 4)], weights=[[3, 2, 2]], capacities=[4])
    for solver in ("exact", "milp", "cpsat"):
        record = qopt.solve(problem, solver, control=False)
        assert (record.status.value, record.objective) == (
            "optimal",
            pytest.approx(float(f"9{unit}"), rel=1e-15, abs=0),
        )


def test_lower_bounds_belong_to_the_fingerprint():
    def of(lower, upper):
        return BinaryProgram(c=[1, 2], rows=make_rows([[1, 1]], lower=[lower], upper=[upper])).fingerprint

    assert len({of(-np.inf, 1), of(0, 1), of(1, 1), of(0, 2)}) == 4
    assert of(0, 1) == of(0.0, 1.0)


@pytest.mark.parametrize("distance", [1e-6, 0.5, 1.0, 3.0])
def test_a_row_that_is_crossed_by_any_amount_is_refused(distance):
    with pytest.raises(ValueError, match="row c must have lower <= upper"):
        BinaryProgram(c=[1], rows=make_rows([[1]], lower=[1 + distance], upper=[1], names=["c"]))


def test_a_product_of_weight_0_is_none():
    bqm = bqm_from_arrays([1, 1, 1], [0, 0, 1], [1, 2, 2], [0.0, -2.0, 0.0])
    assert dict(bqm.quadratic) == {(2, 0): -2.0} or dict(bqm.quadratic) == {(0, 2): -2.0}
    alone = bqm_from_arrays([1, 1], [0], [1], [0.0])
    assert Encoding(alone, LiteralMap.identity(2)).is_separable


def test_numbers_beyond_the_exact_integers_stay_floats():
    for value in (2.0**53, -(2.0**53), 2.0**60, 1e300):
        assert isinstance(number(value), float)
    for value in (2.0**53 - 1, -(2.0**53 - 1), -0.0, 7):
        assert isinstance(number(value), int)


def test_no_gap_is_told_from_a_reference_of_0():
    for sense in ("min", "max"):
        assert relative_gap(0, 0, sense) == 0.0
        assert relative_gap(-3, 0, sense) is None
        assert relative_gap(3, 0, sense) is None
