"""The formulations of a problem: by name, or the main one, whose cost is the objective."""

from __future__ import annotations

from functools import lru_cache

from ..core import Formulation, Problem, UnsupportedError, unknown_name


def formulate(problem: Problem, name: str | None) -> Formulation:
    """The problem's formulation of that name; its first for None.

    The last ones are kept, since a large program takes seconds and several steps of a run ask for it.
    """
    try:
        hash(problem)
    except TypeError:
        return _made(problem, name)
    return _kept(problem, name)  # type: ignore[arg-type]


@lru_cache(maxsize=2)
def _kept(problem: Problem, name: str | None) -> Formulation:
    return _made(problem, name)


def _made(problem: Problem, name: str | None) -> Formulation:
    forms = problem.formulations
    if name is None:
        return next(iter(forms.values()))(problem)
    if name not in forms:
        raise unknown_name(f"formulation of {problem.kind}", name, forms)
    return forms[name](problem)


def main_formulation_class(problem: Problem) -> type[Formulation]:
    """The first formulation whose cost is the problem's objective.

    Raises
    ------
    UnsupportedError
        There is none.
    """
    for make in problem.formulations.values():
        if not make.is_surrogate:
            return make
    raise UnsupportedError(f"{problem.kind} must have a formulation whose cost is the objective; use its own solver")
