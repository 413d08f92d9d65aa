"""Random graphs as arrays of edges, for every kind that is a graph: G(n, p), random regular, unit disk.

The caller gives exactly one of p, degree and radius, which says the model. The same Generator state, the same graph.
"""

from __future__ import annotations

import numpy as np

from ...core import Int
from .limits import require_entries


def random_graph(
    n: int, rng: np.random.Generator, *, p: float | None, degree: int | None, radius: float | None
) -> tuple[Int, str]:
    """Edges (m, 2) of a random graph with n vertices, smaller vertex first, and a name for its model.

    Parameters
    ----------
    p : each pair is joined with this probability.
    degree : each vertex gets this many neighbours (networkx's random regular graph).
    radius : points of the unit square are joined when they lie within this distance.

    Raises
    ------
    ValueError
        Not exactly one of the three, or a value that does not suit.
    """
    given = [name for name, value in (("p", p), ("degree", degree), ("radius", radius)) if value is not None]
    if len(given) != 1:
        raise ValueError(f"one of p, degree and radius must be given, got {', '.join(given) or 'none'}; choose one")
    if n < 0:
        raise ValueError(f"n must be >= 0, got {n}; a graph has no negative number of vertices")
    require_entries(n * n if degree is None else n * max(1, degree), "n * n" if degree is None else "n * degree")
    if degree is not None:
        return _regular(n, degree, rng), f"regular{degree}-n{n}"
    if radius is not None:
        return _unit_disk(n, radius, rng), f"disk{radius:g}-n{n}"
    assert p is not None
    return _gnp(n, p, rng), f"gnp{p:g}-n{n}"


def _gnp(n: int, p: float, rng: np.random.Generator) -> Int:
    if not 0 <= p <= 1:
        raise ValueError(f"p must be a probability in 0..1, got {p}; choose another")
    u, v = np.triu_indices(n, 1)
    chosen = rng.random(u.size) < p
    return np.stack([u[chosen], v[chosen]], axis=1).astype(np.int64)


def _regular(n: int, degree: int, rng: np.random.Generator) -> Int:
    if not 0 <= degree < max(n, 1) or n * degree % 2:
        raise ValueError(
            f"degree must lie in 0..{max(n - 1, 0)} with n * degree even, got {degree} for n = {n}; change one of them"
        )
    if degree == 0:
        return np.zeros((0, 2), dtype=np.int64)
    import networkx as nx

    graph = nx.random_regular_graph(degree, n, seed=int(rng.integers(2**31)))
    return np.array(sorted(sorted(edge) for edge in graph.edges), dtype=np.int64)


def _unit_disk(n: int, radius: float, rng: np.random.Generator) -> Int:
    if not radius >= 0:
        raise ValueError(f"radius must be >= 0, got {radius}; choose another")
    points = rng.random((n, 2))
    u, v = np.triu_indices(n, 1)
    near = ((points[u] - points[v]) ** 2).sum(axis=1) <= radius**2
    return np.stack([u[near], v[near]], axis=1).astype(np.int64)
