"""Pipelines that differ by the length of their runs alone: which options say it, and what is one pipeline without them.

A sampler is compared with others at the length that suits it, so that lengths are chosen and other options are not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...core import canonical_json

#: Options of solvers that say how long a run is, or how many reads it has.
OPTIONS = (
    *("num_sweeps", "num_steps", "num_evaluations", "max_evaluations", "iterations", "max_iterations"),
    *("num_reads", "num_shots", "reads"),
)
#: The same of a budget.
BUDGET = ("seconds", "evaluations", "shots", "rounds")


def length_of(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """Options and limits of a row's pipeline that say how long a run is, where they have a value.

    Examples
    --------
    >>> length_of({"solver": {"name": "sa", "num_sweeps": 50, "threads": 1}, "budget": {"seconds": 2.0}})
    {'num_sweeps': 50, 'seconds': 2.0}
    """
    solver, budget = pipeline.get("solver") or {}, pipeline.get("budget") or {}
    found = {key: solver.get(key) for key in OPTIONS} | {key: budget.get(key) for key in BUDGET}
    return {key: value for key, value in found.items() if value is not None}


def setting_of(pipeline: Mapping[str, Any]) -> str:
    """Equal for pipelines that differ by their length alone."""
    rest = {key: value for key, value in pipeline.items() if key not in ("solver", "budget")}
    rest["solver"] = _without(pipeline.get("solver") or {}, OPTIONS)
    rest["budget"] = _without(pipeline.get("budget") or {}, BUDGET)
    return hashlib.sha256(canonical_json(rest).encode()).hexdigest()[:16]


def _without(values: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in keys}


def without_lengths(label: str) -> str:
    """A grid's label without the options that say the length.

    Examples
    --------
    >>> without_lengths("sa[encoder=slack,num_sweeps=50]"), without_lengths("sa[num_sweeps=50]")
    ('sa[encoder=slack]', 'sa')
    """
    name, bracket, inside = label.partition("[")
    if not bracket or not inside.endswith("]"):
        return label
    keys = "|".join((*OPTIONS, *BUDGET))
    kept = re.sub(rf"(^|,)({keys})=[^,\]]*", "", inside[:-1]).lstrip(",")
    return f"{name}[{kept}]" if kept else name


def varied(lengths: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The options in which several lengths differ."""
    keys = dict.fromkeys(key for length in lengths for key in length)
    return tuple(key for key in keys if len({length.get(key) for length in lengths}) > 1)


def length_text(length: Mapping[str, Any], keys: Sequence[str]) -> str:
    """A length in these options; empty without any.

    Examples
    --------
    >>> length_text({"num_sweeps": 50, "num_reads": 10}, ["num_sweeps"])
    'num_sweeps 50'
    """
    return ", ".join(f"{key} {length.get(key, '-')}" for key in keys)
