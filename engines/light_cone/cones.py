"""The part of a graph that an expectation value at depth p depends on, and its form up to isomorphism.

Z_u (Z_u Z_v) after p layers of QAOA is a function of the vertices within distance p of u (of u or v), of the couplings
with an end nearer than p, and of the fields nearer than p: all other gates cancel against their adjoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import Float, Int

#: A neighbour of a vertex and the index of the coupling to it.
Near = list[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class CouplingGraph:
    """An Ising model ``sum h_i s_i + sum J_k s_rows[k] s_cols[k]`` as a graph.

    Parameters
    ----------
    h : fields, shape (n,)
    rows, cols, couplings : shape (m,); every pair once, no coupling of a spin with itself
    near : neighbours of each vertex with the index of the coupling; made by `of`
    """

    h: Float
    rows: Int
    cols: Int
    couplings: Float
    near: tuple[Near, ...]

    @staticmethod
    def of(h: Any, rows: Any, cols: Any, couplings: Any) -> CouplingGraph:
        """The graph of arrays; couplings of 0 are left out.

        Raises
        ------
        ValueError
            Shapes differ, an index is out of range, a pair stands twice or with itself, or a number is not finite.

        Examples
        --------
        >>> CouplingGraph.of([0.0, 0.0, 1.0], [0, 1], [1, 2], [1.0, -2.0]).near[1]
        [(0, 0), (2, 1)]
        """
        fields, values = np.array(h, dtype=np.float64), np.asarray(couplings, dtype=np.float64)
        ends = np.asarray(rows, dtype=np.int64), np.asarray(cols, dtype=np.int64)
        n = fields.size
        if fields.ndim != 1 or any(part.shape != values.shape or values.ndim != 1 for part in ends):
            raise ValueError("h must have shape (n,), and rows, cols and couplings one shape (m,)")
        if not np.isfinite(fields).all() or not np.isfinite(values).all():
            raise ValueError("h and couplings must be finite")
        if values.size and (min(part.min() for part in ends) < 0 or max(part.max() for part in ends) >= n):
            raise ValueError(f"rows and cols must lie in 0..{n - 1}")
        kept = values != 0
        first, second, values = np.minimum(*ends)[kept], np.maximum(*ends)[kept], values[kept]
        if (first == second).any() or np.unique(first * n + second).size < values.size:
            raise ValueError("every pair of different spins must stand once; add up its couplings")
        near: tuple[Near, ...] = tuple([] for _ in range(n))
        for k, (i, j) in enumerate(zip(first.tolist(), second.tolist())):
            near[i].append((j, k))
            near[j].append((i, k))
        return CouplingGraph(fields, first, second, values, near)

    @property
    def n(self) -> int:
        """Number of spins."""
        return self.h.size


@dataclass(frozen=True, eq=False)
class Cone:
    """What one expectation value depends on, vertices renumbered from the roots outwards.

    Parameters
    ----------
    vertices : the graph's vertices, roots first, by distance
    distances : of each vertex from the nearest root
    edges : (first, second) of each coupling that matters, in the cone's numbers
    couplings : index of each in the graph
    num_roots : 1 for Z_u, 2 for Z_u Z_v
    """

    vertices: tuple[int, ...]
    distances: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    couplings: tuple[int, ...]
    num_roots: int

    @property
    def size(self) -> int:
        """Number of qubits."""
        return len(self.vertices)


def cone_of(graph: CouplingGraph, roots: Sequence[int], num_layers: int) -> Cone:
    """The cone of Z on one root, or of the product of Z on two.

    Examples
    --------
    >>> ring = CouplingGraph.of(np.zeros(9), np.arange(9), (np.arange(9) + 1) % 9, np.ones(9))
    >>> cone = cone_of(ring, (0, 1), 2)
    >>> cone.vertices, cone.distances, len(cone.edges)
    ((0, 1, 8, 2, 7, 3), (0, 0, 1, 1, 2, 2), 5)
    """
    place = {root: k for k, root in enumerate(roots)}
    vertices, distances = list(roots), [0] * len(roots)
    edges: list[tuple[int, int]] = []
    couplings: list[int] = []
    at = 0
    while at < len(vertices) and distances[at] < num_layers:
        for other, coupling in graph.near[vertices[at]]:
            there = place.get(other)
            if there is None:
                there = place[other] = len(vertices)
                vertices.append(other)
                distances.append(distances[at] + 1)
            if there > at:
                edges.append((at, there))
                couplings.append(coupling)
        at += 1
    return Cone(tuple(vertices), tuple(distances), tuple(edges), tuple(couplings), len(roots))


@dataclass(frozen=True, eq=False)
class Form:
    """A cone in a numbering that equal cones share, with signs taken out.

    Flipping spins changes no expectation value but by a sign, so that couplings are made positive along a spanning
    tree: all trees of couplings +-J are one form.

    Parameters
    ----------
    shape : (distances, edges, number of roots): two cones of one shape differ in numbers alone
    couplings, fields : of the edges, and of the vertices nearer than p
    sign : of the expectation value
    """

    shape: tuple[tuple[int, ...], tuple[tuple[int, int], ...], int]
    couplings: Float
    fields: Float
    sign: int


def canonical(graph: CouplingGraph, cone: Cone, num_layers: int) -> Form:
    """The form of a cone.

    Vertices are coloured by refinement, by distance and neighbours' colours first, then by the magnitudes of couplings
    and fields; what is left is numbered along the tree, or told apart one vertex at a time where there are cycles.
    Equal shapes and numbers mean isomorphic cones; the reverse holds for trees, elsewhere a cone may be counted twice.
    """
    J = graph.couplings[list(cone.couplings)]
    h = graph.h[list(cone.vertices)]
    weights = np.abs(J).tolist()
    near: list[list[tuple[int, float]]] = [[] for _ in cone.vertices]
    for (i, j), weight in zip(cone.edges, weights):
        near[i].append((j, weight))
        near[j].append((i, weight))
    colours = _refined(list(cone.distances), near, weighted=False)
    is_weighted = bool(h.any()) or len(set(weights)) > 1
    if is_weighted and len(set(colours)) < cone.size:
        sizes = [abs(x) if d < num_layers else 0.0 for x, d in zip(h.tolist(), cone.distances)]
        colours = _refined(_ranks(list(zip(colours, sizes))), near, weighted=True)
    is_tree = len(cone.edges) < cone.size
    order = _along_tree(colours, cone, near) if is_tree else _told_apart(colours, near, is_weighted)
    place = np.empty(cone.size, dtype=np.int64)
    place[order] = np.arange(cone.size)
    pairs = np.sort(place[np.array(cone.edges, dtype=np.int64).reshape(-1, 2)], axis=1)
    rank = np.lexsort((pairs[:, 1], pairs[:, 0]))
    pairs, J, h = pairs[rank], J[rank], h[order]
    flips = _flips(pairs.tolist(), J.tolist(), cone.size)
    distances = tuple(cone.distances[k] for k in order)
    inner = sum(d < num_layers for d in distances)
    shape = distances, tuple(map(tuple, pairs.tolist())), cone.num_roots
    signed = J * flips[pairs[:, 0]] * flips[pairs[:, 1]]
    return Form(shape, signed, (h * flips)[:inner] + 0.0, int(np.prod(flips[: cone.num_roots])))


def _ranks(keys: list[Any]) -> list[int]:
    rank = {key: k for k, key in enumerate(sorted(set(keys)))}
    return [rank[key] for key in keys]


def _refined(colours: list[int], near: list[list[tuple[int, float]]], *, weighted: bool) -> list[int]:
    """Colours split by the neighbours' until nothing changes; their order goes before."""
    count = len(set(colours))
    while count < len(colours):
        if weighted:
            keys: list[Any] = [
                (c, sorted((colours[w], x) for w, x in around)) for c, around in zip(colours, near, strict=True)
            ]
        else:
            keys = [(c, sorted(colours[w] for w, _ in around)) for c, around in zip(colours, near, strict=True)]
        colours = _ranks([(c, tuple(around)) for c, around in keys])
        after = len(set(colours))
        if after == count:
            break
        count = after
    return colours


def _along_tree(colours: list[int], cone: Cone, near: list[list[tuple[int, float]]]) -> list[int]:
    """Vertices by distance, then their parent's place, then colour: vertices equal in all have isomorphic branches."""
    place: dict[int, int] = {}
    for distance in range(cone.distances[-1] + 1):
        level = [v for v in range(cone.size) if cone.distances[v] == distance]
        parent = {v: min((place[w] for w, _ in near[v] if w in place), default=-1) for v in level}
        for v in sorted(level, key=lambda v: (parent[v], colours[v])):
            place[v] = len(place)
    return list(place)


def _told_apart(colours: list[int], near: list[list[tuple[int, float]]], weighted: bool) -> list[int]:
    """Vertices by colour, after one of the first colour that several share was given one of its own, repeatedly."""
    while True:
        counts = np.bincount(colours)
        if counts.max() == 1:
            return sorted(range(len(colours)), key=colours.__getitem__)
        chosen = colours.index(int(np.flatnonzero(counts > 1)[0]))
        split = [2 * c + 1 for c in colours]
        split[chosen] -= 1
        colours = _refined(_ranks(split), near, weighted=weighted)


def _flips(edges: list[list[int]], couplings: list[float], size: int) -> Float:
    """Signs of the spins that make the couplings along a spanning tree positive."""
    near: list[Near] = [[] for _ in range(size)]
    for k, (i, j) in enumerate(edges):
        near[i].append((j, k))
        near[j].append((i, k))
    flips = np.zeros(size)
    for start in range(size):
        if flips[start]:
            continue
        flips[start] = 1.0
        queue = [start]
        for v in queue:
            for w, k in near[v]:
                if not flips[w]:
                    flips[w] = flips[v] if couplings[k] > 0 else -flips[v]
                    queue.append(w)
    return flips
