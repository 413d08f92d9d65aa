"""Texts of routing solutions: an order of customers (tsptw), and ``Route #k: i j ...`` lines (cvrp, vrptw)."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from ..core import Number, Solution
from .reading import NumberStream, fail, lines, parse_integer, parse_number, said
from .vehicles import routes_of, solution_of


def read_order(text: str, path: str, n: int) -> tuple[Solution, Number | None]:
    """The customers 1..n in order, behind the stated value where there is one; a depot 0 at the ends is left out."""
    stream = NumberStream(text, path)
    extra = len(stream) - n
    stated = stream.number("the stated value") if extra in (1, 3) else None
    if extra in (2, 3):
        stream.integer("the depot 0", 0, 0)
    order = stream.integers(n, f"the order of the customers 1..{n}", 1, n)
    if extra in (2, 3):
        stream.integer("the depot 0", 0, 0)
    stream.end()
    return order, stated


def write_order(order: Solution, objective: Number) -> str:
    """A comment, the value, and the order."""
    return f"# value, then the order of the customers\n{json.dumps(objective)}\n{' '.join(map(str, order.tolist()))}\n"


def read_routes(text: str, path: str, n: int) -> tuple[Solution, Number | None]:
    """Routes of ``Route #k: i j ...`` lines and the value of a ``Cost c`` line; empty routes are left out."""
    routes: list[list[int]] = []
    stated: Number | None = None
    for line in lines(text):
        words = line.fields
        if words[0].lower() == "cost" and len(words) == 2:
            stated = parse_number(words[1], path, line.number, "the cost")
            continue
        head, colon, stops = " ".join(words).partition(":")
        if not colon or not re.fullmatch(r"(?i)route\s*#?\s*\d+", head.strip()):
            fail(path, line.number, "'Route #k: i j ...' or 'Cost c'", said(" ".join(words)[:40]))
        routes.append([parse_integer(word, path, line.number, "a customer", 1, n) for word in stops.split()])
    return solution_of(routes), stated


def write_routes(solution: Solution, objective: Number, n: int) -> str:
    """CVRPLIB's solution text."""
    routes = [" ".join(map(str, route.tolist())) for route in routes_of(solution, n)]
    return "\n".join(
        [*(f"Route #{k}: {stops}" for k, stops in enumerate(routes, 1)), f"Cost {json.dumps(objective)}", ""]
    )


def joined_routes(values: Any) -> Any:
    """A list of routes as one solution vector; anything else as it is.

    Examples
    --------
    >>> joined_routes([[3, 1], [2]]).tolist(), joined_routes([1, 2])
    ([3, 1, 0, 2], [1, 2])
    """
    is_routes = isinstance(values, list) and values and all(isinstance(route, list) for route in values)
    if not is_routes or not all(isinstance(v, int) for route in values for v in route):
        return values
    return np.asarray(solution_of(values))
