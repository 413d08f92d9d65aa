"""The independent check: objective and violations of an answer, recomputed from the instance's own data.

Nothing that is reported comes from a QUBO energy; where a program's cost disagrees with the instance, that is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from ..core import (
    AnyArray,
    BinaryProgram,
    Bits,
    Formulation,
    Number,
    Problem,
    Record,
    Solution,
    Status,
    fingerprint,
    number,
    signed,
)
from ..core.margins import SOLVER, scaled_margin


class DisagreementError(RuntimeError):
    """A program's cost or rows and the instance's own data say different things of the same point."""


def check_energy_bound(bound: float | None, energies: AnyArray) -> None:
    """Hold a sampler's ``energy_bound`` against the energies of its own points, shape (k,).

    Raises
    ------
    DisagreementError
        A point lies below it: it is no bound.
    """
    if bound is None or not len(energies):
        return
    least = float(energies.min())
    if not bound <= least + scaled_margin(least, SOLVER):
        raise DisagreementError(f"the solver's energy_bound {bound} must not exceed the energy {least} of its point")


def check_bound(problem: Problem, bound: Number | None, objectives: Iterable[Number | None]) -> None:
    """Hold the run's bound against every verified objective that the run saw, those of its control too.

    Raises
    ------
    DisagreementError
        One is better than the bound.
    """
    if bound is None:
        return
    for objective in objectives:
        if objective is None:
            continue
        distance = signed(problem, float(objective)) - signed(problem, float(bound))
        if distance < -scaled_margin(float(objective), SOLVER):
            raise DisagreementError(f"bound {bound} must not be worse than the verified objective {objective}")


def check_across(problem: Problem, records: Iterable[Record]) -> None:
    """Hold what each run of one instance claims against what every other run found.

    Raises
    ------
    DisagreementError
        A solution of one run is better than the bound of another, or another calls the instance infeasible.
    """
    runs = list(records)
    found = [run.objective for run in runs if run.objective is not None and not run.violations]
    for run in runs:
        name = run.pipeline["solver"]["name"]
        if run.status is Status.INFEASIBLE and found:
            raise DisagreementError(f"{name} calls the instance infeasible, but a solution of {found[0]} was found")
        try:
            check_bound(problem, run.bound, found)
        except DisagreementError as error:
            raise DisagreementError(f"{name}: {error}") from None


@dataclass(frozen=True, eq=False)
class Verified:
    """A solution with what the instance says of it; ``solution`` None when the point denotes none."""

    solution: Solution | None
    objective: Number | None
    violations: Mapping[str, float]

    @property
    def is_feasible(self) -> bool:
        return self.solution is not None and not self.violations


def verify(problem: Problem, solution: Solution) -> Verified:
    """Objective and violations of a native solution.

    Raises
    ------
    ValueError
        It is not a solution of this kind at all.
    """
    violations = {name: float(amount) for name, amount in problem.violations(solution).items() if amount > 0}
    return Verified(np.asarray(solution), number(problem.objective(solution)), violations)


def broken_claims(problem: Problem, document: Mapping[str, Any], found: Verified) -> list[str]:
    """What a record, or a solution of ours, says of its instance and does not hold; ``found`` is its own solution.

    Examples
    --------
    >>> import qopt
    >>> knapsack = qopt.generate("mdkp", n=3, m=1, seed=1)
    >>> broken_claims(knapsack, {"objective": -1}, verify(knapsack, np.zeros(3, dtype=np.int64)))
    ['the file states -1, the instance says 0']
    """
    claims: list[str] = []
    stated, bound = document.get("objective"), document.get("bound")
    if found.objective is not None:
        value = float(found.objective)
        if _is_number(stated) and abs(stated - value) > scaled_margin(value):
            claims.append(f"the file states {stated}, the instance says {found.objective}")
        if _is_number(bound) and found.is_feasible:
            distance = signed(problem, value) - signed(problem, float(bound))
            if distance < -scaled_margin(value):
                claims.append(f"the file states the bound {bound}, and its own solution is better")
            elif document.get("status") == Status.OPTIMAL.value and distance > scaled_margin(value):
                claims.append(f"the file says optimal, and its bound {bound} does not prove that")
    if document.get("status") == Status.INFEASIBLE.value and found.is_feasible:
        claims.append("the file says infeasible, and has a solution")
    instance = document.get("instance")
    known = instance.get("fingerprint") if isinstance(instance, Mapping) else None
    if known is not None and known != fingerprint(problem):
        claims.append(f"the file is of an instance with fingerprint {known}, not of this one")
    return claims


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def verify_point(formulation: Formulation, x: Bits) -> Verified:
    """The solution of a completed point, shape (n,), verified; row violations stand in when it denotes none.

    Raises
    ------
    DisagreementError
        The program's cost of a feasible point is not the objective.
    """
    solution = formulation.decode(x)
    if solution is None:
        amounts = formulation.program.violations(x[None, :])[0]
        names = formulation.program.constraints.names
        return Verified(None, None, {names[i]: float(amounts[i]) for i in np.flatnonzero(amounts)})
    verified = verify(formulation.problem, solution)
    if verified.is_feasible and not formulation.is_surrogate:
        cost = float(formulation.program.costs(x[None, :])[0])
        expected = signed(formulation.problem, float(verified.objective or 0))
        if abs(cost - expected) > scaled_margin(expected, SOLVER) + _rounding(formulation.program):
            raise DisagreementError(
                f"cost {cost!r} of {formulation.name} must equal the objective {expected!r} of the same point; "
                "this is a bug in the formulation"
            )
    return verified


def _rounding(program: BinaryProgram) -> float:
    """What the sums of a program's cost may lose where large terms cancel: last bits of all |coefficients|."""
    return 64 * float(np.finfo(np.float64).eps) * program.weight
