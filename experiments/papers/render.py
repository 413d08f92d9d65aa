"""The report of a paper: its telling as one Markdown page with pictures, and what made it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...core.errors import MissingDependencyError
from ...core.files import write_text
from ..drawing import require_pictures
from .paper import Paper, Rows, Section, Telling

#: Packages whose versions a report names.
PACKAGES = ("qopt-workbench", "numpy", "scipy", "qiskit", "qiskit-aer", "ortools", "dwave-samplers")


_QUICK = (
    "**This page is of the quick sweep**: small generated instances, minutes of work. Its verdicts are those of so few "
    "runs; `qopt reproduce` without `--quick` makes the full sweep."
)
_FEWER = (
    "**This page has all instances of the full sweep, but {told} of each run**; `qopt reproduce` without `--repeats` "
    "has as many as the spec asks for."
)


def write_report(paper: Paper, rows: Rows, folder: Path, *, command: str) -> Path:
    """Write ``<name>.md`` and its pictures into the folder; the page's path.

    Parameters
    ----------
    command : that made the rows and this page.

    Raises
    ------
    ValueError
        There are no rows.
    """
    if not rows:
        raise ValueError(f"{paper.name} must have rows to tell, got none; let the sweep run")
    folder.mkdir(parents=True, exist_ok=True)
    rows = current(rows)
    telling = paper.tell(rows)
    try:
        require_pictures()
    except MissingDependencyError as error:
        note = f"left out: {error}"
        telling = replace(telling, plots={}, sections=[*telling.sections, Section("Pictures", note)])
    for name, draw in telling.plots.items():
        draw(folder / name)
    path = folder / f"{paper.name}.md"
    write_text(path, page(paper, rows, telling, command=command))
    return path


def current(rows: Rows) -> Rows:
    """The last row of each instance, pipeline and seed: settings that changed since leave rows of other ids behind."""
    return list({(row["instance"]["fingerprint"], row["sweep"]["pipeline"], row["seed"]): row for row in rows}.values())


def page(paper: Paper, rows: Rows, telling: Telling, *, command: str) -> str:
    """The page as Markdown; its head says where the command made less than the full sweep."""
    words = command.split()
    quick = _QUICK if "--quick" in words else ""
    if not quick and "--repeats" in words:
        number = words[words.index("--repeats") + 1]
        quick = _FEWER.format(told="one seed" if number == "1" else f"{number} seeds")
    summary = "\n".join(f"- {line.text}" for line in telling.summary)
    parts = [f"# {paper.title}", paper.source, quick, "## Summary", summary]
    for section in telling.sections:
        parts += [f"## {section.title}", section.text.strip()]
    parts += [f"![{Path(name).stem.replace('_', ' ')}]({name})" for name in telling.plots]
    parts += ["## What made this page", f"    {command}", _made_of(rows)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _made_of(rows: Rows) -> str:
    """Counts, failures with their reasons, seeds, machine and versions."""
    failed = [row for row in rows if row["status"] == "failed"]
    repeats = sorted({int(row["sweep"]["repeat"]) for row in rows})
    cpu = sum(float(row["resources"].get("cpu_seconds") or 0.0) for row in rows)
    seeds = f"seeds derived from the instances' names, repeats {repeats[0]} to {repeats[-1]}"
    lines = [
        f"{len(rows)} runs ({seeds}), {cpu / 60:.0f} minutes of processor time; {len(failed)} runs gave no answer."
    ]
    reasons = Counter(_reason(row) for row in failed)
    lines += [f"- {count} x {reason}" for reason, count in reasons.most_common(8)]
    machines = Counter(_machine(row["environment"]) for row in rows)
    lines += ["", *(f"{text} ({count} runs)" for text, count in machines.most_common())]
    return "\n".join(lines)


def _reason(row: Mapping[str, Any]) -> str:
    # free memory differs from run to run, and would make as many reasons
    text = re.sub(r"available, [\d,]+ bytes", "available", str(row.get("message", "")))
    return f"`{row['sweep']['family']}`: {text if len(text) <= 160 else text[:157] + '...'}"


def _machine(environment: Mapping[str, Any]) -> str:
    versions = environment.get("versions", {})
    stack = ", ".join(f"{package} {versions[package]}" for package in PACKAGES if package in versions)
    named = (environment.get("processor"), environment.get("system"), f"Python {environment.get('python')}")
    where = ", ".join(str(part) for part in named if part)
    return f"{where}, {environment.get('cores')} cores; {stack}"
