"""Independent set by cliques: at most one vertex of each clique, rows as strong as a few large cliques make them.

All maximal cliques where there are at most ``MAX_CLIQUES``, else a greedy cover of the edges by maximal cliques; either
way every edge lies in a row, so the feasible points are the independent sets. Only the LP bound depends on the choice.
"""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import ClassVar

import numpy as np

from ..core import BinaryProgram, Size
from .direct import DirectForm
from .mis import Mis, packing_rows

#: Beyond this many maximal cliques a greedy cover is taken (a graph can have 3**(n/3) of them).
MAX_CLIQUES = 5_000


#: Seconds an edge of finding the family: a graph for the cliques, and then perhaps the greedy cover.
PER_EDGE = 2e-5


def clique_seconds(problem: Mis) -> float:
    """About how long finding the family takes."""
    return PER_EDGE * len(problem.edges)


class MisCliques(DirectForm[Mis]):
    """Minimise -w x subject to one row ``sum of x over a clique <= 1`` per clique of a family that covers all edges.

    Notes
    -----
    With all maximal cliques the LP bounds of the code graphs 1tc.8, 1tc.16, 1tc.32, 1tc.64, 1et.64, 1dc.64 and 1dc.128
    are 4, 8, 12, 20, 19, 10 and 16.97; those of the edge rows are about n/2.
    """

    name: ClassVar[str] = "cliques"

    @cached_property
    def cliques(self) -> tuple[tuple[int, ...], ...]:
        """The family, in lexicographic order."""
        return clique_cover(self.problem)

    @cached_property
    def program(self) -> BinaryProgram:
        lengths = [len(clique) for clique in self.cliques]
        columns = np.fromiter((v for clique in self.cliques for v in clique), np.int64, sum(lengths))
        names = tuple(f"clique[{i}]" for i in range(len(lengths)))
        rows = packing_rows(np.repeat(np.arange(len(lengths)), lengths), columns, self.problem.num_vertices, names)
        return BinaryProgram(c=-self.problem.vertex_weights.astype(np.float64), rows=rows)

    @classmethod
    def size(cls, problem: Mis) -> Size:
        """Exact, and therefore as slow as finding the cliques; the program itself is not built."""
        cliques = clique_cover(problem)
        terms = np.count_nonzero(problem.vertex_weights) + sum(len(clique) for clique in cliques)
        return Size(problem.num_vertices, len(cliques), int(terms))


def clique_cover(problem: Mis, max_cliques: int = MAX_CLIQUES) -> tuple[tuple[int, ...], ...]:
    """Maximal cliques of two and more vertices that together hold every edge, in lexicographic order.

    Examples
    --------
    >>> clique_cover(Mis(num_vertices=4, edges=[[0, 1], [0, 2], [1, 2], [2, 3]]))
    ((0, 1, 2), (2, 3))
    """
    import networkx as nx

    graph = nx.Graph(problem.edges.tolist())
    found = [tuple(sorted(clique)) for clique in islice(nx.find_cliques(graph), max_cliques + 1)]
    return tuple(sorted(found)) if len(found) <= max_cliques else _greedy_cover(problem)


def _greedy_cover(problem: Mis) -> tuple[tuple[int, ...], ...]:
    """One maximal clique for each edge no earlier clique holds, grown by what covers most new edges."""
    neighbours = [set(row.tolist()) for row in problem.neighbours]
    uncovered = [set(row) for row in neighbours]
    cover = []
    for u, v in problem.edges.tolist():
        if v not in uncovered[u]:
            continue
        clique = [u, v]
        common = neighbours[u] & neighbours[v]
        gain = {w: (w in uncovered[u]) + (w in uncovered[v]) for w in common}
        while gain:
            chosen = max(gain, key=lambda w: (gain[w], -w))
            clique.append(chosen)
            gain = {w: g + (w in uncovered[chosen]) for w, g in gain.items() if w in neighbours[chosen]}
        members = set(clique)
        for w in clique:
            uncovered[w] -= members
        cover.append(tuple(sorted(clique)))
    return tuple(sorted(cover))
