"""Multiple knapsack: put items into K knapsacks, each item into at most one, so that the total profit is largest.

For procurement: items are lots, knapsacks suppliers' budgets, some lots must be bought, and joint risk costs profit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..core import (
    PROBLEMS,
    AnyArray,
    BestKnown,
    BinaryProgram,
    Bits,
    Float,
    Formulation,
    Int,
    Number,
    Rows,
    Sense,
    Size,
    Solution,
    frozen,
    frozen_number,
    number,
    short_repr,
)
from ..core.model_html import problem_html
from .checks import excess, named, number_matrix, number_vector, restore


@PROBLEMS.register("multi-knapsack")
@dataclass(frozen=True, eq=False)
class MultiKnapsack:
    """Items by knapsacks: maximise ``sum_ik p_ik x_ik - y'R y``, y_i = sum_k x_ik <= 1, ``sum_i w_i x_ik <= C_k``.

    A solution gives each item its knapsack 1..K, or 0 where it is left out.

    Parameters
    ----------
    profits : shape (n,), or (n, K) where the profit depends on the knapsack.
    weights : w >= 0, shape (n,).
    capacities : C >= 0, shape (K,).
    required : 1 for items that must be packed, shape (n,); None for no such item.
    risk : R, symmetric, shape (n, n): the risk aversion times the covariance; None for no risk.

    Raises
    ------
    ValueError
        Shapes do not fit, a weight or capacity is negative, or the risk is not symmetric.

    References
    ----------
    The profit minus a quadratic risk is the usual mean-variance form (H. Markowitz, 1952, Portfolio selection,
    doi:10.2307/2975974); plain instances are those of Dell'Amico, Delorme, Iori, Martello (2019), Mathematical models
    and decomposition methods for the multiple knapsack problem, doi:10.1016/j.ejor.2018.10.043.

    Examples
    --------
    >>> two = MultiKnapsack(profits=[6, 5, 4], weights=[3, 2, 2], capacities=[3, 2], required=[0, 0, 1])
    >>> two.objective([1, 2, 0]), two.violations([1, 2, 0])
    (11, {'required[2]': 1.0})
    """

    profits: AnyArray
    weights: AnyArray
    capacities: AnyArray
    required: Int | None = None
    risk: AnyArray | None = None
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "multi-knapsack"
    sense: ClassVar[Sense] = "max"
    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        weights = number_vector(self.weights, "weights", minimum=0)
        capacities = number_vector(self.capacities, "capacities", minimum=0)
        n, K = weights.size, capacities.size
        given = frozen_number(self.profits, "profits")
        if given.ndim == 2:
            profits = number_matrix(given, "profits", shape=(n, K))
        else:
            profits = number_vector(given, "profits", size=n)
        required = None
        if self.required is not None:
            required = number_vector(self.required, "required", size=n)
            if not np.isin(required, (0, 1)).all():
                raise ValueError("required must hold 0 or 1 for each item; check the instance")
            required = frozen(required, np.int64) if required.any() else None
        risk = None
        if self.risk is not None:
            risk = number_matrix(self.risk, "risk", shape=(n, n))
            if not np.array_equal(risk, risk.T):
                raise ValueError("risk must be symmetric, as a covariance is; give (R + R') / 2")
            risk = risk if risk.any() else None
        values = (profits, weights, capacities, required, risk)
        for key, value in zip(("profits", "weights", "capacities", "required", "risk"), values, strict=True):
            object.__setattr__(self, key, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, self.__dataclass_fields__)

    @property
    def num_items(self) -> int:
        return int(self.weights.size)

    @property
    def num_knapsacks(self) -> int:
        return int(self.capacities.size)

    @property
    def size(self) -> dict[str, int]:
        return {"items": self.num_items, "knapsacks": self.num_knapsacks}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        return {"assignment": MultiKnapsackAssignment}

    @cached_property
    def profit_matrix(self) -> AnyArray:
        """Profit of each item in each knapsack, shape (n, K)."""
        if self.profits.ndim == 2:
            return self.profits
        return np.broadcast_to(self.profits[:, None], (self.num_items, self.num_knapsacks))

    def objective(self, solution: Solution) -> Number:
        """Profit of the packed items in their knapsacks, minus their joint risk."""
        place = self.checked(solution)
        packed = np.flatnonzero(place)
        profit = self.profit_matrix[packed, place[packed] - 1].sum()
        return number(profit if self.risk is None else profit - self.risk[np.ix_(packed, packed)].sum())

    def violations(self, solution: Solution) -> dict[str, float]:
        """Overload of each knapsack ``capacity[k]`` in units of weight, and 1 for each ``required[i]`` left out."""
        place = self.checked(solution)
        inside = place[None, :] == np.arange(1, self.num_knapsacks + 1)[:, None]
        broken = named(_overloads(self.weights, inside, self.capacities), "capacity")
        if self.required is not None:
            broken |= named((self.required.astype(bool) & (place == 0)).astype(np.float64), "required")
        return broken

    def checked(self, solution: npt.ArrayLike) -> Solution:
        """The solution as int64 vector of knapsacks 0..K, shape (n,).

        Raises
        ------
        ValueError
            Wrong length or a value outside 0..K.
        """
        place = np.asarray(solution)
        if place.shape != (self.num_items,) or not np.isin(place, np.arange(self.num_knapsacks + 1)).all():
            found = f"{place.size} values starting {place.ravel()[:6].tolist()}"
            raise ValueError(
                f"a {self.kind} solution must be {self.num_items} values 0..{self.num_knapsacks}, got {found}; "
                "check the solution file"
            )
        return place.astype(np.int64)


@dataclass(frozen=True, eq=False)
class MultiKnapsackAssignment:
    """Bits x_ik (item i in knapsack k) at index i*K + k; rows ``capacity[k]`` and ``item[i]``.

    An item's row is ``sum_k x_ik <= 1``, ``== 1`` where it is required. An item in two knapsacks denotes no solution.
    """

    problem: MultiKnapsack

    name: ClassVar[str] = "assignment"
    is_surrogate: ClassVar[bool] = False

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import csr_array, eye_array, kron, vstack

        problem = self.problem
        n, K = problem.num_items, problem.num_knapsacks
        one_item = kron(eye_array(n), np.ones((1, K)))
        # the knapsack rows: column i*K + k of row k is w_i
        loads = kron(csr_array(problem.weights[None, :].astype(np.float64)), eye_array(K))
        required = np.zeros(n) if problem.required is None else problem.required
        rows = Rows(
            vstack([csr_array(loads, shape=(K, n * K)), csr_array(one_item, shape=(n, n * K))], format="csr"),
            np.concatenate([np.full(K, -np.inf), np.where(required == 1, 1.0, -np.inf)]),
            np.concatenate([problem.capacities, np.ones(n)]),
            tuple(f"capacity[{k}]" for k in range(K)) + tuple(f"item[{i}]" for i in range(n)),
        )
        costs = -problem.profit_matrix.astype(np.float64)
        Q = None
        if problem.risk is not None:
            # x_ik**2 = x_ik, and two bits of one item are never both 1: its own risk is linear
            costs = costs + np.diag(problem.risk)[:, None]
            between = np.triu(problem.risk, 1).astype(np.float64)
            Q = kron(csr_array(2.0 * between), np.ones((K, K)), format="csr")
        names = tuple(f"x[{i},{k}]" for i in range(n) for k in range(K))
        return BinaryProgram(c=costs.ravel(), Q=Q, rows=rows, names=names)

    def decode(self, x: AnyArray) -> Solution | None:
        """Knapsack of each item, shape (n,), of bits, shape (n * K,); None when an item lies in two."""
        problem = self.problem
        bits = np.asarray(x).reshape(problem.num_items, problem.num_knapsacks)
        if (bits.sum(axis=1) > 1).any():
            return None
        return np.asarray(bits @ np.arange(1, problem.num_knapsacks + 1), dtype=np.int64)

    def encode(self, solution: Solution) -> Bits:
        """The point, shape (n * K,), of the solution, shape (n,)."""
        place = self.problem.checked(solution)
        knapsacks = np.arange(1, self.problem.num_knapsacks + 1)
        return np.asarray(place[:, None] == knapsacks, dtype=np.uint8).ravel()

    def complete(self, X: AnyArray) -> Bits:
        """The same points, shape (k, n * K): there is nothing to set."""
        return np.atleast_2d(np.asarray(X, dtype=np.uint8))

    def separate(self, X: AnyArray) -> Rows | None:
        """None, whatever the points (k, n * K): no row is lazy."""
        return None

    @classmethod
    def size(cls, problem: MultiKnapsack) -> Size:
        """A variable for each item in each knapsack, a row an item and a row a knapsack."""
        n, K = problem.num_items, problem.num_knapsacks
        costs = problem.profit_matrix
        products = 0
        if problem.risk is not None:
            costs = costs - np.diag(problem.risk)[:, None]
            products = int(np.count_nonzero(np.triu(problem.risk, 1))) * K * K
        entries = K * int(np.count_nonzero(problem.weights)) + n * K
        return Size(n * K, n + K, int(np.count_nonzero(costs)) + products + entries)


def _overloads(weights: AnyArray, inside: AnyArray, capacities: AnyArray) -> Float:
    """Overload of each knapsack whose items ``inside`` (K, n) marks."""
    amounts = [excess(weights[None, :], row.astype(np.int64), capacities[k : k + 1])[0] for k, row in enumerate(inside)]
    return np.array(amounts, dtype=np.float64)
