"""Solution files: our JSON for every kind, and the plain texts in which published optima come.

A solution file is read against its instance, which says how many values there must be. What the file states as its
objective is handed back, never trusted: the caller recomputes it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import InstanceFormatError, Problem, Solution, number
from .files import as_text, read_bytes, write_bytes
from .formats.native import layout, parse_json
from .reading import NumberStream, brief
from .route_solutions import joined_routes
from .solution_texts import SOLUTION_TEXTS, SolutionFile, stated_objective

SCHEMA = "qopt.solution/1"


def read_solution(path: str | os.PathLike[str], problem: Problem) -> Solution:
    """The solution in a file, as ``read_solution_file`` without what the file says about it."""
    return read_solution_file(path, problem).solution


def read_solution_file(path: str | os.PathLike[str], problem: Problem) -> SolutionFile:
    """The solution in a file, with its stated objective.

    Texts by kind: TSPLIB tour or plain order (tsp), QAPLIB .sln or plain permutation (qap), vertex numbers from 1 or
    one 0/1 a vertex (mis, max-cut), 0/1 values in order or ``x#j v`` lines (mdkp, market-share, qubo), integers in
    order or ``name value`` lines (integer-program), value and knapsack numbers (multi-knapsack), value and order
    (tsptw), ``Route #k: i j ...`` lines (cvrp, vrptw). JSON for every kind: ``{"schema": "qopt.solution/1", "kind",
    "objective", "solution"}``, a record that ``qopt solve`` wrote, or the bare list of a native solution, counted from
    0; a list of routes is one too.

    Raises
    ------
    InstanceFormatError
        Not a solution of this instance: one line with file, line, expected, found.
    """
    path = os.fspath(path)
    data = read_bytes(path)
    shown = "<stdin>" if path == "-" else path
    text = as_text(data)
    if text is None:
        raise InstanceFormatError(shown, None, "expected a text file, found binary data")
    if text.lstrip()[:1] == "[":
        found = _from_list(text, shown)
    elif text.lstrip()[:1] == "{":
        found = _from_json(parse_json(text, shown), shown, problem)
    else:
        form = SOLUTION_TEXTS.get(problem.kind)
        found = _plain(text, shown) if form is None else form.read(text, shown, problem)
    try:
        problem.violations(found.solution)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise InstanceFormatError(shown, None, " ".join(str(error).split())) from None
    return found


def write_solution(problem: Problem, solution: npt.ArrayLike, path: str | os.PathLike[str]) -> None:
    """Write a solution, shape (n,), as JSON (``.json`` or ``-``), or in its kind's text form under any other suffix.

    Raises
    ------
    ValueError
        It is not a solution of this instance, or the file cannot be written.
    """
    path = os.fspath(path)
    values = np.asarray(solution)
    problem.violations(values)
    objective = number(problem.objective(values))
    if path == "-" or path.removesuffix(".gz").endswith(".json"):
        document = {"schema": SCHEMA, "kind": problem.kind, "name": problem.name, "objective": objective}
        text = layout({**document, "solution": [number(value) for value in values.tolist()]})
    else:
        form = SOLUTION_TEXTS.get(problem.kind)
        text = " ".join(map(str, values.tolist())) + "\n" if form is None else form.write(values, objective, problem)
    write_bytes(path, text.encode())


def _from_json(document: Mapping[str, Any], path: str, problem: Problem) -> SolutionFile:
    schema = str(document.get("schema"))
    if schema.startswith("qopt.record/"):
        instance = document.get("instance")
        kind = instance.get("kind") if isinstance(instance, Mapping) else None
    elif schema == SCHEMA:
        kind = document.get("kind", problem.kind)
    else:
        raise InstanceFormatError(path, None, f'expected "schema": "{SCHEMA}" or a record, found {brief(schema)}')
    if kind != problem.kind:
        raise InstanceFormatError(path, None, f"expected a solution of kind {problem.kind}, found {brief(kind)}")
    values = _integers(document.get("solution"), path)
    stated = document.get("objective")
    if stated is not None and (isinstance(stated, bool) or not isinstance(stated, int | float)):
        raise InstanceFormatError(path, None, f"expected a number as objective, found {brief(stated)}")
    return SolutionFile(values, stated, document=document)


def _from_list(text: str, path: str) -> SolutionFile:
    """A bare JSON list, as ``record.solution`` prints: the native solution, counted from 0."""
    try:
        values = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise InstanceFormatError(path, None, "expected a JSON list of integers; is the file cut?") from None
    return SolutionFile(_integers(values, path))


def _integers(values: Any, path: str) -> Solution:
    values = joined_routes(values)
    if isinstance(values, np.ndarray):
        return values
    if not isinstance(values, list) or not all(isinstance(v, int) and abs(v) < 2**53 for v in values):
        raise InstanceFormatError(path, None, f"expected a list of integers as solution, found {brief(values)}")
    return np.array(values, dtype=np.int64)


def _plain(text: str, path: str) -> SolutionFile:
    stream = NumberStream(text, path)
    return SolutionFile(stream.integers(len(stream), "solution"), stated_objective(text))
