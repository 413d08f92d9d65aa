"""AC-Band: with chance 1 - delta a configuration among the best alpha of the space, by duels on the same instances.

Epoch e keeps an incumbent and draws new configurations; groups of k run the same instances, the best of each instance
gets a point, and the lower part of each group leaves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .space import Config

#: Scores of several configurations on one instance, higher is better: ``compare(configs, instance)``.
Compare = Callable[[Sequence[Config], int], Sequence[float]]


@dataclass(frozen=True)
class Plan:
    """``num_arms`` N = ceil(ln delta / ln(1 - alpha)) and the number of configurations of each epoch."""

    num_arms: int
    epochs: tuple[int, ...]


def plan(alpha: float, delta: float) -> Plan:
    """Constants of AC-Band.

    ``n_0 = N + 1``, ``E = ceil(log2(n_0 / (n_0 - N)))`` epochs of ``ceil(n_0 / 2**e) + 1`` configurations, e = 1..E.

    Raises
    ------
    ValueError
        ``alpha`` or ``delta`` is outside (0, 1).

    References
    ----------
    Brandt, Schede, Haddenhorst, Bengs, Huellermeier, Tierney (2023), AC-Band: a combinatorial bandit-based approach to
    algorithm configuration, AAAI, arXiv:2212.00333.

    Examples
    --------
    >>> plan(0.05, 0.05)
    Plan(num_arms=59, epochs=(31, 16, 9, 5, 3, 2))
    """
    if not (0 < alpha < 1 and 0 < delta < 1):
        raise ValueError(f"alpha and delta must be between 0 and 1, got {alpha} and {delta}")
    arms = math.ceil(math.log(delta) / math.log(1 - alpha))
    first = arms + 1
    epochs = math.ceil(math.log2(first / (first - arms)))
    return Plan(arms, tuple(math.ceil(first / 2**e) + 1 for e in range(1, epochs + 1)))


def ac_band(
    draw: Callable[[np.random.Generator], Config],
    compare: Compare,
    num_instances: int,
    *,
    alpha: float = 0.05,
    delta: float = 0.05,
    group: int = 4,
    seed: int = 0,
) -> Config:
    """The last configuration standing.

    Parameters
    ----------
    num_instances : of the whole run; epochs and their rounds share them, and use them again in turn.
    group : configurations that run on the same instances together, >= 2.

    Raises
    ------
    ValueError
        Groups of fewer than 2, or no instance.
    """
    if group < 2 or num_instances < 1:
        raise ValueError(f"group must be >= 2 and num_instances >= 1, got {group} and {num_instances}")
    rng = np.random.default_rng(seed)
    sizes = plan(alpha, delta).epochs
    incumbent = draw(rng)
    start = 0
    for epoch, size in enumerate(sizes, start=1):
        arms = [incumbent, *(draw(rng) for _ in range(size - 1))]
        rho = math.log2((epoch + group - 1) / epoch)
        rounds = max(1, math.ceil(math.log2(size)))
        share = max(1, num_instances // (len(sizes) * rounds))
        while len(arms) > 1:
            order = rng.permutation(len(arms))
            instances = range(start, start + share)
            start += share
            groups = [order[k : k + group] for k in range(0, len(order), group)]
            arms = [arms[j] for one in groups for j in _kept([arms[i] for i in one], one, compare, instances, rho)]
        incumbent = arms[0]
    return incumbent


def _kept(arms: Sequence[Config], index: np.ndarray, compare: Compare, instances: range, rho: float) -> list[int]:
    """Members of a group that stay: ``floor(size / 2**rho)``, at least one, by points; none leaves alone."""
    if len(arms) == 1:
        return [int(index[0])]
    points = np.zeros(len(arms))
    for instance in instances:
        scores = np.asarray(compare(arms, instance))
        best = np.flatnonzero(scores == scores.max())
        points[best] += 1 / len(best)
    stay = min(len(arms) - 1, max(1, math.floor(len(arms) / 2**rho)))
    return [int(index[k]) for k in np.argsort(-points, kind="stable")[:stay]]
