"""What a kind hands to CP-SAT: its model, how values are read as a solution, and in which units the objective is.

``cpsat_model`` dispatches on the problem's class. The default is the generic model of the first formulation whose cost
is the objective; a kind with a better one registers it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np

from ....algorithms.cpsat_model import PER_PRODUCT, build_model, build_seconds
from ....core import Formulation, Int, Problem, Rows, Solution, UnsupportedError
from ....problems.formulations import main_formulation_class


@dataclass(frozen=True, eq=False)
class KindModel:
    """CP-SAT model whose objective is ``(cost - offset) * factor``, cost = +-objective of the problem, minimised.

    Parameters
    ----------
    model : cp_model.CpModel with its objective.
    variables : whose values make up a solution.
    solution_of : values -> solution; None where they denote none.
    values_of : solution -> values of ``variables``, for the hint.
    factor, offset : units of the objective.
    is_exact : the integers stand for the data exactly, so that bound and proof may be claimed.
    separate : values -> lazy rows over ``variables`` that they break; None where no row is lazy or none is broken.
    """

    model: Any
    variables: list[Any]
    solution_of: Callable[[Int], Solution | None]
    values_of: Callable[[Solution], Int]
    factor: float = 1.0
    offset: float = 0.0
    is_exact: bool = True
    separate: Callable[[Int], Rows | None] = field(default=lambda values: None)


#: Building a larger model in Python takes longer, and more memory, than a search on it would be worth.
MAX_TERMS = 3_000_000


@singledispatch
def cpsat_refusal(problem: Problem) -> str:
    """Why the model of a problem would be too large, counted without building it; empty if it fits."""
    try:
        size = main_formulation_class(problem).size(problem)
    except UnsupportedError as error:
        return str(error)
    if size.terms <= MAX_TERMS:
        return ""
    return f"CP-SAT models must have at most {MAX_TERMS:,} terms, got {size.terms:,}; use greedy or a sampler (sa)"


@singledispatch
def cpsat_seconds(problem: Problem) -> float:
    """About how long building the model of a problem takes; kinds whose models are always small tell 0."""
    if cpsat_model.dispatch(type(problem)) is not cpsat_model.dispatch(object):
        return 0.0
    make = main_formulation_class(problem)
    size = make.size(problem)
    return build_seconds(make(problem).program) if size.rows else PER_PRODUCT * size.terms


@singledispatch
def cpsat_model(problem: Problem) -> KindModel:
    """The CP-SAT model of a problem.

    Raises
    ------
    UnsupportedError
        The model would be too large, or no formulation's cost is the objective.
    """
    return formulation_model(main_formulation_class(problem)(problem))


def formulation_model(formulation: Formulation) -> KindModel:
    """The generic model of a formulation's program."""
    program = formulation.program
    built = build_model(program)

    def solution_of(values: Int) -> Solution | None:
        return formulation.decode(formulation.complete(values.astype(np.uint8)[None])[0])

    def separate(values: Int) -> Rows | None:
        return formulation.separate(values.astype(np.uint8)[None])

    return KindModel(
        model=built.model,
        variables=built.variables,
        solution_of=solution_of,
        values_of=lambda solution: formulation.encode(solution).astype(np.int64),
        factor=built.factor,
        offset=program.offset,
        is_exact=built.has_exact_costs and built.has_exact_rows,
        separate=separate,
    )
