"""What reaches the terminal: text without control characters, on streams that may be closed.

A name from a file may hold escape sequences that move the cursor or set the window's title; they are shown, not obeyed.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from typing import Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ..core.printable import printable

#: Columns of a page where stdout is no terminal and $COLUMNS does not say.
PAGE_WIDTH = 110


def open_streams() -> None:
    """Put the null device in the place of standard streams that whoever started us has closed.

    Else the next file that is opened gets their number, and what libraries print goes into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (stays open)


def echo(text: object = "", *, err: bool = False) -> None:
    """One line on stdout or stderr; what stderr does not take is dropped, so that the answer still comes."""
    with contextlib.suppress(OSError) if err else contextlib.nullcontext():
        typer.echo(printable(str(text)), err=err)


class Page(Console):
    """A console that obeys no markup and no control characters of what it is given."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of something to print, texts made printable."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def page(*, width: int | None = None, **settings: Any) -> Console:
    """Console on stdout, as wide as the terminal or the page."""
    if width is None and not settings and not (sys.stdout.isatty() or "COLUMNS" in os.environ):
        width = PAGE_WIDTH
    return Page(highlight=False, markup=False, width=width, **settings)
