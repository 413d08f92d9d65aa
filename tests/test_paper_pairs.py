"""Sentences of the papers' pages: from paired cells on one set of instances, and unlike cells cannot be paired."""

from __future__ import annotations

import json
import re
import statistics
from typing import Any

import pytest

import qopt
from qopt.experiments.papers import paper
from qopt.experiments.papers.comparative_study_summary import summary as comparative_summary
from qopt.experiments.papers.paired import NEVER, Pairs, Reading, UnlikeCellsError, on_common, paired, versus
from qopt.experiments.papers.paired import gap as shown
from qopt.experiments.papers.readings import Scale, against_control, against_program, chances, target_of, worth_of
from qopt.experiments.papers.worth_table import worth_section

PROBLEMS = [qopt.generate("mdkp", n=12, m=2, seed=seed) for seed in (1, 2, 3)]


def row(family: str, problem: Any, repeat: int = 0, **options: Any) -> dict[str, Any]:
    record = qopt.solve(problem, seed=repeat, reference="none", **options)
    labels = {"pipeline": family, "family": family, "group": problem.kind, "repeat": repeat, "wall_seconds": 0.1}
    return {**json.loads(json.dumps(record.to_json())), "sweep": labels}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    made = [row("cpsat", problem, solver="cpsat") for problem in PROBLEMS]
    for problem in PROBLEMS:
        for repeat in (0, 1):
            made.append(
                row("qaoa unbalanced", problem, repeat, solver="qaoa", layers=1, encoder="unbalanced", shots=40)
            )
            made.append(row("sa", problem, repeat, solver="sa", encoder="unbalanced", shots=40))
            core = {"presolve": "lp", "core": 8, "encoder": "unbalanced", "shots": 40}
            made.append(row("random core", problem, repeat, solver="random", **core))
    return made


def made(values: dict[str, float], ground: str = "core", points: int = 10) -> dict[tuple[str, int], Reading]:
    return {(name, 0): Reading(value, ground, points) for name, value in values.items()}


def test_other_instances_cannot_be_paired() -> None:
    """Market share told a best method over four instances against a best control over eight."""
    four, eight = {"a": 1.0, "b": 2.0}, {"a": 1.5, "b": 2.0, "c": 9.0, "d": 9.0}
    with pytest.raises(UnlikeCellsError, match="same instances and repeats, got 2 and 4 cells"):
        paired(("best", made(four)), ("control", made(eight)), "raw")
    own, other = on_common(made(four), made(eight))
    pairs = paired(("best", own), ("control", other), "raw")
    assert pairs.num_instances == 2
    assert "(2 instances;" in versus(pairs, shown)


def test_another_ground_cannot_be_paired() -> None:
    """0.16 % against 0.54 % of the control mixed an LP core with the whole program."""
    values = {"a": 1.0}
    with pytest.raises(UnlikeCellsError, match="one ground on a, got core and program bits"):
        paired(("qaoa", made(values)), ("control", made(values, "program bits")), "raw")


def test_another_number_of_points_cannot_be_paired() -> None:
    """PCE's control had 3,000 points to its 201; only a column told."""
    with pytest.raises(UnlikeCellsError, match="as many points on a, got 201 and 3000"):
        paired(("pce", made({"a": 1.0}, points=201)), ("control", made({"a": 1.0}, points=3000)), "raw")


def test_the_control_of_a_core_is_of_the_core_and_the_program_apart(rows: list[dict[str, Any]]) -> None:
    core = [each for each in rows if each["sweep"]["family"] == "random core"]
    scale = Scale({each["instance"]["fingerprint"]: each["objective"] for each in rows[:3]})
    own = against_control("random core", core, "raw", scale)
    whole = against_program("random core", core, "raw", scale)
    assert own is not None
    assert whole is not None
    assert len(own.cells) == len(whole.cells) == 6
    for each in core:
        key = (each["instance"]["name"], each["sweep"]["repeat"])
        best = scale.references[each["instance"]["fingerprint"]]
        raw = each["stages"]["control"]["raw"]
        assert own.cells[key][1] == pytest.approx((best - raw["objective"]) / best if raw["feasible"] else NEVER)
    planted = [{**each, "stages": {**each["stages"], "control": each["stages"]["control_program"]}} for each in core]
    mixed = [*core[:3], *planted[3:]]
    mixed[0]["stages"]["raw"]["num_points"] += 1
    with pytest.raises(UnlikeCellsError, match="as many points"):
        against_control("random core", mixed, "raw", scale)
    mixed[0]["stages"]["raw"]["num_points"] -= 1


def _medians(pairs: Pairs) -> tuple[float, float]:
    """Computed here once more, from the cells alone."""
    sides = []
    for side in (0, 1):
        names = sorted({name for name, _ in pairs.cells})
        sides.append(
            statistics.median(
                statistics.median([pair[side] for (name, _), pair in pairs.cells.items() if name == each])
                for each in names
            )
        )
    return sides[0], sides[1]


def test_every_figure_of_a_summary_is_one_of_its_cells(rows: list[dict[str, Any]]) -> None:
    """Counts and medians in the sentences, computed once more from the pairs that the sentences carry."""
    told = comparative_summary(rows, {"simulator": {}, "device": {}, "medians": {}})
    traced = [sentence for sentence in told if sentence.pairs]
    assert len(traced) >= 3
    for sentence in traced:
        for found in re.findall(r"of (\d+) runs better in (\d+), equal in (\d+), worse in (\d+)", sentence.text):
            counts = [pairs.counts for pairs in sentence.pairs if "whole program" not in pairs.second]
            sums = [sum(column) for column in zip(*counts)]
            assert [sum(sums), *sums] == list(map(int, found))
        for found in re.findall(r"lower median in (\d+) of (\d+) lines", sentence.text):
            lines = [pairs for pairs in sentence.pairs if "whole program" not in pairs.second]
            lower = sum(own < other - 1e-9 for own, other in map(_medians, lines))
            assert [lower, len(lines)] == list(map(int, found))
    worth = told[0]
    assert worth.text.startswith("Knapsacks, uniform points of the same ground that one sample is worth")
    for pairs in worth.pairs:
        assert f"{pairs.first} " in worth.text


@pytest.mark.parametrize("stage", ["raw", "improved"])
def test_versus_says_the_medians_of_its_cells(rows: list[dict[str, Any]], stage: str) -> None:
    scale = Scale({each["instance"]["fingerprint"]: each["objective"] for each in rows[:3]})
    annealed = [each for each in rows if each["sweep"]["family"] == "sa"]
    pairs = against_control("sa", annealed, stage, scale)
    assert pairs is not None
    assert pairs.medians == pytest.approx(_medians(pairs))
    for value in _medians(pairs):
        assert shown(value) in versus(pairs, shown)


def test_worth_is_told_for_a_target_that_only_another_run_knows(rows: list[dict[str, Any]]) -> None:
    """The runs had no reference; CP-SAT's row has the optimum, and the curve of each run its chances."""
    references = {each["instance"]["fingerprint"]: float(each["objective"]) for each in rows[:3]}
    circuit = [each for each in rows if each["sweep"]["family"] == "qaoa unbalanced"]
    for each, problem in zip(circuit, [problem for problem in PROBLEMS for _ in (0, 1)], strict=True):
        assert each["reference"]["kind"] == "none"
        own, uniform = target_of(each, "optimum", references[each["instance"]["fingerprint"]]) or (-1.0, -1.0)
        bits = qopt.solve(problem, "random", shots=1, seed=0).worth
        assert bits is not None
        assert uniform == bits.targets[0].uniform.value > 0
        assert 0 <= own <= 1
    pairs = chances("qaoa", circuit, "optimum", references)
    assert pairs is not None
    assert worth_of(pairs) > 0
    table = worth_section(rows, lambda each: each["sweep"]["family"] if each["worth"] else "")
    for name in ("qaoa unbalanced", "sa", "random core"):
        assert f"| mdkp | {name} |" in table


@pytest.mark.parametrize("name", ["comparative-study", "multi-knapsack", "cutting-slack", "graph-shrinking"])
def test_a_page_begins_with_worth(name: str, rows: list[dict[str, Any]]) -> None:
    assert paper(name).tell(rows).sections[0].title == "What one sample is worth"
