"""``qopt tune``: settings of a solver from runs on half of the instances, judged on the other half."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.files import write_text
from .instances import JsonFlag, load_instance
from .terminal import echo

if TYPE_CHECKING:
    from ..core import Problem
    from ..experiments.tuning.tune import Tuned

BUDGETS = ("shots", "evaluations", "seconds", "rounds")


def tune(
    files: Annotated[list[str], typer.Argument(help="Instance files, or one sweep's YAML with its instances.")],
    solver: Annotated[str, typer.Option(help="Solver to tune.")] = "sa",
    encoder: Annotated[str | None, typer.Option(help="Encoder to tune with it; the default one without.")] = None,
    method: Annotated[str, typer.Option(help="hyperband, id-hyperband, ac-band or tpe.")] = "hyperband",
    resource: Annotated[int, typer.Option("--resource", "-R", min=1, help="Most of the fidelity for one setting.")] = 9,
    fidelity: Annotated[str, typer.Option(help="instances, shots, evaluations or seconds.")] = "instances",
    unit: Annotated[float, typer.Option(min=0, help="Of a fidelity that is a limit.")] = 1,
    shots: Annotated[int | None, typer.Option(min=1, help="Limit of every run.")] = None,
    evaluations: Annotated[int | None, typer.Option(min=1, help="Limit of every run.")] = None,
    seconds: Annotated[float | None, typer.Option("--time-limit", min=0, help="Limit of every run.")] = None,
    captime: Annotated[float | None, typer.Option(min=0, help="Seconds at which an answer is worth nothing.")] = None,
    stage: Annotated[str, typer.Option(help="Whose answer counts: final, or raw (samples before repair).")] = "final",
    repeats: Annotated[int, typer.Option(min=1, help="Seeds of the validation.")] = 3,
    out: Annotated[Path, typer.Option(help="Run folder; called again, it goes on.")] = Path("runs/tuning"),
    settings: Annotated[Path | None, typer.Option(help="Where to write; OUT/tuned.yaml without.")] = None,
    more: Annotated[bool, typer.Option("--more", help="Three times the last resource.")] = False,
    kill_hopeless: Annotated[
        bool, typer.Option("--kill-hopeless", help="Stop training runs foreseen to end worse than the default's.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of configurations, split and runs.")] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Runs at a time.")] = 1,
    as_json: JsonFlag = False,
) -> int:
    """Tune a solver; the rows stay, so that a larger --resource or --more runs only what is new."""
    from ..core import unknown_name
    from ..experiments.tuning.rows import Rules
    from ..experiments.tuning.space import Space
    from ..experiments.tuning.tune import METHODS, write_settings
    from ..experiments.tuning.tune import tune as search

    for name, value, allowed in (
        ("method", method, METHODS),
        ("fidelity", fidelity, ("instances", "shots", "evaluations", "seconds")),
        ("stage", stage, ("final", "raw")),
    ):
        if value not in allowed:
            raise unknown_name(name, value, allowed)
    space = Space.of(solver, encoder)
    problems = _problems(files)
    given = {"shots": shots, "evaluations": evaluations, "seconds": seconds}
    budget = {key: value for key, value in given.items() if value is not None}
    state = out / "tuning.json"
    if more:
        resource = 3 * _last(state)
    rules = Rules(fidelity, unit, budget, captime, seed, stage, kill_hopeless)  # type: ignore[arg-type]
    found = search(
        problems,
        space,
        out,
        method=method,  # type: ignore[arg-type]
        resource=resource,
        rules=rules,
        seed=seed,
        jobs=jobs,
        repeats=repeats,
    )
    write_text(state, json.dumps({"resource": resource}))
    path = settings or out / "tuned.yaml"
    write_settings(path, found, space)
    if as_json:
        echo(json.dumps(_document(found, resource, path)))
    else:
        _tell(found, resource, path)
    return 0


def _problems(files: list[str]) -> list[Problem]:
    from ..experiments.sweep.matrix import read_matrix

    if len(files) == 1 and files[0].endswith((".yaml", ".yml")):
        matrix, _ = read_matrix(files[0])
        found = {cell.source.fingerprint: cell.source.problem for cell in matrix.cells}
        return list(found.values())
    return [load_instance(file) for file in files]


def _last(state: Path) -> int:
    try:
        return int(json.loads(state.read_text(encoding="utf-8"))["resource"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(
            f"--more must come after a tuning with the same --out, found no {state}; drop --more"
        ) from None


def _document(found: Tuned, resource: int, path: Path) -> dict[str, Any]:
    validation = None if found.validation is None else asdict(found.validation) | {"verdict": found.validation.verdict}
    rungs = [] if found.found is None else [asdict(rung) for rung in found.found.rungs]
    return {
        "schema": "qopt.tune/1",
        "resource": resource,
        "settings": str(path),
        "pipeline": found.config.pipeline,
        "score": found.score,
        "validation": validation,
        "runs": found.num_runs,
        "killed": found.num_killed,
        "rungs": rungs,
    }


def _tell(found: Tuned, resource: int, path: Path) -> None:
    if found.found is not None:
        for rung in found.found.rungs:
            best = rung.scores[0]
            echo(f"  {len(rung.scores):>4} settings at {rung.resource:>4}: best {best[1]:.4f} ({best[0]})")
    echo(f"{found.config.text}: training score {found.score:.4f}, {found.num_runs} runs made, resource {resource}")
    if found.num_killed:
        echo(f"  {found.num_killed} runs of the training were given up (--kill-hopeless)")
    if found.validation is None:
        echo("  one instance: nothing held out, so nothing is said of other instances")
    else:
        v = found.validation
        echo(
            f"  held out, {v.num_instances} instances: tuned {v.tuned:.4f}, default {v.default:.4f}, difference "
            f"{v.difference:+.4f} (95 %: {v.low:+.4f} to {v.high:+.4f}): {v.verdict}"
        )
    echo(f"{path}  (qopt solve FILE --settings {path})")
