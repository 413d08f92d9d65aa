"""Random weighted graphs for Max-Cut."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

import numpy as np

from ...core import GENERATORS, AnyArray
from ..max_cut import MaxCut
from .graphs import random_graph


@GENERATORS.register("max-cut")
def max_cut(
    *,
    n: int = 12,
    p: float | None = None,
    degree: int | None = None,
    radius: float | None = None,
    weights: Literal["unit", "signs", "uniform", "integers"] = "unit",
    seed: int = 0,
) -> MaxCut:
    """n vertices joined at random, by one of three models; degree = 3 when none is chosen.

    Parameters
    ----------
    n : vertices
    p : probability of each edge, G(n, p)
    degree : neighbours of each vertex, random regular graph
    radius : points of the unit square within this distance are joined, unit disk graph
    weights : unit (all 1), signs (+1 or -1 evenly), uniform (real in 0..1), or integers (in -10..10, as in the
        weighted rudy graphs of the Biq Mac library)

    Raises
    ------
    ValueError
        The weights are of no known kind.

    Examples
    --------
    >>> max_cut(n=6, seed=1).size
    {'vertices': 6, 'edges': 9}
    """
    rng = np.random.default_rng(seed)
    if p is None and degree is None and radius is None:
        degree = 3
    edges, label = random_graph(n, rng, p=p, degree=degree, radius=radius)
    draw = _WEIGHTS.get(weights)
    if draw is None:
        raise ValueError(f"weights must be one of {', '.join(_WEIGHTS)}, got {weights!r}; choose another")
    return MaxCut(n, edges, draw(rng, len(edges)), name=f"max-cut-{label}-{weights}-s{seed}")


def _unit(rng: np.random.Generator, k: int) -> AnyArray:
    return np.ones(k)


def _signs(rng: np.random.Generator, k: int) -> AnyArray:
    return 2.0 * rng.integers(0, 2, k) - 1.0


def _uniform(rng: np.random.Generator, k: int) -> AnyArray:
    return rng.random(k)


def _integers(rng: np.random.Generator, k: int) -> AnyArray:
    return rng.integers(-10, 11, k).astype(np.float64)


_WEIGHTS = MappingProxyType({"unit": _unit, "signs": _signs, "uniform": _uniform, "integers": _integers})
