"""Gilmore-Lawler bounds of many QAP subproblems at once, and what every single further assignment would cost.

Batched over the nodes of a search tree: the only loop in Python is the one over linear assignment problems. Float64
holds every number exactly as long as ``check_magnitude`` lets the matrices pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....core.arrays import Float, Int


@dataclass(frozen=True, eq=False)
class Reduced:
    """Linear assignment relaxation of B subproblems with m free facilities and locations each.

    Parameters
    ----------
    costs : shape (B, m, m), cost of free facility ``facilities[b, i]`` at free location ``locations[b, j]``: its own
        and cross terms exactly, those with other free facilities by the smallest scalar product.
    constants : shape (B,), cost of the assigned pairs among themselves.
    facilities, locations : shape (B, m).
    """

    costs: Float
    constants: Float
    facilities: Int
    locations: Int


def check_magnitude(flow: Float, distance: Float) -> None:
    """Refuse matrices, shape (n, n), whose objective could leave the integers that float64 holds exactly.

    Raises
    ------
    ValueError
        They could leave them.
    """
    largest = float(np.abs(flow).sum() * np.abs(distance).max(initial=0.0)) if flow.size else 0.0
    if largest >= 2.0**50:
        raise ValueError(f"objective must stay below 2**50 to be exact, got up to {largest:.3g}; divide the matrices")


def reduce_nodes(flow: Float, distance: Float, partial: Int) -> Reduced:
    """Relaxation at partial permutations, shape (B, n), -1 for free facilities, as many free in every row.

    ``costs[i, j] = F_ii D_jj + sum_a (F_ia D_jp(a) + F_ai D_p(a)j) + <F_i. ascending, D_j. descending>`` with a over
    assigned facilities and the scalar product over free ones, diagonal left out.

    References
    ----------
    E. L. Lawler (1963), The quadratic assignment problem, doi:10.1287/mnsc.9.4.586; P. C. Gilmore (1962), Optimal and
    suboptimal algorithms for the quadratic assignment problem, doi:10.1137/0110022.
    """
    B, n = partial.shape
    is_free = partial < 0
    num_assigned = n - int(is_free[0].sum())
    m = n - num_assigned
    order = np.argsort(is_free, axis=1, kind="stable")
    assigned, facilities = order[:, :num_assigned], order[:, num_assigned:]
    places = np.take_along_axis(partial, assigned, axis=1)
    is_used = np.zeros((B, n), dtype=bool)
    np.put_along_axis(is_used, places, True, axis=1)
    locations = np.argsort(is_used, axis=1, kind="stable")[:, :m]

    costs = flow[facilities, facilities][:, :, None] * distance[locations, locations][:, None, :]
    constants = np.zeros(B)
    if num_assigned:
        costs += _block(flow, facilities, assigned) @ _block(distance, locations, places).transpose(0, 2, 1)
        costs += _block(flow, assigned, facilities).transpose(0, 2, 1) @ _block(distance, places, locations)
        constants = np.einsum("bij,bij->b", _block(flow, assigned, assigned), _block(distance, places, places))
    if m > 1:
        ascending = _sorted_rows(_block(flow, facilities, facilities))
        descending = _sorted_rows(_block(distance, locations, locations))[:, :, ::-1]
        costs += ascending @ descending.transpose(0, 2, 1)
    return Reduced(costs, constants, facilities, locations)


def _block(matrix: Float, rows: Int, columns: Int) -> Float:
    block: Float = matrix[rows[:, :, None], columns[:, None, :]]
    return block


def _sorted_rows(blocks: Float) -> Float:
    """Off-diagonal entries of each row, ascending: shape (B, m, m - 1)."""
    blocks = blocks.copy()
    diagonal = np.arange(blocks.shape[1])
    blocks[:, diagonal, diagonal] = np.inf
    blocks.sort(axis=2)
    return blocks[:, :, :-1]


def solve_assignments(costs: Float) -> tuple[Int, Float]:
    """Optimal assignments (B, m) of B cost matrices, and the matrices with these columns moved to the diagonal."""
    from scipy.optimize import linear_sum_assignment

    columns = np.array([linear_sum_assignment(matrix)[1] for matrix in costs], dtype=np.int64).reshape(costs.shape[:2])
    return columns, np.take_along_axis(costs, columns[:, None, :], axis=2)


def forced_increases(permuted: Float) -> Float:
    """Exact growth of each assignment optimum when row i is forced to the column of row k: shape (B, m, m), >= 0.

    Row i takes the column of k, and the displaced rows move along a shortest path in the residual graph: all-pairs
    shortest paths (Floyd-Warshall), one vectorised step per intermediate row. ``permuted`` has optima on diagonals.

    Examples
    --------
    >>> forced_increases(np.array([[[1.0, 2.0], [4.0, 1.0]]])).tolist()
    [[[0.0, 4.0], [4.0, 0.0]]]
    """
    m = permuted.shape[1]
    direct = permuted - np.einsum("bii->bi", permuted)[:, :, None]
    paths = direct.copy()
    for k in range(m):
        np.minimum(paths, paths[:, :, k, None] + paths[:, None, k, :], out=paths)
    increases: Float = direct + paths.transpose(0, 2, 1)
    diagonal = np.arange(m)
    increases[:, diagonal, diagonal] = 0.0
    return increases


def gilmore_lawler_bound(flow: Float, distance: Float) -> int:
    """Gilmore-Lawler lower bound of ``min_p sum_ij F[i, j] D[p(i), p(j)]`` over integer matrices of one shape (n, n).

    Examples
    --------
    >>> gilmore_lawler_bound(np.array([[0, 5, 2], [5, 0, 3], [2, 3, 0]]), np.array([[0, 1, 4], [1, 0, 2], [4, 2, 0]]))
    38
    """
    F, D = np.asarray(flow, dtype=np.float64), np.asarray(distance, dtype=np.float64)
    if not F.size:
        return 0
    check_magnitude(F, D)
    node = reduce_nodes(F, D, np.full((1, len(F)), -1))
    _, permuted = solve_assignments(node.costs)
    return int(np.ceil(np.trace(permuted[0])))
