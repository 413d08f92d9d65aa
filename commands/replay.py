"""``qopt replay``: a row or record again, and whether it is identical."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .terminal import echo

if TYPE_CHECKING:
    from ..core import Problem
    from ..experiments.sweep.replay import Replay

#: Differences that are printed; --json has all.
MAX_LINES = 20


def replay(
    run: Annotated[str, typer.Argument(help="Id of a row or its first digits; a record's file; or a rows.jsonl: all.")],
    folder: Annotated[Path | None, typer.Option("--run", help="Run folder; every one in runs/ without.")] = None,
    instance: Annotated[
        str | None, typer.Option(help="Instance file, where neither the run folder nor the record's path has it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> int:
    """Run a row again and say whether the same comes out; exit 0 if so."""
    from ..experiments.sweep.pool import Pool
    from ..experiments.sweep.replay import find_row, record_rows
    from ..experiments.sweep.replay import replay as again
    from ..experiments.sweep.store import ROWS

    if Path(run).is_file():
        beside = Path(run).parent
        place = beside if (beside / "instances").is_dir() else None
        rows = [(place, row) for row in record_rows(Path(run))]
    else:
        folders = [folder] if folder is not None else sorted(path.parent for path in Path("runs").glob(f"*/{ROWS}"))
        rows = [find_row(folders, run.lower())]
    problems = [_instance(place, row, instance) for place, row in rows]
    with Pool() as pool:
        found = [again(row, problem, pool) for (_, row), problem in zip(rows, problems, strict=True)]
    if as_json:
        documents = [vars(one) for one in found]
        echo(json.dumps({"schema": "qopt.replay/1", "replays": documents}))
    else:
        for one in found:
            _print(one)
    return 0 if all(one.verdict == "identical" for one in found) else 1


def _instance(folder: Path | None, row: dict[str, Any], given: str | None) -> Problem:
    from ..experiments.sweep.folder import instance_of
    from ..problems.rounded_anew import as_recorded
    from .instances import load_instance

    kind, conventions = row["instance"]["kind"], row["instance"].get("conventions") or {}
    if given is not None:
        return as_recorded(load_instance(given, kind=kind, best_known=None), conventions)
    if folder is not None:
        return instance_of(folder, row["instance"]["fingerprint"])
    path = row["instance"]["path"]
    if not path or path == "-":
        raise ValueError(f"record {row['id'][:16]} must name its instance's file, got none; give it by --instance")
    return as_recorded(load_instance(path, kind=kind, best_known=None), conventions)


def _print(one: Replay) -> None:
    reason = f": {one.reason}" if one.reason else ""
    echo(f"{one.id[:16]}  {one.verdict}{reason}")
    for line in one.differences[:MAX_LINES]:
        echo(f"  {line}")
    if len(one.differences) > MAX_LINES:
        echo(f"  and {len(one.differences) - MAX_LINES} more, see --json")
