"""How many circuits or oracle calls find the optimum: plain sampling, amplitude amplification, minimum finding."""

from __future__ import annotations

import math

import numpy as np

from ...core import Float

#: Classical tries before Grover's search, and the factor of its growing rounds (Cade et al., arXiv:2203.04975).
CLASSICAL_TRIES = 130
GROWTH = 6 / 5


def sampling_calls(probability: float) -> float:
    """Circuits until the first success, in the mean: ``1 / P``."""
    return math.inf if probability <= 0 else 1 / probability


def amplified_calls(probability: float) -> float:
    """Rounds of amplitude amplification, each two circuits: ``pi / (4 sqrt(P))``, at least one circuit.

    Examples
    --------
    >>> round(amplified_calls(1e-6))
    1571
    """
    return math.inf if probability <= 0 else max(1.0, 2 * math.pi / 4 / math.sqrt(probability))


def search_calls(size: float, good: float, *, failure: float = 1e-3) -> float:
    """Expected oracle calls of Grover's search for one of ``good`` among ``size``, after some classical tries.

    ``good`` = 0 is the cost of finding out that there is none, with that chance of failure. The count takes it that
    the classical tries hardly ever hit where good is small.

    References
    ----------
    Cade, Folkertsma, Niesen, Weggemans (2023), Quantifying Grover speed-ups beyond asymptotic analysis,
    arXiv:2203.04975.

    Examples
    --------
    >>> [round(search_calls(n, t), 1) for n, t in ((1e4, 1), (1e6, 1), (1e6, 100))]
    [141.7, 1096.5, 136.7]
    """
    if good <= 0:
        return 9.2 * math.ceil(math.log(1 / failure, 3)) * math.sqrt(size)
    if good < size / 4:
        ratio = size / (2 * math.sqrt((size - good) * good))
        rounds = ratio + math.ceil(math.log(ratio, GROWTH)) - 3
    else:
        rounds = 2.0344
    miss = (1 - good / size) ** CLASSICAL_TRIES
    return float(miss * rounds * (1 + 1 / (1 - rounds / (9.2 * math.sqrt(size)))))


def grover_rounds(size: int, good: int) -> float:
    """Exact expected calls of the search with growing random numbers of iterations, one of which is the check.

    Round s draws j uniformly from 0..m_s - 1, iterates j times and checks once; it succeeds with probability
    ``sin((2 j + 1) theta)**2``, ``sin(theta)**2 = good / size``. m grows by 6/5 from 1 up to sqrt(size).

    References
    ----------
    Boyer, Brassard, Hoyer, Tapp (1998), Tight bounds on quantum searching, arXiv:quant-ph/9605034.
    """
    theta = math.asin(math.sqrt(good / size))
    expected, reached, m = 0.0, 1.0, 1.0
    largest = math.sqrt(size)
    while reached > 1e-15:
        j = np.arange(math.ceil(m))
        fail = float(np.mean(np.cos((2 * j + 1) * theta) ** 2))
        calls = float(j.mean()) + 1
        if m >= largest:  # all further rounds are alike: a geometric series
            return expected + reached * calls / (1 - fail)
        expected += reached * calls
        reached *= fail
        m = min(GROWTH * m, largest)
    return expected


def minimum_finding_calls(size: int) -> float:
    """Exact expected oracle calls until the minimum of ``size`` different values is the threshold.

    The threshold starts at a random item and moves to a uniform better one, so rank r is ever the threshold with
    probability ``1 / r``; each step costs ``grover_rounds(size, r - 1)``. Proving that it is the minimum is not
    counted.

    References
    ----------
    Durr, Hoyer (1996), A quantum algorithm for finding the minimum, arXiv:quant-ph/9607014.
    """
    return sum(grover_rounds(size, rank - 1) / rank for rank in range(2, size + 1))


def simulate_minimum_finding(size: int, repeats: int, rng: np.random.Generator) -> Float:
    """Oracle calls of ``repeats`` simulated runs of minimum finding, shape (repeats,)."""
    counts = np.zeros(repeats)
    largest = math.sqrt(size)
    for k in range(repeats):
        rank = int(rng.integers(1, size + 1))
        while rank > 1:
            theta, m = math.asin(math.sqrt((rank - 1) / size)), 1.0
            while True:
                j = int(rng.integers(0, math.ceil(m)))
                counts[k] += j + 1
                if rng.random() < math.sin((2 * j + 1) * theta) ** 2:
                    break
                m = min(GROWTH * m, largest)
            rank = int(rng.integers(1, rank))
    return counts
