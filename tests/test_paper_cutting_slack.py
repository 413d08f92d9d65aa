"""The cutting-slack report: its specs can be run, and its figures come from rows, against the proven optimum."""

from __future__ import annotations

import json

import pytest

from qopt.core import Budget, from_spec
from qopt.experiments.papers import paper
from qopt.experiments.papers.cutting_slack_runs import ENCODERS, encoder_label, measured, summed
from qopt.experiments.papers.render import page
from qopt.experiments.pipeline import Pipeline
from qopt.experiments.run import run
from qopt.experiments.sweep.matrix import read_matrix
from qopt.problems.generate import generate

SA = {"name": "sa", "num_reads": 20, "num_sweeps": 20}
PAPER = paper("cutting-slack")


def row(problem, solver, encoder=None, **options):
    parts = from_spec("solvers", solver), encoder and from_spec("encoders", encoder)
    record = run(problem, Pipeline(*parts, **options), budget=Budget(rounds=4), seed=1)
    sweep = {"pipeline": "p", "family": "f", "group": "", "repeat": 0, "wall_seconds": 0.0}
    return {**json.loads(json.dumps(record.to_json())), "sweep": sweep}


@pytest.fixture(scope="module")
def rows():
    problem = generate("mdkp", n=6, m=1, seed=1)
    encoders = ["slack", "bundle", "augmented-lagrangian"]
    made = [row(problem, SA, encoder, improve=False) for encoder in encoders]
    made += [row(problem, {"name": "exact", "num_reads": 1}, "bundle", control=False), row(problem, "cpsat")]
    refused = {**made[0], "status": "failed", "objective": None, "rounds": [], "message": "too large"}
    stages = dict.fromkeys(refused["stages"])
    solver = {**refused["pipeline"], "solver": {"name": "qaoa"}}
    used = {**refused["resources"], "qubits": None, "extra": {}}
    return [*made, {**refused, "stages": stages, "pipeline": solver, "resources": used}]


def test_gaps_are_those_to_the_proven_optimum_of_another_row(rows):
    optimum = next(r["objective"] for r in rows if r["pipeline"]["solver"]["name"] == "cpsat")
    for run_, told in zip(measured(rows), rows, strict=True):
        raw = told["stages"]["raw"]
        if run_.raw is not None:
            assert run_.raw == pytest.approx((optimum - raw["objective"]) / optimum)


def test_a_line_an_encoder_with_qubits_and_gates(rows):
    slack, bundle, augmented = summed(measured(rows), oracle="sa", kind="mdkp")
    assert [line.encoder for line in (slack, bundle, augmented)] == ["slack", "bundle", "augmented-lagrangian AS"]
    assert slack.runs[0].qubits > 6
    assert (bundle.runs[0].qubits, bundle.runs[0].gates) == (6, 0)
    assert augmented.runs[0].gates == 15
    assert sum(bundle.against_control) == 1


def test_the_page_says_what_needs_no_circuit_and_what_was_refused(rows):
    telling = PAPER.tell(rows)
    text = page(PAPER, rows, telling, command="qopt reproduce cutting-slack")
    assert "none: no circuit" in text
    assert "refused in all 1 runs" in text
    assert "2507.12159" in text
    assert any("bundle" in line.text and "a circuit has nothing to do" in line.text for line in telling.summary)


def test_no_rows_of_a_kind_show_nothing():
    telling = PAPER.tell([])
    claims = next(section.text for section in telling.sections if "claims" in section.title)
    assert "equal" not in claims


def test_the_quick_sweep_needs_no_files_and_has_every_encoder():
    matrix, _ = read_matrix(str(PAPER.spec(quick=True)))
    assert not [cell.refusal for cell in matrix.cells if cell.refusal]
    labels = {encoder_label(cell.spec["encoder"]) for cell in matrix.cells}
    assert {"slack", "unbalanced", "bundle", "augmented-lagrangian Q", "relax-and-cut, squares"} <= labels
    assert labels - {""} <= set(ENCODERS)
    assert {cell.source.group for cell in matrix.cells if cell.variant.name == "sa tsp"} == {"tsp"}


def test_a_pipeline_on_a_group_that_is_not_there_is_an_error(tmp_path):
    spec = tmp_path / "s.yaml"
    spec.write_text("instances: {a: [{generate: mdkp}]}\npipelines: {greedy: {solver: greedy, instances: b}}\n")
    with pytest.raises(ValueError, match="group of instances"):
        read_matrix(str(spec))
