"""Numbers and lines of a text format, with one-line errors: file, line, what was expected, what was found.

A stream counts its numbers before anything is allocated, so a header that claims too much is an error and never an
attempt. Line numbers are worked out only when an error needs them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

import numpy as np

from ..core import AnyArray, InstanceFormatError, Int, Number, frozen_number, number

#: Integers beyond this are not exact as floats; such a number in a file is refused.
LARGEST_INTEGER = 2**53

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def brief(found: object, length: int = 40) -> str:
    """What was found, short and on one line, for an error's text."""
    text = repr(found)
    return text if len(text) <= length else text[: length - 4] + "..." + text[-1]


def fail(path: str, line: int | None, expected: str, found: object, remedy: str = "") -> NoReturn:
    """Raise the InstanceFormatError ``path line n: expected ..., found ...; what to do``.

    Raises
    ------
    InstanceFormatError
        Always.
    """
    shown = found if isinstance(found, _Said) else brief(found)
    raise InstanceFormatError(path, line, f"expected {expected}, found {shown}" + (f"; {remedy}" if remedy else ""))


class _Said(str):
    """Text that stands in an error as it is, without quotes."""


#: What ``fail`` says where the file ends too early.
END_OF_FILE = _Said("the end of the file")


def said(text: str) -> str:
    """``text`` as a finding that ``fail`` shows without quotes."""
    return _Said(text)


class Line(NamedTuple):
    """One line of a file: its number from 1, and its fields."""

    number: int
    fields: list[str]


def lines(text: str, comments: tuple[str, ...] = ("#",)) -> Iterator[Line]:
    """Lines that are neither empty nor start with a comment mark (as a word of its own, or directly before text).

    Examples
    --------
    >>> list(lines("# graph\\n2 1\\n\\n1 2\\n"))
    [Line(number=2, fields=['2', '1']), Line(number=4, fields=['1', '2'])]
    """
    for index, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith(comments):
            yield Line(index, stripped.split())


def parse_number(token: str, path: str, line: int, what: str) -> Number:
    """A finite number; an int where the token denotes one."""
    value = _as_number(token)
    return fail(path, line, f"{what} (a number)", token) if value is None else value


def parse_integer(token: str, path: str, line: int, what: str, low: int | None = None, high: int | None = None) -> int:
    """An integer in low..high."""
    value = _as_number(token)
    if not isinstance(value, int) or (low is not None and value < low) or (high is not None and value > high):
        return fail(path, line, f"{what} (an integer{_range(low, high)})", token)
    return value


def _as_number(token: str) -> Number | None:
    if not _NUMBER.fullmatch(token):  # float() alone would take nan, infinity, 1_000 and digits of other scripts
        return None
    value = float(token)
    return number(value) if np.isfinite(value) else None


def _range(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f" <= {high}" if low is None else f" >= {low}"
    return f" in {low}..{high}"


class NumberStream:
    """The numbers of a text in reading order; line breaks carry no meaning.

    Parameters
    ----------
    text : contents of the file.
    path : how errors name the file.
    comment : text from this mark to the line's end is skipped; None for none.
    first_line : number of the text's first line within its file.

    Examples
    --------
    >>> stream = NumberStream("# two\\n2 1 2\\n3 4", "m.dat")
    >>> n = stream.integer("n", low=1)
    >>> stream.take((n, n), "matrix").tolist(), stream.left
    ([[1, 2], [3, 4]], 0)
    """

    def __init__(self, text: str, path: str, *, comment: str | None = "#", first_line: int = 1) -> None:
        if comment is not None and comment in text:
            text = re.sub(re.escape(comment) + r"[^\n]*", "", text)
        self._text = text
        self._tokens = text.split()
        self._first_line = first_line
        self.path = path
        self.position = 0

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def left(self) -> int:
        """How many numbers have not been taken yet."""
        return len(self._tokens) - self.position

    def line_of(self, position: int) -> int:
        """Line of the number at a position from 0; of the last one when it lies beyond the end."""
        line, seen = self._first_line, 0
        last = line
        for row in self._text.split("\n"):
            count = len(row.split())
            if count:
                last = line
            seen += count
            if seen > position:
                return line
            line += 1
        return last

    def number(self, what: str) -> Number:
        """The next number."""
        token = self._next(what)
        value = _as_number(token)
        if value is None:
            return fail(self.path, self.line_of(self.position - 1), f"{what} (a number)", token)
        return value

    def integer(self, what: str, low: int | None = None, high: int | None = None) -> int:
        """The next number, which must be an integer in low..high."""
        token = self._next(what)
        value = _as_number(token)
        if not isinstance(value, int) or (low is not None and value < low) or (high is not None and value > high):
            expected = f"{what} (an integer{_range(low, high)})"
            return fail(self.path, self.line_of(self.position - 1), expected, token)
        return value

    def _next(self, what: str) -> str:
        if not self.left:
            fail(self.path, self.line_of(len(self)), what, END_OF_FILE, "is the file cut?")
        self.position += 1
        return self._tokens[self.position - 1]

    def take(self, shape: int | tuple[int, ...], what: str) -> AnyArray:
        """The next numbers as an array, int64 where all are integers (else float64).

        Raises
        ------
        InstanceFormatError
            Fewer numbers are left than the shape needs (checked before allocating), or one is no finite number.
        """
        shape = (shape,) if isinstance(shape, int) else shape
        count = math.prod(shape)
        if count > self.left:
            self.too_short(count, what)
        start, self.position = self.position, self.position + count
        tokens = self._tokens[start : self.position]
        try:
            values = np.array([float(token) for token in tokens])
        except ValueError:
            values = np.array([np.nan])
        joined = "".join(tokens)
        if not np.isfinite(values).all() or "_" in joined or not joined.isascii():
            for position, token in enumerate(tokens, start):
                if _as_number(token) is None:
                    fail(self.path, self.line_of(position), f"{what} (numbers)", token)
        return frozen_number(values, what).reshape(shape)

    def integers(self, shape: int | tuple[int, ...], what: str, low: int | None = None, high: int | None = None) -> Int:
        """The next numbers as an int64 array of the given shape, each within low..high."""
        start = self.position
        values = self.take(shape, what)
        wrong = np.asarray((values != np.rint(values)) | (np.abs(values) >= LARGEST_INTEGER))
        if low is not None:
            wrong |= values < low
        if high is not None:
            wrong |= values > high
        if wrong.any():
            index = start + int(np.flatnonzero(wrong.ravel())[0])
            fail(self.path, self.line_of(index), f"{what} (integers{_range(low, high)})", self._tokens[index])
        return values.astype(np.int64)

    def too_short(self, count: int, what: str) -> NoReturn:
        """Raise the error that ``count`` numbers of something do not follow."""
        found = said(f"{self.left} and the end of the file")
        fail(self.path, self.line_of(len(self)), f"{count} numbers of {what}", found, "is the file cut?")

    def end(self) -> None:
        """Nothing may be left."""
        if self.left:
            expected = f"the end of the file after {self.position} numbers"
            fail(self.path, self.line_of(self.position), expected, said(f"{self.left} more"))
