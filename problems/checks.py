"""Checks that several kinds share: what an instance's arrays must look like, and by how much rows are broken.

The amounts follow the rule of ``core.program``: rows of integers hold exactly, decimal ones to a share of their size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import AnyArray, Float, Int, Solution, frozen, frozen_number
from ..core.margins import row_tolerances

#: Sums, squares and penalties of numbers beyond it would leave the range of doubles, or of the solvers.
LARGEST = 1e15


def number_vector(values: npt.ArrayLike, subject: str, *, size: int | None = None, minimum: float | None = None) -> Any:
    """Read-only vector of numbers, shape (size,), integers where all are.

    Raises
    ------
    ValueError
        Not a vector of that size, not finite, below ``minimum``, or integers whose sum passes 2**53 (costs are
        doubles, in which such a sum would no longer be exact).
    """
    array = frozen_number(values, subject)
    if array.ndim != 1 or (size is not None and array.size != size):
        wanted = "one vector" if size is None else f"{size} numbers"
        raise ValueError(f"{subject} must be {wanted}, got shape {array.shape}; check the instance's counts")
    return _checked(array, subject, minimum)


def number_matrix(values: npt.ArrayLike, subject: str, *, shape: tuple[int, int], minimum: float | None = None) -> Any:
    """Read-only matrix of numbers of that shape, integers where all are; an empty one may be given as ``[]``.

    Raises
    ------
    ValueError
        As for ``number_vector``.
    """
    array = frozen_number(values, subject)
    if array.size == 0 and 0 in shape:
        array = frozen(np.zeros(shape), np.int64)
    if array.shape != shape:
        raise ValueError(f"{subject} must have shape {shape}, got {array.shape}; check the instance's counts")
    return _checked(array, subject, minimum)


def _checked(array: AnyArray, subject: str, minimum: float | None) -> AnyArray:
    if minimum is not None and array.size and array.min() < minimum:
        where = ", ".join(str(i) for i in np.unravel_index(int(array.argmin()), array.shape))
        raise ValueError(f"{subject} must be >= {minimum:g}, got {array.min().item()!r} (at {where}); check the file")
    if array.dtype.kind == "i" and np.abs(array).sum(dtype=np.float64) >= 2.0**53:
        raise ValueError(f"{subject} must sum to less than 2**53 to be added exactly; rescale the instance")
    if array.dtype.kind == "f" and array.size and np.abs(array).max() > LARGEST:
        raise ValueError(
            f"{subject} must be at most {LARGEST:g} in size, got {np.abs(array).max():g}; rescale the instance"
        )
    return array


def count(value: Any, subject: str) -> int:
    """A whole number >= 0 as int.

    Raises
    ------
    ValueError
        It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise ValueError(f"{subject} must be a whole number >= 0, got {value!r}; check the instance")
    return int(value)


def vertex_pairs(edges: npt.ArrayLike, num_vertices: int, subject: str = "edges") -> Int:
    """Edges as int64 pairs (m, 2) with the smaller vertex first, in the given order.

    Raises
    ------
    ValueError
        Not pairs, a vertex outside 0..num_vertices-1, or an edge from a vertex to itself.
    """
    array = frozen_number(edges, subject)
    if array.size == 0:
        return np.zeros((0, 2), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind != "i":
        raise ValueError(f"{subject} must be pairs of whole numbers, got shape {array.shape}; check the instance")
    outside = (array < 0) | (array >= num_vertices)
    if outside.any():
        bad = array[outside.any(axis=1)][0].tolist()
        raise ValueError(f"{subject} must join vertices 0..{num_vertices - 1}, got {bad}; check the instance")
    loops = array[:, 0] == array[:, 1]
    if loops.any():
        bad = array[loops][0].tolist()
        raise ValueError(f"{subject} must join two different vertices, got {bad}; remove the loop")
    return np.sort(array, axis=1)


def merged_pairs(pairs: Int, values: AnyArray) -> tuple[Int, AnyArray]:
    """Pairs (m, 2) in lexicographic order, each once, with the values (m,) of equal pairs added."""
    if not len(pairs):
        return pairs, values
    unique, inverse = np.unique(pairs, axis=0, return_inverse=True)
    total = np.zeros(len(unique), dtype=values.dtype)
    np.add.at(total, inverse.ravel(), values)
    return unique, total


def excess(A: AnyArray, x: Solution, upper: AnyArray) -> Float:
    """Amount > 0 by which each dense row ``A x <= upper`` is broken, 0 where it holds; shape (m,)."""
    amount = np.maximum(0.0, np.asarray(A @ x - upper, dtype=np.float64))
    amount[amount <= row_tolerances(A, upper=upper)] = 0.0
    return amount


def named(amounts: Float, family: str) -> dict[str, float]:
    """Positive amounts of those given, shape (m,), as ``{"family[i]": amount}``."""
    return {f"{family}[{i}]": float(amounts[i]) for i in np.flatnonzero(amounts)}


def restore(record: Any, state: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Refill an unpickled frozen record from its fields and validate it again, which makes its arrays read-only."""
    record.__dict__.update({key: value for key, value in state.items() if key in fields})
    record.__post_init__()
