"""``qopt compare``: what got better or worse between two sets of rows, and whether that is significant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from .terminal import echo, page


def compare(
    first: Annotated[Path, typer.Argument(help="Rows before: a run folder or a .jsonl file.")],
    second: Annotated[Path, typer.Argument(help="Rows after.")],
    unit: Annotated[str, typer.Option(help="What a test counts: instance (seeds averaged) or run.")] = "instance",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 if something got significantly worse.")] = False,
) -> int:
    """Compare runs of the same instances, seeds and pipelines."""
    from dataclasses import asdict

    from ..experiments.report.compare import change_table, compare_runs
    from ..experiments.report.runs import load_runs
    from ..experiments.report.times import Settings

    checked = Settings(unit=unit)  # type: ignore[arg-type]
    found = compare_runs(load_runs(first), load_runs(second), checked.unit)
    if as_json:
        changes = [asdict(change) | {"verdict": change.verdict} for change in found.changes]
        echo(json.dumps({"schema": "qopt.compare/1", **asdict(found), "changes": changes}))
    else:
        _print(change_table(found))
        for title, lines in (("Got worse most:", found.worse), ("Got better most:", found.better)):
            if lines:
                echo("\n".join([title, *(f"  {line}" for line in lines)]))
    return 1 if strict and found.is_worse else 0


def _print(table: object) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    from ..experiments.report.tables import Table

    assert isinstance(table, Table)
    grid = Grid(title=table.title, title_justify="left", caption=table.note, caption_justify="left")
    for i, column in enumerate(table.columns):
        justify: Literal["left", "right"] = "right" if any(row[i].is_number for row in table.rows) else "left"
        grid.add_column(column.name, no_wrap=True, justify=justify)
    for row in table.rows:
        grid.add_row(*(Text(cell.text) for cell in row))  # Text: a name such as qaoa[layers=1] is no markup
    # lines longer than the terminal rather than names or figures that are cut off
    page(width=1000).print(grid)
