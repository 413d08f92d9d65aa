"""The expectation value of a cone as a sum over binary variables, and the order in which they are summed.

A vertex at distance d from the observable has p - d mixers before and as many after it, so that its spin has
2(p - d) + 1 values in time: f_1 .. f_m, the middle one, b_m .. b_1. Mixers join values next to each other in time,
couplings those of one layer and one side of two vertices; a vertex of the outermost shell has its middle value alone,
and summing over it gives the cosine of what its neighbours do. Trees cost a few times 4**p a vertex.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ...core import Int

#: Kinds of factors: exp(-i side gamma_l J_k x y) of two spins, exp(-i side gamma_l h_k x) of one, the mixer's element
#: (cos beta_l where x = y, else i side sin beta_l), and the observable x. Values are in the compiled kernel too.
COUPLING, FIELD, MIXER, SIGN = range(4)


@dataclass(frozen=True, eq=False)
class Network:
    """A program of sums: step k multiplies tensors and sums over one variable, its lowest one.

    A tensor's index has a bit for each of its variables, those summed earlier lower. Tensors 0..len(factors)-1 are the
    factors, tensor len(factors) + k is the result of step k. The sum of all is the product of the last results of each
    part, ``ends``, times ``2**-num_vertices``.

    Parameters
    ----------
    factors : kind, layer, which (coupling or field), side (+1 before the observable, -1 after it); shape (f, 4)
    starts : of each step's inputs in ``inputs``, shape (steps + 1,)
    inputs : tensors
    masks : of each input, its variables among those of the step's union, the summed one being bit 0
    widths : variables of each step's result
    ends : tensors without variables whose product is the value
    """

    num_vertices: int
    factors: Int
    starts: Int
    inputs: Int
    masks: Int
    widths: Int
    ends: Int

    @property
    def width(self) -> int:
        """Variables of the largest product, the summed one included."""
        return int(self.widths.max(initial=0)) + 1

    @property
    def size(self) -> int:
        """Numbers held: all tensors."""
        return int(4 * len(self.factors) + (1 << self.widths).sum())

    @property
    def work(self) -> float:
        """Multiplications of a value."""
        return float((np.diff(self.starts) * 2.0 ** (self.widths + 1)).sum())


def network_of(
    distances: tuple[int, ...],
    edges: tuple[tuple[int, int], ...],
    num_roots: int,
    num_layers: int,
    *,
    has_fields: bool = False,
    max_width: int = 30,
    num_rules: int = 3,
) -> Network | None:
    """The network of a shape of cone, with the best of some greedy orders of sums.

    None where a product has more than ``max_width`` variables in all of them. The first of the rules takes
    milliseconds, the others up to a hundred times as long.

    Examples
    --------
    An edge with two neighbours at each end: 3 values in time at the edge's ends, one at each of the others.

    >>> network = network_of((0, 0, 1, 1, 1, 1), ((0, 1), (0, 2), (0, 3), (1, 4), (1, 5)), 2, 1)
    >>> len(network.widths), network.width
    (10, 3)
    """
    first = _first_values(distances, num_layers)
    factors, scopes = [], []
    for factor, scope in _factors(distances, edges, num_roots, num_layers, first):
        if has_fields or factor[0] != FIELD:
            factors.append(factor)
            scopes.append(scope)
    best: Network | None = None
    for rule in RULES[:num_rules]:
        order = _order(int(first[-1]), scopes, rule, max_width)
        if order is not None:
            found = _program(len(distances), factors, scopes, order)
            best = found if best is None or found.work < best.work else best
        is_hopeless = best is None and len(distances) > _LARGE
        if is_hopeless or (best is not None and best.work <= _LITTLE_WORK):
            break
    return best


def _first_values(distances: tuple[int, ...], num_layers: int) -> Int:
    """The first variable of each vertex, and at the end their number."""
    return np.concatenate([[0], np.cumsum([2 * (num_layers - d) + 1 for d in distances])]).astype(np.int64)


def _factors(
    distances: tuple[int, ...], edges: tuple[tuple[int, int], ...], num_roots: int, num_layers: int, first: Int
) -> Iterator[tuple[tuple[int, int, int, int], tuple[int, ...]]]:
    """Factors, each with its variables."""
    depths = [num_layers - d for d in distances]

    def value(vertex: int, layer: int, side: int) -> int:
        """The spin that the phase of a layer sees: f_layer, b_layer, or the middle one."""
        offset = layer if side > 0 else 2 * depths[vertex] - layer
        return int(first[vertex]) + offset

    for vertex, depth in enumerate(depths):
        if vertex < num_roots:
            yield (SIGN, 0, 0, 0), (value(vertex, depth, 1),)
        for layer in range(depth):
            for side in (1, -1):
                here, after = value(vertex, layer, side), value(vertex, layer + 1, side)
                yield (MIXER, layer, 0, side), (here, after)
                yield (FIELD, layer, vertex, side), (here,)
    for k, (i, j) in enumerate(edges):
        for layer in range(max(depths[i], depths[j])):
            for side in (1, -1):
                yield (COUPLING, layer, k, side), (value(i, layer, side), value(j, layer, side))


#: Which variable is summed next, of those left: a key of (variable, who stands around whom), the least one wins.
Rule = Callable[[int, list[int]], tuple[int, ...]]


def _by_degree(x: int, around: list[int]) -> tuple[int, ...]:
    return around[x].bit_count(), -x


def _by_degree_then_fill(x: int, around: list[int]) -> tuple[int, ...]:
    return around[x].bit_count(), _missing(x, around), x


def _by_fill(x: int, around: list[int]) -> tuple[int, ...]:
    return _missing(x, around), around[x].bit_count(), -x


#: Tried one after another while the work is above the limit; each wins on some graphs, by factors up to 20.
RULES: tuple[Rule, ...] = (_by_degree, _by_fill, _by_degree_then_fill)
_LITTLE_WORK = 2e4
#: Cones of more vertices that the first rule cannot order are not tried by the others, which take minutes there.
_LARGE = 150


def _order(num_variables: int, scopes: list[tuple[int, ...]], rule: Rule, max_width: int) -> list[int] | None:
    """Variables in the greedy order of sums by a rule; None where a product has more than ``max_width`` variables."""
    around = [0] * num_variables
    for scope in scopes:
        for x in scope:
            for y in scope:
                if x != y:
                    around[x] |= 1 << y
    left = set(range(num_variables))
    order = []
    while left:
        x = min(left, key=lambda x: rule(x, around))
        if around[x].bit_count() + 1 > max_width:
            return None
        left.remove(x)
        order.append(x)
        clique = around[x]
        for y in _bits(clique):
            around[y] = (around[y] | clique) & ~(1 << x) & ~(1 << y)
    return order


def _missing(x: int, around: list[int]) -> int:
    """Pairs of neighbours that are not yet neighbours of each other."""
    return sum((around[x] & ~around[y]).bit_count() - 1 for y in _bits(around[x]))


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _program(
    num_vertices: int, factors: list[tuple[int, int, int, int]], scopes: list[tuple[int, ...]], order: list[int]
) -> Network:
    """The steps: each variable's tensors are multiplied and summed over it."""
    when = {x: k for k, x in enumerate(order)}
    tensors = [tuple(sorted(when[x] for x in scope)) for scope in scopes]
    waiting: list[list[int]] = [[] for _ in order]
    for k, scope in enumerate(tensors):
        waiting[scope[0]].append(k)
    starts, inputs, masks, widths, ends = [0], [], [], [], []
    for step, taken in enumerate(waiting):
        union = sorted(set().union(*(tensors[k] for k in taken)))
        place = {x: k for k, x in enumerate(union)}
        inputs += taken
        masks += [sum(1 << place[x] for x in tensors[k]) for k in taken]
        starts.append(len(inputs))
        widths.append(len(union) - 1)
        tensors.append(tuple(union[1:]))
        if len(union) > 1:
            waiting[union[1]].append(len(tensors) - 1)
        else:
            ends.append(len(factors) + step)
    table = np.array(factors, dtype=np.int64).reshape(-1, 4)
    arrays = (np.array(part, dtype=np.int64) for part in (starts, inputs, masks, widths, ends))
    return Network(num_vertices, table, *arrays)
