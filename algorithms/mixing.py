"""Max-Cut SDP by the mixing method: unit vectors on the nodes, each in turn turned against its neighbours' sum.

Low rank (Burer-Monteiro), so the primal side is only as good as its convergence; the *dual* bound is valid wherever the
vectors stand, and certified where a dense factorisation proved its smallest eigenvalue. Weights of either sign.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..core.arrays import AnyArray, Float, Int, frozen

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Up to this many nodes the dual bound is certified by dense factorisation (4000: 130 MB and about a second).
_DENSE_NODES = 4000
#: Up to this many nodes the dense eigenvalue itself is as cheap as the Lanczos one.
_SMALL_NODES = 150
#: Graphs denser than this are swept node by node on a dense matrix; sparser ones by colour classes.
_DENSE_SHARE = 0.15


@dataclass(frozen=True)
class Mixing:
    """Settings of the mixing method.

    Parameters
    ----------
    rank : length of the vectors; None: ceil(sqrt(2 n)) + 1, above which no spurious local optimum is to be expected.
    tolerance : a sweep that raises the objective by less than this share ends the ascent. Cuts of QUBOs with large
        penalties are heavy whatever the point, so that they want 1e-9.
    max_sweeps, seconds : limits of the ascent; seconds None: no limit.
    """

    rank: int | None = None
    tolerance: float = 1e-7
    max_sweeps: int = 2000
    seconds: float | None = None


@dataclass(frozen=True, eq=False)
class SdpResult:
    """Vectors of the Max-Cut SDP and what they prove.

    Parameters
    ----------
    vectors : unit vectors, shape (n, rank).
    objective : ``sum_edges w_ij (1 - <v_i, v_j>) / 2``; below the SDP's optimum, and itself no bound of anything.
    bound : no cut is heavier. From the dual; see ``dual_bound``.
    is_certified : a dense factorisation proved the bound's eigenvalue. False: treat ``bound`` as an estimate.
    sweeps : sweeps over all nodes.
    """

    vectors: Float
    objective: float
    bound: float
    is_certified: bool
    sweeps: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "vectors", frozen(self.vectors))

    def correlations(self, heads: npt.ArrayLike, tails: npt.ArrayLike) -> Float:
        """``<v_i, v_j>`` of the pairs (heads, tails), in [-1, 1]: > 0 for the same side."""
        left, right = self.vectors[np.asarray(heads)], self.vectors[np.asarray(tails)]
        products: Float = np.clip(np.einsum("ek,ek->e", left, right), -1.0, 1.0)
        return products

    def gram(self) -> Float:
        """All correlations, shape (n, n)."""
        return np.clip(self.vectors @ self.vectors.T, -1.0, 1.0)


def default_rank(num_nodes: int) -> int:
    """ceil(sqrt(2 n)) + 1: beyond the rank that some SDP optimum has (Barvinok, Pataki)."""
    return math.ceil(math.sqrt(2 * num_nodes)) + 1


def mixing_method(
    weights: Any,
    settings: Mixing | None = None,
    *,
    start: Float | None = None,
    seed: int = 0,
    certify: bool = True,
) -> SdpResult:
    """Near-optimum of ``max sum_edges w_ij (1 - <v_i, v_j>) / 2`` over unit vectors, with a dual bound.

    Coordinate ascent ``v_i <- -g_i / |g_i|``, ``g_i = sum_j w_ij v_j``; nodes of one colour class of a sparse graph
    have no edge between them and are updated together, which is the same ascent in another order.

    Parameters
    ----------
    weights : symmetric W with zero diagonal, dense or scipy sparse, shape (n, n).
    start : vectors to start from, shape (n, k), any length k and not 0; e.g. those of a larger graph before a merge.
    seed : of the random start.
    certify : False skips the dual side: the bound is then +inf.

    References
    ----------
    P.-W. Wang, W.-C. Chang, J. Z. Kolter (2017), The mixing method, arXiv:1706.00476; S. Burer, R. D. C. Monteiro
    (2003), A nonlinear programming algorithm for solving semidefinite programs, doi:10.1007/s10107-002-0352-8.

    Examples
    --------
    >>> result = mixing_method(np.ones((3, 3)) - np.eye(3))
    >>> round(result.objective, 3), round(result.bound, 3), result.is_certified
    (2.25, 2.25, True)
    """
    settings = settings or Mixing()
    W = _checked(weights)
    n = W.shape[0]
    vectors = _start(n, settings.rank or default_rank(n), start, seed)
    if not n:
        return SdpResult(vectors, 0.0, 0.0, True, 0)
    sweep = _sweeper(W)
    began, sweeps = time.perf_counter(), 0
    objective = cut_objective(W, vectors)
    scale = float(abs(W).sum()) / 4.0 or 1.0
    while sweeps < settings.max_sweeps:
        gain = sweep(vectors)
        objective += gain
        sweeps += 1
        if gain <= settings.tolerance * max(abs(objective), 1e-3 * scale):
            break
        if settings.seconds is not None and time.perf_counter() - began > settings.seconds:
            break
    bound, is_certified = dual_bound(W, vectors) if certify else (math.inf, False)
    return SdpResult(vectors, cut_objective(W, vectors), bound, is_certified, sweeps)


def cut_objective(weights: Any, vectors: Float) -> float:
    """``sum_edges w_ij (1 - <v_i, v_j>) / 2`` over edges i < j of a symmetric W.

    W has shape (n, n), the vectors (n, rank).
    """
    return float(weights.sum() - np.einsum("ik,ik->", weights @ vectors, vectors)) / 4.0


def dual_bound(weights: Any, vectors: Float) -> tuple[float, bool]:
    """Upper bound of the SDP, and so of every cut, at any unit vectors; and whether it is certified.

    With ``s_i = -<g_i, v_i>`` and any ``t <= lambda_min(W + Diag(s))`` the dual point ``y = (W 1 + s - t) / 4`` is
    feasible (``Diag(y) >= L / 4``), so ``sum(y) = (sum W + sum s - n t) / 4`` bounds the SDP; at its optimum t = 0.

    Up to 4000 nodes t is proven by a dense factorisation; beyond, it is the Lanczos value less its residual: right
    unless Lanczos missed an eigenvalue, which nothing excludes, hence not certified.

    W has shape (n, n), the vectors (n, rank).
    """
    n = len(vectors)
    slack = -np.einsum("ik,ik->i", weights @ vectors, vectors)
    smallest, is_certified = _smallest_eigenvalue(weights, slack)
    bound = float(weights.sum() + slack.sum() - n * smallest) / 4.0
    return bound + 1e-12 * abs(bound), is_certified


def _smallest_eigenvalue(weights: Any, slack: Float) -> tuple[float, bool]:
    """Lower bound t of the eigenvalues of W + Diag(slack), and whether a dense check proved it.

    A Cholesky factor of ``M - t`` exists only if ``lambda_min >= t - (n + 2) eps trace(M - t)``, eps = 2**-52 (twice
    the rounding analysis of N. J. Higham (2002), Accuracy and Stability of Numerical Algorithms, theorem 10.3), which
    is taken off. The Lanczos value tells where to try: much cheaper than a dense eigenvalue.
    """
    n = len(slack)
    if n > _DENSE_NODES:
        return _lanczos(weights, slack), False
    M = (weights.toarray() if hasattr(weights, "toarray") else np.array(weights)) + np.diag(slack)
    size = float(np.linalg.norm(M))
    below = 1e-11 * size
    estimate = float(np.linalg.eigvalsh(M)[0]) if n <= _SMALL_NODES else _lanczos(weights, slack)
    diagonal = np.arange(n)
    while size:
        shifted = M.copy()
        shifted[diagonal, diagonal] -= estimate - below
        try:
            np.linalg.cholesky(shifted)
        except np.linalg.LinAlgError:  # the estimate was too high, or the shift is lost in rounding
            below *= 4.0
            continue
        return estimate - below - (n + 2) * 2.0**-52 * float(np.trace(shifted)), True
    return 0.0, True


def _lanczos(weights: Any, slack: Float) -> float:
    """Smallest Ritz value less its residual; Gershgorin's bound where Lanczos does not converge."""
    from scipy.sparse import csr_array, diags_array
    from scipy.sparse.linalg import ArpackNoConvergence, eigsh

    n = len(slack)
    M = weights + np.diag(slack) if isinstance(weights, np.ndarray) else csr_array(weights) + diags_array(slack)
    begin = np.random.default_rng(0).normal(size=n)
    try:
        values, modes = eigsh(M, k=1, which="SA", v0=begin, ncv=min(n, 40), tol=1e-5, maxiter=100 * n)
    except ArpackNoConvergence:
        return float((slack - abs(weights).sum(axis=1)).min())
    mode = modes[:, 0] / np.linalg.norm(modes[:, 0])
    return float(values[0] - np.linalg.norm(M @ mode - values[0] * mode))


def _checked(weights: Any) -> Any:
    """Dense array or CSR matrix, whichever the density asks for."""
    from scipy.sparse import csr_array

    W = csr_array(weights, dtype=np.float64)
    n = W.shape[0]
    if W.shape != (n, n) or W.diagonal().any() or (W - W.T).count_nonzero():
        raise ValueError(f"weights must be a symmetric matrix with zero diagonal, got shape {W.shape}")
    W.eliminate_zeros()
    return W if W.nnz < _DENSE_SHARE * n * n else W.toarray()


def _start(n: int, rank: int, start: Float | None, seed: int) -> Float:
    vectors = np.random.default_rng(seed).normal(size=(n, rank)) if start is None else np.array(start, dtype=np.float64)
    if vectors.shape[0] != n:
        raise ValueError(f"start must have one vector for each of {n} nodes, got shape {vectors.shape}")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (norms > 0).all():
        raise ValueError("start must hold vectors that are not 0")
    out: Float = vectors / norms
    return out


def _sweeper(W: Any) -> Callable[[AnyArray], float]:
    """Function that updates every node once, in place, and returns the growth of the objective."""
    if isinstance(W, np.ndarray):
        return lambda vectors: _sweep_nodes(W, vectors)
    colours = _colours(W)
    classes = [np.flatnonzero(colours == colour) for colour in range(int(colours.max()) + 1)]
    blocks = [(nodes, W[nodes]) for nodes in classes]
    return lambda vectors: _sweep_classes(blocks, vectors)


def _colours(W: csr_array) -> Int:
    """Greedy colouring, nodes of high degree first."""
    n = W.shape[0]
    colours = np.full(n, -1, dtype=np.int64)
    for node in np.argsort(-np.diff(W.indptr), kind="stable"):
        taken = colours[W.indices[W.indptr[node] : W.indptr[node + 1]]]
        is_taken = np.zeros(taken.size + 1, dtype=bool)
        is_taken[taken[(taken >= 0) & (taken <= taken.size)]] = True
        colours[node] = int(np.argmin(is_taken))
    return colours


def _sweep_nodes(W: Float, vectors: AnyArray) -> float:
    gain = 0.0
    for row, vector in zip(W, vectors):  # rows of ``vectors`` are views: assigning into one moves the node
        pull = row @ vectors
        norm = math.sqrt(pull.dot(pull))
        if norm > 0.0:
            gain += norm + float(pull.dot(vector))
            np.divide(pull, -norm, out=vector)
    return gain / 2.0


def _sweep_classes(blocks: list[tuple[Int, csr_array]], vectors: AnyArray) -> float:
    gain = 0.0
    for nodes, rows in blocks:
        pull = rows @ vectors
        norms = np.sqrt(np.einsum("ik,ik->i", pull, pull))
        gain += float((norms + np.einsum("ik,ik->i", pull, vectors[nodes])).sum())
        moved = norms > 0.0
        vectors[nodes[moved]] = -pull[moved] / norms[moved, None]
    return gain / 2.0
