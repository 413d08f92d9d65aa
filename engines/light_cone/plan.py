"""Which cones there are, which are equal, how each is computed, and what all of them cost; nothing is computed here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

import numpy as np

from ...core import Float, Int, UnsupportedError
from ..diagonal.memory import available_bytes
from .closed_form import DepthOneGroup
from .cones import Cone, CouplingGraph, Form, canonical, cone_of
from .groups import (
    Group,
    NetworkGroup,
    StateGroup,
    distinct_rows,
    network_seconds,
    state_bytes,
    state_seconds,
)
from .network import FIELD, Network, improved, network_of

#: An evaluation that is estimated to take longer is refused.
MAX_SECONDS = 3600.0
#: Most variables of a product, whatever the memory.
_MAX_WIDTH = 30
#: Trials of a search for an order of sums: at most, as many as take one evaluation, and not worth it below.
_MOST_TRIALS, _SECONDS_A_TRIAL, _LEAST_TRIALS = 2000, 1e-3, 200


@dataclass(frozen=True)
class ConeCost:
    """What an evaluation takes.

    Parameters
    ----------
    num_cones, num_distinct : expectation values, and those left of them once equal cones are counted once
    largest : qubits of the largest cone
    width : variables of the largest product of a network, 0 where there is none
    bytes : of the largest cone's tensors or state
    seconds : of one value with its gradient on one thread, estimated
    method : ``closed form``, ``networks``, ``states`` or ``networks and states``
    """

    num_cones: int
    num_distinct: int
    largest: int
    width: int
    bytes: int
    seconds: float
    method: str

    def __str__(self) -> str:
        return (
            f"{self.num_cones:,} cones, {self.num_distinct:,} distinct, the largest of {self.largest} qubits, "
            f"{self.method}, about {self.seconds:.2g} s an evaluation"
        )


@dataclass(frozen=True, eq=False)
class Plan:
    """Groups, and where each expectation value stands: those of ``singles``, then those of ``pairs``.

    Parameters
    ----------
    singles : spins whose <Z> is not 0 by symmetry
    pairs : shape (k, 2), the couplings first
    of_group : values that stand in each group
    rows, signs : of each value, in its group; values of no group are 0 by symmetry
    """

    groups: tuple[Group, ...]
    singles: Int
    pairs: Int
    of_group: tuple[Int, ...]
    rows: Int
    signs: Int
    cost: ConeCost


@dataclass(frozen=True)
class Limits:
    """What may be taken.

    Parameters
    ----------
    num_bytes : by one cone; None for the memory available
    seconds : by an evaluation with its gradient on one thread, as estimated
    num_rules : orders of sums that are tried for a shape; 1 plans fast and may find costlier ones
    """

    num_bytes: int | None = None
    seconds: float = MAX_SECONDS
    num_rules: int = 3


#: Networks by shape, fields and layers.
Known = dict[object, Network | None]


def plan_of(
    graph: CouplingGraph,
    num_layers: int,
    singles: list[int],
    pairs: list[tuple[int, int]],
    limits: Limits | None = None,
    known: Known | None = None,
) -> Plan:
    """The plan of the expectation values of some spins and pairs.

    Parameters
    ----------
    known : networks of shapes planned before under the same limits; those made here are added

    Raises
    ------
    UnsupportedError
        A cone does not fit, or all take too long.
    """
    limits = limits or Limits()
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    if num_layers == 1:
        return _closed(graph, singles, pairs, table)
    free = available_bytes() if limits.num_bytes is None else limits.num_bytes
    builder = _Builder(graph, num_layers, 2**62 if free is None else free, limits, {} if known is None else known)
    roots: list[tuple[int, ...]] = [*((i,) for i in singles), *pairs]
    # the heaviest first: what is refused is refused at once
    weight = [sum(len(graph.near[i]) for i in each) for each in roots]
    try:
        for k in sorted(range(len(roots)), key=lambda k: (-weight[k], k)):
            builder.add(k, roots[k])
        return builder.finish(np.array(singles, dtype=np.int64), table)
    except UnsupportedError as error:
        if limits.num_rules == 1:  # somebody who plans fast has a way out of his own
            raise
        fits = _layers_that_fit(graph, num_layers - 1, singles, pairs, limits)
        remedy = f"lower layers to {fits}" + (" (closed form, any graph)" if fits == 1 else "")
        raise UnsupportedError(f"{error}; {remedy}") from None


def _layers_that_fit(
    graph: CouplingGraph, most: int, singles: list[int], pairs: list[tuple[int, int]], limits: Limits
) -> int:
    """The most layers, up to so many, whose cones fit; one layer always does."""
    for num_layers in range(most, 1, -1):
        try:
            plan_of(graph, num_layers, singles, pairs, replace(limits, num_rules=1))
        except UnsupportedError:
            continue
        return num_layers
    return 1


def _closed(graph: CouplingGraph, singles: list[int], pairs: list[tuple[int, int]], table: Int) -> Plan:
    group = DepthOneGroup.of(graph, singles, pairs)
    count = group.num_rows
    near = [{j for j, _ in each} for each in graph.near]
    cones = [{i, j} | near[i] | near[j] for i, j in pairs] or [{i} | near[i] for i in singles]
    largest = max((len(cone) for cone in cones), default=0)
    numbers = sum(part.numbers.size for part in (group.single, group.first, group.second, group.both, group.apart))
    cost = ConeCost(count, count, largest, 0, 64 * numbers, 1e-4 + 1e-7 * numbers, "closed form")
    everything = np.arange(count)
    signs = np.ones(count, dtype=np.int64)
    return Plan((group,), np.array(singles, dtype=np.int64), table, (everything,), everything, signs, cost)


@dataclass(eq=False)
class _Members:
    """Cones of one shape: numbers of each, and the value that each is."""

    network: Network | None
    forms: list[Form] = field(default_factory=list)
    values: list[int] = field(default_factory=list)


class _Builder:
    """Takes cones in one by one and sorts them into groups."""

    def __init__(self, graph: CouplingGraph, num_layers: int, free: int, limits: Limits, known: Known) -> None:
        self.known = known
        self.graph, self.num_layers, self.free, self.limits = graph, num_layers, free, limits
        self.max_width = min(_MAX_WIDTH, max(4, free.bit_length() - 7))  # 2**w sums, their slopes, and as many before
        self.shapes: dict[object, _Members] = {}
        self.by_vertices: dict[tuple[int, ...], list[tuple[int, Cone]]] = defaultdict(list)
        self.seconds = 0.0
        self.largest = 0

    def add(self, value: int, roots: tuple[int, ...]) -> None:
        """One cone more.

        Raises
        ------
        UnsupportedError
            It fits neither as a network nor as a state.
        """
        cone = cone_of(self.graph, roots, self.num_layers)
        self.largest = max(self.largest, cone.size)
        inner = [v for v, d in zip(cone.vertices, cone.distances) if d < self.num_layers]
        has_fields = bool(self.graph.h[inner].any())
        if len(roots) == 1 and not has_fields:  # flipping all spins of the cone changes nothing but the sign
            return
        form = canonical(self.graph, cone, self.num_layers)
        key = form.shape, has_fields
        members = self.shapes.get(key)
        if members is None:
            network = self._network(form, has_fields)
            members = self.shapes[key] = _Members(network)
            fits = state_bytes(cone.size) <= self.free
            if network is None and not fits:
                raise UnsupportedError(self._refusal(cone))
            state = state_seconds(cone.size, self.num_layers) if fits else np.inf
            each = np.inf if network is None else network_seconds(network, 8)
            self.check(min(each, state))
        members.forms.append(form)
        members.values.append(value)
        if state_bytes(cone.size) <= self.free:
            self.by_vertices[tuple(sorted(cone.vertices))].append((value, cone))

    def _network(self, form: Form, has_fields: bool) -> Network | None:
        """That of a form's shape; None where it has none that fits."""
        key = form.shape, has_fields, self.num_layers
        if key not in self.known:
            self.known[key] = network_of(
                *form.shape,
                self.num_layers,
                has_fields=has_fields,
                max_width=self.max_width,
                num_rules=self.limits.num_rules,
            )
        return self.known[key]

    def check(self, seconds: float) -> None:
        """Refuse what has grown too long."""
        self.seconds += seconds
        if self.seconds > self.limits.seconds:
            raise UnsupportedError(self._too_long(f"more than {self.seconds:,.2g}"))

    def _too_long(self, seconds: str) -> str:
        return (
            f"light cones at {self.num_layers} layers must take at most {self.limits.seconds:,.2g} s an evaluation, "
            f"got {seconds} s (largest cone {self.largest} qubits)"
        )

    def _refusal(self, cone: Cone) -> str:
        return (
            f"light cones at {self.num_layers} layers must fit in the memory available, {self.free:,} bytes, got a "
            f"cone of {cone.size} qubits and {len(cone.edges)} couplings"
        )

    def finish(self, singles: Int, pairs: Int) -> Plan:
        """The groups: states that many values share where they are cheaper, then networks and states by shape."""
        groups: list[Group] = []
        places: list[tuple[list[int], list[int], list[int]]] = []  # values, rows, signs
        of_shape = {value: (key, k) for key, m in self.shapes.items() for k, value in enumerate(m.values)}
        taken: set[int] = set()
        for vertices, cones in self.by_vertices.items():
            values = [value for value, _ in cones]
            networks = [self.shapes[of_shape[value][0]].network for value in values]
            together = sum(np.inf if net is None else network_seconds(net, 1) for net in networks)
            if len(cones) > 1 and state_seconds(len(vertices), self.num_layers) < together:
                groups.append(self._shared(vertices, cones))
                places.append((values, list(range(len(values))), [1] * len(values)))
                taken.update(values)
        for members in self.shapes.values():
            left = [k for k, value in enumerate(members.values) if value not in taken]
            if left:
                self._add_shape(members, left, groups, places)
        count = len(singles) + len(pairs)
        rows, signs = np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.int64)
        for values, of_rows, of_signs in places:
            rows[values], signs[values] = of_rows, of_signs
        of_group = tuple(np.array(values, dtype=np.int64) for values, _, _ in places)
        cost = self._cost(groups, count)
        if cost.seconds > self.limits.seconds:
            raise UnsupportedError(self._too_long(f"about {cost.seconds:,.2g}"))
        return Plan(tuple(groups), singles, pairs, of_group, rows, signs, cost)

    def _add_shape(
        self,
        members: _Members,
        left: list[int],
        groups: list[Group],
        places: list[tuple[list[int], list[int], list[int]]],
    ) -> None:
        forms = [members.forms[k] for k in left]
        values = [members.values[k] for k in left]
        rows, where = distinct_rows([np.concatenate([form.couplings, form.fields]) for form in forms])
        signs = [form.sign for form in forms]
        num_couplings = forms[0].couplings.size
        couplings, fields = rows[:, :num_couplings].copy(), rows[:, num_couplings:].copy()
        size = len(forms[0].shape[0])
        alone = state_seconds(size, self.num_layers) if state_bytes(size) <= self.free else np.inf
        if members.network is not None:
            group, place = self._network_group(members.network, forms[0], couplings, fields)
            if group.seconds <= alone * len(rows):
                groups.append(group)
                places.append((values, place[where].tolist(), signs))
                return
        for row in range(len(rows)):
            inside = [k for k in range(len(values)) if where[k] == row]
            groups.append(_alone(forms[0], couplings[row], fields[row]))
            places.append(([values[k] for k in inside], [0] * len(inside), [signs[k] for k in inside]))

    def _network_group(self, network: Network, form: Form, couplings: Float, fields: Float) -> tuple[NetworkGroup, Int]:
        """The rows of one shape, in a better order of sums where searching for one takes less time than it may save."""
        group, place = NetworkGroup.of(network, couplings, fields)
        trials = min(_MOST_TRIALS, int(group.seconds / _SECONDS_A_TRIAL)) if self.limits.num_rules > 1 else 0
        if trials < _LEAST_TRIALS:
            return group, place
        found = improved(
            network,
            form.shape,
            self.num_layers,
            (couplings, fields),
            has_fields=bool((network.factors[:, 0] == FIELD).any()),
            max_width=self.max_width,
            num_trials=trials,
        )
        other, other_place = NetworkGroup.of(found, couplings, fields)
        return (other, other_place) if other.seconds < group.seconds else (group, place)

    def _shared(self, vertices: tuple[int, ...], cones: list[tuple[int, Cone]]) -> StateGroup:
        """All couplings between the vertices: those that do not matter to a value cancel in it."""
        place = {v: k for k, v in enumerate(vertices)}
        kept = sorted({k for v in vertices for other, k in self.graph.near[v] if other in place})
        ends = [[place[int(x)] for x in part[kept]] for part in (self.graph.rows, self.graph.cols)]
        masks = [sum(1 << place[v] for v in cone.vertices[: cone.num_roots]) for _, cone in cones]
        rows, cols, where = (np.array(part, dtype=np.int64) for part in (*ends, masks))
        return StateGroup(self.graph.h[list(vertices)], rows, cols, self.graph.couplings[kept], where)

    def _cost(self, groups: list[Group], num_cones: int) -> ConeCost:
        seconds, distinct, width, need = 0.0, 0, 0, 0
        names: set[str] = set()
        for group in groups:
            distinct += group.num_rows
            if isinstance(group, NetworkGroup):
                names.add("networks")
                seconds += group.seconds
                width, need = max(width, group.network.width), max(need, 32 * group.network.size)
            elif isinstance(group, StateGroup):
                names.add("states")
                seconds += state_seconds(group.h.size, self.num_layers)
                need = max(need, state_bytes(group.h.size))
        method = " and ".join(sorted(names)) or "nothing to compute"
        return ConeCost(num_cones, distinct, self.largest, width, need, seconds, method)


def _alone(form: Form, couplings: Float, fields: Float) -> StateGroup:
    """The state of one cone in its own numbering."""
    distances, edges, num_roots = form.shape
    table = np.array(edges, dtype=np.int64).reshape(-1, 2)
    h = np.zeros(len(distances))
    h[: fields.size] = fields
    mask = np.array([(1 << num_roots) - 1], dtype=np.int64)
    return StateGroup(h, table[:, 0], table[:, 1], couplings, mask)
