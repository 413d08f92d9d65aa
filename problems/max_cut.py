"""Weighted Max-Cut: split the vertices in two so that the weight of the edges between the sides is largest.

Weights may be negative (Ising instances). Parallel edges count as one edge of their summed weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..core import (
    PROBLEMS,
    AnyArray,
    BestKnown,
    BinaryProgram,
    Formulation,
    Int,
    Number,
    Sense,
    Size,
    Solution,
    binary_solution,
    frozen,
    frozen_number,
    number,
    short_repr,
)
from ..core.model_html import problem_html
from .checks import count, merged_pairs, number_vector, restore, vertex_pairs
from .direct import DirectForm


@PROBLEMS.register("max-cut")
@dataclass(frozen=True, eq=False)
class MaxCut:
    """Graph with edge weights: maximise the sum of w_uv over edges whose ends lie on different sides.

    Parameters
    ----------
    num_vertices : n.
    edges : shape (m, 2), vertices from 0; stored with the smaller vertex first, sorted, parallel edges merged.
    weights : shape (m,), of either sign.

    Raises
    ------
    ValueError
        An edge leaves 0..n-1 or joins a vertex with itself, or the weights are not m finite numbers.

    Examples
    --------
    >>> triangle = MaxCut(num_vertices=3, edges=[[0, 1], [1, 2], [0, 2]], weights=[1, 2, 3])
    >>> triangle.objective([0, 0, 1])
    5
    """

    num_vertices: int
    edges: Int
    weights: AnyArray
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "max-cut"
    sense: ClassVar[Sense] = "max"
    __repr__ = short_repr
    _repr_html_ = problem_html

    @staticmethod
    def from_networkx(graph: Any, *, weight: str | None = "weight", name: str = "") -> MaxCut:
        """The Max-Cut problem of an undirected networkx graph; edges without the attribute count 1."""
        from .networks import max_cut_from_networkx

        return max_cut_from_networkx(graph, weight=weight, name=name)

    def __post_init__(self) -> None:
        n = count(self.num_vertices, "num_vertices")
        pairs = vertex_pairs(self.edges, n)
        pairs, weights = merged_pairs(pairs, number_vector(self.weights, "weights", size=len(pairs)))
        for key, value in (
            ("num_vertices", n),
            ("edges", frozen(pairs, np.int64)),
            ("weights", frozen_number(weights, "weights")),
        ):
            object.__setattr__(self, key, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, self.__dataclass_fields__)

    @property
    def size(self) -> dict[str, int]:
        return {"vertices": self.num_vertices, "edges": len(self.edges)}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        return {"cut": MaxCutEdges}

    def objective(self, solution: Solution) -> Number:
        """Weight of the edges between side 0 and side 1."""
        side = binary_solution(solution, self.num_vertices, self.kind)
        return number(self.weights @ (side[self.edges[:, 0]] != side[self.edges[:, 1]]))

    def violations(self, solution: Solution) -> dict[str, float]:
        """None ever: every 0/1 vector is a cut."""
        binary_solution(solution, self.num_vertices, self.kind)
        return {}


class MaxCutEdges(DirectForm[MaxCut]):
    """Minimise -sum w_uv (x_u + x_v - 2 x_u x_v); x_i is the side of vertex i, no rows."""

    name: ClassVar[str] = "cut"

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import csr_array

        n, (u, v) = self.problem.num_vertices, self.problem.edges.T
        weights = self.problem.weights.astype(np.float64)
        degree = np.bincount(u, weights, minlength=n) + np.bincount(v, weights, minlength=n)
        return BinaryProgram(c=-degree, Q=csr_array((2 * weights, (u, v)), shape=(n, n)))

    @classmethod
    def size(cls, problem: MaxCut) -> Size:
        """One variable a vertex, no rows; terms of weighted degrees and of edges that are not 0."""
        n, (u, v) = problem.num_vertices, problem.edges.T
        weights = problem.weights.astype(np.float64)
        degree = np.bincount(u, weights, minlength=n) + np.bincount(v, weights, minlength=n)
        return Size(n, 0, int(np.count_nonzero(degree) + np.count_nonzero(weights)))
