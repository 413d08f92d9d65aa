"""Command-line overrides of a spec: ``solver.num_layers=1,2,3``, ``budget.shots=100``, ``pipelines.sa.repair=off``.

A key that opens with a name of the spec's top level is that place; ``solver.x``, ``encoder.x`` and a plain pipeline key
go to every pipeline whose part has it, and it is an error where none has.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ...core import ENCODERS, SOLVERS, accepted_fields, unknown_name
from .document import Document, scalar
from .spec import PipelineSpec, Sweep


def apply_overrides(document: Document, overrides: Sequence[str]) -> None:
    """Change the document's values in place.

    Raises
    ------
    ValueError
        No ``key=value``, or a place that is not there.
    """
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not key.strip(". "):
            raise ValueError(
                f"override must be key=value such as solver.num_layers=1,2,3, got {override!r}; see --help"
            )
        items = [scalar(item.strip()) for item in text.split(",")]
        value: Any = items[0] if len(items) == 1 else items
        head, _, rest = key.partition(".")
        if head in Sweep.model_fields:
            _set(document.values, key, value)
        elif head in PipelineSpec.model_fields and not rest:
            for name in _pipelines(document):
                _pipeline(document, name)[head] = value
        else:
            _set_option(document, head if rest else "", rest or head, value)


def _set(values: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    at: Any = values
    for done, part in enumerate(path):
        below = at.get(part, {}) if isinstance(at, Mapping) else None
        if isinstance(below, str) and path[0] == "pipelines" and done == 1:
            below = {"solver": below}
        elif isinstance(below, str) and path[0] == "pipelines" and part in ("solver", "encoder"):
            below = {"name": below}
        if not isinstance(below, dict):
            where = ".".join(path[: done + 1])
            raise ValueError(f"override {key} must name keys below keys, got a value or a list at {where}")
        at[part] = dict(below)
        at = at[part]
    at[last] = value


def _set_option(document: Document, role: str, option: str, value: Any) -> None:
    """The option of one part, in every pipeline whose part has it."""
    if role not in ("", "solver", "encoder"):
        raise unknown_name("first part of an override", role, [*Sweep.model_fields, "solver", "encoder"])
    known: set[str] = set()
    hits = 0
    for name in _pipelines(document):
        pipeline = _pipeline(document, name)
        for part in (role,) if role else ("solver", "encoder"):
            fields = _fields(part, pipeline.get(part))
            known |= {field.name for field in fields.values()}
            if option.replace("-", "_") in fields:
                hits += 1
                own = pipeline[part] if isinstance(pipeline[part], Mapping) else {"name": pipeline[part]}
                field = fields[option.replace("-", "_")].name
                kept = {key: old for key, old in own.items() if key not in fields or fields[key].name != field}
                pipeline[part] = {**kept, option.replace("-", "_"): value}
                break
    if not hits:
        raise unknown_name(f"option in an override of {role or 'the pipelines'}", option, known)


def _pipelines(document: Document) -> list[str]:
    pipelines = document.values.get("pipelines")
    return list(pipelines) if isinstance(pipelines, Mapping) else []


def _pipeline(document: Document, name: str) -> dict[str, Any]:
    """The pipeline's own copy of its keys: anchors share them."""
    pipelines = document.values["pipelines"]
    own = pipelines[name]
    pipelines[name] = {"solver": own} if isinstance(own, str) else dict(own) if isinstance(own, Mapping) else {}
    found: dict[str, Any] = pipelines[name]
    return found


def _fields(role: str, part: Any) -> dict[str, dataclasses.Field[Any]]:
    """Fields of a part by each name that they are accepted under."""
    name = part.get("name") if isinstance(part, Mapping) else part
    registry = SOLVERS if role == "solver" else ENCODERS
    if not isinstance(name, str) or name not in registry:
        return {}
    return accepted_fields(registry.get(name).make)
