"""The house rules: packages listed, imports in one direction, nothing heavy at import, doctests, file lengths."""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
import tomllib
from collections.abc import Iterator
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


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_down(room: str) -> None:
    """Each room imports what it may; the package's own top level may import every room."""
    paths = [path for path in MODULES if path.parts[0] == room]
    assert paths
    imports = [(str(path), line, other) for path in paths for line, other in _rooms_imported(path)]
    assert not [one for one in imports if one[2] not in MAY_IMPORT[room] | {room}]


def test_every_room_has_its_rule() -> None:
    assert {path.parts[0] for path in MODULES if len(path.parts) > 1} == set(MAY_IMPORT)


def _rooms_imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and room of each import of the package's own."""
    package = ["qopt", *path.parts[:-1]]
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        base = package[: len(package) - node.level + 1]
        target = [*base, *(node.module or "").split(".")] if node.module else base
        rooms = {target[1]} if len(target) > 1 and target[1] else {alias.name for alias in node.names}
        for other in rooms:
            yield node.lineno, other


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
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for found in doctest.DocTestFinder().find(import_module(module_name(path))):
        if found.examples:  # a run without any still looks after every source file that was ever shown
            runner.run(found)
    assert runner.summarize().failed == 0


def test_files_stay_short() -> None:
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in MODULES}
    too_long = {path: lines for path, lines in lengths.items() if lines > 500}
    assert not too_long, f"split {too_long}"
