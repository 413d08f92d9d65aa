"""Maximum (weight) independent set: choose vertices of largest weight, no two of them joined by an edge.

A maximum clique is an independent set of the complement, a minimum vertex cover what an independent set leaves out.
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
    Float,
    Formulation,
    Int,
    Number,
    Rows,
    Sense,
    Size,
    Solution,
    binary_solution,
    frozen,
    number,
    short_repr,
)
from ..core.model_html import problem_html
from .checks import count, merged_pairs, number_vector, restore, vertex_pairs
from .direct import DirectForm


@PROBLEMS.register("mis")
@dataclass(frozen=True, eq=False)
class Mis:
    """Graph with vertices 0..num_vertices-1: maximise the weight of a set of pairwise unjoined vertices.

    Parameters
    ----------
    num_vertices : n.
    edges : shape (m, 2), vertices from 0; stored with the smaller vertex first, sorted, each edge once.
    weights : shape (n,); None (also stored for all ones) counts vertices.

    Raises
    ------
    ValueError
        An edge leaves 0..n-1 or joins a vertex with itself, or the weights are not n finite numbers.

    Examples
    --------
    >>> path = Mis(num_vertices=3, edges=[[1, 0], [1, 2]])
    >>> path.objective([1, 0, 1]), path.violations([1, 1, 0])
    (2, {'edge[0,1]': 1.0})
    """

    num_vertices: int
    edges: Int
    weights: AnyArray | None = None
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "mis"
    sense: ClassVar[Sense] = "max"
    __repr__ = short_repr
    _repr_html_ = problem_html

    @staticmethod
    def from_networkx(graph: Any, *, weight: str | None = None, name: str = "") -> Mis:
        """The independent set problem of an undirected networkx graph; ``weight`` names a node attribute."""
        from .networks import mis_from_networkx

        return mis_from_networkx(graph, weight=weight, name=name)

    def __post_init__(self) -> None:
        n = count(self.num_vertices, "num_vertices")
        pairs = vertex_pairs(self.edges, n)
        pairs, _ = merged_pairs(pairs, np.ones(len(pairs)))
        weights = None
        if self.weights is not None:
            weights = number_vector(self.weights, "weights", size=n)
            weights = None if (weights == 1).all() else weights
        for key, value in (("num_vertices", n), ("edges", frozen(pairs, np.int64)), ("weights", weights)):
            object.__setattr__(self, key, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, self.__dataclass_fields__)

    @property
    def size(self) -> dict[str, int]:
        return {"vertices": self.num_vertices, "edges": len(self.edges)}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        from .mis_cliques import MisCliques

        return {"edges": MisEdges, "cliques": MisCliques}

    @cached_property
    def vertex_weights(self) -> AnyArray:
        """Weight of each vertex, ones where the instance has none; shape (n,)."""
        return frozen(np.ones(self.num_vertices), np.int64) if self.weights is None else self.weights

    @cached_property
    def neighbours(self) -> tuple[Int, ...]:
        """Neighbours of each vertex, ascending."""
        both = np.concatenate([self.edges, self.edges[:, ::-1]])
        both = both[np.lexsort((both[:, 1], both[:, 0]))]
        cuts = np.searchsorted(both[:, 0], np.arange(1, self.num_vertices))
        return tuple(frozen(part, np.int64) for part in np.split(both[:, 1], cuts)) if self.num_vertices else ()

    def objective(self, solution: Solution) -> Number:
        """Weight of the chosen vertices."""
        return number(float(self.vertex_weights @ binary_solution(solution, self.num_vertices, self.kind)))

    def violations(self, solution: Solution) -> dict[str, float]:
        """1 for each edge ``edge[u,v]`` with both ends chosen."""
        x = binary_solution(solution, self.num_vertices, self.kind)
        broken = self.edges[(x[self.edges] == 1).all(axis=1)]
        return {f"edge[{u},{v}]": 1.0 for u, v in broken.tolist()}


class MisEdges(DirectForm[Mis]):
    """Minimise -w x subject to x_u + x_v <= 1 for every edge: rows that encoders turn into products, without slack."""

    name: ClassVar[str] = "edges"

    @cached_property
    def program(self) -> BinaryProgram:
        edges = self.problem.edges
        names = tuple(f"edge[{u},{v}]" for u, v in edges.tolist())
        rows = packing_rows(np.repeat(np.arange(len(edges)), 2), edges.ravel(), self.problem.num_vertices, names)
        return BinaryProgram(c=-self.problem.vertex_weights.astype(np.float64), rows=rows)

    @classmethod
    def size(cls, problem: Mis) -> Size:
        """One variable a vertex, one row an edge."""
        terms = np.count_nonzero(problem.vertex_weights) + 2 * len(problem.edges)
        return Size(problem.num_vertices, len(problem.edges), int(terms))


def packing_rows(row: Int, column: Int, num_columns: int, names: tuple[str, ...]) -> Rows:
    """Rows ``sum of x over the columns <= 1`` from the (row, column) places of their ones."""
    from scipy.sparse import csr_array

    ones: Float = np.ones(len(column))
    A = csr_array((ones, (row, column)), shape=(len(names), num_columns))
    return Rows(A, np.full(len(names), -np.inf), np.ones(len(names)), names)
