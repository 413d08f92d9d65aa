"""Figures of merit of runs and of sets of runs, each by one definition with its source.

Everything is told from records alone. Where a figure has a limit only (no success was seen), the limit is what is
returned, and it is marked as one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core import Float

#: Two-sided 95 % quantile of the normal distribution.
Z95 = 1.959963984540054
#: Confidence with which TTS reaches the target.
TTS_CONFIDENCE = 0.99


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval; ``is_limit`` where only a lower limit is known."""

    value: float
    low: float
    high: float
    is_limit: bool = False


def wilson(successes: int, trials: int, z: float = Z95) -> Interval:
    """Share of successes with Wilson's score interval.

    ``(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)``, p = successes / trials; z = 1.96 for 95 %.

    Raises
    ------
    ValueError
        There is no trial, or the successes are not within 0..trials.

    References
    ----------
    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.

    Examples
    --------
    >>> found = wilson(0, 10)
    >>> found.value, round(found.low, 4), round(found.high, 4)
    (0.0, 0.0, 0.2775)
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"successes must lie in 0..trials with trials >= 1, got {successes} of {trials}")
    return wilson_share(successes / trials, trials, z)


def wilson_share(p: float, trials: float, z: float = Z95) -> Interval:
    """Wilson's interval of a share p of ``trials`` observations, which need not be a whole number."""
    z2 = z**2
    centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = z * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    low = 0.0 if p == 0 else max(0.0, centre - half)
    return Interval(p, low, 1.0 if p == 1 else min(1.0, centre + half))


def repeats_to_target(p: float, confidence: float = TTS_CONFIDENCE) -> float:
    """Reads needed to see a success of probability p with that confidence: ``max(1, ln(1-c) / ln(1-p))``."""
    if p <= 0:
        return math.inf
    if p >= 1:
        return 1.0
    return max(1.0, math.log(1 - confidence) / math.log1p(-p))


def time_to_solution(successes: int, reads: int, seconds_per_read: float) -> Interval:
    """TTS99 with its interval, in seconds: ``t * max(1, ln .01 / ln(1 - p))``, t the time of one read.

    With no success only the lower limit is known, from the upper end of Wilson's interval; ``value`` is then that.

    References
    ----------
    T. Albash, D. A. Lidar (2018), Demonstration of a scaling advantage ..., PRX 8, 031016, equation 3. This is not the
    "time to solution" of QOBLIB, which is the mean time of the final incumbent.

    Examples
    --------
    >>> round(time_to_solution(50, 100, 1.0).value, 3), time_to_solution(0, 100, 1.0).is_limit
    (6.644, True)
    """
    share = wilson(successes, reads)
    low = seconds_per_read * repeats_to_target(share.high)
    if successes == 0:
        return Interval(low, low, math.inf, is_limit=True)
    return Interval(
        seconds_per_read * repeats_to_target(share.value), low, seconds_per_read * repeats_to_target(share.low)
    )


def approximation_ratio(energy: float, lowest: float, highest: float) -> float | None:
    """``(Emax - E) / (Emax - Emin)``; None when all energies are equal."""
    return None if highest == lowest else (highest - energy) / (highest - lowest)


def first_time(trace: Sequence[tuple[float, float]], target: float, sense: str) -> float:
    """Seconds at which the trace of incumbents first is at least as good as the target; inf if never."""
    for seconds, objective in trace:
        if objective <= target if sense == "min" else objective >= target:
            return seconds
    return math.inf


def incumbent_time(trace: Sequence[tuple[float, float]]) -> float:
    """Seconds of the final incumbent, QOBLIB's "time to solution" of one run; nan without one."""
    return trace[-1][0] if trace else math.nan


def ecdf(times: npt.ArrayLike) -> tuple[Float, Float]:
    """Steps of the empirical distribution: sorted finite times, and the share of *all* runs that were done by then.

    Steps and shares have shape (finite times,).

    Examples
    --------
    >>> steps, shares = ecdf([3.0, np.inf, 1.0, 2.0])
    >>> steps.tolist(), shares.tolist()
    ([1.0, 2.0, 3.0], [0.25, 0.5, 0.75])
    """
    values = np.sort(np.asarray(times, dtype=np.float64))
    finite = values[np.isfinite(values)]
    return finite, np.arange(1, finite.size + 1) / max(1, values.size)


def performance_profile(costs: npt.ArrayLike, ratios: npt.ArrayLike) -> Float:
    """Dolan-More profile: share of instances on which solver s is within ``ratio`` of the best, shape (ratios, s).

    Parameters
    ----------
    costs : shape (instances, solvers), times or other positive costs; inf for a failure.
    ratios : shape (k,), each >= 1.

    References
    ----------
    E. D. Dolan, J. J. More (2002), Benchmarking optimization software with performance profiles, Math. Program. 91.

    Examples
    --------
    >>> performance_profile([[1.0, 2.0], [4.0, np.inf]], [1.0, 2.0]).tolist()
    [[1.0, 0.0], [1.0, 0.5]]
    """
    table = np.asarray(costs, dtype=np.float64)
    best = table.min(axis=1, keepdims=True)
    ratio = np.full_like(table, np.inf)
    np.divide(table, best, out=ratio, where=np.isfinite(table) & (best > 0))
    ratio[(table == best) & np.isfinite(table)] = 1.0
    return np.asarray((ratio[None, :, :] <= np.asarray(ratios)[:, None, None]).mean(axis=1))


def primal_integral(trace: Sequence[tuple[float, float]], reference: float, seconds: float, sense: str) -> float:
    """Integral of the primal gap over 0..seconds; smaller is better, at most ``seconds``.

    The gap is 1 before the first incumbent, else ``|value - reference| / max(|value|, |reference|)`` (0 when equal, 1
    when the signs differ).

    References
    ----------
    T. Berthold (2013), Measuring the impact of primal heuristics, OR Letters 41, 611-614.

    Examples
    --------
    >>> primal_integral([(1.0, 50), (3.0, 100)], 100, 4.0, "max")
    2.0
    """
    total, since, gap = 0.0, 0.0, 1.0
    for at, value in trace:
        until = min(at, seconds)
        total += gap * max(0.0, until - since)
        since, gap = max(since, until), min(gap, _primal_gap(value, reference, sense))
    return total + gap * max(0.0, seconds - since)


def _primal_gap(value: float, reference: float, sense: str) -> float:
    if value == reference or (value < reference if sense == "min" else value > reference):
        return 0.0
    if value * reference < 0:
        return 1.0
    return abs(value - reference) / max(abs(value), abs(reference))
