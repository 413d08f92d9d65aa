"""Products of an assignment's cost held by their two factors: flow times distance, n**2 numbers each, not n**4 / 2.

Variable ``i*n + k`` puts object i at place k, and the products of two of them are
``F[i,j] D[k,l] + F[j,i] D[l,k]`` for i < j, k != l: the cost is ``x'(F (x) D)x`` without what one object or one place
would have with itself. Every operation works on the factors; a matrix of all products is built only where it is asked
for, and refused where it is too large.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import AnyArray, Float, Int, freeze_csr, frozen
from .errors import UnsupportedError
from .products import MAX_STORED

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Entries of a dense block that are computed at a time.
_BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class KroneckerProducts:
    """Products ``F[i,j] D[k,l] + F[j,i] D[l,k]`` of the variables ``i*n + k`` and ``j*n + l``, i < j and k != l.

    Parameters
    ----------
    flow : F, shape (n, n); its diagonal does not count.
    distance : D, shape (n, n); its diagonal does not count.

    Raises
    ------
    ValueError
        Not two square matrices of one order, or products that are not finite.

    Examples
    --------
    >>> products = KroneckerProducts([[0, 2], [1, 0]], [[0, 5], [3, 0]])
    >>> products.num_products, products.values(np.array([[1.0, 0, 0, 1], [0, 1, 1, 0]])).tolist()
    (2, [13.0, 11.0])
    >>> products.stored().toarray()[0].tolist()
    [0.0, 0.0, 0.0, 13.0]
    """

    flow: Float
    distance: Float

    def __post_init__(self) -> None:
        for key in ("flow", "distance"):
            matrix = np.array(getattr(self, key), dtype=np.float64)
            if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
                raise ValueError(f"{key} must have shape (n, n), got {matrix.shape}")
            np.fill_diagonal(matrix, 0.0)
            object.__setattr__(self, key, frozen(matrix))
        if self.flow.shape != self.distance.shape:
            raise ValueError(f"flow and distance must have one order, got {len(self.flow)} and {len(self.distance)}")
        largest = [float(np.abs(part).max(initial=0.0)) for part in (self.flow, self.distance)]
        if not math.isfinite(2 * largest[0] * largest[1]):
            raise ValueError("costs must be finite numbers; check the instance for overflow")

    def __getstate__(self) -> dict[str, Any]:
        return {"flow": self.flow, "distance": self.distance}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({key: frozen(value) for key, value in state.items()})

    @property
    def side(self) -> int:
        """Order n of the factors; there are n**2 variables."""
        return len(self.flow)

    @property
    def num_variables(self) -> int:
        return self.side**2

    @cached_property
    def num_products(self) -> int:
        """Nonzero products; counted from the zeros of the factors, or one by one where negative numbers may cancel."""
        if min(self.flow.min(initial=0.0), self.distance.min(initial=0.0)) < 0:
            return sum(len(values) for _, _, values in self.blocks())
        flow, distance = self.flow != 0, self.distance != 0
        both, either = np.triu(flow & flow.T).sum(), np.triu(flow | flow.T).sum()
        return int(both * (distance | distance.T).sum() + (either - both) * distance.sum())

    @property
    def weight(self) -> float:
        """``sum |F| * sum |D|``, which is the sum of all absolute products where none cancel."""
        return float(np.abs(self.flow).sum() * np.abs(self.distance).sum())

    @property
    def is_integral(self) -> bool:
        """Whether both factors are integers."""
        return all(bool((part % 1 == 0).all()) for part in (self.flow, self.distance))

    @property
    def num_bytes(self) -> int:
        return int(self.flow.nbytes + self.distance.nbytes)

    @property
    def digest_parts(self) -> tuple[object, ...]:
        return ("kronecker", self.flow, self.distance)

    def values(self, points: Float) -> Float:
        """``sum_ij F_ij (X D X')_ij`` of each point as a matrix X (n, n), shape (k,) for points (k, n**2)."""
        from scipy.sparse import csr_array

        n, found = self.side, np.zeros(len(points))
        for row, x in enumerate(points):
            X = csr_array(np.asarray(x, dtype=np.float64).reshape(n, n))
            met = X @ (X @ self.distance).T  # transposed: what is at the places of each two objects
            found[row] = np.multiply(self.flow.T, met).sum()
        return found

    def pull(self, x: Float, base: Float | None = None) -> Float:
        """``base + F X D' + F' X D`` of a point as a matrix X (n, n), all shapes (n**2,)."""
        from scipy.sparse import csr_array

        # sparse products sum in one order on every processor, which a BLAS does not
        X, F = csr_array(np.asarray(x, dtype=np.float64).reshape(self.side, self.side)), csr_array(self.flow)
        found = np.asarray(F @ (X @ self.distance.T) + F.T @ (X @ self.distance)).ravel()
        return found if base is None else base + found

    def totals(self) -> Float:
        """Sum of the products of each variable, shape (n**2,)."""
        out, back = self.flow.sum(axis=1), self.flow.sum(axis=0)
        return np.asarray(np.outer(out, self.distance.sum(axis=1)) + np.outer(back, self.distance.sum(axis=0))).ravel()

    def line(self, variable: int) -> Float:
        """Products of one variable with all others, shape (n**2,)."""
        i, k = divmod(variable, self.side)
        there = np.outer(self.flow[i], self.distance[k])
        return np.asarray(there + np.outer(self.flow[:, i], self.distance[:, k])).ravel()

    def among(self, keep: Int) -> csr_array:
        """The products of some variables, shape (k, k) for positions of shape (k,)."""
        from scipy.sparse import csr_array, vstack

        keep = np.asarray(keep, dtype=np.int64)
        i, k = keep // max(1, self.side), keep % max(1, self.side)
        step = max(1, _BLOCK // max(1, keep.size))
        parts = [csr_array((0, keep.size))]
        for start in range(0, keep.size, step):
            rows = slice(start, start + step)
            there = self.flow[np.ix_(i[rows], i)] * self.distance[np.ix_(k[rows], k)]
            back = self.flow[np.ix_(i, i[rows])].T * self.distance[np.ix_(k, k[rows])].T
            parts.append(csr_array(np.where(keep[rows, None] < keep, there + back, 0.0)))
        return csr_array(vstack(parts))

    def blocks(self) -> Iterator[tuple[Int, Int, Float]]:
        """All products, one object's rows at a time: first variables, second variables, values, one shape each."""
        n, there, back = self.side, self.distance, self.distance.T
        for i in range(n - 1):
            later = np.arange(i + 1, n)
            # block[k, j, l] = F[i,j] D[k,l] + F[j,i] D[l,k]
            block = self.flow[i, later][None, :, None] * there[:, None, :]
            block += self.flow[later, i][None, :, None] * back[:, None, :]
            k, j, place = np.nonzero(block)
            yield i * n + k, later[j] * n + place, block[k, j, place]

    def stored(self) -> csr_array:
        """All products as a matrix, upper triangular, shape (n**2, n**2); built once.

        Raises
        ------
        UnsupportedError
            They are too many, with their number and what works instead.
        """
        refusal = self.refusal()
        if refusal:
            raise UnsupportedError(refusal)
        return self._matrix

    def refusal(self) -> str:
        """Why the products cannot be stored, and what works instead; empty where they can."""
        if self.num_products <= MAX_STORED:
            return ""
        return (
            f"a model that stores every product must have at most {MAX_STORED:,} of them, got {self.num_products:,} "
            f"({self.num_variables:,} variables, about {self.num_products * 80 / 2**30:.1f} GiB while building); "
            "use --encoder neighbourhood, --solver constrained-sa or --solver robust-tabu"
        )

    @cached_property
    def _matrix(self) -> csr_array:
        from scipy.sparse import csr_array

        size = self.num_variables
        counts, columns, values = np.zeros(size, dtype=np.int64), [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
        for first, second, products in self.blocks():
            counts += np.bincount(first, minlength=size)
            columns.append(second)
            values.append(products)
        starts = np.concatenate([[0], np.cumsum(counts)])
        return freeze_csr(csr_array((np.concatenate(values), np.concatenate(columns), starts), shape=(size, size)))

    def reordered(self, objects: AnyArray, places: AnyArray) -> KroneckerProducts:
        """The same with other numbers: object a was ``objects[a]``, place b was ``places[b]``, shape (n,) each."""
        flow, distance = self.flow[np.ix_(objects, objects)], self.distance[np.ix_(places, places)]
        return KroneckerProducts(flow, distance)
