"""One greedy solution of a problem: ``construct`` dispatches on the problem's class, deterministic and without search.

The default walks through the bits of a formulation: one flip at a time, less violation first, then less cost. It may
end without a solution; the rules of the kinds always find one where one is easy to have.
"""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from ....algorithms.flips import settle
from ....core import Problem, Solution, UnsupportedError
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
    x = np.asarray(formulation.complete(settle(program, x)[None])[0])
    solution = formulation.decode(x)
    return None if solution is None or problem.violations(solution) else solution
