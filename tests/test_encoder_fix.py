"""LP presolve: ``safe`` keeps the optimum on 300 generated programs, ``lp`` leaves the core asked for."""

from __future__ import annotations

import numpy as np
import pytest

import qopt
from qopt.algorithms.enumeration import all_points
from qopt.core import BinaryProgram, UnsupportedError, from_spec, make_rows, to_spec
from qopt.encoders.conformance import exact_round
from qopt.encoders.exhaustive import best_cost
from qopt.encoders.presolve import Fix, relaxed
from qopt.encoders.residual import residual
from qopt.encoders.slack import Slack
from qopt.encoders.unbalanced import Unbalanced


def generated(seed):
    """Knapsacks, packings with costs of both signs, assignments with decimals, and products; n <= 14."""
    rng = np.random.default_rng(seed)
    kind = seed % 4
    n = int(rng.integers(8, 15))
    if kind == 0:
        A = rng.integers(1, 60, (int(rng.integers(1, 4)), n))
        c = -(A.sum(axis=0) + rng.integers(0, 80, n))
        return BinaryProgram(c, rows=make_rows(A, upper=A.sum(axis=1) // rng.integers(2, 4)))
    if kind == 1:
        A = (rng.random((n, n)) < 0.25).astype(float)
        lower = np.where(rng.random(n) < 0.2, 1.0, -np.inf)
        A[:, 0] = 1
        c = rng.integers(-20, 10, n).astype(float)
        upper = np.where(np.isfinite(lower), 2.0, 1.0)
        return BinaryProgram(c, rows=make_rows(A, lower=lower, upper=upper))
    if kind == 2:
        A = rng.integers(0, 30, (2, n)) / 10
        pick = (rng.random(n) < 0.4).astype(float)
        pick[0] = 1
        rows = make_rows(np.vstack([A, pick]), lower=[-np.inf, 0.5, 1], upper=[A[0].sum() / 2, np.inf, 1])
        return BinaryProgram(np.round(rng.normal(0, 3, n), 2), rows=rows)
    A = rng.integers(1, 20, (1, n))
    Q = np.triu(rng.integers(-3, 4, (n, n)) * (rng.random((n, n)) < 0.15), 1)
    return BinaryProgram(rng.integers(-30, 10, n), Q, rows=make_rows(A, upper=[A.sum() // 2]))


def optima(program):
    X = all_points(program.num_variables)
    X = X[program.feasible(X)]
    costs = program.costs(X)
    return {tuple(x) for x in X[costs <= costs.min() + 1e-9].tolist()}, float(costs.min())


@pytest.mark.parametrize("block", range(6))
def test_safe_fixing_keeps_every_optimum(block):
    """50 programs a block, 300 in all: the residual program has the same optimal cost and the same optimal points."""
    fixed = 0
    for seed in range(50 * block, 50 * block + 50):
        program = generated(seed)
        if best_cost(program) is None:
            with pytest.raises(UnsupportedError):
                Fix(rule="safe").encode(program)
            continue
        left = Fix(rule="safe")._residual(program)
        fixed += program.num_variables - left.keep.size
        points, cost = optima(program)
        inner, inner_cost = optima(left.program)
        assert inner_cost == pytest.approx(cost, abs=1e-9)
        assert {tuple(x) for x in left.lift.apply(np.array(sorted(inner)).reshape(len(inner), -1)).tolist()} == points
    assert fixed >= 50  # the test would say nothing if nothing were fixed


def test_safe_fixing_keeps_the_optimum_of_larger_knapsacks():
    """Beyond enumeration, against HiGHS; most variables go."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    def optimum(program):
        rows = program.constraints
        n = program.num_variables
        if not n:
            return program.offset
        bounds = LinearConstraint(rows.A, rows.lower, rows.upper) if len(rows) else ()
        answer = milp(program.c, integrality=np.ones(n), bounds=Bounds(0, 1), constraints=bounds)
        return round(answer.fun) + program.offset

    shares = []
    for seed in range(4):
        problem = qopt.generate("mdkp", n=60, m=1, seed=seed)
        program = problem.formulations["linear"](problem).program
        left = Fix(rule="safe")._residual(program)
        assert optimum(left.program) == optimum(program)
        shares.append(1 - left.keep.size / program.num_variables)
    assert min(shares) > 0.3


def test_lp_rule_leaves_the_fractional_core_or_as_many_as_asked():
    problem = qopt.generate("mdkp", n=30, m=4, seed=2)
    program = problem.formulations["linear"](problem).program
    fractional = Fix(Unbalanced()).num_qubits(program)
    assert 0 < fractional <= 4  # a basic solution has at most a fractional variable a row
    encoding = Fix(Unbalanced(), core=12).encode(program)
    assert encoding.num_qubits == Fix(Unbalanced(), core=12).num_qubits(program) == 12
    assert not encoding.is_exact
    assert not encoding.is_relaxation
    smaller = Fix(Unbalanced(), core=0).encode(program)
    assert smaller.num_qubits == fractional
    reduced = np.abs(relaxed(program).reduced_costs)
    keep = encoding.state["keep"]
    x = relaxed(program).x
    integral = (x < 1e-6) | (x > 1 - 1e-6)
    taken = np.intersect1d(keep, np.flatnonzero(integral))
    dropped = np.setdiff1d(np.flatnonzero(integral), keep)
    assert reduced[taken].max() <= reduced[dropped].min()


def test_decoded_points_hold_the_fixed_values_and_costs():
    problem = qopt.generate("mdkp", n=20, m=2, seed=4)
    program = problem.formulations["linear"](problem).program
    fix = Fix(Unbalanced(), core=8)
    left = fix._residual(program)
    Z = all_points(8)
    X = fix.encode(program).decode(Z)
    assert np.allclose(program.costs(X), left.program.costs(Z))
    assert np.array_equal(program.feasible(X), left.program.feasible(Z))
    outside = np.setdiff1d(np.arange(20), left.keep)
    assert (X[:, outside] == left.values[outside]).all()


@pytest.mark.parametrize("seed", range(30))
def test_residual_programs_have_the_same_costs_and_feasible_points(seed):
    program = generated(seed)
    n = program.num_variables
    rng = np.random.default_rng(1000 + seed)
    keep = np.sort(rng.choice(n, size=n // 2, replace=False))
    values = rng.integers(0, 2, n).astype(np.uint8)
    try:
        left = residual(program, keep, values)
    except UnsupportedError:
        X = all_points(n)
        outside = np.setdiff1d(np.arange(n), keep)
        X = X[(X[:, outside] == values[outside]).all(axis=1)]
        assert not program.feasible(X).any()
        return
    Z = all_points(keep.size)
    X = left.lift.apply(Z)
    assert np.allclose(left.program.costs(Z), program.costs(X))
    assert np.array_equal(left.program.feasible(Z), program.feasible(X))


def test_residual_row_of_integers_forgives_what_the_decimals_left():
    """1.4 - (0.1 + 0.3) is 0.9999999999999999 in floats: the row left, x == 1, must still hold."""
    assert 1.4 - (0.1 + 0.3) < 1
    program = BinaryProgram(np.ones(3), rows=make_rows([[0.1, 0.3, 1.0]], lower=[1.4], upper=[1.4]))
    left = residual(program, np.array([2]), np.array([1, 1, 0]))
    assert left.program.feasible(np.array([[0], [1]])).tolist() == [False, True]


def test_products_enter_the_lp_by_their_linearisation():
    """The relaxation is below the optimum, and equal to it where products are integral at its point."""
    for seed in range(3, 60, 4):
        program = generated(seed)
        assert program.products.nnz
        assert relaxed(program).bound <= best_cost(program) + 1e-9
    exact = BinaryProgram(np.array([-5.0, 3.0]), np.array([[0, -2.0], [0, 0]]))
    assert relaxed(exact).value == pytest.approx(best_cost(exact))


def test_too_many_products_and_infeasible_programs_are_refused():
    rng = np.random.default_rng(0)
    dense = BinaryProgram(np.ones(330), np.triu(rng.random((330, 330)), 1))
    with pytest.raises(UnsupportedError, match="50,000"):
        Fix().encode(dense)
    rows = make_rows([[1, 1], [1, 1]], lower=[2, -np.inf], upper=[np.inf, 1])
    with pytest.raises(UnsupportedError, match="feasible"):
        Fix().encode(BinaryProgram(np.ones(2), rows=rows))


def test_lazy_rows_are_presolved_anew():
    program = BinaryProgram(np.array([-3.0, -2, -2]), rows=make_rows([[1, 1, 1]], upper=[2]))
    fix = Fix(rule="safe")
    encoding = fix.encode(program)
    grown = program.with_rows(make_rows([[1, 1, 0]], upper=[1], names=["lazy"]))
    step = fix.update(encoding, exact_round(grown, encoding, None))
    assert step is not None
    assert step.state["rows"] == 2
    assert fix.update(step, exact_round(grown, step, None)) is None


def test_everything_may_be_fixed():
    program = BinaryProgram(np.array([-3.0, 2.0]), rows=make_rows([[1, 1]], upper=[1]))
    encoding = Fix(rule="safe").encode(program)
    assert encoding.num_qubits == 0
    assert encoding.decode(np.zeros((1, 0))).tolist() == [[1, 0]]
    assert float(encoding.bqm.offset) == -3.0


def test_settings_are_checked_and_nest_in_specs():
    for bad in ({"rule": "hope"}, {"eps": 0.5}, {"core": -1}, {"rule": "safe", "core": 3}):
        with pytest.raises(ValueError, match=r"rule|eps|core"):
            Fix(**bad)
    fix = Fix(Slack({"w": 3.0}, tighten=True), core=4)
    assert from_spec("encoders", to_spec(fix)) == fix
