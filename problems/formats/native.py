"""Our own JSON: ``{"schema": "qopt.instance/1", "kind", "name", "best_known", <the kind's fields>}``.

The fields are those of the kind's dataclass, arrays as nested lists; so every registered kind can be written and read.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ...core import PROBLEMS, READERS, BestKnown, InstanceFormatError, Number, Problem, data_fields, unknown_name
from ..reading import brief
from .contract import ReadOptions, path_name

SCHEMA = "qopt.instance/1"


def to_json(problem: Problem) -> dict[str, Any]:
    """The instance as JSON values.

    Examples
    --------
    >>> from ..tsp import Tsp
    >>> to_json(Tsp([[0, 2], [2, 0]], name="pair"))["distances"]
    [[0, 2], [2, 0]]
    """
    best = problem.best_known
    return {
        "schema": SCHEMA,
        "kind": problem.kind,
        "name": problem.name,
        "best_known": None if best is None else dataclasses.asdict(best),
        **{key: _plain(value) for key, value in data_fields(problem).items()},
    }


def from_json(document: Mapping[str, Any], path: str = "<memory>") -> Problem:
    """The instance that ``to_json`` gave.

    Raises
    ------
    InstanceFormatError
        Another schema, an unknown kind, an unknown or missing field, or a value the kind refuses.
    """
    if document.get("schema") != SCHEMA:
        raise InstanceFormatError(path, None, f'expected "schema": "{SCHEMA}", found {brief(document.get("schema"))}')
    kind = document.get("kind")
    try:
        cls: Any = PROBLEMS.get(str(kind)).make
    except ValueError as error:
        raise InstanceFormatError(path, None, f"expected a known kind, found {brief(kind)}; {error}") from None
    fields = {f.name: f for f in dataclasses.fields(cls)}
    given = {key: value for key, value in document.items() if key not in ("schema", "kind")}
    for key in given:
        if key not in fields:
            raise InstanceFormatError(path, None, str(unknown_name(f"field of {kind}", key, fields)))
    for name, f in fields.items():
        if name not in given and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            raise InstanceFormatError(path, None, f"expected the field {name!r} of {kind}, found it missing")
    name = given.get("name", "")
    if not isinstance(name, str):
        raise InstanceFormatError(path, None, f"expected a name (text), found {brief(name)}")
    given["name"] = name or path_name(path)
    given["best_known"] = _best_known(given.get("best_known"), path)
    try:
        problem: Problem = cls(**given)
    except (ValueError, TypeError, OverflowError, KeyError, IndexError, AttributeError) as error:
        text = " ".join(str(error).split())
        raise InstanceFormatError(path, None, text or type(error).__name__) from None
    return problem


@READERS.register("native")
class NativeReader:
    """qopt's own JSON, for every kind."""

    kinds: ClassVar[tuple[str, ...]] = ()
    suffixes: ClassVar[tuple[str, ...]] = (".json",)
    writes: ClassVar[tuple[str, ...]] = ()
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the text is a JSON object with a ``qopt.instance`` schema."""
        return text.lstrip()[:1] == "{" and '"qopt.instance/' in text

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one instance, of the kind that it names."""
        return [from_json(parse_json(text, path), path)]

    def write(self, problem: Problem) -> str:
        """JSON with a line for each row of an array."""
        return layout(to_json(problem))


def parse_json(text: str, path: str) -> dict[str, Any]:
    """A JSON object; every flaw is an InstanceFormatError with its line.

    Raises
    ------
    InstanceFormatError
        The text is no JSON object of finite numbers with each key once.
    """
    try:
        document = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_each_key_once)
    except json.JSONDecodeError as error:
        message = error.msg[:1].lower() + error.msg[1:]
        raise InstanceFormatError(path, error.lineno, f"expected JSON, found {message}; is the file cut?") from None
    except RecursionError:
        raise InstanceFormatError(path, None, "expected JSON, found lists nested beyond reading") from None
    except ValueError as error:
        raise InstanceFormatError(path, None, f"expected JSON with finite numbers, found {error}") from None
    except KeyError as error:
        raise InstanceFormatError(path, None, f"expected each key once, found {error.args[0]!r} twice") from None
    if not isinstance(document, dict):
        raise InstanceFormatError(path, None, f"expected a JSON object, found {brief(document)}")
    return document


def layout(document: Mapping[str, Any]) -> str:
    """JSON text with one line a key and one line a matrix row, so that files can be read and compared."""
    entries = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], list):
            rows = ",\n    ".join(json.dumps(row, separators=(", ", ": ")) for row in value)
            text = f"[\n    {rows}\n  ]"
        else:
            text = json.dumps(value, allow_nan=False)
        entries.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise KeyError(next(key for key in keys if keys.count(key) > 1))
    return found


def _no_constant(text: str) -> Number:
    raise ValueError(text)


def _best_known(value: Any, path: str) -> BestKnown | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return BestKnown(value)
    if isinstance(value, Mapping) and set(value) <= {"value", "is_optimal", "source"}:
        best, proven, source = value.get("value"), value.get("is_optimal"), value.get("source", "")
        is_said = (proven is None or isinstance(proven, bool)) and isinstance(source, str)
        if isinstance(best, int | float) and not isinstance(best, bool) and is_said:
            return BestKnown(best, proven, source)
    expected = 'best_known as a number or {"value", "is_optimal", "source"}'
    raise InstanceFormatError(path, None, f"expected {expected}, found {brief(value)}")


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
