"""What a gap is measured against, and the only place where a value is called a bound.

A bound is the maximum over rounds of a proven energy bound of a relaxation, or a native solver's proof; checked against
the verified objective before anything is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ..core import BestKnown, BinaryProgram, Number, Problem, Reference, Status, number, signed
from ..core.margins import CLAIM, SOLVER, claim_margin, rounded_up, scaled_margin
from .best_known import read_table
from .verify import DisagreementError, Verified


def own_bound(problem: Problem, program: BinaryProgram | None, cost_bound: float | None) -> Number | None:
    """A bound on the cost as a bound on the objective, in the instance's sense; rounded where costs are integral."""
    if cost_bound is None or not math.isfinite(cost_bound):
        return None
    if program is not None and has_integral_cost(program):
        cost_bound = rounded_up(cost_bound, share=CLAIM)  # a sampler's bound has its rounding taken off
    return number(signed(problem, cost_bound))


def has_integral_cost(program: BinaryProgram) -> bool:
    """Whether every cost coefficient and the offset are integers."""
    return program.is_integral


def status_of(
    problem: Problem,
    verified: Verified | None,
    bound: Number | None,
    *,
    is_optimal: bool,
    is_infeasible: bool,
    program: BinaryProgram | None = None,
) -> Status:
    """Status of the answer.

    Parameters
    ----------
    program : whose costs were summed for the bound; of the size of decimal ones is what rounding moves.

    Raises
    ------
    DisagreementError
        The verified objective is better than the bound, or a feasible answer was proven not to exist.
    """
    if verified is None or not verified.is_feasible:
        if is_infeasible:
            return Status.INFEASIBLE
        return Status.UNKNOWN if verified is None else Status.VIOLATED
    if is_infeasible:
        raise DisagreementError("a solver proved that there is no solution, but a verified one was found")
    objective = signed(problem, float(verified.objective or 0))
    margin = scaled_margin(objective, SOLVER)
    if bound is not None:
        distance = objective - signed(problem, float(bound))
        if distance < -margin:
            raise DisagreementError(f"bound {bound} must not be worse than the verified objective {verified.objective}")
        if distance <= claim_margin(objective, float(bound)) + _rounding(program):
            return Status.OPTIMAL
    return Status.OPTIMAL if is_optimal else Status.FEASIBLE


def _rounding(program: BinaryProgram | None) -> float:
    """What the sums of decimal costs may differ by, twice: in the bound, and in the objective; 0 for integers."""
    if program is None or has_integral_cost(program):
        return 0.0
    size = float(np.abs(program.coefficients).sum() + abs(program.offset))
    return 4.0 * (1 + program.num_variables) * float(np.finfo(np.float64).eps) * size


def reference_of(
    problem: Problem,
    status: Status,
    objective: Number | None,
    bound: Number | None,
    look: Callable[[], Reference] = Reference,
) -> Reference:
    """The strongest reference there is: the literature's value, this run's proof, what was found, this run's bound.

    A stated value that this run contradicts is none, see ``contradiction``.

    Parameters
    ----------
    look : looks for a reference where neither the literature nor this run proves one; see reference_run.py.
    """
    known = problem.best_known
    if known is not None and not contradiction(problem, status, objective, bound):
        kind = "proven" if known.is_optimal else "best-known"
        return Reference(number(known.value), kind, known.source)  # type: ignore[arg-type]
    if status is Status.OPTIMAL:
        return Reference(objective, "proven", "this run")
    found = look()
    if found.kind == "proven" or bound is None:
        return found
    is_tighter = found.value is not None and signed(problem, float(found.value)) > signed(problem, float(bound))
    return found if is_tighter else Reference(bound, "bound", "this run", found.is_found)


def contradiction(problem: Problem, status: Status, objective: Number | None, bound: Number | None) -> str:
    """Why the stated best known value cannot be right, as this run shows; empty where nothing speaks against it.

    No value is better than a proven bound, none is proven where a verified objective is better, and there is none
    where the instance is proven to have no solution.
    """
    known = problem.best_known
    if known is None:
        return ""
    stated = signed(problem, float(known.value))
    margin = scaled_margin(stated, SOLVER)
    shown = f"the stated value {known.value}" + (f" ({known.source})" if known.source else "")
    if status is Status.INFEASIBLE:
        return f"{shown} is left out: this run proves that there is no solution"
    if bound is not None and stated < signed(problem, float(bound)) - margin:
        return f"{shown} is left out: this run proves that no value is better than {bound}"
    if known.is_optimal and objective is not None and signed(problem, float(objective)) < stated - margin:
        return f"{shown} calls itself proven and is left out: the verified objective {objective} is better"
    return ""


def read_best_known(path: Path) -> Iterator[tuple[str, str, BestKnown]]:
    """``(instance, file, value)`` of each row of a best_known.csv; errors as in ``read_table``."""
    return ((row.instance, row.file, row.known) for row in read_table(path))
