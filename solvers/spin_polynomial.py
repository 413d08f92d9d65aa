"""Spin form of a polynomial of any degree, with what circuits and angles need of it; the sister of ``Ising``."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import BinaryPolynomial, Float, Int, PolynomialModel, bqm_to_arrays
from ..core.polynomial import Term
from ..engines.diagonal import CostDiagonal, polynomial_cost
from .ising import Ising, Scale, degree_factor


@dataclass(frozen=True, eq=False)
class SpinPolynomial:
    """``offset + sum_t c_t prod s_i`` with s = 1 - 2 z; each product of k spins is a phase of k qubits.

    Examples
    --------
    >>> spins = SpinPolynomial.of(BinaryPolynomial.from_terms(3, {(0, 1, 2): 8, (0,): -2}))
    >>> spins.num_terms, spins.two_qubit_gates, spins.unit("max")
    (6, 10, 1.0)
    """

    polynomial: BinaryPolynomial

    @staticmethod
    def of(polynomial: BinaryPolynomial) -> SpinPolynomial:
        """The spin form of a polynomial."""
        return SpinPolynomial(polynomial.to_spin())

    def model(self) -> PolynomialModel:
        """The model of the polynomial; the inverse of ``spins_of``."""
        return PolynomialModel(self.polynomial)

    @property
    def candidates(self) -> tuple[Int, Int, Int]:
        """Pairs i < j that stand in a term together, and the spins of terms of odd degree, as ``Ising.candidates``.

        Without a term of odd degree, complementary points have one energy and every <Z_i> is 0.
        """
        terms = [term for term, _ in self.polynomial.terms()]
        pairs = sorted({pair for term in terms for pair in itertools.combinations(term, 2)})
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        alone = sorted({i for term in terms if len(term) % 2 for i in term})
        return rows, columns, np.array(alone, dtype=np.int64)

    def substituted(self, k: int, home: int, sign: int) -> SpinPolynomial:
        """Without spin k, which is ``sign`` times spin ``home``, or ``sign`` itself where home is -1.

        No degree grows; a term with both spins loses two factors. Sums that cancel but for rounding are no term.
        """
        terms: list[tuple[Term, float]] = []
        for term, value in self.polynomial.terms():
            rest = tuple(i for i in term if i != k)
            if len(rest) < len(term):
                rest, value = (*rest, home) if home >= 0 else rest, sign * value
            terms.append((tuple(i - (i > k) for i in rest), value))
        summed = BinaryPolynomial.from_terms(self.n - 1, terms, self.offset, "spin")
        least = 1e-14 * max(1.0, float(np.abs(self.coefficients).max(initial=0.0)))
        kept = ((term, value) for term, value in summed.terms() if abs(value) > least)
        return SpinPolynomial(BinaryPolynomial.from_terms(self.n - 1, kept, summed.offset, "spin"))

    @property
    def offset(self) -> float:
        """Energy of no term; the mean energy over all points."""
        return self.polynomial.offset

    def operator(self) -> Any:
        """Qiskit SparsePauliOp without the offset, qubit i = variable i."""
        from qiskit.quantum_info import SparsePauliOp

        terms = [("Z" * len(term), list(term), value) for term, value in self.polynomial.terms()]
        return SparsePauliOp.from_sparse_list(terms or [("", [], 0.0)], num_qubits=self.n)

    @property
    def n(self) -> int:
        """Number of spins."""
        return self.polynomial.num_variables

    @property
    def num_terms(self) -> int:
        """Terms without the constant."""
        return self.polynomial.num_terms

    @property
    def coefficients(self) -> Float:
        """Coefficients by degree, shape (num_terms,)."""
        return self.polynomial.coefficients

    @property
    def masks(self) -> Int:
        """The spins of each term as the bits of a word, shape (num_terms,)."""
        return np.array([sum(1 << i for i in term) for term, _ in self.polynomial.terms()], dtype=np.int64)

    @property
    def two_qubit_gates(self) -> int:
        """CX of the phases of one layer: a ladder up and down, 2 (k - 1) for a product of k spins."""
        return sum(2 * (degree - 1) * count for degree, count in self.polynomial.counts.items())

    def unit(self, scale: Scale = "rms") -> float:
        """Magnitude of the coefficients, as ``Ising.unit``: ``rms`` sums the mean squares of the degrees.

        The degree in its angle factor is the mean number of products of two or more spins that a spin stands in.
        """
        if scale == "none" or not self.num_terms:
            return 1.0
        if scale == "max":
            return float(np.abs(self.coefficients).max())
        rms = float(np.sqrt(sum(float((values**2).mean()) for _, values in self.polynomial.by_degree)))
        products = [indices for indices, _ in self.polynomial.by_degree if indices.shape[1] > 1]
        touched = {int(i) for indices in products for i in np.unique(indices)}
        return rms / degree_factor(sum(indices.size for indices in products) / max(1, len(touched)))

    def logical_depth(self, num_layers: int) -> int:
        """Depth of the circuit with one CX ladder a product in the order of the terms, before any transpilation."""
        level = np.ones(self.n, dtype=np.int64)
        for _ in range(num_layers):
            for term, _ in self.polynomial.terms():
                for a, b in itertools.pairwise(term):
                    level[a] = level[b] = max(level[a], level[b]) + 1
                level[term[-1]] += 1
                for a, b in reversed(list(itertools.pairwise(term))):
                    level[a] = level[b] = max(level[a], level[b]) + 1
            level += 1
        return int(level.max(initial=0))


def polynomial_of(model: Any) -> BinaryPolynomial:
    """The polynomial of a PolynomialModel, or of a BINARY quadratic model with labels 0..m-1."""
    if isinstance(model, PolynomialModel):
        return model.polynomial
    return BinaryPolynomial.from_quadratic(*bqm_to_arrays(model))


def spins_of(model: Any) -> Ising | SpinPolynomial:
    """The model over spins, of degree two or of any degree."""
    return SpinPolynomial.of(model.polynomial) if isinstance(model, PolynomialModel) else Ising.of(model)


def diagonal_of(model: Any) -> CostDiagonal:
    """The energies of all points of a model of any degree, on the host."""
    if isinstance(model, PolynomialModel):
        return polynomial_cost(model.polynomial)
    return CostDiagonal.from_arrays(*bqm_to_arrays(model))
