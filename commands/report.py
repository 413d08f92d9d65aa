"""``qopt report``: the rows of a sweep become a page that people read, with pictures and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import named_as
from .terminal import echo


def report(
    run: Annotated[Path, typer.Argument(help="Run folder of `qopt bench`, or a file of rows.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write to; RUN/report without.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Tables as report.md, too.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Tables as report.tex, too.")] = False,
    pictures: Annotated[bool, typer.Option(help="PNG and SVG of each plot.")] = True,
    records: Annotated[str, typer.Option(help="Records in the page: auto, embed, beside or none.")] = "auto",
    unit: Annotated[str, typer.Option(help="What a test counts: instance (seeds averaged) or run.")] = "instance",
    target_gap: Annotated[float, typer.Option(min=0, help="Gap that counts as success; 0 is the reference.")] = 0.0,
    captime: Annotated[float | None, typer.Option(help="Seconds of utilities and primal integrals.")] = None,
    watts: Annotated[float | None, typer.Option(help="Watts of a busy core where no counter was read.")] = None,
    qpu_kilowatts: Annotated[
        float | None, typer.Option(help="Kilowatts of a quantum machine: its energy, as a model.")
    ] = None,
    qpu_shot_seconds: Annotated[
        float | None, typer.Option(help="Seconds of a shot on it, where rows hold no device's time.")
    ] = None,
) -> int:
    """Write one HTML file that works offline, and pictures of its plots."""
    from ..experiments.report.output import Output, write_report
    from ..experiments.report.report import make_report
    from ..experiments.report.runs import load_runs
    from ..experiments.report.times import WATTS_PER_CORE, Settings

    core = WATTS_PER_CORE if watts is None else watts
    with named_as({name: f"--{name.replace('_', '-')}" for name in ("watts", "qpu_kilowatts", "qpu_shot_seconds")}):
        settings = Settings(unit, target_gap, captime, core, qpu_kilowatts, qpu_shot_seconds)  # type: ignore[arg-type]
    output = Output(markdown, latex, pictures, records)  # type: ignore[arg-type]
    found = make_report(load_runs(run), settings)
    folder = out or (run if run.is_dir() else run.parent) / "report"
    written = write_report(found, folder, output)
    for sentence in found.findings:
        echo(f"- {sentence}")
    if written.left_out:
        echo(f"qopt: {written.left_out}", err=True)
    echo(str(written.page))
    return 0
