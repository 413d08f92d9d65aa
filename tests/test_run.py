"""One run end to end: verification, stages, control, status, bounds, replay and refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.core import Budget, Record, Status, UnsupportedError, signed
from qopt.experiments.pipeline import Pipeline, build_parts, pipeline_from_spec
from qopt.experiments.references import own_bound, status_of
from qopt.experiments.resolve_pipeline import choose_pipeline
from qopt.experiments.run import run
from qopt.experiments.verify import DisagreementError, Verified, verify_point
from qopt.problems.formulations import formulate

SMALL: dict[str, dict[str, Any]] = {
    "mdkp": {"n": 6, "m": 1},
    "mis": {"n": 8},
    "max-cut": {"n": 8},
    "qubo": {"n": 7},
    "qap": {"n": 3},
    "tsp": {"n": 4},
}


def enumerate_objective(problem: Any) -> float:
    """Best objective over all native solutions."""
    n = next(iter(problem.size.values()))
    solutions = permutations(range(n)) if problem.kind in ("qap", "tsp") else product((0, 1), repeat=n)
    feasible = (np.array(s) for s in solutions)
    values = [problem.objective(s) for s in feasible if not any(problem.violations(s).values())]
    return min(values, key=lambda value: signed(problem, value))


@pytest.mark.parametrize("kind", SMALL)
def test_enumeration_of_the_qubo_proves_the_native_optimum(kind: str) -> None:
    problem = qopt.generate(kind, seed=4, **SMALL[kind])
    record = qopt.solve(problem, solver="brute-force", encoder="slack", seed=1, control=False)
    assert record.status is Status.OPTIMAL
    assert record.objective == record.bound == enumerate_objective(problem)
    assert record.stages.raw is not None
    assert record.stages.raw.objective == record.objective


@pytest.mark.parametrize("kind", SMALL)
def test_the_same_seed_gives_the_same_record(kind: str) -> None:
    problem = qopt.generate(kind, seed=4, **SMALL[kind])
    first, second = (qopt.solve(problem, solver="sa", seed=7, shots=20) for _ in range(2))
    assert first.is_replayable
    assert first.replay_view() == second.replay_view()
    assert first.id == second.id
    assert Record.from_json(json.loads(json.dumps(first.to_json()))) == first


def test_the_control_looks_at_as_many_points_as_the_sampler() -> None:
    problem = qopt.generate("mdkp", n=12, m=3, seed=2)
    record = qopt.solve(problem, solver="sa", seed=1, shots=137)
    control = record.stages.control
    assert control is not None
    assert control.num_points == 137
    assert control.repaired is not None
    assert control.repaired.feasible


def test_the_shares_count_every_sample() -> None:
    """Enumeration sees every point once, so that its shares are those of the whole space; the control's come near."""
    problem = qopt.generate("mdkp", n=9, m=2, seed=5)
    record = qopt.solve(problem, solver="brute-force", encoder="unbalanced", num_reads=512, seed=1)
    points = [np.array(point) for point in product((0, 1), repeat=9)]
    feasible = [point for point in points if not any(problem.violations(point).values())]
    best = max(problem.objective(point) for point in feasible)
    raw, control = record.stages.raw, record.stages.control
    assert raw is not None
    assert raw.feasible_share == len(feasible) / 512
    assert raw.hit_share == sum(problem.objective(point) == best for point in feasible) / 512
    assert control is not None
    assert control.raw is not None
    assert control.raw.feasible_share is not None
    # five standard deviations of a share of 512 points
    assert abs(control.raw.feasible_share - raw.feasible_share) < 5 * 0.5 / 512**0.5
    if control.raw.objective == best:
        assert control.raw.hit_share


def test_a_better_round_forgets_the_hits_of_a_worse_one() -> None:
    problem = qopt.generate("mdkp", n=8, m=2, seed=5)
    record = qopt.solve(problem, solver="sa", encoder="dual-ascent", rounds=4, shots=30, seed=1, improve=False)
    raw = record.stages.raw
    assert raw is not None
    assert record.resources.rounds is not None
    assert record.resources.rounds > 1
    assert raw.num_points == 30 * record.resources.rounds
    assert raw.hit_share is not None
    assert raw.feasible_share is not None
    assert 0 < raw.hit_share <= raw.feasible_share


def test_a_notebook_sees_the_stages_and_the_control() -> None:
    record = qopt.solve(qopt.generate("mdkp", n=6, m=2, seed=3), solver="sa", shots=10, seed=1)
    page = record._repr_html_()
    for word in ("raw", "repaired", "improved", "control", str(record.objective)):
        assert word in page


def test_raw_stays_raw() -> None:
    """Random points of a one-hot problem are infeasible: the repair's answer must not appear as raw."""
    problem = qopt.generate("tsp", n=6, seed=1)
    record = qopt.solve(problem, solver="random", seed=1, shots=5)
    assert record.stages.raw is not None
    assert not record.stages.raw.feasible
    assert record.stages.raw.gap is None
    assert record.stages.repaired is not None
    assert record.stages.repaired.feasible
    assert record.stages.repaired.flips is not None
    assert record.stages.repaired.flips > 0
    assert record.status is Status.FEASIBLE


def test_without_repair_an_infeasible_best_is_violated() -> None:
    problem = qopt.generate("tsp", n=6, seed=1)
    record = qopt.solve(problem, solver="random", seed=1, shots=5, repair="off", improve=False)
    assert record.status is Status.VIOLATED
    assert record.objective is None
    assert record.violations
    assert record.stages.repaired is None


def test_lazy_subtour_rows_are_added_until_the_answer_is_a_tour() -> None:
    x = np.array([[0, 0], [1, 0], [0, 1], [100, 100], [101, 100], [100, 101]])
    distances = np.rint(10 * np.linalg.norm(x[:, None] - x[None], axis=2))
    problem = qopt.PROBLEMS.get("tsp").make(distances, x)
    record = qopt.solve(problem, solver="sa", encoder="slack", formulation="edges", seed=1, repair="off")
    assert record.resources.rounds is not None
    assert record.resources.rounds > 1
    assert record.objective == enumerate_objective(problem)


def test_a_market_share_surrogate_claims_nothing() -> None:
    problem = qopt.generate("market-share", products=2, seed=0)
    record = qopt.solve(problem, solver="brute-force", encoder="slack", formulation="squares", seed=1)
    assert record.bound is None
    assert record.status is Status.FEASIBLE
    assert record.objective is not None
    assert record.objective >= 3  # METHODS c.3: optimum 3 for seed 0, two products


def test_a_time_limit_makes_a_run_not_replayable() -> None:
    problem = qopt.generate("mdkp", n=8, m=2, seed=2)
    record = qopt.solve(problem, solver="sa", seed=1, seconds=0.2)
    assert not record.is_replayable
    assert record.status in (Status.FEASIBLE, Status.OPTIMAL)


def test_a_target_stops_the_run_with_a_good_enough_answer() -> None:
    problem = qopt.generate("mdkp", n=8, m=2, seed=2)
    record = qopt.solve(problem, solver="sa", seed=1, target=1)
    assert record.objective is not None
    assert record.objective >= 1


def test_a_false_bound_is_an_error() -> None:
    problem = qopt.generate("mdkp", n=4, m=1, seed=2)
    found = Verified(np.zeros(4), 10, {})
    with pytest.raises(DisagreementError, match="bound 9"):
        status_of(problem, found, 9, is_optimal=False, is_infeasible=False)
    with pytest.raises(DisagreementError, match="no solution"):
        status_of(problem, found, None, is_optimal=False, is_infeasible=True)


def test_integral_costs_round_bounds_and_others_do_not() -> None:
    """METHODS section 0: 16.97 is 16 for an independent set; a QUBO of decimals keeps its bound."""
    problem = qopt.generate("mis", n=6, seed=1)
    program = formulate(problem, None).program
    assert own_bound(problem, program, -16.97) == 16
    decimal = replace(program, c=program.c * 0.5)
    assert own_bound(problem, decimal, -16.97) == 16.97


def test_a_formulation_whose_cost_lies_is_an_error() -> None:
    problem = qopt.generate("mdkp", n=4, m=1, seed=2)
    form: Any = formulate(problem, None)
    form.__dict__["program"] = replace(form.program, c=form.program.c * 2)
    x = np.zeros(4, dtype=np.uint8)
    verify_point(form, x)  # the empty knapsack costs 0 either way
    x[int(np.argmin(problem.weights[0]))] = 1
    with pytest.raises(DisagreementError, match="must equal the objective"):
        verify_point(form, x)


def test_pipelines_survive_their_spec() -> None:
    problem = qopt.generate("mdkp", n=4, m=1, seed=2)
    pipeline = choose_pipeline(problem, "sa", "slack", None, {"penalty": "12.5"}, repair="nearest", improve=False)
    budget = Budget(shots=5, rounds=2)
    again, limits = pipeline_from_spec(json.loads(json.dumps(pipeline.to_spec(budget))))
    assert again == replace(pipeline, note="")
    assert limits == budget


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers_": 3}, "option of sa and slack must be one of"),
        ({"solver.penalty": 3}, "option of sa and slack must be one of"),
        ({"penalty": "lots"}, "penalty must be"),
    ],
)
def test_an_option_no_part_has_is_an_error(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_parts("sa", "slack", options)


def test_a_native_solver_takes_no_encoder() -> None:
    problem = qopt.generate("mdkp", n=4, m=1, seed=2)
    with pytest.raises(ValueError, match="reads the instance itself"):
        qopt.solve(problem, solver="cpsat", encoder="slack")


def test_a_size_that_does_not_fit_is_refused_before_any_work() -> None:
    problem = qopt.generate("mdkp", n=60, m=3, seed=2)
    with pytest.raises(UnsupportedError) as caught:
        qopt.solve(problem, solver="brute-force", encoder="slack")
    assert "\n" not in str(caught.value)


def test_a_pipeline_checks_itself() -> None:
    problem = qopt.generate("mdkp", n=4, m=1, seed=2)
    good = choose_pipeline(problem, "sa", "slack")
    with pytest.raises(ValueError, match="repair_top must be >= 1"):
        replace(good, repair_top=0)
    with pytest.raises(ValueError, match="did you mean 'nearest'"):
        replace(good, repair="nearst")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must have an encoder"):
        Pipeline(good.solver)
    with pytest.raises(ValueError, match="seed must be an integer"):
        run(problem, good, seed=-1)


def test_a_time_limit_by_the_command_lines_word() -> None:
    problem = qopt.generate("mdkp", n=6, m=2, seed=3)
    record = qopt.solve(problem, solver="sa", time_limit=2, seed=1)
    assert record.pipeline["budget"] == {"seconds": 2}
    with pytest.raises(ValueError, match="not both"):
        qopt.solve(problem, solver="sa", time_limit=2, seconds=2)
