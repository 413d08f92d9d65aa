"""Run a sample of the pages' seeded cells again and fail where a page says something else.

``python benchmarks/check_pages.py [--instances DIR]`` takes a few cells of each page (docs/benchmarks.md,
docs/lagrangian.md and the papers' pages): the first ones of its table, or those that the sweep's own seeds give.
Seconds, memory and what hangs on them are not compared. A minute without the public instances, which only some cells
need.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lagrangian import SA
from qaoa_table import FILES, line

import qopt
from qopt.commands.render import worth_lines
from qopt.experiments.papers import paper
from qopt.experiments.run import run
from qopt.experiments.sweep.matrix import read_matrix

ROOT = Path(__file__).resolve().parents[1]
#: Pipelines of a paper's quick sweep whose rows are run again, and the pages' sections that then hold whole lines.
SAMPLED = {
    "comparative-study": ("qaoa unbalanced", "random core", "sa", "cpsat"),
    "multi-knapsack": ("qrao core 18", "cpsat"),
}
#: Cliques of docs/lagrangian.md that are run again.
GRAPHS = ("1tc.8", "1tc.16")

Found = Iterator[tuple[str, str]]


def small(_: Path | None) -> Found:
    """The QAOA table without its seconds, and the worth of the example above it."""
    for file in FILES:
        problem = qopt.load(str(ROOT / "examples" / file))
        made = line(file, problem, qopt.solve(problem, solver="qaoa", seed=1))
        yield "docs/benchmarks.md", made.rsplit("|", 2)[0]
    problem = qopt.load(str(ROOT / "examples/mis.json"))
    for solver, options in (("qaoa", {"layers": 5}), ("sa", {})):
        for text in worth_lines(qopt.solve(problem, solver, seed=1, **options)):
            if not text.startswith("price"):
                yield "docs/benchmarks.md", text


def lagrangian(_: Path | None) -> Found:
    """Annealing on augmented Lagrangians of the small code graphs: value, gap and feasible reads."""
    for name in GRAPHS:
        code, size = name.split(".")
        problem = qopt.generate("mis", code=code, n=int(size))
        options = {"encoder": "augmented-lagrangian", "repair": "off", "improve": False}
        record = qopt.solve(problem, SA, seed=1, control=False, **options)
        raw = record.stages.raw
        assert raw is not None
        yield "docs/lagrangian.md", f"| {raw.objective} | {raw.gap:.2%} | {raw.feasible_share:.2%} |"


def papers(_: Path | None) -> Found:
    """Rows of the quick sweeps, told as the pages tell them: whole lines of the cell tables."""
    for name, wanted in SAMPLED.items():
        page = ROOT / "docs/papers" / f"{name}.md"
        if "--quick" not in page.read_text(encoding="utf-8"):
            continue
        matrix, _document = read_matrix(str(paper(name).spec(quick=True)))
        rows: list[dict[str, Any]] = []
        for task in matrix.tasks:
            cell = matrix.cells[task.cell]
            if cell.variant.name in wanted and cell.pipeline is not None:
                record = run(cell.source.problem, cell.pipeline, budget=matrix.sweep.budget.budget, seed=task.seed)
                labels = {
                    "family": cell.variant.name,
                    "pipeline": cell.variant.label,
                    "repeat": task.repeat,
                    "group": "",
                }
                rows.append({**record.to_json(), "sweep": labels})
        for section in paper(name).tell(rows).sections:
            if "cell by cell" in section.title or section.title == "Instance by instance":
                for text in section.text.splitlines():
                    if text.startswith("| ") and not text.startswith(("| instance", "| pipeline")):
                        yield str(page.relative_to(ROOT)), text


CHECKS: tuple[Callable[[Path | None], Found], ...] = (small, lagrangian, papers)


def missing(instances: Path | None) -> list[str]:
    """Cells whose page does not have what they are now."""
    pages: dict[str, str] = {}
    found = []
    for check in CHECKS:
        for page, text in check(instances):
            body = pages.setdefault(page, re.sub(r"\s+", " ", (ROOT / page).read_text(encoding="utf-8")))
            if re.sub(r"\s+", " ", text).strip() not in body:
                found.append(f"{page}: {text}")
    return found


def main() -> int:
    """Check the pages; 1 where a cell is another one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=Path)
    stale = missing(parser.parse_args().instances)
    for text in stale:
        print(f"stale: {text}")
    print(f"{len(stale)} cells differ from their pages")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
