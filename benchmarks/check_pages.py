"""Run a sample of the pages' seeded cells again and fail where a page says something else.

``python benchmarks/check_pages.py [--instances DIR]`` takes a few cells of every page that has seeded ones: the
cheapest of its table, or those that the sweep's own seeds give. Seconds, memory and what hangs on them are not
compared. Pages that have none are named with the reason (page_cells.py); a new page is neither, and fails. About two
CPU minutes; what needs the public instances is left out, and said to be, without them.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from one_thread import THREAD_VARIABLES  # noqa: F401 - before NumPy

import page_cells  # isort: skip
from lagrangian import SA
from qaoa_table import FILES, line
from worth import MAX_INSTANCES, angles_of, carried, solved, worth

import qopt
from qopt.commands.render import worth_lines
from qopt.experiments.papers import paper
from qopt.experiments.run import run
from qopt.experiments.sweep.matrix import Matrix, read_matrix
from qopt.experiments.worth_text import figures

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Sample:
    """Pipelines of a paper's sweep that are run again, and the lines that then stand in the page's sections."""

    pipelines: tuple[str, ...]
    sections: tuple[str, ...]
    kind: str = ""
    line: str = ""
    label: str = ""
    seconds: bool = False

    def is_run(self, name: str, label: str, kind: str) -> bool:
        """Whether a run of the sweep is one of them."""
        return name in self.pipelines and self.kind in ("", kind) and self.label in label

    def is_line(self, text: str) -> bool:
        """Whether a line of a table is of the runs that were made."""
        return self.line in text and not text.startswith(("| instance", "| pipeline", "| encoder", "| removed"))

    def without_seconds(self, text: str) -> str:
        """The line without its last column, where that has CPU seconds."""
        return text.removesuffix(" |").rpartition("|")[0] if self.seconds else text


TOURS = ("sa pairs", "random pairs", "tsptw-dp")
ONCE = ("sa mis once", "optimum")
SETS = "as the oracle: independent sets"
#: By paper, one sample or several. cutting-slack's page has files of the public collections.
SAMPLED: tuple[tuple[str, Sample], ...] = (
    ("comparative-study", Sample(("qaoa unbalanced", "random core", "sa", "cpsat"), ("cell by cell",))),
    # cpsat's own lines are those of a time limit where it proves nothing; the gaps of others are to its values
    ("multi-knapsack", Sample(("qrao core 18", "cpsat"), ("Instance by instance",), line="| qrao core 18 |")),
    (
        "graph-shrinking",
        Sample(("random", "exact"), ("Ablation: independent sets",), kind="mis", line="| random |", seconds=True),
    ),
    ("routing-annealing", Sample(TOURS, ("",), kind="tsptw", line="| stops |")),
    ("cutting-slack", Sample(("qaoa mis", "optimum"), (f"QAOA {SETS}",), "mis", "| bundle |", "bundle", seconds=True)),
    ("cutting-slack", Sample(ONCE, (f"Annealing {SETS}",), "mis", "| slack |", "slack", seconds=True)),
    ("cutting-slack", Sample(("sa mis Q", "optimum"), (f"Annealing {SETS}",), "mis", "lagrangian Q |", seconds=True)),
)
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
    for solver, options in (("qaoa", {"num_layers": 5}), ("sa", {})):
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


def papers(instances: Path | None) -> Found:
    """Rows of the papers' sweeps, told as the pages tell them: whole lines of their tables, but for seconds."""
    for name, sample in SAMPLED:
        page = ROOT / "docs/papers" / f"{name}.md"
        command = re.findall(rf"^    (qopt reproduce {name}.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)[0]
        words = command.split()
        if "--instances" in words and instances is None:
            print(f"left out: {page.name}, which needs --instances")
            continue
        repeats = [f"repeats={words[words.index('--repeats') + 1]}"] if "--repeats" in words else []
        spec = str(paper(name).spec(quick="--quick" in words))
        rows = [*_rows(read_matrix(spec, repeats, instances)[0], sample)]
        for section in paper(name).tell(rows).sections:
            if any(title in section.title for title in sample.sections):
                for text in section.text.splitlines():
                    if text.startswith("| ") and sample.is_line(text):
                        yield str(page.relative_to(ROOT)), sample.without_seconds(text)


def _rows(matrix: Matrix, sample: Sample) -> Iterator[dict[str, Any]]:
    """The sampled runs once more, as rows."""
    for task in matrix.tasks:
        cell = matrix.cells[task.cell]
        if sample.is_run(cell.variant.name, cell.variant.label, cell.source.problem.kind) and cell.pipeline is not None:
            record = run(cell.source.problem, cell.pipeline, budget=matrix.sweep.budget.budget, seed=task.seed)
            labels = {"family": cell.variant.name, "pipeline": cell.variant.label, "repeat": task.repeat}
            labels["group"] = cell.source.group
            yield {**record.to_json(), "sweep": {**labels, "wall_seconds": 0.0}}


def worth_table(_: Path | None) -> Found:
    """docs/worth.md: the smallest size of one circuit of each kind, angles trained once more."""
    for kind in ("mdkp", "max-cut"):
        options = carried(1, angles_of(kind, 1))
        found = [worth(solved(kind, 8, seed, "qaoa", **options)) for seed in range(1, 1 + MAX_INSTANCES)]
        cell = figures(statistics.median([value for value in found if value is not None]))
        yield "docs/worth.md", f"| {kind} | QAOA, p = 1 | {cell} |"


CHECKS: tuple[Callable[[Path | None], Found], ...] = (small, lagrangian, papers, worth_table, *page_cells.CHECKS)
#: Pages whose cells need the public instances.
WITH_INSTANCES = ("docs/routing.md", "docs/proven_optima.md", "docs/papers/cutting-slack.md")
WITH_INSTANCES += ("docs/papers/routing-annealing.md",)


def missing(instances: Path | None) -> list[str]:
    """Cells whose page does not have what they are now."""
    pages: dict[str, str] = {}
    counts: dict[str, int] = {}
    found = []
    for check in CHECKS:
        for page, text in check(instances):
            body = pages.setdefault(page, re.sub(r"\s+", " ", (ROOT / page).read_text(encoding="utf-8")))
            counts[page] = counts.get(page, 0) + 1
            if not page_cells.stands(text, body):
                found.append(f"{page}: {text}")
    for page, count in sorted(counts.items()):
        print(f"{page}: {count} lines")
    known = {*counts, *(WITH_INSTANCES if instances is None else ())}
    return found + [f"{page} is neither run again nor in page_cells.NONE" for page in page_cells.unlisted(known)]


def main() -> int:
    """Check the pages; 1 where a cell is another one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=Path)
    stale = missing(parser.parse_args().instances)
    for text in stale:
        print(f"stale: {text}")
    print(f"no seeded cells: {', '.join(f'{page} ({why})' for page, why in sorted(page_cells.NONE.items()))}")
    spent = f"{time.process_time():.0f} CPU s, those of the pages' commands apart"
    print(f"{len(stale)} cells differ from their pages; {spent}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
