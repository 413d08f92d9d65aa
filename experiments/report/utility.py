"""Scores of runtime distributions by what an answer at time t is worth, so that one slow run cannot decide.

A user gives up at a captime K that is not known before; a run that needs t seconds is worth ``u(t) = P(K > t)``. The
score is the mean of u over runs. Each utility is thus one belief about the captime.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from ...core import Float, unknown_name
from ..metrics import Interval
from .bounded import bounded_mean

Shape = Literal["linear", "log-laplace", "step"]


def _linear(t: Float, captime: float, alpha: float) -> Float:
    del alpha
    return np.clip(1 - t / captime, 0.0, 1.0)


def _log_laplace(t: Float, captime: float, alpha: float) -> Float:
    ratio = t / captime
    with np.errstate(divide="ignore"):
        return np.where(ratio <= 1, 1 - 0.5 * ratio**alpha, 0.5 * ratio**-alpha)


def _step(t: Float, captime: float, alpha: float) -> Float:
    del alpha
    return (t <= captime).astype(np.float64)


_SHAPES: dict[str, Callable[[Float, float, float], Float]] = {
    "linear": _linear,
    "log-laplace": _log_laplace,
    "step": _step,
}


@dataclass(frozen=True)
class Utility:
    """What an answer after t seconds is worth, in 0..1, falling; never arriving is worth 0.

    Parameters
    ----------
    shape : ``linear``, captime uniform on 0..captime: ``max(0, 1 - t / captime)``; ``log-laplace``, median ``captime``:
        ``1 - (t / captime)^alpha / 2`` before it, ``(captime / t)^alpha / 2`` after; ``step``: 1 up to it, 0 after.
    captime : seconds, > 0.
    alpha : how sharp log-Laplace is.

    References
    ----------
    D. R. Graham, K. Leyton-Brown, T. Roughgarden (2023), Formalizing preferences over runtime distributions, ICML,
    arXiv:2205.13028.

    Examples
    --------
    >>> [Utility(shape, 10.0)(5.0).item() for shape in ("linear", "log-laplace", "step")]
    [0.5, 0.75, 1.0]
    """

    shape: Shape
    captime: float
    alpha: float = 1.0

    def __post_init__(self) -> None:
        if self.shape not in get_args(Shape):
            raise unknown_name("utility", str(self.shape), get_args(Shape))
        if not self.captime > 0 or not self.alpha > 0:
            raise ValueError(f"captime and alpha must be > 0, got {self.captime!r} and {self.alpha!r}")

    def __call__(self, seconds: npt.ArrayLike) -> Float:
        t = np.asarray(seconds, dtype=np.float64)
        worth = np.zeros(t.shape)
        done = np.isfinite(t)
        worth[done] = _SHAPES[self.shape](t[done], self.captime, self.alpha)
        return worth


def utility_score(seconds: npt.ArrayLike, utility: Utility, clusters: Sequence[str] = ()) -> Interval:
    """Mean utility of the runs' times (inf: never) with a 95 % interval that holds at any number of runs (bounded.py).

    ``seconds`` has shape (runs,).

    Parameters
    ----------
    clusters : the instance of each run: an instance is then one value, the mean of its runs; each run by itself where
        none are given.
    """
    worth = utility(seconds)
    if not worth.size:
        return Interval(float("nan"), float("nan"), float("nan"))
    if len(clusters):
        _, inverse = np.unique(np.asarray(clusters), return_inverse=True)
        worth = np.bincount(inverse, weights=worth) / np.bincount(inverse)
    return bounded_mean(worth)
