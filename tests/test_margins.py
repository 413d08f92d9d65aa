"""Margins, tolerances, seeds and counts that a claim rests on: each test fails when one of them is dropped."""

from __future__ import annotations

import itertools
import math
from typing import Any, ClassVar

import dimod
import numpy as np
import pytest

import qopt
from qopt.algorithms.enumeration import all_energies, all_points
from qopt.core import BinaryProgram, Clock, Round, from_spec, make_rows, row_facts
from qopt.encoders.lagrangian.dual_rows import dual_rows
from qopt.encoders.lagrangian.seen import see
from qopt.encoders.row_plans import _rounded
from qopt.encoders.shrink.classes import Classes
from qopt.encoders.shrink.loop import Shrinking
from qopt.encoders.slack import Slack
from qopt.engines.diagonal import CostDiagonal
from qopt.engines.diagonal.measure import probability_below
from qopt.engines.diagonal.state import plus_state
from qopt.experiments.references import own_bound
from qopt.problems.qubo import Qubo
from qopt.repair import improve, repair
from qopt.repair.assignment import complete_assignment
from qopt.solvers.classical.dimod_sampler import adapt
from qopt.solvers.qaoa.relaxed_points import convex_relaxation
from qopt.solvers.training.initial_angles import random_angles


def _ground_points(program: BinaryProgram) -> tuple[Any, Any]:
    encoding = Slack().encode(program)
    energies = all_energies(encoding.bqm)
    X = encoding.decode(all_points(encoding.num_qubits)[energies <= energies.min() + 1e-12])
    return X, encoding


def test_a_decimal_penalty_is_positive_where_its_bound_is_zero() -> None:
    """Variables that cost nothing: without the margin, points that break the row are ground states too."""
    program = BinaryProgram([0.0, 0.0, 0.5], rows=make_rows([[1, 1, 0]], upper=[1]))
    X, encoding = _ground_points(program)
    assert min(encoding.penalties.values()) > 0
    assert program.feasible(X).all()


def test_a_rounded_row_never_lets_a_point_in_that_breaks_it() -> None:
    """Rounding moves an activity by up to half a step a coefficient; bounds lie just below real activities."""
    X = all_points(10)
    accepted = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        a = rng.uniform(1, 2, 10)
        activity = X @ a
        middle = float(np.sort(activity)[500])
        # a hair below the activity of a point, within what rounding can move
        rows = make_rows([a.tolist()], upper=[middle - 1e-7 * float(a.sum())])
        plan = _rounded(row_facts(BinaryProgram(np.zeros(10), rows=rows))[0])
        inside = X[:, plan.columns] @ plan.coefficients <= plan.target
        assert (activity[inside] <= rows.upper[0]).all()
        accepted += int(inside.sum())
    assert accepted > 20 * 400  # rows that let nothing in would keep the rule too


def test_a_decimal_row_is_planned_with_the_tolerance_of_the_program() -> None:
    """0.3 x >= 0.1 + 0.2 holds at x = 1 to the tolerance; without it the lower bound is rounded up to 4 tenths."""
    program = BinaryProgram([1.0, 0.5], rows=make_rows([[0.3, 0.0]], lower=[0.1 + 0.2]))
    assert program.feasible([[1, 0]])[0]
    X, _ = _ground_points(program)
    assert X.tolist() == [[1, 0]]


def test_slack_of_an_inequality_is_no_violation() -> None:
    """The augmented Lagrangian's penalty grows by what breaks the rows; a row far from its bound breaks nothing."""
    program = BinaryProgram([1.0, 1.0, -1.0], rows=make_rows([[3, 4, 5]], upper=[11]))
    encoder = from_spec("encoders", "augmented-lagrangian")
    encoding = encoder.encode(program)
    x = np.array([[0, 0, 1]], dtype=np.uint8)
    seen = Round(x, np.array([-1.0]), None, -1.0, program, 0)
    following = encoder.update(encoding, seen)
    assert following.state["violation"] == 0.0


@pytest.mark.parametrize(("bound", "is_exact"), [(None, False), (-1.0, True), (-1.5, False), (-1.0 - 1e-12, True)])
def test_an_oracle_is_exact_only_where_its_bound_meets_its_value(bound: float | None, is_exact: bool) -> None:
    program = BinaryProgram([-1.0, 2.0], rows=make_rows([[1, 1]], upper=[1]))
    encoding = from_spec("encoders", "bundle").encode(program)
    rows = dual_rows(program)
    round_ = Round(np.array([[1, 0]], dtype=np.uint8), np.array([-1.0]), bound, None, program, 0)
    assert see(encoding, round_, rows, 1).is_exact is is_exact


def test_a_refused_pair_stays_refused_when_the_other_class_grows() -> None:
    """Class 3 was refused for class 1, and goes into class 2 with the opposite sign: so is 2 now."""
    loop: Any = object.__new__(Shrinking)
    loop.classes, loop.merges = Classes(4), []
    loop._refused = {1: {(3, 1)}}
    loop._tie(2, 3, -1, 1.0, "merge")
    merge = loop.merges[0]
    assert (merge.kept, merge.removed, merge.sign) == (2, 3, -1)
    assert {low: pairs for low, pairs in loop._refused.items() if pairs} == {1: {(2, -1)}}


def test_the_relaxed_point_is_that_of_a_convex_function() -> None:
    """-x - y + 4xy has no curvature along x - y; its convex form 2(x + y)**2 - 3(x + y) is least at x + y = 3/4."""
    model = dimod.BinaryQuadraticModel({0: -1.0, 1: -1.0}, {(0, 1): 4.0}, 0.0, "BINARY")
    assert convex_relaxation(model).tolist() == pytest.approx([0.375, 0.375], abs=1e-6)


def test_an_energy_one_rounding_away_counts_as_the_threshold() -> None:
    """0.1 + 0.2 is 0.30000000000000004 and the optimum is asked for as 0.3."""
    cost = CostDiagonal.from_arrays(np.array([0.1, 0.2]), [], [], [], 0.0)
    state = plus_state(2, np.dtype(np.float64))
    assert probability_below(state, cost, 0.3) == pytest.approx(1.0)
    assert probability_below(state, cost, 0.3 - 1e-9) == pytest.approx(0.75)


def test_random_betas_lie_within_the_period_of_the_mixer() -> None:
    draws = [random_angles(50, np.random.default_rng(seed)) for seed in range(20)]
    gammas, betas = np.concatenate([g for g, _ in draws]), np.concatenate([b for _, b in draws])
    assert np.pi / 2 * 0.98 < betas.max() <= np.pi / 2
    assert np.pi * 0.98 < gammas.max() <= np.pi
    assert min(gammas.min(), betas.min()) >= 0


@pytest.mark.parametrize(("found", "told"), [(3 + 1e-9, 3), (3 - 1e-9, 3), (3.4, 4), (1e11 + 0.5, 10**11)])
def test_a_bound_is_rounded_up_only_beyond_the_noise_of_floats(found: float, told: int) -> None:
    """3.000000001 proves 3 and not 4; the noise grows with the number."""
    problem = Qubo([1.0, 2.0])
    assert own_bound(problem, BinaryProgram([1, 2]), found) == told


class Reporting(dimod.Sampler):  # type: ignore[misc]
    """Returns two points, seen 5 and 3 times, and says that it measured 37."""

    parameters: ClassVar[Any] = {"seed": []}
    properties: ClassVar[Any] = {}

    def sample(self, bqm: dimod.BinaryQuadraticModel, *, seed: int = 0) -> dimod.SampleSet:
        points = np.zeros((2, bqm.num_variables), dtype=np.int8)
        points[1, 0] = 1
        samples = dimod.SampleSet.from_samples_bqm((points, list(bqm.variables)), bqm, num_occurrences=[5, 3])
        samples.info["shots"] = 37
        return samples


def test_the_control_draws_as_many_points_as_the_sampler() -> None:
    """As many as it looked at: neither the distinct ones alone nor all that were measured on the way."""
    record = qopt.solve(qopt.generate("mis", n=8, seed=2), adapt(Reporting()), seed=1)
    assert record.stages.control is not None
    assert record.stages.control.num_points == 8


def test_the_control_has_a_seed_of_its_own_run() -> None:
    problem = qopt.generate("max-cut", n=12, seed=3)
    raw = []
    for seed in range(8):
        control = qopt.solve(problem, "random", seed=seed, num_reads=2).stages.control
        assert control is not None
        assert control.raw is not None
        raw.append(control.raw.solution)
    assert len(set(raw)) > 4


def test_a_control_whose_time_is_over_still_draws_its_first_points() -> None:
    """A run that used all of its time had a control of no points, which every sampler surpasses."""
    from qopt.experiments import control as module
    from qopt.experiments.refinement import Refinement
    from qopt.experiments.resolve_pipeline import choose_pipeline
    from qopt.problems.formulations import formulate

    problem = qopt.generate("mis", n=8, seed=2)
    formulation, pipeline = formulate(problem, None), choose_pipeline(problem, "random")
    n = formulation.program.num_variables

    class Uniform:
        def __init__(self) -> None:
            self.formulation = formulation

        def draw(self, rng: np.random.Generator, count: int) -> Any:
            return formulation.complete(rng.integers(0, 2, (count, n), dtype=np.uint8))

    clock = Clock(1e-9)
    assert clock.is_over
    refinement = Refinement(formulation, pipeline, np.random.default_rng(0))
    field: Any = Uniform()
    rng = np.random.default_rng(1)
    drawn = module.draw_refined(refinement, field, [5, 5], rng, clock=clock, cost=math.inf)
    assert drawn.num_points == 5


def test_a_better_round_makes_the_hits_of_the_former_best_worthless() -> None:
    from qopt.experiments.candidates import evaluate
    from qopt.experiments.refinement import Refinement
    from qopt.experiments.resolve_pipeline import choose_pipeline
    from qopt.experiments.sampler_run import SamplerRun, Tally, _note
    from qopt.problems.formulations import formulate

    problem = Qubo([-1.0, -2.0])
    formulation, pipeline = formulate(problem, None), choose_pipeline(problem, "random")
    refinement = Refinement(formulation, pipeline, np.random.default_rng(0))
    run = SamplerRun(refinement, pipeline.encoder.encode(formulation.program))  # type: ignore[union-attr]
    for X, counts, hits in (([[1, 0]], [7], 7), ([[0, 1], [1, 0]], [2, 9], 2), ([[0, 1], [0, 0]], [3, 1], 5)):
        points = np.array(X, dtype=np.uint8)
        found, _ = evaluate(formulation, formulation.program, points, np.array(counts))
        energies = formulation.program.costs(points)
        _note(run, found, energies, {}, Tally(points=sum(counts), feasible=None))
        assert run.hits == hits


def test_items_of_negative_profit_are_dropped_by_the_improvement() -> None:
    problem = qopt.Mdkp([5, -3, 2], [[1, 1, 1]], [3])
    form = qopt.problems.formulations.formulate(problem, None)
    better = improve(form, np.array([0, 1, 1], dtype=np.uint8), np.random.default_rng(0))
    assert better.tolist() == [1, 0, 1]


def test_among_equal_costs_the_bits_that_are_set_are_kept() -> None:
    """Two assignments cost the same; the one with two set bits is nearer than that with one."""
    x = np.array([[1, 1], [1, 0]])
    assert complete_assignment(x.ravel(), 2, lambda kept: np.zeros((2, 2))).tolist() == [1, 0]


def test_a_free_neighbour_of_a_city_costs_the_mean_distance() -> None:
    """With nothing for it, a city before or behind a gap looks free of charge and the far ones go there."""
    differing = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        d = rng.integers(1, 100, (6, 6))
        np.fill_diagonal(d, 0)
        form = qopt.problems.formulations.formulate(qopt.Tsp(d), "positions")
        kept = np.zeros((5, 5), dtype=np.uint8)  # cities 1..5 at positions 1..5: one is kept
        city, place = int(rng.integers(5)), int(rng.integers(5))
        kept[city, place] = 1
        found = np.array(form.decode(repair(form, kept.ravel(), np.random.default_rng(0))))
        tour = np.roll(found, -int(np.flatnonzero(found == 0)[0]))
        least, costs = _least_marginal(d.astype(float), kept)
        cost = sum(costs[c - 1, p] for p, c in enumerate(tour[1:]) if c - 1 != city)
        assert cost == pytest.approx(least)
        blind = sum(costs[c - 1, p] for p, c in enumerate(range(1, 6)) if not kept[c - 1].any())
        differing += blind != pytest.approx(least)
    assert differing > 6


def _least_marginal(d: Any, kept: Any) -> tuple[float, Any]:
    """The least sum of marginal costs by enumeration, and the costs, shape (cities, positions)."""
    free = [c for c in range(1, 6) if not kept[c - 1].any()]
    at = [0, *(int(kept[:, p].argmax()) + 1 if kept[:, p].any() else -1 for p in range(5)), 0]
    costs = np.zeros((5, 5))
    for c, p in itertools.product(range(1, 6), range(5)):
        before, behind = at[p], at[p + 2]
        arrive = d[before, c] if before >= 0 else np.mean([d[f, c] for f in free])
        leave = d[c, behind] if behind >= 0 else np.mean([d[c, f] for f in free])
        costs[c - 1, p] = arrive + leave
    places = [p for p in range(5) if not kept[:, p].any()]
    sums = (sum(costs[c - 1, p] for c, p in zip(order, places)) for order in itertools.permutations(free))
    return min(sums), costs
