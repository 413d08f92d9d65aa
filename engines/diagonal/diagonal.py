"""Energies of all 2**n points of a QUBO, as small integers times a unit where the data allow it.

Built by doubling, O(2**n) whatever the number of terms. Bit i of an index is z[i].
Limit: 2 to 8 bytes a point; above about 30 variables nothing else fits beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .memory import require_bytes
from .scratch import Scratch

Storage = Literal["auto", "int16", "float32", "float64"]
Float = npt.NDArray[np.float64]

_CHUNK_BITS = 16
_INT16 = np.iinfo(np.int16)
_FLOAT32_EXACT = 2**24


@dataclass(frozen=True, eq=False)
class CostDiagonal:
    """Energies ``offset + unit * data[k]`` of all 2**n points k, z_i = (k >> i) & 1.

    Parameters
    ----------
    data : read-only, shape (2**n,), int16, float32 or float64
    unit, offset : real numbers, unit > 0

    Examples
    --------
    One edge of Max-Cut, -z_0 - z_1 + 2 z_0 z_1:

    >>> cost = CostDiagonal.from_arrays([-1, -1], [0], [1], [2])
    >>> cost.values().tolist(), cost.data.dtype.name, cost.is_symmetric
    ([0.0, -1.0, -1.0, 0.0], 'int16', True)
    """

    data: npt.NDArray[Any]
    unit: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        size = self.data.shape[0] if self.data.ndim == 1 else 0
        if size == 0 or size & (size - 1):
            raise ValueError(f"data must have shape (2**n,), got {self.data.shape}; give one energy a point")
        if self.data.dtype.name not in ("int16", "float32", "float64"):
            raise TypeError(f"data must be int16, float32 or float64, got {self.data.dtype}")
        if not self.unit > 0:
            raise ValueError(f"unit must be > 0, got {self.unit!r}")
        if self.data.flags.writeable:
            view = self.data.view()
            view.flags.writeable = False
            object.__setattr__(self, "data", view)

    @classmethod
    def from_arrays(
        cls,
        linear: npt.ArrayLike,
        rows: npt.ArrayLike = (),
        cols: npt.ArrayLike = (),
        values: npt.ArrayLike = (),
        offset: float = 0.0,
        *,
        dtype: Storage = "auto",
    ) -> CostDiagonal:
        """Diagonal of E(z) = offset + sum_i linear_i z_i + sum_k values_k z_rows[k] z_cols[k].

        Parameters
        ----------
        linear : shape (n,)
        rows, cols, values : shape (m,); rows == cols counts as linear, repeated pairs add up
        dtype : how to store; ``auto`` takes int16 where all coefficients are multiples of one unit and the range
            allows, else float32 where that is exact (integers below 2**24), else float64

        Raises
        ------
        ValueError
            Shapes differ, an index is outside 0..n-1, a coefficient is not finite, or int16 was asked for and is
            not exact.
        UnsupportedError
            The diagonal does not fit in memory; nothing was allocated.
        """
        fields, couplings = dense_terms(linear, rows, cols, values)
        n = fields.size
        require_bytes(
            2**n * (6 if dtype == "auto" else np.dtype(dtype).itemsize),
            f"the cost diagonal of {n} variables",
            "lower the number of variables (presolve, shrinking) or sample with another solver",
        )
        coefficients = np.concatenate([fields, couplings[np.triu_indices(n, 1)]])
        scaled = None if dtype in ("float32", "float64") else integer_multiples(coefficients)
        if scaled is not None:
            integers, unit = scaled
            integer_couplings = np.zeros((n, n))
            integer_couplings[np.triu_indices(n, 1)] = integers[n:]
            built = _integer_diagonal(integers[:n], integer_couplings)
            if built is not None and (dtype == "auto" or built[0].dtype == np.int16):
                data, shift = built
                return cls(_frozen(data), unit, offset + unit * shift)
        if dtype == "int16":
            raise ValueError("dtype must hold the energies exactly, got 'int16'; use dtype='auto'")
        data = _fill(fields, couplings, np.dtype(np.float64 if dtype == "auto" else dtype))
        return cls(_frozen(data), 1.0, offset)

    @classmethod
    def from_values(cls, values: npt.ArrayLike, *, dtype: Storage = "auto") -> CostDiagonal:
        """Diagonal with any energies, shape (2**n,).

        >>> CostDiagonal.from_values([0.5, 1.0, -2.0, 0.0]).values().tolist()
        [0.5, 1.0, -2.0, 0.0]

        Raises
        ------
        ValueError
            An energy is not finite, or ``dtype`` cannot hold them.
        """
        energies = np.array(values, dtype=np.float64)
        if not np.isfinite(energies).all():
            raise ValueError("values must be finite energies, got nan or infinity")
        if dtype in ("float32", "float64"):
            return cls(_frozen(energies.astype(dtype)))
        scaled = integer_multiples(energies - energies[:1])
        if scaled is not None:
            packed = _pack(scaled[0])
            if packed is not None and (dtype == "auto" or packed[0].dtype == np.int16):
                return cls(_frozen(packed[0]), scaled[1], float(energies[0]) + scaled[1] * packed[1])
        if dtype == "int16":
            raise ValueError("dtype must hold the energies exactly, got 'int16'; use dtype='auto'")
        return cls(_frozen(energies))

    @property
    def n(self) -> int:
        """Number of variables."""
        return self.data.size.bit_length() - 1

    @property
    def nbytes(self) -> int:
        """Bytes of the stored energies."""
        return self.data.nbytes

    def values(self) -> Float:
        """All energies, float64, shape (2**n,)."""
        out: Float = self.offset + self.unit * self.data.astype(np.float64)
        return out

    def at(self, indices: npt.ArrayLike) -> Float:
        """Energies of the points with these indices, float64, in their shape."""
        out: Float = self.offset + self.unit * self.data[np.asarray(indices)].astype(np.float64)
        return out

    @cached_property
    def argmin(self) -> int:
        """Index of a lowest point (the first one)."""
        return int(self.data.argmin())

    @cached_property
    def argmax(self) -> int:
        """Index of a highest point (the first one)."""
        return int(self.data.argmax())

    @property
    def min(self) -> float:
        """Lowest energy."""
        return float(self.at(self.argmin))

    @property
    def max(self) -> float:
        """Highest energy."""
        return float(self.at(self.argmax))

    @cached_property
    def bound(self) -> int:
        """Largest absolute stored integer; 0 for floats. Small integers have a faster phase."""
        return max(-int(self.data.min()), int(self.data.max())) if self.data.dtype == np.int16 else 0

    @cached_property
    def scratch(self) -> Scratch:
        """Arrays for runs on this cost; no part of its value."""
        return Scratch()

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether flipping all bits changes no energy (Max-Cut and every QUBO without fields)."""
        half = self.data.size // 2
        return half > 0 and bool(np.array_equal(self.data[:half], self.data[: half - 1 : -1]))


def dense_terms(
    linear: npt.ArrayLike, rows: npt.ArrayLike, cols: npt.ArrayLike, values: npt.ArrayLike
) -> tuple[Float, Float]:
    """Fields (n,) and strictly upper triangular couplings (n, n) of a QUBO given by its terms.

    Raises
    ------
    ValueError
        Shapes that do not fit, an index outside, or a coefficient that is not finite.
    """
    fields = np.array(linear, dtype=np.float64)
    index_i, index_j = np.asarray(rows, dtype=np.int64).ravel(), np.asarray(cols, dtype=np.int64).ravel()
    weights = np.asarray(values, dtype=np.float64).ravel()
    if fields.ndim != 1 or not index_i.size == index_j.size == weights.size:
        raise ValueError(
            "linear must have shape (n,) and rows, cols, values one shape (m,), "
            f"got {fields.shape}, {index_i.shape}, {index_j.shape}, {weights.shape}"
        )
    indices = np.concatenate([index_i, index_j])
    if indices.size and (indices.min() < 0 or indices.max() >= fields.size):
        raise ValueError(f"rows and cols must lie in 0..{fields.size - 1}, got {indices.min()}..{indices.max()}")
    if not (np.isfinite(fields).all() and np.isfinite(weights).all()):
        raise ValueError("coefficients must be finite numbers, got nan or infinity")
    couplings = np.zeros((fields.size, fields.size))
    low, high = np.minimum(index_i, index_j), np.maximum(index_i, index_j)
    np.add.at(couplings, (low, high), weights)
    fields += np.diag(couplings)
    np.fill_diagonal(couplings, 0.0)
    return fields, couplings


def integer_multiples(values: Float) -> tuple[Float, float] | None:
    """Integers (as float64, in the shape of the values) and a unit with values == unit * integers, or None.

    Looks for denominators 1, 2, 4, 8 and powers of ten to 10**6, to four units in the last place.

    >>> integer_multiples(np.array([0.2, -0.6, 0.4]))
    (array([ 1., -3.,  2.]), 0.2)
    """
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return np.zeros_like(values), 1.0
    for denominator in (1, 2, 4, 8, 10, 100, 1000, 10**4, 10**5, 10**6):
        integers = np.rint(values * denominator)
        if largest * denominator >= 2**31:
            return None
        if (np.abs(values * denominator - integers) <= 4 * np.finfo(float).eps * np.abs(integers)).all():
            divisor = int(np.gcd.reduce(np.abs(integers).astype(np.int64)))
            return integers / divisor, divisor / denominator
    return None


def doubled(fields: npt.NDArray[Any], couplings: npt.NDArray[Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Energies, shape (2**n,), of a small QUBO: each variable appends a shifted copy of what stands below it.

    Fields have shape (n,), couplings (n, n), of which the part above the diagonal counts.
    """
    energies = np.zeros(1, dtype=dtype)
    for i in range(fields.size):
        local = np.full(1, fields[i], dtype=dtype)
        for j in range(i):
            local = np.concatenate([local, local + couplings[j, i].astype(dtype)])
        energies = np.concatenate([energies, energies + local])
    return energies


def _fill(fields: Float, couplings: Float, dtype: np.dtype[Any], shift: float = 0.0) -> npt.NDArray[Any]:
    """Energies minus `shift` in blocks of 2**16 points: low part + the high part's constant and fields on the low."""
    n = fields.size
    low = min(n, _CHUNK_BITS)
    work = np.dtype(np.int64) if dtype.kind == "i" else np.dtype(np.float64)
    base = doubled(fields[:low], couplings[:low, :low], work)
    constants = doubled(fields[low:], couplings[low:, low:], work) - work.type(shift)
    out = np.empty(2**n, dtype=dtype)
    block = np.empty(base.size, dtype=work)
    for high, constant in enumerate(constants):
        bits = (high >> np.arange(n - low)) & 1
        field = couplings[:low, low:] @ bits
        block[0] = constant
        for i in range(low):
            np.add(block[: 1 << i], work.type(field[i]), out=block[1 << i : 2 << i])
        np.add(base, block, out=out[high << low : (high + 1) << low], casting="unsafe")
    return out


def _integer_diagonal(fields: Float, couplings: Float) -> tuple[npt.NDArray[Any], int] | None:
    """Integer energies and the shift taken off them, or None where they are too wide to be exact."""
    coefficients = np.concatenate([fields, couplings.ravel()])
    lowest, highest = coefficients[coefficients < 0].sum(), coefficients[coefficients > 0].sum()
    if highest - lowest <= _INT16.max - _INT16.min:
        shift = _centre(lowest, highest)
        return _fill(fields, couplings, np.dtype(np.int16), shift), shift
    if highest - lowest >= 2**31:
        return None
    return _pack(_fill(fields, couplings, np.dtype(np.int32)))


def _pack(integers: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], int] | None:
    """Integers in the smallest exact type, and the shift taken off them."""
    lowest, highest = float(integers.min()), float(integers.max())
    shift = _centre(lowest, highest)
    if highest - lowest <= _INT16.max - _INT16.min:
        return (integers - shift).astype(np.int16), shift
    if highest - lowest <= _FLOAT32_EXACT:
        return (integers - shift).astype(np.float32), shift
    return None


def _centre(lowest: float, highest: float) -> int:
    """Zero where the range fits around it, else the range's middle."""
    fits = lowest >= _INT16.min and highest <= _INT16.max
    return 0 if fits else int((lowest + highest + 1) // 2)


def _frozen(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
    data.flags.writeable = False
    return data
