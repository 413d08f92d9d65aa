"""Whether two rows say the same: all that the seed decides, without seconds, bytes, paths and environment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...core import Record, canonical_json
from ..pipeline import pipeline_in_new_words

#: How an engine names the vectors that it ran on.
INSTRUCTION_SET = r"compiled \(\w+\)"


def comparable(row: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a row that the same seed must reproduce; the instruction set of its engine is environment.

    Raises
    ------
    ValueError
        The row is no Record.
    """
    view = Record.from_json(row).replay_view()
    view["instance"].pop("path")
    view["pipeline"] = pipeline_in_new_words(view["pipeline"])
    view["resources"]["extra"] = _without_seconds(view["resources"]["extra"])
    view["resources"]["engine"] = re.sub(INSTRUCTION_SET, "compiled", view["resources"]["engine"] or "")
    return view


def digest(row: Mapping[str, Any]) -> str:
    """Equal for rows that say the same."""
    return hashlib.sha256(canonical_json(comparable(row)).encode()).hexdigest()


def differences(first: Any, second: Any, path: str = "") -> Iterator[str]:
    """``place: value -> other value`` of each leaf in which two JSON values differ.

    Examples
    --------
    >>> list(differences({"a": [1, 2], "b": 3}, {"a": [1, 5], "b": 3}))
    ['a[1]: 2 -> 5']
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in dict.fromkeys([*first, *second]):
            below = f"{path}.{key}" if path else str(key)
            if key not in first or key not in second:
                yield f"{below}: {_shown(first.get(key))} -> {_shown(second.get(key))}"
            else:
                yield from differences(first[key], second[key], below)
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for i, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from differences(one, other, f"{path}[{i}]")
    elif type(first) is not type(second) or first != second:
        yield f"{path}: {_shown(first)} -> {_shown(second)}"


def _shown(value: Any) -> str:
    text = canonical_json(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _without_seconds(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_seconds(item) for key, item in value.items() if "seconds" not in str(key)}
    return [_without_seconds(item) for item in value] if isinstance(value, list) else value
