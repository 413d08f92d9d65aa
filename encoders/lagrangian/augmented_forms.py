"""The QUBO forms of an augmented Lagrangian's inequality terms: six ways to price a row quadratically without slack.

The exact form, ``([l + mu h]_+^2 - l^2) / (2 mu)``, is not quadratic in x. Each form here replaces it by one that is;
only L is a relaxation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from ...core.arrays import Float

#: L linear, Q square, AS active set, UP unbalanced, T3P third-party reading of the paper, SE slack elimination.
Variant = Literal["L", "Q", "AS", "UP", "T3P", "SE"]


@dataclass(frozen=True, eq=False)
class Terms:
    """``linear h + square (A x - target)^2 + constant`` of each inequality row, shapes (m,)."""

    linear: Float
    square: Float
    target: Float
    constant: Float


@dataclass(frozen=True, eq=False)
class RowState:
    """What a form may use of the inequality rows: multipliers, ``b``, mu, h of the last round (nan at first)."""

    multipliers: Float
    b: Float
    mu: float
    last: Float
    l2: float


def terms(variant: Variant, rows: RowState) -> Terms:
    """The terms of a variant."""
    return _FORMS[variant](rows)


def _linear(r: RowState) -> Terms:
    zero = np.zeros(r.b.size)
    return Terms(r.multipliers, zero, r.b, zero)


def _square(r: RowState) -> Terms:
    """``l h + mu/2 h^2``: an inequality treated as an equality; good where the optimum is tight."""
    return Terms(r.multipliers, np.full(r.b.size, r.mu / 2.0), r.b, np.zeros(r.b.size))


def _active_set(r: RowState) -> Terms:
    """The square only of rows with ``l + mu h > 0`` at the last point, the exact form's own rule; all at first."""
    is_active = np.isnan(r.last) | (r.multipliers + r.mu * np.nan_to_num(r.last) > 0)
    idle = -(r.multipliers**2) / (2.0 * r.mu)
    return Terms(
        np.where(is_active, r.multipliers, 0.0),
        np.where(is_active, r.mu / 2.0, 0.0),
        r.b,
        np.where(is_active, 0.0, idle),
    )


def _unbalanced(r: RowState) -> Terms:
    """``l h + l2 h^2`` with a fixed weight l2: unbalanced penalisation, whose linear weight is the multiplier."""
    return Terms(r.multipliers, np.full(r.b.size, r.l2), r.b, np.zeros(r.b.size))


def _third_party(r: RowState) -> Terms:
    """``l (A x) + mu (A x)^2``: b is dropped from both parts, so that every load is punished."""
    return Terms(r.multipliers, np.full(r.b.size, r.mu), np.zeros(r.b.size), r.multipliers * r.b)


def _slack_elimination(r: RowState) -> Terms:
    """``l (h + s) + mu/2 (h + s)^2`` with the slack ``s = [-(h + l/mu)]_+`` that was best at the last point."""
    s = np.where(np.isnan(r.last), 0.0, np.maximum(0.0, -(np.nan_to_num(r.last) + r.multipliers / r.mu)))
    return Terms(r.multipliers, np.full(r.b.size, r.mu / 2.0), r.b - s, r.multipliers * s)


_FORMS: Mapping[Variant, Callable[[RowState], Terms]] = MappingProxyType(
    {
        "L": _linear,
        "Q": _square,
        "AS": _active_set,
        "UP": _unbalanced,
        "T3P": _third_party,
        "SE": _slack_elimination,
    }
)
