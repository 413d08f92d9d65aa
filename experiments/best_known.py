"""Tables of best known values: which row speaks of an instance, by problem, sense and file.

A value of another problem on the same data (a clique, a vertex cover) is none of an independent set; a name alone is no
evidence, for collections share names.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from ..core import BestKnown, Problem, number

#: Kind of qopt for the word in the column ``problem``; any other word is taken for a kind's own name.
KINDS = MappingProxyType(
    {
        "atsp": "tsp",
        "maxclique": "mis",
        "mvc": "mis",
        "marketsplit": "market-share",
        "mkp": "multi-knapsack",
        "maxcut": "max-cut",
    }
)
_COMPLEMENT = "-complement"


@dataclass(frozen=True)
class TableRow:
    """One row of a table; ``problem`` and ``sense`` are empty where it has no such column."""

    instance: str
    file: str
    known: BestKnown
    problem: str = ""
    sense: str = ""


def read_table(path: Path) -> Iterator[TableRow]:
    """The rows of a best_known.csv.

    Raises
    ------
    ValueError
        A column is missing, a row is short, a value is no finite number, or the file is no text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} must be a table in UTF-8, got other bytes; save it as CSV") from None
    with io.StringIO(text, newline="") as lines:
        for row in csv.DictReader(lines):
            try:
                optimal = {"yes": True, "no": False}.get(row["is_optimal"])
                known = BestKnown(number(float(row["best_known"])), optimal, row["source"] or "")
                yield TableRow(row["instance"], row["file"], known, row.get("problem") or "", row.get("sense") or "")
            except (KeyError, ValueError, TypeError) as error:
                said = "a cell is missing" if isinstance(error, TypeError) else error
                raise ValueError(
                    f"{path} must have the columns instance, file, best_known, is_optimal, source; {said}"
                ) from None


def known_value(rows: Iterable[TableRow], folder: Path, problem: Problem, path: Path) -> BestKnown | None:
    """The value of the row that speaks of an instance; None where none does.

    Rows are those of the table in ``folder``; ``path`` is the instance's file. The same file is the best evidence, then
    a file of the same name in a folder of the same name, then one of the same name.

    Raises
    ------
    ValueError
        Several rows speak of it with different values.
    """
    names = {problem.name, path.stem, path.name, problem.name.removesuffix(_COMPLEMENT)}
    told = [row for row in rows if row.instance in names and _speaks_of(row, problem)]
    place = path.resolve()
    for fits in (
        [row for row in told if (folder / row.file).resolve() == place],
        [row for row in told if Path(row.file).name == path.name and Path(row.file).parent.name == place.parent.name],
        [row for row in told if Path(row.file).name == path.name],
    ):
        # the instances of one file are told apart by their names
        named = [row for row in fits if row.instance == problem.name] or fits
        values = {_value(row, problem) for row in named}
        if len(values) > 1:
            files = ", ".join(sorted({row.file for row in named}))
            raise ValueError(f"best known value of {problem.name!r} must be one, got several ({files}); give the value")
        if values:
            return values.pop()
    return None


def _speaks_of(row: TableRow, problem: Problem) -> bool:
    word = row.problem.lower().replace("_", "-")
    if word and KINDS.get(word, word) != problem.kind:
        return False
    is_complement = problem.kind == "mis" and problem.name.endswith(_COMPLEMENT)
    if word and problem.kind == "mis" and is_complement != (word == "maxclique"):
        return False
    if word == "mvc":
        return _num_unweighted(problem) is not None
    return row.sense in ("", problem.sense)


def _num_unweighted(problem: Problem) -> int | None:
    """Vertices of a graph without weights, where a cover is what an independent set leaves; else None."""
    return problem.size["vertices"] if getattr(problem, "weights", 0) is None else None


def _value(row: TableRow, problem: Problem) -> BestKnown:
    if row.problem.lower() != "mvc":
        return row.known
    vertices = _num_unweighted(problem) or 0
    source = f"{vertices} vertices less a cover of {row.known.value}; {row.known.source}"
    return replace(row.known, value=number(vertices - row.known.value), source=source)
