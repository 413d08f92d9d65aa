"""Quadratic assignment: put n facilities on n locations so that flow times distance is least.

Flows and distances may be asymmetric, and the diagonals count. A solution p puts facility i at location p[i].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..core import (
    PROBLEMS,
    AnyArray,
    BestKnown,
    BinaryProgram,
    Bits,
    Formulation,
    KroneckerProducts,
    Number,
    Rows,
    Sense,
    Size,
    Solution,
    frozen,
    frozen_number,
    number,
    permutation_solution,
    short_repr,
)
from ..core.model_html import problem_html
from .permutation import one_hot_rows, permutation_bits, permutation_of

#: Facilities from which on the products are held by their two factors. With the 8 million products of 64 facilities
#: stored, the model took most of three seconds, and constrained-sa ended 9.7 % off on sko64 in place of 0.01 %.
FACTORED_SIDE = 48


@dataclass(frozen=True, eq=False)
class QapAssignment:
    """Assignments as permutation matrices: bit x[i,k], at index i*n + k, puts facility i at location k.

    Minimises ``sum_i sum_k F[i,i] D[k,k] x[i,k] + sum_(i<j) sum_(k!=l) (F[i,j] D[k,l] + F[j,i] D[l,k]) x[i,k] x[j,l]``
    with one location a facility and one facility a location. Products of two bits of one row or column vanish on all
    permutations and are left out, so the cost equals the objective there and need not elsewhere. From FACTORED_SIDE
    facilities on, the program holds F and D in the place of the products.

    References
    ----------
    T. C. Koopmans, M. Beckmann (1957), Assignment problems and the location of economic activities,
    doi:10.2307/1907742.

    Examples
    --------
    >>> form = QapAssignment(Qap([[0, 2], [1, 0]], [[0, 5], [3, 0]]))
    >>> form.program.costs([form.encode([0, 1]), form.encode([1, 0])]).tolist()
    [13.0, 11.0]
    """

    problem: Qap

    name: ClassVar[str] = "assignment"
    is_surrogate: ClassVar[bool] = False

    @property
    def order(self) -> int:
        """Number n of facilities."""
        return self.problem.num_facilities

    @property
    def is_factored(self) -> bool:
        """Whether the program holds its products by their two factors."""
        return self.order >= FACTORED_SIDE

    @cached_property
    def program(self) -> BinaryProgram:
        F, D, n = self.problem.flow, self.problem.distance, self.order
        products = KroneckerProducts(F, D)
        Q = products if self.is_factored else products.stored()
        names = tuple(f"x[{i},{k}]" for i in range(n) for k in range(n))
        linear = np.outer(np.diag(F), np.diag(D)).astype(np.float64)
        rows = one_hot_rows(n, "facility", "location")
        return BinaryProgram(linear.ravel(), Q, 0.0, rows, names)

    def decode(self, x: AnyArray) -> Solution | None:
        """Location of each facility, shape (n,), of bits, shape (n**2,); None unless a permutation matrix."""
        return permutation_of(x, self.order)

    def encode(self, solution: Solution) -> Bits:
        """Permutation matrix, row by row, shape (n**2,), of the locations, shape (n,)."""
        return permutation_bits(permutation_solution(solution, self.order, self.problem.kind))

    def complete(self, X: AnyArray) -> Bits:
        """X itself, shape (k, n**2): there are no auxiliary bits."""
        return np.atleast_2d(np.asarray(X, dtype=np.uint8))

    def separate(self, X: AnyArray) -> Rows | None:
        """None, whatever the points (k, n**2): all rows are in the program."""
        return None

    @classmethod
    def size(cls, problem: Qap) -> Size:
        """Terms are counted from the patterns of zeros; where negative numbers cancel, they are fewer."""
        n = problem.num_facilities
        flow, distance = problem.flow != 0, problem.distance != 0
        upper = np.triu_indices(n, 1)
        there, back = flow[upper], flow.T[upper]
        both, one = int((there & back).sum()), int((there ^ back).sum())
        off = distance & ~np.eye(n, dtype=bool)
        products = both * int((off | off.T).sum()) + one * int(off.sum())
        linear = int(np.count_nonzero(np.diag(flow))) * int(np.count_nonzero(np.diag(distance)))
        return Size(n * n, 2 * n, products + linear + 2 * n * n)


@PROBLEMS.register("qap")
@dataclass(frozen=True, eq=False)
class Qap:
    """Quadratic assignment: ``min over permutations p of sum_(i,j) flow[i,j] distance[p_i,p_j]``, diagonals included.

    Parameters
    ----------
    flow : shape (n, n), between facilities.
    distance : shape (n, n), between locations.
    name : of the instance.
    best_known : value of the literature.

    Raises
    ------
    ValueError
        Not two square matrices of one order, or numbers too large to be added exactly.

    Examples
    --------
    >>> qap = Qap([[0, 2], [1, 0]], [[0, 5], [3, 0]])
    >>> qap.objective([0, 1]), qap.objective([1, 0])
    (13, 11)
    """

    flow: AnyArray
    distance: AnyArray
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "qap"
    sense: ClassVar[Sense] = "min"
    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        for key in ("flow", "distance"):
            matrix = frozen_number(getattr(self, key), key)
            if matrix.size == 0:
                matrix = frozen(np.zeros((0, 0)), np.int64)
            if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
                raise ValueError(f"{key} must have shape (n, n), got {matrix.shape}; check the file's rows")
            object.__setattr__(self, key, matrix)
        if self.flow.shape != self.distance.shape:
            raise ValueError(f"flow and distance must have one order, got {len(self.flow)} and {len(self.distance)}")
        largest = float(np.abs(self.distance).max(initial=0)) * float(np.abs(self.flow).sum(dtype=np.float64))
        if largest >= 2.0**53:  # beyond, sums would not be exact
            raise ValueError(
                f"flow times distance must stay below 2**53, got up to {largest:.3g}; rescale the instance"
            )

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for key in ("flow", "distance"):
            self.__dict__[key] = frozen(state[key], state[key].dtype)

    @property
    def num_facilities(self) -> int:
        return len(self.flow)

    @property
    def size(self) -> dict[str, int]:
        return {"facilities": self.num_facilities}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        return {"assignment": QapAssignment}

    def objective(self, solution: Solution) -> Number:
        """Sum of ``flow[i, j] * distance[p_i, p_j]`` over all pairs of facilities, diagonals included."""
        p = permutation_solution(solution, self.num_facilities, self.kind)
        return number((self.flow * self.distance[np.ix_(p, p)]).sum())

    def violations(self, solution: Solution) -> dict[str, float]:
        """Empty: every permutation is feasible, and anything else is refused."""
        permutation_solution(solution, self.num_facilities, self.kind)
        return {}
