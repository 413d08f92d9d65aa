"""The comparative study's report: cells and medians of made runs, certificates, and its specs as sweeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import qopt
from qopt.experiments.papers import paper
from qopt.experiments.papers.comparative_study_runs import NEVER, against_control, cells, middle
from qopt.experiments.sweep.matrix import read_matrix
from qopt.problems.solutions import read_solution_file

CERTIFICATES = Path(__file__).resolve().parents[1] / "docs/papers/certificates"

#: Least deviations of two to five products, seeds 0 and 1, proven by benchmarks/certificates.py.
DEVIATIONS = {(2, 0): 3, (2, 1): 3, (3, 0): 2, (3, 1): 3, (4, 0): 1, (4, 1): 1, (5, 0): 0, (5, 1): 1}


def row(family: str, problem: Any, repeat: int = 0, **options: Any) -> dict[str, Any]:
    record = qopt.solve(problem, seed=repeat, **options)
    labels = {"pipeline": family, "family": family, "group": problem.kind, "repeat": repeat, "wall_seconds": 0.1}
    return {**record.to_json(), "sweep": labels}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    knapsack = qopt.generate("mdkp", n=10, m=3, seed=5)
    graph = qopt.generate("mis", code="1tc", n=8)
    share = qopt.generate("market-share", products=2, seed=0)
    pce = {"name": "pce", "num_restarts": 0, "max_evaluations": 20}
    return [
        row("cpsat", knapsack, solver="cpsat"),
        row("qaoa unbalanced", knapsack, solver="qaoa", encoder="unbalanced"),
        *(row("pce slack", knapsack, seed, solver=pce, encoder="slack") for seed in range(3)),
        row("pce plain", graph, solver=pce, encoder="slack"),
        row("pce squares", share, solver=pce, encoder="slack", formulation="squares"),
    ]


def test_cells_hold_the_stages_of_their_runs(rows: list[dict[str, Any]]) -> None:
    found = {(cell.method, cell.kind): cell for cell in cells(rows)}
    graph = next(r for r in rows if r["sweep"]["family"] == "pce plain")
    cell = found["pce", "mis"]
    for stage in ("raw", "swapped", "repaired", "improved"):
        assert cell.values[stage] == graph["stages"][stage]["gap"]
        assert cell.control[stage] == graph["stages"]["control"][stage]["gap"]
    assert cell.qubits == 3
    many = found["pce", "mdkp"]
    assert many.num_runs == 3
    assert sum(against_control([many], "raw")) == 3
    share = found["pce", "market-share"]
    assert share.values["improved"] >= 3  # the proven least deviation
    assert found["cpsat", "mdkp"].control == {}


def test_infeasible_is_worse_than_every_gap() -> None:
    assert middle([NEVER, 0.5, NEVER]) == NEVER
    assert middle([NEVER, 0.5, 0.1]) == 0.5


def test_the_report_is_computed_from_rows(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    telling = paper("comparative-study").tell(rows)
    titles = [section.title for section in telling.sections]
    assert "Knapsacks: medians" in titles
    assert "Independent sets: cell by cell" in titles
    assert "Quadratic assignment: medians" not in titles  # no run, no table
    for name, draw in telling.plots.items():
        draw(tmp_path / name)
        assert 0 < (tmp_path / name).stat().st_size < 100_000
    failed = {**rows[1], "status": "failed", "message": "killed", "stages": {}}
    assert "1 runs failed" in paper("comparative-study").tell([*rows[2:], failed]).summary[-1].text


@pytest.mark.parametrize("name", ["comparative-study", "multi-knapsack"])
def test_quick_specs_need_no_files(name: str) -> None:
    matrix, _ = read_matrix(str(paper(name).spec(quick=True)))
    assert matrix.tasks
    assert all(cell.pipeline is not None for cell in matrix.cells)


@pytest.mark.parametrize(("products", "seed"), DEVIATIONS)
def test_certificates_of_market_share(products: int, seed: int) -> None:
    problem = qopt.generate("market-share", products=products, seed=seed)
    read = read_solution_file(CERTIFICATES / f"market-share-{products}-{seed}.json", problem)
    assert problem.violations(read.solution) == {}
    assert problem.objective(read.solution) == read.stated == DEVIATIONS[products, seed]


def test_certificate_of_the_code_graph() -> None:
    problem = qopt.generate("mis", code="1dc", n=64)
    read = read_solution_file(CERTIFICATES / "1dc.64.json", problem)
    assert problem.violations(read.solution) == {}
    assert problem.objective(read.solution) == 10
