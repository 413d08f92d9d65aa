"""Read-only private copies of arrays, and a digest of them that does not depend on their layout.

Frozen records hold their data through these helpers (also when they are unpickled), so that nobody can change a
record after its fingerprint was taken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]
AnyArray = npt.NDArray[Any]


def frozen(values: npt.ArrayLike, dtype: npt.DTypeLike = np.float64) -> AnyArray:
    """Read-only private copy of ``values`` as a C-contiguous array of ``dtype``. Same shape."""
    array = np.array(values, dtype=dtype, order="C", copy=True)
    array.flags.writeable = False
    return array


def frozen_number(values: npt.ArrayLike, subject: str) -> AnyArray:
    """Read-only copy as int64 where every value is an integer below 2**53, else as float64. Same shape.

    Raises
    ------
    ValueError
        A value is not a finite number, or a text, a date, a complex or a masked one.

    Examples
    --------
    >>> frozen_number([1.0, 2.0], "profits").dtype.name, frozen_number([1.5], "profits").dtype.name
    ('int64', 'float64')
    """
    try:
        given = np.asarray(values)
        if given.dtype.kind not in "biufO":  # numpy reads digits out of texts, and days out of dates
            raise TypeError("no numbers")
        if given.dtype.kind == "O" and any(isinstance(value, str | complex) for value in given.flat):
            raise TypeError("no real numbers")
        if np.ma.isMaskedArray(values) and np.ma.is_masked(values):
            raise TypeError("masked")
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{subject} must be a rectangular array of numbers; check the file's rows") from None
    if not np.isfinite(array).all():
        raise ValueError(f"{subject} must hold finite numbers, got nan or infinity")
    if (array == np.rint(array)).all() and (np.abs(array) < 2.0**53).all():
        return frozen(array, np.int64)
    return frozen(array)


def frozen_csr(matrix: Any, shape: tuple[int, int] | None = None) -> csr_array:
    """Read-only canonical CSR copy (float64, sorted, duplicates summed, no stored zeros)."""
    from scipy.sparse import csr_array

    out = csr_array(matrix, shape=shape, dtype=np.float64, copy=True)
    out.sum_duplicates()
    out.eliminate_zeros()
    out.sort_indices()
    return freeze_csr(out)


def freeze_csr(matrix: csr_array) -> csr_array:
    """The same CSR matrix with its three arrays made read-only."""
    for part in (matrix.data, matrix.indices, matrix.indptr):
        part.flags.writeable = False
    return matrix


def inner(a: AnyArray, b: AnyArray) -> float:
    """``sum_i a_i b_i`` in one order on every processor; a BLAS sums in one that follows the vectors it finds.

    Examples
    --------
    >>> inner(np.array([1.0, 2.0]), np.array([3.0, 0.5]))
    4.0
    """
    return float(np.add.reduce(np.multiply(a, b, dtype=np.float64)))


def is_sparse(value: object) -> bool:
    """Whether ``value`` is a scipy sparse matrix, told without importing scipy."""
    return hasattr(value, "tocoo") and hasattr(value, "nnz")


def _canonical(array: AnyArray) -> AnyArray:
    kind = array.dtype.kind
    if kind in "biu":
        return np.ascontiguousarray(array, dtype="<i8")
    if kind == "f":
        # integers held as floats and as ints are the same data; -0.0 and 0.0 too
        if array.size and (array == np.rint(array)).all() and (np.abs(array) < 2.0**53).all():
            return np.ascontiguousarray(array, dtype="<i8")
        return np.ascontiguousarray(array + 0.0, dtype="<f8")
    raise TypeError(f"digest takes numbers only, got an array of {array.dtype}")


def digest(parts: Iterable[object]) -> str:
    """SHA-256 of a sequence of arrays, sparse matrices and JSON values, independent of dtype width and memory layout.

    Examples
    --------
    >>> digest([np.array([1, 2])]) == digest([np.array([1.0, 2.0])])
    True
    """
    sha = hashlib.sha256()
    for part in parts:
        if is_sparse(part):
            canonical = frozen_csr(part)
            arrays = [np.array(canonical.shape), canonical.indptr, canonical.indices, canonical.data]
        elif isinstance(part, np.ndarray):
            arrays = [part]
        else:
            text = json.dumps(part, sort_keys=True, separators=(",", ":"))
            sha.update(f"json:{len(text)}:{text};".encode())
            continue
        for array in arrays:
            canonical_array = _canonical(array)
            sha.update(f"{canonical_array.dtype.str}{canonical_array.shape};".encode())
            sha.update(canonical_array.tobytes())
    return sha.hexdigest()
