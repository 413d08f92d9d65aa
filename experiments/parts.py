"""A solver or encoder as users give it: a registered name, a mapping of its fields, or the part itself as an object."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..core import ENCODERS, SOLVERS, accepted_fields, coerce, from_spec
from ..core.old_names import with_field_names
from ..core.spec import check_types

Part = str | Mapping[str, Any] | object

_REGISTRIES = {"solver": SOLVERS, "encoder": ENCODERS}


def as_part(role: str, part: object) -> Part:
    """``part`` as the pipeline takes it; a dimod sampler that is not one of ours is wrapped.

    Raises
    ------
    TypeError
        Neither a name, a mapping with a name, nor a part of this role.

    Examples
    --------
    >>> as_part("solver", "sa")
    'sa'
    >>> import dimod
    >>> part_name("solver", as_part("solver", dimod.ExactSolver()))
    'dimod'
    """
    if isinstance(part, str):
        return part
    if isinstance(part, Mapping):
        if "name" not in part:
            raise TypeError(f"{role} as a mapping must have a name, got {dict(part)!r}; write {{'name': ...}}")
        return part
    if not isinstance(part, type):
        try:
            _REGISTRIES[role].entry_of(type(part))
        except ValueError:
            if role == "solver" and hasattr(part, "sample") and hasattr(part, "parameters"):
                from ..solvers.classical.dimod_sampler import adapt

                wrapped: object = adapt(part)
                return wrapped
        else:
            return part
    raise TypeError(
        f"{role} must be a name, a mapping with a name, or an object such as qopt.{_EXAMPLES[role]}, got {part!r}; "
        f"`qopt list {role}s` has the names"
    )


_EXAMPLES = {"solver": "Qaoa(num_layers=3)", "encoder": "Slack()"}


def part_name(role: str, part: Part) -> str:
    """Registered name of a part, or the name typed for it."""
    if isinstance(part, str):
        return part
    return str(part["name"]) if isinstance(part, Mapping) else _REGISTRIES[role].entry_of(type(part)).name


def part_make(role: str, part: Part) -> Any:
    """The class of a part."""
    return _REGISTRIES[role].get(part_name(role, part)).make if isinstance(part, str | Mapping) else type(part)


def part_fields(role: str, part: Part) -> dict[str, dataclasses.Field[Any]]:
    """Settable fields of a part by each name that they are accepted under."""
    return accepted_fields(part_make(role, part))


def build_part(role: str, part: Part, overrides: Mapping[str, Any]) -> Any:
    """The part with some fields set; an object keeps its other fields, and itself where nothing is set."""
    if isinstance(part, str | Mapping):
        make = part_make(role, part)
        spec = {"name": part} if isinstance(part, str) else with_field_names(make, _underscored(part))
        return from_spec(f"{role}s", {**spec, **with_field_names(make, _underscored(overrides))})
    check_types(part)
    if not overrides:
        return part
    known = part_fields(role, part)
    given = with_field_names(type(part), overrides)
    values = {key: coerce(type(part), known[key], value) for key, value in given.items()}
    return dataclasses.replace(part, **values)  # type: ignore[type-var]


def _underscored(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("-", "_"): value for key, value in spec.items()}
