"""``qopt plot``: the rounds of a stored record as a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def plot(
    record: Annotated[Path, typer.Argument(help="Record written by `qopt solve --out` (or its --json).")],
    out: Annotated[Path | None, typer.Option(help="PNG or SVG; beside the record when left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> int:
    """Draw dual value, incumbent and multipliers over the rounds."""
    from ..core import Record
    from ..experiments.plot_rounds import plot_rounds

    path = out or record.with_suffix(".png")
    if path.suffix.lower() not in (".png", ".svg"):
        raise ValueError(f"out must end with .png or .svg, got {path.name!r}")
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        where = f"{record} line {error.lineno}"
        raise ValueError(f"record must be JSON, got {error.msg} ({where}); is the file cut?") from None
    except UnicodeDecodeError:
        raise ValueError(f"record must be JSON, got binary data ({record}); name what --out wrote") from None
    plot_rounds(Record.from_json(data), path)
    typer.echo(json.dumps({"schema": "qopt.written/1", "path": str(path)}) if as_json else str(path))
    return 0
