"""Pieces of LP text, and the rewritten text that ``lp_spelling`` and ``lp_rows`` write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<newline>\n)|(?P<space>[^\S\n]+)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<arrow><?->)|(?P<compare><=|>=|=<|=>|==|<|>|=)|(?P<colon>:+)"
    r"|(?P<name>[^\s\d.+\-*^<>=:\[\]/\\][^\s+\-*^<>=:\[\]\\]*(?:\[[^\s\[\]]*\][^\s+\-*^<>=:\[\]\\]*)*)"
    r"|(?P<mark>.)"
)
#: Words for a missing bound.
INFINITY = ("inf", "infinity")
#: Marks behind which a term must follow.
OPERATORS = ("+", "-", "*")


class Token(NamedTuple):
    """A piece of the text and its line."""

    kind: str
    text: str
    line: int


@dataclass
class Spelled:
    """The rewritten text, and what it leaves out.

    ``names`` are the variables by number, ``rows`` the rows' names, ``lowers`` the lower bounds of ranges by row,
    ``lines`` the source's line for each line of ``text``, and ``binaries`` the variables in a section of binaries.
    """

    path: str
    names: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    lowers: dict[int, float] = field(default_factory=dict)
    binaries: set[int] = field(default_factory=set)
    lines: list[int] = field(default_factory=list)
    out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._place: dict[str, int] = {}

    @property
    def text(self) -> str:
        return "\n".join(self.out) + "\n"

    def write(self, text: str, line: int) -> None:
        """One line more, from that line of the source."""
        self.out.append(text)
        self.lines.append(line)

    def plain(self, name: str) -> str:
        """The name's stand-in."""
        number = self._place.setdefault(name, len(self._place))
        if number == len(self.names):
            self.names.append(name)
        return f"v{number}"

    def named(self, message: str) -> str:
        """A message with the stand-ins replaced by the file's names."""
        return re.sub(r"\bv(\d+)\b", lambda m: self.names[int(m[1])] if int(m[1]) < len(self.names) else m[0], message)


def tokens_of(content: str, start: int) -> Iterator[Token]:
    """The pieces of the text from a position on; a line's end is one of them."""
    line = content[:start].count("\n") + 1
    for match in _TOKEN.finditer(content, start):
        kind = match.lastgroup or "mark"
        if kind != "space":
            yield Token(kind, match.group(), line)
        line += match.group().count("\n")
