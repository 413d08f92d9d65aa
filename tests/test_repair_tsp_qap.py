"""Repair and improvement of tours and assignments: feasible results, feasible points untouched, costs that fall."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qopt.algorithms.exchanges import exchange_deltas
from qopt.algorithms.tours import improve_tour
from qopt.problems.files import load
from qopt.problems.generate import generate
from qopt.problems.qap import Qap, QapAssignment
from qopt.problems.tsp import Tsp
from qopt.problems.tsp_edges import TspEdges
from qopt.problems.tsp_positions import TspPositions
from qopt.repair import improve, repair
from qopt.repair.assignment import complete_assignment

FORMS = ["positions", "asymmetric positions", "decimal edges", "edges", "assignment"]


def make(name, n, seed):
    rng = np.random.default_rng(seed)
    if name == "assignment":
        return QapAssignment(Qap(rng.integers(0, 9, size=(n, n)), rng.integers(-2, 9, size=(n, n))))
    if name == "decimal edges":
        d = rng.random((n + 3, n + 3))
        return TspEdges(Tsp(d + d.T))
    if name == "edges":
        return TspEdges(generate("tsp", n=n + 3, side=20, seed=seed))  # small side: many equal distances
    return TspPositions(generate("tsp", n=n, asymmetric="asymmetric" in name, seed=seed))


def random_point(form, share, seed):
    rng = np.random.default_rng(seed)
    return (rng.random(form.size(form.problem).variables) < share).astype(np.uint8)


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 9), st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0]), st.integers(0, 10**6))
def test_repair_is_feasible_and_idempotent(name, n, share, seed):
    form = make(name, n, seed)
    x = random_point(form, share, seed)
    before = x.copy()
    fixed = repair(form, x, rng())
    assert np.array_equal(x, before)
    solution = form.decode(fixed)
    assert solution is not None
    assert form.problem.violations(solution) == {}
    assert form.program.feasible(fixed)[0]
    assert np.array_equal(repair(form, fixed, rng()), fixed)


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 9), st.integers(0, 10**6))
def test_feasible_points_stay_and_improve_never_worsens(name, n, seed):
    form = make(name, n, seed)
    size = next(iter(form.problem.size.values()))
    x = form.encode(np.random.default_rng(seed).permutation(size))
    assert np.array_equal(repair(form, x, rng()), x)
    better = improve(form, x, rng())
    assert form.decode(better) is not None
    assert form.program.costs(better)[0] <= form.program.costs(x)[0] + 1e-9
    again = form.program.costs(improve(form, better, rng()))[0]
    assert again == pytest.approx(form.program.costs(better)[0])


@pytest.mark.parametrize("name", FORMS)
def test_improve_wants_a_feasible_point(name):
    form = make(name, 4, 0)
    with pytest.raises(ValueError, match="repair it first"):
        improve(form, np.zeros(form.size(form.problem).variables, dtype=np.uint8), rng())


@pytest.mark.parametrize("name", ["positions", "assignment"])
def test_unambiguous_bits_are_kept(name):
    form = make(name, 8, 3)
    m = form.order
    kept = np.random.default_rng(1).permutation(m)
    x = np.zeros((m, m), dtype=np.uint8)
    x[np.arange(m), kept] = 1
    x[0] = 0
    x[1, kept[2]] = 1  # row 1 has two, column kept[2] has two: rows 0, 1 and 2 are open
    out = repair(form, x.ravel(), rng()).reshape(m, m)
    assert (out[3:] == x[3:]).all()
    # three rows are open: of their six completions the cheapest by marginal cost is no worse than the worst
    costs = []
    for order in permutations(kept[:3]):
        trial = x.copy()
        trial[:3] = 0
        trial[np.arange(3), order] = 1
        costs.append(form.program.costs(trial.ravel())[0])
    assert form.program.costs(out.ravel())[0] < max(costs)


@pytest.mark.parametrize("name", ["positions", "asymmetric positions", "assignment"])
def test_one_open_pair_is_completed_optimally(name):
    """With two rows open that are not neighbours of each other, marginal costs are the true ones."""
    for seed in range(10):
        form = make(name, 8, seed)
        m = form.order
        p = np.random.default_rng(seed).permutation(m)
        first, second = int(np.argmin(p)), int(np.argmax(p))  # first and last position
        if name == "assignment":  # a flow between the two would count too
            flow = np.array(form.problem.flow)
            flow[first, second] = flow[second, first] = 0
            form = QapAssignment(Qap(flow, form.problem.distance))
        x = np.zeros((m, m), dtype=np.uint8)
        x[np.arange(m), p] = 1
        swapped = x.copy()
        swapped[[first, second]] = x[[second, first]]
        best = min(form.program.costs([x.ravel(), swapped.ravel()]))
        x[[first, second]] = 0
        assert form.program.costs(repair(form, x.ravel(), rng()))[0] == best


def test_ties_of_the_assignment_go_to_the_point_given():
    x = np.array([[1, 0, 0], [1, 0, 1], [0, 0, 1]], dtype=np.uint8)
    columns = complete_assignment(x.ravel(), 3, lambda kept: np.zeros((3, 3)))
    assert x[np.arange(3), columns].sum() == 2


def test_chosen_edges_that_form_paths_are_kept():
    form = make("edges", 7, 5)
    low, high = form.ends
    tour = np.random.default_rng(5).permutation(10)
    x = form.encode(tour)
    gone = np.flatnonzero(x)[[0, 4, 7]]
    x[gone] = 0
    out = repair(form, x, rng())
    assert (out[x == 1] == 1).all()
    # a closed small cycle loses its longest edge, and only that
    triangle = ((low < 3) & (high < 3)).astype(np.uint8)
    out = repair(form, triangle, rng())
    lost = np.flatnonzero(triangle & (1 - out))
    lengths = form.problem.distances[low, high]
    assert lengths[lost].tolist() == [lengths[triangle == 1].max()]


@pytest.mark.parametrize("is_symmetric", [True, False])
def test_tours_end_where_no_move_of_the_neighbourhood_helps(is_symmetric):
    """Every reversal and every move of up to three cities, tried one by one."""
    for seed in range(6):
        generator = np.random.default_rng(seed)
        d = generator.integers(1, 60, size=(9, 9))
        d = d + d.T if is_symmetric else d
        np.fill_diagonal(d, 0)
        tour = improve_tour(d, generator.permutation(9)).tolist()
        length = d[tour, np.roll(tour, -1)].sum()
        assert sorted(tour) == list(range(9))
        for start in range(9):
            t = tour[start:] + tour[:start]
            others = [t[:1] + t[1:j][::-1] + t[j:] for j in range(3, 10)]
            for count in (1, 2, 3):
                segment, rest = t[:count], t[count:]
                for k in range(1, len(rest)):
                    others += [rest[:k] + s + rest[k:] for s in (segment, segment[::-1])]
            assert min(d[other, np.roll(other, -1)].sum() for other in others) >= length


def test_tours_of_few_cities():
    d = np.array([[0, 1, 9], [9, 0, 1], [1, 9, 0]])
    assert improve_tour(d, np.array([0, 2, 1])).tolist() in ([0, 1, 2], [1, 2, 0], [2, 0, 1])
    for n in range(3):
        assert improve_tour(np.ones((n, n)), np.arange(n)).tolist() == list(range(n))


def test_exchange_deltas_are_the_differences():
    for seed in range(10):
        generator = np.random.default_rng(seed)
        n = int(generator.integers(1, 7))
        F, D = generator.integers(-5, 9, size=(2, n, n)).astype(float)
        p = generator.permutation(n)
        deltas = exchange_deltas(F, D[np.ix_(p, p)])
        for r in range(n):
            for s in range(n):
                q = p.copy()
                q[[r, s]] = q[[s, r]]
                assert deltas[r, s] == (F * D[np.ix_(q, q)]).sum() - (F * D[np.ix_(p, p)]).sum()


def test_published_instances_come_near_their_optimum(instances_dir):
    """Greedy fragments with 2-opt and Or-opt: within 10 %, where random tours are at 300 % and more."""
    tsp = load(instances_dir / "tsplib" / "berlin52.tsp")
    form = TspEdges(tsp)
    x = repair(form, np.zeros(52 * 51 // 2, dtype=np.uint8), rng())
    assert tsp.objective(form.decode(x)) < 1.4 * 7542
    assert 7542 <= tsp.objective(form.decode(improve(form, x, rng()))) < 1.1 * 7542
    qap = load(instances_dir / "qaplib" / "nug30.dat")
    assignment = QapAssignment(qap)
    better = improve(assignment, repair(assignment, np.zeros(900, dtype=np.uint8), rng()), rng())
    assert 6124 <= qap.objective(assignment.decode(better)) < 1.1 * 6124
