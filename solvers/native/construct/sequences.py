"""Greedy rule of sequences of low autocorrelation: sign by sign, then flips while one lowers the energy."""

from __future__ import annotations

import numpy as np

from ....core import Int, Solution
from ....problems.labs import Labs
from .default import construct

#: Beyond this length no flips are tried: each step looks at N**2 numbers.
MAX_DESCENT = 1000


@construct.register
def construct_labs(problem: Labs) -> Solution | None:
    """Each next sign as the sequence so far has less energy with it, then the best flip until none helps.

    Skew-symmetric sequences have the generic rule.

    Examples
    --------
    >>> problem = Labs(13)
    >>> problem.objective(construct(problem)) < problem.objective([0] * 13) // 20
    True
    """
    if problem.is_skew:
        generic: Solution | None = construct.dispatch(object)(problem)
        return generic
    s = np.ones(problem.length, dtype=np.int64)
    C = np.zeros(problem.length, dtype=np.int64)
    for i in range(1, problem.length):
        step = s[:i][::-1]
        s[i] = 1 if C[1 : i + 1] @ step <= 0 else -1
        C[1 : i + 1] += s[i] * step
    solution: Solution = (1 - (_descended(s, C[1:]) if problem.length <= MAX_DESCENT else s)) // 2
    return solution


def _descended(s: Int, C: Int) -> Int:
    """The signs after the best flip, again and again; C_k are the sums at shifts 1..N-1."""
    n = len(s)
    i, k = np.arange(n)[:, None], np.arange(1, n)
    energy = int(C @ C)
    while True:
        padded = np.concatenate([np.zeros(n, dtype=np.int64), s, np.zeros(n, dtype=np.int64)])
        sums = C - 2 * s[:, None] * (padded[n + i - k] + padded[n + i + k])
        energies = (sums**2).sum(axis=1)
        best = int(energies.argmin())
        if energies[best] >= energy:
            return s
        s, C, energy = np.where(np.arange(n) == best, -s, s), sums[best], int(energies[best])
