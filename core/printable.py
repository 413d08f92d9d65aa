"""Texts of users without control characters: those that a terminal would obey, and that no XML may hold."""

from __future__ import annotations

import re

#: Control characters but tab and line feed, and those that turn the direction of writing.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""The text with its control characters written out.

    Examples
    --------
    >>> printable("red \x1b[31m, back \r, new line\n") == "red \\x1b[31m, back \\r, new line\n"
    True
    """
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
