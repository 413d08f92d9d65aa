"""A sweep takes the encoder that ``qopt solve`` takes, and a report ranks only what ran."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import qopt
from qopt.engines.diagonal import memory
from qopt.experiments.report.report import make_report
from qopt.experiments.report.runs import load_runs
from qopt.experiments.resolve_pipeline import choose_pipeline
from qopt.experiments.sweep.matrix import read_matrix

from .shell import Shell

SPEC = """
instances: [{generate: mdkp, n: 14, m: 3, seeds: "0..1"}, {generate: mis, n: 6}]
pipelines: {q: {solver: qaoa, layers: 3}}
"""
REFUSING = """
instances: [{generate: mdkp, n: 8, m: 2, seeds: "0..2"}]
pipelines:
  adapt: {solver: adapt, encoder: slack}
  sa: {solver: sa, num_reads: 4}
  random: {solver: random, num_reads: 4}
  greedy: greedy
"""


def test_a_sweep_chooses_the_encoder_as_solve_does(tmp_path: Path) -> None:
    """It took slack for every instance, 46 qubits, and refused 50 of 150 runs that solve answers."""
    (tmp_path / "spec.yaml").write_text(SPEC)
    matrix, _ = read_matrix(str(tmp_path / "spec.yaml"))
    for cell in matrix.cells:
        alone = choose_pipeline(cell.source.problem, "qaoa", options={"layers": 3})
        assert cell.pipeline is not None
        assert type(cell.pipeline.encoder) is type(alone.encoder)
    assert [cell.spec["encoder"]["name"] for cell in matrix.cells] == ["unbalanced", "unbalanced", "slack"]


@pytest.mark.parametrize("free", [2**20, 2**50])
def test_the_choice_does_not_depend_on_the_memory_that_is_free(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_from_meminfo", lambda: free)
    monkeypatch.setattr(memory, "_from_cgroup", lambda: free)
    monkeypatch.setattr(memory, "_from_sysconf", lambda: free)
    chosen = choose_pipeline(qopt.generate("mdkp", n=6, m=2, seed=0), "qaoa")
    assert type(chosen.encoder).__name__ == "Unbalanced"  # 27 qubits with slack: more than 4 GiB
    assert memory.available_bytes() == free


def test_what_was_refused_is_named_first_and_is_in_no_test(tmp_path: Path, shell: Shell) -> None:
    """The report ranked a method that never ran: "lower in 0, of the classical one in 2 (Wilcoxon, Holm)"."""
    (tmp_path / "spec.yaml").write_text(REFUSING)
    run = tmp_path / "run"
    shell.run("bench", tmp_path / "spec.yaml", "--out", run, "--quiet")
    assert shell.code == 1
    assert "without an answer: adapt (3 refused of 3 runs)" in shell.out
    report = make_report(load_runs(run))
    assert report.findings[0].startswith("adapt: of 3 runs 3 refused (UnsupportedError: adapt must have")
    assert "in no test" in report.findings[0]
    assert not any("a quantum and a classical" in sentence for sentence in report.findings)
    pairs = {cell.text for row in report.tables["pairs"].rows for cell in row[:2]}
    assert pairs == {"sa", "random", "greedy"}
    shell.run("bench", tmp_path / "spec.yaml", "--out", run, "--json")
    assert shell.code == 1
    assert json.loads(shell.out)["failures"] == {"adapt": {"refused": 3}}


def test_refused_runs_of_a_pipeline_that_ran_are_left_out_with_their_pairs(tmp_path: Path, shell: Shell) -> None:
    (tmp_path / "spec.yaml").write_text(REFUSING.replace("encoder: slack", "encoder: unbalanced"))
    run = tmp_path / "run"
    shell.run("bench", tmp_path / "spec.yaml", "--out", run, "--quiet", "budget.evaluations=5")
    rows = [json.loads(line) for line in (run / "rows.jsonl").read_text().splitlines()]
    hit = next(row for row in rows if row["sweep"]["pipeline"] == "sa")
    hit |= {"status": "failed", "objective": None, "stages": {}, "message": "too large"}
    hit["sweep"]["failure"] = "refused"
    (run / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = make_report(load_runs(run))
    assert report.findings[0] == "sa: of 3 runs 1 refused (too large); the refused ones are in no test below."
    units = {tuple(cell.text for cell in row[:2]): row[-2].value for row in report.tables["pairs"].rows}
    assert {pair: count for pair, count in units.items() if "sa" in pair} == {pair: 2 for pair in units if "sa" in pair}
    assert all(count == 3 for pair, count in units.items() if "sa" not in pair)
