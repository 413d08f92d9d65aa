"""The graph-shrinking report: its specs are matrices that can be run, and its figures come from rows."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import qopt
from qopt.core import Budget, from_spec
from qopt.experiments.papers import paper
from qopt.experiments.papers.graph_shrinking_pairs import missing, of_ways
from qopt.experiments.papers.graph_shrinking_runs import measured, reductions, summed
from qopt.experiments.papers.paired import UnlikeCellsError
from qopt.experiments.papers.render import page
from qopt.experiments.pipeline import Pipeline
from qopt.experiments.run import run
from qopt.experiments.sweep.document import read_document
from qopt.experiments.sweep.grid import variants
from qopt.experiments.sweep.matrix import read_matrix
from qopt.experiments.sweep.sources import sources
from qopt.experiments.sweep.spec import Sweep, validated

PAPER = paper("graph-shrinking")
SA = {"name": "sa", "num_reads": 10, "num_sweeps": 20}


def row(problem, family, encoder, solver=SA, repeat=0, **options):
    parts = from_spec("solvers", solver), None if encoder is None else from_spec("encoders", encoder)
    record = run(problem, Pipeline(*parts, **options), budget=Budget(), seed=1)
    sweep = {"pipeline": family, "family": family, "group": "", "repeat": repeat, "wall_seconds": 0.0}
    return {**json.loads(json.dumps(record.to_json())), "sweep": sweep}


def shrink(**settings):
    return {"name": "shrink", "target": 0.5, **settings}


@pytest.fixture(scope="module")
def rows():
    made = []
    for kind, size in (("mis", {"n": 10, "p": 0.3}), ("qap", {"n": 3})):
        problem = qopt.generate(kind, seed=2, **size)
        made += [row(problem, "exact", None, {"name": "cpsat"}), row(problem, "none", "slack")]
        made.append(row(problem, "random", shrink(admissibility="off", correlations="random"), control=False))
        made.append(row(problem, "unaware-sdp", shrink(admissibility="off"), control=False))
        made.append(row(problem, "aware-sdp", shrink(), control=False))
        made.append(row(problem, "verified-sdp", shrink(admissibility="verified"), control=False))
    failed = {**made[-1], "status": "failed", "message": "killed", "rounds": []}
    return [*made, {**failed, "sweep": {**failed["sweep"], "repeat": 1}}]


def test_figures_are_those_of_the_rows(rows):
    found = measured(rows)
    assert len(found) == len(rows) - 2  # native solvers give optima only
    assert reductions(found) == [0.5]
    told = [r for r in rows if r["pipeline"]["encoder"] is not None]
    optimum = {r["instance"]["name"]: r["objective"] for r in rows if r["pipeline"]["encoder"] is None}
    for one, r in zip(found, told, strict=True):
        if one.has_failed:
            continue
        assert one.share == r["stages"]["raw"]["feasible_share"]
        assert one.flips == r["stages"]["repaired"]["flips"] / r["stages"]["repaired"]["num_points"]
        best = optimum[one.instance]
        assert one.repaired == pytest.approx(abs(r["stages"]["repaired"]["objective"] - best) / best)
    line = summed(found, "qap", "verified-sdp", 0.5)
    assert (len(line.runs), line.failed) == (1, 1)
    assert line.kept == pytest.approx(4 / 9)


def test_comparisons_are_paired(rows):
    found = measured(rows)
    for kind in ("mis", "qap"):
        pairs = of_ways(found, ("aware-sdp", "unaware-sdp"), missing, "reads", kind=kind)
        assert len(pairs.cells) == 1
        assert of_ways(found, ("aware-sdp", "aware-sdp"), missing, "reads", kind=kind).counts == (0, 1, 0)
    assert of_ways(found, ("aware-sdp", "aware-lp"), missing, "reads", kind="mis") is None
    fewer = [replace(run, points=5) if run.way == "unaware-sdp" else run for run in found]
    with pytest.raises(UnlikeCellsError, match="as many points"):
        of_ways(fewer, ("aware-sdp", "unaware-sdp"), missing, "reads", kind="qap")


def test_the_page_has_every_claim_and_the_picture(rows, tmp_path):
    telling = PAPER.tell(rows)
    text = page(PAPER, rows, telling, command="qopt reproduce graph-shrinking")
    # the failed run alone is no whole seed
    for words in (
        "Constraint-aware merges need less repair.",
        "Ablation: assignments",
        "By instance",
        "1 runs of a seed",
    ):
        assert words in text
    for name, draw in telling.plots.items():
        draw(tmp_path / name)
        assert (tmp_path / name).stat().st_size < 100_000


def test_the_quick_spec_is_a_matrix_without_files():
    matrix, _ = read_matrix(str(PAPER.spec(quick=True)))
    assert not [cell.refusal for cell in matrix.cells if cell.refusal]
    assert {cell.source.problem.kind for cell in matrix.cells} == {"mis", "mdkp", "qap"}


def test_the_whole_spec_names_the_instances_of_the_paper(instances_dir):
    document = read_document(str(PAPER.spec(quick=False)))
    sweep = validated(Sweep, document.values, document)
    names = {source.name for source in sources(sweep, document, instances_dir)}
    assert {"1tc.8", "1dc.128", "hp1", "pet7", "chr12c", "scr12"} <= names
    assert len(names) == 26
    assert {variant.name for variant in variants(sweep, document)} >= {"none", "random", "aware-sdp", "qaoa-16"}
