"""Depth-one QAOA in closed form: energies, best angles and all <Z_i>, <Z_i Z_j> of any Ising model, without a state.

Spins s = 1 - 2z, energy ``sum_i h_i s_i + sum_{i<j} J_ij s_i s_j``; gates exp(-i gamma H), exp(+i beta sum X).
Limits: one layer. The energy takes the sum of the couplings' degrees, correlations of all pairs O(n**3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ..core.arrays import is_sparse

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

_BLOCK = 128
# Above this share of couplings the flat lists of neighbours outgrow the matrices.
_DENSE_SHARE = 0.2


#: Seconds of the best angles of a model: dense ones n cubed times this, sparse ones the degrees of all ends and edges.
_PER_TRIPLE, _PER_NEIGHBOUR, _PER_EDGE = 2.7e-7, 2.7e-6, 4e-4


def depth_one_seconds(num_spins: int, num_couplings: int) -> float:
    """About how long ``optimize_depth_one`` and the correlations take, measured on one core."""
    if num_couplings > _DENSE_SHARE * max(1, num_spins * (num_spins - 1) // 2):
        return float(_PER_TRIPLE * num_spins**3)
    return float((_PER_NEIGHBOUR * 4 * num_couplings / max(1, num_spins) + _PER_EDGE) * num_couplings)


@dataclass(frozen=True, eq=False)
class Correlations:
    """Expectation values in the depth-one state.

    Parameters
    ----------
    z : shape (n,), <Z_i>
    rows, cols : shape (m,), the pairs i < j
    zz : shape (m,), <Z_i Z_j>
    """

    z: Float
    rows: Int
    cols: Int
    zz: Float


@dataclass(frozen=True)
class Waves:
    """The energy as a wave in beta at one gamma: ``a sin 2b + c sin 4b + d (1 - cos 4b) / 2``."""

    a: float
    c: float
    d: float

    def energy(self, beta: float) -> float:
        """Mean energy at an angle."""
        return float(self.a * np.sin(2 * beta) + self.c * np.sin(4 * beta) + self.d * np.sin(2 * beta) ** 2)

    def best_beta(self) -> tuple[float, float]:
        """The beta of least energy in (-pi/2, pi/2], and that energy, from the roots of a quartic in exp(2 i beta).

        >>> [round(x, 6) for x in Waves(0.0, -1.0, 0.0).best_beta()]
        [0.392699, -1.0]
        """
        # E' = 2a cos 2b + 4c cos 4b + 2d sin 4b; with w = exp(2ib), 2 w^2 E'/2 is a polynomial in w.
        c, d = 2 * self.c, self.d
        scale = max(abs(self.a), abs(c), abs(d))
        if scale == 0:
            return 0.0, 0.0
        roots = np.roots(np.array([c - 1j * d, self.a, 0, self.a, c + 1j * d]) / scale)
        candidates = np.concatenate([np.angle(roots) / 2, [0.0]])
        values = np.array([self.energy(beta) for beta in candidates])
        # Without fields the period is pi/2: of equal minima the one nearest zero.
        least = np.flatnonzero(values <= values.min() + 1e-12 * scale)
        best = least[np.argmin(np.abs(candidates[least]))]
        return float(candidates[best]), float(values[best])


class DepthOne:
    """An Ising model prepared for many angles.

    Parameters
    ----------
    h : shape (n,)
    J : symmetric (n, n) or triangular, dense or scipy sparse; the diagonal must be zero. A pair counts once: given both
        above and below the diagonal, the two must be equal.

    References
    ----------
    Ozaeta, van Dam, McMahon (2022), Expectation values from the single-layer quantum approximate optimization algorithm
    on Ising problems, arXiv:2012.03421, theorem 1 (there exp(-i beta sum X): beta changes sign here).

    Examples
    --------
    An edge with J = 1 is solved exactly:

    >>> model = DepthOne([0, 0], [[0, 1], [1, 0]])
    >>> round(model.energy(np.pi / 4, np.pi / 8), 12)
    -1.0
    """

    def __init__(self, h: npt.ArrayLike, J: Any) -> None:
        self.h = np.array(h, dtype=np.float64)
        if self.h.ndim != 1 or not np.isfinite(self.h).all():
            raise ValueError("h must be finite fields of shape (n,)")
        self.J = _symmetric(J, self.h.size)
        self.rows, self.cols, self.weights = _upper(self.J)
        self.is_dense = self.rows.size > _DENSE_SHARE * max(1, self.n * (self.n - 1) // 2)
        if self.is_dense == is_sparse(self.J):
            from scipy.sparse import csr_array

            self.J = self.J.toarray() if self.is_dense else csr_array(self.J)
        self._shared = None if self.is_dense else self._neighbours()

    @property
    def n(self) -> int:
        """Number of spins."""
        return self.h.size

    def energy(self, gamma: float, beta: float) -> float:
        """Mean energy at two angles."""
        return self.waves(gamma).energy(beta)

    def waves(self, gamma: float) -> Waves:
        """The energy at one gamma as a function of beta."""
        if self.is_dense:
            both, apart = self._dense_products(gamma)
            both, apart = both[self.rows, self.cols], apart[self.rows, self.cols]
        else:
            both, apart = self._edge_products(gamma)
        single = self._single_products(gamma)
        field = float(-self.h @ (np.sin(2 * gamma * self.h) * single.all))
        coupling = float(self.weights @ self._coupling(gamma, single, self.rows, self.cols, self.weights))
        return Waves(field, -coupling / 2, float(-self.weights @ (both - apart) / 2))

    def correlations(self, gamma: float, beta: float, *, pairs: Literal["all", "couplings"] = "all") -> Correlations:
        """<Z_i> and <Z_i Z_j> of all pairs i < j, or of the couplings only."""
        single = self._single_products(gamma)
        z = -np.sin(2 * beta) * np.sin(2 * gamma * self.h) * single.all
        if pairs == "all":
            rows, cols = np.triu_indices(self.n, 1)
            weights = self._dense()[rows, cols]
        else:
            rows, cols, weights = self.rows, self.cols, self.weights
        if pairs == "all" or self.is_dense:
            both, apart = (product[rows, cols] for product in self._dense_products(gamma))
        else:
            both, apart = self._edge_products(gamma)
        zz = -np.sin(4 * beta) / 2 * self._coupling(gamma, single, rows, cols, weights)
        zz -= np.sin(2 * beta) ** 2 / 2 * (both - apart)
        return Correlations(z, rows, cols, zz)

    def _coupling(self, gamma: float, single: _Single, rows: Int, cols: Int, weights: Float) -> Float:
        """sin(2g J_ij) [cos(2g h_i) prod_{k != j} cos(2g J_ik) + the same with i and j exchanged]."""
        local = np.cos(2 * gamma * self.h)
        ends = local[rows] * single.without(rows, cols) + local[cols] * single.without(cols, rows)
        return np.asarray(np.sin(2 * gamma * weights) * ends, dtype=np.float64)

    def _single_products(self, gamma: float) -> _Single:
        return (
            _Single.of_dense(np.cos(2 * gamma * self._dense())) if self.is_dense else _Single.of_sparse(self.J, gamma)
        )

    def _edge_products(self, gamma: float) -> tuple[Float, Float]:
        """cos(2g (h_i +- h_j)) prod_{k != i, j} cos(2g (J_ik +- J_jk)) of the couplings, from flat neighbour lists."""
        assert self._shared is not None
        first, second, starts = self._shared
        if not self.rows.size:
            return np.empty(0), np.empty(0)
        out = []
        for sign in (1, -1):
            factors = np.cos(2 * gamma * (first + sign * second))
            product = np.multiply.reduceat(factors, starts)
            out.append(product * np.cos(2 * gamma * (self.h[self.rows] + sign * self.h[self.cols])))
        return out[0], out[1]

    def _dense_products(self, gamma: float) -> tuple[Float, Float]:
        """The same products of all pairs, blocks of rows and columns at a time; the lower triangle is not filled."""
        dense = 2 * gamma * self._dense()
        cos, sin = np.cos(dense), np.sin(dense)
        both, apart = np.ones((self.n, self.n)), np.ones((self.n, self.n))
        for top in range(0, self.n, _BLOCK):
            for left in range(top, self.n, _BLOCK):
                rows, cols = slice(top, min(top + _BLOCK, self.n)), slice(left, min(left + _BLOCK, self.n))
                _pair_products(cos, sin, (rows, cols), both[rows, cols], apart[rows, cols])
        fields = 2 * gamma * self.h
        both *= np.cos(fields[:, None] + fields)
        apart *= np.cos(fields[:, None] - fields)
        return both, apart

    def _dense(self) -> Float:
        out: Float = self.J if isinstance(self.J, np.ndarray) else self.J.toarray()
        return out

    def _neighbours(self) -> tuple[Float, Float, Int]:
        """For each coupling (i, j) the pairs (J_ik, J_jk) over the k next to i or j: flat lists, and their starts."""
        from scipy.sparse import csr_array

        matrix = csr_array(self.J)
        first, second, starts, at = [], [], [], 0
        place = np.full(self.n, -1, dtype=np.int64)
        for i, j in zip(self.rows, self.cols):
            near_i = slice(matrix.indptr[i], matrix.indptr[i + 1])
            near_j = slice(matrix.indptr[j], matrix.indptr[j + 1])
            who = np.union1d(matrix.indices[near_i], matrix.indices[near_j])
            who = who[(who != i) & (who != j)]
            place[who] = np.arange(who.size)
            # A leading zero pair (factor 1) keeps the segment from being empty.
            pair = np.zeros((2, who.size + 1))
            for row, near, other in ((0, near_i, j), (1, near_j, i)):
                keep = matrix.indices[near] != other
                pair[row, 1 + place[matrix.indices[near][keep]]] = matrix.data[near][keep]
            first.append(pair[0])
            second.append(pair[1])
            starts.append(at)
            at += pair.shape[1]
        if not first:
            return np.empty(0), np.empty(0), np.empty(0, dtype=np.int64)
        return np.concatenate(first), np.concatenate(second), np.array(starts, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Single:
    """Products ``prod_k cos(2g J_ik)`` of each spin, and the same without one k."""

    all: Float
    dense: Float | None  # [i, k]: without k
    keys: Int
    values: Float

    @classmethod
    def of_dense(cls, cos: Float) -> _Single:
        n = cos.shape[0]
        ahead, behind = np.ones((n, n + 1)), np.ones((n, n + 1))
        np.cumprod(cos, axis=1, out=ahead[:, 1:])
        np.cumprod(cos[:, ::-1], axis=1, out=behind[:, 1:])
        # Prefix times suffix: no division, so a zero cosine does no harm.
        return cls(ahead[:, -1].copy(), ahead[:, :-1] * behind[:, -2::-1], np.empty(0, dtype=np.int64), np.empty(0))

    @classmethod
    def of_sparse(cls, matrix: csr_array, gamma: float) -> _Single:
        cos = np.cos(2 * gamma * matrix.data)
        n = matrix.shape[0]
        total, without = np.ones(n), np.ones(cos.size)
        for i in range(n):
            near = slice(matrix.indptr[i], matrix.indptr[i + 1])
            ahead = np.cumprod(np.r_[1.0, cos[near]])
            behind = np.cumprod(np.r_[1.0, cos[near][::-1]])[::-1]
            total[i], without[near] = ahead[-1], ahead[:-1] * behind[1:]
        rows = np.repeat(np.arange(n, dtype=np.int64), np.diff(matrix.indptr))
        return cls(total, None, rows * n + matrix.indices, without)

    def without(self, rows: Int, cols: Int) -> Float:
        """``prod_{k != col} cos(2g J_row,k)``; pairs without a coupling leave nothing out."""
        if self.dense is not None:
            return self.dense[rows, cols]
        wanted = rows * self.all.size + cols
        place = np.minimum(np.searchsorted(self.keys, wanted), max(0, self.keys.size - 1))
        if not self.keys.size:
            return self.all[rows]
        return np.where(self.keys[place] == wanted, self.values[place], self.all[rows])


def optimize_depth_one(h: npt.ArrayLike, J: Any, *, num_gammas: int = 32) -> tuple[float, float, float]:
    """Gamma, beta and energy of the best depth-one state found: a scan of gamma with the best beta each, then refined.

    Gammas reach to 2 / (root mean square of the local couplings): beyond, all products of cosines have died out, up to
    revivals of commensurate couplings that are no better.

    Parameters
    ----------
    h, J : as for `DepthOne`
    num_gammas : points of the scan

    Examples
    --------
    >>> gamma, beta, energy = optimize_depth_one([0, 0], [[0, 1], [1, 0]])
    >>> round(energy, 9)
    -1.0
    """
    from scipy.optimize import minimize_scalar

    model = h if isinstance(h, DepthOne) else DepthOne(h, J)
    squares = np.asarray((model.J * model.J).sum(axis=1)).ravel() + model.h**2
    size = float(np.sqrt(squares.mean())) if squares.size else 0.0
    if size == 0.0:
        return 0.0, 0.0, 0.0
    gammas = np.linspace(0, 2 / size, num_gammas + 1)[1:]
    energies = [model.waves(gamma).best_beta()[1] for gamma in gammas]
    best, step = int(np.argmin(energies)), gammas[0]
    found = minimize_scalar(
        lambda gamma: model.waves(gamma).best_beta()[1],
        bounds=(gammas[best] - step, gammas[best] + step),
        method="bounded",
        options={"xatol": 1e-7 * step},
    )
    gamma = float(found.x) if found.fun < energies[best] else float(gammas[best])
    beta, energy = model.waves(gamma).best_beta()
    return gamma, beta, energy


def correlations(
    h: npt.ArrayLike, J: Any, gamma: float, beta: float, *, pairs: Literal["all", "couplings"] = "all"
) -> Correlations:
    """All <Z_i> and <Z_i Z_j> of a depth-one state; see `DepthOne.correlations`. h has shape (n,), J (n, n)."""
    return DepthOne(h, J).correlations(gamma, beta, pairs=pairs)


def _pair_products(cos: Float, sin: Float, block: tuple[slice, slice], both: Float, apart: Float) -> None:
    """Multiply into both, apart (r, c) the factors cos(a +- b) of all spins k but the two of each pair."""
    rows, cols = block
    near, far = np.empty_like(both), np.empty_like(both)
    for k in range(cos.shape[0]):
        np.multiply.outer(cos[k, rows], cos[k, cols], out=near)
        np.multiply.outer(sin[k, rows], sin[k, cols], out=far)
        if rows.start <= k < rows.stop:
            near[k - rows.start], far[k - rows.start] = 1.0, 0.0
        if cols.start <= k < cols.stop:
            near[:, k - cols.start], far[:, k - cols.start] = 1.0, 0.0
        near -= far
        both *= near
        near += far
        near += far
        apart *= near


def _upper(J: Any) -> tuple[Int, Int, Float]:
    """Couplings above the diagonal."""
    if isinstance(J, np.ndarray):
        rows, cols = np.nonzero(np.triu(J, 1))
        return rows, cols, J[rows, cols]
    from scipy.sparse import coo_array, triu

    upper = coo_array(triu(J, 1))
    return upper.row.astype(np.int64), upper.col.astype(np.int64), upper.data.astype(np.float64)


def _symmetric(J: Any, n: int) -> Any:
    """Couplings as a symmetric matrix with zero diagonal: a dense array, or csr_array if they came sparse."""
    if is_sparse(J):
        from scipy.sparse import csr_array

        matrix = csr_array(J, dtype=np.float64, copy=True)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        diagonal, transposed, finite = matrix.diagonal(), csr_array(matrix.T), np.isfinite(matrix.data).all()
        lower_entries = bool((matrix.multiply(transposed)).nnz)
        equal = (matrix != transposed).nnz == 0
    else:
        matrix = np.array(J, dtype=np.float64)
        if matrix.shape != (n, n):
            raise ValueError(f"J must have shape ({n}, {n}), got {matrix.shape}")
        diagonal, transposed, finite = np.diag(matrix), matrix.T, np.isfinite(matrix).all()
        lower_entries = bool(np.any(matrix * transposed))
        equal = bool(np.array_equal(matrix, transposed))
    if matrix.shape != (n, n):
        raise ValueError(f"J must have shape ({n}, {n}), got {matrix.shape}")
    if not finite or np.any(diagonal):
        raise ValueError("J must be finite with a zero diagonal; a constant belongs into the offset")
    if lower_entries and not equal:
        raise ValueError("J must be symmetric or triangular, got two values for one pair")
    out = matrix if equal else matrix + transposed
    if is_sparse(out):
        out = type(out)(out)
        out.sort_indices()
    return out
