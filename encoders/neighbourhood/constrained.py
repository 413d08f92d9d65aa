"""Neighbourhoods from the structure of the rows: what is left is a small instance of the same kind.

Each chooser takes a View and gives the units it wants, most wanted first. Choices are random but fixed by the seed and
the round; those that look at the incumbent are said to do so.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...algorithms.linear import linear_relaxation
from ...core import BinaryProgram, UnsupportedError
from ...core.arrays import Float, Int
from ...core.margins import SOLVER
from .structure import near_of, neighbours
from .view import View, Wanted

#: Places that couple with at most this many others lie on a path or a ring: their windows are parts of a tour.
PATH_DEGREE = 2.0
#: Nearest objects of which a second window takes one.
NEAREST = 6
#: Share of a knapsack's neighbourhood that is drawn from all items, not from the LP's core.
MIXED_IN = 0.25


def objects(view: View) -> Wanted:
    """k objects with the places they have: parts of a random order of all objects, a new order every pass."""
    cells = _cells(view)
    k = max(1, min(len(cells), int(view.size**0.5)))
    per_pass = -(-len(cells) // k)
    number, block = divmod(view.index, per_pass)
    order = np.roll(view.pass_rng(number).permutation(len(cells)), -block * k)[:k]
    return Wanted([np.array([i, p]) for i, p in zip(order.tolist(), _places(view)[order].tolist())], cells)


def windows(view: View) -> Wanted:
    """k places in a row, with the objects that are there; they slide by half a window, from a random start a pass."""
    cells = _cells(view)
    line = place_line(view.program)
    k = max(1, min(len(line), int(view.size**0.5)))
    step = max(1, k // 2)
    per_pass = -(-len(line) // step)
    number, position = divmod(view.index, per_pass)
    start = int(view.pass_rng(number).integers(len(line))) + position * step
    return _of_places(view, cells, line[(start + np.arange(k)) % len(line)])


def pairs(view: View) -> Wanted:
    """Two windows of k/2 places: one at random, the other round an object that is cheap beside one of the first.

    Looks at the incumbent: near means that the product of the two objects at neighbouring places is among the least.
    """
    cells = _cells(view)
    line = place_line(view.program)
    m, rng = len(line), view.rng
    k = max(1, min(m, int(view.size**0.5)))
    if k < 4 or m <= k:
        return windows(view)
    half = k // 2
    start = int(rng.integers(m))
    first = line[(start + np.arange(k - half)) % m]
    holder = np.argsort(_places(view))  # object at each place
    position = np.argsort(line)
    at = int(position[first[int(rng.integers(len(first)))]])
    following = line[(at + 1) % m]
    here = int(cells[holder[line[at]], line[at]])
    costs = view.program.couplings.line(here)[cells[:, following]]
    costs[holder[first]] = np.inf
    near = np.argsort(costs, kind="stable")[:NEAREST]
    other = int(position[_places(view)[int(rng.choice(near))]])
    second = line[(other - half // 2 + np.arange(m)) % m]
    second = second[~np.isin(second, first)][:half]
    return _of_places(view, cells, np.concatenate([first, second]))


def edges(view: View) -> Wanted:
    """All edges between the ends of t edges of the tour: every exchange of up to t of them; t = 3 in 15 variables.

    Looks at the incumbent. The first edge is any; the others start or end at cities that are near to its ends.
    """
    cells, rng = _cells(view), view.rng
    low, high = np.nonzero(np.triu(cells >= 0, 1) & (view.x[cells] == 1))
    count = max(2, int((1 + (1 + 8 * view.size) ** 0.5) / 4))  # t (2t - 1) variables
    chosen = [int(rng.integers(low.size))]
    cities = [int(low[chosen[0]]), int(high[chosen[0]])]
    while len(chosen) < min(count, low.size):
        base = int(rng.choice(cities))
        costs = np.where(cells[base] >= 0, view.program.c[cells[base]], np.inf)
        costs[cities] = np.inf
        other = int(rng.choice(np.argsort(costs, kind="stable")[:NEAREST]))
        at = np.flatnonzero((low == other) | (high == other))
        at = at[~np.isin(low[at], cities) & ~np.isin(high[at], cities)]
        if not at.size:
            at = np.flatnonzero(~np.isin(low, cities) & ~np.isin(high, cities))
            if not at.size:
                break
        chosen.append(int(rng.choice(at)))
        cities += [int(low[chosen[-1]]), int(high[chosen[-1]])]
    between = cells[np.ix_(cities, cities)]
    return Wanted([np.unique(between[between >= 0])])


def core(view: View) -> Wanted:
    """Items round the break item: by |reduced cost| of the LP relaxation in the first round, then drawn by that rank.

    A quarter is drawn from all items alike.
    """
    rank = core_order(view.program)
    if view.index == 0:
        return Wanted([np.array([j]) for j in rank[: view.size].tolist()])
    rng = view.rng
    n = len(rank)
    weights = 1.0 / (1.0 + np.arange(n) / view.size) ** 2
    mixed = min(n, max(1, round(MIXED_IN * view.size)))
    some = rng.choice(n, min(n, view.size), replace=False, p=weights / weights.sum())
    anywhere = rng.permutation(n)[:mixed]
    order = np.concatenate([some[: view.size - mixed], anywhere, some[view.size - mixed :]])
    distinct = order[np.sort(np.unique(order, return_index=True)[1])]
    return Wanted([np.array([j]) for j in rank[distinct[: view.size]].tolist()])


def knapsacks(view: View) -> Wanted:
    """Items of two knapsacks: each unit is an item's two bits; packed ones there first, then those packed nowhere.

    Looks at the incumbent. All pairs of knapsacks in a random order a pass.
    """
    cells, rng = _cells(view), view.rng
    K = cells.shape[1]
    every = [(a, b) for a in range(K) for b in range(a)]
    number, position = divmod(view.index, len(every))
    a, b = every[int(view.pass_rng(number).permutation(len(every))[position])]
    placed = view.x[cells]
    inside = np.flatnonzero(placed[:, [a, b]].any(axis=1))
    outside = np.flatnonzero(~placed.any(axis=1))
    count = max(1, view.size // 2)
    free = min(len(outside), max(1, count // 3), count)
    chosen = np.concatenate([rng.permutation(inside)[: count - free], rng.permutation(outside)])
    return Wanted([cells[i, [a, b]] for i in chosen[:count].tolist()])


def exchange(view: View) -> Wanted:
    """Chosen vertices that lie near each other, and all vertices that are free once these are taken out.

    Looks at the incumbent. Grown from a random chosen vertex; the next is the one whose removal frees most, among those
    that share a neighbour with what is there.
    """
    near, rng, x = near_of(view.program), view.rng, view.x
    chosen = np.flatnonzero(x)
    if not chosen.size:
        return Wanted([np.array([j]) for j in rng.permutation(len(x))[: view.size].tolist()])
    tight = np.asarray(near.astype(bool).astype(np.int64) @ x.astype(np.int64))
    start = int(rng.choice(chosen))
    order: list[int] = np.flatnonzero((tight == 0) & (x == 0))[: view.size // 4].tolist()
    waiting: dict[int, int] = {start: 0}
    taken: set[int] = set()
    while waiting and len(order) < view.size:
        vertex = max(waiting, key=lambda v: (waiting[v], -v) if v != start else (np.inf, 0))
        del waiting[vertex]
        taken.add(vertex)
        order.append(vertex)
        around = rng.permutation(neighbours(near, vertex))
        tight[around] -= 1
        order.extend(around[(tight[around] == 0) & (x[around] == 0)].tolist())
        for u in around[tight[around] == 1].tolist():
            for v in neighbours(near, u).tolist():
                if x[v] and v not in taken:
                    waiting[v] = waiting.get(v, 0) + 1
        if not waiting and len(taken) < len(chosen):
            rest = chosen[~np.isin(chosen, list(taken))]
            waiting[int(rng.choice(rest))] = 0
    return Wanted([np.array([j]) for j in order[: view.size]])


@lru_cache(maxsize=4)
def core_order(program: BinaryProgram) -> Int:
    """Variables by |reduced cost| of the LP relaxation of rows and linear costs, the least first.

    Products enter by their mean effect at density 1/2: the order only says where to look first.

    The answer has shape (n,).
    """
    costs: Float = program.c + program.couplings.totals() / 4
    rows = program.constraints
    solved = linear_relaxation(costs, rows.A, rows.lower, rows.upper)
    if solved.is_infeasible:
        return np.arange(program.num_variables)
    fractional = (solved.x > SOLVER) & (solved.x < 1 - SOLVER)
    order: Int = np.lexsort((np.abs(solved.reduced_costs), ~fractional)).astype(np.int64)
    return order


@lru_cache(maxsize=4)
def place_line(program: BinaryProgram) -> Int:
    """The places in the order of their coupling, where that is a path or a ring; empty otherwise.

    A place couples with another where a product of the cost holds both: neighbouring stops of a tour.

    The answer has shape (places,) or (0,).
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, depth_first_order

    from .structure import structure_of

    cells = structure_of(program).cells
    assert cells is not None
    m = cells.shape[1]
    place = np.empty(program.num_variables, dtype=np.int64)
    place[cells] = np.arange(m)[None, :]
    coupled = np.zeros((m, m), dtype=bool)
    for first, second, _ in program.couplings.blocks():
        a, b = place[first], place[second]
        coupled[a, b] = coupled[b, a] = True
        np.fill_diagonal(coupled, False)
        if coupled.sum() > 2 * m:
            return np.zeros(0, dtype=np.int64)
    graph = csr_array(coupled.astype(np.float64))
    degree = np.diff(graph.indptr)
    if (degree > PATH_DEGREE).any() or m < 3:
        return np.zeros(0, dtype=np.int64)
    end = int(breadth_first_order(graph, 0, directed=False)[0][-1]) if (degree < PATH_DEGREE).any() else 0
    line: Int = np.asarray(depth_first_order(graph, end, directed=False)[0], dtype=np.int64)
    return line if line.size == m else np.zeros(0, dtype=np.int64)


def _of_places(view: View, cells: Int, places: Int) -> Wanted:
    holder = np.argsort(_places(view))
    return Wanted([np.array([int(holder[p]), p]) for p in places.tolist()], cells)


def _places(view: View) -> Int:
    """Place of each object in the incumbent.

    Raises
    ------
    UnsupportedError
        The incumbent is no permutation.
    """
    placed = view.x[_cells(view)]
    places: Int = placed.argmax(axis=1).astype(np.int64)
    if (np.sort(places) != np.arange(len(places))).any():
        raise UnsupportedError("start must put each object at one place, got another point; choose start greedy")
    return places


def _cells(view: View) -> Int:
    cells = view.structure.cells
    assert cells is not None
    return cells
