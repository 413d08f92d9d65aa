"""Robust tabu search for QAP: a few seeded trajectories side by side, all pair exchanges of all of them at once.

A heuristic for start incumbents: it proves nothing. Exchange costs are recomputed by matrix products each step (any
integer matrices, symmetric or not), which below about 60 facilities is as fast as updating them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from ....algorithms.exchanges import exchange_deltas, permutation_values
from ....core.arrays import Float, Int


def tabu_search(
    flow: Float,
    distance: Float,
    rng: np.random.Generator,
    *,
    num_steps: int,
    num_starts: int = 8,
    seconds: float = np.inf,
    report: Callable[[Int, float], None] | None = None,
) -> Int:
    """Best permutation of ``num_starts`` tabu trajectories of ``num_steps`` steps from random permutations.

    Every step takes the best exchange that is not tabu, or that gives a new best. An exchange is tabu while both
    facilities return to locations they left within their tenures, drawn anew from 0.9 n to 1.1 n + 2.

    Parameters
    ----------
    seconds : the search ends early after that time; the first step is always taken.
    report : called with (permutation, value) at every improvement over all trajectories.

    References
    ----------
    E. Taillard (1991), Robust taboo search for the quadratic assignment problem, doi:10.1016/S0167-8191(05)80147-4.
    Without its long-term aspiration; several starts instead.
    """
    began = time.perf_counter()
    n = len(flow)
    current = np.array([rng.permutation(n) for _ in range(num_starts)])
    values = permutation_values(flow, distance, current)
    best: Int = current[values.argmin()]
    best_values = values.copy()
    if report is not None:
        report(best, float(values.min()))
    if n < 2:
        return best
    tabu_until = np.zeros((num_starts, n, n), dtype=np.int64)  # by facility and location
    upper_r, upper_s = np.triu_indices(n, 1)
    runs = np.arange(num_starts)
    shortest, longest = int(0.9 * n), int(1.1 * n) + 3
    for step in range(1, num_steps + 1):
        placed = distance[current[:, :, None], current[:, None, :]]
        change = exchange_deltas(flow, placed)[:, upper_r, upper_s]
        places_r, places_s = current[:, upper_r], current[:, upper_s]
        is_tabu = tabu_until[runs[:, None], upper_r, places_s] > step
        is_tabu &= tabu_until[runs[:, None], upper_s, places_r] > step
        is_tabu &= values[:, None] + change >= best_values[:, None]
        pick = np.where(is_tabu, np.inf, change).argmin(axis=1)
        values += change[runs, pick]
        r, s = upper_r[pick], upper_s[pick]
        from_r, from_s = current[runs, r], current[runs, s]
        tabu_until[runs, r, from_r] = step + rng.integers(shortest, longest, size=num_starts)
        tabu_until[runs, s, from_s] = step + rng.integers(shortest, longest, size=num_starts)
        current[runs, r], current[runs, s] = from_s, from_r
        leader = int(values.argmin())
        if values[leader] < best_values.min():
            best = current[leader].copy()
            if report is not None:
                report(best, float(values[leader]))
        best_values = np.minimum(best_values, values)
        if time.perf_counter() - began > seconds:
            break
    return best
