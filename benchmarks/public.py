"""The published instances of this folder's scripts, with the best known values of the collection beside them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from qopt.core import BestKnown, Problem
from qopt.experiments.references import read_best_known
from qopt.problems.files import load

#: Solver that proves each optimum within a minute on two cores -> files below the instances' folder, ``#k`` for the
#: k-th in the file. The first two groups are the instances of docs/benchmarks.md too.
PROVEN_BY: dict[str, tuple[str, ...]] = {
    "cpsat": (
        *(f"tsplib/{name}.tsp" for name in ("burma14", "ulysses16", "gr17", "bays29", "berlin52")),
        *(f"mknap/sac94/{name}.dat" for name in ("hp1", "pb5", "pet7")),
        "mknap/mknapcb1.txt#1",
        *(f"mis/sloane/{name}.txt" for name in ("1dc.64", "1tc.64", "1et.64")),
    ),
    "gilmore-lawler": tuple(
        f"qaplib/{name}.dat"
        for name in ("nug12", "tai10a", "chr12a", "rou12", "tai12a", "tai12b", "nug14", "nug15", "chr18a")
    ),
}
#: The kinds that are not in that table, likewise.
PROVEN_TOO: dict[str, tuple[str, ...]] = {
    "cpsat": (
        "tsplib/br17.atsp",
        "market_split/ms_03_050_002.dat",
        "qubo/bqp50-1.sparse",
        "multiknap/SMALL/probT1_0U_R50_T002_M010_N0020_seed01.txt",
    ),
    "milp": ("maxcut/t2g10_5555",),
    "gilmore-lawler": ("qaplib/esc16a.dat",),
}


class Collection:
    """A folder of public instances with its ``best_known.csv``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, str], BestKnown] = {}
        for name, file, known in read_best_known(folder / "best_known.csv"):
            self._known.setdefault((name, file), known)

    def get(self, file: str, *, kind: str | None = None) -> Problem:
        """The instance with its best known value.

        Raises
        ------
        KeyError
            The table has no value for it.
        """
        path, _, position = file.partition("#")
        problem = load(str(self._folder / file), kind=kind)
        stem = Path(path).stem
        # the instances of a file with several are numbered from 0 or from 1, by the collection's own custom
        numbered = (f"{stem}-{int(position) - 1:02d}", f"{stem}-{position}") if position else ()
        for name in (problem.name, *numbered, stem):
            if (name, path) in self._known:
                return replace(problem, name=name, best_known=self._known[name, path])  # type: ignore[type-var]
        raise KeyError(f"best_known.csv must have a row for {file}, found none")


def write_block(page: Path, name: str, lines: list[str]) -> None:
    """Put the lines between ``<!-- table: NAME -->`` and ``<!-- end -->`` of the page.

    Raises
    ------
    ValueError
        The page has no such block.
    """
    block = re.compile(rf"(<!-- table: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    text, count = block.subn(lambda m: m[1] + "\n".join(lines) + "\n" + m[2], page.read_text(encoding="utf-8"))
    if count != 1:
        raise ValueError(f"{page} must have one block '<!-- table: {name} -->', found {count}")
    page.write_text(text, encoding="utf-8")
