"""Grids: a pipeline with lists in it is one variant for each combination of their items.

A list is always a grid; a value that is itself a list is written as a list in the list, or as text with commas.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...core import ENCODERS, SOLVERS, MissingDependencyError, accepted_fields, unknown_name
from ...solvers.base import keeps_rows
from ..encoder_shorthands import SHORTHANDS, take_options, wrapped, wrappers_of
from ..parts import part_fields
from ..pipeline import build_parts
from ..resolve_pipeline import DEFAULT_ENCODERS, SUBSPACE_ENCODERS, is_sampler
from .document import Document, Mistakes, Place
from .spec import PipelineSpec, Sweep, shown, validated

#: Runs of a sweep, and instances of one; a grid beyond is a typing error.
MAX_RUNS = 1_000_000
MAX_INSTANCES = 100_000
#: Mistakes that are told of one pipeline's grid.
MAX_TOLD = 10
#: Keys that are the pipeline's own switches.
SWITCHES = ("repair", "improve", "repair_top", "control", "ceiling")


@dataclass(frozen=True)
class Variant:
    """One pipeline of a grid, as names and options; the Pipeline itself is built for each instance.

    ``wrappers`` are the values of ``shrink`` and ``presolve``; ``missing`` says why it cannot be built here;
    ``groups`` of instances that it runs on, all where there are none.
    """

    name: str
    label: str
    solver: str | Mapping[str, Any]
    encoder: str | Mapping[str, Any] | None = None
    formulation: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    wrappers: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""
    groups: tuple[str, ...] = ()


def axes(value: Any, path: Place = ()) -> list[tuple[Place, list[Any]]]:
    """Place and items of each list in nested mappings.

    Examples
    --------
    >>> axes({"a": 1, "b": {"c": [2, 3]}})
    [(('b', 'c'), [2, 3])]
    """
    if isinstance(value, list):
        return [(path, value)]
    if isinstance(value, Mapping):
        return [axis for key, item in value.items() for axis in axes(item, (*path, key))]
    return []


def combinations(values: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each combination of the grid: the values with items in the place of lists, and what was varied by name."""
    found = axes(values)
    for items in itertools.product(*(axis for _, axis in found)):
        one = _copy(values)
        varied = {}
        for (path, axis), item in zip(found, items, strict=True):
            _set(one, path, item)
            if len(axis) > 1:
                varied[_short(path)] = item
        yield one, varied


def size(values: Any) -> int:
    """Number of combinations, counted without making them."""
    return math.prod(len(axis) for _, axis in axes(values))


def variants(sweep: Sweep, document: Document) -> list[Variant]:
    """Every pipeline of the sweep, checked.

    Raises
    ------
    SpecError
        An unknown part or option, a value that does not fit, or a grid that is empty or huge.
    """
    found: list[Variant] = []
    mistakes = Mistakes()
    for name, values in sweep.pipelines.items():
        with mistakes.noted():
            found += _of_pipeline(name, values, sweep, document, MAX_RUNS - len(found))
    mistakes.tell()
    return found


def _of_pipeline(name: str, values: Any, sweep: Sweep, document: Document, most: int) -> list[Variant]:
    """The variants of one entry under ``pipelines``, each checked."""
    place: Place = ("pipelines", name)
    values = {"solver": values} if isinstance(values, str) else values
    spec = validated(PipelineSpec, values, document, place)
    groups = _instance_groups(values.get("instances"), sweep, document, place)
    values = {key: value for key, value in values.items() if key != "instances"}
    for path, axis in axes(values):
        if not axis:
            raise document.error((*place, *path), f"{name}.{_short(path)} must have a value, got an empty list")
    count = size(values)
    if count > most:
        raise document.error(place, f"the grid must have at most {MAX_RUNS} runs, got {count} pipelines in {name}")
    given = {key: value for key, value in spec.model_dump().items() if key in values}
    made: list[Variant] = []
    mistakes = Mistakes()
    for one, varied in combinations(given):
        with mistakes.noted():
            made.append(replace(_variant(name, one, varied, document, place), groups=groups))
        if len(mistakes.errors) >= MAX_TOLD:
            break
    mistakes.tell()
    return _told_apart(made)


def _told_apart(variants: list[Variant]) -> list[Variant]:
    """The variants with labels of their own: parts of one name with other options would share one."""
    counts: Counter[str] = Counter()
    out = []
    for variant in variants:
        counts[variant.label] += 1
        number = counts[variant.label]
        out.append(variant if number == 1 else replace(variant, label=f"{variant.label}#{number}"))
    return out


def _instance_groups(value: Any, sweep: Sweep, document: Document, place: Place) -> tuple[str, ...]:
    """The groups of instances that a pipeline names, in a list or as text with commas; each must be there."""
    place = (*place, "instances")
    if value is None:
        return ()
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise document.error(place, f"instances must be names of groups of instances, got {shown(value)}")
    known = list(sweep.instances) if isinstance(sweep.instances, dict) else []
    for name in names:
        if name not in known:
            raise document.error(place, str(unknown_name("group of instances", name, known)))
    return tuple(names)


def _variant(name: str, one: dict[str, Any], varied: dict[str, Any], document: Document, place: Place) -> Variant:
    label = name + (f"[{','.join(f'{key}={_text(item)}' for key, item in varied.items())}]" if varied else "")
    mistakes = Mistakes()
    solver: Any = None
    encoder: Any = None
    with mistakes.noted():
        solver = _part("solver", one["solver"], document, place)
    with mistakes.noted():
        encoder = None if one.get("encoder") is None else _part("encoder", one["encoder"], document, place)
    mistakes.tell()
    options = {key: value for key, value in one.items() if key not in PipelineSpec.model_fields}
    wrappers: dict[str, Any] = {}
    for key in SHORTHANDS:
        if one.get(key) is not None and one[key] is not False:
            wrappers[key], further = _wrapper(key, one[key], document, place)
            options |= further
    switches: dict[str, Any] = {key: one[key] for key in SWITCHES if key in one}
    _check_switches(switches, document, place)
    formulation = one.get("formulation")
    if not isinstance(formulation, str | None):
        raise document.error((*place, "formulation"), f"formulation must be a name, got {shown(formulation)}")
    variant = Variant(name, label, solver, encoder, formulation, options, switches, wrappers)
    return _checked(variant, document, place)


def _part(role: str, value: Any, document: Document, place: Place) -> str | dict[str, Any]:
    """A name or a name with fields, known to the role's registry."""
    registry = SOLVERS if role == "solver" else ENCODERS
    place = (*place, role)
    name = value.get("name") if isinstance(value, Mapping) else value
    if not isinstance(name, str):
        wanted = "a name, or a name with its options ({name: ..., ...})"
        raise document.error(place, f"{role} must be {wanted}, got {shown(value)}")
    if role == "solver" and name == "auto":
        return name
    try:
        known = accepted_fields(registry.get(name).make)
    except ValueError as error:
        raise document.error((*place, "name") if isinstance(value, Mapping) else place, str(error)) from None
    if not isinstance(value, Mapping):
        return name
    for key in value:
        if key != "name" and key.replace("-", "_") not in known:
            raise document.error((*place, key), str(unknown_name(f"option of {name}", key, known)))
    return dict(value)


def _wrapper(key: str, value: Any, document: Document, place: Place) -> tuple[Any, dict[str, Any]]:
    """Value of a shorthand (true is its default), and the further options of the encoder that it wraps around."""
    name, main = SHORTHANDS[key]
    known = accepted_fields(ENCODERS.get(name).make)
    if value is True:
        return known[main].default, {}
    if not isinstance(value, Mapping):
        return value, {}
    given = {option.replace("-", "_"): item for option, item in value.items()}
    for written, option in zip(value, given, strict=True):
        if option not in known or option == "inner":
            text = str(unknown_name(f"option of {name}", written, set(known) - {"inner"}))
            raise document.error((*place, key, written), text)
    main_value = given.pop(main, known[main].default)
    return main_value, {f"{key}.{option}": item for option, item in given.items()}


def _check_switches(switches: Mapping[str, Any], document: Document, place: Place) -> None:
    for key in ("improve", "control"):
        if not isinstance(switches.get(key, True), bool):
            raise document.error((*place, key), f"{key} must be true or false, got {shown(switches[key])}")
    top = switches.get("repair_top", 1)
    if isinstance(top, bool) or not isinstance(top, int) or top < 1:
        raise document.error((*place, "repair_top"), f"repair_top must be an integer >= 1, got {shown(top)}")
    if switches.get("repair", "auto") not in ("auto", "nearest", "off"):
        text = str(unknown_name("repair", str(switches["repair"]), ("auto", "nearest", "off")))
        raise document.error((*place, "repair"), text)


def _checked(variant: Variant, document: Document, place: Place) -> Variant:
    """The variant, its parts built once, so that a bad value is told before anything runs.

    An encoder that is not named stays open: each instance gets that of ``qopt solve``.
    """
    solver, encoder = variant.solver, variant.encoder
    if solver == "auto":
        return variant
    name = solver if isinstance(solver, str) else solver["name"]
    if not is_sampler(solver):
        for key in ("encoder", "formulation", *SHORTHANDS):
            if getattr(variant, key, None) is not None or key in variant.wrappers:
                text = f"{key} must be left out for {name}, which reads the instance itself; remove it"
                raise document.error((*place, key), text)
    tried: Sequence[Any] = (encoder,)
    if is_sampler(solver) and encoder is None:
        tried = SUBSPACE_ENCODERS if keeps_rows(SOLVERS.get(name).make) else DEFAULT_ENCODERS
    errors: list[str] = []
    for one in tried:
        try:
            _build(variant, name, one)
        except MissingDependencyError as error:
            return replace(variant, missing=str(error))
        except (ValueError, TypeError) as error:
            errors.append(str(error))
        else:
            return variant
    raise document.error(_blamed(errors[0], variant, document, place), errors[0])


def _build(variant: Variant, solver: str, encoder: Any) -> None:
    others = set(accepted_fields(SOLVERS.get(solver).make))
    if encoder is not None:
        others |= set(accepted_fields(ENCODERS.get(encoder if isinstance(encoder, str) else encoder["name"]).make))
    around, options = take_options(wrappers_of(**variant.wrappers), variant.options, others)
    _, built = build_parts(variant.solver, encoder, options)
    if built is not None:
        wrapped(built, around)


def _blamed(text: str, variant: Variant, document: Document, place: Place) -> Place:
    """Where the option stands that an error's text opens with or names."""
    known = {**_names("encoder", variant.encoder), **_names("solver", variant.solver)}
    for key in (*variant.options, *variant.wrappers):
        role, _, field = key.rpartition(".")
        main = SHORTHANDS[key][1] if key in SHORTHANDS else known.get(field, field)
        if text.startswith(main) or repr(key) in text:
            return (*place, role, field) if (*place, role, field) in document.marks else (*place, key)
    for role, part in (("solver", variant.solver), ("encoder", variant.encoder)):
        for key in part if isinstance(part, Mapping) else ():
            if text.startswith(_names(role, part).get(key, key)) and (*place, role, key) in document.marks:
                return (*place, role, key)
    return place


def _names(role: str, part: Any) -> dict[str, str]:
    """Each name under which an option of the part is accepted, with the field's own: errors say that one."""
    return {} if part is None else {key: field.name for key, field in part_fields(role, part).items()}


def _copy(value: Any) -> Any:
    return {key: _copy(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def _set(values: Any, path: Place, item: Any) -> None:
    for key in path[:-1]:
        values = values[key]
    values[path[-1]] = item


def _short(path: Place) -> str:
    """Last key of a path; the whole of it where that says too little."""
    parts = [str(key) for key in path if key != "name"]
    return parts[-1].rpartition(".")[2] if parts else "value"


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("name", "...")) if "name" in value else "..."
    return "x".join(str(item) for item in value) if isinstance(value, list) else str(value)
