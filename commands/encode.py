"""``encode`` and ``plan``: what an instance becomes, and what it would take, before anything runs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from .instances import JsonFlag, KindOption, load_instance, print_written
from .options import check_export, named_as, part_options
from .tables import print_encodings, print_plan
from .terminal import echo

#: Encoders that search or solve relaxations for their QUBO, and the variables from which they must be asked for.
SLOW = ("shrink",)
SLOW_FROM = 150


def encode(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="Instance file.")],
    encoder: Annotated[str | None, typer.Option(help="Only this encoder; its fields are options too.")] = None,
    formulation: Annotated[str | None, typer.Option(help="One of the problem's formulations.")] = None,
    export: Annotated[
        Path | None, typer.Option(help="Write the QUBO: .bqm, .coo, .hubo, .json, .lp or .pauli (needs --encoder).")
    ] = None,
    kind: KindOption = None,
    as_json: JsonFlag = False,
) -> int:
    """All encoders side by side: qubits, terms, coefficients, penalty, exact or not; or export one."""
    from ..core import ENCODERS, from_spec
    from ..encoders.compare import compare_encoders
    from ..encoders.export import export_encoding
    from ..problems.formulations import formulate

    if export is not None:
        if encoder is None:
            raise ValueError("--export must come with --encoder NAME; name it")
        check_export(export)
    problem = load_instance(file, kind=kind)
    program = formulate(problem, formulation).program
    names = [entry.name for entry in ENCODERS] if encoder is None else [encoder]
    options = part_options(ctx.args)
    if options and encoder is None:
        raise ValueError("options of an encoder must come with --encoder NAME; name it")
    parts = [from_spec("encoders", {"name": name, **options}) for name in names]
    if export is not None:
        export_encoding(parts[0].encode(program), export)
        if as_json:
            print_written(str(export), problem)
        else:
            echo(f"wrote {export}", err=True)
        return 0
    left_out = SLOW if encoder is None and program.num_variables >= SLOW_FROM else ()
    rows = [compare_encoders(part, program) for name, part in zip(names, parts, strict=True) if name not in left_out]
    if as_json:
        echo(json.dumps({"schema": "qopt.encode/1", "name": problem.name, "encoders": rows}))
    else:
        print_encodings(f"{problem.name or problem.kind}: encodings", rows)
        for name in left_out:
            echo(f"{name}: takes long on {program.num_variables} variables; ask for it by --encoder {name}", err=True)
    return 0


def plan(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="Instance file.")],
    formulation: Annotated[str | None, typer.Option(help="One of the problem's formulations.")] = None,
    encoder: Annotated[list[str] | None, typer.Option(help="Encoder; repeatable.")] = None,
    solver: Annotated[str | None, typer.Option(help="Only this solver; its fields are options too.")] = None,
    precision: Annotated[float, typer.Option(help="Wished half-width of a mean utility (0..1).")] = 0.1,
    kind: KindOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Qubits, bytes and estimated seconds for each solver, and what would be refused and why."""
    from ..experiments.equality_systems import equality_system
    from ..experiments.estimates import plan_rows
    from ..experiments.report.bounded import runs_needed

    with named_as({"precision": "--precision"}):
        runs = runs_needed(precision)
    problem = load_instance(file, kind=kind)
    options = part_options(ctx.args)
    if options and solver is None:
        raise ValueError("options of a solver must come with --solver NAME; name it")
    spec = {"name": solver, **options} if solver else None
    decompose = encoder is None and solver is None
    rows = plan_rows(problem, formulation=formulation, encoders=encoder, decompose=decompose, solver=spec)
    system = equality_system(problem)
    exact = [(name, reason, solve_command(file, kind, name)) for name, reason in (system.solvers if system else ())]
    if as_json:
        told = [{"solver": name, "reason": reason, "command": command} for name, reason, command in exact]
        document = {"schema": "qopt.plan/1", "name": problem.name, "rows": rows, "runs_needed": runs}
        document["equality_system"] = None if system is None else {"text": system.text, "exact": told}
        echo(json.dumps(document))
    else:
        print_plan(f"{problem.name or problem.kind}: plan", rows)
        if system is not None:
            echo(f"{system.text}; exact here:")
            for _, reason, command in exact:
                echo(f"  {command}  ({reason})")
        echo(f"{runs} independent runs give a mean utility within {precision:g} (95 %, Hoeffding); see --precision")
    return 0


def solve_command(file: str, kind: str | None, solver: str) -> str:
    """What to type to solve a file by a solver.

    Examples
    --------
    >>> solve_command("a b.dat", None, "cpsat")
    "qopt solve 'a b.dat' --solver cpsat"
    """
    return shlex.join(["qopt", "solve", file, *(["--kind", kind] if kind else []), "--solver", solver])
