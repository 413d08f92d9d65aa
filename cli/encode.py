"""``encode`` and ``plan``: what an instance becomes, and what it would take, before anything runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .instances import JsonFlag, KindOption, load_instance, print_written
from .options import part_options

#: Columns whose values are sentences.
TEXTS = ("note", "refusal")
#: Words at the head of a column, where the key's own are too long.
HEADS = {
    "aux_qubits": "aux",
    "quadratic_terms": "terms",
    "largest": "largest |c|",
    "smallest": "smallest |c|",
    "penalty_min": "penalty from",
    "penalty_max": "penalty to",
    "is_exact": "exact",
    "is_relaxation": "relaxes",
}


def encode(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="Instance file.")],
    encoder: Annotated[str | None, typer.Option(help="Only this encoder; its fields are options too.")] = None,
    formulation: Annotated[str | None, typer.Option(help="One of the problem's formulations.")] = None,
    export: Annotated[
        Path | None, typer.Option(help="Write the QUBO: .bqm, .coo, .lp or .pauli (needs --encoder).")
    ] = None,
    kind: KindOption = None,
    as_json: JsonFlag = False,
) -> int:
    """All encoders side by side: qubits, terms, coefficients, penalty, exact or not; or export one."""
    from ..core import ENCODERS, from_spec
    from ..encoders.compare import compare_encoders
    from ..encoders.export import export_encoding
    from ..experiments.formulate import formulate

    problem = load_instance(file, kind=kind)
    program = formulate(problem, formulation).program
    names = [entry.name for entry in ENCODERS] if encoder is None else [encoder]
    options = part_options(ctx.args)
    if options and encoder is None:
        raise ValueError("options of an encoder must come with --encoder NAME; name it")
    parts = [from_spec("encoders", {"name": name, **options}) for name in names]
    if export is not None:
        if encoder is None:
            raise ValueError("--export must come with --encoder NAME; name it")
        export_encoding(parts[0].encode(program), export)
        if as_json:
            print_written(str(export), problem)
        else:
            typer.echo(f"wrote {export}", err=True)
        return 0
    rows = [compare_encoders(part, program) for part in parts]
    if as_json:
        typer.echo(json.dumps({"schema": "qopt.encode/1", "name": problem.name, "encoders": rows}))
    else:
        _print_table(f"{problem.name or problem.kind}: encodings", rows)
    return 0


def plan(
    file: Annotated[str, typer.Argument(help="Instance file.")],
    formulation: Annotated[str | None, typer.Option(help="One of the problem's formulations.")] = None,
    encoder: Annotated[list[str] | None, typer.Option(help="Encoder; repeatable.")] = None,
    kind: KindOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Qubits, bytes and estimated seconds for each solver, and what would be refused and why."""
    from ..experiments.plan import plan_rows

    problem = load_instance(file, kind=kind)
    rows = plan_rows(problem, formulation=formulation, encoders=encoder or ["slack", "unbalanced"])
    if as_json:
        typer.echo(json.dumps({"schema": "qopt.plan/1", "name": problem.name, "rows": rows}))
    else:
        _print_table(f"{problem.name or problem.kind}: plan", rows)
    return 0


def _print_table(title: str, rows: list[dict[str, Any]]) -> None:
    """Figures as a table; what is text (notes, refusals) stands below it, one line a row."""
    from rich.table import Table

    from .render import page

    columns = [key for key in dict.fromkeys(key for row in rows for key in row) if key not in TEXTS]
    table = Table(title=title, title_justify="left")
    for column in columns:
        justify = "left" if column in ("encoder", "solver") else "right"
        table.add_column(HEADS.get(column, column), justify=justify)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    console = page()
    console.print(table)
    for row in rows:
        label = " on ".join(str(row[key]) for key in ("solver", "encoder") if row.get(key))
        for text in (row[key] for key in TEXTS if row.get(key)):
            console.print(f"{label}: {text}", markup=False, soft_wrap=True)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    return f"{value:.3g}" if isinstance(value, int) and value >= 10**7 else str(value)
