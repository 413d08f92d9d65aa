"""A reference for instances that have none: small ones are counted, others get a short exact search, as what it is.

``auto`` counts all points of a small program, else lets the kind's exact solver search for a second; a number is the
seconds of that search; ``none`` looks for nothing. Sweeps only count, since their runs know each other's proofs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core import SOLVERS, Budget, Formulation, Number, Problem, Reference, UnsupportedError, from_spec, number, signed
from ..solvers.base import NativeSolver
from .enumeration import Enumeration, enumerate_field
from .field import Field, program_field

#: Seconds of the exact search that ``auto`` allows.
AUTO_SECONDS = 1.0
#: Bits of a program up to which all its points are counted for a reference.
COUNTED_BITS = 16


@dataclass(frozen=True)
class ReferenceRule:
    """How a reference is looked for where neither the literature nor the run itself has one.

    Parameters
    ----------
    counts : count all points of a program of at most ``COUNTED_BITS`` bits.
    seconds : of an exact search where that was not possible; None for none.
    """

    counts: bool = True
    seconds: float | None = None

    @staticmethod
    def of(text: str | float | None) -> ReferenceRule:
        """The rule that ``auto``, ``none`` or a number of seconds names.

        Raises
        ------
        ValueError
            Another word, or seconds that are not > 0.

        Examples
        --------
        >>> ReferenceRule.of("auto"), ReferenceRule.of("2.5").seconds, ReferenceRule.of("none").counts
        (ReferenceRule(counts=True, seconds=1.0), 2.5, False)
        """
        if text is None or text == "none":
            return ReferenceRule(counts=False)
        if text == "auto":
            return ReferenceRule(seconds=AUTO_SECONDS)
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            raise ValueError(f"reference must be auto, none or seconds > 0, got {text!r}; e.g. 10")
        return ReferenceRule(seconds=seconds)


def found_reference(
    problem: Problem,
    rule: ReferenceRule,
    formulation: Formulation | None,
    counted: tuple[Field, Enumeration] | None = None,
) -> Reference:
    """The optimum by counting, or what an exact search of the rule's seconds proves; kind ``none`` where neither does.

    Parameters
    ----------
    formulation : of the run; None builds none, so that only the search is left.
    counted : a field that was enumerated already.
    """
    if rule.counts and formulation is not None:
        best = _counted(formulation, counted)
        if best is not None:
            size, cost = best
            return Reference(number(signed(problem, cost)), "proven", f"all {size:,} points counted", is_found=True)
    return Reference() if rule.seconds is None else _searched(problem, rule.seconds)


def _counted(formulation: Formulation, counted: tuple[Field, Enumeration] | None) -> tuple[int, float] | None:
    """``(number of points, lowest cost)`` of the whole program."""
    if counted is not None and counted[0].is_whole:
        found: Enumeration | None = counted[1]
    elif formulation.program.num_variables <= COUNTED_BITS:
        found = enumerate_field(program_field(formulation))
    else:
        found = None
    if found is None or found.uniform.best is None:
        return None
    return int(found.uniform.total), found.uniform.best


def _searched(problem: Problem, seconds: float) -> Reference:
    """What the kind's exact solver proves within some seconds: the optimum, or a bound."""
    from ..solvers.native.auto import choose

    try:
        name: Any = choose(problem)[0]
    except UnsupportedError:
        return Reference()
    solver = from_spec("solvers", name)
    if not isinstance(solver, NativeSolver):
        name, solver = "cpsat", from_spec("solvers", "cpsat")
    if SOLVERS.get(name if isinstance(name, str) else str(name["name"])).missing or solver.refusal(problem):
        return Reference()
    outcome = solver.solve(problem, budget=Budget(seconds=seconds), seed=0)
    source = f"{name} within {seconds:g} s"
    if outcome.is_optimal and outcome.solution is not None:
        value: Number = number(float(problem.objective(outcome.solution)))
        return Reference(value, "proven", source, is_found=True)
    if outcome.bound is not None:
        return Reference(number(outcome.bound), "bound", source, is_found=True)
    return Reference(is_found=True)
