"""L-BFGS for many independent functions at once, each with its own memory and step, evaluated together.

For engines that take a thousand small states in the time of one. Limit: a backtracking search without the curvature
condition; a pair that would spoil the memory is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...core import Float

Evaluate = Callable[[Float], tuple[Float, Float]]

_MEMORY = 8
_SHRINK = 0.4
_DECREASE = 1e-4
_MAX_TRIALS = 12


@dataclass(frozen=True, eq=False)
class Minima:
    """What a batched minimisation found.

    Parameters
    ----------
    x, values : shapes (B, d) and (B,)
    evaluations : calls of the batch's function
    """

    x: Float
    values: Float
    evaluations: int


def minimize_batch(
    evaluate: Evaluate, start: Float, *, iterations: int = 60, tolerance: float = 1e-5, precision: float = 1e-7
) -> Minima:
    """Local minima of B functions of d variables: ``evaluate(x)`` gives values (B,) and gradients (B, d) of x (B, d).

    A function is done when its largest derivative is below `tolerance` times its first one or no step lowers it; stops
    when all are, or after `iterations`. A step that promises to lower the value by less than `precision` of it is not
    shortened: values of single-precision states hold no more.

    References
    ----------
    Nocedal, Wright (2006), Numerical Optimization, algorithm 7.4.

    Examples
    --------
    >>> centres = np.array([[1.0, 2.0], [-3.0, 0.5]])
    >>> found = minimize_batch(lambda x: (((x - centres) ** 2).sum(axis=1), 2 * (x - centres)), np.zeros((2, 2)))
    >>> found.x.round(6).tolist()
    [[1.0, 2.0], [-3.0, 0.5]]
    """
    x = np.array(start, dtype=np.float64)
    value, slope = evaluate(x)
    evaluations = 1
    goal = tolerance * np.abs(slope).max(axis=1)
    steps: list[Float] = []
    changes: list[Float] = []
    is_done = np.abs(slope).max(axis=1) <= goal
    for _ in range(iterations):
        if is_done.all():
            break
        direction = -_two_loops(slope, steps, changes)
        rise = np.einsum("bd,bd->b", direction, slope)
        bad = rise >= 0
        direction[bad], rise[bad] = -slope[bad], -np.einsum("bd,bd->b", slope[bad], slope[bad])
        size = np.ones(len(x))
        if not steps:
            size = 0.1 / np.maximum(np.linalg.norm(slope, axis=1), 1e-12)
        moved, found, after = x, value, slope
        is_open, is_stuck = ~is_done, ~is_done
        for _ in range(_MAX_TRIALS):
            tried = np.where(is_open[:, None], x + size[:, None] * direction, moved)
            values, slopes = evaluate(tried)
            evaluations += 1
            good = is_open & (values <= value + _DECREASE * size * rise)
            moved = np.where(good[:, None], tried, moved)
            found, after = np.where(good, values, found), np.where(good[:, None], slopes, after)
            is_open, is_stuck = is_open & ~good, is_stuck & ~good
            is_open &= np.abs(size * rise) > precision * np.abs(value)
            if not is_open.any():
                break
            size = np.where(is_open, _SHRINK * size, size)
        steps, changes = [*steps, moved - x][-_MEMORY:], [*changes, after - slope][-_MEMORY:]
        x, value, slope = moved, found, after
        # one whose steps all fail is at the end of its precision
        is_done |= is_stuck | (np.abs(slope).max(axis=1) <= goal)
    return Minima(x, value, evaluations)


def _two_loops(slope: Float, steps: list[Float], changes: list[Float]) -> Float:
    """The inverse Hessian's estimate times the gradient, row by row."""
    out = slope.copy()
    curvatures = [np.einsum("bd,bd->b", s, y) for s, y in zip(steps, changes)]
    usable = [c > 1e-12 * np.einsum("bd,bd->b", y, y) for c, y in zip(curvatures, changes)]
    inverses = [np.where(ok, 1 / np.where(ok, c, 1.0), 0.0) for c, ok in zip(curvatures, usable)]
    weights = []
    for s, y, inverse in zip(steps[::-1], changes[::-1], inverses[::-1]):
        weight = inverse * np.einsum("bd,bd->b", s, out)
        weights.append(weight)
        out -= weight[:, None] * y
    scale = np.ones(len(slope))
    for y, c, ok in zip(changes, curvatures, usable):  # the last usable pair's
        size = np.einsum("bd,bd->b", y, y)
        scale = np.where(ok, c / np.where(ok, size, 1.0), scale)
    out *= scale[:, None]
    for s, y, inverse, weight in zip(steps, changes, inverses, weights[::-1]):
        out += (weight - inverse * np.einsum("bd,bd->b", y, out))[:, None] * s
    return out
