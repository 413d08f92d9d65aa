"""Repairs and improvements of knapsacks, independent sets and market shares, and flip descent on any program."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qopt.core import RepairFailed, make_rows
from qopt.problems.files import load
from qopt.problems.generate import generate
from qopt.problems.market_share import MarketShare, MarketShareDeviations
from qopt.problems.mdkp import Mdkp, MdkpLinear
from qopt.problems.mis import Mis, MisEdges
from qopt.problems.multi_knapsack import MultiKnapsack, MultiKnapsackAssignment
from qopt.problems.qubo import Qubo, QuboProgram
from qopt.repair import improve, repair
from qopt.repair.flips import flip_descent
from qopt.repair.nearest import is_feasible

#: Kind, and sizes as strategies; small, and tight as well as loose.
CASES = {
    "mdkp": {"n": st.integers(0, 12), "m": st.integers(0, 4), "tightness": st.sampled_from([0.0, 0.25, 0.5, 1.0])},
    "mis": {"n": st.integers(0, 12), "p": st.sampled_from([0.0, 0.3, 0.8, 1.0]), "max_weight": st.sampled_from([1, 9])},
    "market-share": {"products": st.integers(1, 3), "retailers": st.integers(0, 9)},
    "multi-knapsack": {
        "n": st.integers(0, 7),
        "knapsacks": st.integers(1, 3),
        "tightness": st.sampled_from([0.3, 0.8]),
        "required": st.integers(0, 3),
        "risk_aversion": st.sampled_from([0.0, 0.5]),
    },
    "max-cut": {
        "n": st.integers(0, 10),
        "p": st.sampled_from([0.2, 0.9]),
        "weights": st.sampled_from(["signs", "uniform"]),
    },
    "qubo": {"n": st.integers(0, 10), "density": st.sampled_from([0.2, 0.9])},
}


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("kind", CASES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_repair_and_improve_keep_their_promises(kind, data):
    """Feasible after repair; a feasible x unchanged; idempotent; improvement never worse; inputs unchanged; seeded."""
    sizes = {name: data.draw(values) for name, values in CASES[kind].items()}
    try:
        problem = generate(kind, seed=data.draw(st.integers(0, 99)), **sizes)
    except ValueError:
        assume(False)  # more required items than fit
    form = data.draw(st.sampled_from(list(problem.formulations.values())))(problem)
    n = form.program.num_variables
    x = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)), dtype=np.uint8)
    seed, given_x, completed = data.draw(st.integers(0, 9)), x.copy(), form.complete(x[None])[0]

    repaired = repair(form, x, generator(seed))
    assert repaired.dtype == np.uint8
    assert is_feasible(form, repaired)
    assert form.program.feasible(repaired).all()
    if is_feasible(form, completed):
        assert np.array_equal(repaired, completed)
    assert np.array_equal(repair(form, repaired, generator(seed + 1)), repaired)
    assert np.array_equal(repair(form, x, generator(seed)), repaired)

    sign = 1 if problem.sense == "min" else -1
    before = repaired.copy()
    for search in (improve, flip_descent):
        better = search(form, repaired, generator(seed))
        assert is_feasible(form, better)
        assert np.array_equal(form.complete(better[None])[0], better)
        if search is improve or not form.is_surrogate:
            gain = sign * (problem.objective(form.decode(repaired)) - problem.objective(form.decode(better)))
            assert gain >= -1e-9
        assert np.array_equal(search(form, repaired, generator(seed)), better)
    assert np.array_equal(x, given_x)
    assert np.array_equal(repaired, before)


def test_knapsack_drops_the_least_useful_item_and_fills_up():
    problem = Mdkp(profits=[10, 1, 9, 3], weights=[[5, 5, 5, 1]], capacities=[11])
    repaired = repair(MdkpLinear(problem), np.array([1, 1, 1, 0]), generator())
    assert repaired.tolist() == [1, 0, 1, 1]
    # only overloaded rows count: item 0 is worse by profit, but weighs nothing where it matters
    two_rows = Mdkp(profits=[1, 5, 5], weights=[[0, 4, 4], [9, 1, 1]], capacities=[4, 20])
    assert repair(MdkpLinear(two_rows), np.array([1, 1, 1]), generator())[0] == 1


def test_knapsack_swaps_where_adding_does_not_help():
    problem = Mdkp(profits=[4, 5, 3], weights=[[3, 3, 3]], capacities=[3])
    better = improve(MdkpLinear(problem), np.array([1, 0, 0]), generator())
    assert better.tolist() == [0, 1, 0]
    negative = Mdkp(profits=[-4, 5], weights=[[1, 1]], capacities=[1])
    assert improve(MdkpLinear(negative), np.array([1, 0]), generator()).tolist() == [0, 1]


def test_knapsack_rows_without_capacity_and_decimal_rows():
    closed = Mdkp(profits=[3, 2], weights=[[1, 0]], capacities=[0])
    assert repair(MdkpLinear(closed), np.array([1, 0]), generator()).tolist() == [0, 1]
    decimal = Mdkp(profits=[1.5, 2.5, 1], weights=[[0.1, 0.2, 0.3]], capacities=[0.3])
    assert repair(MdkpLinear(decimal), np.array([1, 1, 1]), generator()).tolist() == [1, 1, 0]


def test_independent_set_loses_the_busiest_vertex_and_becomes_maximal():
    star = Mis(6, [[0, i] for i in range(1, 5)])
    assert repair(MisEdges(star), np.ones(6), generator()).tolist() == [0, 1, 1, 1, 1, 1]
    heavy = Mis(2, [[0, 1]], [1, 5])
    assert repair(MisEdges(heavy), np.ones(2), generator()).tolist() == [0, 1]


def test_independent_set_exchanges():
    path = Mis(3, [[0, 1], [1, 2]])
    assert improve(MisEdges(path), np.array([0, 1, 0]), generator()).tolist() == [1, 0, 1]
    # one heavy vertex for its two chosen neighbours
    heavy = Mis(3, [[0, 1], [1, 2]], [1, 5, 1])
    assert improve(MisEdges(heavy), np.array([1, 0, 1]), generator()).tolist() == [0, 1, 0]
    negative = Mis(2, [], [-1, 1])
    assert improve(MisEdges(negative), np.array([1, 0]), generator()).tolist() == [0, 1]


@pytest.mark.parametrize("name", ["1tc.64", "1dc.64", "1et.64"])
def test_independent_sets_of_code_graphs_come_near_the_optimum(instances_dir, name):
    problem = load(instances_dir / "mis" / "sloane" / f"{name}.txt")
    form, rng = MisEdges(problem), generator(1)
    best = 0
    for x in rng.integers(0, 2, (30, 64)).astype(np.uint8):
        solution = form.decode(improve(form, repair(form, x, rng), rng))
        chosen = set(np.flatnonzero(solution).tolist())
        for v in range(64):  # maximal: every vertex is chosen or has a chosen neighbour
            assert v in chosen or chosen & set(problem.neighbours[v].tolist())
        best = max(best, problem.objective(solution))
    assert best >= {"1tc.64": 20, "1dc.64": 9, "1et.64": 17}[name]


def test_market_share_local_minimum_is_one_for_pairs_of_flips():
    problem = generate("market-share", products=2, retailers=8, seed=3)
    form = MarketShareDeviations(problem)
    for x in generator(0).integers(0, 2, (10, 8)):
        better = form.decode(improve(form, form.encode(x), generator()))
        value = problem.objective(better)
        for i, j in itertools.combinations_with_replacement(range(8), 2):
            other = better.copy()
            other[[i, j] if i != j else [i]] ^= 1
            assert problem.objective(other) >= value


def test_market_share_squares_are_improved_by_what_counts():
    far = MarketShare([[2, 3], [1, 0]], [0, 0])
    for form_class in far.formulations.values():
        form = form_class(far)
        better = improve(form, form.encode(np.array([1, 1])), generator())
        assert far.objective(form.decode(better)) == 0


def test_multiple_knapsack_keeps_required_items_at_others_cost():
    problem = MultiKnapsack([9, 9, 1], [4, 4, 4], [4, 4], required=[0, 0, 1])
    form = MultiKnapsackAssignment(problem)
    repaired = form.decode(repair(form, form.encode(np.array([1, 2, 0])), generator()))
    assert repaired[2] > 0
    assert problem.violations(repaired) == {}
    assert problem.objective(repaired) == 10


def test_multiple_knapsack_item_in_two_keeps_the_better_one():
    problem = MultiKnapsack([[1, 7], [2, 2]], [1, 1], [2, 2])
    form = MultiKnapsackAssignment(problem)
    assert form.decode(repair(form, np.array([1, 1, 0, 1]), generator())).tolist() == [2, 2]


def test_multiple_knapsack_required_items_that_only_an_exact_search_packs():
    """Falling weights into the emptiest place fail here; 3+3, 2+2+2 fill two knapsacks of 6."""
    problem = MultiKnapsack([1] * 5, [3, 3, 2, 2, 2], [6, 6], required=[1] * 5)
    form = MultiKnapsackAssignment(problem)
    for seed in range(5):
        assert problem.violations(form.decode(repair(form, np.zeros(10), generator(seed)))) == {}
    impossible = MultiKnapsack([1, 1], [3, 3], [5], required=[1, 1])
    with pytest.raises(RepairFailed):
        repair(MultiKnapsackAssignment(impossible), np.zeros(2), generator())


@pytest.mark.parametrize("seed", range(6))
def test_flip_descent_ends_where_no_one_or_two_flips_help(seed):
    rng = generator(seed)
    A = rng.integers(-3, 4, (3, 8))
    Q = rng.integers(-5, 6, (8, 8))
    rows = make_rows(A, lower=[-4, -np.inf, 0], upper=[4, 5, np.inf])
    problem = Qubo(
        rng.integers(-5, 6, 8),
        np.argwhere(np.triu(np.ones((8, 8)), 1)),
        Q[np.triu_indices(8, 1)],
        row_entries=np.argwhere(A != 0),
        row_values=A[A != 0],
        lower=[-4, None, 0],
        upper=[4, 5, None],
    )
    form = QuboProgram(problem)
    assert np.array_equal(form.program.constraints.A.toarray(), rows.A.toarray())
    start = repair(form, rng.integers(0, 2, 8).astype(np.uint8), rng)
    end = flip_descent(form, start, rng)
    cost = form.program.costs(end)[0]
    for i, j in itertools.combinations_with_replacement(range(8), 2):
        other = end.copy()
        other[[i, j] if i != j else [i]] ^= 1
        assert not form.program.feasible(other)[0] or form.program.costs(other)[0] >= cost


def test_flip_descent_leaves_infeasible_points_alone():
    form = MdkpLinear(Mdkp([1, 1], [[2, 2]], [1]))
    assert flip_descent(form, np.array([1, 1]), generator()).tolist() == [1, 1]


def test_flip_descent_keeps_one_hot_rows_and_lazy_rows():
    """TSP by edges: two flips never keep degree rows, so the tour comes back; by positions nothing breaks a row."""
    problem = generate("tsp", n=6, seed=2)
    for form_class in problem.formulations.values():
        form = form_class(problem)
        start = form.encode(np.arange(6))
        end = flip_descent(form, start, generator())
        assert is_feasible(form, end)
        assert problem.objective(form.decode(end)) <= problem.objective(np.arange(6))


class WithLazyRow(QuboProgram):
    """At most one of the first two variables, said only when asked."""

    def separate(self, X):
        broken = (np.atleast_2d(X)[:, :2].sum(axis=1) > 1).any()
        row = np.eye(1, 4) + np.eye(1, 4, 1)
        return make_rows(row, upper=[1], names=["lazy"]) if broken else None


class NotBoth(Qubo):
    def violations(self, solution):
        return {"lazy": 1.0} if solution[0] and solution[1] else {}


def test_flip_descent_takes_lazy_rows_in():
    form = WithLazyRow(NotBoth([-3, -4, -1, 2]))
    end = flip_descent(form, np.array([0, 0, 0, 1]), generator())
    assert end.tolist() == [0, 1, 1, 0]
