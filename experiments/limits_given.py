"""Limits of a run given as options, apart from options of its parts that have the same name.

A bare word is the run's: ``shots``, ``seconds``, ``target``. A part's own option of that name is ``solver__shots`` or
``encoder__target``. One that may be meant for either, since nothing else says the part's, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import fields
from typing import Any

from ..core import Budget
from .parts import Part, part_fields

#: Names of a run's limits.
LIMITS = tuple(field.name for field in fields(Budget))
#: Limits that a person may well take for the part's: a part that has such an option does little without it.
EITHER = ("target",)


def take_limits(options: MutableMapping[str, Any]) -> dict[str, Any]:
    """The run's limits, taken out of options: ``shots``, or ``budget.shots`` (``budget__shots`` in Python).

    Raises
    ------
    ValueError
        One is given twice.

    Examples
    --------
    >>> options = {"layers": 3, "shots": 10, "budget__target": 5}
    >>> take_limits(options), options
    ({'shots': 10, 'target': 5}, {'layers': 3})
    """
    found: dict[str, Any] = {}
    if "time_limit" in options:  # the command line's word for it
        if "seconds" in options:
            raise ValueError("give seconds or time_limit, not both; they are the same")
        options["seconds"] = options.pop("time_limit")
    for name in LIMITS:
        for key in (name, f"budget__{name}", f"budget.{name}"):
            if key in options:
                if name in found:
                    raise ValueError(f"give {name} or {key}, not both; they are the same")
                found[name] = options.pop(key)
    return found


def check_limits(limits: Mapping[str, Any], solver: Part, encoder: Part | None, options: Mapping[str, Any]) -> None:
    """Refuse a limit that may be meant for a part, with the ways to say which.

    Parameters
    ----------
    limits : those given by their bare names.
    options : of the parts, by name or with their role before it.

    Raises
    ------
    TypeError
        It is a text, and the part's own option may be one.
    ValueError
        It is one of ``EITHER``, and the part's own is not given beside it.
    """
    parts = {"solver": solver} if encoder is None else {"solver": solver, "encoder": encoder}
    for name, value in limits.items():
        for role, part in parts.items():
            if name not in part_fields(role, part):
                continue
            own = f"{role}__{name} (on the command line --{role}.{name})"
            if isinstance(value, str):
                raise TypeError(f"{name} must be a number, got {value!r}; the {role}'s own option is {own}")
            is_said = not isinstance(part, str) and (not isinstance(part, Mapping) or name in part)
            is_said = is_said or {f"{role}__{name}", f"{role}.{name}"} & set(options) != set()
            if name in EITHER and not is_said:
                raise ValueError(
                    f"{name} must say what it is for, got {name}={value!r}; the {role}'s own option is {own}, "
                    f"the run's limit budget__{name} (--budget.{name})"
                )
