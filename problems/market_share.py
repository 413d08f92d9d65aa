"""Market share (market split): divide retailers between two divisions so that each product's split meets its target.

Minimises the sum of absolute deviations ``sum_i |d_i x - t_i|``; every 0/1 vector is feasible. Demands are >= 0.
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
    Int,
    Number,
    Rows,
    Sense,
    Size,
    Solution,
    UnsupportedError,
    binary_solution,
    frozen_number,
    number,
    short_repr,
)
from ..core.bits import bounded_coefficients, num_bits, split_bits
from ..core.model_html import problem_html
from .checks import number_matrix, number_vector, restore


@PROBLEMS.register("market-share")
@dataclass(frozen=True, eq=False)
class MarketShare:
    """Products by retailers: minimise the summed absolute deviations of ``D x`` from the targets.

    Parameters
    ----------
    demands : D >= 0, shape (m, n): product i's demand at retailer j.
    targets : t, shape (m,): what division 1 is to get of each product.

    Raises
    ------
    ValueError
        Shapes do not fit, or a demand is negative or not finite.

    References
    ----------
    G. Cornuejols, M. Dawande (1998), A class of hard small 0-1 programs, IPCO VI, doi:10.1007/3-540-69346-7_22.
    There A x = b is asked for; here its distance from b is minimised, 0 where A x = b can be had.

    Examples
    --------
    >>> split = MarketShare(demands=[[3, 5, 2]], targets=[5])
    >>> split.objective([1, 0, 1]), split.objective([1, 0, 0])
    (0, 2)
    """

    demands: AnyArray
    targets: AnyArray
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "market-share"
    sense: ClassVar[Sense] = "min"
    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        targets = number_vector(self.targets, "targets")
        given = frozen_number(self.demands, "demands")
        columns = given.shape[1] if given.ndim == 2 else 0
        demands = number_matrix(given, "demands", shape=(targets.size, columns), minimum=0)
        if columns and not targets.size:
            raise ValueError(f"targets must be at least one for {columns} retailers, got none; check the instance")
        object.__setattr__(self, "targets", targets)
        object.__setattr__(self, "demands", demands)

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, self.__dataclass_fields__)

    @property
    def size(self) -> dict[str, int]:
        return {"products": int(self.demands.shape[0]), "retailers": int(self.demands.shape[1])}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        from .market_share_squares import MarketShareSquares

        return {"deviations": MarketShareDeviations, "squares": MarketShareSquares}

    def deviations(self, solution: Solution) -> AnyArray:
        """``D x - t`` of each product, shape (m,), for x of shape (n,); positive where division 1 gets too much."""
        return np.asarray(self.demands @ binary_solution(solution, self.demands.shape[1], self.kind) - self.targets)

    def objective(self, solution: Solution) -> Number:
        """Sum of absolute deviations from the targets."""
        return number(np.abs(self.deviations(solution)).sum())

    def violations(self, solution: Solution) -> dict[str, float]:
        """None ever: missing a target costs, but is allowed."""
        binary_solution(solution, self.demands.shape[1], self.kind)
        return {}


@dataclass(frozen=True, eq=False)
class MarketShareDeviations:
    """Minimise sum(s+ + s-) subject to D x + s+ - s- = t, with each s in bits of a bounded integer.

    s+ and s- of product i both lie in [0, sum of row i] (wider only if the target lies outside that range), so that
    every x has a completion. ``x[j]`` come first, then the bits ``plus[i,b]``, then ``minus[i,b]``, low bit first.

    Raises
    ------
    UnsupportedError
        Demands or targets are not integers: their deviations have no finite bits.

    Examples
    --------
    >>> form = MarketShareDeviations(MarketShare(demands=[[3, 5, 2]], targets=[5]))
    >>> form.program.num_variables, form.complete([[1, 0, 0] + [0] * 8]).tolist()
    (11, [[1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]])
    """

    problem: MarketShare

    name: ClassVar[str] = "deviations"
    is_surrogate: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.problem.demands.dtype.kind != "i" or self.problem.targets.dtype.kind != "i":
            raise UnsupportedError(
                "deviations must be of integer demands and targets, got decimals; scale the instance to integers"
            )

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import block_diag, csr_array, hstack

        plus, minus = self._weights
        demands = self.problem.demands
        m, n = demands.shape
        blocks = [csr_array(demands.astype(np.float64))]
        for sign, weights in ((1.0, plus), (-1.0, minus)):
            if m:
                blocks.append(csr_array(block_diag([sign * w[None, :].astype(np.float64) for w in weights])))
        costs = np.concatenate([np.zeros(n), *plus, *minus])
        names = [f"x[{j}]" for j in range(n)]
        for family, weights in (("plus", plus), ("minus", minus)):
            names += [f"{family}[{i},{b}]" for i, w in enumerate(weights) for b in range(w.size)]
        targets = self.problem.targets
        rows = Rows(hstack(blocks, format="csr"), targets, targets, tuple(f"target[{i}]" for i in range(m)))
        return BinaryProgram(c=costs, rows=rows, names=tuple(names))

    @cached_property
    def _weights(self) -> tuple[list[Int], list[Int]]:
        up, down = _spans(self.problem)
        return [bounded_coefficients(int(s)) for s in up], [bounded_coefficients(int(s)) for s in down]

    def decode(self, x: AnyArray) -> Solution | None:
        """The retailers' bits, shape (n,): the first of x; its deviation bits do not matter, ``complete`` sets them."""
        self._check_width(np.atleast_2d(x))
        return binary_solution(np.asarray(x)[: self.problem.demands.shape[1]], self.problem.demands.shape[1], "binary")

    def encode(self, solution: Solution) -> Bits:
        """The completed point, shape (variables,), of the solution, shape (n,)."""
        n = self.problem.demands.shape[1]
        x = np.zeros((1, self.program.num_variables), dtype=np.uint8)
        x[0, :n] = binary_solution(solution, n, self.problem.kind)
        return np.asarray(self.complete(x)[0])

    def complete(self, X: AnyArray) -> Bits:
        """Points with s+ = max(0, t - D x) and s- = max(0, D x - t), the cheapest that keep the rows."""
        X = np.atleast_2d(np.asarray(X, dtype=np.uint8))
        self._check_width(X)
        x = X[:, : self.problem.demands.shape[1]]
        short = self.problem.targets - x.astype(np.int64) @ self.problem.demands.T
        plus, minus = self._weights
        parts = [x]
        for amounts, weights in ((np.maximum(short, 0), plus), (np.maximum(-short, 0), minus)):
            parts += [split_bits(amounts[:, i], w) for i, w in enumerate(weights)]
        return np.concatenate(parts, axis=1)

    def separate(self, X: AnyArray) -> Rows | None:
        """None, whatever the points (k, variables): no row is lazy."""
        return None

    @classmethod
    def size(cls, problem: MarketShare) -> Size:
        """Retailers and the bits of both deviations of each product; a row a product."""
        m, n = problem.demands.shape
        up, down = _spans(problem)
        bits = sum(num_bits(int(span)) for span in (*up, *down))
        return Size(n + bits, m, int(np.count_nonzero(problem.demands)) + 2 * bits)

    def _check_width(self, X: AnyArray) -> None:
        if X.shape[1] != self.program.num_variables:
            raise ValueError(f"points must have {self.program.num_variables} bits, got {X.shape[1]}")


def _spans(problem: MarketShare) -> tuple[Int, Int]:
    """Largest value of s+ and of s- for each product."""
    total = problem.demands.sum(axis=1)
    return np.maximum(total, problem.targets), np.maximum(total, total - problem.targets)
