"""Tours from broken points, and better tours from tours: repair and improvement of both TSP formulations."""

from __future__ import annotations

import numpy as np

from ..algorithms.tours import improve_tour
from ..core import AnyArray, Bits, Clock, Float, Int, RepairFailed
from ..problems.tsp_edges import TspEdges
from ..problems.tsp_positions import TspPositions
from .assignment import complete_assignment
from .dispatch import improve, over, repair


@repair.register
def repair_positions(formulation: TspPositions, x: Bits, rng: np.random.Generator) -> Bits:
    """Cities alone at a position of their own stay; the others are assigned with minimum total marginal cost.

    The marginal cost of a city at a position is its distance from the kept city before and to the kept city behind;
    where there is none, the mean distance from (to) the cities that are still free stands in, so that it never looks
    free of charge.

    x and the answer have shape ((n - 1)**2,) for n cities.
    """
    bits = np.asarray(x, dtype=np.uint8)
    if formulation.decode(bits) is not None:
        return bits
    d = formulation.problem.distances.astype(np.float64)

    def marginal(kept: AnyArray) -> Float:
        m = formulation.order
        free = np.flatnonzero(~kept.any(axis=1)) + 1
        mean_to = d[free].mean(axis=0)  # from a free city to each city
        mean_from = d[:, free].mean(axis=1)
        city_at = np.zeros(m + 2, dtype=np.int64)  # city 0 stands at both ends
        city_at[1:-1] = np.where(kept.any(axis=0), kept.argmax(axis=0) + 1, -1)
        before, behind = city_at[:-2], city_at[2:]
        arrive = np.where(before >= 0, d[before].T, mean_to[:, None])
        leave = np.where(behind >= 0, d[:, behind], mean_from[:, None])
        return np.asarray(arrive + leave)[1:]

    columns = complete_assignment(bits, formulation.order, marginal)
    tour = np.concatenate([[0], np.argsort(columns) + 1])
    return formulation.encode(tour)


@repair.register
def repair_edges(formulation: TspEdges, x: Bits, rng: np.random.Generator) -> Bits:
    """Chosen edges stay, cheapest first, while they form paths; the paths are joined by their nearest ends.

    x and the answer have shape (n (n - 1) / 2,) for n cities.

    Raises
    ------
    RepairFailed
        The joined edges are not one path: a fault of the rule.

    References
    ----------
    J. L. Bentley (1992), Fast algorithms for geometric traveling salesman problems, doi:10.1287/ijoc.4.4.387: the
    greedy fragments, started from the chosen edges instead of from none.
    """
    bits = np.asarray(x, dtype=np.uint8)
    if formulation.decode(bits) is not None:
        return bits
    low, high = formulation.ends
    lengths = formulation.problem.distances[low, high]
    order = np.lexsort((np.arange(len(low)), lengths, bits == 0))  # chosen ones first, then by length
    paths = _Paths(formulation.problem.num_cities)
    edges = []
    for edge in order.tolist():
        if paths.join(int(low[edge]), int(high[edge])):
            edges.append(edge)
    ends = np.flatnonzero(np.array(paths.degrees) < 2)
    if len(edges) != formulation.problem.num_cities - 1 or len(ends) != 2:
        raise RepairFailed(f"greedy fragments must end in one path, got {len(edges)} edges")
    out = np.zeros(len(low), dtype=np.uint8)
    out[edges] = 1
    out[np.flatnonzero((low == ends[0]) & (high == ends[1]))] = 1
    return out


@improve.register
def improve_positions(formulation: TspPositions, x: Bits, rng: np.random.Generator, clock: Clock | None = None) -> Bits:
    """2-opt and Or-opt until neither shortens the tour. x and the answer have shape ((n - 1)**2,) for n cities."""
    return formulation.encode(improve_tour(formulation.problem.distances, _tour(formulation, x), over(clock)))


@improve.register
def improve_edges(formulation: TspEdges, x: Bits, rng: np.random.Generator, clock: Clock | None = None) -> Bits:
    """2-opt and Or-opt until neither shortens the tour. x and the answer have shape (n (n - 1) / 2,) for n cities."""
    return formulation.encode(improve_tour(formulation.problem.distances, _tour(formulation, x), over(clock)))


def _tour(formulation: TspPositions | TspEdges, x: Bits) -> Int:
    tour = formulation.decode(x)
    if tour is None:
        raise ValueError(f"x must denote a tour to be improved ({formulation.name}); repair it first")
    return tour


class _Paths:
    """Disjoint paths through n cities: degrees, and the other end of the path that ends at a city."""

    def __init__(self, n: int) -> None:
        self.degrees = [0] * n
        self._other_end = list(range(n))

    def join(self, i: int, j: int) -> bool:
        """Add the edge {i, j} if both are ends of different paths."""
        if self.degrees[i] == 2 or self.degrees[j] == 2 or self._other_end[i] == j:
            return False
        first, second = self._other_end[i], self._other_end[j]
        self._other_end[first], self._other_end[second] = second, first
        self.degrees[i] += 1
        self.degrees[j] += 1
        return True
