"""Time windows on one tour: arrival times, and the exact presolve by closure of "u before v".

Presolve follows from the windows alone and cuts off no feasible tour: positions, arcs, and proofs that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import AnyArray, Float, Int

Mask = npt.NDArray[np.bool_]


def arrivals(travel: AnyArray, earliest: AnyArray, route: AnyArray) -> Float:
    """Start of service at each stop of a route and the return to the depot, shape (stops + 1,); node 0 is the depot.

    ``t_0 = e_0, t_v = max(e_v, t_u + travel[u, v])``; a late stop delays those behind it.

    Examples
    --------
    >>> travel = np.array([[0, 2, 5], [2, 0, 2], [5, 2, 0]])
    >>> arrivals(travel, np.array([0, 4, 0]), np.array([1, 2])).tolist()
    [4.0, 6.0, 11.0]
    """
    times = np.empty(len(route) + 1)
    now, node = float(earliest[0]), 0
    for k, stop in enumerate([*np.asarray(route).tolist(), 0]):
        now = max(float(earliest[stop]), now + float(travel[node, stop]))
        times[k], node = now, stop
    return times


def shortest_paths(travel: AnyArray) -> AnyArray:
    """Shortest path lengths (m, m) between all nodes (Floyd and Warshall), diagonal 0; travel (m, m) must be >= 0."""
    d = np.array(travel)
    np.fill_diagonal(d, 0)
    for k in range(len(d)):
        np.minimum(d, d[:, k, None] + d[k], out=d)
    return d


@dataclass(frozen=True, eq=False)
class WindowPresolve:
    """What every feasible tour obeys.

    Parameters
    ----------
    earliest, latest : tightened windows, shape (n + 1,).
    before : before[u, v]: u must precede v; transitively closed, shape (n + 1, n + 1); depot rows are empty.
    positions : positions[v - 1, t - 1]: customer v may be the t-th stop, shape (n, n).
    arcs : arcs[u, v]: v may follow u directly, shape (n + 1, n + 1).
    conflict : why no tour exists, in words; empty where nothing was proven.
    """

    earliest: AnyArray
    latest: AnyArray
    before: Mask
    positions: Mask
    arcs: Mask
    conflict: str

    @property
    def info(self) -> dict[str, Any]:
        """Counts before and after, as JSON."""
        n = len(self.positions)
        return {
            "positions": [n * n, int(self.positions.sum())],
            "arcs": [n * (n + 1), int(self.arcs.sum())],
            "precedences": int(self.before.sum()),
            "conflict": self.conflict,
        }


def presolve_windows(travel: AnyArray, windows: AnyArray, tolerance: float = 0.0) -> WindowPresolve:
    """Positions, arcs and precedences that are left.

    With d the shortest paths of travel: ``e_v >= e_0 + d[0, v]``, ``l_v <= l_0 - d[v, 0]``; u is before v iff
    ``e_v + d[v, u] > l_u`` or by transitivity. Customer v then stands at positions ``|before v| + 1 .. n - |after v|``;
    v cannot follow u where v is before u or some k must stand between them; the first stop has nobody before it, the
    last nobody after it. A cycle, or a window without time, proves that there is no tour.

    Parameters
    ----------
    travel : times >= 0, shape (n + 1, n + 1), node 0 the depot, service inside; triangles need not hold.
    windows : earliest and latest start, shape (n + 1, 2).
    tolerance : lateness that counts as none.

    Examples
    --------
    >>> travel = np.array([[0, 2, 2], [2, 0, 2], [2, 2, 0]])
    >>> found = presolve_windows(travel, np.array([[0, 20], [0, 3], [6, 9]]))
    >>> found.positions.tolist(), int(found.arcs.sum())
    ([[True, False], [False, True]], 3)
    """
    m = len(travel)
    n = m - 1
    d = shortest_paths(travel)
    early, late = np.array(windows[:, 0]), np.array(windows[:, 1])
    early[1:] = np.maximum(early[1:], early[0] + d[0, 1:])
    late[1:] = np.minimum(late[1:], late[0] - d[1:, 0])
    closed = np.flatnonzero(early > late + tolerance)
    before = (early[None, :] + d.T) > late[:, None] + tolerance  # [u, v]: e_v + d_vu > l_u
    np.fill_diagonal(before, False)
    before[0] = before[:, 0] = False
    for k in range(1, m):
        before |= before[:, k, None] & before[k]
    cycle = np.flatnonzero(before.diagonal())
    conflict = ""
    if len(closed):
        conflict = f"node {closed[0]} cannot be reached and left within its window"
    elif len(cycle):
        conflict = f"customer {cycle[0]} would have to precede itself"
    pred, succ = before.sum(axis=0)[1:], before.sum(axis=1)[1:]
    place = np.arange(1, n + 1)
    positions = (place > pred[:, None]) & (place <= n - succ[:, None])
    between = (before.astype(np.int32) @ before.astype(np.int32)) > 0
    arcs = ~(before.T | between)
    arcs[0, 1:], arcs[1:, 0] = pred == 0, succ == 0
    np.fill_diagonal(arcs, False)
    for mask in (early, late, before, positions, arcs):
        mask.flags.writeable = False
    return WindowPresolve(early, late, before, positions, arcs, conflict)


def late_stretch(travel: AnyArray, windows: AnyArray, route: Int, tolerance: float) -> tuple[int, int] | None:
    """First late stop of a route, and the shortest stretch before it that is late from wherever it starts.

    Returns
    -------
    Indices (i, t) into ``[0, *route, 0]``: left at i at its earliest, the stretch i..t is late at t; None if none is.

    Examples
    --------
    >>> travel = np.array([[0, 2, 2], [2, 0, 2], [2, 2, 0]])
    >>> late_stretch(travel, np.array([[0, 20], [6, 9], [0, 7]]), np.array([1, 2]), 0.0)
    (1, 2)
    """
    stops = [0, *np.asarray(route).tolist(), 0]
    early, late = windows[:, 0].tolist(), windows[:, 1].tolist()

    def runs_late(first: int, last: int) -> int | None:
        now = early[stops[first]]
        for k in range(first + 1, last + 1):
            now = max(early[stops[k]], now + travel[stops[k - 1], stops[k]])
            if now > late[stops[k]] + tolerance:
                return k
        return None

    end = runs_late(0, len(stops) - 1)
    if end is None:
        return None
    start = next(i for i in range(end - 1, -1, -1) if runs_late(i, end) is not None)
    return start, end
