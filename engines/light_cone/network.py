"""The expectation value of a cone as a sum over binary variables, and the order in which they are summed.

A vertex at distance d from the observable has p - d mixers before and as many after it, so that its spin has
2(p - d) + 1 values in time: f_1 .. f_m, the middle one, b_m .. b_1. Mixers join values next to each other in time,
couplings those of one layer and one side of two vertices; a vertex of the outermost shell has its middle value alone,
and summing over it gives the cosine of what its neighbours do. Trees cost a few times 4**p a vertex.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from ...core import Float, Int
from .ordering import RULES, Columns, Scopes, greedy_order, improved_order

#: Kinds of factors: exp(-i side gamma_l J_k x y) of two spins, exp(-i side gamma_l h_k x) of one, the mixer's element
#: (cos beta_l where x = y, else i side sin beta_l), and the observable x. Values are in the compiled kernel too.
COUPLING, FIELD, MIXER, SIGN = range(4)


@dataclass(frozen=True, eq=False)
class Network:
    """A program of sums: step k multiplies tensors and sums over one variable, the highest bit of their union.

    A tensor's index has a bit for each of its variables, those summed later lower: large tensors of one product then
    share their lowest bits, and are read in order. Tensors 0..len(factors)-1 are the
    factors, tensor len(factors) + k is the result of step k. The sum of all is the product of the last results of each
    part, ``ends``, times ``2**-num_vertices``.

    Parameters
    ----------
    factors : kind, layer, which (coupling or field), side (+1 before the observable, -1 after it); shape (f, 4)
    starts : of each step's inputs in ``inputs``, shape (steps + 1,)
    inputs : tensors
    masks : of each input, its variables among those of the step's union, the summed one being the highest bit
    widths : variables of each step's result
    ends : tensors without variables whose product is the value
    order : of the variables, for searches
    """

    num_vertices: int
    factors: Int
    starts: Int
    inputs: Int
    masks: Int
    widths: Int
    ends: Int
    order: tuple[int, ...] = field(default=(), kw_only=True)

    @property
    def width(self) -> int:
        """Variables of the largest product, the summed one included."""
        return int(self.widths.max(initial=0)) + 1

    @property
    def size(self) -> int:
        """Numbers held: all tensors."""
        return int(4 * len(self.factors) + (1 << self.widths).sum())

    @property
    def step_work(self) -> Float:
        """Multiplications of each step."""
        return np.asarray(np.diff(self.starts) * 2.0 ** (self.widths + 1))

    @property
    def work(self) -> float:
        """Multiplications of a value."""
        return float(self.step_work.sum())

    def sorted_rows(self, couplings: Float, fields: Float) -> Columns:
        """How rows of numbers are best taken one after another, and how many of them change each step.

        Couplings have shape (r, edges), fields (r, vertices).
        """
        if len(couplings) == 1:
            return Columns(np.zeros(1, dtype=np.int64), np.ones(len(self.widths), dtype=np.int64))
        shift = couplings.shape[1]
        depends = [
            1 << (which + shift * (kind == FIELD)) if kind in (COUPLING, FIELD) else 0
            for kind, _, which, _ in self.factors.tolist()
        ]
        for first, last in zip(self.starts[:-1].tolist(), self.starts[1:].tolist()):
            bits = 0
            for k in self.inputs[first:last].tolist():
                bits |= depends[k]
            depends.append(bits)
        return Columns.of(depends[len(self.factors) :], self.step_work, np.concatenate([couplings, fields], axis=1))


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
    factors, scopes, count = _tensors(distances, edges, num_roots, num_layers, has_fields)
    best: Network | None = None
    for rule in RULES[:num_rules]:
        order = greedy_order(count, scopes, rule, max_width)
        if order is not None:
            found = _program(len(distances), factors, scopes, order)
            best = found if best is None or found.work < best.work else best
        is_hopeless = best is None and len(distances) > _LARGE
        if is_hopeless or (best is not None and best.work <= _LITTLE_WORK):
            break
    return best


#: Rules are tried one after another while the work is above this; each wins on some graphs, by factors up to 20.
_LITTLE_WORK = 2e4
#: Cones of more vertices that the first rule cannot order are not tried by the others, which take minutes there.
_LARGE = 150


def improved(
    network: Network,
    shape: tuple[tuple[int, ...], tuple[tuple[int, int], ...], int],
    num_layers: int,
    numbers: tuple[Float, Float],
    *,
    has_fields: bool,
    max_width: int,
    num_trials: int,
) -> Network:
    """The network with an order of sums searched for these rows of couplings (r, edges) and fields (r, vertices)."""
    distances, edges, num_roots = shape
    factors, scopes, _ = _tensors(distances, edges, num_roots, num_layers, has_fields)
    shift = numbers[0].shape[1]
    columns = [which + shift * (kind == FIELD) if kind in (COUPLING, FIELD) else -1 for kind, _, which, _ in factors]
    rows = np.concatenate(numbers, axis=1)
    order = improved_order(list(network.order), scopes, columns, rows, max_width=max_width, num_trials=num_trials)
    return _program(network.num_vertices, factors, scopes, order)


def _tensors(
    distances: tuple[int, ...], edges: tuple[tuple[int, int], ...], num_roots: int, num_layers: int, has_fields: bool
) -> tuple[list[tuple[int, int, int, int]], Scopes, int]:
    """Factors, the variables of each, and the number of variables."""
    first = _first_values(distances, num_layers)
    found = [
        (factor, scope)
        for factor, scope in _factors(distances, edges, num_roots, num_layers, first)
        if has_fields or factor[0] != FIELD
    ]
    return [factor for factor, _ in found], [scope for _, scope in found], int(first[-1])


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


def _program(
    num_vertices: int, factors: list[tuple[int, int, int, int]], scopes: list[tuple[int, ...]], order: list[int]
) -> Network:
    """The steps: each variable's tensors are multiplied and summed over it."""
    when = {x: k for k, x in enumerate(order)}
    tensors = [tuple(sorted((when[x] for x in scope), reverse=True)) for scope in scopes]
    waiting: list[list[int]] = [[] for _ in order]
    for k, scope in enumerate(tensors):
        waiting[scope[-1]].append(k)
    starts, inputs, masks, widths, ends = [0], [], [], [], []
    for step, taken in enumerate(waiting):
        union = sorted(set().union(*(tensors[k] for k in taken)), reverse=True)
        place = {x: k for k, x in enumerate(union)}
        inputs += taken
        masks += [sum(1 << place[x] for x in tensors[k]) for k in taken]
        starts.append(len(inputs))
        widths.append(len(union) - 1)
        tensors.append(tuple(union[:-1]))
        if len(union) > 1:
            waiting[union[-2]].append(len(tensors) - 1)
        else:
            ends.append(len(factors) + step)
    table = np.array(factors, dtype=np.int64).reshape(-1, 4)
    arrays = (np.array(part, dtype=np.int64) for part in (starts, inputs, masks, widths, ends))
    return replace(Network(num_vertices, table, *arrays), order=tuple(order))
