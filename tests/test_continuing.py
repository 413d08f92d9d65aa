"""A stopped run goes on from the file of its rounds, as if it had not been stopped."""

from __future__ import annotations

import json

import pytest

from qopt.core import Budget, from_spec
from qopt.experiments.pipeline import Pipeline
from qopt.experiments.run import run
from qopt.problems.generate import generate

MDKP = generate("mdkp", n=8, m=2, seed=1)


def pipeline(encoder="bundle", solver=None, formulation=None):
    solver = solver or {"name": "sa", "num_reads": 5, "num_sweeps": 20}
    parts = from_spec("solvers", solver), from_spec("encoders", encoder)
    return Pipeline(*parts, formulation, control=False, improve=False)


@pytest.mark.parametrize("encoder", ["bundle", "augmented-lagrangian", "relax-and-cut"])
def test_the_rest_is_that_of_the_whole_run(encoder, tmp_path):
    file = tmp_path / "rounds.json"
    whole = run(MDKP, pipeline(encoder), budget=Budget(rounds=6), seed=3)
    half = run(MDKP, pipeline(encoder), budget=Budget(rounds=3), seed=3, state=file)
    rest = run(MDKP, pipeline(encoder), budget=Budget(rounds=6), seed=3, state=file)
    told = [[{**row, "incumbent": None} for row in record.rounds] for record in (half, rest, whole)]
    assert told[0] == told[2][:3]
    assert told[1] == told[2]
    assert rest.resources.rounds == len(rest.rounds) - 3
    assert not rest.is_replayable
    assert rest.id != whole.id
    assert "continued after 3 rounds" in rest.message


def test_lazy_rows_of_the_first_part_are_kept(tmp_path):
    problem, file = generate("tsp", n=7, seed=2), tmp_path / "rounds.json"
    parts = pipeline({"name": "relax-and-cut", "delayed": False}, {"name": "exact", "num_reads": 2}, "edges")
    half = run(problem, parts, budget=Budget(rounds=4), seed=0, state=file)
    rest = run(problem, parts, budget=Budget(rounds=40), seed=0, state=file)
    assert half.rounds[-1]["num_rows"] > 7
    assert rest.rounds[: len(half.rounds)] == half.rounds
    assert rest.bound <= rest.objective


def test_a_state_of_something_else_is_one_line(tmp_path):
    file = tmp_path / "rounds.json"
    run(MDKP, pipeline(), budget=Budget(rounds=2), seed=3, state=file)
    with pytest.raises(ValueError, match="same instance"):
        run(generate("mdkp", n=8, m=2, seed=2), pipeline(), seed=3, state=file)
    with pytest.raises(ValueError, match="same encoder"):
        run(MDKP, pipeline("dual-ascent"), seed=3, state=file)
    with pytest.raises(ValueError, match="rounds must be > 2"):
        run(MDKP, pipeline(), budget=Budget(rounds=2), seed=3, state=file)
    run(MDKP, pipeline(), seed=3, state=file)
    with pytest.raises(ValueError, match="rounds to go"):
        run(MDKP, pipeline(), seed=3, state=file)
    file.write_text(json.dumps({"schema": "other"}))
    with pytest.raises(ValueError, match="schema"):
        run(MDKP, pipeline(), seed=3, state=file)
    with pytest.raises(ValueError, match="sampler and a Lagrangian encoder"):
        run(MDKP, Pipeline(from_spec("solvers", "greedy")), seed=3, state=tmp_path / "new.json")


def test_an_inner_part_with_options_can_be_written_as_json():
    encoder = from_spec("encoders", {"name": "relax-and-cut", "inner": '{"name": "bundle", "equalities": "squares"}'})
    assert encoder.inner.equalities == "squares"
    with pytest.raises(ValueError, match="inner must be a name or JSON"):
        from_spec("encoders", {"name": "relax-and-cut", "inner": "{name: bundle}"})
