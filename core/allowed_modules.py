"""Modules whose classes a spec, a record or an option may name: those of dimod, and what the user allowed by name.

Importing a module runs its code. So a file never decides what is imported: the command line does (``--allow-module``,
or a class named in an option there), and code that holds an object of the class.
"""

from __future__ import annotations

import importlib
import inspect
import re

_ALLOWED = {"dimod", "dwave.samplers", "dwave.preprocessing"}
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")


def allow_module(name: str) -> None:
    """Let specs name classes of this module and of those below it, from now on in this process.

    Raises
    ------
    ValueError
        It is not a module's name.
    """
    if not _NAME.match(name):
        raise ValueError(f"module must be a dotted name such as dwave.system, got {name!r}")
    _ALLOWED.add(name)


def allow_class(path: str) -> None:
    """Allow the module of ``module:Class``, if there is one; ``allowed_class`` refuses anything else."""
    module = path.partition(":")[0]
    if _NAME.match(module):
        allow_module(module)


def is_allowed(module: str) -> bool:
    """Whether the module, or one that it is below of, is allowed.

    Examples
    --------
    >>> is_allowed("dwave.samplers.sas"), is_allowed("dwave"), is_allowed("os")
    (True, False, False)
    """
    parts = module.split(".")
    return any(".".join(parts[:count]) in _ALLOWED for count in range(1, len(parts) + 1))


def allowed_class(path: str, base: type, subject: str) -> type:
    """The class that ``module:Class`` names, imported only if its module is allowed; never called.

    Raises
    ------
    ValueError
        The module is not allowed or not there, or the name is not a subclass of ``base``.
    """
    module, _, name = path.partition(":")
    if not _NAME.match(module) or not name:
        raise ValueError(f"{subject} must be module:Class, got {path!r}; e.g. dwave.samplers:SteepestDescentSampler")
    if not is_allowed(module):
        raise ValueError(
            f"{subject} must be a class of a module that you allow, got {path!r}; where you trust {module}, run "
            f"`qopt --allow-module {module} ...`, or hand over an object of the class in Python"
        )
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{subject} must be importable, got {path!r} ({error}); install the package") from None
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ValueError(f"{subject} must be a class of {base.__module__}.{base.__name__}, got {path!r}")
    if inspect.isabstract(found):
        raise ValueError(f"{subject} must be a class that can be made, got the abstract {path!r}; name one below it")
    return found
