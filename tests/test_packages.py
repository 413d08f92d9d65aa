"""One version and one list of dependencies: pyproject.toml, __init__.py, CITATION.cff, conda recipe, workflows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import qopt

ROOT = Path(__file__).resolve().parents[1]
#: Names that conda-forge gives to packages of PyPI.
CONDA = {"ortools": "ortools-python", "matplotlib": "matplotlib-base"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def document(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def split(requirement: str) -> tuple[str, str]:
    """Name and version of a requirement, spaces and extras left out."""
    name, extra, version = re.fullmatch(r"([\w.-]+)(\[[\w,]+\])?\s*(.*)", requirement.strip()).groups()  # type: ignore[union-attr]
    del extra
    return name, version.replace(" ", "")


def test_the_version_stands_in_one_place_and_the_rest_follows() -> None:
    found = project()
    assert "version" in found["project"]["dynamic"]
    assert found["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "qopt.__version__"}
    assert document("CITATION.cff")["version"] == qopt.__version__
    assert document("conda/recipe.yaml")["context"]["version"] == qopt.__version__


def test_the_recipe_has_the_dependencies_of_the_project() -> None:
    recipe = document("conda/recipe.yaml")["requirements"]
    wanted = {(CONDA.get(name, name), version) for name, version in map(split, project()["project"]["dependencies"])}
    run = {split(line) for line in recipe["run"]}
    assert run - {("python", project()["project"]["requires-python"])} == wanted
    extras = project()["project"]["optional-dependencies"]
    known = {split(line) for names in extras.values() for line in names}
    known = {(CONDA.get(name, name), version) for name, version in known}
    assert {split(line) for line in recipe["run_constraints"]} <= known


def test_the_recipe_renders() -> None:
    rattler = pytest.importorskip("rattler_build", reason="pip install py-rattler-build")
    (variant,) = rattler.Stage0Recipe.from_file(str(ROOT / "conda" / "recipe.yaml")).render()
    made = variant.recipe.to_dict()
    assert made["package"] == {"name": "qopt-workbench", "version": qopt.__version__}
    assert any("pip install" in line for line in str(made["build"]["script"]).splitlines())


def test_pythons_and_systems_are_those_of_the_classifiers() -> None:
    classifiers = project()["project"]["classifiers"]
    pythons = {line.rsplit(" ", 1)[1] for line in classifiers if re.search(r"Python :: 3\.\d+$", line)}
    tests = document(".github/workflows/tests.yml")
    matrix = tests["jobs"]["tests"]["strategy"]["matrix"]
    assert set(matrix["python"]) == pythons == {"3.11", "3.12", "3.13", "3.14"}
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert {"push", "pull_request"} <= set(tests[True])  # YAML 1.1 reads `on` as true
    wheels = {f"{tag[2]}.{tag[3:5]}" for tag in project()["tool"]["cibuildwheel"]["build"]}
    assert wheels == pythons
    assert project()["project"]["authors"] == [{"name": "qopt developers"}]


def test_the_sdist_is_told_to_take_what_the_tests_read() -> None:
    told = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    for folder in ("tests", "docs", "examples", "benchmarks", "conda"):
        assert f"graft {folder}" in told
    for name in ("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "mkdocs.yml", "run-tests"):
        assert name in told
        assert (ROOT / name).is_file()
