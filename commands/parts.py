"""``list`` and ``check-plugin``: which parts there are, why one cannot be used, and whether one keeps the contracts."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import json
import shutil
import sys
import textwrap
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer

from .terminal import echo

#: Types in the words of a command line.
TYPE_WORDS: Mapping[Any, str] = MappingProxyType(
    {bool: "on|off", int: "integer", float: "number", str: "text", type(None): "none", Any: "any"}
)
#: Where the meaning of an option starts.
HELP_COLUMN = 46
PAGE_WIDTH = 120
ROOMS = ("problems", "encoders", "solvers", "repairs")


def list_parts(
    room: Annotated[str | None, typer.Argument(help="problems, encoders, solvers or repairs; all without.")] = None,
    options: Annotated[bool, typer.Option("--options", help="Also the fields of each part.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> int:
    """The parts of each room, and why one of them is not available here."""
    from ..core import unknown_name
    from ..engines.diagonal import card_name, engine_name

    if room is not None and room not in ROOMS:
        raise unknown_name("room", room, ROOMS)
    found = {name: _rows(name) for name in ROOMS if room in (None, name)}
    if as_json:
        echo(json.dumps({"schema": "qopt.list/1", "engine": engine_name(), "gpu": card_name(), **found}))
        return 0
    for name, rows in found.items():
        echo(f"{name}:")
        for row in rows:
            echo(f"  {row['name']:18} {row['missing'] or row['summary']}")
            for field in row["options"] if options else ():
                print_option(field)
    echo(f"exact engine: {engine_name()}")
    echo(f"gpu engine: {card_name()}")
    return 0


def print_option(field: Mapping[str, Any], *, short: bool = False) -> None:
    """One option and its meaning, in two columns; a short one with a single dash."""
    head = f"    {'-' if short else '--'}{field['name'].replace('_', '-')} {field['type']} = {field['default']}"
    width = shutil.get_terminal_size((PAGE_WIDTH, 24)).columns if sys.stdout.isatty() else PAGE_WIDTH
    texts = textwrap.wrap(field["help"], max(20, width - HELP_COLUMN))
    if len(head) < HELP_COLUMN and texts:
        head = f"{head:<{HELP_COLUMN}}{texts.pop(0)}"
    echo("\n".join([head, *(" " * HELP_COLUMN + text for text in texts)]))


def _rows(room: str) -> list[dict[str, Any]]:
    if room == "repairs":
        return _repair_rows()
    from ..core import REGISTRIES

    rows = []
    for entry in REGISTRIES[room]:
        options = _options(entry.make, entry.preset) if room != "problems" else []
        rows.append({"name": entry.name, "summary": entry.summary, "missing": entry.missing, "options": options})
    return rows


def _options(make: Any, preset: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Name, type, default and meaning of each field of a part."""
    from ..core import fields_of
    from ..problems.generate import parameter_texts

    if not (isinstance(make, type) and dataclasses.is_dataclass(make)):
        return []
    hints = typing.get_type_hints(make)
    texts: dict[str, str] = {}
    for base in reversed(inspect.getmro(make)):
        texts |= parameter_texts(inspect.cleandoc(base.__dict__.get("__doc__") or ""))
    options = []
    for name, field in fields_of(make).items():
        default: Any = None if field.default is dataclasses.MISSING else field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        chosen = preset.get(name, default)
        shown = ",".join(map(str, chosen)) if isinstance(chosen, tuple) else str(chosen)
        options.append({"name": name, "type": _type(hints[name]), "default": shown, "help": texts.get(name, "")})
    return options


def option_rows(options: Iterable[Any]) -> list[dict[str, Any]]:
    """Name, type, default and meaning of each size of a generator."""
    return [
        {"name": one.name, "type": _type(one.type), "default": _shown(one.default), "help": one.help} for one in options
    ]


def _shown(default: Any) -> str:
    return ("on" if default else "off") if isinstance(default, bool) else str(default)


def _type(hint: Any) -> str:
    """A field's type in the words that a command line takes: ``auto|number``, ``integer``, ``on|off``."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return "|".join(map(str, arguments))
    if origin in (typing.Union, types.UnionType):
        return "|".join(_type(one) for one in arguments if one is not object)  # which a command line cannot write
    if origin is tuple:
        return ",".join(_type(one) if one is not ... else "..." for one in arguments)
    if origin is dict:
        return "NAME=NUMBER,..."
    return TYPE_WORDS.get(hint, getattr(hint, "__name__", str(hint)))


def _repair_rows() -> list[dict[str, Any]]:
    from ..core.registry import first_line
    from ..repair import improve, repair

    rows: list[dict[str, Any]] = []
    for form, function in sorted(repair.registry.items(), key=lambda item: item[0].__name__):
        name = "nearest" if form is object else form.__name__
        summary = first_line(function)
        if form is object:
            summary = "exact nearest feasible point; the fallback for every other formulation"
        better = "" if improve.dispatch(form) is improve.dispatch(object) else " (own improvement)"
        rows.append({"name": name, "summary": summary + better, "missing": "", "options": []})
    return rows


def load_plugin(path: str) -> None:
    """Import a Python file, so that its parts are registered.

    Raises
    ------
    ValueError
        There is no such file.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"plugin must be a Python file, got {path!r}; check the path")
    name = f"qopt_plugin_{file.stem}"
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(file.resolve()):
        return  # its parts are registered already
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        raise ValueError(f"plugin must be a Python file, got {path!r}; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a foreign file raises is a fault of that file
        del sys.modules[spec.name]
        raise ValueError(f"plugin {path} must be importable, got {type(error).__name__}: {error}; mend it") from error


def check_plugin(
    name: Annotated[str, typer.Argument(help="Registered name of an encoder, problem or solver.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> int:
    """Run the conformance suite that the built-in parts pass on one part."""
    from ..experiments.conformance import check

    results = check(name)
    if as_json:
        echo(json.dumps({"schema": "qopt.check/1", "name": name, "checks": results}))
    else:
        for row in results:
            echo(f"{'ok  ' if row['passed'] else 'FAIL'}  {row['check']}  {row['message']}".rstrip())
    return 0 if all(row["passed"] for row in results) else 1
