"""Relations between spins, put into a model one after another: what is left, and the way back to all spins.

A relation is ``s_j = sign s_i`` or ``s_i = sign``. It is exact in models of any degree; the caller chooses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import AnyArray, Bits, Float, Int
from ...core.margins import ROUNDING
from ..ising import Ising
from ..spin_polynomial import SpinPolynomial, spins_of


@dataclass(frozen=True, eq=False)
class Relations:
    """What is known: original spin k is ``sign[k] * s[home[k]]``, or ``sign[k]`` itself where home is -1.

    Parameters
    ----------
    ising : the remaining model, of degree two or of any degree; its spin i is original spin ``alive[i]``.
    """

    ising: Ising | SpinPolynomial
    alive: Int
    home: Int
    sign: Int

    @staticmethod
    def none(bqm: Any) -> Relations:
        """No relation yet."""
        n = bqm.num_variables
        return Relations(spins_of(bqm), np.arange(n), np.arange(n), np.ones(n, dtype=np.int64))

    @property
    def num_left(self) -> int:
        return self.ising.n

    def fixed(self, i: int, sign: int) -> Relations:
        """Spin i is the constant ``sign``."""
        constant = self.home == i
        home = np.where(constant, -1, self.home - (self.home > i))
        return self._without(i, -1, sign, home, constant)

    def merged(self, i: int, j: int, sign: int) -> Relations:
        """Spin j is ``sign`` times spin i."""
        joined = self.home == j
        home = np.where(joined, i, self.home)
        return self._without(j, i, sign, home - (home > j), joined)

    def expanded(self, Z: AnyArray) -> Bits:
        """Points of the original model for points (k, num_left) of the remaining one."""
        spins = np.concatenate([1 - 2 * np.asarray(Z, dtype=np.int64), np.ones((len(Z), 1), dtype=np.int64)], axis=1)
        return ((1 - spins[:, self.home] * self.sign) // 2).astype(np.uint8)

    def _without(self, k: int, home_of_k: int, sign: int, home: Int, is_changed: AnyArray) -> Relations:
        signs = np.where(is_changed, self.sign * sign, self.sign)
        return Relations(self.ising.substituted(k, home_of_k, sign), np.delete(self.alive, k), home, signs)


def strongest(
    ising: Ising | SpinPolynomial, singles: Float, pairs: Float, rng: np.random.Generator
) -> tuple[int, int, float]:
    """``(i, j, correlation)`` of the largest magnitude over ``ising.candidates`` (j = -1: a spin alone).

    Equal ones are settled by chance. A model without any term left has its last spin fixed.
    """
    rows, columns, alone = ising.candidates
    values = np.concatenate([pairs[rows, columns], singles[alone]])
    if not len(values):
        return ising.n - 1, -1, 1.0
    largest = np.abs(values)
    ties = np.flatnonzero(largest >= largest.max() - ROUNDING)
    k = int(rng.choice(ties))
    if k < len(rows):
        return int(rows[k]), int(columns[k]), float(values[k])
    return int(alone[k - len(rows)]), -1, float(values[k])


def settled_at_once(known: Relations, singles: Float, pairs: Float, most: int) -> Relations:
    """Relations of a quadratic model from one set of correlations, strongest first, until ``most`` spins are left.

    A forest of the strongest pairs (Kruskal), with a node more for spins alone: what taking one relation after another
    from correlations that are not renewed comes to, without a matrix at each step. A spin in no pair is fixed at 1.

    Parameters
    ----------
    singles, pairs : <Z_i>, shape (n,), and <Z_i Z_j>, shape (n, n), of the n spins that are left.
    """
    assert isinstance(known.ising, Ising)
    rows, columns, alone = known.ising.candidates
    values = np.concatenate([pairs[rows, columns], singles[alone]])
    starts, ends = np.concatenate([rows, alone]), np.concatenate([columns, np.full(len(alone), -1)])
    n = known.num_left
    home, signs = np.arange(n + 1), np.ones(n + 1, dtype=np.int64)  # the last one is the constant 1
    left = n
    for at in np.argsort(-np.abs(values), kind="stable").tolist():
        i, j = int(starts[at]), int(ends[at])
        a, b = int(home[i]), int(home[j])
        if left <= most or a == b:
            continue
        stays, goes = (a, b) if a == n else (b, a)
        moved = home == goes
        signs[moved] *= (1 if values[at] >= 0 else -1) * signs[i] * signs[j]
        home[moved] = stays
        left -= 1
    roots = np.unique(home[home < n])
    home[np.isin(home, roots[most:])] = n
    kept = roots[:most]
    new = np.where(home < n, np.searchsorted(kept, np.minimum(home, n - 1)), -1)[:n]
    signs = signs[:n]
    is_open = known.home >= 0
    return Relations(
        known.ising.contracted(new, signs),
        known.alive[kept],
        np.where(is_open, new[known.home], -1),
        np.where(is_open, known.sign * signs[known.home], known.sign),
    )
