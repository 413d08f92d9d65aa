"""The multiple-knapsack report: gaps against CP-SAT of the same sweep, pipelines side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import qopt
from qopt.experiments.papers import paper
from qopt.experiments.papers.multi_knapsack import runs


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    problem = qopt.generate("multi-knapsack", n=10, knapsacks=2, seed=1)
    core = {"encoder": "unbalanced", "presolve": "lp", "core": 8}
    pipelines: dict[str, dict[str, Any]] = {
        "cpsat": {"solver": "cpsat"},
        "greedy": {"solver": "greedy"},
        "qrao core 18": {"solver": "qrao", "num_shots": 200, **core},
        "qaoa core 18": {"solver": "qaoa", "num_layers": 1, **core},
        "random core 18": {"solver": "random", **core},
    }
    labels = {"group": "plain", "repeat": 0, "wall_seconds": 0.1}
    return [
        {**qopt.solve(problem, seed=1, **options).to_json(), "sweep": {"family": name, "pipeline": name, **labels}}
        for name, options in pipelines.items()
    ]


def test_gaps_are_against_the_exact_solver_of_the_sweep(rows: list[dict[str, Any]]) -> None:
    found = {run.pipeline: run for run in runs(rows)}
    best = rows[0]["objective"]
    assert found["cpsat"].final == 0
    for row in rows[1:]:
        run = found[row["sweep"]["family"]]
        assert run.final == pytest.approx((best - row["objective"]) / best)
        assert run.is_proven
    assert found["qrao core 18"].fixed.startswith("12 of 20 variables fixed by the LP")
    assert runs(rows[1:]) == []  # nothing to compare with


def test_the_report_is_computed_from_rows(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    telling = paper("multi-knapsack").tell(rows)
    assert any("qrao core 18" in line.text and "of qaoa core 18" in line.text for line in telling.summary)
    for name, draw in telling.plots.items():
        draw(tmp_path / name)
        assert 0 < (tmp_path / name).stat().st_size < 100_000
    assert "nothing to compare" in paper("multi-knapsack").tell(rows[1:]).summary[0].text
