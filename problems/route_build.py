"""Routes built greedily: savings and sweeps, for starts and for pools. Deterministic, no search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .route_pool import RouteRules, inserted_route, route_distance

#: Weights of the joining arc in savings that pools try; 1 is Clarke and Wright's.
SHAPES = (1.0, 0.8, 1.2, 0.6, 1.4)
#: Customers above which sweeps start at every tenth angle alone.
MANY = 60


def savings_routes(fleet: Any, shape: float = 1.0, seen: set[tuple[int, ...]] | None = None) -> list[list[int]]:
    """Routes by merging two routes end to start, in order of ``d[u,0] + d[0,v] - shape d[u,v]``, while it pays.

    Merges keep capacity and windows. Routes may turn round where distances are symmetric and no windows count. Where
    the number of routes is limited, merges that do not pay are made too, but the limit may still be missed.

    Parameters
    ----------
    fleet : a cvrp or vrptw.
    shape : weight of the joining arc.
    seen : every route that was ever built is added to it.

    References
    ----------
    G. Clarke, J. W. Wright (1964), doi:10.1287/opre.12.4.568; the weight:
    P. C. Yellow (1970), doi:10.1057/jors.1970.52.
    """
    rules = RouteRules(fleet)
    d = np.asarray(fleet.distances, dtype=np.float64)
    may_turn = not rules.has_windows and bool(np.array_equal(d, d.T))
    saving = d[:, :1] + d[:1, :] - shape * d + fleet.route_cost
    routes = {v: [v] for v in range(1, rules.n + 1)}
    home = list(range(rules.n + 1))
    load = {v: rules.demands[v] for v in routes}
    u, v = np.nonzero(~np.eye(rules.n + 1, dtype=bool))
    inner = (u > 0) & (v > 0)
    u, v = u[inner], v[inner]
    order = np.lexsort((v, u, -saving[u, v]))
    limit = fleet.route_limit
    for tail, head in zip(u[order].tolist(), v[order].tolist()):
        first, second = home[tail], home[head]
        if first == second or load[first] + load[second] > rules.capacity:
            continue
        if saving[tail, head] <= 0 and len(routes) <= limit:
            break
        merged = _joined(routes[first], routes[second], tail, head, may_turn)
        if merged is None or route_distance(rules, merged) is None:
            continue
        routes[first] = merged
        load[first] += load[second]
        for stop in routes.pop(second):
            home[stop] = first
        if seen is not None:
            seen.add(tuple(merged))
    return list(routes.values())


def _joined(first: list[int], second: list[int], tail: int, head: int, may_turn: bool) -> list[int] | None:
    """The routes joined by the arc from tail to head; None where these are no ends."""
    if first[-1] != tail:
        if not may_turn or first[0] != tail:
            return None
        first = first[::-1]
    if second[0] != head:
        if not may_turn or second[-1] != head:
            return None
        second = second[::-1]
    return first + second


def sweep_runs(fleet: Any) -> Iterator[list[int]]:
    """Runs of neighbours by angle around the depot that fit one vehicle, each as a route by insertion.

    References
    ----------
    B. E. Gillett, L. R. Miller (1974), doi:10.1287/opre.22.2.340.
    """
    rules = RouteRules(fleet)
    if fleet.coordinates is None or not rules.n:
        return
    points = np.asarray(fleet.coordinates, dtype=np.float64)
    angle = np.arctan2(points[1:, 1] - points[0, 1], points[1:, 0] - points[0, 0])
    around = (np.argsort(angle, kind="stable") + 1).tolist()
    for start in range(0, rules.n, 1 if rules.n <= MANY else 10):
        run: list[int] = []
        load = 0.0
        for v in around[start:] + around[:start]:
            if load + rules.demands[v] > rules.capacity:
                break
            run, load = [*run, v], load + rules.demands[v]
            found = inserted_route(fleet, run)
            if found is None:
                break
            yield found[1]


def heuristic_routes(fleet: Any) -> list[tuple[int, ...]]:
    """Single customers, every route that savings of several shapes build on their way, and sweeps; sorted."""
    rules = RouteRules(fleet)
    found: set[tuple[int, ...]] = {(v,) for v in range(1, rules.n + 1) if rules.demands[v] <= rules.capacity}
    for shape in SHAPES:
        savings_routes(fleet, shape, found)
    found |= {tuple(route) for route in sweep_runs(fleet)}
    return sorted(found)
