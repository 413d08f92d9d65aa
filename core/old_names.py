"""Former names of a part's fields, declared beside the field: ``num_layers: int = renamed("layers", 3)``.

A former name is accepted wherever the field's name is: as a Python keyword, in specs and on the command line. Ids are
made of the names that a field had first, so that rows which were stored before a renaming keep theirs.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any


def renamed(was: str, default: Any) -> Any:
    """Dataclass field with a default that was called ``was`` before.

    Examples
    --------
    >>> @accept_old_names
    ... @dataclasses.dataclass(frozen=True)
    ... class Part:
    ...     num_layers: int = renamed("layers", 1)
    >>> Part(layers=3)
    Part(num_layers=3)
    >>> Part(layers=3, num_layers=4)
    Traceback (most recent call last):
    ValueError: num_layers must be given once, got layers too, its former name; leave out layers
    """
    return dataclasses.field(default=default, metadata={"was": was})


def old_names(make: Any) -> dict[str, str]:
    """Former name -> field of a part; a subclass that sets another default keeps its base's former names."""
    known: dict[str, str] = {}
    for cls in reversed(getattr(make, "__mro__", ())):
        fields = cls.__dict__.get("__dataclass_fields__", {})
        known |= {f.metadata["was"]: f.name for f in fields.values() if "was" in f.metadata}
    return known


def with_field_names(make: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a part under its fields' names.

    Raises
    ------
    ValueError
        A field is given under its name and under a former one.
    """
    known = old_names(make)
    for was, name in known.items():
        if was in values and name in values:
            raise ValueError(f"{name} must be given once, got {was} too, its former name; leave out {was}")
    return {known.get(key, key): value for key, value in values.items()}


def accept_old_names(cls: Any) -> Any:
    """``cls`` itself, its constructor taking former names as keywords."""
    if not old_names(cls) or "__init__" not in cls.__dict__ or hasattr(cls.__init__, "takes_old_names"):
        return cls
    construct: Callable[..., None] = cls.__init__

    @functools.wraps(construct)
    def __init__(self: Any, *values: Any, **named: Any) -> None:
        construct(self, *values, **with_field_names(cls, named))

    __init__.takes_old_names = True  # type: ignore[attr-defined]
    cls.__init__ = __init__
    return cls
