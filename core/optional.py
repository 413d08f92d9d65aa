"""Optional packages: imported where they are used, and named with the extra that brings them where they are missing."""

from __future__ import annotations

import importlib
from types import ModuleType

from . import MissingDependencyError


def require(module: str, package: str, extra: str) -> ModuleType:
    """The module, imported.

    Raises
    ------
    MissingDependencyError
        Its package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and module.startswith(error.name.partition(".")[0]):
            raise MissingDependencyError(package, extra) from None
        raise
