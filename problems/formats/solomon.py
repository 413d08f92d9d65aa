"""Solomon's VRPTW text: vehicles and capacity, then one line a node with place, demand, window and service.

Distances are Euclidean, truncated to one decimal as in the published optima, and are travel times too.
"""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np

from ...core import READERS, AnyArray, Problem, UnsupportedError
from ..reading import Line, fail, lines, parse_integer, parse_number, said
from ..rounding import rounded_distances
from ..vehicles import MAX_CUSTOMERS, Vrptw
from .contract import ReadOptions, path_name

_HEADINGS = ("VEHICLE", "NUMBER", "CUSTOMER", "CUST")


@READERS.register("solomon")
class SolomonReader:
    """Solomon text: vehicle routing with time windows, distances truncated to one decimal."""

    kinds: ClassVar[tuple[str, ...]] = ("vrptw",)
    suffixes: ClassVar[tuple[str, ...]] = (".solomon", ".vrptw")
    writes: ClassVar[tuple[str, ...]] = ("vrptw",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether lines begin with VEHICLE and with CUSTOMER."""
        head = text[:1000]
        return all(re.search(rf"^\s*{word}\b", head, re.MULTILINE) for word in ("VEHICLE", "CUSTOMER"))

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one instance: fleet, depot, then customers with place, demand, window and service time."""
        rows: list[Line] = []
        name = path_name(path)
        for line in lines(text):
            if line.fields[0].upper() in _HEADINGS:
                continue
            if not line.fields[0].lstrip("+-").replace(".", "", 1).isdecimal():
                if rows:
                    fail(path, line.number, "a line of numbers", line.fields[0])
                name = " ".join(line.fields)
                continue
            if not rows and name == path_name(path) and len(line.fields) == 1:
                name = line.fields[0]
                continue
            rows.append(line)
        if len(rows) < 2:
            fail(path, None, "vehicles, capacity and a depot", said("the end of the file"), "is the file cut?")
        head, nodes = rows[0], rows[1:]
        if len(head.fields) != 2:
            fail(path, head.number, "the number of vehicles and their capacity", " ".join(head.fields))
        if len(nodes) - 1 > MAX_CUSTOMERS:
            fail(path, nodes[-1].number, f"at most {MAX_CUSTOMERS} customers", said(f"{len(nodes) - 1}"))
        vehicles = parse_integer(head.fields[0], path, head.number, "the number of vehicles", 0)
        capacity = parse_number(head.fields[1], path, head.number, "the capacity")
        table = self._table(nodes, path)
        points = table[:, :2]
        distances = rounded_distances(points, "trunc1")
        return [
            Vrptw(
                distances,
                table[:, 2],
                capacity,
                table[:, 3:5],
                table[:, 5],
                vehicles,
                "distance",
                "trunc1",
                points,
                name,
            )
        ]

    @staticmethod
    def _table(nodes: list[Line], path: str) -> AnyArray:
        """Place, demand, window and service of the nodes in order, shape (m, 6); due below ready is an error here."""
        table = np.zeros((len(nodes), 6))
        for k, line in enumerate(nodes):
            if len(line.fields) != 7:
                fail(path, line.number, "7 numbers: node, x, y, demand, ready, due, service", " ".join(line.fields))
            parse_integer(line.fields[0], path, line.number, f"the node number {k}", k, k)
            table[k] = [float(parse_number(x, path, line.number, "a node's data")) for x in line.fields[1:]]
            if table[k, 3] > table[k, 4]:
                fail(path, line.number, "ready <= due", said(f"{line.fields[4]} and {line.fields[5]}"))
        return table

    def write(self, problem: Problem) -> str:
        """Solomon's columns.

        Raises
        ------
        UnsupportedError
            The distances are not those of the coordinates truncated to one decimal, or the objective is another one.
        """
        assert isinstance(problem, Vrptw)
        points = problem.coordinates
        if points is None or not np.array_equal(problem.distances, rounded_distances(points, "trunc1")):
            raise UnsupportedError("solomon must have distances of coordinates truncated to one decimal; write .json")
        if problem.objective_kind != "distance":
            raise UnsupportedError("solomon must have the objective distance; write .json for vehicles-then-distance")
        vehicles = problem.num_customers if problem.max_routes is None else problem.max_routes
        head = [problem.name.replace("\n", " ") or "vrptw", "", "VEHICLE", "NUMBER     CAPACITY"]
        head += [f"{vehicles} {problem.capacity!r}", "", "CUSTOMER"]
        head += ["CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME", ""]
        columns = (points, problem.demands[:, None], problem.windows, problem.service[:, None])
        parts = [part.tolist() for part in columns]
        rows = [" ".join(map(repr, [k, *(x for p in parts for x in p[k])])) for k in range(len(points))]
        return "\n".join([*head, *rows, ""])
