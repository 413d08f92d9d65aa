"""The house rules: packages listed, imports in one direction, nothing heavy at import, doctests, file lengths."""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = CONFIG["tool"]["setuptools"]["packages"]
#: Rooms that each room may import from, itself apart.
MAY_IMPORT = {
    "core": set(),
    "problems": {"core"},
    "algorithms": {"core", "problems"},
    "engines": {"core", "problems", "algorithms"},
    "encoders": {"core", "problems", "algorithms", "engines"},
    "solvers": {"core", "problems", "algorithms", "engines"},
    "repair": {"core", "problems", "algorithms"},
    "experiments": {"core", "problems", "algorithms", "engines", "encoders", "solvers", "repair"},
    "commands": {"core", "problems", "algorithms", "engines", "encoders", "solvers", "repair", "experiments"},
}
MODULES = sorted(
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in (ROOT / package.removeprefix("qopt").removeprefix(".").replace(".", "/")).glob("*.py")
)


def module_name(path: Path) -> str:
    parts = ["qopt", *path.with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_folder_with_an_init_is_a_listed_package() -> None:
    hidden = {"tests", "benchmarks", "docs", "examples", "build"}
    found = {"qopt"}
    for path in ROOT.rglob("__init__.py"):
        parts = path.relative_to(ROOT).parts[:-1]
        if parts and parts[0] not in hidden and not any(part.startswith(".") for part in parts):
            found.add(".".join(("qopt", *parts)))
    assert found == set(PACKAGES)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_point_down(path: Path) -> None:
    if len(path.parts) == 1:
        pytest.skip("the package's own top level may import every room")
    room = path.parts[0]
    package = ["qopt", *path.parts[:-1]]
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        base = package[: len(package) - node.level + 1]
        target = [*base, *(node.module or "").split(".")] if node.module else base
        rooms = {target[1]} if len(target) > 1 and target[1] else {alias.name for alias in node.names}
        for other in rooms:
            assert other == room or other in MAY_IMPORT[room], f"{path} line {node.lineno} imports {other}"


def test_the_package_imports_numpy_alone() -> None:
    heavy = ("scipy", "dimod", "ortools", "networkx", "qiskit", "matplotlib", "pydantic", "rich", "typer")
    code = f"import qopt, sys; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.strip() == "[]"


def test_help_imports_no_solver() -> None:
    heavy = ("scipy", "dimod", "ortools", "networkx", "qiskit", "matplotlib", "pydantic", "qopt.solvers")
    code = (
        "import sys; sys.argv = ['qopt', '--help']\n"
        "from qopt.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_doctests(path: Path) -> None:
    if path.name == "__main__.py":
        pytest.skip("running it is the command line")
    result = doctest.testmod(import_module(module_name(path)), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_files_stay_short(path: Path) -> None:
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= 500, f"{path} has {lines} lines; split it"
