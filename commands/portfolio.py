"""``qopt portfolio train``: the rows of sweeps become a file that chooses solvers for ``qopt solve --portfolio``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .instances import JsonFlag
from .options import check_targets
from .terminal import echo

if TYPE_CHECKING:
    from ..experiments.portfolio.train import Portfolio, Scores

portfolio = typer.Typer(help="Choose a solver by what was measured.", no_args_is_help=True)


@portfolio.callback()
def _group() -> None:
    """Choose a solver by what was measured."""


@portfolio.command("train")
def train_on(
    run: Annotated[Path, typer.Argument(help="Run folder of `qopt bench`; several: `qopt merge` first.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.")] = Path("portfolio.json"),
    target_gap: Annotated[float, typer.Option(min=0, help="Gap to the reference that counts as success.")] = 0.0,
    captime: Annotated[float | None, typer.Option(help="Seconds at which an answer is worth nothing.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of forests and folds.")] = 0,
    as_json: JsonFlag = False,
) -> int:
    """Learn from the rows which pipeline reaches the target first, and say what that is worth on unseen families."""
    from ..experiments.portfolio.file import to_json, write_portfolio
    from ..experiments.portfolio.train import budget_of, fit_portfolio, pipelines_of, table_of
    from ..experiments.report.runs import load_runs
    from ..experiments.sweep.folder import instance_of

    check_targets(out)
    if captime is not None and not 0 < captime < float("inf"):
        raise ValueError(f"--captime must be a finite number > 0, got {captime!r}")
    runs = load_runs(run)
    folder = run if run.is_dir() else run.parent
    rows = {key: json.loads(line) for key, line in runs.lines.items()}
    table = table_of(runs, lambda key: instance_of(folder, key), target_gap=target_gap, captime=captime)
    trained = fit_portfolio(table, pipelines_of(runs, rows), budget=budget_of(runs), seed=seed)
    write_portfolio(trained, out)
    if as_json:
        document = to_json(trained)
        echo(json.dumps({key: value for key, value in document.items() if key not in ("log_seconds", "failure")}))
        return 0
    tell(trained)
    echo(f"{out}  (qopt solve FILE --solver portfolio --portfolio {out})")
    return 0


def tell(trained: Portfolio) -> None:
    """The mode and its figures: training, out of fold, each family left out, and over all families."""
    models = trained.models
    echo(f"{trained.training.num_instances} instances, captime {models.captime:.3g} s; single best {models.single}")
    echo("schedule: " + (", ".join(f"{label} {seconds:.3g} s" for label, seconds in models.schedule) or "none"))
    echo(f"mode {trained.mode} ({trained.reason})")
    head = ("mean utility", "instances", "single best", "virtual best", "selector", "schedule", "in use", "closed gap")
    echo(" ".join(f"{word:>13}" for word in head))
    rows = {"training": trained.training, "5 folds": trained.folds}
    rows |= {f"no {family}": one for family, one in trained.families.items()}
    if trained.families:
        rows["no own family"] = _pooled(list(trained.families.values()))
    for name, one in rows.items():
        closed = one.closed(trained.mode)
        figures = (one.single, one.virtual, one.modes["selector"], one.modes["schedule"], one.modes[trained.mode])
        cells = [f"{one.num_instances:>13}", *(f"{value:>13.3f}" for value in figures)]
        cells.append(f"{'-' if closed is None else f'{closed:.0%}':>13}")
        echo(f"{name:>13} " + " ".join(cells))


def _pooled(scores: list[Scores]) -> Scores:
    """The mean over all instances, each by models that did not see its family."""
    from ..experiments.portfolio.train import Scores

    total = sum(one.num_instances for one in scores)

    def mean(values: list[float]) -> float:
        return sum(one.num_instances * value for one, value in zip(scores, values, strict=True)) / total

    modes = {mode: mean([one.modes[mode] for one in scores]) for mode in scores[0].modes}
    return Scores(total, mean([one.single for one in scores]), mean([one.virtual for one in scores]), modes)
