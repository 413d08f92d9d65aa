"""QUBO <-> weighted Max-Cut with an anchor: node 0 carries the linear terms, node i is variable i - 1.

The identity ``QUBO(x) = constant - cut_W(z) / 2`` holds for every point, so minima and maximum cuts correspond. All on
sparse arrays; weights of either sign. Both sides of a cut are the same cut: z and 1 - z decode to one x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..core.arrays import AnyArray, Bits, Float, Int, frozen

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class AnchoredCut:
    """Weighted graph on nodes 0..n whose cuts are the points of a QUBO of n variables.

    Parameters
    ----------
    num_nodes : n + 1; node 0 is the anchor.
    heads, tails, weights : the edges, ``heads < tails``, each pair once, no zero weights, sorted.
    constant : the QUBO's value at all ones, offset included; ``QUBO(x) = constant - cut(z) / 2``.

    Examples
    --------
    >>> cut = qubo_to_max_cut([[-1.0, 2.0], [0.0, -1.0]])
    >>> cut.energies(cut.encode([[0, 0], [1, 0], [1, 1]])).tolist()
    [0.0, -1.0, 0.0]
    """

    num_nodes: int
    heads: Int
    tails: Int
    weights: Float
    constant: float

    def __post_init__(self) -> None:
        for name, dtype in (("heads", np.int64), ("tails", np.int64), ("weights", np.float64)):
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @property
    def num_variables(self) -> int:
        return self.num_nodes - 1

    def adjacency(self) -> csr_array:
        """Symmetric weight matrix W with zero diagonal, shape (n + 1, n + 1)."""
        from scipy.sparse import coo_array

        rows = np.concatenate([self.heads, self.tails])
        columns = np.concatenate([self.tails, self.heads])
        shape = (self.num_nodes, self.num_nodes)
        return coo_array((np.concatenate([self.weights, self.weights]), (rows, columns)), shape=shape).tocsr()

    def cut_values(self, sides: npt.ArrayLike) -> Float:
        """Weight of the edges between the two sides, for each row of sides (k, n + 1) in {0, 1}."""
        Z = _sides(sides, self.num_nodes)
        spins = 1.0 - 2.0 * Z
        agreement = np.einsum("ki,ki->k", spins @ _upper(self), spins)  # sum_ij w_ij s_i s_j over edges
        values: Float = (self.weights.sum() - agreement) / 2.0
        return values

    def energies(self, sides: npt.ArrayLike) -> Float:
        """Values of the QUBO at ``decode(sides)``. Shape (k,) for sides of shape (k, n + 1)."""
        return self.constant - self.cut_values(sides) / 2.0

    def decode(self, sides: npt.ArrayLike) -> Bits:
        """Points x (k, n) of sides (k, n + 1): x_i = 1 iff node i + 1 lies on the anchor's side."""
        Z = _sides(sides, self.num_nodes)
        points: Bits = (Z[:, 1:] == Z[:, :1]).astype(np.uint8)
        return points

    def encode(self, points: npt.ArrayLike) -> Bits:
        """Sides (k, n + 1) of points x (k, n), with the anchor on side 0; a right inverse of ``decode``.

        Raises
        ------
        ValueError
            The points have another number of columns.
        """
        X = np.atleast_2d(np.asarray(points, dtype=np.uint8))
        if X.shape[1] != self.num_variables:
            raise ValueError(f"points must have {self.num_variables} columns, got {X.shape[1]}")
        return np.concatenate([np.zeros((len(X), 1), dtype=np.uint8), 1 - X], axis=1)


def qubo_to_max_cut(quadratic: Any, linear: npt.ArrayLike | None = None, offset: float = 0.0) -> AnchoredCut:
    """Anchored Max-Cut of ``x'Qx + c'x + offset``, exact at every point.

    Weights ``W[0, i] = sum_j (q_ij + q_ji)`` with c on the diagonal of Q (which so counts twice) and
    ``W[i, j] = q_ij + q_ji``; ``QUBO(x) = QUBO(1, ..., 1) - cut_W(z) / 2``.

    Parameters
    ----------
    quadratic : Q, shape (n, n), dense or scipy sparse, any triangle.
    linear : c, shape (n,); None for none.
    offset : constant term.

    Raises
    ------
    ValueError
        Q is not square, or has another number of rows than c.

    References
    ----------
    F. Barahona, M. Juenger, G. Reinelt (1989), Experiments in quadratic 0-1 programming, doi:10.1007/BF01587084;
    here with x_i = 1 on the anchor's side instead of opposite to it, weights so doubled and of other sign.

    Examples
    --------
    >>> cut = qubo_to_max_cut([[0.0, 1.0], [0.0, 0.0]], linear=[2.0, -3.0])
    >>> cut.heads.tolist(), cut.tails.tolist(), cut.weights.tolist(), cut.constant
    ([0, 0, 1], [1, 2, 2], [5.0, -5.0, 1.0], 0.0)
    """
    from scipy.sparse import coo_array, triu

    Q = coo_array(quadratic, dtype=np.float64) if hasattr(quadratic, "tocoo") else coo_array(np.atleast_2d(quadratic))
    n = Q.shape[0]
    c = np.zeros(n) if linear is None else np.asarray(linear, dtype=np.float64)
    if Q.shape != (n, n) or c.shape != (n,):
        raise ValueError(f"quadratic must be square with one linear term a row, got {Q.shape} and {c.shape}")
    symmetric = (Q + Q.T).tocsr()
    to_anchor = np.asarray(symmetric.sum(axis=1)).ravel() + 2.0 * c
    pairs = triu(symmetric, 1).tocsr()
    pairs.sum_duplicates()
    pairs.eliminate_zeros()
    pairs.sort_indices()
    inner = pairs.tocoo()
    anchored = np.flatnonzero(to_anchor)
    return AnchoredCut(
        num_nodes=n + 1,
        heads=np.concatenate([np.zeros(anchored.size, dtype=np.int64), inner.row + 1]),
        tails=np.concatenate([anchored + 1, inner.col + 1]),
        weights=np.concatenate([to_anchor[anchored], inner.data]),
        constant=float(Q.sum() + c.sum() + offset),
    )


def max_cut_to_qubo(cut: AnchoredCut) -> tuple[csr_array, Float, float]:
    """QUBO ``(quadratic, linear, offset)`` of an anchored cut: Q strictly upper triangular; inverse of the above.

    Examples
    --------
    >>> Q, c, offset = max_cut_to_qubo(qubo_to_max_cut([[0.0, 1.0], [0.0, 0.0]], linear=[2.0, -3.0], offset=7.0))
    >>> Q.toarray().tolist(), c.tolist(), offset
    ([[0.0, 1.0], [0.0, 0.0]], [2.0, -3.0], 7.0)
    """
    from scipy.sparse import coo_array

    n = cut.num_variables
    inside = cut.heads > 0
    rows, columns, values = cut.heads[inside] - 1, cut.tails[inside] - 1, cut.weights[inside]
    quadratic = coo_array((values, (rows, columns)), shape=(n, n)).tocsr()
    to_anchor = np.zeros(n)
    to_anchor[cut.tails[~inside] - 1] = cut.weights[~inside]
    touching = np.bincount(rows, values, minlength=n) + np.bincount(columns, values, minlength=n)
    linear = (to_anchor - touching) / 2.0
    return quadratic, linear, float(cut.constant - values.sum() - linear.sum())


def _sides(sides: npt.ArrayLike, num_nodes: int) -> AnyArray:
    Z = np.atleast_2d(np.asarray(sides, dtype=np.uint8))
    if Z.shape[1] != num_nodes:
        raise ValueError(f"sides must have {num_nodes} columns, one a node, got {Z.shape[1]}")
    return Z


def _upper(cut: AnchoredCut) -> csr_array:
    from scipy.sparse import coo_array

    shape = (cut.num_nodes, cut.num_nodes)
    return coo_array((cut.weights, (cut.heads, cut.tails)), shape=shape).tocsr()
