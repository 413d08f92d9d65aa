"""``qopt crossover`` on rows as they come: failed runs, pipelines of different sizes, single records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import qopt
from qopt.experiments.crossover.measured import measure
from qopt.experiments.crossover.sources import read_source

SPEC = """
name: growth
instances:
  - {generate: qubo, n: [4, 6, 8, 10], density: 1.0, seeds: [1, 2]}
pipelines:
  sa: {solver: sa, num_sweeps: 5}
  qaoa: {solver: lr-qaoa, layers: 2}
budget: {shots: 100}
repeats: 2
groups:
  quantum: [qaoa]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rows")
    (root / "growth.yaml").write_text(SPEC, encoding="utf-8")
    return Path(qopt.bench(root / "growth.yaml", out=root / "run"))


def _rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()]


def _failed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "status": "failed",
        "objective": None,
        "solution": None,
        "stages": {},
        "message": "ValueError: made up",
        "resources": {"seconds": {"total": 1.0}},
    }


def _write(folder: Path, rows: list[dict[str, Any]], target: Path) -> Path:
    target.mkdir()
    (target / "instances").symlink_to(folder / "instances")
    (target / "sweep.json").write_bytes((folder / "sweep.json").read_bytes())
    (target / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return target


def test_failed_runs_are_in_no_fit(folder: Path, tmp_path: Path) -> None:
    """A failed run had no reads, so its instance fell to the time of whole runs, among times of reads: growth from
    nothing."""
    rows = _rows(folder)
    half = [
        _failed(row) if row["sweep"]["repeat"] == 1 and row["instance"]["size"]["variables"] > 6 else row
        for row in rows
    ]
    without = [row for old, row in zip(rows, half, strict=True) if row is old]
    assert len(without) < len(rows)
    one = measure(read_source([_write(folder, half, tmp_path / "half")]))
    other = measure(read_source([_write(folder, without, tmp_path / "without")]))
    assert sorted(one.classical_points) == sorted(other.classical_points)
    assert sorted(one.quantum_points) == sorted(other.quantum_points)
    assert any("runs failed and are left out" in note for note in one.notes)


def test_nothing_but_failures_is_told_in_one_line(folder: Path, tmp_path: Path) -> None:
    broken = [_failed(row) if row["sweep"]["pipeline"] == "qaoa" else row for row in _rows(folder)]
    with pytest.raises(ValueError, match="quantum pipeline with rows that did not fail"):
        measure(read_source([_write(folder, broken, tmp_path / "run")]))


def test_different_instances_are_noted(folder: Path, tmp_path: Path) -> None:
    rows = [
        row for row in _rows(folder) if row["sweep"]["pipeline"] == "sa" or row["instance"]["size"]["variables"] < 10
    ]
    found = measure(read_source([_write(folder, rows, tmp_path / "run")]))
    assert any("different instances" in note for note in found.notes)
    assert not any("different instances" in note for note in measure(read_source([folder])).notes)


def test_a_slower_classical_solver_is_noted(folder: Path, tmp_path: Path) -> None:
    def slower(row: dict[str, Any]) -> dict[str, Any]:
        seconds = {name: 100 * value for name, value in row["resources"]["seconds"].items()}
        return row | {
            "id": row["id"][::-1],
            "sweep": row["sweep"] | {"pipeline": "slow"},
            "resources": row["resources"] | {"seconds": seconds},
        }

    rows = _rows(folder)
    both = _write(folder, [*rows, *(slower(row) for row in rows if row["sweep"]["pipeline"] == "sa")], tmp_path / "run")
    assert any("sa was faster than slow" in note for note in measure(read_source([both]), classical="slow").notes)
    assert not any("was faster" in note for note in measure(read_source([both]), classical="sa").notes)


def test_single_records_are_a_sweep_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths = []
    for n in (4, 6, 8):
        qopt.save(qopt.generate("qubo", n=n, density=1.0, seed=1), f"q{n}.json")
        for solver, options in (("sa", {"num_sweeps": 5}), ("lr-qaoa", {"layers": 2})):
            record = qopt.solve(f"q{n}.json", solver=solver, shots=50, seed=1, **options)
            paths.append(tmp_path / f"{solver}{n}.json")
            document = record.to_json()
            document["instance"]["path"] = f"q{n}.json"  # as the command writes it
            paths[-1].write_text(json.dumps(document), encoding="utf-8")
    found = measure(read_source(paths))
    assert (found.classical, found.quantum) == ("sa", "qaoa[num_layers=2]")
    assert [size for size, _ in found.quantum_points] == [4, 6, 8]
    Path("q4.json").unlink()
    with pytest.raises(ValueError, match=r"found no file q4\.json"):
        measure(read_source(paths))
    with pytest.raises(ValueError, match="among several"):
        read_source([*paths, tmp_path])
