"""``qopt export``: the rows of a sweep for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .terminal import echo

if TYPE_CHECKING:
    from ..experiments.report.runs import RunSet


def export(
    run: Annotated[Path, typer.Argument(help="Run folder of `qopt bench`, or a file of rows.")],
    csv: Annotated[Path | None, typer.Option("--csv", help="One flat row a run.")] = None,
    sqlite: Annotated[Path | None, typer.Option("--sqlite", help="Tables runs, traces and records.")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="One flat row a run; needs pyarrow.")] = None,
    qoblib: Annotated[Path | None, typer.Option("--qoblib", help="Folder of QOBLIB submissions.")] = None,
    ioh: Annotated[Path | None, typer.Option("--ioh", help="Folder of IOHprofiler data.")] = None,
    submitter: Annotated[str, typer.Option(help="QOBLIB: names, with commas between them.")] = "",
    affiliation: Annotated[str, typer.Option(help="QOBLIB: one for each submitter.")] = "",
    date: Annotated[str, typer.Option(help="QOBLIB: YYYYMMDD; today without.")] = "",
    reference: Annotated[str, typer.Option(help="QOBLIB: paper or address.")] = "N/A",
    hardware: Annotated[str, typer.Option(help="QOBLIB: machine; told from the rows without.")] = "",
    qoblib_checker: Annotated[str, typer.Option(help="QOBLIB: version of its checker, 2026-06 or 1.1.0.")] = "2026-06",
) -> int:
    """Write rows as CSV, SQLite, Parquet, QOBLIB submissions or IOHprofiler data."""
    from ..experiments.report.runs import load_runs

    if not any((csv, sqlite, parquet, qoblib, ioh)):
        raise ValueError("export must have a format, got none; add --csv FILE, --sqlite, --parquet, --qoblib or --ioh")
    runs = load_runs(run)
    _tables(runs, csv, sqlite, parquet)
    if qoblib is not None:
        from datetime import date as day

        from ..experiments.export.qoblib import Submission, write_qoblib

        when = date or day.today().strftime("%Y%m%d")
        submission = Submission(submitter, affiliation, when, reference, hardware, qoblib_checker)
        _tell(qoblib, "instance folders", *write_qoblib(runs, qoblib, submission))
    if ioh is not None:
        from ..experiments.export.ioh import write_ioh

        _tell(ioh, "info files", *write_ioh(runs, ioh))
    return 0


def _tables(runs: RunSet, csv: Path | None, sqlite: Path | None, parquet: Path | None) -> None:
    from ..experiments.export import tabular
    from ..experiments.report.times import Settings, captime_of

    if not any((csv, sqlite, parquet)):
        return
    settings = Settings()
    captime = captime_of(runs, settings)
    rows = [tabular.flat_row(runs, run, captime, settings) for run in runs.runs]
    for path in (csv, sqlite, parquet):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path is csv:
                tabular.write_csv(rows, path)
            elif path is sqlite:
                tabular.write_sqlite(rows, runs, path)
            else:
                tabular.write_parquet(rows, path)
            echo(f"{path}: {len(rows)} rows")


def _tell(folder: Path, what: str, written: list[Path], left_out: list[str]) -> None:
    for reason in left_out:
        echo(f"left out: {reason}", err=True)
    echo(f"{folder}: {len(written)} {what}")
