"""``qopt solve``: one instance, one pipeline, one verified answer; with ``--compare`` several side by side."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.files import write_text
from .errors import INFEASIBLE
from .options import check_targets, part_errors, part_options, run_target
from .progress import Progress
from .terminal import echo

if TYPE_CHECKING:
    from ..core import Problem, Record
    from ..experiments.pipeline import Pipeline


def solve(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="Instance file; FILE#3 for the third in it; - for stdin.")],
    solver: Annotated[str, typer.Option(help="Name from `qopt list solvers`; auto chooses and says why.")] = "auto",
    encoder: Annotated[str | None, typer.Option(help="Name from `qopt list encoders`.")] = None,
    settings: Annotated[Path | None, typer.Option(help="Solver and encoder from the YAML of `qopt tune`.")] = None,
    portfolio: Annotated[
        Path | None,
        typer.Option(help="Let the file of `qopt portfolio train` choose; with --solver portfolio or auto."),
    ] = None,
    compare: Annotated[list[str] | None, typer.Option(help="Further solver, same seed and limits; repeatable.")] = None,
    formulation: Annotated[str | None, typer.Option(help="One of the problem's formulations.")] = None,
    shrink: Annotated[
        float | None, typer.Option(help="Shrink the QUBO to so many qubits (20) or a share (0.6).")
    ] = None,
    presolve: Annotated[str | None, typer.Option(help="Fix variables by the LP first: lp or safe.")] = None,
    repair: Annotated[str, typer.Option(help="auto, nearest or off.")] = "auto",
    improve: Annotated[bool, typer.Option(help="Local search after the repair, its own stage.")] = True,
    control: Annotated[bool, typer.Option(help="Repeat the stages on as many random points.")] = True,
    ceiling: Annotated[bool, typer.Option(help="Also solve each round of a decomposition exactly.")] = False,
    repair_top: Annotated[int, typer.Option(help="Distinct samples a round that are repaired.")] = 10,
    seed: Annotated[int, typer.Option(help="0..2**31-1.")] = 0,
    time_limit: Annotated[float | None, typer.Option(help="Seconds for the run.")] = None,
    evaluations: Annotated[int | None, typer.Option(help="Energy evaluations of a circuit optimiser.")] = None,
    shots: Annotated[
        int | None,
        typer.Option(help="Samples a round, the same for all; of each evaluation: --shots-per-evaluation."),
    ] = None,
    rounds: Annotated[int | None, typer.Option(help="Rounds of an iterating encoder.")] = None,
    target: Annotated[float | None, typer.Option(help="Stop at a verified objective this good.")] = None,
    reference: Annotated[
        str, typer.Option(help="Where the literature has none: auto (counted, or a second's search), SECONDS or none.")
    ] = "auto",
    best_known: Annotated[str | None, typer.Option(help="Reference: a number, or a best_known.csv.")] = None,
    kind: Annotated[str | None, typer.Option(help="Kind of the instance where the file does not tell.")] = None,
    rounding: Annotated[
        str | None,
        typer.Option(help="Distances of a routing instance anew: nint, trunc1 or exact. Other words: the solver's."),
    ] = None,
    prove: Annotated[bool, typer.Option(help="Exit 20 unless the answer is proven optimal.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the record as JSON.")] = None,
    save_solution: Annotated[Path | None, typer.Option(help="Write the solution; `qopt verify` reads it.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="Keep the rounds of an iterating encoder here; a file that is there goes on.")
    ] = None,
    save_subproblems: Annotated[
        Path | None, typer.Option(help="Folder for each round of a decomposition: QUBO, points, what was accepted.")
    ] = None,
    keep_samples: Annotated[bool, typer.Option("--keep-samples", help="Keep the drawn points in the record.")] = False,
    quiet: Annotated[bool, typer.Option(help="No progress on stderr.")] = False,
) -> int:
    """Solve an instance and say how far from the optimum the answer is.

    Any field of the chosen solver or encoder is an option too: --num-layers 3, --penalty 12.5, --solver.alpha 0.25; see
    `qopt list solvers --options`.
    """
    from ..core import Budget
    from ..core.allowed_modules import allow_class
    from ..experiments.limits_given import check_limits
    from ..experiments.reference_run import ReferenceRule
    from ..experiments.resolve_pipeline import choose_pipeline, is_sampler, make_ready
    from ..experiments.run import run
    from ..experiments.verify import check_across
    from ..problems.rounding import ROUNDINGS
    from .by_portfolio import ByPortfolio
    from .instances import load_instance
    from .render import print_records

    check_targets(out, save_solution)
    if save_subproblems is not None and not save_subproblems.is_dir():
        raise ValueError(f"save-subproblems must be a folder that exists, got {str(save_subproblems)!r}; make it first")
    rule = ReferenceRule.of(reference)
    given = part_options(ctx.args)
    if rounding is not None and rounding not in ROUNDINGS:  # solver qrao has a field of that name
        given["rounding"], rounding = rounding, None
    problem = load_instance(file, kind=kind, best_known=best_known, rounding=rounding)
    bare = {"target": target} if target is not None else {}
    budget = Budget(time_limit, evaluations, shots, rounds, run_target(given, target))
    allow_class(str(given.get("solver.target", "")))  # named on the command line
    chosen: Any = (solver, encoder)
    if settings is not None:
        chosen = _tuned(settings, solver, encoder)
    options = given
    switches: dict[str, Any] = {"repair": repair, "improve": improve, "control": control, "repair_top": repair_top}
    switches["seconds"] = time_limit
    own: dict[str, Any] = {"ceiling": ceiling} if ceiling else {}
    own |= {"shrink": shrink, "presolve": presolve}
    named = portfolio is not None or solver == "portfolio"
    by = ByPortfolio.of(portfolio, problem, solver, encoder, given) if named else None
    if by is not None:
        chosen = by.first
    for name in (chosen[0], *(compare or [])):
        with part_errors(ctx):
            make_ready(name)
    check_limits(bare, chosen[0], chosen[1], options)
    spent = [time.monotonic()]
    with part_errors(ctx):
        first, inner = chosen
        pipelines = [choose_pipeline(problem, first, inner, formulation, options, **switches, **own)]
        spent.append(time.monotonic())
    # the options were meant for the first solver; the others run with their defaults
    for other in compare or []:
        form = formulation if is_sampler(other) else None
        pipelines.append(choose_pipeline(problem, other, None, form, {}, **switches))
        spent.append(time.monotonic())
    records: list[Record] = []
    for pipeline, began, chosen_at in zip(pipelines, spent, spent[1:]):
        if not quiet:
            _announce(problem, pipeline)
        known = None if problem.best_known is None else float(problem.best_known.value)
        report = None if quiet else Progress(budget.seconds, problem.sense, known)
        kept = state if not records else None  # of the first pipeline alone
        more: dict[str, Any] = {"report": report, "path": file, "state": kept, "reference": rule}
        more["spent"] = chosen_at - began
        more["keep_samples"] = keep_samples and (not records or pipeline.encoder is not None)
        more["save_subproblems"] = save_subproblems if not records else None
        with report or contextlib.nullcontext():
            if by is not None and not records:
                every = {**switches, **own}
                records.append(by.solve(budget, seed=seed, formulation=formulation, switches=every, more=more))
            else:
                records.append(run(problem, pipeline, budget=budget, seed=seed, **more))
    check_across(problem, records)
    if out is not None:
        write_text(out, json.dumps(_document(records), indent=1) + "\n")
    if save_solution is not None:
        _save_solution(problem, records[0], save_solution)
    if as_json:
        echo(json.dumps(_document(records)))
    else:
        print_records(records)
    return exit_code(records[0], prove=prove)


def exit_code(record: Record, *, prove: bool) -> int:
    """0 for a feasible answer, 1 for none, 20 for an unproven one with ``--prove``, 21 for a proven empty instance."""
    from ..core import Status

    if record.status is Status.INFEASIBLE:
        return INFEASIBLE
    if record.status is Status.OPTIMAL:
        return 0
    if record.status is Status.FEASIBLE:
        return 20 if prove else 0
    return 1


def _document(records: list[Record]) -> dict[str, object]:
    if len(records) == 1:
        return records[0].to_json()
    return {"schema": "qopt.records/1", "records": [record.to_json() for record in records]}


def _save_solution(problem: Problem, record: Record, path: Path) -> None:
    import numpy as np

    from ..problems.solutions import write_solution

    if record.solution is None:
        raise RuntimeError(f"there is no solution to save (status {record.status.value}); raise the limits")
    write_solution(problem, np.array(record.solution, dtype=np.int64), str(path))


def _announce(problem: Problem, pipeline: Pipeline) -> None:
    from ..experiments.equality_systems import equality_system

    size = ", ".join(f"{count} {what}" for what, count in problem.size.items())
    echo(f"{problem.name or problem.kind} ({problem.kind}: {size})", err=True)
    if pipeline.note:
        echo(f"chosen: {pipeline.note}", err=True)
    if pipeline.encoder is not None and (system := equality_system(problem)):
        names = " or ".join(f"--solver {name}" for name, _ in system.solvers)
        echo(f"{system.text}; exact here: {names}", err=True)


def _tuned(settings: Path, solver: str, encoder: str | None) -> tuple[Any, Any]:
    """Solver and encoder of a settings file, which leaves no room for others on the command line."""
    from ..experiments.tuning.tune import read_settings

    if solver != "auto" or encoder is not None:
        raise ValueError("--settings names solver and encoder; leave out --solver and --encoder")
    found = read_settings(settings)
    return found["solver"], found.get("encoder")
