"""``qopt reproduce``: a paper's tables, computed anew and set beside the published figures."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from .terminal import echo

#: The study whose rows are no runs.
LABS = "labs-scaling"


def reproduce(
    name: Annotated[str, typer.Argument(help="Name of a paper, or labs-scaling; an unknown one lists them all.")],
    quick: Annotated[bool, typer.Option("--quick", help="A subset of minutes, on generated instances.")] = False,
    instances: Annotated[
        Path | None, typer.Option(help="Folder of the public instances; see docs/instances.md.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/NAME without.")] = None,
    report: Annotated[Path | None, typer.Option(help="Folder of the report; the run folder without.")] = None,
    repeats: Annotated[
        int | None, typer.Option(min=1, help="Seeds of each run; as the paper's spec says without.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Runs at a time.")] = 1,
    tell_only: Annotated[bool, typer.Option("--tell-only", help="Write the report of the rows there are.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    quiet: Annotated[bool, typer.Option(help="No progress.")] = False,
) -> int:
    """Run a paper's sweep, rerun to resume, and write its report."""
    from ..experiments.papers import paper
    from ..experiments.papers.render import write_report
    from ..experiments.sweep.matrix import read_matrix
    from ..experiments.sweep.store import latest_rows
    from .bench import executor_of, run_rows

    if name == LABS:
        return _labs(quick, report or out or Path("runs") / (f"{LABS}-quick" if quick else LABS), as_json)
    chosen = paper(name)
    spec = chosen.spec(quick=quick)
    reads_files = "files:" in spec.read_text(encoding="utf-8")
    if reads_files and instances is None and not tell_only:
        raise ValueError(
            f"instances must name the folder of the public instances for the whole of {name}, got none; give "
            "--instances DIR (docs/instances.md says where they are to be had), or --quick for generated ones"
        )
    folder = out or Path("runs") / (f"{name}-quick" if quick else name)
    if not tell_only:
        overrides = [] if repeats is None else [f"repeats={repeats}"]
        matrix, document = read_matrix(str(spec), overrides, instances)
        executor = executor_of(folder, jobs)
        run_rows(matrix, document, folder, executor, overrides=overrides, is_quiet=quiet or as_json)
    words = ["qopt", "reproduce", name] + ["--quick"] * quick + ["--instances", "DIR"] * reads_files
    words += [] if repeats is None else ["--repeats", str(repeats)]
    rows = list(latest_rows(folder).values())
    path = write_report(chosen, rows, report or folder, command=shlex.join(words))
    if as_json:
        echo(json.dumps({"schema": "qopt.reproduce/1", "paper": name, "rows": len(rows), "report": str(path)}))
    else:
        echo(f"{len(rows)} rows in {folder}/rows.jsonl told in {path}")
    return 0


def _labs(quick: bool, folder: Path, as_json: bool) -> int:
    """The scaling study, which has overlaps of exact states for its rows, not runs."""
    from ..experiments.papers.labs_scaling import write

    path = write(folder, quick=quick)
    if as_json:
        rows = len((folder / "rows.jsonl").read_text(encoding="utf-8").splitlines())
        echo(json.dumps({"schema": "qopt.reproduce/1", "paper": LABS, "rows": rows, "report": str(path)}))
    else:
        echo(path.read_text(encoding="utf-8"))
    return 0
