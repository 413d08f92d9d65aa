"""The few errors that callers act on; everything else is a ValueError or TypeError with one line of text.

Text: ``"{subject} must {requirement}, got {value!r} ({where}); {what to do}"``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UnsupportedError(ValueError):
    """A pair of parts, or a size, that cannot work; the text gives the reason and the remedy."""


class InfeasibleError(UnsupportedError):
    """What was to be encoded is proven to have no feasible point at all."""


class RepairFailed(RuntimeError):
    """A repair found no feasible point."""


class MissingDependencyError(ImportError):
    """A part needs a package that is not installed; the text names the extra that brings it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'qopt-workbench[{extra}]'")
        self.package = package
        self.extra = extra


class InstanceFormatError(ValueError):
    """A file does not hold what its format says; the text gives file, line, expectation and finding."""

    def __init__(self, path: str, line: int | None, text: str) -> None:
        where = f"{path} line {line}" if line else path
        super().__init__(f"{where}: {text}")
        self.path = path
        self.line = line


def unknown_name(subject: str, name: str, known: Iterable[str]) -> ValueError:
    """A ValueError that lists the known names and guesses which one was meant."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return ValueError(f"{subject} must be one of {', '.join(names) or '(none)'}, got {name!r}{hint}")
