"""Time to target of a sampler whose reads have a length: the length chosen on half of the runs, told on the other half.

``TTT = seconds * max(1, ln(1 - c) / ln(1 - p))`` with p the share of reads that reach the target and c = 0.99. Choosing
the best of several lengths on the same runs would flatter the sampler, so the halves are kept apart. *Amortised* time
counts a read's share of its batch, *latency* whole batches only, as one user waits for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core import AnyArray, Float
from .metrics import TTS_CONFIDENCE, Interval

#: Bootstrap samples of an interval.
RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class Batches:
    """Batches of one length: seconds, reads at the target and all reads of each, shape (..., batches)."""

    seconds: AnyArray
    hits: AnyArray
    reads: AnyArray

    def take(self, at: slice | AnyArray) -> Batches:
        """Some of the batches; several draws of them where ``at`` has shape (draws, batches)."""
        return Batches(self.seconds[at], self.hits[at], self.reads[at])

    def draws(self, rng: np.random.Generator, times: int = RESAMPLES) -> Batches:
        """As many batches drawn with replacement, shape (times, batches)."""
        size = len(self.seconds)
        return self.take(rng.integers(size, size=(times, size)))

    @property
    def share(self) -> Float:
        """Of the reads that reach the target, shape (...)."""
        return np.asarray(self.hits.sum(axis=-1) / self.reads.sum(axis=-1))


#: Seconds to the target, shape (...), from batches and the share of their reads that reach it.
Figure = Callable[[Batches, npt.ArrayLike], Float]


def amortised(batches: Batches, share: npt.ArrayLike) -> Float:
    """Seconds a read times the reads that are needed, shape (...) of the shares."""
    return np.asarray(batches.seconds.sum(axis=-1) / batches.reads.sum(axis=-1) * _repeats(share))


def latency(batches: Batches, share: npt.ArrayLike) -> Float:
    """Seconds a batch times the batches that are needed, a batch's success being any of its reads', shape (...)."""
    success = 1 - (1 - np.asarray(share)) ** batches.reads.mean(axis=-1)
    return np.asarray(batches.seconds.mean(axis=-1) * _repeats(success))


def _repeats(share: npt.ArrayLike) -> Float:
    """``metrics.repeats_to_target`` of each share."""
    p = np.asarray(share, dtype=np.float64)
    inner = np.clip(p, 1e-300, 1 - 1e-16)
    needed = np.maximum(1.0, math.log(1 - TTS_CONFIDENCE) / np.log1p(-inner))
    return np.where(p <= 0, np.inf, np.where(p >= 1, 1.0, needed))


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

    def batches(self, target: float) -> Batches:
        """The batches with their reads of value ``target`` or less."""
        hits = (self.values <= target).sum(axis=1)
        return Batches(np.asarray(self.seconds), hits, np.full(hits.shape, self.values.shape[1]))


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
    found = [run.batches(target) for run in runs]
    # where no length reaches it, the one with the best mean is measured
    best = best_length(found, [float(run.values[0::2].mean()) for run in runs])
    test = found[best].take(np.s_[1::2])
    drawn = test.draws(np.random.default_rng(seed))
    return TimeToTarget(
        runs[best].length,
        float(test.share),
        with_interval(amortised, test, drawn),
        with_interval(latency, test, drawn),
    )


def best_length(lengths: Sequence[Batches], otherwise: Sequence[float]) -> int:
    """Position of the least amortised time on the even batches; where none reaches the target, of the least other cost.

    Raises
    ------
    ValueError
        A length has fewer than two batches.
    """
    if any(len(batches.seconds) < 2 for batches in lengths):
        raise ValueError("runs must have two batches or more a length: one half chooses, the other measures")
    train = [batches.take(np.s_[0::2]) for batches in lengths]
    times = np.array([amortised(batches, batches.share) for batches in train])
    return int(np.argmin(times if np.isfinite(times).any() else otherwise))


def with_interval(figure: Figure, batches: Batches, drawn: Batches) -> Interval:
    """A figure with its bootstrap interval over batches; where all or no reads hit, by that of Jeffreys."""
    value = float(figure(batches, batches.share))
    if 0 < batches.share < 1:
        low, high = np.quantile(figure(drawn, drawn.share), [0.025, 0.975], method="nearest")
        return Interval(value, float(low), float(high))
    low_share, high_share = jeffreys(int(batches.hits.sum()), int(batches.reads.sum()))
    low, high = float(figure(batches, high_share)), float(figure(batches, low_share))
    return Interval(value, low, max(high, value), is_limit=not batches.hits.any())


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
