"""All expectation values of depth one with their gradient, for any degree: products of cosines over the neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core import Float, Int
from .cones import CouplingGraph
from .groups import How

_TINY = 1e-200


@dataclass(frozen=True, eq=False)
class Products:
    """Products ``prod_k cos(2 gamma b_k)`` of many lists of b.

    Parameters
    ----------
    numbers : all lists, each beginning with a 0 (factor 1), so that none is empty
    starts : of each list
    """

    numbers: Float
    starts: Int

    def at(self, gamma: float) -> tuple[Float, Float]:
        """Values and derivatives by gamma, shape (products,) each."""
        angles = 2 * gamma * self.numbers
        cosines = np.cos(angles)
        cosines[np.abs(cosines) < _TINY] = _TINY  # the derivative then is the product of the others
        values = np.multiply.reduceat(cosines, self.starts)
        slopes = np.add.reduceat(-2 * self.numbers * np.sin(angles) / cosines, self.starts)
        return values, values * slopes


@dataclass(frozen=True, eq=False)
class DepthOneGroup:
    """<Z_i> of chosen spins, then <Z_i Z_j> of chosen couplings, after one layer.

    Parameters
    ----------
    single : of each chosen spin, all its couplings
    first, second : of each pair (i, j), the couplings of i (of j) but the one between them
    both, apart : of each pair, the sums (differences) of the couplings of i and j to each third spin

    References
    ----------
    Ozaeta, van Dam, McMahon (2022), arXiv:2012.03421, theorem 1.
    """

    h: Float
    h_first: Float
    h_second: Float
    couplings: Float
    single: Products
    first: Products
    second: Products
    both: Products
    apart: Products

    @staticmethod
    def of(graph: CouplingGraph, singles: list[int], pairs: list[tuple[int, int]]) -> DepthOneGroup:
        """The lists of a graph's spins and pairs."""
        around = [{other: float(graph.couplings[k]) for other, k in near} for near in graph.near]
        lists: tuple[list[list[float]], ...] = ([], [], [], [])
        for i, j in pairs:
            near, far = around[i], around[j]
            thirds = sorted((near.keys() | far.keys()) - {i, j})
            lists[0].append([near[k] for k in thirds if k in near])
            lists[1].append([far[k] for k in thirds if k in far])
            lists[2].append([near.get(k, 0.0) + far.get(k, 0.0) for k in thirds])
            lists[3].append([near.get(k, 0.0) - far.get(k, 0.0) for k in thirds])
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        own = np.array([around[i].get(j, 0.0) for i, j in pairs])
        products = [_products(part) for part in ([list(around[i].values()) for i in singles], *lists)]
        return DepthOneGroup(graph.h[singles], graph.h[table[:, 0]], graph.h[table[:, 1]], own, *products)

    @property
    def num_rows(self) -> int:
        return self.h.size + self.couplings.size

    def evaluate(self, gammas: Float, betas: Float, weights: Float | None, how: How) -> tuple[Float, Float]:
        """Correlations, shape (rows,), of one layer; with weights, shape (rows,), their sum's gradient, shape (2,),
        too.
        """
        gamma, beta = float(gammas[0]), float(betas[0])
        field = _times(_sine(gamma, self.h), self.single.at(gamma))
        local = _plus(
            _times(_cosine(gamma, self.h_first), self.first.at(gamma)),
            _times(_cosine(gamma, self.h_second), self.second.at(gamma)),
        )
        coupling = _times(_sine(gamma, self.couplings), local)
        both = _times(_cosine(gamma, self.h_first + self.h_second), self.both.at(gamma))
        apart = _times(_cosine(gamma, self.h_first - self.h_second), self.apart.at(gamma))
        a, b, c = -np.sin(2 * beta), -np.sin(4 * beta) / 2, -(np.sin(2 * beta) ** 2) / 2
        values = np.concatenate([a * field[0], b * coupling[0] + c * (both[0] - apart[0])])
        if weights is None:
            return values, np.zeros(2)
        by_gamma = np.concatenate([a * field[1], b * coupling[1] + c * (both[1] - apart[1])])
        a, b, c = -2 * np.cos(2 * beta), -2 * np.cos(4 * beta), -np.sin(4 * beta)
        by_beta = np.concatenate([a * field[0], b * coupling[0] + c * (both[0] - apart[0])])
        return values, np.array([weights @ by_gamma, weights @ by_beta])


Dual = tuple[Float, Float]


def _products(lists: list[list[float]]) -> Products:
    sizes = np.array([len(part) + 1 for part in lists], dtype=np.int64)
    numbers = [x for part in lists for x in (0.0, *part)]
    return Products(np.array(numbers, dtype=np.float64), np.cumsum(sizes) - sizes)


def _sine(gamma: float, x: Float) -> Dual:
    return np.sin(2 * gamma * x), 2 * x * np.cos(2 * gamma * x)


def _cosine(gamma: float, x: Float) -> Dual:
    return np.cos(2 * gamma * x), -2 * x * np.sin(2 * gamma * x)


def _times(a: Dual, b: Dual) -> Dual:
    return a[0] * b[0], a[0] * b[1] + a[1] * b[0]


def _plus(a: Dual, b: Dual) -> Dual:
    return a[0] + b[0], a[1] + b[1]
