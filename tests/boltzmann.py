"""The chi-square test of samples of an Ising model at constant temperature against enumeration."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import chi2

from qopt.engines.annealing import IsingModel


def chance(ising: IsingModel, t: float, counts: Any) -> float:
    """Of a statistic as large as that of the counts (2**n,) at half temperature t; rare points are one class."""
    n = ising.num_variables
    points = 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1
    weights = np.exp(-ising.energies(points) / ising.unit / (2 * t))
    expected = counts.sum() * weights / weights.sum()
    rare = expected < 5
    observed = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    keep = wanted > 0
    statistic = float(((observed - wanted)[keep] ** 2 / wanted[keep]).sum())
    return float(chi2.sf(statistic, keep.sum() - 1))
