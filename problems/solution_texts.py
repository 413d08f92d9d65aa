"""Plain texts in which published solutions come, by kind: tours, permutations, vertex lists, values, knapsacks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from ..core import InstanceFormatError, Number, Solution, number
from ..core.margins import SOLVER
from .formats.tsplib import parse
from .reading import NumberStream, fail, lines, parse_integer, parse_number, said
from .route_solutions import read_order, read_routes, write_order, write_routes


@dataclass(frozen=True, eq=False)
class SolutionFile:
    """A solution as read: what the file states as objective (None: nothing), and a note on how it was understood.

    ``document`` is the whole file where it is JSON of ours, which has claims to be checked.
    """

    solution: Solution
    stated: Number | None = None
    note: str = ""
    document: Mapping[str, Any] | None = None


def stated_objective(text: str) -> Number | None:
    """The value of a comment line ``# Objective value = 10``."""
    match = re.search(r"^#.*objective value\s*[=:]\s*(\S+)", text, re.IGNORECASE | re.MULTILINE)
    try:
        return number(float(match.group(1))) if match else None
    except ValueError:
        return None


def _tour(text: str, path: str, problem: Any) -> SolutionFile:
    n = problem.num_cities
    if not re.search(r"^\s*TOUR_SECTION", text, re.MULTILINE):
        is_edges = text.split(maxsplit=2)[:2] == [str(n)] * 2 and len(text.split()) == 2 + 3 * n
        return _edges(text, path, n) if is_edges else _permutation(text, path, n)
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


def _edges(text: str, path: str, n: int) -> SolutionFile:
    """Concorde's edge list: ``n n``, then n lines ``i j length`` with cities from 0, in the order of the tour."""
    stream = NumberStream(text, path)
    stream.integers(2, "the counts")
    table = stream.take((n, 3), "edges `i j length`")
    ends = np.asarray(table[:, :2])
    if not np.array_equal(np.roll(ends[:, 0], -1), ends[:, 1]) or (ends != np.rint(ends)).any():
        fail(path, 2, "edges in the order of the tour, each from where the last one ended", said("another order"))
    tour = ends[:, 0].astype(np.int64)
    if ((tour < 0) | (tour >= n)).any():
        fail(path, 2, f"cities in 0..{n - 1}", int(tour[(tour < 0) | (tour >= n)][0]))
    return SolutionFile(_each_once(tour, path))


def _permutation(text: str, path: str, n: int) -> SolutionFile:
    """n numbers, counted from 0 or from 1: a permutation holds 0 in the one case and n in the other.

    Tours of Concorde and others begin with the count n, so that they hold one number more.
    """
    stream = NumberStream(text, path)
    if len(stream) == n + 1 and text.split(maxsplit=1)[0] == str(n):
        stream.integer("the count")
    return SolutionFile(_take_permutation(stream, n), stated_objective(text))


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
    """Vertex numbers from 1, or ``x#i v`` lines, or n values 0/1.

    The last are told apart from the first by being more, or by holding a 0 or a number twice.
    """
    n = problem.num_vertices
    if re.search(r"^\s*x", text, re.MULTILINE):
        return _bits(text, path, n)
    stream = NumberStream(text, path)
    if len(stream) == n and not _is_vertex_list(stream, n):
        return _bits(text, path, n)
    vertices = stream.integers(len(stream), "vertex numbers", 1, n)
    distinct, counts = np.unique(vertices, return_counts=True)
    if (counts > 1).any():
        raise InstanceFormatError(path, None, f"expected each vertex once, found {distinct[counts > 1][0]} twice")
    x = np.zeros(n, dtype=np.int64)
    x[vertices - 1] = 1
    return SolutionFile(x, stated_objective(text))


def _is_vertex_list(stream: NumberStream, n: int) -> bool:
    """Whether n numbers are all n vertices (the only vertex list of that length)."""
    values = stream.take(n, "solution")
    stream.position = 0
    return bool(np.array_equal(np.sort(values), np.arange(1, n + 1)))


def _bits(text: str, path: str, n: int) -> SolutionFile:
    """n values 0/1 in order, or ``x#j v`` lines with j from 1, where a missing j is 0."""
    stated = stated_objective(text)
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
        if seen[j] or min(abs(value), abs(value - 1)) > SOLVER:  # MIP solvers write 0.9999999
            fail(path, line.number, "value 0 or 1, each index once", " ".join(line.fields))
        seen[j], x[j] = True, round(value)
    return SolutionFile(x, stated)


def _integer_values(text: str, path: str, problem: Any) -> SolutionFile:
    """Integers in order, or ``name value`` lines, where a missing variable is at the value nearest to 0."""
    stated, names = stated_objective(text), {name: j for j, name in enumerate(problem.variable_names)}
    if re.search(r"^\s*[^\s#\d+-]", text, re.MULTILINE) is None:
        stream = NumberStream(text, path)
        values = stream.integers(len(names), "solution values")
        stream.end()
        return SolutionFile(values, stated)
    x = np.clip(0, problem.minimum, problem.maximum)
    seen: set[str] = set()
    for line in lines(text):
        if len(line.fields) != 2 or line.fields[0] not in names or line.fields[0] in seen:
            fail(path, line.number, "'name value' of a variable, each once", " ".join(line.fields))
        value = parse_number(line.fields[1], path, line.number, "an integer")
        if abs(value - round(value)) > SOLVER:  # MIP solvers write 2.9999999
            fail(path, line.number, "an integer", line.fields[1])
        seen.add(line.fields[0])
        x[names[line.fields[0]]] = round(value)
    return SolutionFile(x, stated)


def _knapsacks(text: str, path: str, problem: Any) -> SolutionFile:
    """Value, then the knapsack of each item; or the knapsacks alone."""
    n, most = len(problem.weights), len(problem.capacities)
    stream = NumberStream(text, path)
    stated = stream.number("the stated value") if len(stream) != n else None
    values = stream.integers(n, "knapsack numbers", 0, most)
    stream.end()
    return SolutionFile(values, stated)


@dataclass(frozen=True)
class SolutionText:
    """How a kind's solutions are read from text, and written."""

    read: Callable[[str, str, Any], SolutionFile]
    write: Callable[[Solution, Number, Any], str]


def _write_tour(tour: Solution, objective: Number, problem: Any) -> str:
    name = " ".join(problem.name.split()) or "tsp"
    head = [f"NAME : {name}", "TYPE : TOUR", f"COMMENT : length {objective}", f"DIMENSION : {len(tour)}"]
    return "\n".join([*head, "TOUR_SECTION", *(str(city + 1) for city in tour.tolist()), "-1", "EOF", ""])


def _write_sln(p: Solution, objective: Number, problem: Any) -> str:
    return f"{len(p)} {objective}\n{' '.join(str(location + 1) for location in p.tolist())}\n"


def _write_vertices(x: Solution, objective: Number, problem: Any) -> str:
    """All vertices as ``x#i v``, without a comment: QOBLIB's checker takes a list behind one for no vertex at all."""
    return "".join(f"x#{i} {value}\n" for i, value in enumerate(x.tolist(), start=1))


def _write_values(x: Solution, objective: Number, problem: Any) -> str:
    return f"# Objective value = {json.dumps(objective)}\n{' '.join(map(str, x.tolist()))}\n"


def _write_knapsacks(x: Solution, objective: Number, problem: Any) -> str:
    return f"# profit, then the knapsack of each item (0 = left out)\n{objective}\n{' '.join(map(str, x.tolist()))}\n"


def _order(text: str, path: str, problem: Any) -> SolutionFile:
    return SolutionFile(*read_order(text, path, problem.num_customers))


def _routes(text: str, path: str, problem: Any) -> SolutionFile:
    return SolutionFile(*read_routes(text, path, problem.num_customers))


SOLUTION_TEXTS: Mapping[str, SolutionText] = MappingProxyType(
    {
        "tsp": SolutionText(_tour, _write_tour),
        "qap": SolutionText(_sln, _write_sln),
        "mis": SolutionText(_vertices, _write_vertices),
        "max-cut": SolutionText(_vertices, _write_vertices),
        "mdkp": SolutionText(lambda text, path, p: _bits(text, path, len(p.profits)), _write_values),
        "market-share": SolutionText(lambda text, path, p: _bits(text, path, p.demands.shape[1]), _write_values),
        "qubo": SolutionText(lambda text, path, p: _bits(text, path, len(p.linear)), _write_values),
        "hubo": SolutionText(lambda text, path, p: _bits(text, path, p.num_variables), _write_values),
        "labs": SolutionText(lambda text, path, p: _bits(text, path, p.length), _write_values),
        "integer-program": SolutionText(_integer_values, _write_values),
        "multi-knapsack": SolutionText(_knapsacks, _write_knapsacks),
        "tsptw": SolutionText(_order, lambda order, objective, p: write_order(order, objective)),
        "cvrp": SolutionText(_routes, lambda x, objective, p: write_routes(x, objective, p.num_customers)),
        "vrptw": SolutionText(_routes, lambda x, objective, p: write_routes(x, objective, p.num_customers)),
    }
)
