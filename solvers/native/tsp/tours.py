"""Tours from a distance matrix: nearest neighbour, cheapest insertion, and 2-opt with Or-opt.

Symmetric or not, negative or not. Each move of the local search looks at all O(n^2) neighbours at once, so it suits
some hundreds of cities; beyond that use the local-search solver.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....core import AnyArray, Float, Int

_LONGEST_SEGMENT = 3


def tour_length(distances: AnyArray, tour: Int) -> float:
    """Length of the closed tour."""
    return float(distances[tour, np.roll(tour, -1)].sum())


def nearest_neighbour(distances: AnyArray, start: int = 0) -> Int:
    """Tour that always goes on to the nearest city not yet seen; the lowest index among equals.

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
    """Shortest of the nearest-neighbour tours from every city."""
    tours = [nearest_neighbour(distances, start) for start in range(len(distances))]
    return min(tours, key=lambda tour: tour_length(distances, tour)) if tours else np.zeros(0, dtype=np.int64)


def cheapest_insertion(distances: AnyArray) -> Int:
    """Tour grown from its two nearest cities by the insertion that lengthens it least.

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
        city = int(np.where(outside, cost, np.inf).argmin())
        tail = int(where[city])
        after[city], after[tail] = after[tail], city
        outside[city] = False
        stale = np.flatnonzero(outside & (where == tail))  # their place has gone
        tails = np.flatnonzero(~outside)
        if stale.size:
            increase = D[tails][:, stale] + D[stale][:, after[tails]].T - D[tails, after[tails]][:, None]
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


def improve_tour(distances: AnyArray, tour: Int, is_over: Callable[[], bool] = lambda: False) -> Int:
    """Local optimum under 2-opt (reversals) and Or-opt (segments of up to three moved, either way round).

    Steepest descent: the best move of all neighbours each time; ``is_over`` stops it early.

    References
    ----------
    G. A. Croes (1958), doi:10.1287/opre.6.6.791 (2-opt); I. Or (1976), thesis, Northwestern University (Or-opt).
    """
    D = np.asarray(distances, dtype=np.float64)
    tour = np.array(tour, dtype=np.int64)
    if len(tour) < 4:
        return min((tour, tour[::-1].copy()), key=lambda t: tour_length(D, t)) if len(tour) == 3 else tour
    tolerance = 1e-9 * max(1.0, float(np.abs(D).max()))
    while not is_over():
        moves = [_best_reversal(D, tour)]
        moves += [_best_segment_move(D, tour, length) for length in range(1, min(_LONGEST_SEGMENT, len(tour) - 3) + 1)]
        gain, better = min(moves, key=lambda move: move[0])
        if gain >= -tolerance:
            break
        tour = better
    return tour


def _best_reversal(D: Float, tour: Int) -> tuple[float, Int]:
    """``(change, tour)`` of the best reversal of positions i+1..j, 0 <= i < j < n."""
    n = len(tour)
    following = np.roll(tour, -1)
    forward = np.concatenate([[0.0], np.cumsum(D[tour[:-1], tour[1:]])])
    backward = np.concatenate([[0.0], np.cumsum(D[tour[1:], tour[:-1]])])
    turned = backward - forward  # change of the edges inside, up to each position
    change = D[np.ix_(tour, tour)] + D[np.ix_(following, following)]
    change -= D[tour, following][:, None] + D[tour, following][None, :]
    change += turned[None, :] - np.roll(turned, -1)[:, None]
    change[np.tril_indices(n)] = np.inf
    i, j = (int(k) for k in np.unravel_index(int(change.argmin()), change.shape))
    return float(change[i, j]), np.concatenate([tour[: i + 1], tour[i + 1 : j + 1][::-1], tour[j + 1 :]])


def _best_segment_move(D: Float, tour: Int, length: int) -> tuple[float, Int]:
    """``(change, tour)`` of the best move of ``length`` neighbours to another place, as they are or reversed."""
    n = len(tour)
    at = np.arange(n)
    first, last = tour, tour[(at + length - 1) % n]
    before, after = tour[at - 1], tour[(at + length) % n]
    following = np.roll(tour, -1)
    removal = D[before, after] - D[before, first] - D[last, after]
    inside = [(tour[(at + k) % n], tour[(at + k + 1) % n]) for k in range(length - 1)]
    turned = sum((D[v, u] - D[u, v] for u, v in inside), np.zeros(n))
    edges = D[tour, following][None, :]
    as_is = removal[:, None] + D[np.ix_(tour, first)].T + D[np.ix_(last, following)] - edges
    flipped = (removal + turned)[:, None] + D[np.ix_(tour, last)].T + D[np.ix_(first, following)] - edges
    for k in range(-1, length):  # edges that the segment itself touches are no other place
        as_is[at, (at + k) % n] = np.inf
        flipped[at, (at + k) % n] = np.inf
    is_flipped = bool(flipped.min() < as_is.min())
    change = flipped if is_flipped else as_is
    i, p = (int(k) for k in np.unravel_index(int(change.argmin()), change.shape))
    rotated = np.roll(tour, -i)
    segment, rest = rotated[:length], rotated[length:]
    place = (p - i) % n - length + 1  # behind which position of the rest
    segment = segment[::-1] if is_flipped else segment
    return float(change[i, p]), np.concatenate([rest[:place], segment, rest[place:]])
