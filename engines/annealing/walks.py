"""The walks of the compiled module in Python: the same random words, the same moves, for machines without a compiler.

Whole numbers are exact in both, so the tests hold them equal move by move. About a hundred times slower.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import AnyArray
from ...core.margins import ROUNDING
from .reference import Counter


class Random(Counter):
    """The counter's words as uniform and exponential numbers."""

    def unit_interval(self) -> float:
        """Uniform number in (0, 1), neither end included, of 53 bits."""
        return ((self.word() >> 11) + 0.5) * (1.0 / 9007199254740992.0)

    def exponential(self) -> float:
        """Exponential number of mean 1."""
        return -math.log(self.unit_interval())

    def throw(self) -> bool:
        """A fair coin."""
        return bool(self.word() >> 63)

    def shuffled(self, count: int, first: int = 0) -> list[int]:
        """0..count-1 with the places from ``first`` on in random order."""
        order = list(range(count))
        for k in range(count - 1, first, -1):
            other = first + self.below(k + 1 - first)
            order[k], order[other] = order[other], order[k]
        return order


class Walk(ABC):
    """See AnyWalk in _walks.h. What a walk has no use for (a scan, weights) does nothing."""

    size: int

    def __init__(self) -> None:
        self.random = Random(0)
        self.cost = 0.0
        self.best_cost, self.best_temperature = math.inf, 0.0
        self.best_point: AnyArray = np.zeros(0, dtype=np.int64)
        self.proposals = self.accepted = 0
        self.found: list[float] | None = None

    def restart(self, seed: int) -> None:
        """Begin a read: random numbers of the seed, a new point, nothing remembered."""
        self.random = Random(seed)
        self.draw()
        self.best_cost = math.inf
        self.note(math.inf)

    def anneal(self, first: float, last: float, proposals: int) -> None:
        """So many proposals while the temperature falls geometrically from ``first`` to ``last``, block by block."""
        block = self.stride()
        for done in range(0, proposals, block):
            t = first * math.pow(last / first, done / proposals)
            self.begin_block(t)
            for _ in range(min(block, proposals - done)):
                self.propose(t)
        self.proposals += proposals

    def rises(self, proposals: int) -> list[float]:
        """The increases of cost that so many proposals of a descent met: what temperatures are chosen from."""
        self.found = []
        for _ in range(proposals):
            self.propose(1e-300)
        found, self.found = self.found, None
        return found

    def accepts(self, delta: float, t: float) -> bool:
        """Metropolis' rule: falls and level moves always, a rise ``delta`` with probability exp(-delta / t)."""
        if self.found is not None:
            if delta > ROUNDING:
                self.found.append(delta)
            return delta <= 0
        return delta <= 0 or delta < t * self.random.exponential()

    def note(self, t: float) -> None:
        """Remember the point if all rows hold and none before was better."""
        if self.cost >= self.best_cost - ROUNDING or not self.keeps_all_rows():
            return
        self.best_cost, self.best_temperature, self.best_point = self.cost, t, self.point()

    def descend(self) -> None:
        """Go down to a local minimum of the moves; walks without a descent stay where they are."""
        return

    def close(self, sweeps: int) -> None:
        """Mend broken rows at the end of a read; walks that always keep them have nothing to do."""
        return

    def keep_weights(self) -> None:
        """Begin later reads with the present weights; only walks with weighted rows have any."""
        return

    def begin_block(self, t: float) -> None:
        """What a walk does before each block at temperature ``t``; nothing unless it has weighted rows."""
        return

    def keeps_all_rows(self) -> bool:
        """Whether the present point keeps all rows; True for walks that never leave them."""
        return True

    @abstractmethod
    def draw(self) -> None:
        """A new random point with its cost."""

    @abstractmethod
    def propose(self, t: float) -> None:
        """One move, made if ``accepts`` takes it at temperature ``t``."""

    @abstractmethod
    def stride(self) -> int:
        """Proposals between two changes of the temperature."""

    @abstractmethod
    def point(self) -> AnyArray:
        """Copy of the present point, shape (size,)."""


class Exchanges(Walk):
    """Permutations by exchanges; a subclass says what one costs and what follows from it."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side, self.size = side, side * side
        self.place = list(range(side))

    def stride(self) -> int:
        """Proposals between two changes of the temperature: 16 a row of the assignment."""
        return 16 * self.side

    def point(self) -> AnyArray:
        """The bits of the assignment, row by row, shape (side**2,)."""
        x = np.zeros(self.size, dtype=np.int64)
        x[np.arange(self.side) * self.side + self.place] = 1
        return x

    def propose(self, t: float) -> None:
        """Exchange the places of two random rows, if ``accepts`` takes it."""
        if self.side < 2:
            return
        a, b = self.random.below(self.side), self.random.below(self.side - 1)
        b += b >= a
        d = self.change(a, b)
        if not self.accepts(d, t):
            return
        self.exchange(a, b, d)
        self.accepted += 1
        self.note(t)

    def descend(self) -> None:
        """Exchange pairs, in order, until none lowers the cost."""
        improved = True
        while improved:
            improved = False
            for a in range(self.side):
                for b in range(a + 1, self.side):
                    d = self.change(a, b)
                    if d < -ROUNDING:
                        self.exchange(a, b, d)
                        improved = True
        self.note(0.0)

    @abstractmethod
    def change(self, a: int, b: int) -> float:
        """Change of the cost if rows ``a`` and ``b`` exchanged their places."""

    @abstractmethod
    def exchange(self, a: int, b: int, d: float) -> None:
        """Make that exchange, whose change of the cost is ``d``."""


class PermutationWalk(Exchanges):
    """Any products; see _permutation.h."""

    def __init__(self, side: int, c: AnyArray, offset: float, ptr: AnyArray, col: AnyArray, weight: AnyArray) -> None:
        super().__init__(side)
        self.c, self.offset = np.asarray(c, dtype=np.float64), offset
        self.Q = np.zeros((self.size, self.size))
        self.Q[np.repeat(np.arange(self.size), np.diff(ptr)), col] = weight

    def draw(self) -> None:
        """A random permutation, with its cost and the local fields of all bits."""
        self.place = self.random.shuffled(self.side)
        chosen = np.arange(self.side) * self.side + self.place
        self.g = self.c + self.Q[chosen].sum(axis=0)
        self.cost = self.offset + float(sum(0.5 * (self.c[u] + self.g[u]) for u in chosen))

    def _bits(self, a: int, b: int) -> tuple[int, int, int, int]:
        p, q, side = self.place[a], self.place[b], self.side
        return a * side + p, b * side + q, a * side + q, b * side + p

    def change(self, a: int, b: int) -> float:
        """The change in O(1), from the local fields of the four bits."""
        off_a, off_b, on_a, on_b = self._bits(a, b)
        g, Q = self.g, self.Q
        return float(g[on_a] + g[on_b] - g[off_a] - g[off_b] + Q[off_a, off_b] + Q[on_a, on_b])

    def exchange(self, a: int, b: int, d: float) -> None:
        """Make the exchange; four rows of Q bring the local fields up to date."""
        off_a, off_b, on_a, on_b = self._bits(a, b)
        self.place[a], self.place[b] = self.place[b], self.place[a]
        self.cost += d
        self.g += self.Q[on_a] + self.Q[on_b] - self.Q[off_a] - self.Q[off_b]


class ProductWalk(Exchanges):
    """Flow times distance; see _permutation.h."""

    def __init__(self, side: int, c: AnyArray, offset: float, flow: AnyArray, distance: AnyArray) -> None:
        super().__init__(side)
        self.c, self.offset = c.reshape(side, side), offset
        self.F, self.D = flow.reshape(side, side), distance.reshape(side, side)

    def _total(self) -> float:
        p = np.array(self.place)
        return self.offset + float(self.c[np.arange(self.side), p].sum() + (self.F * self.D[np.ix_(p, p)]).sum())

    def draw(self) -> None:
        """A random permutation, with its cost."""
        self.place = self.random.shuffled(self.side)
        self.cost = self._total()

    def change(self, a: int, b: int) -> float:
        """The change by two evaluations of the whole cost: this is the reference, not the fast way."""
        before = self._total()
        self.place[a], self.place[b] = self.place[b], self.place[a]
        after = self._total()
        self.place[a], self.place[b] = self.place[b], self.place[a]
        return after - before

    def exchange(self, a: int, b: int, d: float) -> None:
        """Exchange the two places and add ``d`` to the cost."""
        self.place[a], self.place[b] = self.place[b], self.place[a]
        self.cost += d


class ChainWalk(Walk):
    """Cyclic orders; see _chain.h."""

    def __init__(self, nodes: int, links: AnyArray, offset: float) -> None:
        super().__init__()
        self.nodes = self.size = nodes
        self.links = links.reshape(nodes, nodes).tolist()
        self.is_symmetric = bool(np.array_equal(links.reshape(nodes, nodes), links.reshape(nodes, nodes).T))
        self.offset = offset
        self.order = list(range(nodes))

    def stride(self) -> int:
        """Proposals between two changes of the temperature: 16 a node."""
        return 16 * self.nodes

    def point(self) -> AnyArray:
        """The nodes in their order, shape (nodes,)."""
        return np.array(self.order, dtype=np.int64)

    def at(self, k: int) -> int:
        """Node at place ``k``; behind the last one stands the first again."""
        return self.order[0 if k == self.nodes else k]

    def draw(self) -> None:
        """A random order that begins at node 0, with its cost."""
        self.order = self.random.shuffled(self.nodes, first=1)
        self.cost = self.offset
        for k in range(self.nodes):
            self.cost += self.links[self.at(k)][self.at(k + 1)]

    def propose(self, t: float) -> None:
        """Reverse a piece or move a block; with links that differ by direction, exchange two neighbouring blocks."""
        if self.nodes < 3:
            return
        if not self.is_symmetric:
            self._exchange_blocks(t)
        elif self.random.throw():
            self._reverse(t)
        else:
            self._move_block(t)

    def _take(self, order: list[int], d: float, t: float) -> None:
        self.order = order
        self.cost += d
        self.accepted += 1
        self.note(t)

    def _reverse(self, t: float) -> None:
        i, j = 1 + self.random.below(self.nodes - 1), 1 + self.random.below(self.nodes - 1)
        if i == j:
            return
        i, j = min(i, j), max(i, j)
        M, before, first, last, after = self.links, self.at(i - 1), self.at(i), self.at(j), self.at(j + 1)
        d = M[before][last] + M[first][after] - M[before][first] - M[last][after]
        if self.accepts(d, t):
            self._take(self.order[:i] + self.order[i : j + 1][::-1] + self.order[j + 1 :], d, t)

    def _move_block(self, t: float) -> None:
        length = 1 + self.random.below(min(3, self.nodes - 2))
        i = 1 + self.random.below(self.nodes - length)
        gap = self.random.below(self.nodes - length) + 1
        turned = length > 1 and self.random.throw()
        if gap == i and not turned:
            return
        M, block = self.links, self.order[i : i + length]
        rest = self.order[:i] + self.order[i + length :]
        moved = rest[:gap] + (block[::-1] if turned else block) + rest[gap:]
        before, after = self.at(i - 1), self.at(i + length)
        d = -M[before][block[0]] - M[block[-1]][after] + (0 if gap == i else M[before][after])
        left = before if gap == i else rest[gap - 1]
        right = after if gap == i else (rest[gap] if gap < len(rest) else rest[0])
        if gap != i:
            d -= M[left][right]
        first, last = block[0], block[-1]
        d += M[left][last] + M[first][right] if turned else M[left][first] + M[last][right]
        if self.accepts(d, t):
            self._take(moved, d, t)

    def _exchange_blocks(self, t: float) -> None:
        longest = self.nodes - 2
        most, few = min(longest, 50), min(longest, 3)
        a = 1 + self.random.below(few)
        b = 1 + self.random.below(most if self.random.throw() else few)
        if self.random.throw():
            a, b = b, a
        if a + b > self.nodes - 1:
            return
        i = 1 + self.random.below(self.nodes - 1)
        j, k = i + a, i + a + b
        if k > self.nodes:
            return
        M = self.links
        before, first, last = self.at(i - 1), self.at(i), self.at(j - 1)
        second, end, after = self.at(j), self.at(k - 1), self.at(k)
        d = M[before][second] + M[end][first] + M[last][after] - M[before][first] - M[last][second] - M[end][after]
        if self.accepts(d, t):
            self._take(self.order[:i] + self.order[j:k] + self.order[i:j] + self.order[k:], d, t)


def kernels() -> list[str]:
    """The one way to run: Python."""
    return ["numpy"]


def permutation(side: int, whole: bool, c: AnyArray, offset: float, *products: AnyArray) -> Walk:
    """A walk on permutations with any products: costs c (side**2,), products in CSR (ptr, col, weight)."""
    return PermutationWalk(side, c, offset, *products)


def product(side: int, c: AnyArray, offset: float, flow: AnyArray, distance: AnyArray) -> Walk:
    """A walk on permutations whose products are flow times distance; both, and the costs c, have shape (side**2,)."""
    return ProductWalk(side, c, offset, flow, distance)


def chain(nodes: int, links: AnyArray, offset: float) -> Walk:
    """A walk on cyclic orders; the links' costs in one row, shape (nodes**2,), or as a matrix."""
    return ChainWalk(nodes, links, offset)


def general(*given: Any) -> Walk:
    """A walk on any program."""
    from .general_walk import GeneralWalk

    return GeneralWalk(*given)


def restart(walk: Walk, seed: int) -> float:
    """Begin a read of the walk; the cost of its first point."""
    walk.restart(seed)
    return walk.cost


def anneal(walk: Walk, first: float, last: float, proposals: int) -> tuple[float, float]:
    """Anneal the walk; its cost and the best so far."""
    walk.anneal(first, last, proposals)
    return walk.cost, walk.best_cost


def rises(walk: Walk, proposals: int) -> bytes:
    """The increases met, as the bytes of float64 values."""
    return np.array(walk.rises(proposals), dtype=np.float64).tobytes()


def descend(walk: Walk) -> float:
    """Cost of the local minimum that the walk goes down to."""
    walk.descend()
    return walk.cost


def close(walk: Walk, sweeps: int) -> float:
    """Best cost after at most so many mending sweeps."""
    walk.close(sweeps)
    return walk.best_cost


def keep_weights(walk: Walk) -> None:
    """Begin later reads with the present weights of the rows."""
    walk.keep_weights()


def state(walk: Walk, out: npt.NDArray[np.int64]) -> tuple[float, int, int]:
    """Write the present point into ``out``, shape (size,); cost, proposals and accepted moves."""
    out[:] = walk.point()
    return walk.cost, walk.proposals, walk.accepted


def best(walk: Walk, out: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Write the best point into ``out``, shape (size,), if there is one; its cost (else inf) and temperature."""
    if math.isfinite(walk.best_cost):
        out[:] = walk.best_point
    return walk.best_cost, walk.best_temperature
