"""One HTML file that works offline: tables as markup, plots and records as data, one script under a content policy.

Everything from rows is escaped or stands in JSON that scripts put in as text. The policy names the hash of the page's
own script, so nothing else in the file can run, and no address can be reached.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from ...core.files import write_text
from ...core.printable import printable
from .plot import Plot
from .report import Report
from .route_pages import routes_html
from .tables import Cell, Table, html_table

Records = Literal["auto", "embed", "beside", "none"]
#: Rows in one packed part, and packed bytes up to which ``auto`` embeds them in the page.
PART_ROWS = 500
MAX_EMBEDDED = 3_000_000
RECORDS_FOLDER = "records"


@dataclass(frozen=True)
class Section:
    """A heading, what stands under it, and its place in links."""

    key: str
    title: str
    html: str


def write_page(report: Report, path: Path, *, records: Records = "auto") -> list[Path]:
    """The page, and the records beside it where they are too many to embed; what was written."""
    packed = [] if records == "none" else pack(list(report.runs.lines.values()))
    is_embedded = records == "embed" or (records == "auto" and sum(map(len, packed)) <= MAX_EMBEDDED)
    written = [path]
    if packed and not is_embedded:
        folder = path.parent / RECORDS_FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(packed):
            written.append(folder / f"part-{number}.js")
            write_text(written[-1], f'qoptPart({number},"{text}")')
    write_text(path, printable(page(report, packed if is_embedded else [], is_beside=not is_embedded)))
    return written


def pack(lines: Sequence[bytes]) -> list[str]:
    """Rows as parts of gzip in base64, the same for the same rows."""
    parts = (lines[start : start + PART_ROWS] for start in range(0, len(lines), PART_ROWS))
    return [base64.b64encode(gzip.compress(b"\n".join(part), 6, mtime=0)).decode() for part in parts]


def page(report: Report, packed: Sequence[str], *, is_beside: bool) -> str:
    """The page's text."""
    script = "\n".join(_part(name) for name in ("plot.js", "table.js", "record.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    sections = _sections(report)
    title = str(report.runs.document.get("name") or Path(report.runs.source).stem or "qopt report")
    parts = {
        "title": escape(title),
        "policy": f"'sha256-{digest}'" + (" 'self' file:" if is_beside else ""),
        "css": _part("page.css"),
        "lead": _lead(report),
        "nav": "".join(f'<a href="#{section.key}">{escape(section.title)}</a>' for section in sections),
        "body": "\n".join(
            f'<section id="{s.key}" aria-label="{escape(s.title)}"><h2>{escape(s.title)}</h2>{s.html}</section>'
            for s in sections
        ),
        "footer": f"Written by <code>qopt report</code> from {len(report.runs.runs):,} rows. "
        "Every figure is told from the rows alone.",
        "data": "\n".join([*_data(report), *_embedded(packed)]),
        "script": script,
    }
    text = _part("page.html")
    # one pass over the template: a name in the data that looks like a place is left as it is
    pieces = text.split("{{")
    return pieces[0] + "".join(parts[name] + rest for name, rest in (piece.split("}}", 1) for piece in pieces[1:]))


def _part(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8").rstrip("\n")


def _worth(tables: Mapping[str, Table], plots: Mapping[str, Plot]) -> list[Section]:
    """The section on worth, where any run has one."""
    if not tables["worth"].rows:
        return []
    return [Section("worth", "What a sample is worth", _figure(plots, "crossover") + _table(tables["worth"]))]


def _lead(report: Report) -> str:
    runs = report.runs
    failed = sum(run.status == "failed" for run in runs.runs)
    counts = [
        ("runs", len(runs.runs)),
        ("instances", len(runs.instances)),
        ("kinds", len({run.kind for run in runs.runs})),
        ("pipelines", len(runs.pipelines)),
        ("of them quantum", len(runs.quantum)),
        ("failed runs", failed),
    ]
    facts = "".join(f"<li><b>{number:,}</b><span>{text}</span></li>" for text, number in counts)
    description = escape(str(runs.document.get("description") or ""))
    return f'<p class="lead">{description}</p><ul class="facts">{facts}</ul>'


def _sections(report: Report) -> list[Section]:
    tables, plots = report.tables, report.plots
    told = "".join(f"<li>{escape(sentence)}</li>" for sentence in report.findings)
    found = [
        Section("findings", "In short", _table(tables["matrix"]) + f'<ul class="findings">{told}</ul>'),
        Section(
            "control",
            "Earned by the sampler?",
            "<p>A repaired figure alone proves nothing: repair and local search solve much by themselves. So every "
            "sampler is measured against equally many uniform points of its own ground (same reduction, core, start, "
            "rows) that went through the same selection, repair and improvement; one that begins near a relaxed point "
            "against as many points of that start.</p>"
            + _figure(plots, "waterfall")
            + _table(tables["control"])
            + (_table(tables["program"]) if tables["program"].rows else "")
            + (_table(tables["uniform"]) if tables["uniform"].rows else ""),
        ),
        *_worth(tables, plots),
        Section(
            "quality",
            "Quality",
            _figure(plots, "gap")
            + _table(tables["quality"])
            + _table(tables["kinds"])
            + _figure(plots, "scatter")
            + _figure(plots, "feasibility"),
        ),
        Section("comparison", "Which is better", _figure(plots, "ranks") + _table(tables["pairs"])),
        Section(
            "time",
            "Time",
            _figure(plots, "ecdf")
            + _figure(plots, "profile")
            + _table(tables["time"])
            + _table(tables["targets"])
            + _figure(plots, "residual")
            + _table(tables["targets-instances"])
            + _table(tables["utility"])
            + _table(tables["restarts"]),
        ),
        Section(
            "resources",
            "Size and resources",
            _figure(plots, "time-scaling") + _figure(plots, "qubit-scaling") + _table(tables["resources"]),
        ),
        *_energy(tables),
        *_routes(report),
        Section("instances", "Instances and records", _instances(tables["instances"])),
    ]
    if tables["failures"].rows:
        found.append(Section("failures", "Failures", _table(tables["failures"])))
    return [*found, Section("method", "How it was measured", _method(report))]


def _figure(plots: Mapping[str, Plot], key: str) -> str:
    plot = plots.get(key)
    if plot is None or plot.is_empty:
        return ""
    return (
        f'<figure><h3>{escape(plot.title)}</h3><div class="plot" data-plot="{key}"></div>'
        f"<figcaption>{escape(plot.caption)}</figcaption></figure>"
    )


def _table(table: Table) -> str:
    return html_table(table) if table.rows else ""


def _instances(table: Table) -> str:
    """The frame of the long table; its rows are data, drawn a page at a time."""
    frame = html_table(Table(table.key, "An instance and pipeline a row", table.columns, [], table.note))
    return "<p>Filter by words, sort by any column; the numbers in the last one open the records.</p>" + frame


def _energy(tables: Mapping[str, Table]) -> list[Section]:
    """Joules by pipeline, and by instance where these are few; nothing where no row has any."""
    if len(tables["energy"].columns) <= 3:  # pipeline and counts alone
        return []
    by_instance = tables["energy-instances"]
    return [Section("energy", "Energy", _table(tables["energy"]) + (_table(by_instance) if by_instance.rows else ""))]


def _routes(report: Report) -> list[Section]:
    """Routes and schedules, where any run found some."""
    html = routes_html(report.routes)
    return [Section("routes", "Routes and schedules", html)] if html else []


def _method(report: Report) -> str:
    settings, document = report.settings, report.runs.document
    unit = (
        "Runs are paired by instance and seed; the differences of one instance are averaged, and the instance is what "
        "a test counts, since seeds of one instance are not independent."
        if settings.unit == "instance"
        else "Runs are paired by instance and seed, and every pair is counted; seeds of one instance resemble each "
        "other, so p-values are too small where there are few instances."
    )
    lines = [
        unit,
        "Gap: (objective - reference) / |reference|, the sign such that lower is better; absolute where the reference "
        "is 0. The reference of an instance is the strongest that the literature and all its runs know.",
        "Tests: Wilcoxon's signed-rank test (Pratt's zeros, exact up to 200 pairs) with Holm's correction; Friedman's "
        "test with Nemenyi's critical difference. Effect: matched-pairs rank-biserial correlation, -1 to 1.",
        "A run without a feasible answer counts as one unit of gap worse than the worst feasible one.",
        "TTS99 = t max(1, ln 0.01 / ln(1 - p)), t of one run or one read, p with Wilson's interval; without a success "
        "only a lower limit is given. It is not QOBLIB's time to solution, which is the time to the incumbent.",
        f"Target: within {100 * settings.target_gap:g} % of the reference. Energy model: {settings.watts:g} W a busy "
        "core, where no counter was read.",
    ]
    html = "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
    for name in ("spec", "overrides", "budget", "environment"):
        value = document.get(name)
        if value:
            text = escape(value if isinstance(value, str) else json.dumps(value, indent=1))
            html += f"<details><summary>{name.capitalize()}</summary><pre tabindex='0'>{text}</pre></details>"
    return html


def _data(report: Report) -> list[str]:
    plots = {key: plot.to_json() for key, plot in report.plots.items() if not plot.is_empty}
    rows = [[_cell(cell) for cell in row] for row in report.tables["instances"].rows]
    ids = [identity[:12] for identity in report.runs.lines]
    index = {"ids": ids, "size": PART_ROWS, "folder": RECORDS_FOLDER}
    named: dict[str, Any] = {"plots": plots, "instances": {"rows": rows}, "index": index}
    return [_json_block(f"data-{name}", value) for name, value in named.items()]


def _cell(cell: Cell) -> Any:
    return cell.text if cell.value == cell.text or cell.link else [cell.text, _number(cell.value)]


def _number(value: float | str | None) -> float | str | None:
    """JSON has no inf; a run without an answer sorts as the worst."""
    return 1e300 if value == float("inf") else value


def _json_block(key: str, value: Any) -> str:
    """JSON that cannot end its own element: ``<`` is written as an escape."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="{key}">{text}</script>'


def _embedded(packed: Sequence[str]) -> list[str]:
    return [
        f'<script type="application/octet-stream" id="part-{number}">{text}</script>'
        for number, text in enumerate(packed)
    ]
