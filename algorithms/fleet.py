"""Tabu search over the routes of a fleet: relocate, swap and exchange of tails, with strategic oscillation.

All moves between routes are evaluated at once by joining stretches; within a route the order is left to others (a
descent, or any route solver). Excess load and lateness are allowed at a price that follows how the search goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..core import AnyArray, Float
from ..core.margins import FEASIBILITY, scaled_margin
from .segments import Roads, Stretches
from .tour_windows import WindowTour

#: Moves of one sign (feasible or not) in a row after which the prices of violations change, and by what factor.
OSCILLATION, FACTOR = 10, 1.1
#: Iterations without a new best after which the search goes back to the best, shaken.
STALL = 20
#: Stretches of routes that are remembered.
_CACHE = 50_000


@dataclass(frozen=True)
class _Half:
    """Stretches from the depot to each position of a route (or from it to the depot), and their loads and stops."""

    parts: Stretches
    load: Float
    stops: Float


@dataclass(frozen=True, eq=False)
class FleetData:
    """What a fleet search needs of a cvrp or vrptw."""

    roads: Roads
    demands: Float
    capacity: float
    route_cost: float
    tolerance: float

    @classmethod
    def of(cls, problem: Any) -> FleetData:
        """The arrays of a fleet problem; demands have shape (customers + 1,), the depot's first."""
        roads = Roads.of(problem.distances, problem.travel, problem.windows)
        tolerance = max(float(problem.tolerance), FEASIBILITY)
        demands = np.asarray(problem.demands, dtype=np.float64)
        capacity = float(problem.capacity) + float(problem.load_tolerance)
        return cls(roads, demands, capacity, float(problem.route_cost), tolerance)

    @cached_property
    def _halves(self) -> dict[tuple[int, ...], tuple[_Half, _Half]]:
        return {}

    def halves(self, route: tuple[int, ...]) -> tuple[_Half, _Half]:
        """Stretches to and from each position of ``0, route, 0``; remembered."""
        found = self._halves.get(route)
        if found is None:
            if len(self._halves) > _CACHE:
                self._halves.clear()
            found = self._half(route, backwards=False), self._half(route, backwards=True)
            self._halves[route] = found
        return found

    def _half(self, route: tuple[int, ...], *, backwards: bool) -> _Half:
        path = [0, *route, 0]
        travel, distances, early, late = self._lists
        order = path[::-1] if backwards else path
        rows: list[tuple[float, ...]] = []
        node = order[0]
        length = duration = warp = 0.0
        first, last = early[node], late[node]
        rows.append((length, duration, warp, first, last))
        for other in order[1:]:
            a, b = (other, node) if backwards else (node, other)
            time = travel[a][b]
            length += distances[a][b]
            if backwards:  # one stop, then the stretch
                e, l_, d, w, e2, l2, d2, w2 = early[a], late[a], 0.0, 0.0, first, last, duration, warp
            else:
                e, l_, d, w, e2, l2, d2, w2 = first, last, duration, warp, early[b], late[b], 0.0, 0.0
            shift = d - w + time
            wait, more = max(e2 - shift - l_, 0.0), max(e + shift - l2, 0.0)
            duration, warp = d + d2 + time + wait, w + w2 + more
            first, last = max(e2 - shift, e) - wait, min(l2 - shift, l_) + more
            rows.append((length, duration, warp, first, last))
            node = other
        values = np.array(rows[::-1] if backwards else rows)
        nodes = np.array(path, dtype=np.int64)
        start, end = (nodes, np.zeros_like(nodes)) if backwards else (np.zeros_like(nodes), nodes)
        load, stops = self.demands[nodes], (nodes > 0).astype(np.float64)
        if backwards:
            load, stops = np.cumsum(load[::-1])[::-1], np.cumsum(stops[::-1])[::-1]
        else:
            load, stops = np.cumsum(load), np.cumsum(stops)
        return _Half(Stretches(start, end, *values.T), load, stops)

    @cached_property
    def _lists(self) -> tuple[Any, Any, list[float], list[float]]:
        roads = self.roads
        return roads.travel.tolist(), roads.distances.tolist(), roads.early.tolist(), roads.late.tolist()

    def measure(self, routes: list[tuple[int, ...]]) -> tuple[float, float, float]:
        """Cost, excess load and time warp of routes."""
        cost = excess = warp = 0.0
        for route in routes:
            if route:
                whole = self.halves(route)[0]
                cost += float(whole.parts.distance[-1]) + self.route_cost
                excess += max(0.0, float(whole.load[-1]) - self.capacity)
                warp += float(whole.parts.warp[-1])
        return cost, excess, warp

    def improved(self, route: tuple[int, ...]) -> tuple[int, ...]:
        """A feasible route in a locally best order; others as they are. Remembered."""
        if len(route) < 2:
            return route
        if route not in self._orders:
            if len(self._orders) > _CACHE:
                self._orders.clear()
            self._orders[route] = self._improved(route)
        return self._orders[route]

    @cached_property
    def _orders(self) -> dict[tuple[int, ...], tuple[int, ...]]:
        return {}

    def _improved(self, route: tuple[int, ...]) -> tuple[int, ...]:
        tour = WindowTour(self.roads, np.array(route))
        if not tour.is_feasible:
            return route
        tour.descend()
        return tuple(tour.order.tolist())


class _Board:
    """All routes side by side: nodes, slots, and the stretches to and from every position."""

    def __init__(self, data: FleetData, routes: list[tuple[int, ...]]) -> None:
        self.routes = routes
        pairs = [data.halves(route) for route in routes]
        self.slot = np.repeat(np.arange(len(routes)), [len(route) + 2 for route in routes])
        self.node = np.concatenate([np.array([0, *route, 0]) for route in routes])
        self.to, self.back = (self._joined([pair[k] for pair in pairs]) for k in (0, 1))
        ends = np.cumsum([len(route) + 2 for route in routes]) - 1
        self.customers = np.flatnonzero(self.node > 0)
        is_end = np.zeros(len(self.node), dtype=bool)
        is_end[ends] = True
        self.gaps = np.flatnonzero(~is_end)  # a customer can be put behind these
        self.load = self.to.load[ends]
        self.warp = self.to.parts.warp[ends]
        self.distance = self.to.parts.distance[ends]

    @staticmethod
    def _joined(halves: list[_Half]) -> _Half:
        parts = Stretches(*(np.concatenate([h.parts[k] for h in halves]) for k in range(7)))
        return _Half(parts, np.concatenate([h.load for h in halves]), np.concatenate([h.stops for h in halves]))


class FleetSearch:
    """A tabu search: routes, prices, tabu list, and the best feasible routes seen.

    Parameters
    ----------
    data : the instance.
    routes : start, feasible or not; every customer once, and a route more than ``slots`` is dissolved.
    slots : most routes.
    rng : tenures and shakes.
    """

    def __init__(self, data: FleetData, routes: list[tuple[int, ...]], slots: int, rng: np.random.Generator) -> None:
        self.data, self.rng = data, rng
        self.n = len(data.demands) - 1
        self.slots = max(slots, 1)
        self.routes = [tuple(int(v) for v in route) for route in routes]
        scale = float(data.roads.distances.max(initial=1.0))
        self.alpha = max(1e-6, scale / max(1.0, float(data.demands.max(initial=1.0))))
        self.beta = 1.0
        self._sign = 0
        self.step = 0
        self._last_best = 0
        self.best: list[tuple[int, ...]] | None = None
        self.best_cost = np.inf
        self.changed: set[int] = set()
        self._fit()
        self._note()

    def _fit(self) -> None:
        """As many routes as are allowed: the customers of the smallest ones go to the others, at any price."""
        self.routes.sort(key=len, reverse=True)
        homeless = [v for route in self.routes[self.slots :] for v in route]
        spare = min(self.slots, len(self.routes) + 2) - len(self.routes)
        self.routes = self.routes[: self.slots] + [()] * max(0, spare)
        self._tabu = np.zeros((self.n + 1, len(self.routes)), dtype=np.int64)
        for v in sorted(homeless, key=lambda v: -self.data.demands[v]):
            self._insert(v)

    def _note(self) -> bool:
        """Keep the routes if they are the best feasible ones; whether they are feasible."""
        cost, excess, warp = self.data.measure(self.routes)
        is_feasible = excess <= 0 and warp <= self.data.tolerance and sum(map(bool, self.routes)) <= self.slots
        if is_feasible and cost < self.best_cost - scaled_margin(cost):
            self.best, self.best_cost = [route for route in self.routes if route], cost
            self._last_best = self.step
        return is_feasible

    def replace(self, slot: int, route: tuple[int, ...]) -> None:
        """Another order of one route."""
        self.routes[slot] = route
        self._note()

    def descend(self) -> None:
        """Best moves between routes and descents within them, as long as they make feasible routes better."""
        self.alpha = self.beta = 1e6 * max(1.0, float(self.data.roads.distances.max(initial=1.0)))
        least = scaled_margin(float(self.data.roads.distances.max(initial=1.0)))
        while True:
            for slot, route in enumerate(self.routes):
                self.routes[slot] = self.data.improved(route)
            self._note()
            board = _Board(self.data, self.routes)
            found = [
                move for move in (self._relocate(board), self._swap(board), self._tails(board)) if move is not None
            ]
            best = min(found, key=lambda move: move[0], default=None)
            if best is None or best[0] > -least:
                return
            for slot, route in best[1]:
                self.routes[slot] = route

    def iterate(self) -> None:
        """One move: the best of all that are not tabu; prices follow, and a stalled search is shaken."""
        self.step += 1
        board = _Board(self.data, self.routes)
        found = [move for move in (self._relocate(board), self._swap(board), self._tails(board)) if move is not None]
        if not found:
            self._shake()
            return
        _, routes, moved = min(found, key=lambda move: move[0])
        for v, slot in moved:
            self._tabu[v, slot] = self.step + int(self.rng.integers(7, 14))
        for slot, route in routes:
            self.routes[slot] = route
            self.changed.add(slot)
        feasible = self._note()
        self._oscillate(feasible)
        if self.step - self._last_best >= STALL:
            self._shake()

    def _oscillate(self, is_feasible: bool) -> None:
        sign = -1 if is_feasible else 1
        self._sign = self._sign + sign if self._sign * sign > 0 else sign
        if abs(self._sign) >= OSCILLATION:
            factor = 1 / FACTOR if is_feasible else FACTOR
            self.alpha, self.beta = self.alpha * factor, self.beta * factor
            self._sign = 0

    def _price(self, distance: AnyArray, load: AnyArray, warp: AnyArray, stops: AnyArray) -> Float:
        """Generalised cost of routes."""
        excess = np.maximum(load - self.data.capacity, 0.0)
        fixed = self.data.route_cost * (stops > 0) if self.data.route_cost else 0.0
        return np.asarray(distance + self.alpha * excess + self.beta * warp + fixed)

    def _old(self, board: _Board) -> Float:
        stops = np.array([len(route) for route in board.routes])
        return self._price(board.distance, board.load, board.warp, stops)

    def _pick(self, delta: Float, is_tabu: AnyArray) -> tuple[int, int] | None:
        """The cheapest move that is not tabu; a tabu one only by its price (aspiration is for feasible bests)."""
        values = np.where(is_tabu, np.inf, delta)
        k = int(values.argmin())
        if not np.isfinite(values.flat[k]):
            return None
        return k // values.shape[1], k % values.shape[1]

    def _relocate(self, board: _Board) -> Any:
        """Each customer into each gap of another route."""
        i, j = board.customers, board.gaps
        if not len(i):
            return None
        roads, old = self.data.roads, self._old(board)
        before, behind = board.to.parts.take(i - 1), board.back.parts.take(i + 1)
        out = roads.join(before, behind)
        demand = self.data.demands[board.node[i]]
        stops = board.to.stops[i - 1] + board.back.stops[i + 1]
        left = self._price(out.distance, board.load[board.slot[i]] - demand, out.warp, stops)
        single = roads.single(board.node[i])
        head = roads.join(board.to.parts.take(j[None, :]), single.take(np.arange(len(i))[:, None]))
        into = roads.join(head, board.back.parts.take(j[None, :] + 1))
        load = board.load[board.slot[j]][None, :] + demand[:, None]
        right = self._price(into.distance, load, into.warp, np.ones(1))
        delta = left[:, None] + right - old[board.slot[i]][:, None] - old[board.slot[j]][None, :]
        tabu = self._tabu[board.node[i]][:, board.slot[j]] >= self.step
        tabu |= board.slot[i][:, None] == board.slot[j][None, :]
        chosen = self._pick(delta, tabu)
        if chosen is None:
            return None
        a, b = chosen
        v, source, target = int(board.node[i[a]]), int(board.slot[i[a]]), int(board.slot[j[b]])
        place = int(j[b] - np.flatnonzero(board.slot == target)[0])
        route = board.routes[target]
        routes = [
            (source, tuple(x for x in board.routes[source] if x != v)),
            (target, (*route[:place], v, *route[place:])),
        ]
        return float(delta[a, b]), routes, [(v, source)]

    def _swap(self, board: _Board) -> Any:
        """Each pair of customers of different routes, each at the other's place."""
        i = board.customers
        if len(i) < 2:
            return None
        roads, old = self.data.roads, self._old(board)
        single = roads.single(board.node[i])
        head = roads.join(board.to.parts.take(i[:, None] - 1), single.take(np.arange(len(i))[None, :]))
        into = roads.join(head, board.back.parts.take(i[:, None] + 1))  # [a, b]: b at the place of a
        demand = self.data.demands[board.node[i]]
        load = board.load[board.slot[i]][:, None] - demand[:, None] + demand[None, :]
        price = self._price(into.distance, load, into.warp, np.ones(1)) - old[board.slot[i]][:, None]
        delta = price + price.T
        tabu = self._tabu[board.node[i]][:, board.slot[i]] >= self.step
        tabu |= tabu.T
        tabu |= board.slot[i][:, None] == board.slot[i][None, :]
        chosen = self._pick(delta, tabu)
        if chosen is None:
            return None
        u, v = board.node[i[list(chosen)]].tolist()
        p, q = board.slot[i[list(chosen)]].tolist()
        routes = [
            (p, tuple(v if x == u else x for x in board.routes[p])),
            (q, tuple(u if x == v else x for x in board.routes[q])),
        ]
        return float(delta[chosen]), routes, [(u, p), (v, q)]

    def _tails(self, board: _Board) -> Any:
        """Two routes cut and joined crosswise: the head of each with the tail of the other."""
        j = board.gaps
        roads, old = self.data.roads, self._old(board)
        joined = roads.join(board.to.parts.take(j[:, None]), board.back.parts.take(j[None, :] + 1))
        load = board.to.load[j][:, None] + board.back.load[j + 1][None, :]
        stops = board.to.stops[j][:, None] + board.back.stops[j + 1][None, :]
        price = self._price(joined.distance, load, joined.warp, stops)
        delta = price + price.T - old[board.slot[j]][:, None] - old[board.slot[j]][None, :]
        heads, tails = board.to.stops[j] == 0, board.back.stops[j + 1] == 0
        same = (heads[:, None] & heads[None, :]) | (tails[:, None] & tails[None, :])
        next_node = board.node[j + 1]
        tabu = self._tabu[next_node][:, board.slot[j]] >= self.step
        tabu[next_node == 0] = False
        tabu |= tabu.T
        tabu |= same | (board.slot[j][:, None] == board.slot[j][None, :])
        chosen = self._pick(delta, tabu)
        if chosen is None:
            return None
        p, q = board.slot[j[list(chosen)]].tolist()
        cuts = [int(j[k] - np.flatnonzero(board.slot == slot)[0]) for k, slot in zip(chosen, (p, q))]
        first, second = board.routes[p], board.routes[q]
        routes = [(p, first[: cuts[0]] + second[cuts[1] :]), (q, second[: cuts[1]] + first[cuts[0] :])]
        moved = [(first[cuts[0]], p)] if cuts[0] < len(first) else []
        moved += [(second[cuts[1]], q)] if cuts[1] < len(second) else []
        return float(delta[chosen]), routes, moved

    def _shake(self) -> None:
        """Back to the best routes, some customers near each other taken out and put back at their cheapest gaps."""
        self._last_best = self.step
        self._tabu[:] = 0
        if self.best is not None:
            self.routes = [*self.best, *[()] * (len(self.routes) - len(self.best))]
        seed = int(self.rng.integers(1, self.n + 1))
        count = min(self.n, int(self.rng.integers(5, 25)))
        near = np.argsort(self.data.roads.distances[seed, 1:], kind="stable")[:count] + 1
        taken = set(near.tolist())
        self.routes = [tuple(v for v in route if v not in taken) for route in self.routes]
        for v in self.rng.permutation(near).tolist():
            self._insert(int(v))
        self.changed |= set(range(len(self.routes)))
        self._note()

    def _insert(self, v: int) -> None:
        board = _Board(self.data, self.routes)
        j, roads = board.gaps, self.data.roads
        head = roads.join(board.to.parts.take(j), roads.single(np.full(len(j), v)))
        into = roads.join(head, board.back.parts.take(j + 1))
        load = board.load[board.slot[j]] + self.data.demands[v]
        price = self._price(into.distance, load, into.warp, np.ones(1)) - self._old(board)[board.slot[j]]
        k = int(price.argmin())
        slot = int(board.slot[j[k]])
        place = int(j[k] - np.flatnonzero(board.slot == slot)[0])
        route = self.routes[slot]
        self.routes[slot] = (*route[:place], v, *route[place:])


def descend_fleet(data: FleetData, routes: list[tuple[int, ...]], slots: int) -> list[tuple[int, ...]]:
    """Feasible routes that no relocation, swap, exchange of tails or change of order makes better."""
    search = FleetSearch(data, routes, slots, np.random.default_rng(0))
    search.descend()
    return routes if search.best is None else search.best


def search_fleet(
    data: FleetData,
    routes: list[tuple[int, ...]],
    slots: int,
    rng: np.random.Generator,
    *,
    iterations: int,
    is_over: Callable[[], bool] = lambda: False,
    until_feasible: bool = False,
) -> tuple[list[tuple[int, ...]] | None, float]:
    """Best feasible routes of a tabu search with a descent within changed routes, and their cost; None: none found."""
    search = FleetSearch(data, routes, slots, rng)
    for _ in range(iterations):
        if is_over() or not search.n or (until_feasible and search.best is not None):
            break
        search.iterate()
        for slot in sorted(search.changed):
            better = data.improved(search.routes[slot])
            if better != search.routes[slot]:
                search.replace(slot, better)
        search.changed.clear()
    return search.best, float(search.best_cost)
