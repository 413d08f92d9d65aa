"""``qopt plot``: the rounds or routes of a stored record, or the merges of a saved shrinking, as a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import check_picture
from .terminal import echo


def plot(
    record: Annotated[Path, typer.Argument(help="Record written by `qopt solve --out`, or `qopt shrink --save`.")],
    out: Annotated[Path | None, typer.Option(help="PNG or SVG; beside the record when left out.")] = None,
    instance: Annotated[
        Path | None, typer.Option(help="Instance of a record of routes; the path in the record without.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> int:
    """Draw a record's rounds, its routes, its crossover in samples where it has neither, or a shrinking's graph."""
    from ..core import Record
    from ..experiments import merges
    from ..experiments.plot_routes import ROUTED

    path = out or record.with_suffix(".png")
    check_picture("out", path)
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        where = f"{record} line {error.lineno}"
        raise ValueError(f"record must be JSON, got {error.msg} ({where}); is the file cut?") from None
    except UnicodeDecodeError:
        raise ValueError(f"record must be JSON, got binary data ({record}); name what --out wrote") from None
    if not isinstance(data, dict):
        raise ValueError(f"record must be a JSON object, got {type(data).__name__} ({record}); name what --out wrote")
    if data.get("schema") == merges.SCHEMA:
        from ..experiments.plot_merges import plot_merges

        try:
            plot_merges(data, path)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            fault = f"{type(error).__name__}: {error} ({record})"
            raise ValueError(f"record must be what `qopt shrink --save` writes, got {fault}; write it anew") from None
    elif (data.get("instance") or {}).get("kind") in ROUTED:
        _plot_routes(Record.from_json(data), instance, path)
    else:
        from ..experiments.plot_rounds import plot_rounds
        from ..experiments.plot_worth import plot_worth

        found = Record.from_json(data)
        has_rounds = any("multiplier_norm" in row for row in found.rounds)
        (plot_rounds if has_rounds else plot_worth)(found, path)
    echo(json.dumps({"schema": "qopt.written/1", "path": str(path)}) if as_json else str(path))
    return 0


def _plot_routes(record: Any, instance: Path | None, path: Path) -> None:
    """The routes of a record, on the instance that it was made from.

    Raises
    ------
    ValueError
        The record has no solution, or the instance is not there or another one.
    """
    from ..core import fingerprint
    from ..experiments.plot_routes import plot_routes
    from ..problems.files import load
    from ..problems.rounded_anew import as_recorded

    source = instance or record.instance.path
    if record.solution is None:
        raise ValueError(f"record must hold a solution to be drawn, got status {record.status.value}; solve it first")
    if source is None:
        raise ValueError("record must name its instance's file to be drawn, got none; give --instance FILE")
    problem = as_recorded(load(str(source), record.instance.kind), record.instance.conventions)
    if fingerprint(problem) != record.instance.fingerprint:
        raise ValueError(f"instance must be the record's own, got another one ({source}); give --instance FILE")
    import numpy as np

    plot_routes(problem, np.array(record.solution, dtype=np.int64), path)
