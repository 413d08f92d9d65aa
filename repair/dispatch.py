"""Repair and improvement by formulation class, counted apart: a feasible point first, a better one then.

``@repair.register`` and ``@improve.register`` (functools.singledispatch) put one function a formulation class here; the
fallback of ``repair`` is the exact nearest feasible point, that of ``improve`` 1-flip and 2-flip descent. A function
that takes a ``clock`` ends when it is over.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import singledispatch
from typing import Any

import numpy as np

from ..core import Bits, Clock


@singledispatch
def repair(formulation: Any, x: Bits, rng: np.random.Generator, clock: Clock | None = None) -> Bits:
    """A feasible completed point near x, shape (n,); x itself (completed) when it is feasible.

    Raises
    ------
    RepairFailed
        No feasible point was found, or not in time.
    """
    from .nearest import nearest_feasible

    return nearest_feasible(formulation, x, rng, clock)


@singledispatch
def improve(formulation: Any, x: Bits, rng: np.random.Generator, clock: Clock | None = None) -> Bits:
    """A feasible completed point of no higher cost, by local search from x until the time is over.

    x and the answer have shape (n,).
    """
    from .flips import flip_descent

    return flip_descent(formulation, x, rng, clock)


def within(function: Any, formulation: Any, x: Bits, rng: np.random.Generator, clock: Clock) -> Bits:
    """``repair`` or ``improve`` of a formulation, with the clock where its function takes one (a plugin's need not).

    x and the answer have shape (n,).
    """
    chosen = function.dispatch(type(formulation))
    limits = {"clock": clock} if "clock" in inspect.signature(chosen).parameters else {}
    return np.asarray(chosen(formulation, x, rng, **limits), dtype=np.uint8)


def over(clock: Clock | None) -> Callable[[], bool]:
    """Whether the clock is over, as a function; never without one."""
    return (lambda: False) if clock is None else (lambda: clock.is_over)
