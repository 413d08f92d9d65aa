"""What a public docstring must say, read from the source: what it does, the errors raised, the shapes of arrays."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = (
    "core",
    "problems",
    "algorithms",
    "engines",
    "encoders",
    "solvers",
    "repair",
    "experiments",
    "commands",
)
#: Rooms whose docstrings give the shape of every array; only commands are left out, which have none.
SHAPED = ("core", "problems", "algorithms", "engines", "encoders", "repair", "solvers", "experiments")
ARRAY = re.compile(r"\b(Float|Int|Bits|Complex|AnyArray|NDArray|ArrayLike|ndarray)\b")
#: ``shape (n, 2)``, ``(k, n)``, ``Same shape``, ``array of length K``.
SIZE = r"\w+(?: ?(?:\*\*|[-+*/]) ?\w+)*"
SHAPE = re.compile(rf"\bshapes?\b|\bof length\b|\((?:{SIZE}|\.\.\.),(?: {SIZE},?)*\)", re.IGNORECASE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Public functions and methods of public classes with their dotted names; properties and overloads apart."""
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for one in inside:
            if isinstance(one, Function) and not one.name.startswith("_") and not _is_apart(one):
                yield prefix + one.name, one


def _is_apart(node: Function) -> bool:
    marks = [ast.unparse(mark) for mark in node.decorator_list]
    return any(mark.endswith(("property", ".setter", "overload")) for mark in marks)


def own_raises(node: Function) -> set[str]:
    """Names of the errors raised in the function's own body, not in functions inside it; a check's assertion apart."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        at = waiting.pop()
        if isinstance(at, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(at, ast.Raise) and at.exc is not None:
            names.add(ast.unparse(at.exc.func if isinstance(at.exc, ast.Call) else at.exc))
        waiting += ast.iter_child_nodes(at)
    return names - {"AssertionError"}


def is_command(node: Function) -> bool:
    """A command of the terminal: its docstring is the text of ``--help``, and every error is told in one line."""
    hints = [ast.unparse(a.annotation) for a in (*node.args.args, *node.args.kwonlyargs) if a.annotation]
    return any("typer." in hint or hint in ("KindOption", "JsonFlag") for hint in hints)


def has_shape(node: Function) -> bool:
    """Whether the docstring gives a shape, where the signature has an array."""
    hints = [a.annotation for a in (*node.args.args, *node.args.kwonlyargs) if a.annotation]
    if not any(ARRAY.search(ast.unparse(hint)) for hint in [*hints, *([node.returns] if node.returns else [])]):
        return True
    return SHAPE.search(ast.get_docstring(node) or "") is not None


@cache
def sources(room: str) -> tuple[tuple[Path, str, Function], ...]:
    """File, name and definition of each public function of a room."""
    return tuple(
        (path.relative_to(ROOT), name, node)
        for path in sorted((ROOT / room).rglob("*.py"))
        for name, node in public_functions(ast.parse(path.read_text(encoding="utf-8")))
    )


def inherits(path: Path, name: str) -> bool:
    """Whether a method without a docstring has that of the method it overrides, which ``help`` then shows."""
    found: object = importlib.import_module("qopt." + ".".join(path.with_suffix("").parts))
    for part in name.split("."):
        found = getattr(found, part)
    return bool(inspect.getdoc(found))


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_function_has_a_docstring(room: str) -> None:
    bare = [(p, name) for p, name, node in sources(room) if ast.get_docstring(node) is None]
    assert [f"{p}: {name}" for p, name in bare if not inherits(p, name)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_docstring_names_the_errors_that_its_function_raises(room: str) -> None:
    silent = [
        f"{path}: {name} raises {', '.join(sorted(own_raises(node)))}"
        for path, name, node in sources(room)
        if own_raises(node) and not is_command(node) and "Raises" not in (ast.get_docstring(node) or "Raises")
    ]
    assert silent == []


@pytest.mark.parametrize("room", SHAPED)
def test_a_docstring_gives_the_shapes_of_arrays(room: str) -> None:
    documented = [(p, name, node) for p, name, node in sources(room) if ast.get_docstring(node)]
    assert [f"{p}: {name}" for p, name, node in documented if not has_shape(node)] == []


def test_the_rules_see_what_they_forbid() -> None:
    source = '''
def bare(x): ...
def told(x: Float) -> Float:
    """Twice x."""
    if x is None:
        raise ValueError("x")
def inner():
    """A function inside raises."""
    def other():
        raise ValueError
class Part:
    @property
    def size(self): ...
    def apply(self, Z: Bits) -> Bits:
        """Points, shape (k, n)."""
class _Hidden:
    def apply(self): ...
'''
    found = dict(public_functions(ast.parse(source)))
    assert list(found) == ["bare", "told", "inner", "Part.apply"]
    assert own_raises(found["told"]) == {"ValueError"}
    assert not own_raises(found["inner"])
    assert not has_shape(found["told"])
    assert has_shape(found["Part.apply"])
