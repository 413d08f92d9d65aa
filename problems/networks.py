"""networkx graphs as instances and back; vertex i is the i-th node in the graph's own order (``list(graph)``).

Undirected graphs only. Parallel edges count once for independent sets, and add up for Max-Cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..core import BestKnown, Int, frozen_number
from .max_cut import MaxCut
from .mis import Mis

if TYPE_CHECKING:
    import networkx as nx


def mis_from_networkx(
    graph: nx.Graph, *, weight: str | None = None, name: str = "", best_known: BestKnown | None = None
) -> Mis:
    """The independent set problem of a graph, weighted by the node attribute ``weight`` where one is named.

    Raises
    ------
    ValueError
        A directed graph, an edge from a node to itself, or a node without the attribute.

    Examples
    --------
    >>> import networkx as nx
    >>> mis_from_networkx(nx.path_graph(["a", "b", "c"])).objective([1, 0, 1])
    2
    """
    n, pairs = _pairs(graph)
    weights = None
    if weight is not None:
        missing = [node for node, value in graph.nodes(data=weight) if value is None]
        if missing:
            raise ValueError(f"every node must have the attribute {weight!r}, got none on {missing[0]!r}; set it")
        weights = np.array([value for _, value in graph.nodes(data=weight)])
    return Mis(n, pairs, weights, name=name or str(graph.name), best_known=best_known)


def max_cut_from_networkx(
    graph: nx.Graph, *, weight: str | None = "weight", name: str = "", best_known: BestKnown | None = None
) -> MaxCut:
    """The Max-Cut problem of a graph, an edge without the attribute ``weight`` counting 1.

    Raises
    ------
    ValueError
        A directed graph, an edge from a node to itself, or a weight that is no finite number.

    Examples
    --------
    >>> import networkx as nx
    >>> max_cut_from_networkx(nx.cycle_graph(4)).objective([0, 1, 0, 1])
    4
    """
    n, pairs = _pairs(graph)
    default = [1] * len(pairs)
    weights = default if weight is None else [value for _, _, value in graph.edges(data=weight, default=1)]
    return MaxCut(n, pairs, frozen_number(weights, "weights"), name=name or str(graph.name), best_known=best_known)


def to_networkx(problem: Mis | MaxCut) -> nx.Graph:
    """The instance's graph on nodes 0..n-1, weights as attribute ``weight`` of nodes (Mis) or edges (MaxCut)."""
    import networkx as nx

    graph = nx.Graph(name=problem.name)
    graph.add_nodes_from(range(problem.num_vertices))
    if isinstance(problem, MaxCut):
        edges = zip(problem.edges.tolist(), problem.weights.tolist(), strict=True)
        graph.add_weighted_edges_from((u, v, weight) for (u, v), weight in edges)
        return graph
    graph.add_edges_from(problem.edges.tolist())
    if problem.weights is not None:
        nx.set_node_attributes(graph, dict(enumerate(problem.weights.tolist())), "weight")
    return graph


def _pairs(graph: nx.Graph) -> tuple[int, Int]:
    """Number of nodes, and edges by the places of their ends, in the graph's order."""
    if not hasattr(graph, "is_directed"):
        raise TypeError(f"graph must be a networkx graph, got {type(graph).__name__}")
    if graph.is_directed():
        raise ValueError("graph must be undirected, got a directed one; use graph.to_undirected()")
    place = {node: i for i, node in enumerate(graph)}
    pairs = np.array([(place[u], place[v]) for u, v in graph.edges()], dtype=np.int64).reshape(-1, 2)
    return len(place), pairs
