"""Distance of an objective from a reference, in one convention for both senses."""

from __future__ import annotations

from .problem import Sense


def relative_gap(objective: float | None, reference: float | None, sense: Sense) -> float | None:
    """``s * (objective - reference) / |reference|``, s = +1 for min, -1 for max; negative means better.

    None when either is missing, or when the reference is 0 and the objective is not (0 when both are).

    Examples
    --------
    >>> relative_gap(95, 100, "max"), relative_gap(105, 100, "min"), relative_gap(3, 0, "min")
    (0.05, 0.05, None)
    """
    distance = absolute_gap(objective, reference, sense)
    if distance is None or reference is None:
        return None
    if reference == 0:
        return 0.0 if distance == 0 else None
    return distance / abs(reference)


def absolute_gap(objective: float | None, reference: float | None, sense: Sense) -> float | None:
    """``s * (objective - reference)``, in the instance's units; None when either is missing."""
    if objective is None or reference is None:
        return None
    return objective - reference if sense == "min" else reference - objective
