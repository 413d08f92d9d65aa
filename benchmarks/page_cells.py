"""Seeded cells of the pages of docs/ and README.md that check_pages.py runs again, and the pages that have none.

Each check takes the cheapest cells of its page. ``{*}`` in a cell stands for anything: seconds, and what hangs on
them. A page that is neither here nor in ``NONE`` fails the check.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from readme import BLOCK, output_of

import qopt

ROOT = Path(__file__).resolve().parents[1]
#: (page, text that must stand in it).
Found = Iterator[tuple[str, str]]

_TIMED = "cells are seconds of one machine, or end when a time limit does: they do not replay"
_WORDS = "words alone: no measured cell"
#: Pages without a seeded cell that is run again, and why.
NONE = {
    "docs/annealing.md": _TIMED,
    "docs/auto.md": _TIMED,
    "docs/commands.md": _WORDS,
    "docs/compared.md": "facts with their sources, checked by tests/test_compared.py where they are ours",
    "docs/crossover.md": "fits to seconds of a sweep: `qopt bench examples/sweeps/crossover.yaml`",
    "docs/decomposition.md": "runs of 5 to 60 CPU seconds each: `python benchmarks/decomposition.py`",
    "docs/engine.md": _TIMED,
    "docs/extending.md": _WORDS,
    "docs/gpu.md": _TIMED,
    "docs/index.md": "sizes of packages: `python benchmarks/extras.py`",
    "docs/instances.md": "counts of the public files: `python benchmarks/check_collections.py`",
    "docs/limits.md": _TIMED,
    "docs/portfolio.md": _TIMED,
    "docs/python.md": _WORDS,
    "docs/qoblib.md": _WORDS,
    "docs/report.md": _TIMED,
    "docs/sweeps.md": "seconds, and `python benchmarks/instruction_sets.py`, which needs the processor it names",
    "docs/tuning.md": "a cell is a tuning of hundreds of runs: `python benchmarks/tuning.py`",
    "docs/watching.md": _WORDS,
    "docs/papers/comparative-study-full.md": "1,260 runs, 90 minutes of one core: see the quick page",
    "docs/papers/graph-shrinking-full.md": "2,184 runs, an hour of one core: see the quick page",
}
#: Lines of a terminal block that have no seconds.
STEADY = (
    "│ raw",
    "│ repaired",
    "│ improved",
    "samples:",
    "control:",
    "uniform:",
    "whole program:",
    "start ",
    "one sample",
)


def printed(_: Path | None) -> Found:
    """Terminal blocks: stages and controls of each."""
    for page in ("README.md", "docs/benchmarks.md"):
        for match in BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")):
            if match["command"].startswith("qopt solve"):
                for line in output_of(match["command"]).splitlines():
                    if line.strip().startswith(STEADY):
                        yield page, line


def labs(_: Path | None) -> Found:
    """Least energies by enumeration."""
    from labs import prove

    for line in prove(16)[2:]:
        yield "docs/labs.md", _without_last(line)


def subspace(_: Path | None) -> Found:
    """The start and one layer on tours of eight cities."""
    from subspace import study, table, tour

    with contextlib.redirect_stdout(io.StringIO()):
        lines = table(study("TSP, 8 cities", tour(8), 1))[2:]
    for line in lines:
        yield "docs/subspace.md", _without_last(line)


def penalties(_: Path | None) -> Found:
    """The smaller penalty sweep."""
    from penalties import SWEPT, swept

    for line in swept(SWEPT[0])[1]:
        yield "docs/penalties.md", line


def shrinking(_: Path | None) -> Found:
    """Max-Cut of the sparsest graphs, shrunk by three sources of correlations."""
    import shrinking as bench

    given = argparse.Namespace(repeats=5)
    bench.DENSITIES = bench.DENSITIES[:1]
    with contextlib.redirect_stdout(io.StringIO()):
        text = bench.density(given)[0]
    yield "docs/shrinking.md", text.splitlines()[-1]


def large(_: Path | None) -> Found:
    """The smallest bond of a matrix product state, and the smallest circuit by light cones."""
    import light_cone
    import matrix_product
    import networkx as nx

    from qopt.solvers.qaoa.qaoa import Qaoa

    with contextlib.redirect_stdout(io.StringIO()):
        text = matrix_product.accuracy((16,))
    page = "docs/large_circuits.md"
    yield page, text.splitlines()[0]
    cells = text.splitlines()[-1].strip("| ").split(" | ")
    yield page, "| " + " | ".join([*cells[:-2], "{*}"])
    model = light_cone.cut_model(nx.random_regular_graph(3, 1000, seed=1))
    info = Qaoa(num_layers=1, backend="light-cone", threads=1, num_shots=1).sample(model, seed=1, evaluations=60).info
    ratio, cones = f"{-info['expectation'] / 1500:.4f}", info["cones"]
    known = f"| 1,000 | 1 | {cones['num_cones']:,} | {cones['num_distinct']:,} | {cones['largest']} |"
    yield page, f"{known} {{*}} | {{*}} | {{*}} ({info['evaluations']}) | {ratio} |"


def devices(_: Path | None) -> Found:
    """The cheapest circuit on a fake device."""
    from devices import CASES, row

    yield "docs/devices.md", _without_last(row(*CASES[0]))


def variational(_: Path | None) -> Found:
    """Depth and gates of every circuit after one evaluation."""
    from variational import devices as table

    for line in table()[2:]:
        yield "docs/variational.md", line


def routing(instances: Path | None) -> Found:
    """Bits and arcs after presolve of each tour."""
    if instances is not None:
        from routing import presolve_table

        for line in presolve_table(instances)[2:]:
            yield "docs/routing.md", line


def proofs(instances: Path | None) -> Found:
    """Three proven optima, solved again."""
    if instances is not None:
        from proven_optima import row
        from public import Collection

        collection = Collection(instances)
        for file, solver in (("mknap/sac94/pb5.dat", "cpsat"), ("qaplib/tai10a.dat", "gilmore-lawler")):
            line = row(qopt.solve(collection.get(file), solver, seconds=60, seed=1))
            yield "docs/proven_optima.md", " | ".join(line.split(" | ")[:-2])


CHECKS: tuple[Callable[[Path | None], Found], ...] = (
    printed,
    labs,
    subspace,
    penalties,
    shrinking,
    large,
    devices,
    variational,
    routing,
    proofs,
)


def _without_last(line: str) -> str:
    """A table's line without its last cell, which has seconds."""
    return line.removesuffix(" |").rpartition(" | ")[0]


def stands(text: str, body: str) -> bool:
    """Whether the text stands in a page's body, both without line breaks; ``{*}`` is any cell.

    Examples
    --------
    >>> stands("| a | {*} | 2 |", "x | a | 0.31 | 2 | y"), stands("| a | {*} | 3 |", "x | a | 0.31 | 2 | y")
    (True, False)
    """
    wanted = re.sub(r"\s+", " ", text).strip()
    if "{*}" not in wanted:
        return wanted in body
    return re.search(re.escape(wanted).replace(re.escape("{*}"), r"[^|(]*"), body) is not None


def unlisted(checked: set[str]) -> list[str]:
    """Pages that are neither run again nor said to have nothing to run."""
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md")}
    return sorted(page for page in pages if page not in checked and page not in NONE and "notebooks" not in page)
