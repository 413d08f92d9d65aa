"""README in its order, its table from the data file, notebooks that are whole, plots that draw what they say."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.experiments.plot_samples import (
    plot_evaluations,
    plot_incumbents,
    plot_landscape,
    plot_objectives,
    plot_tour,
)

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.py"))


def script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_the_readme_is_short_and_in_its_order() -> None:
    assert len(README.splitlines()) <= 150
    parts = ["workbench", "![", "## Two commands", "## One example", "## What it has", "## Links"]
    places = [README.index(part) for part in parts]
    assert places == sorted(places)


def test_the_table_of_others_is_that_of_the_data_file() -> None:
    compared = script("compared")
    found = compared.data()
    assert compared.readme(README, found) == README
    assert compared.page(found) == (ROOT / "docs" / "compared.md").read_text(encoding="utf-8")
    for row in found["rows"]:
        assert set(row["cells"]) <= set(found["tools"])
        assert all(cell["value"] and cell["source"] for cell in row["cells"].values())


def test_qopts_own_cells_name_pages_that_are_there() -> None:
    found = json.loads((ROOT / "docs" / "data" / "compared.json").read_text(encoding="utf-8"))
    pages = {row["cells"]["qopt"]["source"] for row in found["rows"]}
    assert all((ROOT / "docs" / page).is_file() for page in pages)


def test_there_are_six_notebooks_with_text_and_code_all_on_the_site() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert len(NOTEBOOKS) == 6
    for path in NOTEBOOKS:
        text = path.read_text(encoding="utf-8")
        ast.parse(text)
        assert text.startswith("# %% [markdown]\n# # ")
        assert len(re.findall(r"^# %%$", text, re.MULTILINE)) >= 2
        assert f"notebooks/{path.name}" in navigation


def test_a_landscape_has_its_minimum_where_the_circuit_trains_to(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    bqm = qopt.encode(qopt.generate("max-cut", n=6, seed=1), "unbalanced").bqm
    trained = qopt.Qaoa(num_layers=1).sample(bqm, seed=1, num_shots=10)
    energies = plot_landscape(bqm, tmp_path / "a.png", angles=trained.info["angles"], grid=41)
    assert energies.shape == (41, 41)
    middle = np.mean(
        [bqm.energies((np.array([list(np.binary_repr(i, 6))], dtype=int), range(6)))[0] for i in range(64)]
    )
    assert energies[20, 20] == pytest.approx(middle)  # no angles: uniform points
    assert trained.info["value"] <= energies.min() + 1e-9
    assert trained.info["value"] >= energies.min() - 0.2 * (middle - energies.min())
    assert (tmp_path / "a.png").stat().st_size > 5000


def test_evaluations_and_incumbents_are_drawn_or_refused(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    problem = qopt.generate("mis", n=6, seed=1)
    info = qopt.Qaoa(num_layers=1).sample(qopt.encode(problem).bqm, seed=1, num_shots=10).info
    plot_evaluations({"one layer": info}, tmp_path / "a.svg")
    assert "one layer" in (tmp_path / "a.svg").read_text() or (tmp_path / "a.svg").stat().st_size > 3000
    with pytest.raises(ValueError, match="value_trace"):
        plot_evaluations({"sa": {}}, tmp_path / "b.png")
    record = qopt.solve(problem, "cpsat", seed=1)
    plot_incumbents({"cpsat": record}, tmp_path / "c.png", best=float(record.objective or 0))
    with pytest.raises(ValueError, match="incumbents"):
        plot_incumbents({}, tmp_path / "d.png")
    assert (tmp_path / "c.png").stat().st_size > 3000
    assert not (tmp_path / "b.png").exists()
    assert not (tmp_path / "d.png").exists()


def test_a_histogram_counts_feasible_points_and_a_tour_needs_places(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    nan = float("nan")
    assert plot_objectives([1, 2, nan, 2], [nan, nan, 1, nan], tmp_path / "a.png", best=2) == (3, 1)
    assert plot_objectives([nan], [nan], tmp_path / "none.png") == (0, 0)
    tsp = qopt.generate("tsp", n=5, seed=1)
    plot_tour(tsp, {"in order": np.arange(5)}, tmp_path / "b.png")
    assert (tmp_path / "b.png").stat().st_size > 3000
    bare = qopt.Tsp(np.ones((3, 3)) - np.eye(3))
    with pytest.raises(ValueError, match="coordinates"):
        plot_tour(bare, {"in order": np.arange(3)}, tmp_path / "c.png")
