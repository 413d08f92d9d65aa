"""An Ising model as the annealers want it: whole numbers of the narrowest type that is exact, neighbours in CSR.

``E(s) = offset + unit * (sum_i h_i s_i + sum_{i<j} J_ij s_i s_j)`` with s in {-1, +1}^n. Data that are whole multiples
of a power of two become integers, divided by their greatest common divisor; other data stay doubles with unit 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ...core import AnyArray, Float
from ...core.arrays import frozen
from .order import visiting_order

if TYPE_CHECKING:
    import dimod

Kind = Literal["int8", "int16", "int32", "float64"]

#: Largest power of two that data are multiplied with to make them whole.
MAX_SHIFT = 12
#: Largest whole number taken for exact in the data, and largest local field of int32.
MAX_WHOLE = 2.0**30
#: Mean number of neighbours, and share of all pairs, from which on a model is dense.
DENSE_DEGREE, DENSE_SHARE, LEAST_DENSE = 128, 0.25, 32


@dataclass(frozen=True, eq=False)
class IsingModel:
    """Fields, couplings in CSR (each pair twice) and the unit of both.

    Parameters
    ----------
    field : h, shape (n,); float64, whole numbers unless ``kind`` is float64.
    ptr, col, weight : neighbours of i at ``ptr[i]:ptr[i+1]``, equal weights together, largest first.
    unit : what 1 in ``field`` and ``weight`` is worth in the model's own energy.
    kind : the narrowest type that holds all local fields.
    """

    field: Float
    ptr: AnyArray
    col: AnyArray
    weight: Float
    unit: float
    kind: Kind

    def __post_init__(self) -> None:
        for name in ("field", "weight"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        for name in ("ptr", "col"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int32))

    @classmethod
    def from_bqm(cls, bqm: dimod.BinaryQuadraticModel) -> IsingModel:
        """The model of a BQM of either vartype, its variables in their order; its offset is left out.

        Examples
        --------
        >>> import dimod
        >>> model = IsingModel.from_bqm(dimod.BinaryQuadraticModel({0: 1.0, 1: 0.0}, {(0, 1): -4.0}, 0.0, "BINARY"))
        >>> model.kind, model.unit, model.field.tolist(), model.weight.tolist()
        ('int8', 0.5, [-1.0, -2.0], [-2.0, -2.0])
        """
        vectors = bqm.to_numpy_vectors(variable_order=list(bqm.variables))
        h, (i, j, values) = vectors.linear_biases, vectors.quadratic
        if bqm.vartype.name == "BINARY":  # z = (1 + s) / 2; dimod's own view of spins takes as long as a short anneal
            n = len(h)
            values = values / 4
            h = h / 2 + np.bincount(i, values, n) + np.bincount(j, values, n)
        return cls.from_arrays(h, i, j, values)

    @classmethod
    def from_arrays(
        cls, h: npt.ArrayLike, rows: npt.ArrayLike, columns: npt.ArrayLike, values: npt.ArrayLike
    ) -> IsingModel:
        """The model with fields h, shape (n,), and values on pairs; those, rows and columns (m,), each pair once."""
        field = np.array(h, dtype=np.float64)
        i, j = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
        weight = np.array(values, dtype=np.float64)
        keep = weight != 0
        i, j, weight = i[keep], j[keep], weight[keep]
        field, weight, unit, whole = _whole(field, weight)
        tail, head, both = np.concatenate([i, j]), np.concatenate([j, i]), np.concatenate([weight, weight])
        ptr, col, both = _neighbours(len(field), tail, head, both)
        return cls(field, ptr, col, both, unit, _kind(field, ptr, both) if whole else "float64")

    @cached_property
    def visited(self) -> tuple[AnyArray | None, IsingModel]:
        """The order in which sweeps of lanes visit the variables, and the model in this order; None is its own."""
        order = visiting_order(self.ptr, self.col)
        return order, self if order is None else self.reordered(order)

    def reordered(self, order: AnyArray) -> IsingModel:
        """The same model with variable ``order[k]``, shape (n,), as its k-th."""
        n = self.num_variables
        places = np.empty(n, dtype=np.int64)
        places[order] = np.arange(n)
        tail = np.repeat(places, np.diff(self.ptr))
        ptr, col, weight = _neighbours(n, tail, places[self.col], self.weight)
        return replace(self, field=self.field[order], ptr=ptr, col=col, weight=weight)

    @property
    def num_variables(self) -> int:
        return int(self.field.size)

    @cached_property
    def largest_fields(self) -> Float:
        """Largest absolute local field of each variable, shape (n,)."""
        return np.asarray(np.abs(self.field) + _sums(np.abs(self.weight), self.ptr), dtype=np.float64)

    @cached_property
    def rms_field(self) -> float:
        """Root mean square of what the couplings add to the local fields, in units of ``unit``.

        The fields h do not count where there are couplings: those of penalised rows are large and cancel against the
        couplings in every good point. Without couplings it is the rms of h, and 1 where all is 0.
        """
        squares = _sums(self.weight**2, self.ptr) if len(self.weight) else self.field**2
        return float(np.sqrt(squares.mean())) if squares.any() else 1.0

    @property
    def is_dense(self) -> bool:
        """Whether rows of J are added faster than columns of replicas."""
        n = max(2, self.num_variables)
        degree = len(self.col) / n
        return degree >= DENSE_DEGREE or (degree >= LEAST_DENSE and degree >= DENSE_SHARE * (n - 1))

    def energies(self, spins: AnyArray) -> Float:
        """Energy of each point (k, n) from the data, without the offset; sums of whole numbers are exact to 2**53."""
        s = np.asarray(spins, dtype=np.float64)
        couplings = self._upper
        return np.asarray(self.unit * (s @ self.field + ((s @ couplings) * s).sum(axis=1)), dtype=np.float64)

    @cached_property
    def _upper(self) -> Any:
        from scipy.sparse import csr_array, triu

        n = self.num_variables
        return triu(csr_array((self.weight, self.col, self.ptr), shape=(n, n)), 1, format="csr")


def _neighbours(n: int, tail: AnyArray, head: AnyArray, weight: Float) -> tuple[AnyArray, AnyArray, Float]:
    """ptr, col and weight of the CSR of n variables, equal weights together, largest first; all given (entries,)."""
    order = np.lexsort((_short(head), _short(-weight), _short(tail)))
    ptr = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=n), out=ptr[1:])
    return ptr, head[order].astype(np.int32), weight[order]


def _whole(field: Float, weight: Float) -> tuple[Float, Float, float, bool]:
    """Numbers divided by their common unit, that unit, and whether they are whole."""
    data = np.concatenate([field, weight])
    if not data.any():
        return field, weight, 1.0, True
    for shift in range(MAX_SHIFT + 1):
        scaled = data * 2.0**shift
        if np.abs(scaled).max() >= MAX_WHOLE:
            break
        if (scaled == np.rint(scaled)).all():
            divisor = int(np.gcd.reduce(np.abs(scaled).astype(np.int64)))
            return field * 2.0**shift / divisor, weight * 2.0**shift / divisor, divisor / 2.0**shift, True
    return field, weight, 1.0, False


def _short(keys: AnyArray) -> AnyArray:
    """The keys in 16 bits where they fit, which sort in linear time; others by their ranks, where these fit."""
    least, most = (float(keys.min()), float(keys.max())) if len(keys) else (0.0, 0.0)
    for kind in (np.uint16, np.int16):
        if np.iinfo(kind).min <= least and most <= np.iinfo(kind).max:
            short = keys.astype(kind)
            if np.array_equal(short, keys):
                return short
    distinct = np.unique(keys)
    return np.searchsorted(distinct, keys).astype(np.uint16) if len(distinct) <= 2**16 else keys


def _kind(field: Float, ptr: AnyArray, weight: Float) -> Kind:
    """int8 to int32 hold every local field and twice every weight; beyond them doubles."""
    largest = float((np.abs(field) + _sums(np.abs(weight), ptr)).max(initial=0.0))
    twice = 2 * float(np.abs(weight).max(initial=0.0))
    size = max(largest, twice)
    return "int8" if size <= 127 else "int16" if size <= 32767 else "int32" if size < MAX_WHOLE else "float64"


def _sums(values: Float, ptr: AnyArray) -> Float:
    """Sum of each variable's own part of ``values``."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[ptr[1:]] - total[ptr[:-1]], dtype=np.float64)
