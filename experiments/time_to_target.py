"""Time to target of a sampler whose reads have a length: the length chosen on half of the runs, told on the other half.

``TTT = seconds * max(1, ln(1 - c) / ln(1 - p))`` with p the share of reads that reach the target and c = 0.99. Choosing
the best of several lengths on the same runs would flatter the sampler, so the halves are kept apart. *Amortised* time
counts a read's share of its batch, *latency* whole batches only, as one user waits for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core import AnyArray
from .metrics import Interval

CONFIDENCE = 0.99
#: Bootstrap samples of an interval.
RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class Reads:
    """Runs of one length.

    Parameters
    ----------
    length : what was chosen, such as the sweeps of a read.
    seconds : of each batch, shape (batches,).
    values : of each read, shape (batches, reads); smaller is better.
    """

    length: int
    seconds: AnyArray
    values: AnyArray

    def __post_init__(self) -> None:
        if len(self.seconds) != len(self.values) or np.ndim(self.values) != 2:
            raise ValueError(
                f"values must be (batches, reads) with one time a batch, got {np.shape(self.values)} and "
                f"{len(self.seconds)} times"
            )


@dataclass(frozen=True)
class TimeToTarget:
    """Seconds to the target with their 95 % intervals; ``length`` was the best on the training half.

    ``share`` of the reads of the test half reach it. A time is infinite where none does; then its low end is a limit
    that the share's upper bound of Jeffreys gives.
    """

    length: int
    share: float
    amortised: Interval
    latency: Interval


def time_to_target(runs: Sequence[Reads], target: float, *, seed: int = 0) -> TimeToTarget:
    """The time at the length that is best on the even batches, measured on the odd ones.

    Parameters
    ----------
    target : a value reaches it if it is at most this.

    Raises
    ------
    ValueError
        A length has fewer than two batches.

    Examples
    --------
    >>> runs = [Reads(10, np.full(4, 1.0), np.array([[1, 0, 1, 1]] * 4)), Reads(20, np.full(4, 2.0), np.zeros((4, 4)))]
    >>> found = time_to_target(runs, 0)
    >>> found.length, found.share, round(found.amortised.value, 3), found.latency.value
    (20, 1.0, 0.5, 2.0)
    """
    if any(len(run.seconds) < 2 for run in runs):
        raise ValueError("runs must have two batches or more a length: one half chooses, the other measures")
    train = [_amortised(run.seconds[0::2], run.values[0::2] <= target) for run in runs]
    shares = [float((run.values[0::2] <= target).mean()) for run in runs]
    # where no length reaches it, the one with the best mean is measured
    best = int(np.argmin(train)) if any(shares) else int(np.argmin([run.values[0::2].mean() for run in runs]))
    chosen = runs[best]
    seconds, hits = chosen.seconds[1::2], chosen.values[1::2] <= target
    rng = np.random.default_rng(seed)
    picks = [rng.integers(len(seconds), size=len(seconds)) for _ in range(RESAMPLES)]
    return TimeToTarget(
        chosen.length,
        float(hits.mean()),
        _interval(_amortised, seconds, hits, picks),
        _interval(_latency, seconds, hits, picks),
    )


def _amortised(seconds: AnyArray, hits: AnyArray) -> float:
    """Seconds a read times the reads that are needed."""
    return float(seconds.sum()) / hits.size * _repeats(float(hits.mean()))


def _latency(seconds: AnyArray, hits: AnyArray) -> float:
    """Seconds a batch times the batches that are needed, a batch's success being any of its reads'."""
    share = float(hits.mean())
    return float(seconds.mean()) * _repeats(1 - (1 - share) ** hits.shape[1])


def _repeats(share: float) -> float:
    if share <= 0:
        return math.inf
    return 1.0 if share >= 1 else max(1.0, math.log(1 - CONFIDENCE) / math.log1p(-share))


def _interval(figure: object, seconds: AnyArray, hits: AnyArray, picks: list[AnyArray]) -> Interval:
    """Bootstrap over batches; where all or no reads hit, by the Jeffreys interval of the share."""
    assert callable(figure)
    value = figure(seconds, hits)
    if 0 < hits.mean() < 1:
        found = np.array([figure(seconds[pick], hits[pick]) for pick in picks])
        low, high = np.quantile(found, [0.025, 0.975], method="nearest")
        return Interval(value, float(low), float(high))
    low_share, high_share = jeffreys(int(hits.sum()), hits.size)
    low, high = (_at_share(figure, seconds, hits.shape, share) for share in (high_share, low_share))
    return Interval(value, low, max(high, value), is_limit=not hits.any())


def _at_share(figure: object, seconds: AnyArray, shape: tuple[int, ...], share: float) -> float:
    assert callable(figure)
    if figure is _latency:
        return float(seconds.mean()) * _repeats(1 - (1 - share) ** shape[1])
    return float(seconds.sum()) / math.prod(shape) * _repeats(share)


def jeffreys(successes: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share under the prior Beta(1/2, 1/2); 0 and 1 stay ends.

    Examples
    --------
    >>> [round(share, 4) for share in jeffreys(0, 10)]
    [0.0, 0.2172]
    """
    from scipy.special import betaincinv

    low = 0.0 if successes == 0 else float(betaincinv(successes + 0.5, trials - successes + 0.5, 0.025))
    high = 1.0 if successes == trials else float(betaincinv(successes + 0.5, trials - successes + 0.5, 0.975))
    return low, high
