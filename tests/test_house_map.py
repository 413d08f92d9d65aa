"""The house as a whole: no circles, a map that matches the tree, one definition of what rooms share.

The dry runs count what a wish needs: a rule of first angles, a backend, a problem kind and a report column are one
file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import dimod
import numpy as np
import pytest

from qopt.core.registry import INITIAL_ANGLES, PROBLEMS, REGISTRIES, SOLVERS
from qopt.experiments.report.tables import Measure, count, tabulate
from qopt.solvers.qaoa.backends import QAOA_BACKENDS
from qopt.solvers.qaoa.initial_angles import InitialAngles
from qopt.solvers.qaoa.qaoa import Qaoa

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("core", "problems", "algorithms", "engines", "encoders", "solvers", "repair", "experiments", "commands")
#: What several rooms need and each once had for itself: found once in the whole tree.
SHARED = (
    "walsh_hadamard",
    "apply_pauli",
    "all_energies",
    "all_points",
    "all_sums",
    "indices_to_bits",
    "tail",
    "row_tolerance",
    "rounded_up",
    "min_improvement",
    "argmax_random_ties",
    "grown",
    "ramp",
)
#: Classes of which there was one a method.
SHARED_CLASSES = ("EvaluationLog", "LoggedTarget")


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tree() -> list[tuple[Path, ast.Module]]:
    return list(sources())


def test_what_rooms_share_is_defined_once(tree: list[tuple[Path, ast.Module]]) -> None:
    places: dict[str, list[str]] = {name: [] for name in (*SHARED, *SHARED_CLASSES)}
    for path, module in tree:
        for node in module.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                name = node.name.removeprefix("_")
                if name in places:
                    places[name].append(str(path))
    assert {name: found for name, found in places.items() if len(found) != 1} == {}


def test_no_room_within_a_room_imports_in_a_circle(tree: list[tuple[Path, ast.Module]]) -> None:
    """Imports when a module is loaded, from folder to folder; those inside functions and for types alone apart."""
    arrows: dict[str, set[str]] = {}
    for path, module in tree:
        here = path.parts[:-1]
        for node in module.body:
            if isinstance(node, ast.ImportFrom) and node.level:
                base = list(here[: len(here) - node.level + 1])
                parts = [*base, *(node.module or "").split(".")] if node.module else base
                there = ROOT.joinpath(*parts)
                folder = parts if there.is_dir() else parts[:-1]
                if folder and tuple(folder) != here and here[: len(folder)] != tuple(folder):
                    arrows.setdefault("/".join(here), set()).add("/".join(folder))
    done: set[str] = set()

    def visit(room: str, trail: tuple[str, ...]) -> None:
        assert room not in trail, " -> ".join([*trail[trail.index(room) :], room])
        if room not in done:
            for other in sorted(arrows.get(room, ())):
                if not other.startswith(room + "/"):  # a room's __init__ gathers what stands in it
                    visit(other, (*trail, room))
            done.add(room)

    for room in list(arrows):
        visit(room, ())


def test_the_map_in_contributing_names_every_room_and_folder_of_it() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `([a-z]+)/` \| (.*)$", text, flags=re.M))
    assert set(table) == set(ROOMS)
    for room in ("engines", "solvers"):
        folders = {path.parent.name for path in (ROOT / room).glob("*/__init__.py")}
        named = set(re.findall(r"`([a-z_]+)/?`", table[room]))
        assert folders <= named, f"{room}/: the map misses {sorted(folders - named)}"


def test_a_margin_has_its_home() -> None:
    """No module but core/margins gives a margin of 1e-9 or 1e-6 a name of its own."""
    named = re.compile(r"^_?[A-Z_]*(MARGIN|TOLERANCE|ROUNDING)[A-Z_]* = 1e-[69]$", flags=re.M)
    apart = (ROOT / "experiments" / "papers", ROOT / "core" / "margins.py")
    found = [
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if not {path, *path.parents} & set(apart) and named.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def ring(n: int) -> dimod.BinaryQuadraticModel:
    return dimod.BinaryQuadraticModel.from_ising({}, {(i, (i + 1) % n): 1.0 for i in range(n)})


def test_a_rule_of_first_angles_is_one_class() -> None:
    """It was three edits in three files: the values, the choice by name, the check of the settings."""

    class Flat(InitialAngles):
        """All angles one half."""

        def first(self, num_layers: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
            return np.full(num_layers, 0.5), np.full(num_layers, 0.5)

    with pytest.raises(ValueError, match="flat"):
        Qaoa(init="flat")
    INITIAL_ANGLES.register("flat")(Flat)
    try:
        info = Qaoa(init="flat", num_layers=2, optimizer="none").sample(ring(4), seed=1).info
    finally:
        del INITIAL_ANGLES._entries["flat"]
    assert info["init"] == "flat"
    assert np.allclose(np.multiply(info["angles"]["gammas"], info["angles"]["unit"]), 0.5)
    assert info["angles"]["betas"] == [0.5, 0.5]


def test_a_backend_is_one_class() -> None:
    """A kind was named in fourteen comparisons of words in the settings alone."""
    exact = type(QAOA_BACKENDS.parse("exact"))

    class Twin(exact):  # type: ignore[misc, valid-type]
        kind = "twin"

    QAOA_BACKENDS.register(Twin)
    try:
        found = Qaoa(backend="twin", num_layers=1).sample(ring(4), seed=1)
    finally:
        del QAOA_BACKENDS._kinds["twin"]
    assert found.record.energy.tolist() == Qaoa(num_layers=1).sample(ring(4), seed=1).record.energy.tolist()
    with pytest.raises(ValueError, match="twin"):
        Qaoa(backend="twin")


def test_a_column_of_a_report_is_one_entry() -> None:
    """Its heading and its cells stood in two lists of two functions."""
    columns = [Measure("n", count), Measure("square", lambda n: count(n * n), "n times n")]
    table = tabulate("k", "Title", columns, [2, 3])
    assert [column.name for column in table.columns] == ["n", "square"]
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_registries_of_parts_are_those_of_rooms() -> None:
    assert {PROBLEMS.room, SOLVERS.room} <= set(REGISTRIES)
    assert {entry.name for entry in INITIAL_ANGLES} >= {"ramp", "tqa", "interp", "fourier", "transfer"}
