"""Neighbourhoods from the interactions of variables: impact order, breadth-first balls, parts, backbone, super-nodes.

For models without rows, and for any other where groups are then taken whole. Merging parts and multilevel flips work
on classes of variables, and on models without rows alone.

References
----------
Impact and backbone: M. Booth, S. P. Reinhardt, A. Roy (2017), Partitioning optimization problems for hybrid
classical/quantum execution (qbsolv). Merging of parts: Z. Zhou et al. (2022), QAOA-in-QAOA, arXiv:2205.11762.
Multilevel: A. Angone et al. (2023), Hybrid quantum-classical multilevel approach for maximum cuts on graphs,
arXiv:2309.08815.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...core import BinaryProgram
from ...core.arrays import Int
from .structure import near_of, neighbours
from .subproblem import merged_program
from .view import Merged, View, Wanted, as_units

#: Share of all bits that impact order walks through before it starts anew.
SPAN = 0.214
#: Share of the clusters that a refinement looks at, after the first round of a level.
SAMPLED = 0.3
#: Most rounds of a level.
LEVEL_ROUNDS = 10


def random(view: View) -> Wanted:
    """Variables at random."""
    return _units(view, view.rng.permutation(len(view.x)))


def bfs(view: View) -> Wanted:
    """A breadth-first ball round a random variable, neighbours in random order."""
    return _units(view, _ball(view, int(view.rng.integers(len(view.x)))))


def impact(view: View) -> Wanted:
    """Variables in the order of what their flip changes, the best first; later rounds go on in that order.

    Looks at the incumbent. Ties in random order.
    """
    n = len(view.x)
    order = np.lexsort((view.rng.permutation(n), view.gains))
    steps = max(1, round(SPAN * n) // view.size + 1)
    start = (view.index % steps) * view.size
    return _units(view, np.roll(order, -start))


def backbone(view: View) -> Wanted:
    """Variables on which the good points seen so far differ, in random order; then by impact."""
    n = len(view.x)
    if len(view.pool) < 2:
        return impact(view)
    spread = view.pool.astype(np.float64).mean(axis=0)
    differs = np.abs(spread - 0.5) < 0.5
    return _units(view, np.lexsort((view.rng.permutation(n), view.gains * ~differs, ~differs)))


def partition(view: View) -> Wanted:
    """Parts grown breadth-first that cover all variables once a pass; every second pass they are shifted by half."""
    n = len(view.x)
    per_pass = -(-n // view.size)
    number, block = divmod(view.index, per_pass)
    order = grown_order(view.program, view.size, view.seed, number // 2)
    start = block * view.size + (view.size // 2 if number % 2 else 0)
    return _units(view, np.roll(order, -start))


def merge(view: View) -> Wanted | Merged:
    """QAOA-in-QAOA: parts first, then parts as super-nodes that keep or flip all their variables, recursively.

    A super-node of level l holds ``size**l`` variables of the grown order; each round takes the ``size`` children of
    one node of the next level. A pass ends with the round that holds all.
    """
    n, size = len(view.x), max(2, view.size)
    rounds = []
    nodes = n
    while True:
        nodes = -(-nodes // size)
        rounds.append(nodes)
        if nodes <= 1:
            break
    number, position = divmod(view.index, sum(rounds))
    level = int(np.searchsorted(np.cumsum(rounds), position, side="right"))
    position -= sum(rounds[:level])
    order = grown_order(view.program, size, view.seed, number)
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    child = rank // size**level
    classes = np.where(child // size == position, child - position * size, -1)
    if level == 0:
        return Wanted([np.array([j]) for j in np.flatnonzero(classes >= 0).tolist()])
    return Merged(classes)


def multilevel(view: View) -> Merged:
    """Clusters of a matching hierarchy, the coarsest first; then the clusters whose flip gains most, level by level.

    Looks at the incumbent, which says how the variables of a cluster lie to each other. All clusters that are not
    chosen form two super-nodes, those at 0 and those at 1.
    """
    n, size = len(view.x), max(3, view.size)
    first = hierarchy(view.program, size, view.seed, 0)
    rounds = [min(LEVEL_ROUNDS, -(-int(of.max() + 1) // size)) for of in first]
    cycle, position = divmod(view.index, sum(rounds))
    levels = hierarchy(view.program, size, view.seed, cycle)
    level = int(np.searchsorted(np.cumsum(rounds), position, side="right"))
    cluster = levels[min(level, len(levels) - 1)]
    count = int(cluster.max()) + 1
    if count <= size:
        return Merged(cluster)
    gains = merged_program(view.program, cluster, view.x).program.c
    rng = view.rng
    eligible = rng.random(count) < SAMPLED if position > sum(rounds[:level]) else np.ones(count, dtype=bool)
    order = np.lexsort((rng.permutation(count), gains, ~eligible))[: size - 2]
    number = np.full(count, -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    classes = number[cluster]
    rest = classes < 0
    classes[rest] = np.where(view.x[rest] == 1, size - 1, size - 2)
    return Merged(np.unique(classes, return_inverse=True)[1].reshape(n))


@lru_cache(maxsize=8)
def grown_order(program: BinaryProgram, size: int, seed: int, number: int) -> Int:
    """All variables in an order whose runs of ``size`` are parts grown breadth-first from random starts. Shape (n,)."""
    near = near_of(program)
    n = program.num_variables
    rng = np.random.default_rng([seed, number, 18])
    is_left = np.ones(n, dtype=bool)
    order: list[int] = []
    for start in rng.permutation(n).tolist():
        if not is_left[start]:
            continue
        part = [start]
        is_left[start] = False
        for vertex in part:
            if len(part) >= size:
                break
            around = neighbours(near, vertex)
            around = around[is_left[around]][: size - len(part)]
            is_left[around] = False
            part.extend(around.tolist())
        order.extend(part)
    return np.array(order, dtype=np.int64)


@lru_cache(maxsize=4)
def hierarchy(program: BinaryProgram, size: int, seed: int, cycle: int) -> tuple[Int, ...]:
    """Cluster of each variable, coarsest level first: pairs of strongest interaction, until at most ``size`` are left.

    Random order of the vertices a cycle, so that every cycle has clusters of its own. The last level is single bits.

    Each level has shape (n,).
    """
    from scipy.sparse import csr_array

    rng = np.random.default_rng([seed, cycle, 19])
    n = program.num_variables
    weights = csr_array(abs(program.products + program.products.T))
    of = np.arange(n)
    levels = [of]
    count = n
    while count > size:
        pair = _matched(weights, rng)
        new = np.unique(pair, return_inverse=True)[1].reshape(count)
        if int(new.max()) + 1 > 0.95 * count:  # hardly an edge is left: pair what there is at random
            new = np.argsort(np.argsort(rng.random(count))) // 2
        of = new[of]
        levels.append(of)
        lift = csr_array((np.ones(count), (np.arange(count), new)), shape=(count, int(new.max()) + 1))
        weights = csr_array(lift.T @ weights @ lift)
        weights.setdiag(0)
        weights.eliminate_zeros()
        count = int(new.max()) + 1
    return tuple(reversed(levels))


def _matched(weights: object, rng: np.random.Generator) -> Int:
    """Label of each vertex: its own, or the one it shares with the free neighbour of strongest interaction."""
    indptr, indices, data = weights.indptr, weights.indices, weights.data  # type: ignore[attr-defined]
    count = len(indptr) - 1
    label = np.full(count, -1, dtype=np.int64)
    for vertex in rng.permutation(count).tolist():
        if label[vertex] >= 0:
            continue
        label[vertex] = vertex
        part = slice(int(indptr[vertex]), int(indptr[vertex + 1]))
        around, strength = indices[part], data[part]
        free = label[around] < 0
        if free.any():
            label[around[free][int(np.argmax(strength[free]))]] = vertex
    return label


def _ball(view: View, start: int) -> Int:
    near, rng = near_of(view.program), view.rng
    seen = {start}
    order = [start]
    for vertex in order:
        if len(order) >= 2 * view.size:
            break
        for other in rng.permutation(neighbours(near, vertex)).tolist():
            if other not in seen:
                seen.add(other)
                order.append(other)
    if len(order) < view.size:  # the component is smaller: fill up at random
        order += [j for j in rng.permutation(len(view.x))[: 2 * view.size].tolist() if j not in seen]
    return np.array(order, dtype=np.int64)


def _units(view: View, order: Int) -> Wanted:
    cells = view.structure.cells
    if view.structure.kind == "assignment" and cells is not None:
        objects = view.structure.group_of[order]
        distinct = objects[np.sort(np.unique(objects, return_index=True)[1])]
        places = view.x[cells].argmax(axis=1)
        return Wanted([np.array([i, places[i]]) for i in distinct.tolist()], cells)
    if (view.structure.group_of < 0).all():
        return Wanted(list(order[: view.size, None]))
    return Wanted(as_units(view.structure, order, view.x, view.size, view.rng))
