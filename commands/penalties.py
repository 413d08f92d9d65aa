"""``penalty-sweep`` and ``tune-penalty``: how a penalty changes what a sampler finds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from .instances import JsonFlag, KindOption, load_instance
from .options import check_picture, part_errors, part_options
from .terminal import echo


def penalty_sweep(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="Instance file.")],
    solver: Annotated[str, typer.Option(help="Sampler.")] = "sa",
    encoder: Annotated[str, typer.Option(help="Encoder with a penalty.")] = "slack",
    factors: Annotated[str | None, typer.Option(help="Multiples of the valid penalty, such as 0.01,0.1,1.")] = None,
    seed: Annotated[int, typer.Option(help="0..2**31-1.")] = 0,
    time_limit: Annotated[float | None, typer.Option(help="Seconds for each run.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw feasible share and gap over the penalty (PNG, SVG).")] = None,
    kind: KindOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Feasible share and gap over the penalty; tells a penalty too small from a sampler too weak."""
    from ..core import Budget
    from ..experiments.penalty_sweep import FACTORS, plot_sweep
    from ..experiments.penalty_sweep import penalty_sweep as sweep
    from ..experiments.resolve_pipeline import choose_pipeline, is_sampler

    tried = FACTORS if factors is None else _factors(factors)
    if plot is not None:
        check_picture("plot", plot)
    if not is_sampler(solver):
        raise ValueError(f"solver must be a sampler, got {solver!r}, which reads the instance itself; use sa")
    problem = load_instance(file, kind=kind)
    with part_errors(ctx):
        pipeline = choose_pipeline(problem, solver, encoder, None, part_options(ctx.args))
    found = sweep(problem, pipeline, factors=tried, budget=Budget(seconds=time_limit), seed=seed)
    rows = found.rows
    if plot is not None:
        plot_sweep(rows, plot, f"{problem.name or problem.kind}: {solver} on {encoder}")
    if as_json:
        held = {"best": found.best, "is_proven": found.is_proven}
        document = {"schema": "qopt.penalty-sweep/1", "name": problem.name, **held, "rows": [vars(row) for row in rows]}
        echo(json.dumps(document))
        return 0
    proven = "the proven optimum" if found.is_proven else "the best value known, not proven to be the optimum"
    echo(f"{problem.name or problem.kind}: {solver} on {encoder}; verdicts against {found.best}, {proven}")
    echo(f"{'factor':>8} {'penalty':>12} {'feasible':>9} {'gap':>8}  verdict")
    for row in rows:
        share = "-" if row.feasible_share is None else f"{row.feasible_share:.1%}"
        gap = "-" if row.gap is None else f"{row.gap:.2%}"
        echo(f"{row.factor:8g} {row.penalty:12.6g} {share:>9} {gap:>8}  {row.verdict}")
    return 0


def _factors(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(item) for item in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(math.isfinite(factor) and factor >= 0 for factor in found):
        raise ValueError(f"factors must be numbers >= 0 with commas between, got {text!r}; such as 0.01,0.1,1")
    return found


def tune_penalty(
    files: Annotated[list[str], typer.Argument(help="Instance files of one family.")],
    seed: Annotated[int, typer.Option(help="0..2**31-1.")] = 0,
    kind: KindOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Fit the two weights of the unbalanced encoder on a family of instances."""
    from ..encoders.tune import tune
    from ..problems.formulations import formulate

    programs = [formulate(load_instance(file, kind=kind), None).program for file in files]
    found = tune(programs, seed=seed)
    if as_json:
        echo(json.dumps({"schema": "qopt.tune-penalty/1", **vars(found)}))
    else:
        for key, value in vars(found).items():
            echo(f"{key} {value}")
    return 0
