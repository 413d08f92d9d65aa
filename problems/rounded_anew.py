"""A routing instance under another rounding convention than its file's: distances made anew from the coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from ..core import Problem
from .rounding import ROUNDINGS, Rounding, rounded_distances
from .tsptw import Tsptw
from .vehicles import Cvrp, Vrptw, with_rounding


def rounded_anew(problem: Problem, rounding: str) -> Problem:
    """The instance with distances rounded as said; itself where that is its own convention.

    Another convention makes another instance: its fingerprint differs, and the best known value no longer holds.

    Parameters
    ----------
    rounding : nint, trunc1 or exact.

    Raises
    ------
    ValueError
        Another kind, an unknown convention, or numbers that are not the rounded distances of coordinates.

    Examples
    --------
    >>> fleet = Cvrp([[0, 1], [1, 0]], [0, 1], 1, rounding="nint", coordinates=[[0, 0], [1, 1]])
    >>> rounded_anew(fleet, "trunc1").conventions
    {'objective': 'distance', 'rounding': 'trunc1'}
    """
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)}, got {rounding!r}")
    if not isinstance(problem, Tsptw | Cvrp | Vrptw):
        raise ValueError(f"rounding must be left out for {problem.kind}: it is for tsptw, cvrp and vrptw")
    if problem.rounding == rounding:
        return problem
    convention = cast(Rounding, rounding)
    _require_rounded(problem)
    if isinstance(problem, Tsptw):
        travel = rounded_distances(np.asarray(problem.coordinates), convention)
        return replace(problem, travel=travel, rounding=rounding, best_known=None)
    return with_rounding(problem, convention)


def as_recorded(problem: Problem, conventions: Mapping[str, Any]) -> Problem:
    """The instance of a file under the convention that a record names, where the two are different ones.

    Raises
    ------
    ValueError
        As ``rounded_anew``.
    """
    own = getattr(problem, "rounding", "")
    wanted = conventions.get("rounding")
    return rounded_anew(problem, str(wanted)) if own in ROUNDINGS and wanted in ROUNDINGS else problem


def _require_rounded(problem: Tsptw | Cvrp | Vrptw) -> None:
    """Refuse a matrix of its own: coordinates beside it may be there for pictures alone."""
    name, points = problem.name or problem.kind, problem.coordinates
    what, table = ("travel", problem.travel) if isinstance(problem, Tsptw) else ("matrix", problem.distances)
    if points is None or problem.rounding not in ROUNDINGS:
        raise ValueError(f"rounding must be left out for {name}, which holds the matrix of its distances itself")
    made = np.array(rounded_distances(points, cast(Rounding, problem.rounding)))
    if not np.array_equal(made, table):
        raise ValueError(f"rounding must be left out for {name}, whose {what} is not {problem.rounding} of coordinates")
