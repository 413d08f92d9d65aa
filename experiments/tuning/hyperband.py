"""Hyperband, and its iterative deepening: many configurations on little, the best third on three times as much.

``evaluate(config, resource)`` is asked again for what a former call answered; the rows of a store make that free, so a
larger budget continues where a smaller one ended.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from .space import Config

Evaluate = Callable[[Sequence[Config], int], Sequence[float]]


@dataclass(frozen=True)
class Bracket:
    """Rungs ``(number of configurations, resource of each)``, from many and little to few and much."""

    rungs: tuple[tuple[int, int], ...]


def brackets(resource: int, eta: int = 3) -> tuple[Bracket, ...]:
    """The brackets of Hyperband for the largest resource R.

    ``s = floor(log_eta R), ..., 0``: ``n = ceil((s_max + 1) / (s + 1) eta**s)`` configurations with ``R eta**-s`` each;
    rung i keeps ``floor(n eta**-i)`` with ``R eta**(i - s)``.

    Raises
    ------
    ValueError
        ``resource`` is below 1, or ``eta`` below 2.

    References
    ----------
    Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar (2018), Hyperband, JMLR 18, arXiv:1603.06560, Algorithm 1.

    Examples
    --------
    >>> [bracket.rungs for bracket in brackets(9)]
    [((9, 1), (3, 3), (1, 9)), ((5, 3), (1, 9)), ((3, 9),)]
    """
    if resource < 1 or eta < 2:
        raise ValueError(f"resource must be >= 1 and eta >= 2, got {resource} and {eta}")
    deepest = _floor_log(resource, eta)
    made = []
    for s in range(deepest, -1, -1):
        n = -(-(deepest + 1) * eta**s // (s + 1))
        made.append(Bracket(tuple((n // eta**i, resource // eta ** (s - i)) for i in range(s + 1))))
    return tuple(made)


@dataclass(frozen=True)
class Rung:
    """What one rung looked at: labels with their scores, best first, and how many of them were kept."""

    resource: int
    scores: tuple[tuple[str, float], ...]
    kept: int


@dataclass(frozen=True)
class Found:
    """The best configuration at the full resource, its score there, and every rung."""

    winner: Config
    score: float
    rungs: tuple[Rung, ...] = field(default=())


def hyperband(
    draw: Callable[[np.random.Generator], Config], evaluate: Evaluate, resource: int, *, seed: int, eta: int = 3
) -> Found:
    """The best configuration that Hyperband finds; higher scores are better.

    Parameters
    ----------
    draw : one configuration from a generator. A bracket draws from a stream of its own, named by its first resource:
        so a larger R draws the same configurations first, and more after them (iterative deepening).
    evaluate : scores of configurations at a resource.
    """
    rungs: list[Rung] = []
    winner: tuple[float, Config] | None = None
    for bracket in brackets(resource, eta):
        rng = np.random.default_rng([seed, bracket.rungs[0][1]])
        configs = [draw(rng) for _ in range(bracket.rungs[0][0])]
        for i, (_, amount) in enumerate(bracket.rungs):
            scores = evaluate(configs, amount)
            order = sorted(range(len(configs)), key=lambda k: (-scores[k], k))
            kept = bracket.rungs[i + 1][0] if i + 1 < len(bracket.rungs) else 1
            rungs.append(Rung(amount, tuple((configs[k].label, scores[k]) for k in order), kept))
            best = scores[order[0]], configs[order[0]]
            configs = [configs[k] for k in order[:kept]]
        if winner is None or best[0] > winner[0]:
            winner = best
    assert winner is not None
    return Found(winner[1], winner[0], tuple(rungs))


def _floor_log(value: int, base: int) -> int:
    """Largest s with ``base**s <= value``."""
    return max(s for s in range(64) if base**s <= value) if value < base**63 else math.floor(math.log(value, base))
