"""``qopt shrink``: an instance's QUBO made small, merge by merge, before anything is solved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.files import write_text
from .instances import JsonFlag, KindOption, load_instance
from .options import check_export, check_targets, part_options
from .terminal import echo

if TYPE_CHECKING:
    from ..core import Encoder

#: Merges that the table shows without ``--all``.
MAX_ROWS = 40


def shrink(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="Instance file.")],
    target: Annotated[float, typer.Option(help="Qubits to reach (20), or the share to keep (0.6).")] = 2 / 3,
    encoder: Annotated[str, typer.Option(help="Encoder whose QUBO is shrunk.")] = "slack",
    presolve: Annotated[str | None, typer.Option(help="Fix variables by the LP first: lp or safe.")] = None,
    formulation: Annotated[str | None, typer.Option(help="One of the problem's formulations.")] = None,
    export: Annotated[
        Path | None, typer.Option(help="Write the shrunk QUBO; the suffix says the form (.bqm, .coo, ...).")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Write merges, expansion and graph as JSON; `qopt plot` draws it.")
    ] = None,
    every_merge: Annotated[bool, typer.Option("--all", help=f"All merges, not the first {MAX_ROWS}.")] = False,
    kind: KindOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Print the merges that shrink an instance's QUBO, and save the small QUBO and the way back.

    Any field of the encoder shrink is an option too: --correlations lp, --admissibility verified, --every 5; those of
    the encoder inside are written --encoder.penalty 12.
    """
    from ..encoders.export import export_encoding
    from ..experiments.merges import shrink_document
    from ..problems.formulations import formulate

    check_targets(save)
    if export is not None:
        check_export(export)
    problem = load_instance(file, kind=kind)
    program = formulate(problem, formulation).program
    chosen = _chosen(encoder, target, presolve, part_options(ctx.args))
    encoding = chosen.encode(program)
    document = shrink_document(problem.name or problem.kind, encoding, program.names)
    if export is not None:
        export_encoding(encoding, export)
        echo(f"wrote {export}", err=True)
    if save is not None:
        write_text(save, json.dumps(document) + "\n")
        echo(f"wrote {save}", err=True)
    if as_json:
        echo(json.dumps(document))
    else:
        _print(document, encoding.note, None if every_merge else MAX_ROWS)
    return 0


def _chosen(encoder: str, target: float, presolve: str | None, options: dict[str, Any]) -> Encoder:
    """The encoder inside ``shrink``, and that inside ``fix`` where presolve is asked for."""
    from ..core import ENCODERS, accepted_fields, from_spec, unknown_name
    from ..experiments.encoder_shorthands import take_options, wrapped, wrappers_of

    known = set(accepted_fields(ENCODERS.get(encoder).make))
    wrappers, left = take_options(wrappers_of(shrink=target, presolve=presolve), options, known)
    spec: dict[str, Any] = {"name": encoder}
    for option, value in left.items():
        role, _, field = option.rpartition(".")
        if role not in ("", "encoder") or field not in known:
            every = known.union(*(accepted_fields(ENCODERS.get(part["name"]).make) for part in wrappers.values()))
            raise unknown_name(f"option of shrink and {encoder}", option, every)
        spec[field] = value
    inner: Encoder = from_spec("encoders", spec)
    return wrapped(inner, wrappers)


def _print(document: dict[str, Any], note: str, most: int | None) -> None:
    from rich.table import Table

    from ..experiments.merges import relation
    from .terminal import page

    merges = document["merges"]
    table = Table(title=f"{document['name']}: merges", title_justify="left")
    for column, justify in (("step", "right"), ("kind", "left"), ("bit", "left"), ("correlation", "right")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for step, row in enumerate(merges[:most], start=1):
        strength = "-" if row["kind"] in ("forced", "implied") else f"{row['correlation']:.3f}"
        table.add_row(str(step), row["kind"], relation(row), strength)
    console = page()
    console.print(table)
    if most is not None and len(merges) > most:
        console.print(f"  and {len(merges) - most} more (--all)", markup=False)
    console.print(f"  {note}", markup=False, soft_wrap=True)
    counts = ", ".join(f"{count} {kind}" for kind, count in document["merges_by_kind"].items()) or "none"
    refused = ", ".join(f"{count} {reason}" for reason, count in document["rejected"].items()) or "none"
    console.print(f"  merges: {counts}; refused: {refused}", markup=False)
    console.print(f"  correlations computed {document['num_solves']} times", markup=False)
    if document["bound_loss"] is not None:
        bounds = f"{document['bound_before']:.6g} before, {document['bound']:.6g} after"
        loss = f"{document['bound_loss']:.2%} of the cut's bound lost"
        console.print(f"  relaxation's bound of the QUBO: {bounds}; {loss}", markup=False)
