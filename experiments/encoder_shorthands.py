"""Encoders put around the chosen one by a shorthand: ``presolve`` fixes variables first, ``shrink`` ties bits after it.

Presolve stands outside, since it works on the program; shrinking works on the QUBO of what is left.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..core import ENCODERS, Encoder, accepted_fields, from_spec

#: Shorthand -> encoder and the field that takes its value; outermost first.
SHORTHANDS: Mapping[str, tuple[str, str]] = {"presolve": ("fix", "rule"), "shrink": ("shrink", "target")}

#: Specs of the wrapping encoders without their inner one, by shorthand, outermost first.
Wrappers = Mapping[str, dict[str, Any]]


def wrappers_of(**values: Any) -> Wrappers:
    """The wrapping encoders that ``shrink=20, presolve="lp"`` ask for; None for none.

    Examples
    --------
    >>> wrappers_of(shrink=20, presolve=None)
    {'shrink': {'name': 'shrink', 'target': 20}}
    """
    asked = {key: value for key, value in values.items() if value is not None}
    return {key: {"name": name, field: asked[key]} for key, (name, field) in SHORTHANDS.items() if key in asked}


def take_options(
    wrappers: Wrappers, options: Mapping[str, Any], others: Collection[str]
) -> tuple[Wrappers, dict[str, Any]]:
    """The wrappers with the options that are theirs, and the options that are left.

    Parameters
    ----------
    others : fields of the solver and of the inner encoder, with which a bare name may be confused.

    Raises
    ------
    ValueError
        A bare name is a field of a wrapper and of another part.
    """
    taken = {key: dict(spec) for key, spec in wrappers.items()}
    left = {}
    for option, value in options.items():
        role, _, field = option.rpartition(".")
        field = field.replace("-", "_")
        homes = [role] if role in taken else []
        if not role:
            homes = [key for key, spec in taken.items() if field in _free_fields(key, spec)]
        if not homes:
            left[option] = value
            continue
        if not role and (len(homes) > 1 or field in others):
            raise ValueError(
                f"option {field} must say which part it is for; write {homes[0]}.{field} or encoder.{field} "
                f"(in Python {homes[0]}__{field} or encoder__{field})"
            )
        taken[homes[0]][field] = value
    return taken, left


def wrapper_of(option: str) -> str:
    """The shorthand whose encoder alone has that option, such as ``presolve`` for ``core``; empty for none."""
    return next((key for key, (name, _) in SHORTHANDS.items() if option in _free_fields(key, {"name": name})), "")


def _free_fields(shorthand: str, spec: Mapping[str, Any]) -> set[str]:
    return set(accepted_fields(ENCODERS.get(spec["name"]).make)) - {"inner", SHORTHANDS[shorthand][1]}


def wrapped(encoder: Encoder, wrappers: Wrappers) -> Encoder:
    """The encoder inside its wrappers."""
    specs: Sequence[dict[str, Any]] = list(wrappers.values())
    for spec in reversed(specs):
        encoder = from_spec("encoders", {**spec, "inner": encoder})
    return encoder
