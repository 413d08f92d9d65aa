"""The few errors that callers act on; everything else is a ValueError or TypeError with one line of text.

Text: ``"{subject} must {requirement}, got {value!r} ({where}); {what to do}"``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any


class Travelling(Exception):
    """Base of errors whose constructor takes other arguments than their text: they cross processes as they are.

    Without it ``pickle`` calls the constructor with the text alone, and a pool of processes ends as broken.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[Exception], args: tuple[Any, ...], state: Mapping[str, Any]) -> Exception:
    """An error with its text and fields, without its own constructor."""
    error = kind.__new__(kind, *args)
    builtin: Any = next(base for base in kind.__mro__ if base.__module__ == "builtins")
    builtin.__init__(error, *args)
    error.__dict__.update(state)
    return error


class UnsupportedError(ValueError):
    """A pair of parts, or a size, that cannot work; the text gives the reason and the remedy."""


class InfeasibleError(UnsupportedError):
    """What was to be encoded is proven to have no feasible point at all."""


class RepairFailed(RuntimeError):
    """A repair found no feasible point."""


class MissingDependencyError(Travelling, ImportError):
    """A part needs a package that is not installed; the text names the extra that brings it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'qopt-workbench[{extra}]'")
        self.package = package
        self.extra = extra


class InstanceFormatError(Travelling, ValueError):
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
