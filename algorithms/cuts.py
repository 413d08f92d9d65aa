"""Valid rows that a point breaks: subtours by minimum cuts, cliques of conflicting variables, covers of knapsacks.

Cliques and covers follow from the rows that a program has; subtours only from knowing that it is a TSP, so that they
are looked up by formulation class. Cliques and covers are separated greedily: not finding one proves nothing.
"""

from __future__ import annotations

import zlib
from functools import singledispatch
from typing import Any

import numpy as np

from ..core import BinaryProgram, RowKind, Rows, make_rows, row_facts
from ..core.arrays import AnyArray, Float, Int
from ..problems.tsp_edges import TspEdges

#: A point breaks a row if it does so by more than this.
MIN_VIOLATION = 1e-4
#: Fractional variables from which cliques are grown.
MAX_SEEDS = 50


@singledispatch
def fractional_cuts(formulation: Any, x: AnyArray) -> Rows | None:
    """Lazy rows of the formulation broken by a fractional point, shape (n,); None when none is found."""
    rows: Rows | None = formulation.separate(np.atleast_2d(x))
    return rows


@fractional_cuts.register
def _tsp_cuts(formulation: TspEdges, x: AnyArray) -> Rows | None:
    """Rows ``x(delta(S)) >= 2`` of the cuts met by a minimum-cut search, or of the components."""
    rows = formulation.separate(np.atleast_2d(x))
    if rows is not None:
        return rows
    low, high = formulation.ends
    sides = light_cuts(np.asarray(x, dtype=np.float64), low, high, formulation.problem.num_cities, 2.0)
    if not sides:
        return None
    n = formulation.problem.num_cities
    masks = np.zeros((len(sides), n), dtype=bool)
    for row, side in enumerate(sides):
        masks[row, list(side)] = True
    crossing = (masks[:, low] != masks[:, high]).astype(np.float64)
    return make_rows(crossing, lower=np.full(len(sides), 2.0), names=[_name("cut", side) for side in sides])


def light_cuts(weights: Float, low: Int, high: Int, num_nodes: int, limit: float) -> list[tuple[int, ...]]:
    """Node sets (without node 0) of cuts lighter than ``limit``: the lightest first, equal ones in
    the order of their nodes; they are the cuts of the phases of the minimum cut.

    Parameters
    ----------
    weights : >= 0, of the edges (low_e, high_e), shape (m,).

    References
    ----------
    M. Stoer, F. Wagner (1997), A simple min-cut algorithm, doi:10.1145/263867.263872. O(n^2) vector steps.

    Examples
    --------
    >>> low, high = np.triu_indices(4, 1)
    >>> light_cuts(np.array([1.0, 0.25, 0.0, 0.0, 0.25, 1.0]), low, high, 4, 2.0)
    [(2, 3), (1, 2, 3), (3,)]
    """
    W = np.zeros((num_nodes, num_nodes))
    np.add.at(W, (low, high), np.maximum(weights, 0.0))
    W += W.T
    members: list[set[int]] = [{v} for v in range(num_nodes)]
    alive = np.ones(num_nodes, dtype=bool)
    found: dict[tuple[int, ...], float] = {}
    everything = set(range(num_nodes))
    while alive.sum() > 1:
        before, last, cut = _phase(W, alive)
        if cut < limit - MIN_VIOLATION:
            side = members[last] if 0 not in members[last] else everything - members[last]
            found.setdefault(tuple(sorted(side)), cut)
        members[before] |= members[last]
        W[before] += W[last]
        W[:, before] += W[:, last]
        W[before, before] = 0.0
        alive[last] = False
    return sorted(found, key=lambda side: (found[side], side))


def _phase(W: Float, alive: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[int, int, float]:
    """The last two nodes of a maximum adjacency order of the living nodes, and the cut of the last one."""
    nodes = np.flatnonzero(alive)
    attached = np.where(alive, 0.0, -np.inf)
    before, last, cut = -1, int(nodes[0]), 0.0
    for position in range(nodes.size):
        if position:
            before, last = last, int(np.argmax(attached))
            cut = float(attached[last])
        attached[last] = -np.inf
        attached += W[last]  # -inf stays
    return before, last, cut


def implied_cuts(program: BinaryProgram, x: AnyArray, *, most: int = 20) -> Rows | None:
    """Cliques and extended covers that follow from the program's rows and that the point x, shape (n,), breaks.

    At most ``most`` rows, most broken first; None when none is found.

    References
    ----------
    E. Balas (1975), Facets of the knapsack polytope, doi:10.1007/BF01580440 (covers, extended by the heavier items);
    A. Atamturk, G. Nemhauser, M. Savelsbergh (2000), Conflict graphs in solving integer programming problems,
    doi:10.1016/S0377-2217(99)00015-6.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-1, -1, -1], rows=make_rows([[1, 1, 0], [0, 1, 1], [1, 0, 1]], upper=1))
    >>> rows = implied_cuts(program, np.array([0.5, 0.5, 0.5]))
    >>> rows.A.toarray().tolist(), rows.upper.tolist()
    ([[1.0, 1.0, 1.0]], [1.0])
    """
    point = np.asarray(x, dtype=np.float64)
    found: dict[tuple[str, tuple[int, ...]], tuple[float, float]] = {}
    for clique in _cliques(conflicts(program), point):
        broken = float(point[list(clique)].sum()) - 1.0
        if broken > MIN_VIOLATION:
            found["found-clique", clique] = (broken, 1.0)
    for cover, bound in _covers(program, point):
        broken = float(point[list(cover)].sum()) - bound
        if broken > MIN_VIOLATION:
            found["found-cover", cover] = (broken / max(1.0, bound), bound)
    if not found:
        return None
    best = sorted(found, key=lambda key: (-found[key][0], key))[:most]
    A = np.zeros((len(best), point.size))
    for row, (_, columns) in enumerate(best):
        A[row, list(columns)] = 1.0
    names = [_name(family, columns) for family, columns in best]
    return make_rows(A, upper=np.array([found[key][1] for key in best]), names=names)


def conflicts(program: BinaryProgram) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Pairs of variables that no feasible point sets both, as far as single rows tell; shape (n, n)."""
    n = program.num_variables
    adjacent = np.zeros((n, n), dtype=bool)
    for facts in row_facts(program):
        columns, a = facts.columns, facts.coefficients
        if facts.kind in (RowKind.PACKING, RowKind.ONE_HOT):
            adjacent[np.ix_(columns, columns)] = True
        elif facts.kind is RowKind.KNAPSACK:
            adjacent[np.ix_(columns, columns)] |= a[:, None] + a[None, :] > facts.upper + facts.tolerance
    np.fill_diagonal(adjacent, False)
    return adjacent


def _cliques(adjacent: np.ndarray[Any, np.dtype[np.bool_]], x: Float) -> list[tuple[int, ...]]:
    """Maximal cliques grown from each of the largest values, by the largest value among the common neighbours."""
    if not adjacent.any():
        return []
    degree = adjacent.sum(axis=1)
    order = np.lexsort((-degree, -x))
    rank = np.empty(x.size, dtype=np.int64)
    rank[order] = np.arange(x.size)
    found = set()
    for seed in order[:MAX_SEEDS].tolist():
        if x[seed] <= 0.0 or not degree[seed]:
            break
        clique, common = [seed], adjacent[seed].copy()
        while common.any():
            candidates = np.flatnonzero(common)
            v = int(candidates[np.argmin(rank[candidates])])
            clique.append(v)
            common &= adjacent[v]
        found.add(tuple(sorted(clique)))
    return sorted(found)


def _covers(program: BinaryProgram, x: Float) -> list[tuple[tuple[int, ...], float]]:
    """A minimal cover of each knapsack row, greedily the most broken one, extended: ``(columns, |C| - 1)``."""
    found = []
    for facts in row_facts(program):
        if facts.kind is not RowKind.KNAPSACK or facts.upper < 0:  # below 0 no point is left, and no item to cover
            continue
        columns, a = facts.columns[facts.coefficients > 0], facts.coefficients[facts.coefficients > 0]
        least = facts.upper + facts.tolerance
        order = np.argsort((1.0 - x[columns]) / a, kind="stable")
        load = np.cumsum(a[order])
        if not load.size or load[-1] <= least:
            continue
        chosen = order[: int(np.argmax(load > least)) + 1].tolist()
        for j in sorted(chosen, key=lambda j: (x[columns[j]], -a[j])):  # drop what the cover does not need
            if a[chosen].sum() - a[j] > least:
                chosen.remove(j)
        heaviest = float(a[chosen].max())
        extended = np.flatnonzero(a >= heaviest)
        members = np.union1d(columns[chosen], columns[extended])
        found.append((tuple(members.tolist()), float(len(chosen) - 1)))
    return found


def _name(family: str, members: tuple[int, ...]) -> str:
    """The same set always has the same name; long ones are shortened, with a checksum."""
    if len(members) <= 12:
        return f"{family}[{','.join(str(member) for member in members)}]"
    start = ",".join(str(member) for member in members[:6])
    checksum = zlib.crc32(np.array(members, dtype=np.int64).tobytes())
    return f"{family}[{start},...;{len(members)} members;{checksum:08x}]"
