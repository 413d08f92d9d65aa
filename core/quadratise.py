"""A polynomial of any degree as a quadratic one: auxiliary bits with proven penalties.

Pairs that stand in several terms are replaced in all of them (Rosenberg's substitution, the commonest first); what is
left is brought down term by term (Ishikawa; Freedman and Drineas), at the point where that takes the fewest bits. Few,
not provably fewest.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import AnyArray, Bits, Int, frozen
from .errors import UnsupportedError
from .polynomial import BinaryPolynomial, Term

if TYPE_CHECKING:
    from .program import BinaryProgram


#: More products than this are not built one by one in Python.
MAX_PRODUCTS = 3 * 10**6
#: Longer terms are brought down alone: a step would look at all their pairs.
MAX_PAIRED_DEGREE = 40


@dataclass(frozen=True, eq=False)
class Quadratised:
    """A quadratic polynomial over n bits and auxiliary bits, and what the auxiliary bits stand for.

    For every x, the least energy over the auxiliary bits is the polynomial's value at x, and the point of ``complete``
    reaches it. So minima, and every bound, are those of the polynomial.

    Parameters
    ----------
    polynomial : over bits, of degree <= 2, n + a variables.
    groups : for each auxiliary bit n + k some variables smaller than n + k; it is 1 where at least ``least[k]`` of them
        are. A product of two is "at least 2 of 2".
    least : shape (a,).

    Examples
    --------
    >>> result = quadratise(BinaryPolynomial.from_terms(3, {(0, 1, 2): -5}))
    >>> result.groups, result.least.tolist(), result.polynomial.degree
    (((0, 1, 2),), [3], 2)
    >>> result.complete([[1, 1, 1]]).tolist(), result.polynomial.energies([[1, 1, 1, 1]]).tolist()
    ([[1, 1, 1, 1]], [-5.0])
    """

    polynomial: BinaryPolynomial
    groups: tuple[Term, ...]
    least: Int

    def __post_init__(self) -> None:
        object.__setattr__(self, "least", frozen(self.least, np.int64))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @property
    def num_aux(self) -> int:
        """Auxiliary bits, a."""
        return len(self.groups)

    @property
    def num_variables(self) -> int:
        """Bits that the polynomial had before, n."""
        return self.polynomial.num_variables - self.num_aux

    def complete(self, X: AnyArray) -> Bits:
        """Points (k, n + a) with the auxiliary bits at their best, from points of n bits or more."""
        n = self.num_variables
        Z = np.empty((len(np.atleast_2d(X)), n + self.num_aux), dtype=np.uint8)
        Z[:, :n] = np.atleast_2d(np.asarray(X, dtype=np.uint8))[:, :n]
        for k, (group, least) in enumerate(zip(self.groups, self.least.tolist(), strict=True)):
            Z[:, n + k] = Z[:, list(group)].sum(axis=1, dtype=np.int64) >= least
        return Z

    def program(self, names: tuple[str, ...] = ()) -> BinaryProgram:
        """The quadratic polynomial as a program without rows; auxiliary bits are named ``least<k>[i,j,...]``."""
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
        pairs = zip(self.groups, self.least.tolist(), strict=True)
        more = tuple(f"least{least}[{','.join(map(str, group))}]" for group, least in pairs)
        return BinaryProgram(c=c, Q=Q, offset=self.polynomial.offset, names=own + more)


def quadratise(polynomial: BinaryPolynomial) -> Quadratised:
    """The polynomial with every term of degree >= 3 brought down to 2.

    *Pairs.* In all terms T of degree >= 3 that hold i and j, ``x_i x_j`` becomes a new bit y. With ``P`` the sum of
    their positive coefficients and ``N`` that of the absolute negative ones, the energy gains::

        P x_i x_j + y ((P + 2 N) - (P + N) (x_i + x_j))

    which is 0 where y = x_i x_j; P where y = 0 although x_i x_j = 1, when the terms may have become cheaper by at most
    P; and at least N where y = 1 although x_i x_j = 0, when they may have become cheaper by at most N. Hence no wrong y
    is better than the right one, whatever the other bits are (auxiliary bits of earlier steps included), and by
    induction over the steps the claim of ``Quadratised`` holds. A uniform weight max(P, N) gives up to twice the
    coefficients.

    *Terms.* With S the number of a term's d variables that are 1, and new bits y of this term alone::

        -prod x = min_y y (d - 1 - S)                                                    (one bit)
         prod x = S (S - 1) / 2 + sum_{m=1}^{(d-1)//2} min_y y (c_m (2 m - S) - 1)

    where c_m = 2, but 1 for the last m of an odd d. Proof of the second: for c = 2 the least is ``min(0, 4 m - 1 - 2
    S)``, for c = 1 ``min(0, 2 m - 1 - S)``. If S = 2 r < d, the sum is ``sum_{m <= r} (4 m - 1 - 4 r) = -r (2 r - 1) =
    -S (S - 1) / 2``; if S = 2 r + 1 < d, ``sum_{m <= r} (4 m - 3 - 4 r) = -r (2 r + 1)``, again that. If S = d is
    even, its m = d / 2 is missing, which had -1; if it is odd, its last m has ``-2`` in the place of ``-3``. So the
    value is 1. Each y is 1 where at least 2 m (d) of the variables are.

    The pairs are replaced, the commonest first, up to the step at which all bits together are fewest; those of terms
    longer than ``MAX_PAIRED_DEGREE`` are left.

    Raises
    ------
    UnsupportedError
        The products, d (d - 1) a term, are more than ``MAX_PRODUCTS``.

    References
    ----------
    I. G. Rosenberg (1975), Reduction of bivalent maximization to the quadratic case, Cahiers du Centre d'Etudes de
    Recherche Operationnelle 17, 71-74; there one weight for all, here two that are as small as this proof allows.
    D. Freedman, P. Drineas (2005), Energy minimization via graph cuts, CVPR, for negative terms; H. Ishikawa (2011),
    Transformation of general binary MRF minimization to the first-order case, IEEE TPAMI 33, 1234-1249, for positive.

    Examples
    --------
    >>> quadratise(BinaryPolynomial.from_terms(4, {(0, 1, 2, 3): 5})).num_aux  # pairs alone would take 2
    1
    """
    given = polynomial.to_binary()
    products = sum(count * degree * (degree - 1) for degree, count in given.counts.items() if degree > 2)
    if products > MAX_PRODUCTS:
        raise UnsupportedError(
            f"a polynomial must have at most {MAX_PRODUCTS:,} products to be quadratised, got {products:,} (degree "
            f"{given.degree}); use --encoder polynomial"
        )
    steps = _Substitution(given)
    fewest, chosen = steps.bits_of_terms, 0
    while (pair := steps.commonest()) is not None:
        steps.replace(pair)
        if len(steps.groups) + steps.bits_of_terms < fewest:
            fewest, chosen = len(steps.groups) + steps.bits_of_terms, len(steps.groups)
    if chosen < len(steps.groups):
        steps = _Substitution(given)
        for _ in range(chosen):
            pair = steps.commonest()
            assert pair is not None
            steps.replace(pair)
    steps.finish()
    total = given.num_variables + len(steps.groups)
    short = BinaryPolynomial.from_terms(total, steps.short, given.offset)
    return Quadratised(short, tuple(steps.groups), np.array(steps.least, dtype=np.int64))


def _own_bits(degree: int, value: float) -> int:
    """Auxiliary bits of one term that is brought down alone."""
    return (1 if value < 0 else (degree - 1) // 2) if degree > 2 else 0


class _Substitution:
    """The terms while pairs are being replaced: ``short`` of degree <= 2, the others by number with their pairs."""

    def __init__(self, polynomial: BinaryPolynomial) -> None:
        self.short: dict[Term, float] = defaultdict(float)
        self.long: dict[int, tuple[Term, float]] = {}
        self.groups: list[Term] = []
        self.least: list[int] = []
        self.bits_of_terms = 0
        self._holders: dict[Term, set[int]] = defaultdict(set)
        self._next = polynomial.num_variables
        for number, (term, value) in enumerate(polynomial.terms()):
            if len(term) <= 2:
                self.short[term] += value
            elif len(term) <= MAX_PAIRED_DEGREE:
                self._put(number, term, value)
            else:
                self.long[number] = term, value
        self._heap = [(-len(terms), pair) for pair, terms in self._holders.items()]
        heapq.heapify(self._heap)

    def commonest(self) -> Term | None:
        """The pair in most long terms, the first in order where several are; None when none stands in two of them."""
        while self._heap:
            count, pair = heapq.heappop(self._heap)
            now = len(self._holders[pair])
            if now == -count and now > 1:
                return pair
            if 1 < now != -count:
                heapq.heappush(self._heap, (-now, pair))
        return None

    def replace(self, chosen: Term) -> None:
        """A new bit in the place of ``x_i x_j`` in all long terms, with the penalty that holds it there."""
        i, j = chosen
        y = self._new((i, j), 2)
        positive = negative = 0.0
        touched: set[Term] = set()
        for number in sorted(self._holders[chosen]):
            term, value = self.long.pop(number)
            self.bits_of_terms -= _own_bits(len(term), value)
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

    def finish(self) -> None:
        """The terms that are left, one by one."""
        for term, value in self.long.values():
            d = len(term)
            if value < 0:
                self._threshold(term, d, -value, d - 1, 1)
                continue
            for pair in itertools.combinations(term, 2):
                self.short[pair] += value
            last = (d - 1) // 2
            for m in range(1, last + 1):
                weight = 1 if d % 2 and m == last else 2
                self._threshold(term, 2 * m, value, 2 * m * weight - 1, weight)
        self.long.clear()

    def _threshold(self, term: Term, least: int, value: float, constant: int, weight: int) -> None:
        """``value y (constant - weight S)`` with a new bit y."""
        y = self._new(term, least)
        self.short[(y,)] += value * constant
        for i in term:
            self.short[i, y] -= value * weight

    def _new(self, group: Term, least: int) -> int:
        self.groups.append(group)
        self.least.append(least)
        self._next += 1
        return self._next - 1

    def _put(self, number: int, term: Term, value: float) -> None:
        self.long[number] = term, value
        self.bits_of_terms += _own_bits(len(term), value)
        for pair in itertools.combinations(term, 2):
            self._holders[pair].add(number)
