"""The state of an ascent (algorithms/steps.py) as JSON values, and with a place for new rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...algorithms.steps import AscentState, StepState
from ...core.arrays import Float


def to_memory(state: AscentState) -> dict[str, Any]:
    """Arrays and numbers by field name."""
    return {**vars(state), "step": dict(vars(state.step))}


def from_memory(memory: Mapping[str, Any]) -> AscentState:
    """The state that ``to_memory`` gave; other keys are left alone."""
    fields = {key: memory[key] for key in AscentState.__dataclass_fields__}
    count, value = fields["checkpoint"]
    return AscentState(**{**fields, "step": StepState(**fields["step"]), "checkpoint": (int(count), float(value))})


def rearranged(state: AscentState, place: Callable[[Float], Float], average_values: Float | None) -> AscentState:
    """The state over other rows. All vectors have shape (rows,).

    Parameters
    ----------
    place : takes a vector over the old rows to the new ones, 0 where there was none.
    average_values : h of the averaged point over the new rows, its new subgradient; None where there is no average.
    """

    def moved(vector: Float | None) -> Float | None:
        return None if vector is None else place(np.asarray(vector))

    return replace(
        state,
        multipliers=place(state.multipliers),
        best_multipliers=place(state.best_multipliers),
        direction=moved(state.direction),
        average_direction=average_values if average_values is not None else moved(state.average_direction),
    )


def appended(count: int) -> Callable[[Float], Float]:
    """``place`` of rows appended at the end, up to ``count`` rows. Vectors of shape (rows,) become (count,)."""
    return lambda vector: np.concatenate([vector, np.zeros(count - vector.size)])
