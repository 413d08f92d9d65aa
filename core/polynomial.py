"""Polynomials of any degree over bits or spins: terms as sorted index sets, in the form of a CSR matrix.

Points are always bits z; a spin is ``s = 1 - 2 z``, so that the same point has the same energy in both forms.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .arrays import AnyArray, Float, Int, digest, frozen
from .errors import UnsupportedError
from .polynomial_arrays import Block, collected, converted, is_canonical

if TYPE_CHECKING:
    import dimod

Vartype = Literal["binary", "spin"]
Term = tuple[int, ...]

#: A term of degree d becomes 2**d terms in the other form; beyond it that is refused.
MAX_CONVERTED_DEGREE = 20
#: Beyond it a number of variables is taken for a mistake: each has a name and a bit in every point.
MAX_VARIABLES = 10**7
#: Numbers held at once while points are evaluated.
_CHUNK = 1 << 22


@dataclass(frozen=True, eq=False)
class BinaryPolynomial:
    """``offset + sum_t coefficients_t prod_{i in term t} v_i`` over bits v = z or spins v = 1 - 2 z.

    Terms are canonical: distinct, by degree and then by index, each with its indices in ascending order, no zeros; make
    one by ``from_terms``, which adds equal terms and reduces powers (z_i**2 = z_i, s_i**2 = 1).

    Parameters
    ----------
    num_variables : n.
    indptr : shape (t + 1,); term t has the indices ``indices[indptr[t]:indptr[t + 1]]``.
    indices : shape (number of factors,).
    coefficients : shape (t,).

    Raises
    ------
    ValueError
        n is negative or above ``MAX_VARIABLES``, an index lies outside 0..n-1, a number is not finite, or the terms are
        not canonical.

    Examples
    --------
    >>> cubic = BinaryPolynomial.from_terms(3, {(0, 1, 2): 4, (1, 1): -1})
    >>> cubic.energies([[1, 1, 1], [0, 1, 0]]).tolist(), cubic.degree
    ([3.0, -1.0], 3)
    >>> cubic.to_spin().energies([[1, 1, 1], [0, 1, 0]]).tolist()
    [3.0, -1.0]
    """

    num_variables: int
    indptr: Int = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    indices: Int = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    coefficients: Float = field(default_factory=lambda: np.zeros(0))
    offset: float = 0.0
    vartype: Vartype = "binary"

    def __post_init__(self) -> None:
        if self.vartype not in ("binary", "spin"):
            raise ValueError(f"vartype must be binary or spin, got {self.vartype!r}")
        if not 0 <= self.num_variables <= MAX_VARIABLES:
            raise ValueError(f"num_variables must lie in 0..{MAX_VARIABLES}, got {self.num_variables}")
        for key, dtype in (("indptr", np.int64), ("indices", np.int64), ("coefficients", np.float64)):
            object.__setattr__(self, key, frozen(getattr(self, key), dtype))
        object.__setattr__(self, "offset", float(self.offset))
        if not (np.isfinite(self.coefficients).all() and np.isfinite(self.offset)):
            raise ValueError("coefficients must be finite numbers, got nan or infinity; check the instance")
        if self.indices.size and not (self.indices.min() >= 0 and self.indices.max() < self.num_variables):
            bad = int(self.indices[(self.indices < 0) | (self.indices >= self.num_variables)][0])
            raise ValueError(f"indices must lie in 0..{self.num_variables - 1}, got {bad}; check the terms")
        if not (self._is_tight and is_canonical(self.by_degree, self.indptr)):
            raise ValueError("terms must be canonical (sorted, distinct, nonzero); use BinaryPolynomial.from_terms")

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for key in ("indptr", "indices", "coefficients"):
            self.__dict__[key] = frozen(self.__dict__[key], self.__dict__[key].dtype)

    @property
    def _is_tight(self) -> bool:
        lengths = np.diff(self.indptr)
        return (
            self.indptr.size == self.coefficients.size + 1
            and int(self.indptr[0]) == 0
            and int(self.indptr[-1]) == self.indices.size
            and bool((lengths > 0).all())
            and bool((self.coefficients != 0).all())
        )

    @staticmethod
    def from_terms(
        num_variables: int,
        terms: Mapping[Term, float] | Iterable[tuple[Iterable[int], float]],
        offset: float = 0.0,
        vartype: Vartype = "binary",
    ) -> BinaryPolynomial:
        """The polynomial of these terms; equal ones are added, repeated factors reduced, the empty one is the offset.

        Examples
        --------
        >>> list(BinaryPolynomial.from_terms(2, {(1, 0, 1): 2, (0,): 3}, vartype="spin").terms())
        [((0,), 5.0)]
        """
        total: dict[Term, float] = {}
        for term, value in terms.items() if isinstance(terms, Mapping) else terms:
            key = reduced(term, vartype)
            total[key] = total.get(key, 0.0) + float(value)
        constant = offset + total.pop((), 0.0)
        kept = sorted((key for key, value in total.items() if value != 0), key=lambda term: (len(term), term))
        return BinaryPolynomial(
            int(num_variables),
            np.cumsum([0, *map(len, kept)]),
            np.array([i for term in kept for i in term], dtype=np.int64),
            np.array([total[term] for term in kept], dtype=np.float64),
            constant,
            vartype,
        )

    @staticmethod
    def from_quadratic(linear: Float, rows: Int, columns: Int, values: Float, offset: float = 0.0) -> BinaryPolynomial:
        """``offset + linear z + sum_k values_k z_rows_k z_columns_k`` over bits; the pairs are of different variables.

        Examples
        --------
        >>> quadratic = BinaryPolynomial.from_quadratic(np.array([1.0, 0.0]), np.array([1]), np.array([0]), np.ones(1))
        >>> list(quadratic.terms())
        [((0,), 1.0), ((0, 1), 1.0)]
        """
        pairs = np.sort(np.stack([rows, columns], axis=1).astype(np.int64), axis=1)
        blocks = [(np.arange(len(linear))[:, None], np.asarray(linear)), (pairs, np.asarray(values))]
        return BinaryPolynomial._of_blocks(len(linear), blocks, offset, "binary")

    @staticmethod
    def _of_blocks(num_variables: int, blocks: Sequence[Block], offset: float, vartype: Vartype) -> BinaryPolynomial:
        terms = collected(blocks)
        constant = offset + terms.constant
        return BinaryPolynomial(num_variables, terms.indptr, terms.indices, terms.coefficients, constant, vartype)

    @staticmethod
    def from_dimod(polynomial: dimod.BinaryPolynomial) -> BinaryPolynomial:
        """That of dimod with labels 0..n-1; dimod's spins are ``2 z - 1``, the negative of ours.

        Raises
        ------
        ValueError
            The labels are not 0..n-1.
        """
        labels = sorted(polynomial.variables)
        if labels != list(range(len(labels))):
            raise ValueError(f"labels must be 0..{len(labels) - 1}, got {labels[:5]}; relabel the polynomial first")
        is_spin = polynomial.vartype.name == "SPIN"
        terms = ((tuple(key), value * (-1) ** (len(key) * is_spin)) for key, value in polynomial.items())
        return BinaryPolynomial.from_terms(len(labels), terms, vartype="spin" if is_spin else "binary")

    def to_dimod(self) -> dimod.BinaryPolynomial:
        """As dimod has it, the constant as the empty term; a variable in no term gets one of coefficient 0."""
        import dimod

        is_spin = self.vartype == "spin"
        terms: dict[Term, float] = {(i,): 0.0 for i in range(self.num_variables)}
        terms |= {term: value * (-1) ** (len(term) * is_spin) for term, value in self.terms()}
        return dimod.BinaryPolynomial({**terms, (): self.offset}, "SPIN" if is_spin else "BINARY")

    def terms(self) -> Iterator[tuple[Term, float]]:
        """Each term with its coefficient, the constant apart."""
        indices, ends = self.indices.tolist(), self.indptr.tolist()
        for (start, end), value in zip(itertools.pairwise(ends), self.coefficients.tolist(), strict=True):
            yield tuple(indices[start:end]), value

    @property
    def num_terms(self) -> int:
        """Terms without the constant."""
        return int(self.coefficients.size)

    @property
    def degree(self) -> int:
        """Factors of the longest term; 0 for a constant."""
        return int(np.diff(self.indptr).max(initial=0))

    @property
    def counts(self) -> dict[int, int]:
        """Number of terms by degree."""
        return dict(sorted(Counter(np.diff(self.indptr).tolist()).items()))

    @cached_property
    def by_degree(self) -> tuple[tuple[Int, Float], ...]:
        """Indices (t, d) and coefficients (t,) of the terms of each degree d that occurs."""
        lengths = np.diff(self.indptr)
        found = []
        for d in self.counts:
            chosen = np.flatnonzero(lengths == d)
            found.append((self.indices[self.indptr[chosen][:, None] + np.arange(d)], self.coefficients[chosen]))
        return tuple(found)

    @cached_property
    def fingerprint(self) -> str:
        """Digest of form and terms."""
        return digest([[self.vartype, self.num_variables], self.indptr, self.indices, self.coefficients, [self.offset]])

    @property
    def size(self) -> float:
        """Sum of the absolute coefficients and constant: no energy is larger, and rounding is a share of it."""
        return float(np.abs(self.coefficients).sum() + abs(self.offset))

    def energies(self, Z: Any) -> Float:
        """Energy of each point of bits (k, n), shape (k,).

        Raises
        ------
        ValueError
            The points have another width.
        """
        points = np.atleast_2d(np.asarray(Z))
        if points.ndim != 2 or points.shape[1] != self.num_variables:
            raise ValueError(f"points must have shape (k, {self.num_variables}), got {points.shape}")
        values = np.ascontiguousarray((1 - 2 * points.astype(np.int8) if self.vartype == "spin" else points).T)
        values = values.astype(np.int8)
        total: Float = np.full(len(points), self.offset)
        for indices, coefficients in self.by_degree:
            step = max(1, _CHUNK // max(1, len(points)))
            for start in range(0, len(indices), step):
                part = indices[start : start + step]
                products = values[part[:, 0]]
                for column in part.T[1:]:
                    products = products * values[column]
                total += coefficients[start : start + step] @ products
        return total

    def to_binary(self) -> BinaryPolynomial:
        """The same function over bits: ``prod s_i = sum over subsets S of (-2)^|S| prod z``."""
        return self if self.vartype == "binary" else self._converted("binary", 1.0, -2.0)

    def to_spin(self) -> BinaryPolynomial:
        """The same function over spins: ``prod z_i = 2^-d sum over subsets S of (-1)^|S| prod s``."""
        return self if self.vartype == "spin" else self._converted("spin", 0.5, -0.5)

    def _converted(self, vartype: Vartype, constant: float, factor: float) -> BinaryPolynomial:
        """Each variable replaced by ``constant + factor * v``."""
        if self.degree > MAX_CONVERTED_DEGREE:
            raise UnsupportedError(
                f"degree must be at most {MAX_CONVERTED_DEGREE} to change between bits and spins, got {self.degree} "
                f"(2**{self.degree} terms); keep the form it has"
            )
        return self._of_blocks(
            self.num_variables, list(converted(self.by_degree, constant, factor)), self.offset, vartype
        )

    def plus(self, other: BinaryPolynomial) -> BinaryPolynomial:
        """The sum of two polynomials of one form over the same variables."""
        return BinaryPolynomial.from_terms(
            self._same(other), itertools.chain(self.terms(), other.terms()), self.offset + other.offset, self.vartype
        )

    def times(self, other: BinaryPolynomial) -> BinaryPolynomial:
        """The product of two polynomials of one form: a penalty is a polynomial times itself, times its weight."""
        pairs = itertools.product([*self.terms(), ((), self.offset)], [*other.terms(), ((), other.offset)])
        terms = ((a + b, x * y) for (a, x), (b, y) in pairs)
        return BinaryPolynomial.from_terms(self._same(other), terms, vartype=self.vartype)

    def scaled(self, factor: float) -> BinaryPolynomial:
        """All coefficients and the constant times a number."""
        terms = ((term, factor * value) for term, value in self.terms())
        return BinaryPolynomial.from_terms(self.num_variables, terms, factor * self.offset, self.vartype)

    def _same(self, other: BinaryPolynomial) -> int:
        if (self.num_variables, self.vartype) != (other.num_variables, other.vartype):
            raise ValueError(
                f"polynomials must be over the same {self.num_variables} variables ({self.vartype}), "
                f"got {other.num_variables} ({other.vartype}); convert one by to_binary() or to_spin()"
            )
        return self.num_variables


def reduced(term: Iterable[int], vartype: Vartype) -> Term:
    """A product's variables, ascending, each once: over spins, those that stand in it an odd number of times.

    Examples
    --------
    >>> reduced((2, 0, 2), "binary"), reduced((2, 0, 2), "spin")
    ((0, 2), (0,))
    """
    factors = [int(i) for i in term]
    if vartype == "binary":
        return tuple(sorted(set(factors)))
    return tuple(sorted(i for i, count in Counter(factors).items() if count % 2))


def spins(Z: AnyArray) -> AnyArray:
    """``1 - 2 z`` as signed bytes. Same shape."""
    return np.asarray(1 - 2 * np.asarray(Z).astype(np.int8), dtype=np.int8)
