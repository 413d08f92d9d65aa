"""Tests and intervals against scipy, against scikit-posthocs (stored values, and live where it is installed)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from qopt.experiments.report.scaling import fit_law
from qopt.experiments.report.statistics import friedman, holm, median_interval, wilcoxon
from qopt.experiments.report.utility import Utility, utility_score

COSTS = np.array(
    [
        [0.8, 1.2, 1.9, 2.0],
        [1.1, 1.0, 2.2, 1.7],
        [0.7, 1.4, 1.5, 2.6],
        [0.9, 1.1, 2.4, 2.2],
        [1.3, 0.6, 1.8, 2.9],
        [0.5, 1.6, 2.1, 1.9],
        [1.0, 1.0, 2.3, 2.4],
        [0.6, 1.5, 1.7, 2.8],
    ]
)
#: scikit_posthocs.posthoc_nemenyi_friedman(COSTS), version 0.17.1
NEMENYI = [
    [1.0, 0.9378418919, 0.0076308007, 0.0019310568],
    [0.9378418919, 1.0, 0.0442914529, 0.0142876672],
    [0.0076308007, 0.0442914529, 1.0, 0.9802684764],
    [0.0019310568, 0.0142876672, 0.9802684764, 1.0],
]


def test_wilcoxon_is_scipys_exact_test_without_ties() -> None:
    rng = np.random.default_rng(1)
    for n in (5, 12, 40):
        d = rng.normal(0.3, 1, n)
        assert wilcoxon(d).p == pytest.approx(stats.wilcoxon(d, method="exact").pvalue, rel=1e-9)


def test_wilcoxon_with_ties_and_zeros_is_the_full_enumeration_of_signs() -> None:
    d = np.array([0.0, -3, -3, -3, -3, 2, 1, 2, -1, 1, 3])
    expected = stats.wilcoxon(d, zero_method="pratt", method=stats.PermutationMethod(n_resamples=np.inf))
    assert wilcoxon(d).p == pytest.approx(expected.pvalue, rel=1e-12)


def test_wilcoxon_of_many_pairs_is_scipys_normal_approximation() -> None:
    d = np.random.default_rng(2).integers(-30, 35, 400).astype(float)
    expected = stats.wilcoxon(d, zero_method="pratt", method="approx", correction=False)
    assert wilcoxon(d).p == pytest.approx(expected.pvalue, rel=1e-9)


def test_the_effect_is_the_rank_biserial_correlation_by_hand() -> None:
    found = wilcoxon([1.0, -2.0, 3.0, 0.0])  # ranks 2, 3, 4 of the others; R+ = 6, R- = 3
    assert found.effect == pytest.approx((6 - 3) / 9)
    assert (found.num_pairs, found.num_ties) == (4, 1)
    assert wilcoxon([0.0, 0.0]).p == 1.0
    with pytest.raises(ValueError, match="finite"):
        wilcoxon([1.0, math.inf])


def test_holm_is_the_stored_case_of_statsmodels() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005, 0.2]) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.2])
    assert holm([]) == []


def test_friedman_is_scipys_and_nemenyi_the_stored_one() -> None:
    found, expected = friedman(COSTS), stats.friedmanchisquare(*COSTS.T)
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.pairs == pytest.approx(np.array(NEMENYI), abs=1e-9)
    # Demsar (2006), table 5: q = 2.569 for four methods
    assert found.difference == pytest.approx(2.569 * math.sqrt(4 * 5 / (6 * 8)), rel=2e-4)
    assert [set(group) for group in found.groups()] == [{0, 1}, {2, 3}]


def test_nemenyi_and_wilcoxon_with_holm_are_those_of_scikit_posthocs() -> None:
    posthocs = pytest.importorskip("scikit_posthocs")
    table = np.random.default_rng(3).normal(size=(14, 5)) + np.arange(5) * 0.4
    assert friedman(table).pairs == pytest.approx(posthocs.posthoc_nemenyi_friedman(table).to_numpy(), abs=1e-9)
    expected = posthocs.posthoc_wilcoxon(list(table.T), p_adjust="holm").to_numpy()
    upper = np.triu_indices(5, 1)
    found = holm([wilcoxon(table[:, i] - table[:, j]).p for i, j in zip(*upper, strict=True)])
    assert found == pytest.approx(expected[upper])


def test_ties_everywhere_and_too_few_methods() -> None:
    assert friedman(np.zeros((4, 3))).p == 1.0
    with pytest.raises(ValueError, match="3 or more"):
        friedman(COSTS[:, :2])


def test_bootstrap_of_medians_is_seeded_and_covers() -> None:
    rng = np.random.default_rng(4)
    samples = [rng.exponential(size=25) for _ in range(60)]
    found = [median_interval(sample) for sample in samples]
    assert found == [median_interval(sample) for sample in samples]
    covered = np.mean([item.low <= math.log(2) <= item.high for item in found])
    assert covered >= 0.85
    assert all(item.value == np.median(sample) for item, sample in zip(found, samples, strict=True))


def test_medians_of_runs_without_answer_are_infinite_not_undefined() -> None:
    found = median_interval([0.0, 1.0, math.inf, math.inf])
    assert math.isinf(found.value)
    assert found.low == 0.0
    assert math.isnan(median_interval([]).value)


def test_utilities_by_hand() -> None:
    times = [1.0, 4.0, 40.0, math.inf]
    assert Utility("step", 10)(times).tolist() == [1, 1, 0, 0]
    assert Utility("linear", 10)(times) == pytest.approx([0.9, 0.6, 0, 0])
    assert Utility("log-laplace", 10)(times) == pytest.approx([0.95, 0.8, 0.125, 0])
    assert Utility("log-laplace", 10, alpha=2)(times) == pytest.approx([0.995, 0.92, 0.03125, 0])
    score = utility_score(times, Utility("step", 10))
    assert score.value == 0.5
    assert score.low < 0.5 < score.high


def test_one_slow_run_does_not_decide_by_utility() -> None:
    often_fast, always_medium = [1.0] * 9 + [1000.0], [20.0] * 10
    assert np.mean(often_fast) > np.mean(always_medium)
    for shape in ("linear", "log-laplace"):
        utility = Utility(shape, 30.0)  # type: ignore[arg-type]
        assert utility_score(often_fast, utility).value > utility_score(always_medium, utility).value


def test_the_law_of_growth_is_scipys_line_in_the_logarithm() -> None:
    rng = np.random.default_rng(5)
    sizes = np.repeat([4, 8, 12, 16], 5)
    seconds = 0.01 * np.exp(0.3 * sizes + rng.normal(0, 0.1, sizes.size))
    found, line = fit_law(sizes, seconds), stats.linregress(sizes, np.log(seconds))
    assert found is not None
    assert found.law == "exponential"
    assert found.slope.value == pytest.approx(line.slope)
    half = stats.t.ppf(0.975, sizes.size - 2) * line.stderr
    assert (found.slope.low, found.slope.high) == pytest.approx((line.slope - half, line.slope + half))
    power = fit_law(sizes, 3.0 * sizes**2.0)
    assert power is not None
    assert (power.law, power.slope.value) == ("power", pytest.approx(2.0))
    assert fit_law([3, 3, 3], [1, 2, 3]) is None
