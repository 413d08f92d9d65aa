"""Packages that another one imports at once although qopt never uses them there: put off until they are used.

OR-Tools' model imports pandas, and dimod networkx: together half of what a small run takes; SciPy imports all of
NumPy's names, f2py among them. In a ``deferred`` block such an import gives a stand-in. Afterwards the stand-in answers
with the package's own attributes, imported at the first use, and everybody else imports the package itself. Only what
the importing module computes at once, which is types in annotations, sees placeholders.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _StandIn(ModuleType):
    """A package that is imported when an attribute is asked for, and before it is let go has placeholders only."""

    is_let_go = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if not self.is_let_go:
            return type(name, (), {})
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def deferred(name: str) -> Iterator[None]:
    """A block in which ``import name`` costs nothing; without effect where the package was imported before.

    Examples
    --------
    >>> with deferred("a_package_of_nobody"):
    ...     import a_package_of_nobody
    >>> a_package_of_nobody.anything
    Traceback (most recent call last):
    ModuleNotFoundError: No module named 'a_package_of_nobody'
    """
    if name in sys.modules:
        yield
        return
    stand_in = _StandIn(name)
    sys.modules[name] = stand_in
    parent, _, child = name.rpartition(".")
    holder = sys.modules.get(parent)
    if holder is not None:
        setattr(holder, child, stand_in)
    try:
        yield
    finally:
        stand_in.is_let_go = True
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        if holder is not None and vars(holder).get(child) is stand_in:
            delattr(holder, child)
