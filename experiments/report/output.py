"""A report as files in a folder: the page, the pictures, and tables as Markdown and LaTeX."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...core import MissingDependencyError
from ...core.files import write_text
from ...core.printable import printable
from .page import Records, write_page
from .pictures import draw_pictures
from .report import Report
from .tables import Table, escape_latex, escape_markdown, latex_table, markdown_table


@dataclass(frozen=True)
class Output:
    """What to write; ``pictures`` are PNG and SVG of each plot, which need matplotlib."""

    markdown: bool = False
    latex: bool = False
    pictures: bool = True
    records: Records = "auto"

    def __post_init__(self) -> None:
        if self.records not in ("auto", "embed", "beside", "none"):
            raise ValueError(f"records must be auto, embed, beside or none, got {self.records!r}")


@dataclass(frozen=True)
class Written:
    """The page, all files, and what was left out and why."""

    page: Path
    files: tuple[Path, ...]
    left_out: str = ""


def write_report(report: Report, folder: Path, output: Output | None = None) -> Written:
    """Write the report; the page always, the rest as asked."""
    output = output or Output()
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "report.html"
    files = write_page(report, page, records=output.records)
    if output.markdown:
        files.append(folder / "report.md")
        write_text(files[-1], printable(markdown(report)))
    if output.latex:
        files.append(folder / "report.tex")
        write_text(files[-1], printable(latex(report)))
    left_out = ""
    if output.pictures:
        try:
            files += draw_pictures(list(report.plots.values()), folder / "plots")
        except MissingDependencyError as error:
            left_out = f"no PNG and SVG of the plots: {error}"
    return Written(page, tuple(files), left_out)


def markdown(report: Report) -> str:
    """The matrix, the findings and the other tables as Markdown; record links are left out."""
    tables = [markdown_table(table) for table in _printed(report)]
    told = "".join(f"- {escape_markdown(sentence)}\n" for sentence in report.findings)
    first = 1 if report.tables["matrix"].rows else 0
    title = escape_markdown(str(report.runs.document.get("name") or "Report"))
    return "\n".join([f"# {title}\n", *tables[:first], told, *tables[first:]])


def latex(report: Report) -> str:
    """The matrix, the findings and the other tables for LaTeX; they need the package booktabs."""
    tables = [latex_table(table) for table in _printed(report)]
    items = "".join(f"\\item {escape_latex(sentence)}\n" for sentence in report.findings)
    told = f"\\begin{{itemize}}\n{items}\\end{{itemize}}\n"
    first = 1 if report.tables["matrix"].rows else 0
    return "\n".join(["% needs \\usepackage{booktabs}\n", *tables[:first], told, *tables[first:]])


def _printed(report: Report) -> list[Table]:
    tables = [table for table in report.tables.values() if table.rows]
    return [_without_links(table) if table.key == "instances" else table for table in tables]


def _without_links(table: Table) -> Table:
    return Table(table.key, table.title, table.columns[:-1], [row[:-1] for row in table.rows], table.note)
