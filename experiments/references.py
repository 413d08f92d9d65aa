"""What a gap is measured against, and the only place where a value is called a bound.

A bound is the maximum over rounds of a proven energy bound of a relaxation, or a native solver's proof; checked against
the verified objective before anything is said.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from pathlib import Path

from ..core import BestKnown, BinaryProgram, Number, Problem, Reference, Status, number, signed
from .verify import DisagreementError, Verified

#: Relative float margin of a bound: sums of up to 1e5 terms in float64.
BOUND_MARGIN = 1e-9


def own_bound(problem: Problem, program: BinaryProgram | None, cost_bound: float | None) -> Number | None:
    """A bound on the cost as a bound on the objective, in the instance's sense; rounded where costs are integral."""
    if cost_bound is None or not math.isfinite(cost_bound):
        return None
    if program is not None and has_integral_cost(program):
        cost_bound = math.ceil(cost_bound - 1e-6 - BOUND_MARGIN * abs(cost_bound))
    return number(signed(problem, cost_bound))


def has_integral_cost(program: BinaryProgram) -> bool:
    """Whether every cost coefficient and the offset are integers."""
    arrays = (program.c, program.products.data)
    return program.offset % 1 == 0 and all(bool((values % 1 == 0).all()) for values in arrays)


def status_of(
    problem: Problem, verified: Verified | None, bound: Number | None, *, is_optimal: bool, is_infeasible: bool
) -> Status:
    """Status of the answer.

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
    margin = 1e-6 * max(1.0, abs(objective))
    if bound is not None:
        distance = objective - signed(problem, float(bound))
        if distance < -margin:
            raise DisagreementError(f"bound {bound} must not be worse than the verified objective {verified.objective}")
        if distance <= margin:
            return Status.OPTIMAL
    return Status.OPTIMAL if is_optimal else Status.FEASIBLE


def reference_of(
    problem: Problem,
    status: Status,
    objective: Number | None,
    bound: Number | None,
    look: Callable[[], Reference] = Reference,
) -> Reference:
    """The strongest reference there is: the literature's value, this run's proof, what was found, this run's bound.

    Parameters
    ----------
    look : looks for a reference where neither the literature nor this run proves one; see reference_run.py.
    """
    known = problem.best_known
    if known is not None:
        kind = "proven" if known.is_optimal else "best-known"
        return Reference(number(known.value), kind, known.source)  # type: ignore[arg-type]
    if status is Status.OPTIMAL:
        return Reference(objective, "proven", "this run")
    found = look()
    if found.kind == "proven" or bound is None:
        return found
    is_tighter = found.value is not None and signed(problem, float(found.value)) > signed(problem, float(bound))
    return found if is_tighter else Reference(bound, "bound", "this run", found.is_found)


def read_best_known(path: Path) -> Iterator[tuple[str, str, BestKnown]]:
    """``(instance, file, value)`` of each row of a best_known.csv.

    Raises
    ------
    ValueError
        A column is missing or a value is no number.
    """
    with path.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            try:
                optimal = {"yes": True, "no": False}.get(row["is_optimal"])
                known = BestKnown(number(float(row["best_known"])), optimal, row["source"])
                yield row["instance"], row["file"], known
            except (KeyError, ValueError, TypeError) as error:
                raise ValueError(
                    f"{path} must have the columns instance, file, best_known, is_optimal, source; {error}"
                ) from None
