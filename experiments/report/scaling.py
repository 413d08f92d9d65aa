"""How time and qubits grow with size: straight lines in the logarithm, with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ...core import Float
from ..metrics import Interval

Law = Literal["exponential", "power"]


@dataclass(frozen=True)
class Fit:
    """``log y = a + b u``, u the size (exponential) or its logarithm (power), by least squares.

    ``slope`` is b with its 95 % interval; ``is_told_apart`` whether three or more sizes let the two laws be compared.
    """

    law: Law
    intercept: float
    slope: Interval
    residual: float
    num_points: int
    mean_u: float
    spread_u: float
    is_told_apart: bool

    def band(self, sizes: npt.ArrayLike) -> tuple[Float, Float, Float]:
        """Fitted values at these sizes, and the 95 % interval of the mean there, all of shape (k,) as the sizes."""
        u = _abscissa(sizes, self.law)
        middle = self.intercept + self.slope.value * u
        half = (
            _t95(self.num_points)
            * self.residual
            * np.sqrt(1 / self.num_points + (u - self.mean_u) ** 2 / self.spread_u)
        )
        return np.exp(middle), np.exp(middle - half), np.exp(middle + half)

    @property
    def text(self) -> str:
        low, high = self.slope.low, self.slope.high
        if self.law == "power":
            return f"~ n^{self.slope.value:.2f} [{low:.2f}, {high:.2f}]"
        return f"x {math.exp(self.slope.value):.3g} a step of n [{math.exp(low):.3g}, {math.exp(high):.3g}]"


def fit_law(sizes: npt.ArrayLike, values: npt.ArrayLike) -> Fit | None:
    """The law with the smaller residual; None with under three points, or sizes that are all equal.

    Both have shape (k,).

    Examples
    --------
    >>> found = fit_law([1, 2, 3, 4], [2.0, 4.0, 8.0, 16.0])
    >>> found.law, round(found.slope.value, 6)
    ('exponential', 0.693147)
    """
    x, y = np.asarray(sizes, dtype=np.float64), np.asarray(values, dtype=np.float64)
    keep = (x > 0) & (y > 0) & np.isfinite(y)
    x, y = x[keep], np.log(y[keep])
    if x.size < 3 or np.ptp(x) == 0:
        return None
    is_told_apart = np.unique(x).size > 2
    fits = [_line(x, y, law, is_told_apart) for law in (("exponential", "power") if is_told_apart else ("power",))]
    return min(fits, key=lambda fit: fit.residual)


def _line(x: Float, y: Float, law: Law, is_told_apart: bool) -> Fit:
    u = _abscissa(x, law)
    mean, n = float(u.mean()), u.size
    spread = float(((u - mean) ** 2).sum())
    slope = float(((u - mean) * (y - y.mean())).sum() / spread)
    intercept = float(y.mean() - slope * mean)
    residual = math.sqrt(float(((y - intercept - slope * u) ** 2).sum()) / (n - 2))
    half = _t95(n) * residual / math.sqrt(spread)
    interval = Interval(slope, slope - half, slope + half)
    return Fit(law, intercept, interval, residual, n, mean, spread, is_told_apart)


def _abscissa(sizes: npt.ArrayLike, law: Law) -> Float:
    x = np.asarray(sizes, dtype=np.float64)
    return x if law == "exponential" else np.log(x)


def _t95(num_points: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, num_points - 2))
