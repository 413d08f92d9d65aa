"""When a run will reach a target and how it will end, foreseen from its early progress by a ridge fit; or not foreseen.

Progress is a curve ``gap after so much work``. A line ``ln gap = a - b ln work`` is fitted with a ridge on b, so that
little data foresees little: lowest reads follow such a power law where their gaps have a power-law tail, and the best
point of an iterating method does until it stalls. Limits: a stall at a value that it will leave much later looks like
an end, and a target below every value that exists is foreseen all the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core import Float

#: Weight of the ridge on the slope, in squared units of ln work.
RIDGE = 1.0
#: Fewest reads, and fewest rounds, that anything is foreseen from.
LEAST_READS, LEAST_ROUNDS = 8, 5
#: Points of a curve: work grows by at least this factor from one to the next, so that no stretch of it rules.
STEP = 1.4
#: Share of the lowest reads that the tail is read from, and its least number.
TAIL, LEAST_TAIL = 0.1, 12
#: Least spread of ln gap around a line: a curve of few points can lie on one by chance.
LEAST_SPREAD = 0.1
#: Normal quantiles of the 80 % interval, and of the 99 % one-sided bound that a run is given up by: it is asked often.
Z80, Z99 = 1.2816, 2.3263
#: Quantiles 10, 50 and 90 % of a waiting time in units of its mean (it has no memory: -ln(1 - q)).
WAIT10, WAIT50, WAIT90 = 0.10536, 0.69315, 2.30259
#: Spread of the logarithm of such a waiting time.
WAIT_SPREAD = math.pi / math.sqrt(6)
#: A time is not foreseen where the upper end of its interval is so many times the estimate, or the estimate so many
#: times the work that was seen.
MOST_SPREAD, MOST_AHEAD = 25.0, 100.0


@dataclass(frozen=True, eq=False)
class Curve:
    """Positive gaps after so much work; ``seen``: the work so far, ``best``: the lowest gap in it.

    ``is_memoryless``: the work is independent reads, whose time to a target has no memory.
    """

    work: Float
    gaps: Float
    seen: float
    best: float
    is_memoryless: bool


@dataclass(frozen=True)
class Line:
    """``ln gap = level - slope (ln work - centre)``.

    ``steepest``: the slope without the ridge; ``doubt``: its standard deviation.
    """

    centre: float
    level: float
    slope: float
    steepest: float
    spread: float
    doubt: float
    count: int

    def log_gap(self, log_work: float) -> float:
        """Logarithm of the gap that the line foresees after so much work, given by its logarithm."""
        return self.level - self.slope * (log_work - self.centre)

    def deviation(self, log_work: float) -> float:
        """Standard deviation of a new ln gap there."""
        return math.hypot(self.spread * math.sqrt(1 + 1 / self.count), self.doubt * (log_work - self.centre))


@dataclass(frozen=True)
class Foreseen:
    """Work until the target: the middle estimate and an interval that is meant to hold it in 80 % of the cases."""

    middle: float
    low: float
    high: float


def curve_of_reads(gaps: Sequence[float] | Float) -> Curve | None:
    """The curve of independent reads: the i-th lowest of k is what ``(k + 1) / i`` reads find.

    None for fewer than LEAST_READS, or where the lowest is the reference itself.

    Examples
    --------
    >>> found = curve_of_reads([1 / (1 + i) for i in range(20)])
    >>> found.work.tolist(), found.seen
    ([21.0, 10.5, 7.0, 4.2, 3.0, 2.1], 20.0)
    """
    ordered = np.sort(np.asarray(gaps, dtype=np.float64))
    k = len(ordered)
    if k < LEAST_READS or ordered[0] <= 0:
        return None
    ranks = _spaced(min(k, max(LEAST_TAIL, int(TAIL * k))))
    return Curve((k + 1) / ranks, ordered[ranks - 1], float(k), float(ordered[0]), is_memoryless=True)


def curve_of_rounds(gaps: Sequence[float] | Float) -> Curve | None:
    """The curve of the best gap after each round, 1, 2, ...; leading rounds without an answer are infinite.

    None for fewer than LEAST_ROUNDS rounds with an answer, or where the reference is reached.
    """
    best = np.minimum.accumulate(np.asarray(gaps, dtype=np.float64)) if len(gaps) else np.empty(0)
    rounds = np.flatnonzero(np.isfinite(best)) + 1
    if len(rounds) < LEAST_ROUNDS or best[-1] <= 0:
        return None
    first = int(rounds[0])
    kept = _spaced(len(best) - first + 1) + first - 1
    kept = np.unique(np.append(kept, len(best)))
    return Curve(kept.astype(np.float64), best[kept - 1], float(len(best)), float(best[-1]), is_memoryless=False)


def fit(curve: Curve) -> Line:
    """The ridge line of a curve; its slope is at least 0.

    ``slope = -S_xy / (S_xx + RIDGE)`` of ``x = ln work, y = ln gap``. The doubt of a slope of m independent reads is at
    least ``slope / sqrt(m)``, since their order statistics are no independent points.

    References
    ----------
    Hill (1975), A simple general approach to inference about the tail of a distribution, doi:10.1214/aos/1176343247:
    the index of a tail of m points has a relative deviation of ``1 / sqrt(m)``.
    """
    x, y = np.log(curve.work), np.log(curve.gaps)
    centre, level = float(x.mean()), float(y.mean())
    scatter, product = float(((x - centre) ** 2).sum()), -float(((x - centre) * (y - level)).sum())
    slope, steepest = max(0.0, product / (scatter + RIDGE)), max(0.0, product / max(scatter, 1e-12))
    rest = y - level + steepest * (x - centre)
    spread = max(LEAST_SPREAD, math.sqrt(float((rest**2).sum()) / max(1, len(x) - 2)))
    doubt = spread / math.sqrt(scatter + RIDGE)
    if curve.is_memoryless:
        ranks = (curve.seen + 1) / float(curve.work.min())
        doubt = max(doubt, steepest / math.sqrt(ranks))
    return Line(centre, level, slope, steepest, spread, doubt, len(x))


def foresee(curve: Curve | None, goal: float) -> Foreseen | None:
    """Work until the gap is ``goal``, > 0; None where it is not foreseen, the middle is ``seen`` where it is reached.

    Where reads are independent, the line gives the mean number of them to the goal, and the wait for it has no memory:
    its quantiles are counted from now. Else the line itself is the estimate, and its deviation the interval.

    Examples
    --------
    >>> found = foresee(curve_of_rounds([1 / r for r in range(1, 21)]), 0.02)
    >>> 40 < found.middle < 70, found.low <= found.middle <= found.high
    (True, True)
    """
    if curve is None or goal <= 0:
        return None
    if curve.best <= goal:
        return Foreseen(curve.seen, curve.seen, curve.seen)
    line = fit(curve)
    if line.slope <= 0:
        return None
    at = line.centre + (line.level - math.log(goal)) / line.slope
    if at > math.log(curve.seen * MOST_AHEAD):
        return None
    deviation = Z80 * line.deviation(at) / line.slope
    if deviation > math.log(MOST_SPREAD):
        return None
    work, factor = math.exp(at), math.exp(deviation)
    if curve.is_memoryless:
        ends = WAIT50 * work, WAIT10 * work / factor, WAIT90 * work * factor
        found = Foreseen(*(curve.seen + end for end in ends))
    else:
        middle = max(work, curve.seen + 1)
        found = Foreseen(middle, max(curve.seen, work / factor), max(middle, work * factor))
    return found if found.high <= MOST_SPREAD * found.middle else None


def gap_at(curve: Curve, work: float, *, optimism: float = 0.0) -> float:
    """Gap after so much work by the line, at most the best so far.

    With optimism it is so many standard deviations lower, and the slope is the one without the ridge. Independent reads
    have the spread of their waiting time in it, ``slope * pi / sqrt(6)``.
    """
    line = fit(curve)
    at = math.log(max(work, curve.seen))
    if not optimism:
        return min(curve.best, math.exp(line.log_gap(at)))
    own = line.steepest * WAIT_SPREAD if curve.is_memoryless else 0.0
    deviation = math.hypot(line.deviation(at), own)
    end = line.level - line.steepest * (at - line.centre) - optimism * deviation
    return min(curve.best, math.exp(end))


def is_hopeless(curve: Curve | None, work: float, floor: float) -> bool:
    """Whether even the optimistic end (99 %, one-sided) of so much work has a larger gap than ``floor``."""
    if curve is None or curve.best <= floor:
        return False
    return gap_at(curve, work, optimism=Z99) > floor


def _spaced(last: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Whole numbers from 1 to ``last``, each at least STEP times the one before."""
    found = [1]
    while found[-1] < last:
        found.append(max(found[-1] + 1, math.ceil(found[-1] * STEP)))
    return np.asarray([value for value in found if value <= last], dtype=np.int64)
