"""``list`` and ``check-plugin``: which parts there are, why one cannot be used, and whether one keeps the contracts."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

ROOMS = ("problems", "encoders", "solvers", "repairs")


def list_parts(
    room: Annotated[str | None, typer.Argument(help="problems, encoders, solvers or repairs; all without.")] = None,
    options: Annotated[bool, typer.Option("--options", help="Also the fields of each part.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> int:
    """The parts of each room, and why one of them is not available here."""
    from ..core import unknown_name
    from ..solvers.exact import engine_name

    if room is not None and room not in ROOMS:
        raise unknown_name("room", room, ROOMS)
    found = {name: _rows(name) for name in ROOMS if room in (None, name)}
    if as_json:
        typer.echo(json.dumps({"schema": "qopt.list/1", "engine": engine_name(), **found}))
        return 0
    for name, rows in found.items():
        typer.echo(f"{name}:")
        for row in rows:
            typer.echo(f"  {row['name']:18} {row['missing'] or row['summary']}")
            for field in row["options"] if options else ():
                typer.echo(f"    --{field['name'].replace('_', '-')} {field['type']} = {field['default']}")
    typer.echo(f"exact engine: {engine_name()}")
    return 0


def _rows(room: str) -> list[dict[str, Any]]:
    if room == "repairs":
        return _repair_rows()
    from ..core import REGISTRIES

    rows = []
    for entry in REGISTRIES[room]:
        fields = dataclasses.fields(entry.make) if room != "problems" and dataclasses.is_dataclass(entry.make) else ()
        options = [_option(field, entry.preset) for field in fields if field.init]
        rows.append({"name": entry.name, "summary": entry.summary, "missing": entry.missing, "options": options})
    return rows


def _option(field: dataclasses.Field[Any], preset: Any) -> dict[str, Any]:
    make: Any = field.default_factory
    default: Any = None if field.default is dataclasses.MISSING else field.default
    if make is not dataclasses.MISSING:
        default = make()
    return {"name": field.name, "type": str(field.type), "default": str(preset.get(field.name, default))}


def _repair_rows() -> list[dict[str, Any]]:
    from ..repair import improve, repair

    rows: list[dict[str, Any]] = []
    for form, function in sorted(repair.registry.items(), key=lambda item: item[0].__name__):
        name = "nearest" if form is object else form.__name__
        summary = (function.__doc__ or "").strip().splitlines()[0]
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
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)


def check_plugin(
    name: Annotated[str, typer.Argument(help="Registered name of an encoder, problem or solver.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> int:
    """Run the conformance suite that the built-in parts pass on one part."""
    from ..experiments.conformance import check

    results = check(name)
    if as_json:
        typer.echo(json.dumps({"schema": "qopt.check/1", "name": name, "checks": results}))
    else:
        for row in results:
            typer.echo(f"{'ok  ' if row['passed'] else 'FAIL'}  {row['check']}  {row['message']}".rstrip())
    return 0 if all(row["passed"] for row in results) else 1
