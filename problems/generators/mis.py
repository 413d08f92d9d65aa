"""Random graphs for the independent set problem, with or without vertex weights."""

from __future__ import annotations

import numpy as np

from ...core import GENERATORS
from ..mis import Mis
from .codes import Code, code_edges, known_independence
from .graphs import random_graph


@GENERATORS.register("mis")
def mis(
    *,
    n: int = 14,
    p: float | None = None,
    degree: int | None = None,
    radius: float | None = None,
    density: float | None = None,
    code: Code | None = None,
    max_weight: int = 1,
    seed: int = 0,
) -> Mis:
    """n vertices joined at random, by one of four models, or a code graph; p = 0.3 when none is chosen.

    Parameters
    ----------
    n : vertices
    p : probability of each edge, G(n, p)
    degree : neighbours of each vertex, random regular graph
    radius : points of the unit square within this distance block each other, unit disk graph
    density : exactly int(density n**2 / 2) edges, networkx's gnm_random_graph, whose graphs others use too
    code : Sloane's graph of that error on words of n = 2**k letters: 1dc, 1tc, 1et, 1zc or 2dc; has no seed
    max_weight : vertex weights are uniform integers in 1..max_weight; 1 for an unweighted graph

    Raises
    ------
    ValueError
        ``max_weight`` is below 1.

    Examples
    --------
    >>> mis(n=8, degree=3, seed=1).size
    {'vertices': 8, 'edges': 12}
    >>> mis(n=64, code="1dc").size, mis(n=64, code="1dc").best_known.value
    ({'vertices': 64, 'edges': 543}, 10)
    """
    if max_weight < 1:
        raise ValueError(f"max_weight must be >= 1, got {max_weight}; 1 means no weights")
    rng = np.random.default_rng(seed)
    if code is not None:
        return _code_graph(code, n, is_alone=p is None and degree is None and radius is None and max_weight == 1)
    if density is not None:
        return _of_density(
            n, density, seed, is_alone=p is None and degree is None and radius is None and max_weight == 1
        )
    if p is None and degree is None and radius is None:
        p = 0.3
    edges, label = random_graph(n, rng, p=p, degree=degree, radius=radius)
    weights = None if max_weight == 1 else rng.integers(1, max_weight + 1, n)
    return Mis(n, edges, weights, name=f"mis-{label}-s{seed}" + (f"-w{max_weight}" if max_weight > 1 else ""))


def _of_density(n: int, density: float, seed: int, *, is_alone: bool) -> Mis:
    if not is_alone or not 0 <= density <= 1:
        raise ValueError(f"density must be 0..1 and come without p, degree, radius and max_weight, got {density!r}")
    import networkx as nx

    graph = nx.gnm_random_graph(n, int(0.5 * density * n**2), seed=seed)
    return Mis(n, np.array(sorted(graph.edges), dtype=np.int64).reshape(-1, 2), name=f"mis-gnm{density:g}-n{n}-s{seed}")


def _code_graph(code: Code, n: int, *, is_alone: bool) -> Mis:
    if not is_alone:
        raise ValueError("code must come alone, without p, degree, radius and max_weight; leave them out")
    name = f"{code}.{n}"
    return Mis(n, code_edges(code, n), name=name, best_known=known_independence(name))
