"""``qopt tune``: settings of a solver from runs on half of the instances, judged on the other half."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.files import write_text
from .instances import JsonFlag, load_instance
from .terminal import echo

if TYPE_CHECKING:
    from ..core import Problem
    from ..experiments.tuning.space import Space
    from ..experiments.tuning.tune import Tuned

#: Most of the fidelity where only the time limits the search.
MOST = 3**8


def tune(
    files: Annotated[list[str], typer.Argument(help="Instance files, or one sweep's YAML with its instances.")],
    solver: Annotated[str, typer.Option(help="Solver to tune.")] = "sa",
    encoder: Annotated[str | None, typer.Option(help="Encoder to tune with it; the default one without.")] = None,
    method: Annotated[str, typer.Option(help="hyperband, id-hyperband, ac-band or tpe.")] = "hyperband",
    resource: Annotated[
        int | None,
        typer.Option("--resource", "-R", min=1, max=MOST, help="Most of the fidelity for one setting; 9 without."),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Time of the whole search, as 90s, 10m or 1h: as deep as fits, up to -R.")
    ] = None,
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
    dask: Annotated[
        str | None, typer.Option(help="Dask scheduler (tcp://host:port), local or slurm; see docs/sweeps.md.")
    ] = None,
    as_json: JsonFlag = False,
) -> int:
    """Tune a solver; the rows stay, so that a larger --resource or --more runs only what is new."""
    from ..core import unknown_name
    from ..experiments.tuning.rows import Rules
    from ..experiments.tuning.space import Space
    from ..experiments.tuning.tune import METHODS, tune_within, write_settings
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
    limits = {key: value for key, value in given.items() if value is not None}
    state = out / "tuning.json"
    within = None if budget is None else _seconds(budget, method, more=more)
    asked = _asked(space, method, fidelity, unit, limits, captime, stage, seed, kill_hopeless, problems)
    if more:
        resource = 3 * _last(state, asked)
    rules = Rules(fidelity, unit, limits, captime, seed, stage, kill_hopeless)  # type: ignore[arg-type]

    def at(level: int) -> Tuned:
        own: Any = {"method": method, "resource": level, "rules": rules, "seed": seed, "jobs": jobs, "repeats": repeats}
        own["dask"] = dask
        return search(problems, space, out, **own)

    if within is None:
        resource = resource or 9
        found = at(resource)
    else:
        found, resource = tune_within(within, resource or MOST, at)
    write_text(state, json.dumps({"resource": resource, "asked": asked}))
    path = settings or out / "tuned.yaml"
    write_settings(path, found, space)
    if as_json:
        echo(json.dumps(_document(found, resource, path)))
    else:
        _tell(found, resource, path)
    return 0


def _seconds(text: str, method: str, *, more: bool) -> float:
    """Seconds of ``90``, ``90s``, ``10m`` or ``1h``."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    seconds = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]] if found else 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"--budget must be a time > 0 such as 90s, 10m or 1h, got {text!r}")
    if more or "hyperband" not in method:
        raise ValueError("--budget must come with hyperband and without --more, which it is by itself; leave one out")
    return seconds


def _problems(files: list[str]) -> list[Problem]:
    from ..experiments.sweep.matrix import read_matrix

    if len(files) == 1 and files[0].endswith((".yaml", ".yml")):
        matrix, _ = read_matrix(files[0])
        found = {cell.source.fingerprint: cell.source.problem for cell in matrix.cells}
        return list(found.values())
    return [load_instance(file) for file in files]


def _asked(space: Space, *words: Any) -> dict[str, Any]:
    """What a tuning is of: another one cannot be its continuation."""
    from ..core import fingerprint

    names = ("method", "fidelity", "unit", "limits", "captime", "stage", "seed", "kill-hopeless")
    asked = {"solver": space.solver, "encoder": space.encoder, **dict(zip(names, words, strict=False))}
    return asked | {"instances": sorted({fingerprint(problem)[:16] for problem in words[-1]})}


def _last(state: Path, asked: dict[str, Any]) -> int:
    """The resource of the folder's former tuning, of which this one is the continuation.

    Raises
    ------
    ValueError
        There is none, or it was of something else.
    """
    try:
        found = json.loads(state.read_text(encoding="utf-8"))
        resource, former = int(found["resource"]), dict(found.get("asked", asked))
        if not 1 <= 3 * resource <= MOST:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        raise ValueError(
            f"--more must come after a tuning with the same --out, found no resource up to {MOST // 3} in {state}; "
            "drop --more"
        ) from None
    changed = [name for name in asked if former.get(name) != asked[name]]
    if changed:
        told = "; ".join(f"{name} was {_brief(former.get(name))}, is {_brief(asked[name])}" for name in changed)
        raise ValueError(
            f"--more must continue the tuning in {state.parent} ({told}); drop --more or give another --out"
        )
    return resource


def _brief(value: Any) -> str:
    return f"{len(value)} files" if isinstance(value, list) else str(value)


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
