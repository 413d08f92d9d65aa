"""``generate``, ``info``, ``verify``, ``convert``: instances and solutions as files."""

from __future__ import annotations

import inspect
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import named_as, part_options
from .terminal import echo

if TYPE_CHECKING:
    from ..core import Problem

JsonFlag = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
KindOption = Annotated[str | None, typer.Option(help="Kind of the instance where the file does not tell.")]

RoundingOption = Annotated[
    str | None, typer.Option(help="Distances of a routing instance anew: nint, trunc1 or exact.")
]


def load_instance(
    file: str,
    *,
    kind: str | None = None,
    best_known: str | None = None,
    complement: bool = False,
    rounding: str | None = None,
) -> Problem:
    """The instance in the file, rounded as said, with the reference that ``--best-known`` names.

    Raises
    ------
    ValueError
        ``--best-known`` is neither a finite number nor such a file, or a file beside another rounding than the
        instance's own; or the instance cannot be rounded so.
    """
    from ..core import BestKnown, number
    from ..problems.files import load

    read = load(file, kind=kind, complement=complement)
    problem = read if rounding is None else _rounded(read, rounding)
    if best_known is None:
        return problem
    try:
        value = float(best_known)
    except ValueError:
        if problem is not read:
            raise ValueError(
                f"--best-known must be a number beside --rounding {rounding}, got {best_known!r}: "
                "its values are those of the file's own rounding"
            ) from None
        known = _listed(Path(best_known), file, problem)
    else:
        if not math.isfinite(value):
            raise ValueError(f"--best-known must be a finite number or a best_known.csv, got {best_known!r}; check it")
        known = BestKnown(number(value), None, "--best-known")
    return replace(problem, best_known=known)  # type: ignore[type-var]


def _rounded(problem: Problem, rounding: str) -> Problem:
    from ..problems.rounded_anew import rounded_anew

    with named_as({"rounding": "--rounding"}):
        return rounded_anew(problem, rounding)


def _listed(table: Path, file: str, problem: Problem) -> Any:
    from ..experiments.best_known import known_value, read_table

    path = Path(file if Path(file).exists() else file.rpartition("#")[0] or file)
    known = known_value(read_table(table), table.parent, problem, path)
    if known is None:
        raise ValueError(
            f"{table} must have a row for {problem.name!r} ({problem.kind}, {path.name}), found none; "
            "give the value itself"
        )
    return known


def generate(
    ctx: typer.Context,
    kind: Annotated[str | None, typer.Argument(help="Kind, from `qopt list problems`.")] = None,
    n: Annotated[int | None, typer.Option("-n", help="Main size: items, cities, vertices, variables.")] = None,
    m: Annotated[int | None, typer.Option("-m", help="Second size: rows, knapsacks.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the instance.")] = 0,
    out: Annotated[str, typer.Option("--out", "-o", help="File to write; - for stdout.")] = "-",
    as_json: JsonFlag = False,
    help_wanted: Annotated[bool, typer.Option("--help", help="Sizes and options of the kind.")] = False,
) -> int:
    """Write a generated instance: qopt generate mdkp -n 10 -m 3 --seed 5 -o mdkp.json."""
    from ..core import GENERATORS
    from ..problems.files import save
    from ..problems.generate import generate as make

    if help_wanted or kind is None:
        _explain(kind)
        return 0 if help_wanted else 2
    entry = GENERATORS.get(kind)
    sizes: dict[str, Any] = {key: value for key, value in (("n", n), ("m", m)) if value is not None}
    sizes |= _typed(entry.make, part_options(ctx.args))
    problem = make(kind, seed=seed, **sizes)
    save(problem, out)
    if as_json and out != "-":
        print_written(out, problem)
    return 0


def print_written(path: str, problem: Problem) -> None:
    """What was written where, as one JSON document; an instance on stdout is a document already."""
    from ..core import fingerprint

    row = {"path": path, "name": problem.name, "kind": problem.kind, "fingerprint": fingerprint(problem)}
    echo(json.dumps({"schema": "qopt.written/1", **row}))


def _explain(kind: str | None) -> None:
    from ..core import GENERATORS

    if kind is None:
        echo("Usage: qopt generate KIND [-n N] [-m M] [--seed S] [-o FILE] [--OPTION VALUE ...]\n\nKinds:")
        for entry in GENERATORS:
            echo(f"  {entry.name:16} {entry.summary}")
        echo("\n`qopt generate KIND --help` lists the sizes of a kind.")
        return
    from ..problems.generate import size_options
    from .parts import option_rows, print_option

    entry = GENERATORS.get(kind)
    echo(f"Usage: qopt generate {entry.name} [-n N] [-m M] [--seed S] [-o FILE] [--OPTION VALUE ...]\n")
    echo((inspect.getdoc(entry.make) or "").partition("\nParameters\n")[0].strip() + "\n\nOptions:")
    for row in option_rows(size_options(kind)):
        print_option(row, short=len(row["name"]) == 1)
    print_option({"name": "seed", "type": "integer", "default": "0", "help": "seed of the instance"})


def _typed(make: Any, options: dict[str, str | bool]) -> dict[str, Any]:
    """Options as the types of the generator's keywords."""
    import typing

    from pydantic import TypeAdapter, ValidationError

    from ..core import unknown_name

    hints = typing.get_type_hints(make)
    values = {}
    for key, value in options.items():
        if key not in hints:
            known = [_written(name) for name in hints if name not in ("return", "n", "m")]
            raise unknown_name("generator option", _written(key), [*known, "-m", "-n"])
        try:
            values[key] = TypeAdapter(hints[key]).validate_python(value)
        except ValidationError as error:
            raise ValueError(f"{_written(key)} must be valid, got {value!r}; {error.errors()[0]['msg']}") from None
    return values


def _written(name: str) -> str:
    """A keyword as an option of the command line."""
    return f"--{name.replace('_', '-')}"


def info(
    file: Annotated[str, typer.Argument(help="Instance file; FILE#3 for one of several.")],
    kind: KindOption = None,
    complement: Annotated[
        bool, typer.Option(help="Read a clique file as the independent set of its complement.")
    ] = False,
    rounding: RoundingOption = None,
    as_json: JsonFlag = False,
) -> int:
    """What is in an instance file: kind, sizes, formulations, best known value."""
    from ..core import conventions, fingerprint
    from ..problems.files import load, load_all

    is_one = "#" in file and not Path(file).exists()
    read = (
        [load(file, kind=kind, complement=complement)] if is_one else load_all(file, kind=kind, complement=complement)
    )
    if rounding is not None:
        read = [_rounded(problem, rounding) for problem in read]
    rows = []
    for problem in read:
        known = problem.best_known
        forms = {name: form.size(problem)._asdict() for name, form in problem.formulations.items()}
        rows.append(
            {
                "name": problem.name,
                "kind": problem.kind,
                "sense": problem.sense,
                "size": problem.size,
                "conventions": conventions(problem),
                "best_known": None if known is None else vars(known),
                "formulations": forms,
                "fingerprint": fingerprint(problem),
            }
        )
    if as_json:
        echo(json.dumps({"schema": "qopt.info/1", "instances": rows}))
        return 0
    for row in rows:
        _print_info(row)
    return 0


def _print_info(row: dict[str, Any]) -> None:
    size = ", ".join(f"{count} {what}" for what, count in row["size"].items())
    known = row["best_known"]
    value = "" if known is None else f"  best known {known['value']}"
    echo(f"{row['name'] or '(no name)'}  {row['kind']} ({row['sense']}): {size}{value}")
    if row["conventions"]:
        echo("  " + ", ".join(f"{key} {word}" for key, word in row["conventions"].items()))
    for name, form in row["formulations"].items():
        counts = ", ".join(f"{count} {what}" for what, count in form.items())
        echo(f"  {name}: {counts}")


def verify(
    file: Annotated[str, typer.Argument(help="Instance file.")],
    solution: Annotated[str, typer.Argument(help="Solution file of any known format, or a record; - for stdin.")],
    kind: KindOption = None,
    complement: Annotated[bool, typer.Option(help="As in `info`.")] = False,
    best_known: Annotated[str | None, typer.Option(help="Reference: a number, or a best_known.csv.")] = None,
    rounding: RoundingOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Recompute a solution's objective and violations, and hold a record's claims against them."""
    from ..core import relative_gap
    from ..experiments.verify import broken_claims
    from ..experiments.verify import verify as check
    from ..problems.solutions import read_solution_file

    problem = load_instance(file, kind=kind, best_known=best_known, complement=complement, rounding=rounding)
    read = read_solution_file(solution, problem)
    found = check(problem, read.solution)
    broken = [] if read.document is None else broken_claims(problem, read.document, found)
    known = problem.best_known
    gap = relative_gap(found.objective, known.value, problem.sense) if known and found.is_feasible else None
    if as_json:
        row: dict[str, Any] = {
            "objective": found.objective,
            "feasible": found.is_feasible,
            "violations": dict(found.violations),
        }
        row |= {"gap": gap, "stated": read.stated, "note": read.note, "broken_claims": broken}
        echo(json.dumps({"schema": "qopt.verify/1", "name": problem.name, **row}))
    else:
        against = "" if known is None else f"  best known {known.value}  gap {'-' if gap is None else f'{gap:.4%}'}"
        echo(f"objective {found.objective}  {'feasible' if found.is_feasible else 'infeasible'}{against}")
        for claim in broken:
            echo(f"  {claim}", err=True)
        if read.document is None and read.stated is not None and read.stated != found.objective:
            echo(f"  the file states {read.stated}", err=True)
        if read.note:
            echo(f"  {read.note}", err=True)
        for name, amount in found.violations.items():
            echo(f"  broken by {amount:g}: {name}", err=True)
    return 0 if found.is_feasible and not broken else 1


def convert(
    source: Annotated[str, typer.Argument(help="Instance file; - for stdin.")],
    target: Annotated[str, typer.Argument(help="File to write, its suffix tells the format; - for JSON on stdout.")],
    kind: KindOption = None,
    complement: Annotated[bool, typer.Option(help="As in `info`.")] = False,
    rounding: RoundingOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Write an instance in another format."""
    from ..problems.files import save

    problem = load_instance(source, kind=kind, complement=complement, rounding=rounding)
    save(problem, target)
    if as_json and target != "-":
        print_written(target, problem)
    return 0
