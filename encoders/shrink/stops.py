"""When shrinking ends before its target: the graph's spectrum has changed, or its relaxation's bound has risen.

Restricting a QUBO can only raise its minimum and the bound of its relaxation, so the rise of the bound measures the
harm done, as far as the relaxation sees it.
"""

from __future__ import annotations

import numpy as np

from ...algorithms.max_cut import AnchoredCut
from ...core.arrays import Float

#: Up to this many nodes the spectrum is taken from a dense matrix.
_DENSE_NODES = 300


def leading_eigenvalues(cut: AnchoredCut, count: int = 1) -> Float:
    """Largest eigenvalues of the normalised Laplacian ``I - D^(-1/2) W D^(-1/2)``, D = diag(sum |w|), largest first.

    Fewer where the graph has fewer nodes. Weights may have either sign, hence absolute degrees; isolated nodes give 1.

    Shape (min(count, nodes),).

    Examples
    --------
    >>> from qopt.algorithms.max_cut import qubo_to_max_cut
    >>> leading_eigenvalues(qubo_to_max_cut([[1.0]])).round(6).tolist()
    [2.0]
    """
    from scipy.sparse import diags_array, eye_array

    W = cut.adjacency()
    degree = np.asarray(abs(W).sum(axis=1)).ravel()
    root = diags_array(1.0 / np.sqrt(np.where(degree > 0, degree, 1.0)))
    L = eye_array(cut.num_nodes) - root @ W @ root
    count = min(count, cut.num_nodes)
    if cut.num_nodes <= _DENSE_NODES:
        return np.asarray(np.linalg.eigvalsh(L.toarray())[::-1][:count])
    from scipy.sparse.linalg import eigsh

    begin = np.random.default_rng(0).normal(size=cut.num_nodes)
    return np.asarray(np.sort(eigsh(L, k=count, which="LA", v0=begin)[0])[::-1])


def spectral_change(now: Float, before: Float) -> float:
    """Largest relative change of the leading eigenvalues that both graphs have. Shapes (k,) and (l,)."""
    count = min(now.size, before.size)
    scale = np.maximum(np.abs(before[:count]), 1e-12)
    return float((np.abs(now[:count] - before[:count]) / scale).max(initial=0.0))


def bound_loss(bound: float, before: float, constant: float) -> float:
    """Rise of a lower bound of the QUBO in shares of the cut's own bound, ``constant - before``; 0 where that is 0.

    ``QUBO = constant - cut / 2``: this is the share by which the bound of the heaviest cut has fallen, up to the
    constant, which is that of the original graph.
    """
    scale = abs(constant - before)
    return max(0.0, bound - before) / scale if scale else 0.0
