"""The loss of Pauli correlation encoding: the spin form of a QUBO with each spin replaced by tanh of an expectation.

Linear terms stand directly on their own spins, or as couplings to an anchor spin whose sign all others are read
against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...core import AnyArray, Bits, Float, Int
from ..ising import Ising
from ..spin_polynomial import SpinPolynomial

LinearTerms = Literal["direct", "anchor"]
Regulariser = Literal["poljak-turzik", "edwards-erdos", "none"]


@dataclass(frozen=True, eq=False)
class PceLoss:
    """``sum J_ij t_i t_j + sum h_i t_i + beta nu (mean t**2)**2`` with ``t_i = tanh(scale <P_i>)``.

    Parameters
    ----------
    fields : shape (m,), h; zero with an anchor, which is spin 0.
    couplings : symmetric sparse matrix (m, m) of J.
    weight : beta nu.
    scale : of the tanh.

    References
    ----------
    Sciorilli et al. (2025), arXiv:2401.09421, equations 3 and 4; with signed weights nu takes their absolute values,
    and linear terms, which that paper has none of, are ours.
    """

    fields: Float
    couplings: Any
    weight: float
    scale: float
    has_anchor: bool

    @staticmethod
    def of(ising: Ising, linear: LinearTerms, scale: float, beta: float, regulariser: Regulariser) -> PceLoss:
        """The loss of a QUBO's spin form."""
        from scipy.sparse import coo_array

        shift = 1 if linear == "anchor" else 0
        m = ising.n + shift
        i, j, values = ising.rows + shift, ising.columns + shift, ising.couplings
        fields = np.zeros(m)
        if shift:
            bent = np.flatnonzero(ising.fields)
            i, j = np.concatenate([i, np.zeros_like(bent)]), np.concatenate([j, bent + 1])
            values = np.concatenate([values, ising.fields[bent]])
        else:
            fields[:] = ising.fields
        both = coo_array((np.tile(values, 2), (np.concatenate([i, j]), np.concatenate([j, i]))), shape=(m, m)).tocsr()
        return PceLoss(fields, both, beta * nu(regulariser, m, i, j, values), scale, bool(shift))

    @property
    def num_spins(self) -> int:
        return len(self.fields)

    def value(self, expectations: Float) -> float:
        """The loss at the spins' expectations, shape (num_spins,)."""
        t = np.tanh(self.scale * expectations)
        return float(t @ (self.couplings @ t) / 2 + self.fields @ t + self.weight * np.mean(t**2) ** 2)

    def slopes(self, expectations: Float) -> tuple[float, Float]:
        """The loss and its derivative in each expectation, both arrays of shape (num_spins,)."""
        t = np.tanh(self.scale * expectations)
        pull, square = self.couplings @ t, float(np.mean(t**2))
        value = float(t @ pull / 2 + self.fields @ t + self.weight * square**2)
        by_t = pull + self.fields + self.weight * 4 * square * t / len(t)
        return value, by_t * self.scale * (1 - t**2)

    def decode(self, expectations: AnyArray) -> Bits:
        """The point by the signs, read against the anchor where there is one; an expectation of 0 counts as +1.

        ``expectations`` have shape (num_spins,), the point (n,): one less with an anchor.
        """
        is_down = np.asarray(expectations) < 0
        return (is_down[1:] ^ is_down[0] if self.has_anchor else is_down).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class PolynomialLoss:
    """``sum_t c_t prod_{i in t} t_i + beta nu (mean t**2)**2``, the same of terms of any degree; ours.

    With an anchor, which is spin 0, terms of odd degree are products with it too. nu is half the sum of the absolute
    coefficients of products (the leading part of what it is for couplings); 0 for the regulariser ``none``.

    Parameters
    ----------
    groups : for each degree the spins (t, d) and coefficients (t,) of its terms.
    """

    groups: tuple[tuple[Int, Float], ...]
    num_spins: int
    weight: float
    scale: float
    has_anchor: bool

    @staticmethod
    def of(
        spins: SpinPolynomial, linear: LinearTerms, scale: float, beta: float, regulariser: Regulariser
    ) -> PolynomialLoss:
        """The loss of a polynomial's spin form."""
        has_anchor = linear == "anchor"
        groups = []
        for indices, values in spins.polynomial.by_degree:
            moved = indices + has_anchor
            if has_anchor and indices.shape[1] % 2:
                moved = np.concatenate([np.zeros((len(moved), 1), dtype=np.int64), moved], axis=1)
            groups.append((moved, values))
        size = sum(float(np.abs(values).sum()) for moved, values in groups if moved.shape[1] > 1)
        weight = 0.0 if regulariser == "none" else beta * size / 2
        return PolynomialLoss(tuple(groups), spins.n + has_anchor, weight, scale, has_anchor)

    def value(self, expectations: Float) -> float:
        """The loss at the spins' expectations, shape (num_spins,)."""
        return self.slopes(expectations)[0]

    def slopes(self, expectations: Float) -> tuple[float, Float]:
        """The loss and its derivative in each expectation, both arrays of shape (num_spins,)."""
        t = np.tanh(self.scale * expectations)
        square = float(np.mean(t**2))
        value, by_t = self.weight * square**2, self.weight * 4 * square * t / len(t)
        for indices, values in self.groups:
            factors = t[indices]
            value += float(values @ factors.prod(axis=1))
            for place in range(indices.shape[1]):
                others = np.delete(factors, place, axis=1).prod(axis=1)
                by_t += np.bincount(indices[:, place], values * others, minlength=len(t))
        return value, by_t * self.scale * (1 - t**2)

    def decode(self, expectations: AnyArray) -> Bits:
        """As ``PceLoss.decode``: the point, shape (n,), of expectations, shape (num_spins,)."""
        is_down = np.asarray(expectations) < 0
        return (is_down[1:] ^ is_down[0] if self.has_anchor else is_down).astype(np.uint8)


def loss_of(
    spins: Ising | SpinPolynomial, linear: LinearTerms, scale: float, beta: float, regulariser: Regulariser
) -> PceLoss | PolynomialLoss:
    """The loss of a model over spins."""
    if isinstance(spins, SpinPolynomial):
        return PolynomialLoss.of(spins, linear, scale, beta, regulariser)
    return PceLoss.of(spins, linear, scale, beta, regulariser)


def nu(regulariser: Regulariser, num_spins: int, i: Int, j: Int, values: Float) -> float:
    """Scale of the regulariser: a lower bound of the largest cut of the graph with weights |J|.

    ``edwards-erdos``: (m/2 + (n - 1)/4) times the mean |J|; ``poljak-turzik``: w(G)/2 + w(T)/4 with T a spanning
    forest of least weight. The couplings stand at ``i``, ``j`` with ``values``, shape (m,) each.

    References
    ----------
    Poljak, Turzik (1986), A polynomial time heuristic for certain subgraph optimization problems with guaranteed worst
    case bound, doi:10.1016/0012-365X(86)90192-5, theorem 1; Edwards (1973).

    Examples
    --------
    >>> triangle = (np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([1.0, 1.0, -1.0]))
    >>> nu("edwards-erdos", 3, *triangle), nu("poljak-turzik", 3, *triangle)
    (2.0, 2.0)
    """
    weights = np.abs(values)
    if regulariser == "none" or not weights.size:
        return 0.0
    if regulariser == "edwards-erdos":
        return float((weights.size / 2 + (num_spins - 1) / 4) * weights.mean())
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    graph = coo_array((weights, (i, j)), shape=(num_spins, num_spins)).tocsr()
    return float(weights.sum() / 2 + minimum_spanning_tree(graph).sum() / 4)
