"""The control of a sampler that begins near a relaxed point: points of its own start, and every verdict is about them.

ws-qaoa's relaxation was counted as the circuit's: its control drew uniform points, which know nothing of it.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.core import Cube, ProductStart, Record
from qopt.experiments.endings import cut_by_clock, judge_of
from qopt.experiments.papers.readings import STARTED, UNIFORM, Scale, against_control, start_chance
from qopt.experiments.report.control_tables import control_table, uniform_table
from qopt.experiments.report.paired import against_control as report_control
from qopt.experiments.report.row import run_of
from qopt.experiments.report.runs import RunSet
from qopt.experiments.report.summary import worth_table
from qopt.experiments.starts import start_of
from qopt.experiments.worth_text import worth_lines
from qopt.problems.formulations import formulate
from qopt.solvers.qaoa.qaoa import Qaoa
from qopt.solvers.qaoa.variants import WarmStartQaoa

PROBLEM = qopt.generate("mdkp", n=10, m=3, seed=4)
#: No layer turns the start.
STILL: dict[str, Any] = {"num_layers": 1, "init": "transfer", "angles": (0.0, 0.0), "optimizer": "none"}


@pytest.fixture(scope="module")
def record() -> Record:
    return qopt.solve(PROBLEM, "ws-qaoa", encoder="unbalanced", seed=2)


def still(**options: Any) -> Record:
    return qopt.solve(PROBLEM, "ws-qaoa", seed=5, encoder="unbalanced", **STILL, **options)


def test_a_product_start_draws_what_it_says() -> None:
    start = ProductStart(np.array([0.0, 1.0, 0.25, 0.6]))
    chances = start.probabilities()
    assert chances.sum() == pytest.approx(1)
    Z = start.draw(np.random.default_rng(1), 20_000)
    assert Z.mean(axis=0) == pytest.approx(start.ones, abs=0.015)
    numbers = Z @ (1 << np.arange(4))
    assert np.bincount(numbers, minlength=16) / len(Z) == pytest.approx(chances, abs=0.015)
    blocks = Cube(4).block(0, 16)
    assert chances == pytest.approx(np.where(blocks == 1, start.ones, 1 - start.ones).prod(axis=1))
    with pytest.raises(ValueError, match="ones must lie in"):
        ProductStart(np.array([1.2]))


def test_the_start_is_the_state_that_no_layer_turns() -> None:
    """The contract: the state of a circuit with angles 0 has the start's probabilities."""
    from qopt.core import from_spec

    encoder: Any = from_spec("encoders", "unbalanced")
    encoding = encoder.encode(formulate(PROBLEM, None).program)
    seen: list[Any] = []
    sampler = WarmStartQaoa(**STILL)
    sampler.sample(encoding.bqm, seed=1, observe=seen.append)
    start = sampler.own_start(encoding.bqm)
    assert start is not None
    assert seen[0] == pytest.approx(start.probabilities(), abs=1e-12)


def test_uniform_starts_declare_none() -> None:
    from qopt.core import from_spec

    encoder: Any = from_spec("encoders", "unbalanced")
    encoding = encoder.encode(formulate(PROBLEM, None).program)
    assert start_of(Qaoa(), encoding) is None
    assert start_of(WarmStartQaoa(eps=0.5), encoding) is None
    cut = qopt.solve(qopt.generate("max-cut", n=8, seed=1), "ws-qaoa", seed=1)  # its convex point is 1/2 everywhere
    assert cut.stages.control_start is None
    assert cut.stages.judge is cut.stages.control


def test_the_record_has_a_line_of_the_start_beside_the_uniform_one(record: Record) -> None:
    stages, worth = record.stages, record.worth
    assert stages.control is not None
    assert stages.control_start is stages.judge is not None
    assert worth is not None
    assert stages.control.num_points == stages.control_start.num_points == stages.raw.num_points  # type: ignore[union-attr]
    assert stages.control.start == ""
    assert stages.control_start.start == worth.start != ""
    assert Record.from_json(json.loads(json.dumps(record.to_json()))).to_json() == record.to_json()
    assert any("beyond its start" in line for line in worth_lines(record))
    assert len(worth.start_curve) == len(worth.curve) > 0
    for target in worth.targets:
        assert target.beyond is not None
        assert target.beyond.chance.kind == "exact"


def test_the_chance_of_a_start_is_that_of_brute_force(record: Record) -> None:
    extra = record.resources.extra
    p = np.clip(np.array(extra["warm_point"]), extra["eps"], 1 - extra["eps"])
    program = formulate(PROBLEM, None).program
    Z = Cube(10).block(0, 1 << 10)
    chances = np.where(Z == 1, p, 1 - p).prod(axis=1)
    assert record.worth is not None
    for target in record.worth.targets:
        good = program.feasible(Z) & (-program.costs(Z) >= float(target.objective) - 1e-9)
        assert target.beyond is not None
        assert target.beyond.chance.value == pytest.approx(chances[good].sum(), abs=1e-12)
        assert target.beyond.worth == pytest.approx(target.sampler.value / chances[good].sum())


def test_a_circuit_without_a_turn_is_worth_one_point_of_its_start() -> None:
    """The planted fault: beside uniform points the relaxation alone looked like a circuit of worth."""
    found = still()
    assert found.worth is not None
    for target in found.worth.targets:
        assert target.beyond is not None
        assert target.beyond.worth == pytest.approx(1, abs=1e-9)
    assert any(target.worth is not None and abs(target.worth - 1) > 0.2 for target in found.worth.targets)


def test_verdicts_of_report_and_papers_are_about_the_start() -> None:
    rows = []
    for at in range(3):
        made = qopt.solve(
            qopt.generate("mdkp", n=8, m=2, seed=at), "ws-qaoa", encoder="unbalanced", seed=at, num_shots=20
        )
        labels = {"pipeline": "ws-qaoa", "family": "ws-qaoa", "group": "", "repeat": 0, "wall_seconds": 0.1}
        rows.append({**json.loads(json.dumps(made.to_json())), "sweep": labels})
    for row in rows:  # plant: uniform points found nothing, those of the start as much as the run
        row["stages"]["control"]["raw"] |= {"feasible": False, "objective": 0}
        row["stages"]["control_start"]["raw"] = dict(row["stages"]["raw"])
        assert judge_of(row["stages"]) is row["stages"]["control_start"]
    pairs = against_control("ws-qaoa", rows, "raw", Scale({}))
    assert pairs is not None
    assert (pairs.second, pairs.counts) == (STARTED, (0, 3, 0))
    runs = RunSet([run_of(row) for row in rows])
    raw = next(each for each in report_control(runs, "instance") if each.stage == "raw")
    assert raw.test.num_ties == 3
    assert raw.start
    told = next(each for each in report_control(runs.against_uniform(), "instance") if each.stage == "raw")
    assert told.test.effect == -1
    assert "own start" in control_table([raw]).note
    assert "No verdict" in uniform_table([told]).note
    titles = [column.name for column in worth_table(runs).columns]
    assert worth_table(runs).rows[0][titles.index("beyond start")].text != "-"
    bare = [{**row, "stages": {**row["stages"], "control_start": None}} for row in rows]
    old = against_control("ws-qaoa", bare, "raw", Scale({}))
    assert old is not None
    assert (old.second, old.counts) == (UNIFORM, (3, 0, 0))


def test_a_start_whose_rounds_ended_sooner_is_no_fair_pair() -> None:
    stages = {"raw": {"num_points": 10}, "control": {"num_points": 10}}
    row = {"stages": {**stages, "control_start": {"num_points": 8, "start": "near"}}, "pipeline": {"budget": {}}}
    assert cut_by_clock(row, "judge")
    assert not cut_by_clock({**row, "stages": stages}, "judge")


def test_rounds_have_starts_of_their_own() -> None:
    """In an iterating encoder each round's start follows from what the rounds before have seen."""
    options = {"encoder": "augmented-lagrangian", "num_shots": 30, "point": "convex", "num_layers": 1}
    found = qopt.solve(qopt.generate("mdkp", n=8, m=2, seed=3), "ws-qaoa", seed=1, **options)
    assert found.resources.rounds is not None
    assert found.resources.rounds > 1
    begun = found.stages.control_start
    assert begun is not None
    assert begun.num_points > 0
    assert found.worth is not None
    assert all(each.beyond is None or each.beyond.chance.kind == "sampled" for each in found.worth.targets)


def test_a_chance_that_only_the_curve_knows(record: Record) -> None:
    row = json.loads(json.dumps(record.to_json()))
    best = float(row["worth"]["targets"][0]["objective"])
    told = start_chance(row, "optimum", best)
    row["worth"]["targets"] = []
    assert start_chance(row, "optimum", best) == pytest.approx(told)
