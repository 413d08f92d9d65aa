"""Tours built from a distance matrix: nearest neighbour and cheapest insertion; symmetric or not, negative or not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core import AnyArray, Int


def tour_length(distances: AnyArray, tour: Int) -> float:
    """Length of the closed tour. Distances have shape (n, n), the tour (n,)."""
    return float(distances[tour, np.roll(tour, -1)].sum())


def nearest_neighbour(distances: AnyArray, start: int = 0) -> Int:
    """Tour that always goes on to the nearest city not yet seen; the lowest index among equals.

    Shape (n,) for distances of shape (n, n).

    Examples
    --------
    >>> nearest_neighbour(np.array([[0, 5, 1], [5, 0, 2], [1, 2, 0]])).tolist()
    [0, 2, 1]
    """
    n = len(distances)
    costs = np.array(distances, dtype=np.float64)
    tour = np.empty(n, dtype=np.int64)
    city = start
    for position in range(n):
        tour[position] = city
        costs[:, city] = np.inf
        if position < n - 1:
            city = int(costs[city].argmin())
    return tour


def best_neighbour_tour(distances: AnyArray) -> Int:
    """Shortest of the nearest-neighbour tours from every city. Shape (n,) for distances of shape (n, n)."""
    tours = [nearest_neighbour(distances, start) for start in range(len(distances))]
    return min(tours, key=lambda tour: tour_length(distances, tour)) if tours else np.zeros(0, dtype=np.int64)


def cheapest_insertion(distances: AnyArray, is_over: Callable[[], bool] | None = None) -> Int:
    """Tour grown from its two nearest cities by the insertion that lengthens it least.

    Shape (n,) for distances of shape (n, n).

    Parameters
    ----------
    is_over : asked before each insertion; once it says True, every city left goes to its best place known so far.

    References
    ----------
    D. J. Rosenkrantz, R. E. Stearns, P. M. Lewis (1977), An analysis of several heuristics for the traveling salesman
    problem, doi:10.1137/0206041: at most twice the optimum under the triangle inequality.

    Examples
    --------
    >>> cheapest_insertion(np.array([[0, 1, 4, 2], [1, 0, 2, 4], [4, 2, 0, 1], [2, 4, 1, 0]])).tolist()
    [0, 3, 2, 1]
    """
    n = len(distances)
    if n < 3:
        return np.arange(n)
    D = np.asarray(distances, dtype=np.float64)
    both = D + D.T + np.diag(np.full(n, np.inf))
    first, second = (int(i) for i in np.unravel_index(int(both.argmin()), both.shape))
    after = np.full(n, -1, dtype=np.int64)  # successor of each city in the tour
    after[first], after[second] = second, first
    outside = np.ones(n, dtype=bool)
    outside[[first, second]] = False
    cost = np.full(n, np.inf)  # cheapest insertion of each city, and behind which city
    where = np.full(n, -1, dtype=np.int64)

    def offer(tail: int) -> None:
        increase = D[tail] + D[:, after[tail]] - D[tail, after[tail]]
        better = increase < cost
        cost[better] = increase[better]
        where[better] = tail

    offer(first)
    offer(second)
    while outside.any():
        if is_over is not None and is_over():
            for city in np.flatnonzero(outside).tolist():
                after[city], after[where[city]] = after[where[city]], city
            break
        city = int(np.where(outside, cost, np.inf).argmin())
        tail = int(where[city])
        after[city], after[tail] = after[tail], city
        outside[city] = False
        stale = np.flatnonzero(outside & (where == tail))  # their place has gone
        tails = np.flatnonzero(~outside)
        if stale.size:
            increase = D[np.ix_(tails, stale)] + D[np.ix_(stale, after[tails])].T - D[tails, after[tails]][:, None]
            best = increase.argmin(axis=0)
            cost[stale], where[stale] = increase[best, np.arange(stale.size)], tails[best]
        offer(tail)
        offer(city)
    return _walk(after, 0)


def _walk(after: Int, start: int) -> Int:
    tour = [start]
    while after[tour[-1]] != start:
        tour.append(int(after[tour[-1]]))
    return np.array(tour, dtype=np.int64)
