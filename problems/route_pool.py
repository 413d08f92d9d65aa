"""Routes as columns: the best feasible sequence of every customer set where these are few, else a heuristic pool.

Sequences are found by dynamic programming over sets, exactly; a label is (last stop, cost, time) and loses to one that
is no later and no dearer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import AnyArray, Float, Int
from ..core.margins import FEASIBILITY, scaled_margin
from .labels import has, num_words, undominated, unique_sets, with_customer

if TYPE_CHECKING:
    from .vehicles import Fleet

#: Customer sets up to which a pool is complete, and labels looked at before that is given up.
MAX_SETS = 4_000
MAX_LABELS = 400_000
#: Stops of a set that ``best_sequence`` orders exactly.
MAX_EXACT_STOPS = 10


@dataclass(frozen=True, eq=False)
class RoutePool:
    """Feasible routes (customers in order) with their distances; ``is_complete``: each feasible set's best is there."""

    routes: tuple[Int, ...]
    costs: tuple[float, ...]
    is_complete: bool


@dataclass
class _Label:
    last: int
    cost: float
    time: float
    parent: _Label | None = None

    def route(self) -> list[int]:
        stops: list[int] = []
        label: _Label | None = self
        while label is not None:
            stops.append(label.last)
            label = label.parent
        return stops[::-1]


class RouteRules:
    """The numbers of a fleet as lists, and what may follow what."""

    def __init__(self, fleet: Any) -> None:
        self.n = fleet.num_customers
        self.distances: list[list[float]] = fleet.distances.tolist()
        self.travel: list[list[float]] = fleet.travel.tolist()
        self.has_windows = fleet.windows is not None
        windows = np.zeros((self.n + 1, 2)) if fleet.windows is None else fleet.windows
        self.early: list[float] = windows[:, 0].tolist()
        self.late: list[float] = (windows[:, 1] + fleet.tolerance).tolist()
        self.demands: list[float] = fleet.demands.tolist()
        self.capacity = float(fleet.capacity) + fleet.load_tolerance

    def start(self, v: int) -> _Label | None:
        """Label of the route that serves ``v`` first; None where it cannot be reached in time."""
        return self._label(None, 0, v, 0.0, self.early[0])

    def extend(self, label: _Label, v: int) -> _Label | None:
        """The label one stop further; None where that is late."""
        return self._label(label, label.last, v, label.cost, label.time)

    def _label(self, parent: _Label | None, u: int, v: int, cost: float, time: float) -> _Label | None:
        if not self.has_windows:
            return _Label(v, cost + self.distances[u][v], 0.0, parent)
        arrival = max(self.early[v], time + self.travel[u][v])
        if arrival > self.late[v]:
            return None
        return _Label(v, cost + self.distances[u][v], arrival, parent)

    def closed(self, label: _Label) -> float | None:
        """Distance of the route that returns now; None where the return is late."""
        if self.has_windows and label.time + self.travel[label.last][0] > self.late[0]:
            return None
        return label.cost + self.distances[label.last][0]


def _undominated(labels: list[_Label], new: _Label) -> bool:
    """Add a label unless another with the same last stop is as good; drop those it beats. Whether it was added."""
    for label in labels:
        if label.last == new.last and label.cost <= new.cost and label.time <= new.time:
            return False
    labels[:] = [x for x in labels if x.last != new.last or x.cost < new.cost or x.time < new.time]
    labels.append(new)
    return True


def complete_pool(
    fleet: Any,
    *,
    max_labels: int = MAX_LABELS,
    max_sets: int = MAX_SETS,
    is_over: Callable[[], bool] = lambda: False,
) -> RoutePool | None:
    """The best route of every customer set that a solution may have; None where there are too many, or it is over.

    Where K routes at most carry a total load D, each carries at least ``D - (K - 1) capacity``; smaller sets are left
    out. Sets grow stop by stop, whole layers at a time.
    """
    n = fleet.num_customers
    d, travel = np.asarray(fleet.distances, dtype=np.float64), np.asarray(fleet.travel, dtype=np.float64)
    has_windows = fleet.windows is not None
    windows = np.zeros((n + 1, 2)) if fleet.windows is None else np.asarray(fleet.windows, dtype=np.float64)
    late = windows[:, 1] + fleet.tolerance
    demands = np.asarray(fleet.demands, dtype=np.float64)
    capacity = float(fleet.capacity) + fleet.load_tolerance
    least = demands.sum() - (fleet.route_limit - 1) * capacity
    zero = np.zeros(1)
    layer = _Layer(np.zeros((1, num_words(n)), dtype=np.int64), zero.astype(np.int64), windows[:1, 0], zero, zero, zero)
    layers, closed, count = [layer], [], 0
    while len(layer.last) and len(layers) <= n:
        parts = []
        for v in range(1, n + 1):
            k = np.flatnonzero(~has(layer.sets, v) & (layer.load + demands[v] <= capacity))
            time = (
                np.maximum(windows[v, 0], layer.time[k] + travel[layer.last[k], v]) if has_windows else np.zeros(len(k))
            )
            if has_windows:
                k, time = k[time <= late[v]], time[time <= late[v]]
            cost = layer.cost[k] + d[layer.last[k], v]
            sets = with_customer(layer.sets[k], v)
            parts.append(_Layer(sets, np.full(len(k), v), time, cost, layer.load[k] + demands[v], k))
            count += len(k)
            if count > 8 * max_labels or is_over():
                return None
        layer = _Layer(*(np.concatenate([getattr(x, key) for x in parts]) for key in _KEYS)) if parts else layer
        layer = layer.take(undominated(layer.sets, layer.last, layer.time, layer.cost))
        layers.append(layer)
        if sum(len(x.last) for x in layers) > max_labels:
            return None
        home = layer.load >= least - scaled_margin(capacity, FEASIBILITY)
        if has_windows:
            home &= layer.time + travel[layer.last, 0] <= late[0]
        k = np.flatnonzero(home)
        cost = layer.cost[k] + d[layer.last[k], 0]
        best = unique_sets(layer.sets[k], cost) if len(k) else k
        closed.append((k[best], cost[best]))
        if sum(len(x) for x, _ in closed) > max_sets:
            return None
    routes: list[Int] = []
    costs: list[float] = []
    for depth, (ends, values) in enumerate(closed, start=1):
        routes += [_walk(layers, depth, int(end)) for end in ends.tolist()]
        costs += values.tolist()
    return RoutePool(tuple(routes), tuple(costs), is_complete=True)


@dataclass(frozen=True, eq=False)
class _Layer:
    """Labels of one number of stops."""

    sets: Int
    last: Int
    time: Float
    cost: Float
    load: Float
    parent: AnyArray

    def take(self, index: Int) -> _Layer:
        return _Layer(*(getattr(self, key)[index] for key in _KEYS))


_KEYS = ("sets", "last", "time", "cost", "load", "parent")


def _walk(layers: list[_Layer], depth: int, end: int) -> Int:
    """The stops of a label, first to last."""
    stops = []
    for layer in layers[depth:0:-1]:
        stops.append(int(layer.last[end]))
        end = int(layer.parent[end])
    return np.array(stops[::-1], dtype=np.int64)


def best_sequence(fleet: Any, stops: Any) -> tuple[float, list[int]] | None:
    """Distance and order of the best feasible route through a set of customers; None where none is feasible.

    Exact to MAX_EXACT_STOPS stops; beyond, cheapest insertion, which may miss a feasible order.
    """
    rules = RouteRules(fleet)
    members = sorted(int(v) for v in stops)
    if sum(rules.demands[v] for v in members) > rules.capacity:
        return None
    if len(members) > MAX_EXACT_STOPS:
        return inserted_route(fleet, members)
    layer: dict[int, list[_Label]] = {}
    for v in members:
        label = rules.start(v)
        if label is not None:
            layer[1 << v] = [label]
    for _ in range(len(members) - 1):
        further: dict[int, list[_Label]] = {}
        for mask, labels in layer.items():
            for v in members:
                if mask >> v & 1:
                    continue
                for label in labels:
                    new = rules.extend(label, v)
                    if new is not None:
                        _undominated(further.setdefault(mask | 1 << v, []), new)
        layer = further
    full = sum(1 << v for v in members)
    closed = [(cost, x.route()) for x in layer.get(full, []) if (cost := rules.closed(x)) is not None]
    return min(closed, key=lambda pair: pair[0]) if closed else None


def inserted_route(fleet: Any, members: list[int]) -> tuple[float, list[int]] | None:
    """A route by cheapest feasible insertion, customers by latest start; None where one finds no place."""
    rules = RouteRules(fleet)
    route: list[int] = []
    for v in sorted(members, key=lambda v: (rules.late[v], v)):
        best = None
        for k in range(len(route) + 1):
            tried = [*route[:k], v, *route[k:]]
            cost = route_distance(rules, tried)
            if cost is not None and (best is None or cost < best[0]):
                best = (cost, tried)
        if best is None:
            return None
        route = best[1]
    cost = route_distance(rules, route)
    return None if cost is None else (cost, route)


def route_distance(rules: RouteRules, route: list[int]) -> float | None:
    """Distance of a route; None where a window is broken."""
    label = None
    for v in route:
        label = rules.start(v) if label is None else rules.extend(label, v)
        if label is None:
            return None
    return 0.0 if label is None else rules.closed(label)


def route_pool(fleet: Fleet) -> RoutePool:
    """``complete_pool`` where that is small, else the routes of savings and of sweeps, single customers included."""
    from .route_build import heuristic_routes

    found = complete_pool(fleet)
    if found is not None:
        return found
    best: dict[frozenset[int], tuple[float, tuple[int, ...]]] = {}
    rules = RouteRules(fleet)
    for route in heuristic_routes(fleet):
        cost = route_distance(rules, list(route))
        key = frozenset(route)
        if cost is not None and (key not in best or (cost, route) < best[key]):
            best[key] = (cost, route)
    chosen = sorted(best.values(), key=lambda pair: pair[1])
    return RoutePool(
        tuple(np.array(route, dtype=np.int64) for _, route in chosen), tuple(cost for cost, _ in chosen), False
    )
