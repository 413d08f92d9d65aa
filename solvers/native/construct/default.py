"""One greedy solution of a problem: ``construct`` dispatches on the problem's class, deterministic and without search.

The default walks through the bits of a formulation: one flip at a time, less violation first, then less cost. It may
end without a solution; the rules of the kinds always find one where one is easy to have.
"""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from ....core import BinaryProgram, Bits, Float, Problem, Solution, UnsupportedError
from ....problems.formulations import main_formulation_class

#: The default rule works on the program's products and rows, which have to fit.
MAX_TERMS = 5_000_000


def construct_refusal(problem: Problem) -> str:
    """Why there is no greedy rule for a problem; empty if there is one."""
    if construct.dispatch(type(problem)) is not construct.dispatch(object):
        return ""
    try:
        size = main_formulation_class(problem).size(problem)
    except UnsupportedError as error:
        return str(error)
    if size.terms <= MAX_TERMS:
        return ""
    return f"the generic greedy rule must have at most {MAX_TERMS:,} terms, got {size.terms:,}; use a sampler (sa)"


@singledispatch
def construct(problem: Problem) -> Solution | None:
    """A greedy solution without violations, or None where the rule found none.

    Raises
    ------
    UnsupportedError
        The generic rule cannot run; see ``construct_refusal``.
    """
    refusal = construct_refusal(problem)
    if refusal:
        raise UnsupportedError(refusal)
    formulation = main_formulation_class(problem)(problem)
    program = formulation.program
    x = np.asarray(formulation.complete(np.zeros((1, program.num_variables), dtype=np.uint8))[0])
    x = np.asarray(formulation.complete(flip_descent(program, x)[None])[0])
    solution = formulation.decode(x)
    return None if solution is None or problem.violations(solution) else solution


def flip_descent(program: BinaryProgram, x: Bits) -> Bits:
    """Local optimum under single flips of (total violation, cost), in that order; steepest descent, first of equals."""
    return _FlipDescent(program, x).run()


class _FlipDescent:
    """Running state of one descent: point, row activities, and the gradient of the products."""

    def __init__(self, program: BinaryProgram, x: Bits) -> None:
        rows = program.constraints
        self._c = program.c
        self._Q = program.products + program.products.T
        entries = rows.A.tocoo()
        self._row, self._column, self._value = entries.row, entries.col, entries.data
        self._lower, self._upper = rows.lower, rows.upper
        self._columns = rows.A.tocsc()
        self.x = x.astype(np.float64)
        self._activity = np.asarray(rows.A @ self.x)
        self._gradient = np.asarray(self._Q @ self.x)
        self._tolerance = 1e-9 * max(1.0, float(np.abs(program.c).max(initial=0.0)))

    def run(self) -> Bits:
        while True:
            violation, cost = self._changes()
            if not violation.size:
                break
            least = violation.min()
            j = int(np.where(violation <= least + 1e-9, cost, np.inf).argmin())
            if violation[j] > -1e-9 and (violation[j] > 1e-9 or cost[j] > -self._tolerance):
                break
            self._flip(j)
        return self.x.astype(np.uint8)

    def _changes(self) -> tuple[Float, Float]:
        """Change of total violation and of cost by each flip, shape (n,) each."""
        direction = 1.0 - 2.0 * self.x
        before = self._excess(self._activity)
        row = self._row
        moved = self._activity[row] + self._value * direction[self._column]
        after = np.maximum(0.0, np.maximum(self._lower[row] - moved, moved - self._upper[row]))
        violation: Float = np.bincount(self._column, after - before[row], minlength=direction.size).astype(np.float64)
        return violation, np.asarray(direction * (self._c + self._gradient))

    def _excess(self, activity: Float) -> Float:
        return np.maximum(0.0, np.maximum(self._lower - activity, activity - self._upper))

    def _flip(self, j: int) -> None:
        step = 1.0 - 2.0 * self.x[j]
        self.x[j] += step
        part = slice(int(self._columns.indptr[j]), int(self._columns.indptr[j + 1]))
        self._activity[self._columns.indices[part]] += step * self._columns.data[part]
        part = slice(int(self._Q.indptr[j]), int(self._Q.indptr[j + 1]))
        self._gradient[self._Q.indices[part]] += step * self._Q.data[part]
