"""``qopt bench``: a sweep's spec becomes rows; stopped at any moment, the same call goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..experiments.sweep.matrix import Matrix
    from ..experiments.sweep.runner import Executor


def bench(
    spec: Annotated[str, typer.Argument(help="Sweep as YAML; see docs/sweeps.md.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="KEY=VALUE, such as solver.layers=1,2,3.")] = None,
    base: Annotated[
        Path | None, typer.Option(help="Folder of the instances: relative paths of the spec start here.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/NAME without.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Runs at a time on this machine.")] = 1,
    dask: Annotated[
        str | None, typer.Option(help="Dask cluster: tcp://host:8786, local or slurm; --jobs is its workers.")
    ] = None,
    retry: Annotated[str, typer.Option(help="none, or failed: run failed rows again.")] = "none",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the matrix and run nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    quiet: Annotated[bool, typer.Option(help="No progress.")] = False,
) -> int:
    """Run a matrix of instances, pipelines and seeds; rerun to resume."""
    from ..core import unknown_name
    from ..experiments.sweep.folder import prepare
    from ..experiments.sweep.matrix import read_matrix
    from ..experiments.sweep.runner import missing_tasks, run_matrix
    from ..experiments.sweep.store import Store
    from .bench_view import Watcher, print_matrix

    if retry not in ("none", "failed"):
        raise unknown_name("retry", retry, ("none", "failed"))
    matrix, document = read_matrix(spec, overrides or [], base)
    if dry_run:
        return print_matrix(matrix, as_json=as_json)
    folder = out or Path("runs") / (matrix.sweep.name or Path(spec).stem)
    with Store(folder) as store:
        prepare(folder, matrix, Path(document.path).read_bytes(), overrides or [])
        if store.healed_bytes:
            typer.echo(f"dropped a torn last line of {store.healed_bytes} bytes; its run is done again", err=True)
        left = len(missing_tasks(matrix, store, retry))
        executor = _executor(matrix, dask, jobs, folder)
        with Watcher(matrix, left, jobs, is_quiet=quiet or as_json) as watch:
            progress = run_matrix(matrix, store, executor, retry=retry, watch=watch)  # type: ignore[arg-type]
    summary: dict[str, Any] = {
        "schema": "qopt.bench/1",
        "folder": str(folder),
        "runs": progress.total,
        "already": progress.already,
        "done": progress.done,
        "failed": progress.failed,
    }
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        typer.echo(
            f"{progress.total} runs: {progress.already} were there, {progress.done} done, of which {progress.failed} "
            f"failed; rows in {folder}/rows.jsonl; now: qopt report {folder}"
        )
    return 0


def _executor(matrix: Matrix, dask: str | None, jobs: int, folder: Path) -> Executor:
    del matrix
    if dask is not None:
        from ..experiments.sweep.dask_runner import Cluster

        return Cluster(dask, jobs)
    from ..experiments.sweep.runner import Local

    return Local(jobs, folder / "runs.log")
