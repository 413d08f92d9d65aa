"""Decomposition: identities of the small programs, brute force where the neighbourhood is whole, rounds that replay."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dimod
import dimod.testing
import numpy as np
import pytest

import qopt
from qopt.algorithms.enumeration import all_points
from qopt.core import BinaryProgram, Budget, Problem, UnsupportedError
from qopt.encoders.neighbourhood import Neighbourhood
from qopt.encoders.neighbourhood.choose import CHOOSERS, NEEDED, choose
from qopt.encoders.neighbourhood.coloured import independent_parts
from qopt.encoders.neighbourhood.graphs import hierarchy
from qopt.encoders.neighbourhood.structure import structure_of
from qopt.encoders.neighbourhood.subproblem import kept_program, merged_program
from qopt.encoders.neighbourhood.view import Merged, View
from qopt.experiments.default_decomposition import with_default_limit
from qopt.experiments.estimates import plan_rows
from qopt.experiments.parts_sampling import part_sizes, sample_round
from qopt.experiments.resolve_pipeline import choose_pipeline
from qopt.experiments.run import run
from qopt.problems.formulations import formulate
from qopt.samplers import Decompose
from qopt.solvers.classical.brute_force import BruteForce

SMALL = {
    "mdkp": qopt.generate("mdkp", n=8, m=1, seed=3),
    "mis": qopt.generate("mis", n=12, p=0.3, seed=1),
    "max-cut": qopt.generate("max-cut", n=11, p=0.5, seed=2),
    "qubo": qopt.generate("qubo", n=11, density=0.5, seed=2),
    "qap": qopt.generate("qap", n=4, seed=1),
    "tsp": qopt.generate("tsp", n=5, seed=1),
    "multi-knapsack": qopt.generate("multi-knapsack", n=4, knapsacks=2, seed=1),
}


def random_program(n: int, seed: int) -> BinaryProgram:
    rng = np.random.default_rng(seed)
    return BinaryProgram(rng.integers(-9, 10, n), np.triu(rng.integers(-9, 10, (n, n)), 1), 3.0)


def view_of(problem: Problem, x: np.ndarray, size: int, index: int, form: str | None = None) -> View:
    program = formulate(problem, form).program
    return View(program, structure_of(program), x.astype(np.uint8), size, index, 1)


@pytest.mark.parametrize("kind", SMALL)
def test_a_neighbourhood_of_all_variables_solved_exactly_is_brute_force(kind: str) -> None:
    problem = SMALL[kind]
    best = qopt.solve(problem, "cpsat", seed=0).objective
    found = qopt.solve(
        problem, "exact", encoder="neighbourhood", inner="slack", size=64, patience=2, repair="off", improve=False
    )
    assert found.objective == found.stages.raw.objective == best


@pytest.mark.parametrize("seed", range(3))
def test_clamped_programs_cost_what_the_whole_points_cost(seed: int) -> None:
    program, rng = random_program(9, seed), np.random.default_rng(seed)
    x = rng.integers(0, 2, 9).astype(np.uint8)
    small = kept_program(program, np.array([1, 4, 6, 8]), x)
    Y = all_points(4)
    X = small.lift.apply(Y)
    assert np.array_equal(small.program.costs(Y), program.costs(X))
    assert (X[:, [0, 2, 3, 5, 7]] == x[[0, 2, 3, 5, 7]]).all()


@pytest.mark.parametrize("seed", range(3))
def test_merged_classes_cost_what_the_flipped_points_cost(seed: int) -> None:
    program, rng = random_program(10, seed), np.random.default_rng(seed)
    x = rng.integers(0, 2, 10).astype(np.uint8)
    classes = np.array([0, 0, 1, 1, 1, 2, -1, 3, 3, -1])
    small = merged_program(program, classes, x)
    Y = all_points(4)
    X = small.lift.apply(Y)
    assert np.array_equal(small.program.costs(Y), program.costs(X))
    flips = X ^ x
    for a in (0, 1, 3):  # classes of several variables flip as one
        assert (flips[:, classes == a] == Y[:, [a]]).all()
    assert (flips[:, classes < 0] == 0).all()


def test_rows_that_the_incumbent_breaks_are_asked_for_as_far_as_they_can_be_met() -> None:
    rows = qopt.core.make_rows([[1, 1, 1, 1]], lower=[3], upper=[4])
    program = BinaryProgram([1, 1, 1, 1], rows=rows)
    small = kept_program(program, np.array([0, 1]), np.zeros(4, dtype=np.uint8))
    assert small.program.feasible(all_points(2)).tolist() == [False, False, False, True]


def test_kinds_are_told_from_their_rows() -> None:
    found = {kind: structure_of(formulate(problem, None).program).kind for kind, problem in SMALL.items()}
    assert found == {
        "mdkp": "items",
        "mis": "packing",
        "max-cut": "free",
        "qubo": "free",
        "qap": "assignment",
        "tsp": "assignment",
        "multi-knapsack": "knapsacks",
    }
    assert structure_of(formulate(SMALL["tsp"], "edges").program).kind == "degrees"


@pytest.mark.parametrize("chooser", CHOOSERS)
def test_choosers_stay_within_the_size_and_are_the_seeds(chooser: str) -> None:
    forms = {"tsp": "edges" if chooser == "edges" else None}
    count = 0
    for kind, problem in SMALL.items():
        form = formulate(problem, forms.get(kind))
        if structure_of(form.program).kind not in NEEDED.get(chooser, (structure_of(form.program).kind,)):  # type: ignore[call-overload]
            continue
        if chooser in ("windows", "pairs") and kind == "qap":
            continue
        count += 1
        start = Neighbourhood(size=6, chooser=chooser).encode(form.program).state["x"]  # type: ignore[arg-type]
        for index in range(6):
            view = view_of(problem, np.asarray(start), 6, index, forms.get(kind))
            wanted, again = choose(chooser, view)[0], choose(chooser, view)[0]  # type: ignore[arg-type]
            if isinstance(wanted, Merged):
                assert isinstance(again, Merged)
                assert np.array_equal(wanted.classes, again.classes)
                assert wanted.classes.max() < 6
                continue
            assert not isinstance(again, Merged)
            kept = wanted.variables(wanted.most(6))
            assert 1 <= kept.size <= 6
            assert np.array_equal(kept, again.variables(again.most(6)))
    assert count


def test_a_tours_windows_are_consecutive_stops_and_cover_all() -> None:
    problem = qopt.generate("tsp", n=12, seed=4)
    form = formulate(problem, None)
    x = form.encode(np.arange(12))
    seen: set[int] = set()
    for index in range(11):
        wanted = choose("windows", view_of(problem, x, 9, index))[0]
        assert not isinstance(wanted, Merged)
        places = sorted(int(place) for _, place in wanted.units[:3])
        assert places in [sorted((start + i) % 11 for i in range(3)) for start in range(11)]
        seen |= set(places)
    assert seen == set(range(11))


def test_parts_of_parts_end_with_all_variables() -> None:
    problem = qopt.generate("max-cut", n=30, degree=3, seed=1)
    x = np.random.default_rng(0).integers(0, 2, 30)
    last = choose("merge", view_of(problem, x, 6, 5))[0]  # rounds 0..4 are the parts of six, round 5 merges the five
    assert isinstance(last, Merged)
    assert np.bincount(last.classes).tolist() == [6] * 5


def test_clusters_halve_until_they_fit() -> None:
    program = formulate(qopt.generate("max-cut", n=40, degree=3, seed=1), None).program
    counts = [int(of.max()) + 1 for of in hierarchy(program, 8, 1, 0)]
    assert counts[0] <= 8
    assert counts[-1] == 40
    assert all(fine > coarse >= fine / 2 - 1 for coarse, fine in itertools.pairwise(counts))


def test_parts_of_a_round_share_no_product_and_a_pass_takes_all() -> None:
    problem = qopt.generate("max-cut", n=60, degree=3, seed=1)
    program = formulate(problem, None).program
    terms = program.products.tocoo()
    seen: list[int] = []
    for index in range(60):
        keep, part_of = independent_parts(view_of(problem, np.zeros(60), 5, index), 4)
        part = np.full(60, -1)
        part[keep] = part_of
        inside = (part[terms.row] >= 0) & (part[terms.col] >= 0)
        assert (part[terms.row] == part[terms.col])[inside].all()
        assert np.bincount(part_of).max() <= 5
        seen += keep.tolist()
        if len(seen) == 60:
            break
    assert sorted(seen) == list(range(60))


def test_parts_solved_exactly_are_the_union_solved_exactly() -> None:
    problem = qopt.generate("max-cut", n=60, degree=3, seed=1)
    encoder = Neighbourhood(size=5, chooser="partition", parts=4)
    encoding = encoder.encode(formulate(problem, None).program)
    assert part_sizes(encoding) == 5
    samples, _ = sample_round(BruteForce(), encoder, encoding, {"seed": 1})
    assert samples.first.energy == BruteForce().sample(encoding.bqm).first.energy


def test_the_parts_of_a_round_share_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each had the whole round's: 21 parts of a graph of 20,000 vertices took 13 s where 2 s were given."""
    spent: list[float] = []
    monkeypatch.setattr("qopt.core.budget.time", SimpleNamespace(monotonic=lambda: sum(spent)))

    class UsesItsTime(BruteForce):
        def sample(self, bqm: Any, *, seconds: float | None = None, **keywords: Any) -> Any:
            assert seconds is not None
            spent.append(seconds)
            return super().sample(bqm, **keywords)

    encoder = Neighbourhood(size=5, chooser="partition", parts=4)
    encoding = encoder.encode(formulate(qopt.generate("max-cut", n=60, degree=3, seed=1), None).program)
    sample_round(UsesItsTime(), encoder, encoding, {"seed": 1, "seconds": 2.0})
    assert spent == pytest.approx([0.5] * 4)


def decomposed(problem: Problem, solver: str = "qaoa", **options: object) -> qopt.Record:
    settings = {"size": 8, "rounds": 6, "repair": "off", "improve": False, "encoder": "neighbourhood", "seed": 4}
    return qopt.solve(problem, solver, **{**settings, **options})  # type: ignore[arg-type]


LARGE = qopt.generate("mdkp", n=40, m=4, seed=1)


def test_incumbents_never_get_worse_and_a_seed_gives_the_same_rounds() -> None:
    record = decomposed(LARGE)
    incumbents = [row["incumbent"] for row in record.rounds]
    assert incumbents == sorted(incumbents)
    assert record.objective == record.stages.raw.objective >= incumbents[-1]
    assert record.stages.start.objective <= incumbents[0]
    assert record.is_replayable
    assert decomposed(LARGE).replay_view() == record.replay_view()


def test_the_control_has_the_same_start_and_as_many_points_and_the_ceiling_is_no_worse() -> None:
    record = decomposed(LARGE, ceiling=True, points=16)
    stages = record.stages
    assert stages.control.num_points == stages.raw.num_points == 6 * 16
    assert "every round on from uniform points" in stages.control.space
    exact = stages.ceiling.raw.objective
    assert stages.start.objective <= stages.control.raw.objective <= exact
    best = decomposed(LARGE, "brute-force", inner="unbalanced", points=1 << 8)
    assert best.stages.raw.objective == exact  # all 256 points of every round


def test_a_stopped_run_goes_on_to_the_same_end(tmp_path: Path) -> None:
    pipeline = choose_pipeline(LARGE, "qaoa", "neighbourhood", options={"size": 8}, repair="off", improve=False)
    whole = run(LARGE, pipeline, budget=Budget(rounds=7), seed=3)
    state = tmp_path / "rounds.json"
    run(LARGE, pipeline, budget=Budget(rounds=4), seed=3, state=state)
    rest = run(LARGE, pipeline, budget=Budget(rounds=7), seed=3, state=state)
    assert rest.objective == whole.objective
    assert rest.rounds == whole.rounds


@pytest.mark.parametrize("polish", [False, True])
def test_a_stopped_run_keeps_the_best_point_that_its_incumbent_left(tmp_path: Path, polish: bool) -> None:
    options = {"size": 8, "accept": "metropolis", "temperature": 1e6, "polish": polish}
    pipeline = choose_pipeline(LARGE, "qaoa", "neighbourhood", options=options, ceiling=True)
    whole = run(LARGE, pipeline, budget=Budget(rounds=7), seed=3)
    state = tmp_path / "rounds.json"
    run(LARGE, pipeline, budget=Budget(rounds=6), seed=3, state=state)
    rest = run(LARGE, pipeline, budget=Budget(rounds=7), seed=3, state=state)
    assert rest.rounds == whole.rounds
    assert whole.rounds[-1]["current"] < whole.rounds[-1]["incumbent"]
    if polish:
        assert rest.objective >= rest.rounds[-1]["incumbent"]
    else:
        assert rest.stages.raw.objective == whole.stages.raw.objective == rest.rounds[-1]["incumbent"]
        assert rest.stages.control.raw.objective >= rest.rounds[5]["incumbent"]
    assert rest.stages.start is None
    assert rest.stages.ceiling is not None


def test_angles_are_learnt_first_and_only_used_later() -> None:
    each = decomposed(LARGE, learn="each").resources.evaluations
    learnt = decomposed(LARGE).resources.evaluations
    assert learnt < each
    more = decomposed(LARGE, rounds=9).resources.evaluations
    assert more == learnt + 3  # one evaluation a round


def test_a_tour_by_edges_stays_one_tour() -> None:
    problem = qopt.generate("tsp", n=12, seed=4)
    record = decomposed(problem, "brute-force", formulation="edges", size=15, rounds=20)
    assert record.status.value == "feasible"
    assert record.objective <= record.stages.start.objective
    assert sorted(record.solution) == list(range(12))


def test_polished_incumbents_are_asked_for() -> None:
    raw = decomposed(LARGE, rounds=3)
    polished = decomposed(LARGE, rounds=3, polish=True, repair="auto", improve=True)
    assert raw.stages.improved is None
    assert polished.rounds[-1]["incumbent"] > raw.rounds[-1]["incumbent"]


def test_where_no_encoding_fits_the_instance_is_decomposed_and_one_line_says_so() -> None:
    problem = qopt.generate("mdkp", n=60, m=3, seed=1)
    pipeline = choose_pipeline(problem, "qaoa")
    assert isinstance(pipeline.encoder, Neighbourhood)
    assert "decomposed: 16 of 60 variables a round, LP core first, 32 points each" in pipeline.note
    assert with_default_limit(pipeline.encoder, Budget()).seconds == 60
    assert with_default_limit(pipeline.encoder, Budget(rounds=9)).seconds is None
    rows = [row for row in plan_rows(problem, encoders=["slack"], decompose=True) if row["solver"] == "qaoa"]
    assert [(row["encoder"], row["refusal"] is None) for row in rows] == [("slack", False), ("neighbourhood", True)]


def test_an_encoder_that_was_asked_for_is_refused_with_remedies_that_fit() -> None:
    problem = qopt.generate("mdkp", n=26, m=5, seed=1)
    with pytest.raises(UnsupportedError) as error:
        qopt.solve(problem, "qaoa", encoder="slack")
    assert "what fits here: --encoder neighbourhood, --encoder unbalanced" in str(error.value)
    assert "aer-mps" not in str(error.value)


def test_a_chooser_that_does_not_suit_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match="chooser windows must have rows of the form assignment, got items"):
        decomposed(LARGE, chooser="windows")


def test_market_share_is_decomposed_without_the_bits_of_its_deviations() -> None:
    problem = qopt.generate("market-share", products=3, retailers=40, seed=1)
    pipeline = choose_pipeline(problem, "qaoa")
    assert pipeline.formulation == "squares"
    record = run(problem, pipeline, budget=Budget(rounds=6), seed=1)
    assert record.stages.raw.objective <= record.stages.start.objective


def test_saved_rounds_are_instances_with_the_points_that_were_seen(tmp_path: Path) -> None:
    pipeline = choose_pipeline(LARGE, "qaoa", "neighbourhood", options={"size": 8}, repair="off", improve=False)
    record = run(LARGE, pipeline, budget=Budget(rounds=2), seed=3, save_subproblems=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"round-{index:05d}{what}.json" for index in range(2) for what in ("", ".points")
    ]
    for index in range(2):
        problem = qopt.load(str(tmp_path / f"round-{index:05d}.json"))
        told = json.loads((tmp_path / f"round-{index:05d}.points.json").read_text())
        energies = [problem.objective([int(bit) for bit in point]) for point in told["points"]]
        assert energies == pytest.approx(told["energies"])
        assert sum(told["counts"]) == 32
        assert -told["accepted"]["incumbent"] == record.rounds[index]["incumbent"]


def test_the_composite_solves_parts_by_any_dimod_sampler() -> None:
    rng = np.random.default_rng(1)
    model = dimod.BinaryQuadraticModel("SPIN")
    for i in range(24):
        for j in range(i):
            if rng.random() < 0.3:
                model.add_quadratic(f"v{i}", f"v{j}", float(rng.integers(-3, 4)))
    child = dimod.ExactSolver()
    found = Decompose(child, size=8, patience=20).sample(model, seed=2)
    assert found.vartype is dimod.SPIN
    assert set(found.variables) == set(model.variables)
    assert found.first.energy == pytest.approx(model.energy(found.first.sample))
    assert found.first.energy < found.info["start_energy"]
    again = Decompose(child, size=8, patience=20).sample(model, seed=2)
    assert again.first.energy == found.first.energy
    whole = Decompose(child, size=24, patience=1).sample(dimod.BQM({0: -1.0, 1: 1.0}, {(0, 1): 2.0}, "BINARY"))
    assert whole.first.sample == {0: 1, 1: 0}
    dimod.testing.assert_sampler_api(Decompose(child))
    dimod.testing.assert_composite_api(Decompose(child))


@pytest.mark.parametrize("encoder", ["neighbourhood", {"name": "neighbourhood", "size": 6}])
def test_a_sampler_with_a_required_option_is_decomposed(encoder: Any) -> None:
    problem = qopt.generate("qap", n=6, seed=1)
    options = {"solver__target": "dwave.samplers:SteepestDescentSolver"}
    record = qopt.solve(problem, "dimod", encoder=encoder, rounds=2, seed=1, control=False, **options)
    assert record.objective == problem.objective(record.solution)
    with pytest.raises(ValueError, match=r"give --solver\.target"):
        qopt.solve(problem, "dimod", encoder=encoder, rounds=2)
