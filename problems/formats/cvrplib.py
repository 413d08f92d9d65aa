"""CVRPLIB .vrp files: capacitated vehicle routing in TSPLIB's keywords, distances rounded as TSPLIB's.

Sets A, B, E, F, M, P and XSH allow as many routes as their name says (``-k5``), set X any number; a keyword VEHICLES
says it where there is one.
"""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np

from ...core import READERS, AnyArray, InstanceFormatError, Problem, UnsupportedError
from ..reading import fail, said
from ..rounding import rounded_distances
from ..vehicles import MAX_CUSTOMERS, Cvrp
from .contract import ReadOptions, path_name
from .tsplib import MATRIX_FORMS, Document, parse, points_section


@READERS.register("cvrplib")
class CvrplibReader:
    """CVRPLIB .vrp: capacitated vehicle routing, distances rounded to the nearest integer."""

    kinds: ClassVar[tuple[str, ...]] = ("cvrp",)
    suffixes: ClassVar[tuple[str, ...]] = (".vrp",)
    writes: ClassVar[tuple[str, ...]] = ("cvrp",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether ``TYPE : CVRP`` or ``ACVRP`` stands in the first 4,000 characters."""
        return re.search(r"^\s*TYPE\s*:\s*A?CVRP\b", text[:4000], re.MULTILINE) is not None

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one instance; distances by the TSPLIB rule of its EDGE_WEIGHT_TYPE, comments with # skipped."""
        plain = "\n".join("" if line.lstrip().startswith("#") else line for line in text.split("\n"))
        document = parse(plain, path)
        document.choice("TYPE", ("CVRP", "ACVRP"))
        m = document.dimension()
        if m - 1 > MAX_CUSTOMERS:
            fail(path, document.values["DIMENSION"][1], f"at most {MAX_CUSTOMERS} customers", said(f"{m - 1}"))
        if document.choice("EDGE_WEIGHT_TYPE", ("EUC_2D", "EXPLICIT")) == "EUC_2D":
            points: AnyArray | None = points_section(document, "NODE_COORD_SECTION", m)
            assert points is not None
            distances, rounding = rounded_distances(points, "nint"), "nint"
        else:
            form = document.choice("EDGE_WEIGHT_FORMAT", tuple(MATRIX_FORMS))
            stream = document.stream("EDGE_WEIGHT_SECTION")
            distances, rounding = MATRIX_FORMS[form](stream, m), ""
            stream.end()
            shown = next((s for s in ("DISPLAY_DATA_SECTION", "NODE_COORD_SECTION") if s in document.sections), None)
            points = None if shown is None else points_section(document, shown, m)
        capacity = _number(document, "CAPACITY")
        depot = document.stream("DEPOT_SECTION")
        if depot.integer("the depot, node 1") != 1 or (depot.left and depot.integer("-1 after one depot") != -1):
            fail(path, document.sections["DEPOT_SECTION"][1], "one depot, node 1, and -1", said("another depot"))
        name = document.value("NAME", "").removesuffix(".vrp") or path_name(path)
        return [Cvrp(distances, _demands(document, m), capacity, _routes(document, name), rounding, points, name=name)]

    def write(self, problem: Problem) -> str:
        """Coordinates where rounded distances are theirs, else the matrix; VEHICLES where routes are limited.

        Raises
        ------
        UnsupportedError
            Decimals, which the format does not hold.
        """
        assert isinstance(problem, Cvrp)
        if problem.distances.dtype.kind != "i" or problem.demands.dtype.kind != "i":
            raise UnsupportedError("cvrplib must have integer distances and demands; write .json for this instance")
        m = len(problem.distances)
        name = " ".join(problem.name.split()) or "cvrp"
        head = [f"NAME : {name}", "TYPE : CVRP", f"DIMENSION : {m}", f"CAPACITY : {problem.capacity}"]
        if problem.max_routes is not None:
            head.append(f"VEHICLES : {problem.max_routes}")
        elif _name_limit(name) is not None:
            head.append("VEHICLES : 0")
        points = problem.coordinates
        if points is not None and np.array_equal(rounded_distances(points, "nint"), problem.distances):
            head += ["EDGE_WEIGHT_TYPE : EUC_2D", "NODE_COORD_SECTION"]
            head += [f"{k} {x!r} {y!r}" for k, (x, y) in enumerate(points.tolist(), start=1)]
        else:
            head += ["EDGE_WEIGHT_TYPE : EXPLICIT", "EDGE_WEIGHT_FORMAT : FULL_MATRIX", "EDGE_WEIGHT_SECTION"]
            head += [" ".join(map(str, row)) for row in problem.distances.tolist()]
        head += ["DEMAND_SECTION", *(f"{k} {q}" for k, q in enumerate(problem.demands.tolist(), start=1))]
        return "\n".join([*head, "DEPOT_SECTION", "1", "-1", "EOF", ""])


def _number(document: Document, key: str) -> float:
    text, line = document.value(key), document.values[key][1]
    try:
        return float(text)
    except ValueError:
        fail(document.path, line, f"{key} (a number)", text)


def _demands(document: Document, m: int) -> AnyArray:
    stream = document.stream("DEMAND_SECTION")
    table = stream.take((m, 2), "DEMAND_SECTION (id demand)")
    stream.end()
    if not np.array_equal(np.sort(table[:, 0]), np.arange(1, m + 1)):
        raise InstanceFormatError(document.path, None, f"expected each id from 1 to {m} once in DEMAND_SECTION")
    demands = np.zeros(m)
    demands[table[:, 0].astype(np.int64) - 1] = table[:, 1]
    return demands


def _name_limit(name: str) -> int | None:
    """The routes a name allows: ``-k5`` but for set X, whose number is only a lower bound."""
    match = None if name.startswith("X-") else re.search(r"-k(\d+)", name)
    return int(match.group(1)) if match else None


def _routes(document: Document, name: str) -> int | None:
    if "VEHICLES" in document.values:
        given = _number(document, "VEHICLES")
        return int(given) or None
    return _name_limit(name)
