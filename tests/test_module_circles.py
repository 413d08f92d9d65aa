"""No modules import each other in a circle while they are loaded; imports inside functions and for types apart."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("core", "problems", "algorithms", "engines", "encoders", "solvers", "repair", "experiments", "commands")


def imported(name: str, is_package: bool, tree: ast.Module, modules: set[str]) -> set[str]:
    """Modules of the tree that a module's own statements load, by relative imports.

    A name that a package's folder has no module for is the package's own, unless it begins with ``_``: then it is a
    compiled extension, which imports nothing.
    """
    here = name.split(".") if is_package else name.split(".")[:-1]
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join([*here[: len(here) - node.level + 1], *([node.module] if node.module else [])])
            for alias in node.names:
                within = f"{base}.{alias.name}"
                if within in modules:
                    found.add(within)
                elif not (node.module is None and alias.name.startswith("_")):
                    found.add(base)
    return (found & modules) - {name}


def circle(arrows: dict[str, set[str]]) -> list[str]:
    """Some circle of arrows, its first node again at its end; empty where there is none."""
    done: set[str] = set()

    def visit(node: str, trail: list[str]) -> list[str]:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node not in done:
            for other in sorted(arrows.get(node, ())):
                found = visit(other, [*trail, node])
                if found:
                    return found
            done.add(node)
        return []

    return next((found for node in arrows if (found := visit(node, []))), [])


def test_no_modules_import_each_other_while_they_load() -> None:
    paths: dict[str, Path] = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    assert len(paths) > 300
    arrows = {
        name: imported(name, path.name == "__init__.py", ast.parse(path.read_text(encoding="utf-8")), set(paths))
        for name, path in paths.items()
    }
    assert "core.program" in arrows["core"]
    assert circle(arrows) == []


@pytest.mark.parametrize(
    ("arrows", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ["b", "c", "b"]),
        ({}, []),
    ],
)
def test_a_circle_is_seen(arrows: dict[str, set[str]], found: list[str]) -> None:
    assert circle(arrows) == found


def test_relative_imports_are_resolved_from_modules_and_packages() -> None:
    modules = {"a", "a.b", "a.c", "a.c.d", "e"}
    tree = ast.parse("from . import b, _engine, size\nfrom ..e import f\nfrom .c.d import g\nimport numpy")
    assert imported("a.x", False, tree, modules) == {"a", "a.b", "a.c.d", "e"}
    inside = ast.parse("def late():\n    from . import b")
    assert imported("a", True, inside, modules) == set()
