"""Repair and improvement by formulation class, counted apart: a feasible point first, a better one then.

``@repair.register`` and ``@improve.register`` (functools.singledispatch) put one function a formulation class here; the
fallback of ``repair`` is the exact nearest feasible point, that of ``improve`` 1-flip and 2-flip descent.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from ..core import Bits


@singledispatch
def repair(formulation: Any, x: Bits, rng: np.random.Generator) -> Bits:
    """A feasible completed point near x, shape (n,); x itself (completed) when it is feasible.

    Raises
    ------
    RepairFailed
        No feasible point was found.
    """
    from .nearest import nearest_feasible

    return nearest_feasible(formulation, x, rng)


@singledispatch
def improve(formulation: Any, x: Bits, rng: np.random.Generator) -> Bits:
    """A feasible completed point of no higher cost, by local search from the feasible point x."""
    from .flips import flip_descent

    return flip_descent(formulation, x, rng)
