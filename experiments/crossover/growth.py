"""Exponential growth fitted to measured figures: ``ln y = a + b n`` by least squares, with bootstrap bands.

Limits: a fit over a narrow range of sizes says little about large ones; ``warnings`` says where that is so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...core import Float

#: A fit that rests on fewer sizes, or on sizes closer together, comes with a warning.
MIN_SIZES = 5
MIN_RANGE = 2.0


@dataclass(frozen=True, eq=False)
class Growth:
    """``ln y = a + b n``; ``draws`` holds bootstrap pairs (a, b), shape (k, 2)."""

    a: float
    b: float
    b_error: float
    draws: Float
    sizes: tuple[int, ...]

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Bootstrap interval of b."""
        low, high = np.quantile(self.draws[:, 1], [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def line(self, shift: float = 0.0) -> tuple[float, float]:
        """a and b with b larger by ``shift``, turned about the middle of the sizes: what was measured there stays."""
        return self.a - shift * float(np.mean(self.sizes)), self.b + shift

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why this fit should not be trusted far out; empty if it stands on enough sizes."""
        found = []
        if len(self.sizes) < MIN_SIZES:
            found.append(f"the fit rests on {len(self.sizes)} sizes; measure at least {MIN_SIZES}")
        if self.sizes and self.sizes[-1] < MIN_RANGE * self.sizes[0]:
            found.append(f"sizes span {self.sizes[0]} to {self.sizes[-1]}, less than a factor {MIN_RANGE:g}")
        return tuple(found)


def fit_growth(
    sizes: npt.ArrayLike,
    values: npt.ArrayLike,
    rng: np.random.Generator,
    *,
    instances: Sequence[object] | None = None,
    num_draws: int = 1000,
) -> Growth:
    """The growth through the mean of ln y at each size; the bootstrap draws instances within each size.

    Parameters
    ----------
    sizes, values : shape (k,), values > 0.
    instances : which instance each value belongs to; its values are averaged first. Without, every value is its own.

    Raises
    ------
    ValueError
        Fewer than three sizes, or a value that is not positive.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> found = fit_growth([4, 6, 8, 10], [16, 64, 256, 1024], rng)
    >>> round(found.b, 6)
    0.693147
    """
    n, y = np.asarray(sizes, dtype=np.int64), np.asarray(values, dtype=np.float64)
    if (y <= 0).any() or not np.isfinite(y).all():
        raise ValueError("values of a growth must be positive and finite; leave out what never reached its target")
    labels = list(range(len(n))) if instances is None else list(instances)
    groups: dict[int, dict[object, list[float]]] = {}
    for size, value, label in zip(n.tolist(), y.tolist(), labels, strict=True):
        groups.setdefault(size, {}).setdefault(label, []).append(np.log(value))
    if len(groups) < 3:
        raise ValueError(f"a growth must have at least 3 sizes, got {sorted(groups)}; measure more sizes")
    levels = {size: np.array([np.mean(one) for one in found.values()]) for size, found in sorted(groups.items())}
    at = np.array(list(levels), dtype=np.float64)
    a, b, error = _line(at, np.array([level.mean() for level in levels.values()]))
    draws = np.empty((num_draws, 2))
    residual = _residuals(at, levels, a, b)
    for k in range(num_draws):
        means = [
            rng.choice(level, level.size).mean() if level.size > 1 else a + b * size + rng.choice(residual)
            for size, level in levels.items()
        ]
        draws[k] = _line(at, np.array(means))[:2]
    return Growth(a, b, error, draws, tuple(int(size) for size in at))


def _line(x: Float, y: Float) -> tuple[float, float, float]:
    """Intercept, slope and standard error of the slope."""
    centred = x - x.mean()
    spread = float(centred @ centred)
    b = float(centred @ y) / spread
    a = float(y.mean()) - b * float(x.mean())
    rest = y - a - b * x
    freedom = max(1, len(x) - 2)
    return a, b, float(np.sqrt(rest @ rest / freedom / spread))


def _residuals(at: Float, levels: dict[int, Float], a: float, b: float) -> Float:
    """Residuals of the size means, widened for the two fitted parameters: sizes with one instance draw from them."""
    rest = np.array([level.mean() for level in levels.values()]) - a - b * at
    widened: Float = rest * np.sqrt(len(at) / max(1, len(at) - 2))
    return widened
