"""Tests and intervals for paired comparisons, on NumPy and scipy's distributions.

Everything here takes plain arrays: a row a unit (an instance, or one seed of it), a column a method, lower is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...core import Float
from ..metrics import Interval, wilson, wilson_share

#: Level of every test and interval.
ALPHA = 0.05
#: Differences up to which the sign-flip distribution is computed exactly, ties and zeros included.
MAX_EXACT = 200
#: Resamples of a bootstrap, and its seed.
RESAMPLES = 1000
BOOTSTRAP_SEED = 20_260


@dataclass(frozen=True)
class Paired:
    """Outcome of a paired test: two-sided p, effect in -1..1 (negative: the first is lower), pairs and ties.

    ``low`` and ``high`` are the effect's 95 % interval, of this test alone.
    """

    p: float
    effect: float
    num_pairs: int
    num_ties: int
    median: float
    low: float = -1.0
    high: float = 1.0

    @property
    def is_significant(self) -> bool:
        return self.p < ALPHA


def wilcoxon(differences: npt.ArrayLike) -> Paired:
    """Wilcoxon's signed-rank test of differences ``first - second``, with the matched-pairs rank-biserial correlation.

    Zeros take part in the ranking and are then left out (Pratt). The null distribution flips each sign with
    probability 1/2 given the ranks, so that ties need no correction; it is exact up to 200 nonzero differences, and
    normal with the same variance ``sum r_i^2 / 4`` beyond. The effect is ``(R+ - R-) / (R+ + R-)``; its interval is
    Wilson's for the weighted share ``R+ / (R+ + R-)`` at Kish's number of observations ``(sum r)^2 / sum r^2``.
    ``differences`` has shape (n,).

    Raises
    ------
    ValueError
        The differences are no vector of finite numbers.

    References
    ----------
    J. W. Pratt (1959), Remarks on zeros and ties in the Wilcoxon signed rank procedures, JASA 54, 655-667. D. S. Kerby
    (2014), The simple difference formula, Comprehensive Psychology 3, doi:10.2466/11.IT.3.1. L. Kish (1965), Survey
    sampling, section 11.7.

    Examples
    --------
    >>> found = wilcoxon([-1.0, -2.0, -3.0, -4.0, -5.0])
    >>> found.p, found.effect, found.num_pairs, round(found.high, 2)
    (0.0625, -1.0, 5, -0.03)
    """
    d = np.asarray(differences, dtype=np.float64)
    if d.ndim != 1 or not np.isfinite(d).all():
        raise ValueError(f"differences must be a vector of finite numbers, got {d!r}")
    nonzero = d != 0
    if not nonzero.any():
        return Paired(1.0, 0.0, int(d.size), int(d.size), 0.0)
    from scipy.stats import rankdata

    ranks = rankdata(np.abs(d))[nonzero]
    plus = float(ranks[d[nonzero] > 0].sum())
    total = float(ranks.sum())
    p = _exact_p(ranks, plus) if ranks.size <= MAX_EXACT else _normal_p(ranks, plus)
    share = wilson_share(plus / total, total**2 / float((ranks**2).sum()))
    effect, low, high = ((2 * value - 1) for value in (share.value, share.low, share.high))
    return Paired(p, effect, int(d.size), int(d.size - ranks.size), float(np.median(d)), low, high)


def pairs_to_tell(found: Paired, num_tests: int = 1) -> float:
    """Pairs from which on an effect of this size, with this share of ties, is significant; inf where all are tied.

    Two conditions for n pairs that differ, at the level ``a = 0.05 / num_tests`` (Bonferroni's: at least as strict as
    Holm's): the smallest p of all, ``2^(1 - n)``, is below a, and ``|effect| sum r / sqrt(sum r^2)`` for the ranks
    1..n reaches the normal quantile of ``1 - a / 2``.

    Examples
    --------
    >>> pairs_to_tell(wilcoxon([-1.0, -2.0, -3.0])), pairs_to_tell(wilcoxon([-1.0, -2.0, 1.5]))
    (6, 46)
    """
    from scipy.special import ndtri

    if found.effect == 0 or found.num_pairs == found.num_ties:
        return math.inf
    level = ALPHA / num_tests
    z = float(ndtri(1 - level / 2)) / abs(found.effect)
    b = 3 - 4 * z**2  # (sum r)^2 / sum r^2 = 3 n (n + 1) / (2 (2 n + 1)) >= z^2, a quadratic in n
    by_effect = (math.sqrt(b**2 + 24 * z**2) - b) / 6
    needed = max(by_effect, math.floor(1 - math.log2(level)) + 1)
    return math.ceil(needed * found.num_pairs / (found.num_pairs - found.num_ties))


def _exact_p(ranks: Float, plus: float) -> float:
    """``P(|W - E W| >= |plus - E W|)`` over all sign flips; mid-ranks are halves, so twice them are integers."""
    doubled = np.rint(2 * ranks).astype(np.int64)
    ways = np.zeros(int(doubled.sum()) + 1)
    ways[0] = 1.0
    for rank in doubled:  # probabilities, not counts: 2^200 is too large
        shifted = np.zeros_like(ways)
        shifted[rank:] = ways[: ways.size - rank]
        ways = 0.5 * (ways + shifted)
    centre = doubled.sum() / 2
    far = np.abs(np.arange(ways.size) - centre) >= abs(2 * plus - centre) - 1e-9
    return min(1.0, float(ways[far].sum()))


def _normal_p(ranks: Float, plus: float) -> float:
    z = (plus - ranks.sum() / 2) / math.sqrt(float((ranks**2).sum()) / 4)
    return math.erfc(abs(z) / math.sqrt(2))


def holm(ps: Sequence[float]) -> list[float]:
    """p-values adjusted by Holm's step-down, in the order given: ``max over j <= i of min(1, (m - j + 1) p_(j))``.

    References
    ----------
    S. Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 65-70.

    Examples
    --------
    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(ps, kind="stable")
    adjusted, least = [0.0] * len(ps), 0.0
    for rank, at in enumerate(order):
        least = max(least, min(1.0, (len(ps) - rank) * ps[at]))
        adjusted[at] = least
    return adjusted


@dataclass(frozen=True, eq=False)
class Ranking:
    """Friedman's test and Nemenyi's comparison of all pairs.

    ``ranks`` are means over blocks, 1 is best; two methods differ where their ranks do by more than ``difference``.
    """

    ranks: Float
    statistic: float
    p: float
    difference: float
    pairs: Float
    num_blocks: int

    def groups(self) -> list[tuple[int, ...]]:
        """Largest sets of methods with neighbouring ranks that are not told apart, best first, two or more each."""
        order = np.argsort(self.ranks, kind="stable")
        found: list[tuple[int, ...]] = []
        for start in range(len(order)):
            within = [int(i) for i in order[start:] if self.ranks[i] - self.ranks[order[start]] <= self.difference]
            if len(within) > 1 and not (found and set(within) <= set(found[-1])):
                found.append(tuple(within))
        return found


def friedman(costs: npt.ArrayLike) -> Ranking:
    """Mean ranks of k >= 3 methods (columns) over N >= 2 blocks (rows), Friedman's p and Nemenyi's critical difference.

    ``CD = q sqrt(k (k + 1) / 6N)``, q the upper 5 % point of the studentized range of k means over sqrt 2. ``costs``
    has shape (N, k).

    Raises
    ------
    ValueError
        Fewer than 2 blocks or 3 methods, or a gap in the table.

    References
    ----------
    J. Demsar (2006), Statistical comparisons of classifiers over multiple data sets, JMLR 7, 1-30, section 3.2.

    Examples
    --------
    >>> friedman([[1, 2, 3], [1, 3, 2], [1, 2, 3], [1, 2, 3]]).ranks.tolist()
    [1.0, 2.25, 2.75]
    """
    table = np.asarray(costs, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] < 3 or np.isnan(table).any():
        raise ValueError(f"costs must be 2 or more blocks of 3 or more methods without gaps, got shape {table.shape}")
    from scipy.stats import friedmanchisquare, rankdata, studentized_range

    n, k = table.shape
    ranks = rankdata(table, axis=1).mean(axis=0)
    is_tied = bool((table == table[:, :1]).all())
    statistic, p = (0.0, 1.0) if is_tied else friedmanchisquare(*table.T)
    unit = math.sqrt(k * (k + 1) / (6 * n))
    q = float(studentized_range.ppf(1 - ALPHA, k, np.inf)) / math.sqrt(2)
    spread = np.abs(ranks[:, None] - ranks[None, :]) / unit * math.sqrt(2)
    pairs = np.ones((k, k))
    upper = np.triu_indices(k, 1)
    pairs[upper] = np.clip(studentized_range.sf(spread[upper], k, np.inf), 0.0, 1.0)
    pairs.T[upper] = pairs[upper]
    return Ranking(np.asarray(ranks), float(statistic), float(p), q * unit, pairs, n)


def clustered_share(hits: Sequence[bool], clusters: Sequence[str]) -> Interval:
    """Share of runs that hit, with Wilson's interval at the number of independent runs that they amount to.

    Runs on one instance resemble each other. The number is ``N / D``, ``D = var_c / (p (1 - p) / N)`` the design
    effect, ``var_c = k / (k - 1) sum_i n_i^2 (p_i - p)^2 / N^2`` the variance between the k instances; never less than
    k and never more than N. With p = 0 or 1 nothing is seen of it and k is taken. One instance alone is no cluster:
    the interval is then about its runs.

    References
    ----------
    E. L. Korn, B. I. Graubard (1998), Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data, Survey Methodology 24, 193-201. We take Wilson's interval for Clopper's and no
    quantile of t.

    Examples
    --------
    Ten seeds of each of four instances, two of them solved always, two never: four observations, not forty.

    >>> found = clustered_share([True] * 20 + [False] * 20, [str(i // 10) for i in range(40)])
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (0.5, 0.15, 0.85)
    """
    own = np.asarray(hits, dtype=np.float64)
    names, inverse = np.unique(np.asarray(clusters), return_inverse=True)
    N, k = own.size, names.size
    p = float(own.mean())
    if k == 1:
        return wilson(int(own.sum()), N)
    if p in (0.0, 1.0):
        effective = float(k)
    else:
        sizes = np.bincount(inverse)
        shares = np.bincount(inverse, weights=own) / sizes
        between = k / (k - 1) * float((sizes**2 * (shares - p) ** 2).sum()) / N**2
        effective = float(np.clip(N if between == 0 else p * (1 - p) / between, k, N))
    return wilson_share(p, effective)


def median_interval(values: npt.ArrayLike, *, seed: int = BOOTSTRAP_SEED, resamples: int = RESAMPLES) -> Interval:
    """Median with its 95 % percentile bootstrap interval; inf counts as a value, no values give nan.

    ``values`` has shape (n,).

    References
    ----------
    B. Efron, R. J. Tibshirani (1993), An introduction to the bootstrap, section 13.3.

    Examples
    --------
    >>> found = median_interval([1.0, 2.0, 3.0])
    >>> found.value, found.low, found.high
    (2.0, 1.0, 3.0)
    """
    data = np.asarray(values, dtype=np.float64)
    data = data[~np.isnan(data)]
    if not data.size:
        return Interval(math.nan, math.nan, math.nan)
    rng = np.random.default_rng(seed)
    medians = np.empty(resamples)
    batch = max(1, 4_000_000 // data.size)
    for start in range(0, resamples, batch):
        stop = min(resamples, start + batch)
        medians[start:stop] = row_medians(data[rng.integers(0, data.size, size=(stop - start, data.size))])
    medians.sort()
    low, high = medians[int(0.025 * resamples)], medians[min(resamples - 1, int(0.975 * resamples))]
    return Interval(float(row_medians(data[None, :])[0]), float(low), float(high))


def row_medians(samples: Float) -> Float:
    """Median of each row, shape (rows,), of samples of shape (rows, n).

    The upper of the middle two where they are not both finite, since inf has no mean.
    """
    n = samples.shape[1]
    parts = np.partition(samples, [(n - 1) // 2, n // 2], axis=1)
    low, high = parts[:, (n - 1) // 2], parts[:, n // 2]
    both = np.isfinite(low) & np.isfinite(high)
    return np.where(both, 0.5 * (np.where(both, low, 0) + np.where(both, high, 0)), high)
