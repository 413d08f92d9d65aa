"""Settings <-> JSON: ``{"name": "qaoa", "num_layers": 3, ...}``, the one language of CLI, YAML, Record, id and replay.

A part is a frozen dataclass that was registered; a field that holds another part says its room in the field's
metadata (``part("encoders")``). Unknown keys are errors, values are checked against the field's type.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import json
import re
import typing
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .errors import MissingDependencyError, unknown_name
from .old_names import old_names, with_field_names
from .registry import REGISTRIES

#: Commas between items; those inside of ``name[0,1]`` belong to the name.
_OUTSIDE_BRACKETS = re.compile(r",(?![^\[]*\])")


def part(room: str, **keywords: Any) -> Any:
    """Dataclass field that holds a registered part of ``room``; keywords as for ``dataclasses.field``."""
    return dataclasses.field(metadata={"room": room}, **keywords)


def later(default: Any) -> Any:
    """Dataclass field that came after the part's first release: at its default it stands in no id.

    Runs recorded without the field keep their ids, so that a sweep of before is resumed and not run anew.
    """
    return dataclasses.field(default=default, metadata={"later": True})


def to_spec(obj: Any) -> dict[str, Any]:
    """JSON form of a registered part: its name and all its fields, nested parts too."""
    entry = _entry_of(obj)
    return {"name": entry, **{f.name: _plain(getattr(obj, f.name)) for f in dataclasses.fields(obj) if f.init}}


def from_spec(room: str, spec: str | Mapping[str, Any]) -> Any:
    """The part that a name, or a name with fields, describes.

    Raises
    ------
    ValueError
        Unknown name, unknown field, or a value that does not fit the field's type.
    MissingDependencyError
        The part needs a package that is not installed.
    """
    spec = {"name": spec} if isinstance(spec, str) else dict(spec)
    if "name" not in spec:
        raise ValueError(f"{room} spec must have a name, got {spec!r}; write name: ...")
    entry = REGISTRIES[room].get(str(spec.pop("name")))
    if entry.missing:
        package = next(p for p in entry.requires if p in entry.missing)
        raise MissingDependencyError(package, entry.extra)
    given = {key.replace("-", "_"): value for key, value in spec.items()}
    known = fields_of(entry.make)
    for key in given:
        if key not in accepted_fields(entry.make):
            raise unknown_name(f"option of {entry.name}", key, known)
    values = {**entry.preset, **with_field_names(entry.make, given)}
    for key, field in known.items():
        is_required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if is_required and key not in values:
            raise ValueError(
                f"{entry.name} must have the option {key}, got none; give --{room[:-1]}.{key.replace('_', '-')}"
            )
    return entry.make(**{key: coerce(entry.make, known[key], value) for key, value in values.items()})


def fields_of(cls: Any) -> dict[str, dataclasses.Field[Any]]:
    """Settable fields of a part by name."""
    return {f.name: f for f in dataclasses.fields(cls) if f.init}


def accepted_fields(cls: Any) -> dict[str, dataclasses.Field[Any]]:
    """Settable fields of a part by each name that they are accepted under, former ones too."""
    fields = fields_of(cls)
    return fields | {was: fields[name] for was, name in old_names(cls).items() if name in fields}


def coerce(cls: Any, field: dataclasses.Field[Any], value: Any) -> Any:
    """``value`` (possibly text from a command line) as the field's type.

    Raises
    ------
    ValueError
        It does not fit; the text gives the field, the type and the value.
    """
    room = field.metadata.get("room")
    if room is not None:
        if isinstance(value, str) and value.startswith("{"):  # a part with its own options, from a command line
            try:
                value = json.loads(value)
            except json.JSONDecodeError as error:
                raise ValueError(f"{field.name} must be a name or JSON, got {value!r} ({error.msg})") from None
        return from_spec(room, value) if isinstance(value, str | Mapping) else value
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    hint = typing.get_type_hints(cls)[field.name]
    if typing.get_origin(hint) is np.ndarray:
        return np.asarray(value)
    if isinstance(value, str):
        value = _split(value, {typing.get_origin(kind) for kind in (hint, *typing.get_args(hint))})
        value = _chosen(value, hint)
    config = ConfigDict(arbitrary_types_allowed=True, allow_inf_nan=False)
    try:
        return TypeAdapter(hint, config=config).validate_python(value)
    except ValidationError as error:
        texts = (_expected(one) for one in error.errors())
        expected = " or ".join(dict.fromkeys(texts)).replace("a valid dictionary", "NAME=NUMBER,...")
        raise ValueError(f"{field.name} must be {expected}, got {value!r}; see `qopt list --options`") from None


def check_types(part: Any) -> None:
    """Refuse a part built in Python whose fields hold values of other types, which no run would take.

    Raises
    ------
    TypeError
        The text gives the field, what it must be and the value.
    """
    hints = typing.get_type_hints(type(part))
    for name, field in fields_of(type(part)).items():
        value = getattr(part, name)
        is_part = field.metadata.get("room") is not None
        if isinstance(value, bool | str) and not is_part and not _takes(hints[name], type(value)):
            raise TypeError(f"{name} must be {_type_words(hints[name])}, got {value!r}; see `qopt list --options`")
        try:
            coerce(type(part), field, value)
        except ValueError as error:
            raise TypeError(str(error)) from None


def _takes(hint: Any, kind: type) -> bool:
    """Whether a hint takes values of that type, which ``coerce`` would read as numbers: texts, True and False."""
    kinds = (hint, *typing.get_args(hint))
    return any(one in (kind, Any, object) or typing.get_origin(one) is typing.Literal for one in kinds)


def _type_words(hint: Any) -> str:
    words = {int: "an integer", float: "a number", bool: "True or False", type(None): "None", str: "a text"}
    kinds = typing.get_args(hint) or (hint,)
    return " or ".join(dict.fromkeys(words.get(one, "numbers") for one in kinds))


def told_by_field(cls: Any) -> Any:
    """The class with errors of its ``__post_init__`` that name a field: a text compared with a number names none."""
    original: Callable[[Any], None] | None = getattr(cls, "__post_init__", None)
    if original is None:
        return cls

    @functools.wraps(original)
    def told(self: Any) -> None:
        try:
            original(self)
        except (TypeError, KeyError, AttributeError):
            check_types(self)
            raise

    setattr(cls, "__post_init__", told)  # noqa: B010 (a class of any kind has none by its type)
    return cls


def _expected(error: Any) -> str:
    """What pydantic wanted: every name of a fixed list, else the type alone."""
    text: str = error["msg"].removeprefix("Input should be ")
    return text if error["type"] == "literal_error" else text.partition(",")[0]


def _chosen(value: Any, hint: Any) -> Any:
    """The number of a ``Literal`` that a command line's text spells; anything else as it is."""
    kinds = (hint, *typing.get_args(hint))
    named = [one for kind in kinds if typing.get_origin(kind) is typing.Literal for one in typing.get_args(kind)]
    return next((one for one in named if isinstance(one, int) and str(one) == value), value)


def _split(text: str, origins: set[Any]) -> Any:
    """A list or mapping as a command line writes it: ``1,2,3``, and ``capacity[0]=9,visit[0,1]=7`` or JSON."""
    if tuple in origins:
        return [item for item in text.split(",") if item]
    if dict not in origins:
        return text
    if text.startswith("{"):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text
    pairs = [item.rpartition("=") for item in _OUTSIDE_BRACKETS.split(text)]
    return {name: value for name, _, value in pairs} if all(name for name, *_ in pairs) else text


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def spec_id(value: Any) -> str:
    """SHA-256 of the canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def in_new_words(room: str, spec: Any) -> Any:
    """A part's spec under its fields' names of today, parts inside it too; what is no spec of the room as it is."""
    return _respelt(room, spec, old_names)


def in_old_words(room: str, spec: Any) -> Any:
    """A part's spec as ids are made of it: under the names that its fields had first, without ``later`` defaults.

    Neither a renaming nor a new field changes an id.

    Examples
    --------
    >>> in_old_words("solvers", {"name": "qaoa", "num_layers": 2})
    {'name': 'qaoa', 'layers': 2}
    """
    return _respelt(room, spec, lambda make: {name: was for was, name in old_names(make).items()}, drops_later=True)


def _respelt(room: str, spec: Any, words_of: Callable[[Any], Mapping[str, str]], *, drops_later: bool = False) -> Any:
    if not isinstance(spec, Mapping) or str(spec.get("name")) not in REGISTRIES[room]:
        return spec
    make = REGISTRIES[room].get(str(spec["name"])).make
    words, fields = words_of(make), fields_of(make)
    respelt = {}
    for key, value in spec.items():
        about = fields[key].metadata if key in fields else {}
        if drops_later and "later" in about and value == fields[key].default:
            continue
        if "room" in about:
            value = _respelt(about["room"], value, words_of, drops_later=drops_later)
        respelt[words.get(key, key)] = value
    return respelt


def _entry_of(obj: Any) -> str:
    for registry in REGISTRIES.values():
        try:
            return registry.entry_of(type(obj)).name
        except ValueError:
            continue
    raise ValueError(f"{type(obj).__name__} must be registered to have a spec; put @register above it")


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if hasattr(value, "spec_text"):  # an object of Python, which a spec can only name
        return value.spec_text()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        try:
            return to_spec(value)
        except ValueError:
            return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
