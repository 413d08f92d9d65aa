"""Points from correlations of spins: signs of the leading eigenvectors of their matrix, and of mixtures of these.

They are roundings, not samples of the state that the correlations are of: good cuts at any size, and no distribution.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Bits, Float
from .depth_one import Correlations

#: Eigenvectors that are mixed.
LEADING = 16
#: Up to this many nodes the matrix is taken apart as a dense one.
_DENSE_NODES = 400


def rounded_points(found: Correlations, num_points: int, rng: np.random.Generator) -> Bits:
    """Points (num_points, n), z = (1 - s)/2: the eigenvectors' signs first, then signs of random mixtures of them.

    The matrix has <Z_i Z_j> of the known pairs, and where some <Z_i> is not 0 a further node, the anchor, with <Z_i>;
    its side is s = +1. A mixture is ``sum_k g_k sqrt(lambda_k) v_k`` over the positive ones of the leading eigenvalues,
    g normal: hyperplane rounding of the matrix of low rank nearest to the correlations.

    References
    ----------
    Dupont, Sundar (2024), Extending relax-and-round combinatorial optimization solvers with quantum correlations,
    arXiv:2307.05821: the eigenvectors' signs. The mixtures are ours, after Goemans and Williamson (1995),
    doi:10.1145/227683.227684.

    Examples
    --------
    >>> ring = Correlations(np.zeros(4), np.array([0, 1, 2, 0]), np.array([1, 2, 3, 3]), np.full(4, -0.5))
    >>> points = rounded_points(ring, 3, np.random.default_rng(1))
    >>> sorted({abs(int(point[0]) - int(point[1])) for point in points[:1]})
    [1]
    """
    n = found.z.size
    if n == 0 or num_points == 0:
        return np.zeros((num_points, n), dtype=np.uint8)
    values, vectors = _leading(found, rng)
    weights = np.sqrt(np.clip(values, 0.0, None))
    mixtures = vectors @ (weights[:, None] * rng.normal(size=(len(values), max(0, num_points - len(values)))))
    directions = np.concatenate([vectors, mixtures], axis=1)[:, :num_points]
    spins = np.sign(directions)
    spins = np.where(np.abs(directions) < 1e-12, rng.choice([-1.0, 1.0], size=spins.shape), spins)
    if found.z.any():
        spins = spins[:n] * spins[n]
    return np.asarray((1 - spins.T) // 2, dtype=np.uint8)


def _leading(found: Correlations, rng: np.random.Generator) -> tuple[Float, Float]:
    """The largest eigenvalues and their vectors, shapes (k,) and (nodes, k)."""
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import eigsh

    n = found.z.size
    rows, cols, entries = found.rows, found.cols, found.zz
    if found.z.any():
        rows = np.concatenate([rows, np.arange(n)])
        cols = np.concatenate([cols, np.full(n, n)])
        entries = np.concatenate([entries, found.z])
    nodes = n + int(found.z.any())
    half = coo_array((entries, (rows, cols)), shape=(nodes, nodes))
    matrix: Any = (half + half.T).tocsr()
    count = min(LEADING, nodes)
    if nodes <= _DENSE_NODES or not entries.any():
        values, vectors = np.linalg.eigh(matrix.toarray())
        return values[::-1][:count].copy(), vectors[:, ::-1][:, :count].copy()
    start = rng.normal(size=nodes)
    values, vectors = eigsh(matrix, k=count, which="LA", v0=start, tol=1e-6, maxiter=100 * nodes)
    order = np.argsort(-values, kind="stable")
    return np.asarray(values[order]), np.asarray(vectors[:, order])
