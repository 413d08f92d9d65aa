"""What formulations share whose points are the native 0/1 solutions themselves: no auxiliary bit, no lazy row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np

from ..core import AnyArray, BinaryProgram, Bits, Rows, Solution, binary_solution

P = TypeVar("P")


@dataclass(frozen=True, eq=False)
class DirectForm(Generic[P]):
    """Formulation with x itself as solution; a kind adds ``name``, ``program`` and ``size``."""

    problem: P
    is_surrogate: ClassVar[bool] = False

    @property
    def program(self) -> BinaryProgram:
        raise NotImplementedError("a formulation must say its program")

    def decode(self, x: AnyArray) -> Solution | None:
        """x as a solution, shape (n,) both; every point denotes one, feasible or not."""
        return binary_solution(x, self.program.num_variables, "binary")

    def encode(self, solution: Solution) -> Bits:
        """The solution as a point, shape (n,) both."""
        return binary_solution(solution, self.program.num_variables, "binary").astype(np.uint8)

    def complete(self, X: AnyArray) -> Bits:
        """The same points, shape (k, n): there is nothing to set."""
        return np.atleast_2d(np.asarray(X, dtype=np.uint8))

    def separate(self, X: AnyArray) -> Rows | None:
        """None, whatever the points (k, n): no row is lazy."""
        return None
