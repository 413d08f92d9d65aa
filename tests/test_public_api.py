"""The public names with their signatures, held against ``public_api.txt``.

A change of the API is seen in a diff of that file. To renew it: ``python tests/test_public_api.py``, from the root.
"""

from __future__ import annotations

import ast
import inspect
import pydoc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import qopt

GOLDEN = Path(__file__).with_name("public_api.txt")


def described() -> str:
    """A line a name, and a line a public member of each class that qopt itself defines."""
    return "\n".join(line for name in qopt.__all__ for line in _lines(name, getattr(qopt, name))) + "\n"


def _lines(name: str, value: Any) -> Iterator[str]:
    if not callable(value):
        yield f"{name}: {type(value).__name__}"
        return
    kind = "class" if isinstance(value, type) else "def"
    yield f"{kind} {name}{_signature(value)}"
    if kind == "def":
        return
    members: dict[str, Any] = {}
    for base in reversed(value.__mro__):
        if base.__module__.startswith("qopt"):
            members |= {key: what for key, what in vars(base).items() if not key.startswith("_")}
    fields = getattr(value, "__dataclass_fields__", {})
    for key in sorted(members):
        what = members[key]
        if key in fields and not isinstance(what, property):
            continue  # stands in the constructor
        if isinstance(what, staticmethod | classmethod):
            yield f"  {name}.{key}{_signature(getattr(value, key))}  # {type(what).__name__}"
        elif callable(what) and not isinstance(what, type):
            yield f"  {name}.{key}{_signature(what)}"
        else:
            yield f"  {name}.{key}"


def _signature(value: Any) -> str:
    try:
        return str(inspect.signature(value))
    except ValueError:
        return "(...)"


def test_names_and_signatures_are_those_of_the_file() -> None:
    renewed = described()
    assert renewed == GOLDEN.read_text(encoding="utf-8"), (
        "the public API has changed; if it is meant, run `python tests/test_public_api.py` and tell CHANGELOG"
    )


def test_every_function_and_class_is_documented() -> None:
    for name in qopt.__all__:
        value = getattr(qopt, name)
        if not callable(value):
            continue
        text = inspect.getdoc(value) or ""
        assert text.splitlines()[:1] != [], name
        assert not text.startswith(f"{name}("), f"{name} has the text that a dataclass makes by itself"


def test_type_checkers_and_editors_see_the_homes_that_are_imported() -> None:
    """What ``__getattr__`` imports when asked and what type checkers read are two lists; they are held equal."""
    tree = ast.parse(Path(qopt.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == qopt._HOMES
    assert {*typed} <= {*qopt.__all__}
    assert list(qopt._HOMES) == sorted(qopt._HOMES)


def test_help_shows_the_functions() -> None:
    text = pydoc.plain(pydoc.render_doc(qopt))
    for name in ("solve(", "encode(", "verify(", "load(", "class Qaoa", "class Tsp"):
        assert name in text, name


if __name__ == "__main__":
    GOLDEN.write_text(described(), encoding="utf-8")
