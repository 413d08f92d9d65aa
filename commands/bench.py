"""``qopt bench``: a sweep's spec becomes rows; stopped at any moment, the same call goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .terminal import echo

if TYPE_CHECKING:
    from ..experiments.sweep.document import Document
    from ..experiments.sweep.matrix import Matrix
    from ..experiments.sweep.runner import Executor, Progress


def bench(
    spec: Annotated[str, typer.Argument(help="Sweep as YAML; see docs/sweeps.md.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="KEY=VALUE, such as solver.num_layers=1,2,3.")] = None,
    base: Annotated[
        Path | None, typer.Option(help="Folder of the instances: relative paths of the spec start here.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/NAME without.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Runs at a time on this machine.")] = 1,
    dask: Annotated[
        str | None, typer.Option(help="Dask cluster: tcp://host:8786; or local or slurm with --jobs workers.")
    ] = None,
    retry: Annotated[str, typer.Option(help="none, or failed: run failed rows again.")] = "none",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the matrix and run nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    quiet: Annotated[bool, typer.Option(help="No progress.")] = False,
) -> int:
    """Run a matrix of instances, pipelines and seeds; rerun to resume. Exit 1 if a run was refused or failed."""
    from ..core.allowed_modules import allow_class
    from ..experiments.sweep.matrix import read_matrix
    from .bench_view import print_matrix

    for override in overrides or []:  # named on the command line, where the spec's own names are not
        key, _, value = override.partition("=")
        if key.endswith("solver.target"):
            for path in value.split(","):
                allow_class(path)
    matrix, document = read_matrix(spec, overrides or [], base)
    if dry_run:
        return print_matrix(matrix, as_json=as_json)
    folder = out or Path("runs") / (matrix.sweep.name or Path(spec).stem)
    executor = executor_of(folder, jobs, dask)
    try:
        progress = run_rows(
            matrix, document, folder, executor, overrides=overrides or [], retry=retry, is_quiet=quiet or as_json
        )
    except KeyboardInterrupt:
        echo(f"stopped; every finished run is in {folder}/rows.jsonl, the same command goes on", err=True)
        return 130
    unanswered = failures(matrix, folder)
    summary: dict[str, Any] = {
        "schema": "qopt.bench/1",
        "folder": str(folder),
        "runs": progress.total,
        "already": progress.already,
        "done": progress.done,
        "failed": progress.failed,
        "failures": unanswered,
    }
    if as_json:
        echo(json.dumps(summary))
    else:
        echo(
            f"{progress.total} runs: {progress.already} were there, {progress.done} done, of which {progress.failed} "
            f"failed; rows in {folder}/rows.jsonl; now: qopt report {folder}"
        )
        for label, endings in unanswered.items():
            parts = ", ".join(f"{number} {ending}" for ending, number in endings.items())
            echo(
                f"without an answer: {label} ({parts} of {runs_of(matrix, label)} runs); --retry failed runs them again"
            )
    return 1 if unanswered else 0


def failures(matrix: Matrix, folder: Path) -> dict[str, dict[str, int]]:
    """How many rows of each pipeline failed and how (refused, error, memory, timeout, died), those of before too."""
    from ..experiments.sweep.store import latest_rows

    wanted = {task.id for task in matrix.tasks}
    found: dict[str, dict[str, int]] = {}
    for key, row in latest_rows(folder).items():
        if key in wanted and row.get("status") == "failed":
            sweep = row.get("sweep") or {}
            endings = found.setdefault(str(sweep.get("pipeline")), {})
            ending = str(sweep.get("failure") or "error")
            endings[ending] = endings.get(ending, 0) + 1
    return found


def runs_of(matrix: Matrix, label: str) -> int:
    """How many runs the matrix has of that pipeline."""
    return sum(matrix.cells[task.cell].variant.label == label for task in matrix.tasks)


def run_rows(
    matrix: Matrix,
    document: Document,
    folder: Path,
    executor: Executor,
    *,
    overrides: Sequence[str] = (),
    retry: str = "none",
    is_quiet: bool = False,
) -> Progress:
    """Write the rows that the folder does not have yet, with progress on the terminal.

    Raises
    ------
    ValueError
        ``retry`` is no known word.
    """
    from ..core import unknown_name
    from ..experiments.energy import counters_note, read_counters
    from ..experiments.sweep.folder import prepare
    from ..experiments.sweep.runner import missing_tasks, run_matrix
    from ..experiments.sweep.store import Store
    from .bench_view import Watcher

    if retry not in ("none", "failed"):
        raise unknown_name("retry", retry, ("none", "failed"))
    with Store(folder) as store:
        prepare(folder, matrix, Path(document.path).read_bytes(), overrides)
        if store.healed_bytes:
            echo(f"dropped a torn last line of {store.healed_bytes} bytes; its run is done again", err=True)
        tasks = missing_tasks(matrix, store, redo_failed=retry == "failed")
        if tasks and executor.is_alone and not is_quiet and (note := counters_note(read_counters())):
            echo(note, err=True)
        with Watcher(matrix, tasks, is_quiet=is_quiet) as watch:
            return run_matrix(matrix, tasks, store, executor, watch=watch)


def executor_of(folder: Path, jobs: int, dask: str | None = None) -> Executor:
    """Who runs the rows: so many processes here, or a Dask cluster."""
    if dask is not None:
        from ..experiments.sweep.dask_runner import Cluster

        return Cluster(dask, jobs, lambda text: echo(text, err=True))
    from ..experiments.sweep.runner import Local

    return Local(jobs, folder / "runs.log")
