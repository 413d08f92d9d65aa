"""Solution files: our JSON for every kind, and the plain texts in which published optima come.

A solution file is read against its instance, which says how many values there must be. What the file states as its
objective is handed back, never trusted: the caller recomputes it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import InstanceFormatError, Number, Problem, Solution, number
from .files import as_text, read_bytes, write_bytes
from .formats.native import layout, parse_json
from .formats.tsplib import parse
from .reading import NumberStream, brief, fail, lines, parse_integer, parse_number, said
from .route_solutions import joined_routes, read_order, read_routes, write_order, write_routes

SCHEMA = "qopt.solution/1"


@dataclass(frozen=True, eq=False)
class SolutionFile:
    """A solution as read: what the file states as objective (None: nothing), and a note on how it was understood."""

    solution: Solution
    stated: Number | None = None
    note: str = ""


def read_solution(path: str | os.PathLike[str], problem: Problem) -> Solution:
    """The solution in a file, as ``read_solution_file`` without what the file says about it."""
    return read_solution_file(path, problem).solution


def read_solution_file(path: str | os.PathLike[str], problem: Problem) -> SolutionFile:
    """The solution in a file, with its stated objective.

    Texts by kind: TSPLIB tour or plain order (tsp), QAPLIB .sln or plain permutation (qap), vertex numbers from 1 or
    one 0/1 a vertex (mis, max-cut), 0/1 values in order or ``x#j v`` lines (mdkp, market-share, qubo), value and
    knapsack numbers (multi-knapsack), value and order (tsptw), ``Route #k: i j ...`` lines (cvrp, vrptw). JSON for
    every kind: ``{"schema": "qopt.solution/1", "kind", "objective", "solution"}``, a record that ``qopt solve`` wrote,
    or the bare list of a native solution, counted from 0; a list of routes is one too.

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
        form = _FORMATS.get(problem.kind)
        found = _plain(text, shown) if form is None else form.read(text, shown, problem)
    try:
        problem.violations(found.solution)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise InstanceFormatError(shown, None, " ".join(str(error).split())) from None
    return found


def write_solution(problem: Problem, solution: npt.ArrayLike, path: str | os.PathLike[str]) -> None:
    """Write a solution as JSON (``.json`` or ``-``), or in its kind's text form under any other suffix.

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
        form = _FORMATS.get(problem.kind)
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
    return SolutionFile(values, stated)


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
    return SolutionFile(stream.integers(len(stream), "solution"), _stated(text))


def _stated(text: str) -> Number | None:
    """The value of a comment line ``# Objective value = 10``."""
    match = re.search(r"^#.*objective value\s*[=:]\s*(\S+)", text, re.IGNORECASE | re.MULTILINE)
    try:
        return number(float(match.group(1))) if match else None
    except ValueError:
        return None


def _tour(text: str, path: str, problem: Any) -> SolutionFile:
    n = problem.num_cities
    if not re.search(r"^\s*TOUR_SECTION", text, re.MULTILINE):
        return _permutation(text, path, n)
    document = parse(text, path)
    if "DIMENSION" in document.values and document.dimension() != n:
        fail(path, document.values["DIMENSION"][1], f"DIMENSION {n}, as the instance has", document.dimension())
    stream = document.stream("TOUR_SECTION")
    if stream.left < n:
        stream.too_short(n, "TOUR_SECTION")
    tour = stream.integers(n, "TOUR_SECTION", 1, n) - 1
    if stream.left and stream.integer("-1 after the last city") != -1:
        fail(path, stream.line_of(n), f"-1 after {n} cities", said("another city"))
    return SolutionFile(_each_once(tour, path))


def _permutation(text: str, path: str, n: int) -> SolutionFile:
    """n numbers, counted from 0 or from 1: a permutation holds 0 in the one case and n in the other."""
    stream = NumberStream(text, path)
    return SolutionFile(_take_permutation(stream, n), _stated(text))


def _take_permutation(stream: NumberStream, n: int) -> Solution:
    values = stream.integers(n, "the permutation", 0, n)
    stream.end()
    return _each_once(values if (values == 0).any() else values - 1, stream.path)


def _each_once(values: Solution, path: str) -> Solution:
    counts = np.bincount(values, minlength=len(values))
    if len(counts) > len(values) or (counts != 1).any():
        raise InstanceFormatError(path, None, f"expected a permutation of {len(values)} numbers, found one twice")
    return values


def _sln(text: str, path: str, problem: Any) -> SolutionFile:
    """QAPLIB .sln: n, value, permutation. Some list the inverse one (the stated value tells), some count from 0."""
    n = problem.num_facilities
    text = text.replace(",", " ")
    stream = NumberStream(text, path)
    if len(stream) == n:
        return _permutation(text, path, n)
    stream.integer(f"the order {n}, as the instance has", n, n)
    stated = stream.number("the stated value")
    listed = _take_permutation(stream, n)
    inverse = np.argsort(listed)
    as_listed, as_inverse = problem.objective(listed), problem.objective(inverse)
    if stated == as_listed:
        return SolutionFile(listed, stated)
    if stated == as_inverse:
        return SolutionFile(
            inverse, stated, f"the file lists the inverse permutation: only so its value {stated} holds"
        )
    note = f"stated value {stated} fits neither the permutation as listed ({as_listed}) nor its inverse ({as_inverse})"
    return SolutionFile(listed, stated, f"{note}; taken as listed")


def _vertices(text: str, path: str, problem: Any) -> SolutionFile:
    """Vertex numbers from 1; or n values 0/1, which are told apart by being more or by holding a 0 (or repeats)."""
    n = problem.num_vertices
    stream = NumberStream(text, path)
    if len(stream) == n and not _is_vertex_list(stream, n):
        return _bits(text, path, n)
    vertices = stream.integers(len(stream), "vertex numbers", 1, n)
    distinct, counts = np.unique(vertices, return_counts=True)
    if (counts > 1).any():
        raise InstanceFormatError(path, None, f"expected each vertex once, found {distinct[counts > 1][0]} twice")
    x = np.zeros(n, dtype=np.int64)
    x[vertices - 1] = 1
    return SolutionFile(x, _stated(text))


def _is_vertex_list(stream: NumberStream, n: int) -> bool:
    """Whether n numbers are all n vertices (the only vertex list of that length)."""
    values = stream.take(n, "solution")
    stream.position = 0
    return bool(np.array_equal(np.sort(values), np.arange(1, n + 1)))


def _bits(text: str, path: str, n: int) -> SolutionFile:
    """n values 0/1 in order, or ``x#j v`` lines with j from 1, where a missing j is 0."""
    stated = _stated(text)
    named = re.search(r"^\s*[A-Za-z]", text, re.MULTILINE)
    if named is None:
        stream = NumberStream(text, path)
        values = stream.integers(n, "solution values", 0, 1)
        stream.end()
        return SolutionFile(values, stated)
    x = np.zeros(n, dtype=np.int64)
    seen = np.zeros(n, dtype=bool)
    for line in lines(text):
        match = re.fullmatch(r"[A-Za-z]\w*[#_\[(]?([0-9]+)[\])]?", line.fields[0])
        if len(line.fields) != 2 or match is None:
            fail(path, line.number, "'x#j value'", " ".join(line.fields))
        j = parse_integer(match.group(1), path, line.number, "index j", 1, n) - 1
        value = parse_number(line.fields[1], path, line.number, "value 0 or 1")
        if seen[j] or min(abs(value), abs(value - 1)) > 1e-6:  # MIP solvers write 0.9999999
            fail(path, line.number, "value 0 or 1, each index once", " ".join(line.fields))
        seen[j], x[j] = True, round(value)
    return SolutionFile(x, stated)


def _knapsacks(text: str, path: str, problem: Any) -> SolutionFile:
    """Value, then the knapsack of each item; or the knapsacks alone."""
    n, most = len(problem.weights), len(problem.capacities)
    stream = NumberStream(text, path)
    stated = stream.number("the stated value") if len(stream) != n else None
    values = stream.integers(n, "knapsack numbers", 0, most)
    stream.end()
    return SolutionFile(values, stated)


def _order(text: str, path: str, problem: Any) -> SolutionFile:
    return SolutionFile(*read_order(text, path, problem.num_customers))


def _routes(text: str, path: str, problem: Any) -> SolutionFile:
    return SolutionFile(*read_routes(text, path, problem.num_customers))


@dataclass(frozen=True)
class _Format:
    read: Callable[[str, str, Any], SolutionFile]
    write: Callable[[Solution, Number, Any], str]


def _write_tour(tour: Solution, objective: Number, problem: Any) -> str:
    name = " ".join(problem.name.split()) or "tsp"
    head = [f"NAME : {name}", "TYPE : TOUR", f"COMMENT : length {objective}", f"DIMENSION : {len(tour)}"]
    return "\n".join([*head, "TOUR_SECTION", *(str(city + 1) for city in tour.tolist()), "-1", "EOF", ""])


def _write_sln(p: Solution, objective: Number, problem: Any) -> str:
    return f"{len(p)} {objective}\n{' '.join(str(location + 1) for location in p.tolist())}\n"


def _write_vertices(x: Solution, objective: Number, problem: Any) -> str:
    vertices = (str(v + 1) for v in np.flatnonzero(x).tolist())
    return "\n".join([f"# Objective value = {json.dumps(objective)}", *vertices, ""])


def _write_values(x: Solution, objective: Number, problem: Any) -> str:
    return f"# Objective value = {json.dumps(objective)}\n{' '.join(map(str, x.tolist()))}\n"


def _write_knapsacks(x: Solution, objective: Number, problem: Any) -> str:
    return f"# profit, then the knapsack of each item (0 = left out)\n{objective}\n{' '.join(map(str, x.tolist()))}\n"


_FORMATS: Mapping[str, _Format] = MappingProxyType(
    {
        "tsp": _Format(_tour, _write_tour),
        "qap": _Format(_sln, _write_sln),
        "mis": _Format(_vertices, _write_vertices),
        "max-cut": _Format(_vertices, _write_vertices),
        "mdkp": _Format(lambda text, path, p: _bits(text, path, len(p.profits)), _write_values),
        "market-share": _Format(lambda text, path, p: _bits(text, path, p.demands.shape[1]), _write_values),
        "qubo": _Format(lambda text, path, p: _bits(text, path, len(p.linear)), _write_values),
        "multi-knapsack": _Format(_knapsacks, _write_knapsacks),
        "tsptw": _Format(_order, lambda order, objective, p: write_order(order, objective)),
        "cvrp": _Format(_routes, lambda x, objective, p: write_routes(x, objective, p.num_customers)),
        "vrptw": _Format(_routes, lambda x, objective, p: write_routes(x, objective, p.num_customers)),
    }
)
