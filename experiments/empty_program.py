"""What "infeasible" may be said of: the instance, not a formulation that holds a part of its solutions.

A heuristic pool of routes that holds no solution proves nothing, and a feasible point at hand contradicts any proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..core import Formulation, InfeasibleError, UnsupportedError


@contextmanager
def proofs_checked(formulation: Formulation) -> Iterator[None]:
    """Lets an InfeasibleError through only where it is one of the instance.

    Raises
    ------
    UnsupportedError
        The formulation is empty and the instance need not be; the text names another formulation.
    RuntimeError
        The kind's own greedy rule has a solution of an instance that was said to have none.
    """
    try:
        yield
    except InfeasibleError as error:
        if formulation.is_surrogate:
            raise UnsupportedError(_remedy(formulation)) from error
        if _has_solution(formulation):
            raise RuntimeError(
                f"a proof that the instance has no solution must not meet one, got both ({error}); report this bug"
            ) from error
        raise


def _remedy(formulation: Formulation) -> str:
    others = [name for name in formulation.problem.formulations if name != formulation.name]
    said = f"; use --formulation {others[0]}" if others else "; use another solver (--solver auto)"
    return f"{formulation.name} must hold a solution of the instance, got none, which proves nothing{said}"


def _has_solution(formulation: Formulation) -> bool:
    from ..solvers.native.construct.default import construct, construct_refusal

    problem = formulation.problem
    if construct_refusal(problem):
        return False
    solution = construct(problem)
    return solution is not None and not problem.violations(solution)
