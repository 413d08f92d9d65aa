"""Masters and cuts: quadratic and linear masters against their optimality, cuts against enumeration, relax-and-cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from qopt.algorithms.cone_qp import least_combination
from qopt.algorithms.cut_models import CutModel
from qopt.algorithms.cuts import conflicts, fractional_cuts, implied_cuts, light_cuts
from qopt.algorithms.enumeration import all_points
from qopt.algorithms.linear import linear_relaxation
from qopt.core import BinaryProgram, Round, from_spec, make_rows
from qopt.experiments.pipeline import Pipeline
from qopt.experiments.run import formulate, run
from qopt.problems.mis import Mis
from qopt.problems.tsp import Tsp
from qopt.solvers.base import points_of
from qopt.solvers.classical.exact_oracle import ExactOracle


def exact(spec, **options):
    return Pipeline(
        from_spec("solvers", {"name": "exact", "num_reads": 2}), from_spec("encoders", spec), control=False, **options
    )


@pytest.mark.parametrize("seed", range(20))
def test_proximal_master_closes_its_duality_gap(seed):
    rng = np.random.default_rng(seed)
    B, m = int(rng.integers(1, 12)), int(rng.integers(1, 9))
    H, F, centre = rng.normal(size=(B, m)), 3 * rng.normal(size=B), np.abs(rng.normal(size=m))
    length, is_free = 10.0 ** rng.uniform(-2, 2), rng.random(m) < 0.3
    master = CutModel(F, H, is_free).proximal(centre, length)
    primal = master.value - ((master.multipliers - centre) ** 2).sum() / (2 * length)
    found = least_combination(H, F + H @ centre, centre, length=length, is_free=is_free)
    s = (found.combination - H.T @ found.weights)[~is_free]
    dual = found.weights @ (F + H @ centre) + centre[~is_free] @ s + length / 2 * (found.combination**2).sum()
    assert (master.multipliers[~is_free] >= 0).all()
    assert found.weights.sum() == pytest.approx(1.0)
    assert primal == pytest.approx(dual, rel=1e-6, abs=1e-6)


def test_level_master_is_the_nearest_point_of_the_level():
    model = CutModel(np.array([0.0, 4.0]), np.array([[1.0, 1.0], [-1.0, 0.0]]), np.array([False, False]))
    found = model.level(np.zeros(2), 2.0)  # l_1 + l_2 >= 2, l_1 <= 2
    assert found.multipliers == pytest.approx([1.0, 1.0], abs=1e-6)


def test_unreachable_level_is_an_error():
    model = CutModel(np.array([0.0]), np.array([[-1.0]]), np.array([False]))
    with pytest.raises(ArithmeticError, match="converge"):
        model.level(np.zeros(1), 1.0)


def test_linear_master_weights_combine_the_points_to_a_feasible_one():
    model = CutModel(np.array([-10.0, 0.0]), np.array([[2.0], [-1.0]]), np.array([False]))
    found = model.best(0.0, 100.0)
    assert found.weights @ model.H == pytest.approx([0.0], abs=1e-9)
    assert found.value == pytest.approx(found.weights @ model.F)


@pytest.mark.parametrize("seed", range(15))
def test_light_cuts_are_cuts_of_their_weight_and_hold_the_minimum(seed):
    rng = np.random.default_rng(seed)
    n = 7
    low, high = np.triu_indices(n, 1)
    weights = rng.random(len(low)) * (rng.random(len(low)) < 0.6)

    def value(side):
        inside = np.isin(np.arange(n), side)
        return weights[inside[low] != inside[high]].sum()

    every = [side for k in range(1, n) for side in itertools.combinations(range(1, n), k)]
    least = min(value(side) for side in every)
    found = light_cuts(weights, low, high, n, least + 0.5)
    assert value(found[0]) == pytest.approx(least)
    assert all(value(side) < least + 0.5 and 0 not in side for side in found)
    assert light_cuts(weights, low, high, n, least) == []


def test_subtour_lp_separates_a_point_that_components_do_not():
    """Two triangles joined by edges of 1/3: connected, every degree 2, but the cut between them is 1."""
    problem = Tsp(np.ones((6, 6)) - np.eye(6))
    form = formulate(problem, "edges")
    low, high = form.ends
    inside = (low < 3) == (high < 3)
    matched = (high - low == 3) & ~inside
    x = np.where(inside, 5 / 6, np.where(matched, 1 / 3, 0.0))
    assert form.separate(x[None]) is None
    rows = fractional_cuts(form, x)
    assert rows is not None
    assert ((rows.A @ x) < 2 - 1e-6).all()
    tours = [form.encode([0, *p]) for p in itertools.permutations(range(1, 6))]
    assert (np.array([rows.A @ tour for tour in tours]) >= 2).all()


@pytest.mark.parametrize("seed", range(30))
def test_implied_cuts_hold_at_every_feasible_point(seed):
    rng = np.random.default_rng(seed)
    n = 9
    A = rng.integers(0, 20, (2, n)).astype(float) * rng.choice([1.0, 0.1])
    packing = np.zeros((3, n))
    for row in packing:
        row[rng.choice(n, 3, replace=False)] = 1
    upper = np.concatenate([np.floor(A.sum(axis=1) * 0.4), np.ones(3)])
    program = BinaryProgram(-rng.random(n), rows=make_rows(np.concatenate([A, packing]), upper=upper))
    rows = program.constraints
    x = linear_relaxation(program.c, rows.A, rows.lower, rows.upper).x
    points = all_points(n)
    feasible = points[program.feasible(points)]
    pairs = conflicts(program)
    assert not any((p[:, None] & p[None, :] & pairs).any() for p in feasible.astype(bool))
    for point in (x, np.full(n, 0.6)):
        cuts = implied_cuts(program, point)
        if cuts is not None:
            assert (cuts.upper + 1e-9 >= (cuts.A @ feasible.T).T).all()
            assert (cuts.A @ point > cuts.upper).all()


def test_cliques_raise_the_bound_of_edge_rows():
    complete = Mis(num_vertices=6, edges=list(itertools.combinations(range(6), 2)))
    record = run(complete, exact({"name": "relax-and-cut"}, formulation="edges", repair="off", improve=False))
    assert record.rounds[-1]["best_bound"] < 2.0  # the edge rows alone give 3
    assert record.rounds[-1]["num_cuts"] >= 1


@pytest.mark.parametrize("inner", [{"name": "bundle"}, {"name": "cutting-plane", "in_out": 0.5}], ids=str)
def test_tours_are_proven_by_lazy_subtours_alone(inner):
    rng = np.random.default_rng(5)
    where = rng.random((9, 2)) * 100
    distances = np.rint(np.hypot(*(where[:, None] - where[None]).transpose(2, 0, 1)))
    problem = Tsp(distances)
    tours = (problem.objective(np.array([0, *p])) for p in itertools.permutations(range(1, 9)))
    best = min(tours)
    record = run(problem, exact({"name": "relax-and-cut", "inner": inner}, formulation="edges"))
    assert record.rounds[-1]["num_rows"] > 9
    assert best * 0.97 <= record.bound <= best
    assert record.objective == best


def test_idle_found_rows_are_dropped():
    rng = np.random.default_rng(3)
    A = rng.integers(5, 60, (3, 14)).astype(float)
    program = BinaryProgram(-rng.integers(10, 99, 14), rows=make_rows(A, upper=A.sum(axis=1) // 2))
    encoder = from_spec("encoders", {"name": "relax-and-cut", "idle_rounds": 1, "delayed": False})
    encoding, sizes = encoder.encode(program), []
    for _ in range(40):
        samples = ExactOracle(num_reads=1).sample(encoding.bqm)
        Z, energies, _ = points_of(samples)
        told = Round(encoding.decode(Z), energies, samples.info["energy_bound"], None, program)
        following = encoder.update(encoding, told)
        if following is None:
            break
        encoding = following
        sizes.append(encoding.trace[-1]["num_cuts"])
        assert encoding.native is program
        assert len(encoding.penalties) == program.num_rows + len(encoding.state["inner"].native.constraints) - 3
    assert any(later < earlier for earlier, later in itertools.pairwise(sizes))


def test_a_master_whose_corrector_ran_in_a_circle() -> None:
    """A bundle on ten items ended with "quadratic master must converge": four steps came round for ever."""
    H = [[-0.0265, 0.0885], [0.2499, 0.0462], [0.9774, 0.6616]]
    found = least_combination(H, [-5.1939, -5.5786, -9.0038], [0.0, 0.0], length=26.9585)
    assert found.weights == pytest.approx([0.828382, 0.103523, 0.068095], abs=1e-5)
    assert found.steps < 30


def test_masters_of_all_scales_meet_their_duals() -> None:
    """Two of 4,000 such masters did not converge."""
    rng = np.random.default_rng(7)
    for _ in range(400):
        B, m = int(rng.integers(1, 7)), int(rng.integers(1, 5))
        H = rng.normal(size=(B, m)) * rng.choice([0.1, 1, 10])
        costs, centre = (
            rng.normal(size=B) * rng.choice([0.1, 1, 10]),
            np.abs(rng.normal(size=m)) * rng.choice([0, 1, 5]),
        )
        length = float(10 ** rng.uniform(-1, 2))
        found = least_combination(H, costs, centre, length=length)
        at = np.maximum(centre + length * found.combination, 0)
        primal = float((costs - H @ centre + H @ at).min() - ((at - centre) ** 2).sum() / (2 * length))
        signs = found.combination - H.T @ found.weights
        dual = float(costs @ found.weights + centre @ signs + length / 2 * (found.combination**2).sum())
        assert dual == pytest.approx(primal, rel=1e-6, abs=1e-6)
