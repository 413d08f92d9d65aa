"""Seeded instances by kind: the generator's name and its sizes.

Generators are functions in ``generators/`` whose keyword parameters, type hints and docstring are what ``qopt generate
KIND --help`` prints: sizes are written down once.
"""

from __future__ import annotations

import inspect
import re
import typing
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import GENERATORS, Problem, unknown_name


@dataclass(frozen=True)
class SizeOption:
    """One size of a generator: name, type, default and what it means."""

    name: str
    type: Any
    default: Any
    help: str


def generate(kind: str, *, seed: int = 0, **sizes: Any) -> Problem:
    """A random instance; the same kind, seed and sizes give the same instance.

    Parameters
    ----------
    kind : name of a generator, see ``qopt list``.
    seed : >= 0.
    sizes : see ``size_options(kind)``; text is converted.

    Raises
    ------
    ValueError
        Unknown kind or size, or a value that the generator refuses.

    Examples
    --------
    >>> generate("tsp", n=5, seed=1).size
    {'cities': 5}
    """
    entry = GENERATORS.get(kind)
    options = {option.name: option for option in size_options(kind)}
    values = {}
    for key, value in sizes.items():
        name = key.replace("-", "_")
        if name not in options:
            raise unknown_name(f"size of {entry.name}", key, options)
        values[name] = _coerced(options[name], value)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be an integer >= 0, got {seed!r}")
    problem: Problem = entry.make(seed=int(seed), **values)
    return problem


def size_options(kind: str) -> list[SizeOption]:
    """The sizes of a generator in order, without the seed."""
    make = GENERATORS.get(kind).make
    hints = typing.get_type_hints(make)
    texts = parameter_texts(inspect.getdoc(make) or "")
    return [
        SizeOption(name, hints.get(name, str), parameter.default, texts.get(name, ""))
        for name, parameter in inspect.signature(make).parameters.items()
        if name != "seed"
    ]


def _coerced(option: SizeOption, value: Any) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(option.type).validate_python(value)
    except ValidationError as error:
        expected = error.errors()[0]["msg"].removeprefix("Input should be ")
        raise ValueError(f"{option.name} must be {expected}, got {value!r}") from None


def parameter_texts(doc: str) -> dict[str, str]:
    """Descriptions of a numpydoc Parameters section, by name (``a, b : text`` counts for both)."""
    match = re.search(r"Parameters\n-+\n(.*?)(?:\n\n\w+\n-+\n|\Z)", doc, re.DOTALL)
    texts: dict[str, str] = {}
    names: list[str] = []
    for line in match.group(1).splitlines() if match else []:
        if line.startswith((" ", "\t")):
            for name in names:
                texts[name] = f"{texts[name]} {line.strip()}".strip()
        elif ":" in line:
            head, _, text = line.partition(":")
            names = [name.strip() for name in head.split(",")]
            texts.update(dict.fromkeys(names, text.strip()))
    return texts
