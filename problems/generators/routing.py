"""Random routing instances with a feasible plan by construction: tours and fleets, with time windows and capacities."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...core import GENERATORS, AnyArray, Int
from ..rounding import Rounding, rounded_distances
from ..tsptw import MAX_CUSTOMERS, Tsptw
from ..vehicles import Cvrp, Vrptw
from ..windows import arrivals


@GENERATORS.register("tsptw")
def tsptw(
    *,
    n: int = 8,
    width: int = 20,
    side: int = 50,
    objective: Literal["travel", "makespan"] = "travel",
    asymmetric: bool = False,
    seed: int = 0,
) -> Tsptw:
    """Depot and customers uniform in a square, windows around the arrivals of a tour by second nearest neighbours.

    The tour goes from each stop to the second nearest one that is left. Each window begins up to ``width / 2`` before
    the arrival and ends up to ``width / 2`` after it, both uniform; the depot's is long enough for the tour. Distances
    are rounded to the nearest integer. Asymmetric: every ordered pair's distance takes a factor uniform on [1, 1.5).

    Parameters
    ----------
    n : number of customers.
    width : largest width of a window; 0 fixes every arrival.
    side : side of the square.
    objective : travel or makespan.
    asymmetric : whether the two directions of a pair differ.

    Raises
    ------
    ValueError
        A size out of range.

    References
    ----------
    Y. Dumas, J. Desrosiers, E. Gelinas, M. M. Solomon (1995), An optimal algorithm for the traveling salesman problem
    with time windows, doi:10.1287/opre.43.2.367: windows around a second nearest neighbour tour, side 50.

    Examples
    --------
    >>> problem = tsptw(n=4, seed=1)
    >>> problem.windows.tolist()[1], problem.presolve.info["positions"]
    ([21, 35], [16, 4])
    """
    _check(n=n, side=side)
    if width < 0:
        raise ValueError(f"width must be >= 0, got {width}")
    rng = np.random.default_rng(seed)
    points = rng.integers(0, side, size=(n + 1, 2), endpoint=True)
    travel = rounded_distances(points, "nint")
    if asymmetric:
        travel = (travel * rng.uniform(1.0, 1.5, size=travel.shape)).astype(np.int64)
    order = _second_nearest(travel)
    times = arrivals(travel, np.zeros(n + 1), order)
    windows = np.zeros((n + 1, 2), dtype=np.int64)
    margin = rng.uniform(0, width / 2, size=(n, 2))
    windows[order, 0] = np.maximum(0, np.floor(times[:-1] - margin[:, 0]))
    windows[order, 1] = np.ceil(times[:-1] + margin[:, 1])
    windows[0, 1] = int(times[-1]) + width
    shape = "-asymmetric" if asymmetric else ""
    name = f"{objective}{shape}-n{n}-w{width}-seed{seed}"
    return Tsptw(travel, windows, objective, "nint", points, name=name)


@GENERATORS.register("cvrp")
def cvrp(
    *,
    n: int = 8,
    stops: float = 4.0,
    side: int = 100,
    rounding: Rounding = "nint",
    limited: bool = False,
    seed: int = 0,
) -> Cvrp:
    """Depot and customers uniform in a square, demands uniform on 1..20, about ``stops`` customers a route.

    The capacity is ``stops`` times the mean demand, rounded up, and at least the largest demand.

    Parameters
    ----------
    n : number of customers.
    stops : customers that fit into a route on average.
    side : side of the square.
    rounding : nint, trunc1 or exact.
    limited : whether the number of routes is limited, to that of a first-fit packing of the demands.

    Raises
    ------
    ValueError
        A size out of range.

    References
    ----------
    E. Uchoa et al. (2017), New benchmark instances for the capacitated vehicle routing problem,
    doi:10.1016/j.ejor.2016.08.012: the capacity from the wanted length of routes.

    Examples
    --------
    >>> problem = cvrp(n=4, stops=2, seed=1)
    >>> problem.demands.tolist(), problem.capacity
    ([0, 18, 9, 6, 17], 25)
    """
    _check(n=n, side=side)
    if stops < 1:
        raise ValueError(f"stops must be >= 1, got {stops}")
    rng = np.random.default_rng(seed)
    points = rng.integers(0, side, size=(n + 1, 2), endpoint=True)
    demands = np.concatenate([[0], rng.integers(1, 20, size=n, endpoint=True)])
    capacity = max(int(np.ceil(stops * demands[1:].mean())), int(demands.max()))
    most = len(_first_fit(demands, capacity)) if limited else None
    name = f"n{n}-q{capacity}{f'-k{most}' if limited else ''}-seed{seed}"
    distances = rounded_distances(points, rounding)
    return Cvrp(distances, demands, capacity, most, rounding, points, name=name)


@GENERATORS.register("vrptw")
def vrptw(
    *,
    n: int = 8,
    stops: float = 4.0,
    width: int = 40,
    service: int = 10,
    side: int = 100,
    rounding: Rounding = "trunc1",
    seed: int = 0,
) -> Vrptw:
    """Customers as in cvrp, with windows around the arrivals of routes that a first-fit packing gives.

    Each route serves its customers by angle around the depot; windows begin up to ``width / 2`` before the arrival and
    end up to ``width / 2`` after it. The number of routes is limited to that of these routes and one more.

    Parameters
    ----------
    n : number of customers.
    stops : customers that fit into a route on average.
    width : largest width of a window.
    service : time of service at each customer.
    side : side of the square.
    rounding : nint, trunc1 or exact.

    Raises
    ------
    ValueError
        A size out of range.

    References
    ----------
    M. M. Solomon (1987), Algorithms for the vehicle routing and scheduling problems with time window constraints,
    doi:10.1287/opre.35.2.254: windows around the arrivals of a plan.

    Examples
    --------
    >>> problem = vrptw(n=4, seed=1)
    >>> problem.windows.tolist()[1], problem.max_routes
    ([206, 218], 2)
    """
    if width < 0 or service < 0:
        raise ValueError(f"width and service must be >= 0, got {width} and {service}")
    base = cvrp(n=n, stops=stops, side=side, rounding=rounding, seed=seed)
    rng = np.random.default_rng([seed, 1])
    points = base.coordinates
    assert points is not None
    times = np.full(n + 1, service)
    times[0] = 0
    travel = base.distances + times[:, None]
    windows = np.zeros((n + 1, 2), dtype=np.int64)
    routes = _first_fit(base.demands, base.capacity)
    angle = np.arctan2(points[:, 1] - points[0, 1], points[:, 0] - points[0, 0])
    back = 0.0
    for members in routes:
        route = members[np.argsort(angle[members], kind="stable")]
        starts = arrivals(travel, np.zeros(n + 1), route)
        margin = rng.uniform(0, width / 2, size=(len(route), 2))
        windows[route, 0] = np.maximum(0, np.floor(starts[:-1] - margin[:, 0]))
        windows[route, 1] = np.ceil(starts[:-1] + margin[:, 1])
        back = max(back, float(starts[-1]))
    windows[0, 1] = int(np.ceil(back)) + width
    name = f"n{n}-q{base.capacity}-w{width}-seed{seed}"
    return Vrptw(
        base.distances, base.demands, base.capacity, windows, times, len(routes) + 1, "distance", rounding, points, name
    )


def _check(**sizes: int) -> None:
    for key, value in sizes.items():
        if value < 1:
            raise ValueError(f"{key} must be >= 1, got {value}")
    if sizes["n"] > MAX_CUSTOMERS:
        raise ValueError(f"n must be at most {MAX_CUSTOMERS}, got {sizes['n']}")


def _second_nearest(travel: AnyArray) -> Int:
    """Tour that always goes on to the second nearest customer left (the nearest, where one is left)."""
    left = list(range(1, len(travel)))
    node, order = 0, []
    while left:
        near = sorted(left, key=lambda v: (travel[node, v], v))
        node = near[min(1, len(near) - 1)]
        left.remove(node)
        order.append(node)
    return np.array(order, dtype=np.int64)


def _first_fit(demands: AnyArray, capacity: float) -> list[Int]:
    """Customers in bins by decreasing demand, each into the first bin with room."""
    bins: list[list[int]] = []
    for v in sorted(range(1, len(demands)), key=lambda v: (-demands[v], v)):
        room = next((b for b in bins if demands[b].sum() + demands[v] <= capacity), None)
        if room is None:
            bins.append(room := [])
        room.append(v)
    return [np.array(b, dtype=np.int64) for b in bins]
