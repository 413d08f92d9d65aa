"""Travelling salesman problem: the shortest closed tour through all cities, from a matrix of distances.

Symmetric or asymmetric; a solution is the order in which the cities are visited. Distances are the matrix, exactly;
coordinates are kept for plots and for solvers that use them, and never enter the objective.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..core import (
    PROBLEMS,
    AnyArray,
    BestKnown,
    Formulation,
    Number,
    Sense,
    Solution,
    frozen,
    frozen_number,
    number,
    permutation_solution,
    short_repr,
)
from ..core.model_html import problem_html
from .tsp_edges import TspEdges
from .tsp_positions import TspPositions

#: A matrix of more cities would take over half a gigabyte.
MAX_CITIES = 7_500


@PROBLEMS.register("tsp")
@dataclass(frozen=True, eq=False)
class Tsp:
    """Travelling salesman: shortest closed tour, ``min sum_k distances[v_k, v_(k+1 mod n)]``.

    Parameters
    ----------
    distances : shape (n, n), from row to column; may be asymmetric or negative. The diagonal is ignored, stored as 0.
    coordinates : shape (n, 2), or None.
    name : of the instance.
    best_known : value of the literature.

    Raises
    ------
    ValueError
        Not a square matrix of finite numbers, more than MAX_CITIES cities, or coordinates of another shape.

    Examples
    --------
    >>> tsp = Tsp([[0, 1, 9], [9, 0, 1], [1, 9, 0]])
    >>> tsp.objective([0, 1, 2]), tsp.objective([0, 2, 1]), tsp.is_symmetric
    (3, 27, False)
    """

    distances: AnyArray
    coordinates: AnyArray | None = None
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "tsp"
    sense: ClassVar[Sense] = "min"
    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        if isinstance(self.distances, Sized) and len(self.distances) > MAX_CITIES:
            raise ValueError(f"cities must be at most {MAX_CITIES}, got {len(self.distances)}; cut the instance")
        given = np.array(frozen_number(self.distances, "distances"))
        if given.size == 0:
            given = given.reshape(0, 0)
        if given.ndim != 2 or given.shape[0] != given.shape[1]:
            raise ValueError(f"distances must have shape (n, n), got {given.shape}; check the file's rows")
        np.fill_diagonal(given, 0)
        if (
            float(max(given.max(initial=0), -given.min(initial=0))) * len(given) >= 2.0**53
        ):  # beyond, sums would not be exact
            raise ValueError(
                f"distances must add up below 2**53, got {max(given.max(), -given.min()):g}; rescale the instance"
            )
        if given.dtype.kind == "f":
            given = frozen_number(given, "distances")  # decimals may have stood on the diagonal alone
        given.flags.writeable = False
        object.__setattr__(self, "distances", given)
        if self.coordinates is not None:
            points = frozen_number(self.coordinates, "coordinates")
            if points.shape != (len(given), 2):
                raise ValueError(f"coordinates must have shape ({len(given)}, 2), got {points.shape}")
            object.__setattr__(self, "coordinates", points)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for key in ("distances", "coordinates"):
            if state[key] is not None:
                self.__dict__[key] = frozen(state[key], state[key].dtype)

    @property
    def num_cities(self) -> int:
        return len(self.distances)

    @property
    def size(self) -> dict[str, int]:
        return {"cities": self.num_cities}

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether every distance is the same both ways."""
        return bool(np.array_equal(self.distances, self.distances.T))

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        """``positions``, and ``edges`` where the distances are symmetric and there are at least 3 cities."""
        forms: dict[str, type[Formulation]] = {"positions": TspPositions}
        if self.is_symmetric and self.num_cities >= 3:
            forms["edges"] = TspEdges
        return forms

    def objective(self, solution: Solution) -> Number:
        """Length of the closed tour."""
        tour = permutation_solution(solution, self.num_cities, self.kind)
        return number(self.distances[tour, np.roll(tour, -1)].sum())

    def violations(self, solution: Solution) -> dict[str, float]:
        """Empty: every permutation is feasible, and anything else is refused."""
        permutation_solution(solution, self.num_cities, self.kind)
        return {}
