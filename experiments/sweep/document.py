"""YAML as plain values, and the line and column of each, so that every error can point at its place.

A strict subset: scalars by the rules of YAML 1.2 (``off`` and ``no`` are texts), string keys, each once, anchors and
merge keys (``<<``), no tags. Cycles of anchors, and aliases that unfold beyond MAX_VALUES, are errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ...core.errors import Travelling

#: A spec's bytes, nesting and values after unfolding its aliases; what is beyond is no sweep but a mistake.
MAX_BYTES = 1 << 20
MAX_DEPTH = 40
MAX_VALUES = 200_000

#: Where a value stands: keys and positions from the document's root.
Place = tuple[str | int, ...]

_STANDARD = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")


class SpecError(Travelling, ValueError):
    """A spec that cannot be run; one line with file, line and column."""

    def __init__(self, path: str, line: int | None, column: int | None, text: str) -> None:
        where = path if line is None else f"{path} line {line} column {column}"
        super().__init__(f"{where}: {' '.join(text.split())}")
        self.place = (line or 0, column or 0)

    @property
    def mistakes(self) -> tuple[SpecError, ...]:
        """Each mistake by itself, in the order of the file."""
        return (self,)


class SpecErrors(SpecError):
    """Several mistakes of one spec, told at once: a line each."""

    def __init__(self, errors: Iterable[SpecError]) -> None:
        own = {str(error): error for error in errors}  # one mistake can be met twice
        self._mistakes = tuple(sorted(own.values(), key=lambda error: error.place))
        ValueError.__init__(self, "\n".join(map(str, self._mistakes)))
        self.place = self._mistakes[0].place

    @property
    def mistakes(self) -> tuple[SpecError, ...]:
        return self._mistakes


class Mistakes:
    """Collects the mistakes of parts that do not depend on each other, and raises them together.

    Examples
    --------
    >>> found = Mistakes()
    >>> for column in (2, 1):
    ...     with found.noted():
    ...         raise SpecError("s.yaml", 1, column, "no")
    >>> [str(error) for error in found.errors]
    ['s.yaml line 1 column 2: no', 's.yaml line 1 column 1: no']
    """

    def __init__(self) -> None:
        self.errors: list[SpecError] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """A mistake inside is kept for later."""
        try:
            yield
        except SpecError as error:
            self.errors += error.mistakes

    def tell(self) -> None:
        """Raise what was kept.

        Raises
        ------
        SpecError
            There was any mistake.
        """
        if len(self.errors) == 1:
            raise self.errors[0] from None
        if self.errors:
            raise SpecErrors(self.errors) from None


@dataclass(eq=False)
class Document:
    """Values of a YAML file with their positions (line and column from 1)."""

    path: str
    values: dict[str, Any]
    marks: dict[Place, tuple[int, int]] = field(default_factory=dict)

    def error(self, place: Place, text: str) -> SpecError:
        """The error at that place, or at the nearest place around it that is in the file."""
        while place and place not in self.marks:
            place = place[:-1]
        line, column = self.marks.get(place, (1, 1))
        return SpecError(self.path, line, column, text)


def read_document(path: str) -> Document:
    """The document in a file.

    Raises
    ------
    SpecError
        It cannot be read, is no YAML, or steps outside the subset.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(
            path, None, None, f"expected a readable file, found: {error.strerror}; check the path"
        ) from None
    if len(data) > MAX_BYTES:
        raise SpecError(path, None, None, f"expected at most {MAX_BYTES} bytes, found more; is it a sweep's YAML?")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise SpecError(path, line, column, "expected UTF-8 text, found other bytes; is it a sweep's YAML?") from None
    return parse_document(text, path)


def parse_document(text: str, path: str) -> Document:
    """The document in a text; errors as in ``read_document``.

    Raises
    ------
    SpecError
        The text is no YAML, empty, or no mapping at the top.

    Examples
    --------
    >>> parse_document("a: [1, off]", "spec").marks[("a", 1)]
    (1, 8)
    """
    try:
        _check_events(text, path)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
        found = f"#x{error.character:04x}" if isinstance(error.character, int) else repr(error.character)
        raise SpecError(path, line, column, f"expected text, found the character {found}; remove it") from None
    except yaml.MarkedYAMLError as error:
        raise _marked(path, error) from None
    if root is None:
        raise SpecError(path, 1, 1, "expected a sweep with instances and pipelines, found an empty file")
    if not isinstance(root, yaml.MappingNode):
        raise SpecError(path, *_mark(root), f"expected keys and values at the top, found {_kind(root)}")
    builder = _Builder(path)
    values = builder.build(root, ())
    return Document(path, values, builder.marks)


def scalar(text: str) -> Any:
    """The value of a plain YAML scalar: null, true, false, integer, number, else text.

    Examples
    --------
    >>> [scalar(text) for text in ("3", "1e-3", "off", "true", "~")]
    [3, 0.001, 'off', True, None]
    """
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if _INT.match(text) and len(text) < 400:
        return int(text)
    return float(text) if _FLOAT.match(text) else text


class _Builder:
    """Values of a composed node tree; one use each."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.marks: dict[Place, tuple[int, int]] = {}
        self._open: set[int] = set()
        self._count = 0

    def build(self, node: yaml.Node, place: Place) -> Any:
        self._count += 1
        if self._count > MAX_VALUES:
            raise SpecError(
                self.path, *_mark(node), f"expected at most {MAX_VALUES} values, found more; use fewer aliases"
            )
        self.marks.setdefault(place, _mark(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self._open:
            raise SpecError(self.path, *_mark(node), "expected values that end, found an anchor that contains itself")
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, place)
            return [self.build(item, (*place, i)) for i, item in enumerate(node.value)]
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.value == "<<" and key_node.style is None:
                merged = {**self._merged(value_node, place), **merged}
                continue
            key = self._key(key_node)
            if key in own:
                raise SpecError(self.path, *_mark(key_node), f"expected each key once, found {key!r} twice; remove one")
            self.marks[(*place, key)] = _mark(key_node)  # where the key stands is where its value is looked for
            own[key] = self.build(value_node, (*place, key))
        return {**merged, **own}

    def _merged(self, node: yaml.Node, place: Place) -> dict[str, Any]:
        """Keys of a ``<<`` value: a mapping, or a list of mappings of which the first wins."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        values: dict[str, Any] = {}
        for part in parts:
            if not isinstance(part, yaml.MappingNode):
                raise SpecError(self.path, *_mark(part), f"expected << to name keys and values, found {_kind(part)}")
            values = {**self.build(part, place), **values}
        return values

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise SpecError(self.path, *_mark(node), f"expected a text as key, found {_kind(node)}")
        self._scalar(node)
        return str(node.value)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        value = node.value if node.style is not None else scalar(node.value)
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            raise SpecError(self.path, *_mark(node), f"expected a finite number, found {node.value[:40]}")
        return value


def _check_events(text: str, path: str) -> None:
    """Depth, since the parser recurses, and tags, which a composed tree does not tell from what it resolved itself."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        flaw = ""
        tag = getattr(event, "tag", None)
        if tag is not None:
            flaw = f"expected no tag, found {str(tag).replace(_STANDARD, '!!')}; remove it"
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                flaw = f"expected at most {MAX_DEPTH} levels, found more; flatten it"
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if flaw:
            assert event.start_mark is not None  # the parser gives every event one
            raise SpecError(path, event.start_mark.line + 1, event.start_mark.column + 1, flaw)


def _marked(path: str, error: yaml.MarkedYAMLError) -> SpecError:
    mark = error.problem_mark or error.context_mark
    line, column = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
    problem = str(error.problem or error.context or "a flaw").replace("but found another", "more than one")
    hint = "; indent with spaces, not tabs" if "\\t" in problem or "'\t'" in problem else ""
    return SpecError(path, line, column, f"expected YAML, found: {problem}{hint}")


def _mark(node: yaml.Node) -> tuple[int, int]:
    assert node.start_mark is not None  # a composed node has one
    return node.start_mark.line + 1, node.start_mark.column + 1


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"the value {node.value[:40]!r}"
    return "a list" if isinstance(node, yaml.SequenceNode) else "keys and values"
