"""What the data of a QAP give away before the search: equal sub-trees by automorphisms, and the step of its values.

Groups are enumerated up to a limit; a part of a group cuts fewer sub-trees but never a wrong one.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ....core.arrays import Float, Int


def symmetrized(flow: Float, distance: Float) -> tuple[Float, Float]:
    """The same objective with both matrices symmetric, where one of them is: the other becomes (M + M') / 2.

    All have shape (n, n).
    """
    is_flow, is_distance = bool((flow == flow.T).all()), bool((distance == distance.T).all())
    if is_flow and not is_distance:
        return flow, (distance + distance.T) / 2.0
    if is_distance and not is_flow:
        return (flow + flow.T) / 2.0, distance
    return flow, distance


def value_step(flow: Float, distance: Float) -> int:
    """Largest integer found that divides the objective of every permutation; at least 1.

    A pair {i, j} at {k, l} costs ``F_ij D_kl + F_ji D_lk``; with one symmetric matrix that is a product of a sum and
    an entry (so symmetric integer instances have even values). Both have shape (n, n).

    Examples
    --------
    >>> value_step(np.array([[0.0, 3.0], [3.0, 0.0]]), np.array([[0.0, 5.0], [5.0, 0.0]]))
    30
    """
    off = ~np.eye(len(flow), dtype=bool)
    if (distance == distance.T).all():
        pairs = _gcd((flow + flow.T)[off]) * _gcd(distance[off])
    elif (flow == flow.T).all():
        pairs = _gcd(flow[off]) * _gcd((distance + distance.T)[off])
    else:
        pairs = _gcd(flow[off]) * _gcd(distance[off])
    return math.gcd(pairs, _gcd(np.diag(flow)) * _gcd(np.diag(distance))) or 1


def _gcd(values: Float) -> int:
    return int(np.gcd.reduce(values.astype(np.int64), initial=0))


def automorphisms(matrix: Float, *, limit: int = 512, max_work: int = 20_000_000) -> Int:
    """Permutations g with ``matrix[g][:, g] == matrix``, shape (at most limit, n); the identity comes first.

    Depth-first over partial images in increasing order; ends after about ``max_work`` compared entries.

    Examples
    --------
    >>> automorphisms(np.array([[0, 1, 2], [1, 0, 2], [2, 2, 0]])).tolist()
    [[0, 1, 2], [1, 0, 2]]
    """
    n = len(matrix)
    profile = np.concatenate([np.sort(matrix, axis=1), np.sort(matrix, axis=0).T, np.diag(matrix)[:, None]], axis=1)
    kind = np.unique(profile, axis=0, return_inverse=True)[1].ravel()
    found: list[list[int]] = []
    stack: list[list[int]] = [[]]
    work = 0
    while stack and len(found) < limit and (work < max_work or not found):
        images = stack.pop()
        depth = len(images)
        if depth == n:
            found.append(images)
            continue
        work += 2 * n * depth + n
        alike = (kind == kind[depth]) & (matrix[:, images] == matrix[depth, :depth]).all(axis=1)
        alike &= (matrix[images, :] == matrix[:depth, depth, None]).all(axis=0)
        alike[images] = False
        stack.extend([*images, int(image)] for image in np.flatnonzero(alike)[::-1])
    return np.array(found, dtype=np.int64).reshape(len(found), n)


def is_repeated(group: Int, is_fixed: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Elements that a smaller one stands for, under the group's members that leave the fixed elements alone.

    Parameters
    ----------
    group : shape (g, n), from ``automorphisms``.
    is_fixed : shape (B, n), one row a node.

    Returns
    -------
    shape (B, n): True where some member maps the element to a smaller one. Each chain of such maps ends at an element
    that stays, so any subset of the group will do.
    """
    if len(group) <= 1:
        return np.zeros(is_fixed.shape, dtype=bool)
    elements = np.arange(group.shape[1])
    moves = group != elements
    stabilises = ~(moves[None] & is_fixed[:, None, :]).any(axis=2)  # (B, g)
    lowers = (group < elements).astype(np.float32)
    repeated: npt.NDArray[np.bool_] = (stabilises.astype(np.float32) @ lowers) > 0
    return repeated
