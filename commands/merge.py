"""``qopt merge``: rows of several machines in one run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .terminal import echo

#: Differing pairs that are printed; --json has all.
MAX_LINES = 20


def merge(
    folders: Annotated[list[Path], typer.Argument(help="Run folders, or their rows.jsonl.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write; the first one without.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> int:
    """Put rows together: equal ones once, differing ones of one id both, and told; exit 1 if replayable rows differ."""
    from ..experiments.sweep.merge import merge as put_together

    target = out or folders[0]
    if target.is_file() or target.suffix == ".jsonl":
        raise ValueError(f"merge must write a folder, got {str(target)!r}; give one by --out")
    done = put_together(folders, target)
    if as_json:
        differing = [vars(pair) for pair in done.differing]
        echo(json.dumps({"schema": "qopt.merge/1", **vars(done), "folder": str(target), "differing": differing}))
    else:
        for pair in done.differing[:MAX_LINES]:
            why = "should be equal" if pair.is_replayable else "not replayable"
            echo(f"{pair.id[:16]}  both kept ({why}): {pair.text}", err=True)
        if len(done.differing) > MAX_LINES:
            echo(f"and {len(done.differing) - MAX_LINES} more pairs that differ, see --json", err=True)
        echo(
            f"{done.runs} runs in {target}: {done.added} rows added, {done.equal} were there and equal, "
            f"{len(done.differing)} kept twice because they differ"
        )
    return 1 if any(pair.is_replayable for pair in done.differing) else 0
