"""A polynomial of any degree as a quadratic one: products of pairs become auxiliary bits, with proven penalties.

Rosenberg's substitution, with one weight for each of the two ways in which an auxiliary bit can be wrong. The pair that
stands in most terms of degree >= 3 is replaced first, which keeps the auxiliary bits few (not provably fewest).
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .arrays import AnyArray, Bits, Int, frozen
from .polynomial import BinaryPolynomial, Term

if TYPE_CHECKING:
    from .program import BinaryProgram


@dataclass(frozen=True, eq=False)
class Quadratised:
    """A quadratic polynomial over n bits and one auxiliary bit a pair, and what the auxiliary bits stand for.

    For every x, the least energy over the auxiliary bits is the polynomial's value at x, and the products of the pairs
    reach it. So minima, and every bound, are those of the polynomial.

    Parameters
    ----------
    polynomial : over bits, of degree <= 2, n + a variables.
    pairs : shape (a, 2); auxiliary bit n + k is the product of these two, each smaller than n + k.

    Examples
    --------
    >>> result = quadratise(BinaryPolynomial.from_terms(3, {(0, 1, 2): -5}))
    >>> result.pairs.tolist(), result.polynomial.degree
    ([[0, 1]], 2)
    >>> result.complete([[1, 1, 1]]).tolist(), result.polynomial.energies([[1, 1, 1, 1]]).tolist()
    ([[1, 1, 1, 1]], [-5.0])
    """

    polynomial: BinaryPolynomial
    pairs: Int

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", frozen(np.reshape(self.pairs, (-1, 2)), np.int64))

    @property
    def num_variables(self) -> int:
        """Bits that the polynomial had before, n."""
        return self.polynomial.num_variables - len(self.pairs)

    def complete(self, X: AnyArray) -> Bits:
        """Points (k, n + a) whose auxiliary bits are the products, from points of n bits or more."""
        n = self.num_variables
        Z = np.empty((len(np.atleast_2d(X)), n + len(self.pairs)), dtype=np.uint8)
        Z[:, :n] = np.atleast_2d(np.asarray(X, dtype=np.uint8))[:, :n]
        for k, (i, j) in enumerate(self.pairs.tolist()):
            Z[:, n + k] = Z[:, i] & Z[:, j]
        return Z

    def program(self, names: tuple[str, ...] = ()) -> BinaryProgram:
        """The quadratic polynomial as a program without rows; auxiliary bits are named ``product[i,j]``."""
        from scipy.sparse import csr_array

        from .program import BinaryProgram

        total = self.polynomial.num_variables
        c, Q = np.zeros(total), csr_array((total, total))
        for indices, values in self.polynomial.by_degree:
            if indices.shape[1] == 1:
                c[indices[:, 0]] = values
            else:
                Q = csr_array((values, (indices[:, 0], indices[:, 1])), shape=(total, total))
        own = names or tuple(f"x[{i}]" for i in range(self.num_variables))
        return BinaryProgram(
            c=c, Q=Q, offset=self.polynomial.offset, names=own + tuple(f"product[{i},{j}]" for i, j in self.pairs)
        )


def quadratise(polynomial: BinaryPolynomial) -> Quadratised:
    """The polynomial with every term of degree >= 3 brought down to 2.

    Step: in all terms T of degree >= 3 that hold i and j, ``x_i x_j`` becomes a new bit y. With ``P`` the sum of their
    positive coefficients and ``N`` that of the absolute negative ones, the energy gains::

        P x_i x_j + y ((P + 2 N) - (P + N) (x_i + x_j))

    which is 0 where y = x_i x_j; P where y = 0 although x_i x_j = 1, when the terms may have become cheaper by at most
    P; and at least N where y = 1 although x_i x_j = 0, when they may have become cheaper by at most N. Hence no wrong y
    is better than the right one, whatever the other bits are (auxiliary bits of earlier steps included), and by
    induction over the steps the claim of ``Quadratised`` holds. A uniform weight max(P, N) gives up to twice the
    coefficients.

    References
    ----------
    I. G. Rosenberg (1975), Reduction of bivalent maximization to the quadratic case, Cahiers du Centre d'Etudes de
    Recherche Operationnelle 17, 71-74; there one weight for all, here two that are as small as this proof allows.
    """
    given = polynomial.to_binary()
    steps = _Substitution(given)
    while (pair := steps.commonest()) is not None:
        steps.replace(pair)
    total = given.num_variables + len(steps.pairs)
    short = BinaryPolynomial.from_terms(total, steps.short, given.offset)
    return Quadratised(short, np.array(steps.pairs, dtype=np.int64))


class _Substitution:
    """The terms while pairs are being replaced: ``short`` of degree <= 2, the others by number with their pairs."""

    def __init__(self, polynomial: BinaryPolynomial) -> None:
        self.short: dict[Term, float] = defaultdict(float)
        self.long: dict[int, tuple[Term, float]] = {}
        self.pairs: list[Term] = []
        self._holders: dict[Term, set[int]] = defaultdict(set)
        self._next = polynomial.num_variables
        for number, (term, value) in enumerate(polynomial.terms()):
            if len(term) <= 2:
                self.short[term] += value
            else:
                self._put(number, term, value)
        self._heap = [(-len(terms), pair) for pair, terms in self._holders.items()]
        heapq.heapify(self._heap)

    def commonest(self) -> Term | None:
        """The pair in most long terms, the first in order where several are; None when no long term is left."""
        while self._heap:
            count, pair = heapq.heappop(self._heap)
            now = len(self._holders[pair])
            if now == -count and now:
                return pair
            if now:
                heapq.heappush(self._heap, (-now, pair))
        return None

    def replace(self, chosen: Term) -> None:
        """A new bit in the place of ``x_i x_j`` in all long terms, with the penalty that holds it there."""
        i, j = chosen
        y = self._next
        self._next += 1
        self.pairs.append((i, j))
        positive = negative = 0.0
        touched: set[Term] = set()
        for number in sorted(self._holders[chosen]):
            term, value = self.long.pop(number)
            for pair in itertools.combinations(term, 2):
                self._holders[pair].discard(number)
            positive, negative = positive + max(value, 0.0), negative + max(-value, 0.0)
            rest: Term = (*(k for k in term if k not in (i, j)), y)
            if len(rest) == 2:
                self.short[rest] += value
            else:
                self._put(number, rest, value)
                touched.update(itertools.combinations(rest, 2))
        for more in sorted(touched):
            heapq.heappush(self._heap, (-len(self._holders[more]), more))
        self.short[i, j] += positive
        self.short[(y,)] += positive + 2 * negative
        self.short[i, y] -= positive + negative
        self.short[j, y] -= positive + negative

    def _put(self, number: int, term: Term, value: float) -> None:
        self.long[number] = term, value
        for pair in itertools.combinations(term, 2):
            self._holders[pair].add(number)
