"""The slack encoder: published qubit counts, energies term by term, penalties and their bounds, tightened rows."""

from __future__ import annotations

import numpy as np
import pytest

import qopt
from qopt.algorithms.enumeration import all_energies, all_points
from qopt.core import BinaryProgram, UnsupportedError, make_rows, row_facts
from qopt.encoders import penalties
from qopt.encoders.compare import compare_encoders
from qopt.encoders.domain_wall import DomainWall, WallMap
from qopt.encoders.exhaustive import best_cost
from qopt.encoders.feasible import FeasiblePoint, feasible_point
from qopt.encoders.penalties import lowest_cost, removal_costs
from qopt.encoders.quadratic import Quadratic
from qopt.encoders.row_plans import RowEncoding, plan_rows
from qopt.encoders.slack import Slack
from qopt.encoders.tighten import IntegerRow, tightened

#: Qubits of the slack QUBO: arXiv:2503.12121's tables, ranges 0..b as they stand.
PUBLISHED = {
    "hp1": 60,
    "hp2": 67,
    "pb1": 59,
    "pb2": 66,
    "pb4": 45,
    "pb5": 116,
    "pet2": 99,
    "pet3": 102,
    "pet4": 107,
    "pet5": 122,
    "pet6": 86,
    "pet7": 100,
}


def default_program(problem):
    return next(iter(problem.formulations.values()))(problem).program


@pytest.mark.parametrize(("name", "count"), PUBLISHED.items())
def test_published_knapsack_counts(instances_dir, name, count):
    program = default_program(qopt.load(instances_dir / "mknap" / "sac94" / f"{name}.dat"))
    encoding = Slack().encode(program)
    assert encoding.num_qubits == Slack().num_qubits(program) == count
    assert encoding.num_aux == count - program.num_variables
    assert encoding.is_exact
    assert Slack(tighten=True).num_qubits(program) <= count


def test_tightening_finds_the_redundant_row_of_pet5(instances_dir):
    program = default_program(qopt.load(instances_dir / "mknap" / "sac94" / "pet5.dat"))
    assert Slack(tighten=True).num_qubits(program) == 114


@pytest.mark.parametrize("name", ["1tc.8", "1tc.16", "1tc.32", "1tc.64", "1et.64", "1dc.64", "1dc.128"])
def test_published_independent_set_counts(instances_dir, name):
    program = default_program(qopt.load(instances_dir / "mis" / "sloane" / f"{name}.txt"))
    encoding = Slack().encode(program)
    assert encoding.num_qubits == int(name.split(".")[1])
    assert encoding.native is program
    assert set(encoding.penalties.values()) == {2.0}  # min(w_u, w_v) + 1, of unit weights


@pytest.mark.parametrize(("seed", "counts"), [(0, [48, 84, 118, 150]), (1, [50, 84, 118, 156])])
def test_published_market_share_counts(seed, counts):
    programs = [default_program(qopt.generate("market-share", products=p, seed=seed)) for p in (2, 3, 4, 5)]
    assert [Slack().num_qubits(program) for program in programs] == counts


@pytest.mark.parametrize("name", ["chr12a", "chr12b", "chr12c", "nug12", "had12", "rou12", "scr12"])
def test_published_assignment_counts(instances_dir, name):
    program = default_program(qopt.load(instances_dir / "qaplib" / f"{name}.dat"))
    assert Slack().num_qubits(program) == 144
    assert DomainWall().num_qubits(program) == 132


@pytest.mark.parametrize(("path", "qubits"), [("qaplib/nug30.dat", 900), ("tsplib/pr76.tsp", 75**2)])
def test_large_assignments_take_arrays_only(instances_dir, path, qubits):
    row = compare_encoders(Slack(), default_program(qopt.load(instances_dir / path)))
    assert (row["qubits"], row["aux_qubits"], row["is_exact"]) == (qubits, 0, True)
    assert row["bytes"] < 40 * row["quadratic_terms"]


def test_energy_is_cost_plus_weighted_squares_and_products():
    rows = make_rows(
        [[3, 2, 2, 0], [1, 1, 0, 1], [1, 0, 1, 1], [1, 0, -1, 0], [2, 1, 1, 3]],
        lower=[-np.inf, -np.inf, 1, -np.inf, 2],
        upper=[5, 1, 1, 0, 5],
        names=["knap", "pack", "hot", "imply", "two"],
    )
    Q = np.zeros((4, 4))
    Q[0, 3], Q[1, 2] = -4, 2.5
    program = BinaryProgram(np.array([1.0, -2, 3, -4]), Q, 7.0, rows)
    weights = {"knap": 10.0, "pack": 20.0, "hot": 30.0, "imply": 40.0, "two": 50.0}
    encoding = Slack(weights).encode(program)
    assert encoding.penalties == weights
    assert encoding.num_qubits == 4 + 3 + 2  # knap 0..5, two 0..3
    Z = all_points(9)
    x, knap, two = Z[:, :4].astype(float), Z[:, 4:7] @ [1, 2, 2], Z[:, 7:9] @ [1, 2]
    expected = program.costs(x) + 10 * (x @ [3, 2, 2, 0] + knap - 5) ** 2
    expected += 20 * (x[:, 0] * x[:, 1] + x[:, 0] * x[:, 3] + x[:, 1] * x[:, 3])
    expected += 30 * (x @ [1, 0, 1, 1] - 1) ** 2 + 40 * x[:, 0] * (1 - x[:, 2]) + 50 * (x @ [2, 1, 1, 3] + two - 5) ** 2
    assert np.allclose(all_energies(encoding.bqm), expected, rtol=0, atol=1e-9)
    assert np.array_equal(encoding.decode(Z), Z[:, :4])


def test_pairs_of_literals_need_no_slack():
    """x_u + x_v >= 1 and x_u <= x_v are at-most-one rows of literals."""
    rows = make_rows([[1, 1, 0], [1, 0, -1], [-1, -1, -1]], lower=[1, -np.inf, -2], upper=[np.inf, 0, np.inf])
    plans = plan_rows(BinaryProgram(np.ones(3), rows=rows))
    assert [plan.treatment for plan in plans[:2]] == [RowEncoding.PRODUCTS] * 2
    assert plans[2].treatment is RowEncoding.SLACK
    assert plans[2].span == 2


def test_rows_of_decimals_keep_exactly_the_programs_points():
    rows = make_rows([[0.1, 0.2, 0.3], [0.25, 0.5, 1.0]], lower=[0.3, -np.inf], upper=[0.3, 1.25])
    program = BinaryProgram(np.array([1.0, -2.0, -3.0]), rows=rows)
    encoding = Slack().encode(program)
    X = all_points(3)
    energies, Z = all_energies(encoding.bqm), all_points(encoding.num_qubits)
    least = np.array([energies[(Z[:, :3] == x).all(axis=1)].min() for x in X])
    feasible = program.feasible(X)  # 0.1 + 0.2 is not 0.3 in floats, and row[0] is kept there all the same
    assert feasible[3]
    assert np.allclose(least[feasible], program.costs(X)[feasible])
    assert (least[~feasible] > least[feasible].min()).all()
    assert encoding.is_exact


def test_a_bound_that_floats_miss_by_a_rounding_is_the_decimal():
    """0.29 * 100 is 28.999999999999996 in floats; the row of 0.14 and 0.15 must still allow both."""
    program = BinaryProgram(np.array([-1.0, -1]), rows=make_rows([[0.14, 0.15]], upper=[0.29 - 1e-17]))
    tight = BinaryProgram(np.array([-1.0, -1, -1]), rows=make_rows([[0.14, 0.15, 0.29]], upper=[0.29]))
    assert plan_rows(program)[0].target == 29
    plan = plan_rows(tight)[0]
    assert (plan.target, plan.coefficients.tolist()) == (29, [14, 15, 29])


def test_irrational_rows_are_rounded_inwards_and_said_to_be_inexact():
    rng = np.random.default_rng(3)
    a = rng.random((1, 4))
    program = BinaryProgram(-rng.random(4), rows=make_rows(a, upper=[a.sum() / 2]))
    encoding = Slack().encode(program)
    assert not encoding.is_exact
    assert not encoding.is_relaxation
    assert "row[0]" in encoding.note
    plan = plan_rows(program)[0]
    X = all_points(4)
    activity = X @ plan.coefficients
    kept = (activity <= plan.target) & (activity >= plan.target - plan.span)
    assert program.feasible(X)[kept].all()
    assert kept.sum() >= program.feasible(X).sum() - 1


def test_a_row_that_never_holds_is_refused():
    for lower, upper in [(4, np.inf), (-np.inf, -1), (0.2, 0.8)]:
        program = BinaryProgram(np.ones(3), rows=make_rows([[1, 1, 1]], lower=lower, upper=upper))
        with pytest.raises(UnsupportedError, match=r"row\[0\]"):
            Slack().encode(program)


def test_an_infeasible_program_is_refused():
    rows = make_rows([[1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]], lower=[1, 1, 1, 1], upper=[1, 1, 1, 2])
    with pytest.raises(UnsupportedError, match="has none"):
        Slack().encode(BinaryProgram(np.ones(3), rows=rows))


def test_local_bound_is_the_largest_weight_that_must_be_in_a_violation():
    """Items of gains 9, 7, 4, 2 and weights 3, 3, 2, 1 under 5: {9, 7} already breaks the row, so t = 7."""
    program = BinaryProgram(np.array([-9.0, -7, -4, -2]), rows=make_rows([[3, 3, 2, 1]], upper=[5]))
    assert Slack().encode(program).penalties == {"row[0]": 8.0}
    edge = BinaryProgram(np.array([-9.0, -5]), rows=make_rows([[1, 1]], upper=[1]))
    assert Slack().encode(edge).penalties == {"row[0]": 6.0}


def test_local_bound_needs_variables_in_monotone_rows_only():
    """The covering row makes x_0 indispensable: row[0] must fall back to U - L, and row[1] may stay local."""
    rows = make_rows([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0]], lower=[-np.inf, -np.inf, 1], upper=[1, 1, np.inf])
    program = BinaryProgram(np.array([50.0, -40, -2, -3]), rows=rows)
    encoding = Slack().encode(program)
    # U = 50 - 3 or worse; L = -45
    assert encoding.penalties["row[1]"] == 3.0
    assert encoding.penalties["row[0]"] >= 93
    assert encoding.penalties["row[0]"] == encoding.penalties["row[2]"]


def test_global_penalty_is_the_cost_of_a_feasible_point_less_a_lower_bound():
    program = BinaryProgram(np.array([5.0, 2, 4]), rows=make_rows([[1, 1, 1]], lower=[2], upper=[2]))
    encoding = Slack().encode(program)
    point = feasible_point(program)
    assert program.feasible(point.x)[0]
    assert encoding.penalties == {"row[0]": point.cost - 0 + 1}


@pytest.mark.parametrize("seed", range(20))
def test_lower_bound_and_removal_costs_hold_at_every_point(seed):
    rng = np.random.default_rng(seed)
    n = 7
    Q = np.triu(rng.normal(0, 3, (n, n)), 1)
    program = BinaryProgram(rng.normal(0, 3, n), Q, 1.5)
    X = all_points(n)
    costs = program.costs(X)
    simple = program.offset + np.minimum(program.c, 0).sum() + np.minimum(Q, 0).sum()
    assert simple - 1e-9 <= lowest_cost(program) <= costs.min() + 1e-9
    for j in range(n):
        on = X[X[:, j] == 1]
        off = on.copy()
        off[:, j] = 0
        rise = program.costs(off) - program.costs(on)
        assert max(0.0, rise.max()) <= removal_costs(program)[j] + 1e-9


def test_a_penalty_below_the_bound_is_not_called_exact():
    program = BinaryProgram(np.array([-9.0, -7, -4, -2]), rows=make_rows([[3, 3, 2, 1]], upper=[5], names=["w"]))
    assert Slack(7.5).encode(program).is_exact
    at = Slack({"w": 7.0}).encode(program)
    assert not at.is_exact
    assert "w" in at.note
    assert at.is_relaxation  # feasible points have no penalty, whatever the weight


def test_penalties_that_make_no_sense_are_refused():
    program = BinaryProgram(np.array([-1.0, -1]), rows=make_rows([[1, 1]], upper=[1], names=["pair"]))
    with pytest.raises(ValueError, match="did you mean 'pair'"):
        Slack({"pairs": 3.0}).encode(program)
    for value in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="pair"):
            Slack(value).encode(program)


def test_penalties_are_in_the_rows_own_units():
    """The same weight on a row of halves and on its double: P v^2 with v half as large."""
    half = BinaryProgram(np.array([-1.0, -1, -1]), rows=make_rows([[0.5, 1, 1.5]], upper=[1.5]))
    whole = BinaryProgram(np.array([-1.0, -1, -1]), rows=make_rows([[1, 2, 3]], upper=[3]))
    first, second = Slack(4.0).encode(half), Slack(1.0).encode(whole)
    assert first.penalties == {"row[0]": 4.0}
    X = np.array([[1, 1, 1]])
    for encoding, program in ((first, half), (second, whole)):
        energies, Z = all_energies(encoding.bqm), all_points(encoding.num_qubits)
        excess = program.violations(X)[0, 0]
        best = energies[(Z[:, :3] == X).all(axis=1)].min()
        assert best == pytest.approx(-3 + encoding.penalties["row[0]"] * excess**2)


def test_without_a_feasible_point_the_penalty_is_weak_but_valid(monkeypatch):
    rows = make_rows([[1, 2, 3]], lower=[3], upper=[3])
    program = BinaryProgram(np.array([5.0, 2, -4]), rows=rows)
    monkeypatch.setattr(penalties, "feasible_point", lambda program: FeasiblePoint(None, None))
    encoding = Slack().encode(program)
    assert "weak" in encoding.note
    assert encoding.penalties == {"row[0]": 7 + 4 + 1}
    assert encoding.is_exact


def test_energies_that_floats_cannot_tell_apart_are_not_called_exact():
    a = np.array([[2**26 - 1, 2**26 - 3, 2**25 + 1.0]])
    program = BinaryProgram(np.array([-0.1, -0.2, -0.3]), rows=make_rows(a, upper=[2**26]))
    encoding = Slack().encode(program)
    assert not encoding.is_exact
    assert "rounded" in encoding.note


def test_decimal_costs_keep_a_margin():
    program = BinaryProgram(np.array([-0.9, -0.5]), rows=make_rows([[1, 1]], upper=[1]))
    weight = Slack().encode(program).penalties["row[0]"]
    assert 0.5 < weight == pytest.approx(0.5 * 1.001)


@pytest.mark.parametrize("seed", range(60))
def test_tightened_rows_keep_exactly_their_points(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 8))
    a = rng.integers(-9, 10, n) * rng.integers(1, 4)
    a = np.where(a == 0, 3, a)
    X = all_points(n).astype(np.int64)
    activity = X @ a
    middle = int(rng.choice(activity))
    lower = -np.inf if rng.random() < 0.5 else middle - float(rng.integers(0, 9))
    upper = np.inf if rng.random() < 0.3 else middle + float(rng.integers(0, 9))
    row = tightened(IntegerRow(np.arange(n), a, lower, upper))
    after = X @ row.coefficients
    kept = (activity >= lower) & (activity <= upper)
    assert np.array_equal((after >= row.lower) & (after <= row.upper), kept)
    assert np.abs(row.coefficients).sum() <= np.abs(a).sum()
    if kept.all():
        assert (row.lower, row.upper) == (-np.inf, np.inf)


def test_tightening_never_takes_more_bits():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        A = rng.integers(0, 30, (3, 8))
        program = BinaryProgram(-rng.integers(1, 9, 8), rows=make_rows(A, upper=A.sum(axis=1) // 2))
        assert Slack(tighten=True).num_qubits(program) <= Slack().num_qubits(program)


def test_feasible_points_are_feasible_and_repeat():
    for seed in range(10):
        problem = qopt.generate("multi-knapsack", n=6, seed=seed, required=2)
        program = default_program(problem)
        first, second = feasible_point(program), feasible_point(program)
        assert first.x is not None
        assert program.feasible(first.x)[0]
        assert np.array_equal(first.x, second.x)


def test_empty_and_single_programs():
    empty = Slack().encode(BinaryProgram(np.zeros(0), offset=2.5))
    assert (empty.num_qubits, float(empty.bqm.offset), empty.is_exact) == (0, 2.5, True)
    single = Slack().encode(BinaryProgram(np.array([-1.0]), rows=make_rows([[2.0]], upper=1)))
    assert single.is_exact
    assert best_cost(BinaryProgram(np.array([-1.0]), rows=make_rows([[2.0]], upper=1))) == 0


def test_wall_map_is_checked():
    with pytest.raises(ValueError, match="shape"):
        WallMap([0, 1], [0], 2)
    with pytest.raises(ValueError, match="lie in"):
        WallMap([0, 2], [0, -1], 2)
    with pytest.raises(ValueError, match="columns"):
        WallMap([-1, 0], [0, -1], 1).apply(np.zeros((1, 2)))


def test_chains_are_the_largest_disjoint_one_hot_rows():
    rows = make_rows([[1, 1, 0, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 1]], lower=1, upper=1)
    program = BinaryProgram(np.zeros(5), rows=rows)
    assert all(facts.kind.value == "one-hot" for facts in row_facts(program))
    assert DomainWall().num_qubits(program) == 5 - 2
    encoding = DomainWall().encode(program)
    assert encoding.decode(np.array([[0, 0, 1]])).tolist() == [[1, 1, 0, 0, 1]]


def test_substitution_matches_direct_evaluation():
    rng = np.random.default_rng(0)
    from scipy.sparse import csr_array

    function = Quadratic(rng.normal(size=5), csr_array(np.triu(rng.normal(size=(5, 5)), 1)), 2.0)
    T, t = csr_array(rng.normal(size=(5, 4))), rng.normal(size=5)
    Y = all_points(4)
    assert np.allclose(function.substituted(T, t).values(Y), function.values(Y @ T.T.toarray() + t))


def test_slack_like_variables_complete_a_point_without_a_search(monkeypatch):
    """Deviations of market share: every choice is feasible once they are set, at any size."""
    from qopt.encoders import feasible

    monkeypatch.setattr(feasible, "_searched", None)
    for products in (2, 5):
        program = default_program(qopt.generate("market-share", products=products, seed=0))
        point = feasible_point(program)
        assert program.feasible(point.x)[0]
        assert point.cost == program.costs(point.x)[0]
        assert point.cost < program.constraints.upper.sum()  # better than choosing nothing
