"""Multidimensional 0-1 knapsack: choose items of largest profit so that each of m capacities holds.

Weights and capacities are nonnegative; profits may have any sign (an item of negative profit is never worth taking).
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
    Formulation,
    Number,
    Sense,
    Size,
    Solution,
    binary_solution,
    make_rows,
    number,
    short_repr,
)
from ..core.model_html import problem_html
from .checks import excess, named, number_matrix, number_vector, restore
from .direct import DirectForm


@PROBLEMS.register("mdkp")
@dataclass(frozen=True, eq=False)
class Mdkp:
    """Items with profits under m capacity rows: maximise p x subject to W x <= c.

    Parameters
    ----------
    profits : p, shape (n,), in the instance's own units.
    weights : W >= 0, shape (m, n).
    capacities : c >= 0, shape (m,).

    Raises
    ------
    ValueError
        Shapes do not fit, or a weight or capacity is negative or not finite.

    Examples
    --------
    >>> knapsack = Mdkp(profits=[6, 5, 4], weights=[[3, 2, 2]], capacities=[4])
    >>> knapsack.objective([0, 1, 1]), knapsack.violations([1, 1, 0])
    (9, {'capacity[0]': 1.0})
    """

    profits: AnyArray
    weights: AnyArray
    capacities: AnyArray
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "mdkp"
    sense: ClassVar[Sense] = "max"
    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        profits = number_vector(self.profits, "profits")
        capacities = number_vector(self.capacities, "capacities", minimum=0)
        weights = number_matrix(self.weights, "weights", shape=(capacities.size, profits.size), minimum=0)
        for key, value in (("profits", profits), ("weights", weights), ("capacities", capacities)):
            object.__setattr__(self, key, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, self.__dataclass_fields__)

    @property
    def size(self) -> dict[str, int]:
        return {"items": int(self.profits.size), "rows": int(self.capacities.size)}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        return {"linear": MdkpLinear}

    def objective(self, solution: Solution) -> Number:
        """Total profit of the chosen items."""
        return number(float(self.profits @ binary_solution(solution, self.profits.size, self.kind)))

    def violations(self, solution: Solution) -> dict[str, float]:
        """Overload of each capacity row as ``capacity[i]``, in the row's own units."""
        x = binary_solution(solution, self.profits.size, self.kind)
        return named(excess(self.weights, x, self.capacities), "capacity")


class MdkpLinear(DirectForm[Mdkp]):
    """Minimise -p x subject to W x <= c: one variable an item, one row a capacity."""

    name: ClassVar[str] = "linear"

    @cached_property
    def program(self) -> BinaryProgram:
        rows = make_rows(self.problem.weights, upper=self.problem.capacities, family="capacity")
        return BinaryProgram(c=-self.problem.profits, rows=rows)

    @classmethod
    def size(cls, problem: Mdkp) -> Size:
        """One variable an item, one row a capacity."""
        terms = np.count_nonzero(problem.profits) + np.count_nonzero(problem.weights)
        return Size(problem.profits.size, problem.capacities.size, int(terms))
