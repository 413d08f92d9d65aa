"""Local search on tours: 2-opt and Or-opt until neither helps; symmetric and asymmetric distances.

Every move of one city or segment is evaluated for all its partners at once. No neighbour lists: meant for up to a few
thousand cities.
"""

from __future__ import annotations

import numpy as np

from ..core import AnyArray, Float, Int

#: Longest segment that Or-opt moves; longer where distances are asymmetric, since there 2-opt seldom pays.
MAX_SEGMENT, MAX_SEGMENT_ASYMMETRIC = 3, 10


def improve_tour(distances: AnyArray, tour: Int) -> Int:
    """A tour that no 2-opt move and no Or-opt move shortens, never longer than the given one.

    2-opt reverses a stretch, and counts what the reversal costs where distances are asymmetric. Or-opt moves up to
    three cities (ten where asymmetric) elsewhere, either way round. Each position takes its best move, in turn.

    References
    ----------
    G. A. Croes (1958), A method for solving traveling-salesman problems, doi:10.1287/opre.6.6.791. I. Or (1976),
    Traveling salesman-type combinatorial problems, PhD thesis, Northwestern University. Both as in J. L. Bentley
    (1992), Fast algorithms for geometric traveling salesman problems, doi:10.1287/ijoc.4.4.387, without his neighbour
    lists and with the cost of reversal added.

    Examples
    --------
    >>> d = np.abs(np.subtract.outer([0, 3, 1, 2], [0, 3, 1, 2]))
    >>> improve_tour(d, np.array([0, 1, 2, 3])).tolist()
    [0, 2, 1, 3]
    """
    d = np.asarray(distances, dtype=np.float64)
    tour = np.array(tour, dtype=np.int64)
    if len(tour) < 4 and (len(tour) < 3 or np.array_equal(d, d.T)):
        return tour
    longest = min(MAX_SEGMENT if np.array_equal(d, d.T) else MAX_SEGMENT_ASYMMETRIC, len(tour) - 2)
    least = 0.5 if distances.dtype.kind in "iu" else 1e-9 * max(1.0, float(np.abs(d).max()))
    improved = True
    while improved:
        improved = False
        for position in range(len(tour)):
            tour, moved = _two_opt(d, tour, position, least)
            improved |= moved
        for position in range(len(tour)):
            tour, moved = _or_opt(d, tour, position, least, longest)
            improved |= moved
    return tour


def _two_opt(d: Float, tour: Int, i: int, least: float) -> tuple[Int, bool]:
    """Reverse the best stretch that starts behind position i, if that saves at least ``least``.

    The tour is rotated so that the stretch starts at position 1: edges (0, 1) and (j, j+1) become (0, j) and (1, j+1).
    """
    t = np.concatenate([tour[i:], tour[:i]])
    following = np.concatenate([t[1:], t[:1]])
    forward = np.concatenate([[0.0], np.cumsum(d[t[1:-1], t[2:]])])  # cost of t[1..j], j = 1..n-1
    backward = np.concatenate([[0.0], np.cumsum(d[t[2:], t[1:-1]])])
    ends, after = t[1:], following[1:]
    delta = d[t[0], ends] + d[t[1], after] - d[t[0], t[1]] - d[ends, after] + backward - forward
    j = int(delta.argmin())
    if delta[j] > -least:
        return tour, False
    t[1 : j + 2] = t[1 : j + 2][::-1].copy()
    return t, True


def _or_opt(d: Float, tour: Int, i: int, least: float, longest: int) -> tuple[Int, bool]:
    """Move the best segment of up to ``longest`` cities that starts at position i, either way round."""
    t = np.concatenate([tour[i:], tour[:i]])
    best, move = -least, None
    for length in range(1, longest + 1):
        rest = t[length:]
        segment = t[:length]
        first, last, before, behind = segment[0], segment[-1], t[-1], rest[0]
        saved = d[before, first] + d[last, behind] - d[before, behind]
        left, right = rest[:-1], rest[1:]  # the segment goes between neighbours of the rest
        gap = d[left, right]
        turned = d[segment[1:], segment[:-1]].sum() - d[segment[:-1], segment[1:]].sum()
        for flip, delta in (
            (False, d[left, first] + d[last, right] - gap - saved),
            (True, d[left, last] + d[first, right] - gap - saved + turned),
        ):
            k = int(delta.argmin())
            if delta[k] <= best:
                best, move = float(delta[k]), (length, k, flip)
    if move is None:
        return tour, False
    length, k, flip = move
    segment = t[:length][::-1] if flip else t[:length]
    rest = t[length:]
    return np.concatenate([rest[: k + 1], segment, rest[k + 1 :]]), True
