"""The formulation that a name asks for; unknown names list the known ones."""

from __future__ import annotations

from ..core import Formulation, Problem, unknown_name


def formulate(problem: Problem, name: str | None) -> Formulation:
    """The problem's formulation of that name; its first for None."""
    forms = problem.formulations
    if name is None:
        return next(iter(forms.values()))(problem)
    if name not in forms:
        raise unknown_name(f"formulation of {problem.kind}", name, forms)
    return forms[name](problem)
